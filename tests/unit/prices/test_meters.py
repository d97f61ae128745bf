"""The names of meters: understood to the last word, or not at all."""

from __future__ import annotations

import pytest

from reconciler.prices.meters import RESERVATIONS, uses_of

GLOBAL, ZONE = "GlobalStandard", "DataZoneStandard"
UNDERSTOOD = [
    ("Azure OpenAI", "gpt 4.1 mini cached Inp glbl Tokens", "1K", "cached_input", GLOBAL, "gpt-4.1-mini"),
    ("Azure OpenAI", "gpt 4o 1120 Inp Data Zone Tokens", "1K", "input", ZONE, "gpt-4o"),
    ("Azure OpenAI", "gpt-4o-mini0718 BatchOutp glbl Tokens", "1K", "batch_output", "GlobalBatch",
     "gpt-4o-mini"),
    ("Azure OpenAI", "embedding-ada-regional Tokens", "1K", "input", "Standard", "text-embedding-ada-002"),
    ("Azure OpenAI", "gpt-4.1-ft hosting global Unit", "1 Hour", "hosting_hour", GLOBAL, "gpt-4.1"),
    ("Azure OpenAI GPT5", "5.4 pp inp Dz 1M Tokens", "1M", "priority_input", ZONE, "gpt-5.4"),
    ("Azure OpenAI GPT5", "5.4 longco inp Gl 1M Tokens", "1M", "input_long", GLOBAL, "gpt-5.4"),
    ("Azure OpenAI GPT5", "5.6 sol ShortCo Cd Wr Std Gl 1M Tokens", "1M", "cache_write", GLOBAL,
     "gpt-5.6-sol"),
    ("Azure OpenAI", "gpt-4.1-nano-dev-ft inpt glbl Tokens", "1K", "ft_input", "DeveloperTier",
     "gpt-4.1-nano"),
    ("Azure Grok Models", "4.3 Inp Glbl L Tokens", "1K", "input_long", GLOBAL, "grok-4.3"),
    ("Azure Llama Models", "3.3 70b FT DZ Deployment Hosting Unit", "1/Hour", "hosting_hour", ZONE,
     "Llama-3.3-70B-Instruct"),
]  # fmt: skip

NOT_OURS = [
    ("Azure OpenAI", "gpt-4.1 FT Training global Tokens", "1K", "training is no deployment"),
    ("Azure OpenAI", "gpt-4.1-ft mdl grdr inpt Tokens", "1K", "a grader is no deployment"),
    ("Azure OpenAI", "gpt-4o-rt-aud-1217 Inp glbl Tokens", "1K", "audio is not text"),
    ("Azure OpenAI", "gpt-4o-aud-1217-txt Inp glbl Tokens", "1K", "text of an audio model"),
    ("Azure OpenAI", "gpt 4o dev ft inpt glbl Tokens", "1K", "which version it means is not said"),
    ("Azure OpenAI GPT5", "DS30 1M Tokens", "1M", "a code name says nothing"),
    ("Azure OpenAI GPT5", "54 mini Inp Flex Gl 1M Tokens", "1M", "flex is chosen by each request"),
    ("Azure OpenAI", "gpt 4.1 Inp Tokens", "1K", "no scope"),
    ("Azure OpenAI", "gpt 4.1 Inp glbl Outp Tokens", "1K", "two directions"),
    ("Azure OpenAI", "gpt 4.1 Inp glbl Tokens", "1 Hour", "tokens are not counted in hours"),
    ("Azure OpenAI", "Provisioned Throughput Units", "1/Month", "the commitments of old customers"),
    ("Azure OpenAI Media", "gpt 4.1 Inp glbl Tokens", "1K", "a product that is not about text"),
    ("Somebody Else", "Provisioned Managed Global Unit", "1/Hour", "a maker that is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("product", "meter", "unit", "kind", "sku", "model"), UNDERSTOOD)
def test_a_meter_says_what_it_bills(
    product: str, meter: str, unit: str, kind: str, sku: str, model: str
) -> None:
    (use,) = uses_of(product, meter, unit, "Consumption")
    assert (use.kind, use.sku.name, use.model) == (kind, sku, model)


@pytest.mark.parametrize(("product", "meter", "unit", "why"), NOT_OURS)
def test_a_meter_with_a_word_that_is_not_understood_is_nobodys_price(
    product: str, meter: str, unit: str, why: str
) -> None:
    assert uses_of(product, meter, unit, "Consumption") == (), why


def test_a_ptu_costs_the_same_for_every_model_of_a_maker() -> None:
    (use,) = uses_of("Azure Grok Models", "Provisioned Managed Data Zone Unit", "1/Hour", "Consumption")
    assert (use.kind, use.sku.name, use.model, use.format) == (
        "ptu_hour",
        "DataZoneProvisionedManaged",
        "",
        "xAI",
    )


def test_a_reservation_is_told_from_the_hourly_price_by_its_type() -> None:
    meter = "Provisioned Managed Global Unit"
    (use,) = uses_of(RESERVATIONS, meter, "1/Hour", "Reservation")
    assert use.kind == "reservation"
    assert uses_of(RESERVATIONS, meter, "1/Hour", "Consumption") == ()
    assert uses_of("Azure OpenAI", meter, "1/Hour", "Reservation") == ()


def test_one_meter_may_bill_several_versions() -> None:
    uses = uses_of("Azure OpenAI", "gpt-4-turbo128K Inp-glbl Tokens", "1K", "Consumption")
    assert {use.version for use in uses} == {"1106-Preview", "0125-Preview", "turbo-2024-04-09"}


def test_what_is_not_consumption_and_not_a_reservation_is_not_read() -> None:
    assert uses_of("Azure OpenAI", "gpt 4.1 Inp glbl Tokens", "1K", "DevTestConsumption") == ()

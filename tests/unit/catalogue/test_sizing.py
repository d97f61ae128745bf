"""Sizing reproduces every example that Microsoft published, and undoes itself."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue.facts import PtuFacts, Source, TokenWeights
from reconciler.catalogue.load import catalogue
from reconciler.catalogue.sizing import (
    NoFormula,
    PeakLoad,
    calls_carried,
    cautions,
    estimate,
    facts_of,
    formula_of,
    provisioned_skus,
    weights_of,
)
from reconciler.domain.sku import SkuName

REGIONAL, ZONE, GLOBAL = (
    SkuName(name) for name in ("ProvisionedManaged", "DataZoneProvisionedManaged", "GlobalProvisionedManaged")
)
SOURCE = Source(id="s", title="a table", as_of="2026-09-23")
FACTS = PtuFacts(
    input_tpm=1000,
    output_ratio=4,
    cached_weight=0,
    weights=None,
    long_context_weights=None,
    longest_prompt=None,
    tokens_per_second=None,
    source=SOURCE,
)
TOO_LONG = "provisioned deployments do not serve prompts over 1,000 tokens"
LONG_MORE = "long prompts count more (input x 2, output x 7.5); where long begins is not documented"
WRITES = "writing to the cache counts x 1.25 and is not in the estimate"
WEIGHTS = TokenWeights(input=1.0, output=5.0, cached_input=0.1, cache_write=1.25)


def workload(
    calls: float, prompt: float, generated: float, cached: float = 0.0, images: float = 0.0
) -> PeakLoad:
    return PeakLoad(
        calls_per_minute=calls,
        prompt_tokens=prompt,
        generated_tokens=generated,
        cache_rate=cached,
        image_tokens=images,
    )


# The documentation gives raw figures with two decimals.
@pytest.mark.parametrize(
    ("model", "version", "sku", "work", "raw", "deployable", "reason"),
    [
        ("gpt-5.2", "2025-12-11", ZONE, workload(1000, 200, 20), "105.88", 110, "sizing page, 2026-05-21"),
        ("gpt-5.2", "2025-12-11", ZONE, workload(1000, 200, 20, 0.5), "76.47", 80, "the same, half cached"),
        ("gpt-5.2", "2025-12-11", REGIONAL, workload(1000, 100, 50), "147.06", 150, "onboarding page, 2026"),
        ("gpt-5.2", "2025-12-11", REGIONAL, workload(1000, 100, 50, 0.25), "139.71", 150, "a quarter cached"),
        ("gpt-image-2", "2026-04-21", GLOBAL, workload(10, 2000, 7024, 0, 1229), "384.25", 400, "images"),
        ("gpt-5.6-sol", "2026-07-09", GLOBAL, workload(18, 1000, 300), "42.00", 45, "calculateModelCapacity"),
        ("gpt-5.6-sol", "2026-07-09", GLOBAL, workload(19, 1000, 300), "44.33", 45, "calculateModelCapacity"),
        ("gpt-5.6-sol", "2026-07-09", GLOBAL, workload(20, 1000, 300), "46.67", 50, "calculateModelCapacity"),
    ],
)
def test_every_documented_example_comes_out_exactly(
    model: str, version: str, sku: SkuName, work: PeakLoad, raw: str, deployable: int, reason: str
) -> None:
    found = estimate(catalogue(), model, version, sku, work)
    assert f"{float(found.raw_ptu):.2f}" == raw, reason
    assert found.deployable_ptu == deployable, reason
    assert found.facts.source.as_of >= "2026-05"


def test_levels_stand_side_by_side_with_their_own_sizes() -> None:
    known = catalogue()
    skus = provisioned_skus(known, "gpt-5.2", "2025-12-11")
    assert skus == (REGIONAL, ZONE, GLOBAL)
    work = workload(1000, 200, 20)
    found = [estimate(known, "gpt-5.2", "2025-12-11", sku, work) for sku in skus]
    assert [one.deployable_ptu for one in found] == [150, 110, 110]
    assert len({one.raw_ptu for one in found}) == 1
    assert [one.sku for one in found] == list(skus)


def test_levels_without_known_sizes_are_left_out() -> None:
    assert provisioned_skus(catalogue(), "whisper", "001") == ()


def test_less_than_the_minimum_is_the_minimum() -> None:
    found = estimate(catalogue(), "gpt-5.2", "2025-12-11", GLOBAL, workload(1, 10, 1))
    assert found.raw_ptu < 1
    assert found.deployable_ptu == 15


def test_more_than_the_maximum_is_not_deployable() -> None:
    found = estimate(catalogue(), "gpt-5.2", "2025-12-11", GLOBAL, workload(1_000_000, 1000, 1000))
    assert found.raw_ptu > 30_000
    assert found.deployable_ptu is None


def test_capacity_carries_what_it_was_sized_for() -> None:
    known, work = catalogue(), workload(0, 200, 20)
    assert calls_carried(known, "gpt-5.2", "2025-12-11", 110, work) == Fraction(110 * 3400, 360)
    assert int(calls_carried(known, "gpt-5.6-sol", "2026-07-09", 45, workload(0, 1000, 300))) == 19


@given(
    st.floats(0.5, 1000).map(lambda x: round(x, 2)),
    st.integers(1, 5000),
    st.integers(1, 2000),
    st.sampled_from([0.0, 0.1, 0.33, 0.9]),
)
def test_sizing_and_its_reverse_agree(calls: float, prompt: int, generated: int, cached: float) -> None:
    known, work = catalogue(), workload(calls, prompt, generated, cached)
    needed = estimate(known, "gpt-5.4", "2026-03-05", GLOBAL, work)
    assert needed.deployable_ptu is None or needed.raw_ptu <= needed.deployable_ptu
    one = calls_carried(known, "gpt-5.4", "2026-03-05", 1, work)
    assert one * needed.raw_ptu == Fraction(str(calls))


def test_decimals_mean_what_was_written() -> None:
    found = estimate(catalogue(), "gpt-5.2", "2025-12-11", GLOBAL, workload(0.1, 3400, 0))
    assert found.raw_ptu == Fraction(1, 10)
    half = estimate(catalogue(), "gpt-5.2", "2025-12-11", GLOBAL, workload(34, 0.5, 0))
    assert half.raw_ptu == Fraction(17, 3400)


@pytest.mark.parametrize(
    ("facts", "prompt", "cached", "generated", "image", "reason"),
    [
        (FACTS, 1, 0, 4, None, "a ratio, and cached input is free"),
        (replace(FACTS, cached_weight=None), 1, 0, 4, None, "the formula of ratio models has no cached term"),
        (replace(FACTS, cached_weight=0.5), 1, Fraction(1, 2), 4, None, "cached input that counts half"),
        (replace(FACTS, weights=WEIGHTS), 1, Fraction(1, 10), 5, None, "weights go before a ratio"),
        (
            replace(FACTS, weights=TokenWeights(input=2.0, output=6.0, image_input=1.6)),
            2,
            2,
            6,
            Fraction(8, 5),
            "cached input of unknown weight counts in full",
        ),
    ],
)
def test_weights_follow_the_source(
    facts: PtuFacts, prompt: int, cached: Fraction, generated: int, image: Fraction | None, reason: str
) -> None:
    found = weights_of(facts)
    assert [found.prompt, found.cached, found.generated] == [prompt, cached, generated], reason
    assert found.image == image, reason


def test_no_weight_for_output_is_no_formula() -> None:
    with pytest.raises(NoFormula, match=r"^the source gives no weight for generated tokens$"):
        weights_of(replace(FACTS, output_ratio=None))


def test_images_without_a_weight_are_no_formula() -> None:
    with pytest.raises(NoFormula, match=r"^the source gives no weight for image tokens in the prompt$"):
        estimate(catalogue(), "gpt-5.2", "2025-12-11", GLOBAL, workload(1, 1, 1, 0, 1))


def test_models_without_published_throughput_are_no_formula() -> None:
    with pytest.raises(NoFormula, match=r"^no throughput per PTU is published for gpt-4$"):
        facts_of(catalogue(), "gpt-4", "0613")


def test_calls_that_count_nothing_are_no_limit() -> None:
    with pytest.raises(
        NoFormula, match=r"^calls of cached input alone count as nothing, so there is no limit to state$"
    ):
        calls_carried(catalogue(), "gpt-5.2", "2025-12-11", 50, workload(0, 1000, 0, 1.0))


def test_the_formula_is_told_with_its_constants() -> None:
    assert formula_of(FACTS) == (
        "(calls x (prompt x (1 - cached) x 1 + prompt x cached x 0 + generated x 4)) / 1000"
    )
    image = replace(FACTS, weights=TokenWeights(input=1, output=6.0, image_input=1.6))
    assert formula_of(image).endswith("+ generated x 6 + images x 1.6)) / 1000")
    assert estimate(catalogue(), "gpt-5.2", "2025-12-11", ZONE, workload(1, 1, 1)).formula == (
        "(calls x (prompt x (1 - cached) x 1 + prompt x cached x 0 + generated x 8)) / 3400"
    )


@pytest.mark.parametrize(
    ("facts", "work", "told"),
    [
        (FACTS, workload(1, 1_000_000, 1, 0.5), []),
        (replace(FACTS, longest_prompt=1000), workload(1, 1000, 1), []),
        (
            replace(FACTS, longest_prompt=1000),
            workload(1, 1001, 1),
            [TOO_LONG],
        ),
        (
            replace(FACTS, longest_prompt=1000),
            workload(1, 999, 1, 0, 2),
            [TOO_LONG],
        ),
        (
            replace(FACTS, long_context_weights=replace(WEIGHTS, input=2, output=7.5)),
            workload(1, 1, 1),
            [LONG_MORE],
        ),
        (replace(FACTS, weights=WEIGHTS), workload(1, 1, 1), []),
        (
            replace(FACTS, weights=WEIGHTS),
            workload(1, 1, 1, 0.1),
            [WRITES],
        ),
        (replace(FACTS, weights=replace(WEIGHTS, cache_write=None)), workload(1, 1, 1, 0.1), []),
    ],
)
def test_what_the_formula_leaves_out_is_told(facts: PtuFacts, work: PeakLoad, told: list[str]) -> None:
    assert list(cautions(facts, work)) == told


def test_cached_input_counts_by_its_weight() -> None:
    work = workload(10, 1000, 300, 0.3)
    found = estimate(catalogue(), "gpt-6-astra", "2026-09-03", GLOBAL, work)
    assert found.raw_ptu == Fraction(10 * (700 + 30 + 1500), 600)
    assert calls_carried(catalogue(), "gpt-6-astra", "2026-09-03", 2, work) == Fraction(1200, 2230)

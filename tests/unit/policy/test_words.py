"""Each built-in word: what holds, what does not, and what cannot be told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.diagnostics import Severity
from reconciler.manifest.policies import RequireEntry
from reconciler.policy.rule import PolicySubject
from reconciler.policy.words import WORDS
from tests.unit.policy.build import findings, rule, subject

TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
OK, BROKEN, UNKNOWN = [], [Severity.ERROR], [Severity.INFO]  # type: ignore[var-annotated]


@pytest.mark.parametrize(
    ("word", "wanted", "one", "verdict", "reason"),
    [
        ("dataZone", "EU", subject(), OK, "a data zone SKU in the zone"),
        ("dataZone", "EU", subject(sku="Standard"), OK, "a regional SKU in the zone"),
        ("dataZone", "EU", subject(sku="GlobalStandard"), BROKEN, "a global SKU processes anywhere"),
        ("dataZone", "EU", subject(sku="DeveloperTier"), BROKEN, "so does the developer tier"),
        ("dataZone", "EU", subject(sku="NewSku"), BROKEN, "nobody knows where an unknown SKU processes"),
        ("dataZone", "EU", subject(region="eastus2"), BROKEN, "another zone"),
        ("dataZone", "EU", subject(region="uksouth", sku="Standard"), BROKEN, "no zone at all"),
        ("dataZone", "EU", subject(region=None), UNKNOWN, "the region is not declared"),
        ("dataZone", "EU", subject(region=None, sku="GlobalStandard"), BROKEN, "the region does not matter"),
        ("dataZone", "US", subject(region="eastus2"), OK, "the other zone"),
        ("regions", ["swedencentral"], subject(), OK, "named"),
        ("regions", ["sweden*"], subject(), OK, "by a glob"),
        ("regions", ["westeurope"], subject(), BROKEN, "not named"),
        ("regions", ["westeurope"], subject(region=None), UNKNOWN, "not declared"),
        ("models", ["gpt-5.4"], subject(), OK, "named"),
        ("models", ["GPT-5.4"], subject(), OK, "in another case"),
        ("models", ["gpt-5.4@2026-03-05"], subject(), OK, "with its version"),
        ("models", ["gpt-5.4@2026-03-06"], subject(), BROKEN, "another version"),
        ("models", ["gpt-5.4@2026-*"], subject(), OK, "a version by a glob"),
        ("models", ["gpt-5"], subject(), BROKEN, "no prefix counts"),
        ("models", ["gpt-4o-mini"], subject(model=TUNED, version="1"), OK, "a fine-tuned one by its base"),
        ("models", ["gpt-4o"], subject(model=TUNED, version="1"), BROKEN, "another base"),
        ("approvedModels", {"publishers": ["openai"]}, subject(), OK, "by its publisher, in any case"),
        ("approvedModels", {"publishers": ["Meta"]}, subject(), BROKEN, "another publisher's"),
        ("approvedModels", {"publishers": ["Meta"], "models": ["gpt-5.4"]}, subject(), OK, "by its name"),
        ("approvedModels", {"models": ["gpt-5.4@2026-03-05"]}, subject(), OK, "by name and version"),
        ("approvedModels", {"models": ["gpt-5.4@2026-03-06"]}, subject(), BROKEN, "another version"),
        ("approvedModels", {"publishers": ["Meta"]}, subject(model="model-router"), BROKEN, "Microsoft's"),
        ("approvedModels", {"publishers": ["Microsoft"]}, subject(model="model-router"), OK, "so it is"),
        ("approvedModels", {"publishers": ["OpenAI"]}, subject(model=TUNED, version="1"), OK, "by its base"),
        ("skus", ["DataZone*"], subject(), OK, "by a glob"),
        ("skus", ["Standard"], subject(), BROKEN, "another SKU"),
        ("raiPolicyName", ["strict", "Microsoft.DefaultV2"], subject(rai="strict"), OK, "one of them"),
        ("raiPolicyName", ["strict"], subject(rai="lax"), BROKEN, "another one"),
        ("raiPolicyName", ["strict"], subject(), BROKEN, "none"),
        ("tags", {"costCenter": "*"}, subject(tags={"costCenter": "4711"}), OK, "there"),
        ("tags", {"costCenter": "*"}, subject(tags={"COSTCENTER": "4711"}), OK, "ARM ignores case in names"),
        ("tags", {"costCenter": "*"}, subject(tags={"costCenter": ""}), BROKEN, "empty"),
        ("tags", {"costCenter": "*"}, subject(), BROKEN, "not there"),
        ("tags", {"costCenter": "47??"}, subject(tags={"costCenter": "4711"}), OK, "like the glob"),
        ("tags", {"costCenter": "48*"}, subject(tags={"costCenter": "4711"}), BROKEN, "not like it"),
        ("tags", {"a": "*", "b": "*"}, subject(tags={"a": "1"}), BROKEN, "one of two is not there"),
        ("versionUpgradeOption", ["NoAutoUpgrade"], subject(upgrade="NoAutoUpgrade"), OK, "as wanted"),
        ("versionUpgradeOption", ["NoAutoUpgrade"], subject(), BROKEN, "not stated"),
        ("minDaysToRetirement", 282, subject(), OK, "the very number of days"),
        ("minDaysToRetirement", 283, subject(), BROKEN, "one day less"),
        ("minDaysToRetirement", 1, subject(model="gpt-5-chat", version="2025-08-07"), BROKEN, "retired"),
        ("minDaysToRetirement", 1, subject(model="gpt-99"), UNKNOWN, "nobody knows the model"),
        ("maxPtu", 100, subject(sku="ProvisionedManaged", capacity=100), OK, "no more"),
        ("maxPtu", 100, subject(sku="ProvisionedManaged", capacity=150), BROKEN, "more"),
        ("maxPtu", 100, subject(capacity=5000), OK, "rate units are no PTUs"),
        ("maxMonthlyCost", 100.0, subject(capacity=100), OK, "no more"),
        ("maxMonthlyCost", 100.0, subject(capacity=101), BROKEN, "more"),
    ],
)
def test_a_word_holds_or_not(
    word: str, wanted: object, one: PolicySubject, verdict: list[Severity], reason: str
) -> None:
    found = findings(rule(require={word: wanted}), one, monthly=lambda it: (Decimal(it.capacity or 0), True))
    assert [finding.severity for finding in found] == verdict, reason


@pytest.mark.parametrize(
    ("amount", "complete", "verdict", "reason"),
    [
        (Decimal("99.99"), False, UNKNOWN, "the rest may be more"),
        (Decimal("100.01"), False, BROKEN, "the known part is too much already"),
        (Decimal("100.00"), True, OK, "the limit itself"),
    ],
)
def test_a_price_that_is_known_in_part_is_a_lower_bound(
    amount: Decimal, complete: bool, verdict: list[Severity], reason: str
) -> None:
    found = findings(rule(require={"maxMonthlyCost": 100.0}), subject(), monthly=lambda _: (amount, complete))
    assert [finding.severity for finding in found] == verdict, reason


def test_without_prices_nothing_is_called_too_dear() -> None:
    (found,) = findings(rule(require={"maxMonthlyCost": 0.0}), subject())
    assert found.severity is Severity.INFO
    assert "its price is not known" in found.message


def test_every_word_of_the_schema_is_judged() -> None:
    assert {field.alias for field in RequireEntry.model_fields.values()} == set(WORDS)


def test_a_finding_says_what_is_there_what_may_be_and_what_to_do() -> None:
    (found,) = findings(
        rule("eu-data", require={"dataZone": "EU"}, message="production data stays in the EU"),
        subject(sku="GlobalStandard"),
    )
    assert found.code == "policy/eu-data"
    assert found.message == (
        "production data stays in the EU: `aoai-prod/chat` is on `GlobalStandard`, which processes data in "
        "any region; data zone EU is required"
    )
    assert found.label == "must be data zone EU"
    assert found.source == "policy `house` in policy.yaml"
    assert found.fix == "use a regional or DataZone SKU of an account in data zone EU"
    assert found.place is not None
    assert found.place.route == ("spec", "deployments", 0, "sku", "name")
    assert [one.place.file for one in found.related] == ["policy.yaml"]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_speaks_in_full(word: str) -> None:
    wanted: dict[str, object] = {
        "dataZone": "APAC",
        "tags": {"owner": "*"},
        "approvedModels": {"publishers": ["nobody"], "models": ["nothing"]},
        "minDaysToRetirement": 9999,
        "maxPtu": 1,
        "maxMonthlyCost": 0.5,
    }
    one = subject(sku="GlobalProvisionedManaged")
    (found,) = findings(
        rule(require={word: wanted.get(word, ["nothing"])}), one, monthly=lambda _: (Decimal(1), True)
    )
    assert found.severity is Severity.ERROR
    assert found.message.startswith("`aoai-prod/chat` ")
    assert found.label
    assert found.fix
    assert not found.message.endswith(".")

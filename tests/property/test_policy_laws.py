"""Laws of policies: more rules find more, no order matters, an exemption covers exactly its target."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.fleet import matches_any
from reconciler.policy.judge import judge
from reconciler.policy.rule import Exemption, Match, PolicyRule, PolicySubject
from reconciler.policy.words import PolicyContext
from tests.unit.policy.build import TODAY, rule, subject

SKUS = ("Standard", "GlobalStandard", "DataZoneStandard", "ProvisionedManaged", "GlobalProvisionedManaged")
REGIONS = ("swedencentral", "eastus2", "uksouth", None)
NAMES = ("chat", "chat-2", "search", "legacy-1")
GLOBS = ("*", "prod/*/chat*", "aoai-dev/*", "legacy*", "11111111-*/aoai-prod/search", "?hat", "nowhere/*/*")

subjects = st.builds(
    subject,
    st.sampled_from(NAMES),
    model=st.sampled_from(("gpt-5.4", "gpt-4o", "o3", "gpt-99")),
    version=st.sampled_from(("2026-03-05", "2024-11-20", None)),
    sku=st.sampled_from(SKUS),
    capacity=st.sampled_from((None, 10, 50, 500)),
    region=st.sampled_from(REGIONS),
    account=st.sampled_from(("aoai-prod", "aoai-dev")),
    alias=st.sampled_from(("prod", None)),
    labels=st.sampled_from(({}, {"env": "prod"}, {"env": "dev"})),
    tags=st.sampled_from(({}, {"costCenter": "4711"})),
    rai=st.sampled_from((None, "strict")),
)
fleets = st.lists(subjects, max_size=12, unique_by=lambda one: one.id)
requirements = st.dictionaries(
    st.sampled_from(("dataZone", "regions", "models", "skus", "raiPolicyName", "tags", "maxPtu")),
    st.none(),
    max_size=3,
).map(lambda words: {word: WANTED[word] for word in words})
WANTED: dict[str, object] = {
    "dataZone": "EU",
    "regions": ["sweden*"],
    "models": ["gpt-5*"],
    "skus": ["DataZone*", "Standard"],
    "raiPolicyName": ["strict"],
    "tags": {"costCenter": "*"},
    "maxPtu": 100,
}
matches = st.builds(
    Match,
    labels=st.sampled_from(({}, {"env": "prod"})),
    targets=st.lists(st.sampled_from(GLOBS), max_size=2).map(tuple),
    skus=st.sampled_from(((), ("Global*",))),
    models=st.sampled_from(((), ("gpt-*",))),
)
exemptions = st.lists(
    st.builds(
        Exemption,
        target=st.sampled_from(GLOBS),
        until=st.sampled_from((TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))),
        reason=st.just("because"),
    ),
    max_size=2,
)


@st.composite
def rule_lists(draw: st.DrawFn) -> list[PolicyRule]:
    count = draw(st.integers(0, 5))
    return [
        rule(
            f"rule-{number}",
            require=draw(requirements),
            match=draw(matches),
            exemptions=draw(exemptions),
            severity=draw(st.sampled_from((Severity.ERROR, Severity.WARNING))),
        )
        for number in range(count)
    ]


def found(
    rules: Sequence[PolicyRule], fleet: Sequence[PolicySubject], today: date = TODAY
) -> set[Diagnostic]:
    return set(judge(rules, fleet, PolicyContext(catalogue=catalogue(), today=today)))


@given(rule_lists(), fleets, requirements, matches)
def test_a_rule_added_never_removes_a_finding(
    rules: list[PolicyRule], fleet: list[PolicySubject], more: dict[str, object], match: Match
) -> None:
    assert found(rules, fleet) <= found([*rules, rule("added", require=more, match=match)], fleet)


@given(rule_lists(), fleets, st.randoms(use_true_random=False))
def test_neither_the_order_of_rules_nor_that_of_deployments_matters(
    rules: list[PolicyRule],
    fleet: list[PolicySubject],
    random: object,
) -> None:
    shuffled, others = [*rules], [*fleet]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(others)  # type: ignore[attr-defined]
    told = {one for one in found(rules, fleet) if "not judged" not in one.message}
    again = {one for one in found(shuffled, others) if "not judged" not in one.message}
    assert told == again


@given(fleets, requirements, matches, st.sampled_from(GLOBS), st.sampled_from((-1, 0, 1)))
def test_an_exemption_covers_exactly_its_target_until_its_end(
    fleet: list[PolicySubject], require: dict[str, object], match: Match, target: str, days: int
) -> None:
    bare = rule(require=require, match=match)
    until = TODAY + timedelta(days=days)
    exempt = rule(
        require=require, match=match, exemptions=[Exemption(target=target, until=until, reason="because")]
    )
    covered = {
        f"`{one.id.account.name}/{one.id.name}`" for one in fleet if matches_any([target], one.id, one.alias)
    }
    before = {one for one in found([bare], fleet) if one.severity is Severity.ERROR}
    after = {one for one in found([exempt], fleet) if one.severity is Severity.ERROR}
    expired = {one for one in after if "exemption" in one.message}
    gone = {one for one in before if days >= 0 and any(name in one.message for name in covered)}
    assert after - expired == before - gone
    assert bool(expired) is (days < 0)


@given(fleets, matches)
def test_what_an_index_finds_is_what_one_look_at_each_would(fleet: list[PolicySubject], match: Match) -> None:
    nobody = rule(require={"skus": ["No*"]}, match=match)
    hit = {one.message.split("`")[1] for one in found([nobody], fleet) if one.severity is Severity.ERROR}
    expected = {
        f"{one.id.account.name}/{one.id.name}"
        for one in fleet
        if all(one.labels.get(label) == value for label, value in match.labels.items())
        and (not match.targets or matches_any(match.targets, one.id, one.alias))
        and (not match.skus or one.sku.name.startswith("Global"))
        and (not match.models or one.model.name.startswith("gpt-"))
    }
    assert hit == expected


@pytest.mark.parametrize("shared", [True, False], ids=["few values", "all values differ"])
def test_a_thousand_rules_over_ten_thousand_deployments_take_less_than_three_seconds(shared: bool) -> None:
    fleet = [
        replace(
            subject(
                f"chat-{number}",
                account=f"aoai-{number % 300}",
                sku=SKUS[number % len(SKUS)],
                capacity=50 if shared else number,
                region="swedencentral",
                labels={"env": "prod", "team": f"team-{number % 50}"},
                tags={"costCenter": "4711" if shared else str(number)},
                rai="strict",
            )
        )
        for number in range(10_000)
    ]
    wanted = (
        {"maxPtu": 20_000},
        {"regions": ["swedencentral"]},
        {"raiPolicyName": ["strict"]},
        {"tags": {"costCenter": "*"}},
    )
    rules = [
        rule(
            f"rule-{number}",
            require=wanted[number % 4],
            match=Match(
                labels={"team": f"team-{number % 50}"},
                targets=(f"prod/*/chat-{number}*",) if number % 2 else (),
            ),
            exemptions=[Exemption(target=f"aoai-{number % 300}/*", until=TODAY, reason="because")],
        )
        for number in range(1_000)
    ]
    began = time.process_time()
    assert not [one for one in found(rules, fleet) if one.severity is Severity.ERROR]
    assert time.process_time() - began < 3.0

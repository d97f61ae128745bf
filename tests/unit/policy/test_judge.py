"""Which deployments a rule is about, who is exempt and until when, and what is said beside findings."""

from __future__ import annotations

from datetime import date

import pytest

from reconciler.diagnostics import Severity
from reconciler.policy.rule import Match
from tests.unit.policy.build import broken, exempt, findings, rule, subject

FORBIDDEN = {"skus": ["Standard"]}
"""What no subject of these tests is on."""


@pytest.mark.parametrize(
    ("match", "names", "reason"),
    [
        (Match(), ["chat", "search"], "everything"),
        (Match(labels={"env": "prod"}), ["chat"], "a label"),
        (Match(labels={"env": "prod", "team": "x"}), [], "all labels must be there"),
        (Match(targets=("prod/*/ch*",)), ["chat"], "by alias and a glob"),
        (Match(targets=("11111111-*/*/chat",)), ["chat"], "by the subscription's id"),
        (Match(targets=("CHAT",)), ["chat"], "the last part alone, in another case"),
        (Match(targets=("aoai-dev/*",)), ["search"], "an account"),
        (Match(targets=("chat", "search")), ["chat", "search"], "one of several"),
        (Match(skus=("Global*",)), ["search"], "a SKU"),
        (Match(models=("gpt-4o*",)), ["search"], "a model"),
        (Match(skus=("Global*",), targets=("chat",)), [], "all parts must hold"),
    ],
)
def test_a_rule_is_about_what_it_matches(match: Match, names: list[str], reason: str) -> None:
    chat = subject("chat", labels={"env": "prod"})
    search = subject("search", model="gpt-4o", sku="GlobalStandard", account="aoai-dev", alias=None)
    assert broken(rule(match=match, require=FORBIDDEN), chat, search) == names, reason


def test_a_rule_that_matches_nothing_is_a_notice() -> None:
    (found,) = findings(rule(match=Match(skus=("GlobalBatch",)), require=FORBIDDEN), subject())
    assert (found.severity, found.message) == (Severity.INFO, "rule `a-rule` matches no deployment")
    assert found.place is not None
    assert found.place.route == ("spec", "rules", 0, "match")


def test_of_a_part_of_the_fleet_no_match_is_no_news() -> None:
    nothing = rule(match=Match(skus=("GlobalBatch",)), require=FORBIDDEN)
    assert findings(nothing, subject(), whole=False) == []


@pytest.mark.parametrize(
    ("today", "names", "reason"),
    [
        (date(2026, 12, 30), ["search"], "before its end"),
        (date(2026, 12, 31), ["search"], "on its last day"),
        (date(2027, 1, 1), ["chat", "search"], "after it"),
    ],
)
def test_an_exemption_covers_its_target_until_its_end(today: date, names: list[str], reason: str) -> None:
    one = rule(require=FORBIDDEN, exemptions=[exempt("chat")])
    assert broken(one, subject("chat"), subject("search"), today=today) == names, reason


def test_an_expired_exemption_is_an_error_at_its_line_whatever_the_rule_is() -> None:
    mild = rule(require={}, severity=Severity.INFO, exemptions=[exempt("a"), exempt("b", date(2026, 11, 23))])
    (found,) = findings(mild, subject())
    assert found.severity is Severity.ERROR
    assert found.message == "the exemption of `b` ended on 2026-11-23"
    assert found.label == "1 day ago"
    assert found.place is not None
    assert found.place.route == ("spec", "rules", 0, "exemptions", 1, "until")


def test_a_fleet_says_how_loud_its_own_rules_are_but_not_those_that_bind_it() -> None:
    severities = {"policy/a-rule": Severity.WARNING}
    own = findings(rule(require=FORBIDDEN), subject(), severities=severities)
    bound = findings(rule(require=FORBIDDEN, binding=True), subject(), severities=severities)
    assert [one.severity for one in (*own, *bound)] == [Severity.WARNING, Severity.ERROR]
    off = {"policy/a-rule": Severity.OFF}
    assert findings(rule(require=FORBIDDEN), subject(), severities=off) == []
    assert len(findings(rule(require=FORBIDDEN, binding=True), subject(), severities=off)) == 1


def test_several_words_of_one_rule_are_each_judged() -> None:
    both = rule(require={"skus": ["Standard"], "regions": ["westeurope"]})
    assert len(findings(both, subject())) == 2


def test_what_cannot_be_judged_is_counted_once_a_rule() -> None:
    some = [subject(f"d-{n}", region=None) for n in range(5)]
    (found,) = findings(rule(require={"regions": ["westeurope"]}), *some)
    assert found.severity is Severity.INFO
    assert found.message.startswith("5 deployments not judged (`aoai-prod/d-0`, `aoai-prod/d-1`, ")

"""Expressions: typed, bounded, and wrong ones told with line and column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Severity
from reconciler.policy.expression import (
    LONGEST,
    NO_FLEET,
    VARIABLES,
    BrokenExpression,
    ExpressionClock,
    ExpressionFleet,
    compiled,
    facts_of,
    holds,
)
from reconciler.policy.words import PolicyContext
from tests.unit.policy.build import TODAY, broken, findings, rule, subject

pytest.importorskip("cel_expr_python", reason="the extra `policy` is not installed")
CONTEXT = PolicyContext(catalogue=catalogue(), today=TODAY)


@pytest.mark.parametrize(
    ("text", "holding"),
    [
        ("deployment.raiPolicyName != 'Microsoft.Default' || account.region.startsWith('west')", True),
        ("deployment.capacity <= 9", False),
        ("model.daysToRetirement > 90 && model.stage == 'GA'", True),
        ("account.dataZone == 'EU' && fleet.name == 'contoso'", True),
        ("'costCenter' in deployment.tags && deployment.tags['costCenter'].matches('^[0-9]{4}$')", True),
        ("deployment.labels.exists(l, l == 'env')", True),
        ("deployment.fineTuned", False),
    ],
)
def test_an_expression_holds_or_not(text: str, holding: bool) -> None:
    one = subject(tags={"costCenter": "4711"}, labels={"env": "prod"})
    fleet = ExpressionFleet(name="contoso", cloud="AzureCloud")
    assert holds(text, one, CONTEXT, fleet, ExpressionClock()) is holding


@pytest.mark.parametrize(
    ("text", "told", "line", "column"),
    [
        ("deployment.rai == 'x'", "there is no `deployment.rai`", 1, 11),
        ("deployment.capacity == 'x'", "no matching overload", 1, 21),
        ("deployment.capacity >\n  && true", "mismatched input", 2, 3),
        ("nothing", "there is no `nothing`", 1, 1),
    ],
)
def test_a_broken_expression_is_told_with_line_and_column(
    text: str, told: str, line: int, column: int
) -> None:
    with pytest.raises(BrokenExpression, match=r"line \d+, column \d+") as caught:
        compiled(text)
    assert told in caught.value.message or "extraneous input" in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


def test_what_can_be_named_stands_beside_what_cannot() -> None:
    with pytest.raises(BrokenExpression) as caught:
        compiled("deployment.rai == 'x'")
    assert "deployment.raiPolicyName" in caught.value.fix
    assert "account.region" not in caught.value.fix


def test_an_expression_is_a_condition() -> None:
    with pytest.raises(BrokenExpression, match="must come out true or false"):
        compiled("deployment.capacity")


def test_a_long_expression_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(BrokenExpression, match="2,000 are allowed"):
        compiled("true || " * (LONGEST // 8) + "true")


def test_a_deep_expression_is_refused() -> None:
    with pytest.raises(BrokenExpression):
        compiled("(" * 200 + "true" + ")" * 200)


def test_loops_in_loops_end() -> None:
    numbers = f"[{','.join(map(str, range(100)))}]"
    text = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, {numbers}.all(d, a+b+c+d >= 0))))"
    (found,) = findings(rule(expression=text), subject())
    assert found.severity is Severity.ERROR
    assert "budget" in found.message


def test_a_run_whose_time_is_up_is_told_and_stops_there() -> None:
    ticks = iter(range(0, 1000, 20))
    clock = ExpressionClock(now=lambda: float(next(ticks)))
    assert holds("true", subject(), CONTEXT, NO_FLEET, clock) is True
    with pytest.raises(BrokenExpression, match="more than 10 s together"):
        holds("true", subject(), CONTEXT, NO_FLEET, clock)


def test_an_expression_that_fails_on_a_deployment_is_an_error_of_the_rule() -> None:
    (found,) = findings(rule(expression="deployment.tags['costCenter'] == '1'"), subject())
    assert "the expression fails for `aoai-prod/chat`" in found.message
    assert "'costCenter' in deployment.tags" in found.fix
    assert found.place is not None
    assert found.place.route == ("spec", "rules", 0, "expression")


def test_an_expression_names_the_deployments_that_break_it() -> None:
    one = rule(expression="deployment.name != 'chat'", message="no chat")
    assert broken(one, subject("chat"), subject("search")) == ["chat"]


def test_a_price_that_nobody_knows_is_not_judged() -> None:
    dear = rule(expression="cost.monthly < 10.0")
    (unasked,) = findings(dear, subject())
    assert unasked.severity is Severity.INFO
    (known,) = findings(dear, subject(), monthly=lambda _: (Decimal(11), True))
    assert known.severity is Severity.ERROR


def test_every_variable_has_a_value_of_its_type() -> None:
    types = {"string": str, "int": int, "bool": bool, "double": float, "map<string, string>": dict}
    context = PolicyContext(catalogue=catalogue(), today=TODAY, monthly=lambda _: (Decimal(1), True))
    for one in (subject(), subject(version=None, region=None, capacity=None, model="gpt-99")):
        values = facts_of(one, context, NO_FLEET)
        assert set(values) == set(VARIABLES)
        assert {name for name, value in values.items() if type(value) is not types[VARIABLES[name]]} == set()

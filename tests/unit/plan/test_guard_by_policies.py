"""What policies find refuses a plan, once a rule; milder findings are notices."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.plan.guard import judged_by_policies
from reconciler.plan.plan import Plan, Refusal

OLD = Diagnostic(code="sku-alias", severity=Severity.WARNING, message="old")
NOTICE = Diagnostic(code="not-looked-at", severity=Severity.INFO, message="older")
STANDING = Refusal(code="max-deletes", message="too many", fix="fewer")
PLAN = Plan(
    fleet="f", cloud="emulator", steps=(), diagnostics=(OLD,), notices=(NOTICE,), refusals=(STANDING,)
)


def finding(code: str, severity: Severity = Severity.ERROR, message: str = "one") -> Diagnostic:
    return Diagnostic(code=code, severity=severity, message=message, fix=f"fix {message}")


def test_an_error_refuses_the_plan_and_stands_among_its_diagnostics() -> None:
    broken = finding("policy/b")
    judged = judged_by_policies(PLAN, [broken])
    assert judged.refusals == (STANDING, Refusal(code="policy", message="policy/b: one", fix="fix one"))
    assert judged.diagnostics == (OLD, broken)
    assert judged.notices == (NOTICE,)


def test_a_rule_refuses_once_and_counts_the_rest() -> None:
    found = [finding("policy/b"), finding("policy/a"), finding("policy/b", message="two")]
    judged = judged_by_policies(PLAN, [*found, finding("policy/b", message="three")])
    assert [one.message for one in judged.refusals[1:]] == [
        "policy/a: one",
        "policy/b: one (and 2 more findings)",
    ]
    one_more = judged_by_policies(PLAN, found)
    assert one_more.refusals[-1].message == "policy/b: one (and 1 more finding)"


def test_what_is_no_error_is_a_notice_and_refuses_nothing() -> None:
    mild = finding("policy/a", Severity.WARNING)
    judged = judged_by_policies(PLAN, [mild])
    assert judged.refusals == (STANDING,)
    assert judged.notices == (NOTICE, mild)
    assert judged.diagnostics == (OLD,)


def test_a_plan_that_breaks_no_rule_is_as_it_was() -> None:
    assert judged_by_policies(PLAN, []) == PLAN

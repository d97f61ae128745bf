"""What Azure Policy says of a plan's writes: one request an account, and only Deny stops a write."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from reconciler.domain.ids import AccountId
from reconciler.domain.platform import Compliance, PolicyFinding, PolicyQuestion, PolicyVerdict
from reconciler.domain.state import ObservedState, Opinion
from reconciler.engine.second_opinion import with_policy_verdicts
from reconciler.errors import ArmUnreachable
from reconciler.plan.plan import Plan
from tests.unit.plan.states import applied, desired, listed, name_of, plan, state, world

DENY = PolicyFinding(assignment="/x/policyAssignments/approved", definition="d", effect="Deny", reason="No.")
AUDIT = PolicyFinding(assignment="/x/policyAssignments/watch", definition="d", effect="Audit")


class Policies:
    """Gives the same verdict of everything; remembers what it was asked together."""

    def __init__(self, verdict: PolicyVerdict | Exception) -> None:
        self.verdict = verdict
        self.asked: list[tuple[str, list[str], set[str]]] = []

    async def evaluate_policies(
        self, account: AccountId, questions: Sequence[PolicyQuestion]
    ) -> Mapping[str, PolicyVerdict]:
        models = {str(one.model.get("name")) for one in questions}
        self.asked.append((account.name, [one.name for one in questions], models))
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return {one.name.upper(): self.verdict for one in questions}


def told(made: Plan, there: ObservedState, policies: Policies) -> Mapping[object, Opinion]:
    return asyncio.run(with_policy_verdicts(made, there, policies)).opinions  # type: ignore[return-value]


def test_the_writes_of_an_account_are_asked_about_in_one_request_and_no_others() -> None:
    kept = desired("kept")
    there = world(listed(applied(kept)), listed(name="other"))
    declared = state(
        desired("a"), desired("b"), kept, desired("c", in_account="other"), accounts=("acc", "other")
    )
    policies = Policies(PolicyVerdict(compliance=Compliance.COMPLIANT))
    assert told(plan(declared, there), there, policies) == {}
    assert [(account, names) for account, names, _ in policies.asked] == [
        ("acc", ["a", "b"]),
        ("other", ["c"]),
    ]
    assert all(models == {desired("a").spec.model.name} for _, _, models in policies.asked)


@pytest.mark.parametrize(
    ("verdict", "refused", "message"),
    [
        (
            PolicyVerdict(compliance=Compliance.NON_COMPLIANT, findings=(AUDIT, DENY)),
            True,
            "Azure Policy denies it: approved (No)",
        ),
        (
            PolicyVerdict(compliance=Compliance.NON_COMPLIANT, findings=(AUDIT,)),
            False,
            "Azure Policy will report it and let it be: watch",
        ),
        (
            PolicyVerdict(compliance=Compliance.ERROR, message="busy"),
            False,
            "Azure Policy gives no verdict: busy",
        ),
        (PolicyVerdict(compliance=Compliance.UNKNOWN), False, "Azure Policy gives no verdict"),
    ],
)
def test_only_what_denies_stops_a_write(verdict: PolicyVerdict, refused: bool, message: str) -> None:
    there = world(listed())
    made = plan(state(desired("a")), there)
    opinion = told(made, there, Policies(verdict))[name_of("a")]
    assert (opinion.refused, opinion.message) == (refused, message)
    assert bool(opinion.fix) is refused


def test_where_nobody_can_be_asked_nothing_is_refused() -> None:
    there = world(listed())
    made = plan(state(desired("a")), there)
    problem = ArmUnreachable("gone", operation="evaluate", target="acc")
    opinion = told(made, there, Policies(problem))[name_of("a")]
    assert not opinion.refused
    assert opinion.message.startswith("Azure Policy could not be asked")

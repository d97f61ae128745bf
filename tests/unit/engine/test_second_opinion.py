"""ARM's own validation beside a plan: what is asked, together with what, and what its verdicts come to."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from reconciler.domain.deployment import JsonObject, SourceAccount
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import ObservedState
from reconciler.engine.second_opinion import with_opinions
from reconciler.errors import ArmUnreachable, CredentialError, ValidationRefused
from reconciler.plan.actions import Blocked, Create, Reason, Update
from reconciler.plan.plan import Plan
from tests.unit.plan.states import account, applied, desired, listed, name_of, plan, state, world

Asked = tuple[tuple[str, ...], tuple[str, ...]]


class Validator:
    """Refuses by name; remembers what it was asked together, and with whose tokens."""

    def __init__(self, refuse: Callable[[str], Exception | None] = lambda _: None) -> None:
        self.refuse = refuse
        self.asked: list[Asked] = []

    async def validate(
        self,
        region: Region,
        bodies: Sequence[tuple[DeploymentId, JsonObject]],
        *,
        source_tenants: tuple[str, ...] = (),
    ) -> None:
        assert region.name
        self.asked.append((tuple(name.name for name, _ in bodies), source_tenants))
        for name, _ in bodies:
            problem = self.refuse(name.name)
            if problem is not None:
                raise problem


def policy(name: str) -> ValidationRefused:
    return ValidationRefused(
        "Resource was disallowed by policy",
        operation="ask",
        target=name,
        code="RequestDisallowedByPolicy",
    )


def told(made: Plan, there: ObservedState, validator: Validator) -> ObservedState:
    return asyncio.run(with_opinions(made, there, validator))


def test_writes_of_one_group_and_region_are_asked_about_in_one_request() -> None:
    there = world(listed(), listed(name="other"))
    declared = state(desired("a"), desired("b"), desired("c", in_account="other"), accounts=("acc", "other"))
    made = plan(declared, there)
    validator = Validator()
    assert told(made, there, validator).opinions == {}
    assert validator.asked == [(("a", "b", "c"), ())]


def test_a_refusal_is_pinned_to_its_write_by_asking_about_each() -> None:
    there = world(listed())
    validator = Validator(lambda name: policy(name) if name == "b" else None)
    observed = told(plan(state(desired("a"), desired("b")), there), there, validator)
    assert [names for names, _ in validator.asked] == [("a", "b"), ("a",), ("b",)]
    assert set(observed.opinions) == {name_of("b")}
    again = plan(state(desired("a"), desired("b")), observed)
    kinds = {step.action.id.name: step.action for step in again.steps}
    refused = kinds["b"]
    assert isinstance(kinds["a"], Create)
    assert isinstance(refused, Blocked)
    assert refused.reason is Reason.REFUSED_BY_ARM
    assert "RequestDisallowedByPolicy: Resource was disallowed by policy" in refused.explanation
    assert "Azure Policy" in refused.fix


def test_a_write_that_needs_another_first_is_told_and_not_stopped() -> None:
    there = world(listed())
    declared = state(desired("chat", spillover="spare"), desired("spare"))
    validator = Validator(lambda name: policy(name) if name == "chat" else None)
    observed = told(plan(declared, there), there, validator)
    action = next(step.action for step in plan(declared, observed).steps if step.action.id.name == "chat")
    assert isinstance(action, Create)
    assert "unverified: today ARM would refuse it" in action.explanation
    assert "before spare is done" in action.explanation


@pytest.mark.parametrize(
    "problem",
    [
        ArmUnreachable("no answer", operation="ask", target="rg"),
        CredentialError("no token", tenant="t"),
    ],
)
def test_a_validation_that_cannot_be_asked_leaves_the_plan_as_it_is_and_says_so(problem: Exception) -> None:
    there = world(listed())
    observed = told(plan(state(desired()), there), there, Validator(lambda _: problem))
    action = plan(state(desired()), observed).steps[0].action
    assert isinstance(action, Create)
    assert "unverified: ARM's own validation could not be asked" in action.explanation


def test_the_sources_tenant_decides_with_whom_a_write_is_asked_about() -> None:
    there = world(listed())
    source = SourceAccount(account=account("maker"), tenant="bbbb")
    tuned = desired(
        "tuned", model="gpt-4o-2024-08-06.ft-" + "0" * 32, version="1", source=source, tenant="aaaa"
    )
    validator = Validator()
    told(plan(state(desired("a"), tuned), there), there, validator)
    assert sorted(validator.asked) == [(("a",), ()), (("tuned",), ("bbbb",))]


def test_what_stays_or_goes_is_not_asked_about() -> None:
    there = world(listed(applied(desired("a")), applied(desired("gone"))))
    validator = Validator()
    told(plan(state(desired("a")), there), there, validator)
    assert validator.asked == []


def test_an_update_is_asked_about_with_the_body_that_is_sent_first() -> None:
    there = world(listed(applied(desired(capacity=1))))
    made = plan(state(desired(capacity=2)), there)
    assert isinstance(made.steps[0].action, Update)
    validator = Validator()
    told(made, there, validator)
    assert validator.asked == [(("chat",), ())]

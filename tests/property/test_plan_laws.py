"""Laws of plans over random fleets: convergence, continuation, quota order, determinism, ownership."""

from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.domain.deployment import Unset
from reconciler.domain.fleet import PrunePolicy
from reconciler.domain.ids import DeploymentId
from reconciler.domain.json_values import same
from reconciler.domain.marks import owner_of
from reconciler.domain.state import Listed, ObservedState, Unreadable
from reconciler.plan.actions import Blocked, Create, Delete, Keep, Reason, Replace
from reconciler.plan.body import put_body, writable
from reconciler.plan.pair import field_changes
from reconciler.plan.plan import Plan
from reconciler.planfile.saved import narrow, read_saved
from tests.property.strategies import ACCOUNTS, choices, fleets
from tests.property.toy_arm import ToyArm, linear_extension
from tests.property.worlds import Fleet, converged, declared, text_of
from tests.unit.plan.states import OURS, account, plan

LAW = settings(max_examples=60, deadline=None, derandomize=True)


def planned(after: Fleet, arm: ToyArm) -> Plan:
    """A plan that has an order: two deployments that swap their pools have none, and are refused."""
    made = plan(declared(after), arm.observe())
    assert {refusal.code for refusal in made.refusals} <= {"quota-circle"}
    assume(not made.refusals)
    return made


def is_empty(made: Plan) -> bool:
    """Nothing is left but what the manifests themselves leave in the way of each other.

    A line that was removed leaves a reference unmanaged, and what it names cannot go.
    """
    return all(
        isinstance(step.action, Keep) or step.action.reason is Reason.STILL_REFERENCED for step in made.steps
    )


@LAW
@given(fleets())
def test_planning_a_state_against_itself_is_empty(fleet: Fleet) -> None:
    assert is_empty(plan(declared(fleet), converged(fleet).observe()))


@LAW
@given(fleets(), fleets())
def test_a_body_that_changes_nothing_is_what_is_there_letter_by_letter(before: Fleet, after: Fleet) -> None:
    """ARM may mind a spelling that we do not: what is as declared goes back as it was answered."""
    readings = converged(before).observe().readings.values()
    there = {one.id: one for read in readings if isinstance(read, Listed) for one in read.deployments}
    for one in after:
        found = there.get(one.id)
        if found is not None and field_changes(one, found, OURS) == ():
            assert same(put_body(one, found, OURS), writable(found))


@LAW
@given(fleets(), fleets(), choices)
def test_plan_apply_plan_is_empty_in_whatever_order_independent_steps_end(
    before: Fleet, after: Fleet, picked: list[int]
) -> None:
    """I-01; the toy refuses what ARM refuses, so every step was legal too."""
    arm = converged(before)
    arm.carry_out(linear_extension(planned(after, arm), picked))
    assert is_empty(plan(declared(after), arm.observe()))


@LAW
@given(fleets(), fleets(), choices, st.integers(min_value=0, max_value=20))
def test_any_part_of_a_schedule_then_a_new_plan_reaches_the_same_end(
    before: Fleet, after: Fleet, picked: list[int], cut: int
) -> None:
    """I-08: the law of a stateless tool."""
    undisturbed, arm = converged(before), converged(before)
    undisturbed.carry_out(planned(after, undisturbed).writes)
    steps = list(linear_extension(planned(after, arm), picked))
    arm.carry_out(steps[: cut % (len(steps) + 1)])
    arm.carry_out(planned(after, arm).writes)
    assert arm.bodies() == undisturbed.bodies()


@LAW
@given(fleets(), fleets(), st.integers(min_value=0, max_value=30))
def test_a_run_cut_between_any_two_requests_converges(before: Fleet, after: Fleet, cut: int) -> None:
    """I-08, inside of a replacement and of an update in two writes as well."""
    arm = converged(before)
    requests = (turn for step in planned(after, arm).writes for turn in arm.requests(step.action))
    for _, _ in zip(range(cut), requests, strict=False):
        pass
    arm.carry_out(planned(after, arm).writes)
    assert is_empty(plan(declared(after), arm.observe()))


CROWDED = fleets(skus=("ProvisionedManaged", "DataZoneStandard"))


@settings(LAW, max_examples=300)
@given(CROWDED, CROWDED, choices)
def test_no_prefix_of_the_writes_exceeds_a_pool(before: Fleet, after: Fleet, picked: list[int]) -> None:
    """I-10: never more than the larger of before and after, request by request."""
    arm = converged(before)
    made = planned(after, arm)
    end = arm.copy()
    end.carry_out(made.writes)
    allowed = arm.use() | end.use()
    for step in linear_extension(made, picked):
        for _ in arm.requests(step.action):
            used = arm.use()
            assert all(used[pool] <= allowed[pool] for pool in used), step.action.id


@LAW
@given(fleets(), fleets())
def test_the_forecast_is_what_happens(before: Fleet, after: Fleet) -> None:
    """Uses before and after, pool by pool, against the toy's own book-keeping."""
    arm = converged(before)
    made = planned(after, arm)
    arm.carry_out(made.writes)
    after_use = arm.use()
    for pool in made.quota:
        held = sum(holder.capacity for holder in pool.holders)
        assert held == after_use[pool.pool]


@LAW
@given(fleets(), fleets(), choices)
def test_a_spillover_target_is_there_before_it_is_named(
    before: Fleet, after: Fleet, picked: list[int]
) -> None:
    arm = converged(before)
    for step in linear_extension(planned(after, arm), picked):
        action = step.action
        if not isinstance(action, Delete | Keep | Blocked):
            named = action.desired.spec.text("spilloverDeploymentName")
            if not isinstance(named, Unset):
                assert DeploymentId(account=action.id.account, name=named) in arm.resources
        arm.carry_out([step])


@LAW
@given(fleets(), fleets(), st.randoms(use_true_random=False))
def test_no_order_of_files_accounts_or_answers_changes_a_byte(
    before: Fleet, after: Fleet, random: Random
) -> None:
    """I-18."""
    arm = converged(before)
    shuffled = list(after)
    random.shuffle(shuffled)
    one = plan(declared(after), arm.observe())
    turned = arm.observe(reverse=True)
    other = plan(declared(shuffled), ObservedState(readings=turned.readings, regions=turned.regions))
    assert text_of(one) == text_of(other)


@LAW
@given(fleets(), fleets(), fleets())
def test_nothing_unowned_is_ever_deleted(before: Fleet, strangers: Fleet, after: Fleet) -> None:
    """I-03."""
    arm = ToyArm(ACCOUNTS)
    arm.carry_out(plan(declared(strangers), arm.observe()).writes)
    for resource in arm.resources.values():
        resource["tags"] = {"reconciler-fleet": "rival"} if len(resource["tags"]) % 2 else {}
    arm.carry_out(plan(declared(before), arm.observe()).writes)
    made = plan(declared(after), arm.observe())
    for step in made.steps:
        if isinstance(step.action, Delete | Replace):
            assert owner_of(step.action.observed) == OURS


@LAW
@given(fleets(), fleets(), st.sampled_from(list(PrunePolicy)))
def test_from_an_unreadable_account_only_blocks_follow(
    before: Fleet, after: Fleet, prune: PrunePolicy
) -> None:
    """I-03, I-11: and the plan for the other account is what it would be without it."""
    whole = converged(before).observe()
    dark = account("two")
    half = ObservedState(
        readings={**whole.readings, dark: Unreadable(id=dark, code="x", message="y")}, regions=whole.regions
    )
    made = plan(declared(after, prune=prune), half)
    assert all(isinstance(step.action, Blocked) for step in made.steps if step.action.id.account == dark)
    assert not made.complete
    kinds = {s.action.id: type(s.action) for s in made.steps if s.action.id.account != dark}
    alone = plan(declared(after, prune=prune), whole)
    assert kinds == {s.action.id: type(s.action) for s in alone.steps if s.action.id.account != dark}


@LAW
@given(fleets(), fleets())
def test_a_create_is_only_for_what_a_complete_listing_does_not_have(before: Fleet, after: Fleet) -> None:
    observed = converged(before).observe()
    for step in plan(declared(after), observed).steps:
        reading = observed.readings[step.action.id.account]
        assert isinstance(reading, Listed)
        assert isinstance(step.action, Create) is (reading.find(step.action.id) is None)


@LAW
@given(fleets(), fleets())
def test_a_saved_plan_narrows_the_same_plan_to_itself(before: Fleet, after: Fleet) -> None:
    """I-05; parse and format are inverse as far as a saved plan counts."""
    made = plan(declared(after), converged(before).observe())
    assert narrow(made, read_saved(text_of(made))) == (made, ())


@LAW
@given(fleets(), fleets(), fleets())
def test_a_saved_plan_never_adds_a_write(before: Fleet, between: Fleet, after: Fleet) -> None:
    """I-05: whatever happened since, what is done is in the plan made now and in the plan saved then."""
    arm = converged(before)
    then = plan(declared(after), arm.observe())
    arm.carry_out(plan(declared(between), arm.observe()).writes)
    now = plan(declared(after), arm.observe())
    narrowed, _ = narrow(now, read_saved(text_of(then)))
    saved_then = {step.fingerprint for step in then.writes}
    for step in narrowed.writes:
        assert step in now.writes
        assert step.fingerprint in saved_then
        assert set(step.depends_on) <= {other.action.id for other in narrowed.writes}

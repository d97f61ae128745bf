"""Guards: what a run may destroy without a further word, and what lifts each."""

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle
from reconciler.domain.fleet import Guards, PrunePolicy, Scope
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import Blocked, Delete
from reconciler.plan.allowances import Policy
from reconciler.plan.plan import Refusal
from tests.unit.plan.states import (
    SUBSCRIPTION,
    applied,
    desired,
    in_state,
    listed,
    name_of,
    of_fleet,
    offer,
    plan,
    state,
    unmarked,
    world,
)

NOTHING_LIFTED = Policy()
PTU = "ProvisionedManaged"


def refusals(
    declared: list[DesiredDeployment],
    there: list[ObservedDeployment],
    *,
    guards: Guards | None = None,
    policy: Policy = NOTHING_LIFTED,
    prune: PrunePolicy = PrunePolicy.OWNED,
    scope: Scope | None = None,
) -> dict[str, Refusal]:
    made = plan(state(*declared, guards=guards, prune=prune, scope=scope), world(listed(*there)), policy)
    return {refusal.code: refusal for refusal in made.refusals}


def many(count: int) -> list[DesiredDeployment]:
    return [desired(f"d{number}") for number in range(count)]


LIMITS: list[tuple[str, int, int, Guards, Policy, bool]] = [
    ("one delete is always allowed by default", 1, 2, Guards(), NOTHING_LIFTED, True),
    ("two of five are over 20 %", 2, 5, Guards(), NOTHING_LIFTED, False),
    ("two of ten are 20 %", 2, 10, Guards(), NOTHING_LIFTED, True),
    ("five of thirty", 5, 30, Guards(), NOTHING_LIFTED, True),
    ("six of thirty are over five", 6, 30, Guards(), NOTHING_LIFTED, False),
    ("what a Fleet states holds", 6, 30, Guards(max_deletes=6), NOTHING_LIFTED, True),
    ("the percentage of a Fleet", 4, 10, Guards(max_delete_percent=40), NOTHING_LIFTED, True),
    ("its percentage is never below one", 1, 3, Guards(max_delete_percent=10), NOTHING_LIFTED, True),
    (
        "of both the smaller",
        4,
        10,
        Guards(max_deletes=6, max_delete_percent=30),
        NOTHING_LIFTED,
        False,
    ),
    ("nor rounded up to two", 2, 3, Guards(max_delete_percent=10), NOTHING_LIFTED, False),
    ("five of twenty-four are over 20 %", 5, 24, Guards(), NOTHING_LIFTED, False),
    ("none at all, if the Fleet says so", 1, 10, Guards(max_deletes=0), NOTHING_LIFTED, False),
    ("the flag lifts everything", 9, 10, Guards(max_deletes=1), Policy(max_deletes=9), True),
    ("the flag may also be stricter", 2, 10, Guards(max_deletes=9), Policy(max_deletes=1), False),
]


@pytest.mark.parametrize(
    ("reason", "going", "owned", "guards", "policy", "allowed"), LIMITS, ids=[reason for reason, *_ in LIMITS]
)
def test_deletes_have_a_limit(
    reason: str, going: int, owned: int, guards: Guards, policy: Policy, *, allowed: bool
) -> None:
    """I-16, F-134."""
    everything = many(owned)
    found = refusals(everything[going:], [applied(one) for one in everything], guards=guards, policy=policy)
    assert ("max-deletes" not in found) is allowed, reason
    if not allowed:
        assert found["max-deletes"].fix == f"--max-deletes {going}"
        assert "acc/d0" in found["max-deletes"].message


WORDS: list[tuple[Guards, Policy, str]] = [
    (Guards(), NOTHING_LIFTED, "2 are allowed by default: the smaller of 5 and 20 % of 10 owned"),
    (Guards(max_deletes=1), NOTHING_LIFTED, "1 is allowed by the Fleet's guards.maxDeletes: 1"),
    (
        Guards(max_delete_percent=12.5),
        NOTHING_LIFTED,
        "1 is allowed by the Fleet's guards.maxDeletePercent: 12.5 % of 10 owned",
    ),
    (Guards(), Policy(max_deletes=0), "0 are allowed by --max-deletes 0"),
]


@pytest.mark.parametrize(("guards", "policy", "rule"), WORDS)
def test_a_refused_delete_is_told_with_its_rule_and_the_fix(
    guards: Guards, policy: Policy, rule: str
) -> None:
    everything = many(10)
    found = refusals(everything[3:], [applied(one) for one in everything], guards=guards, policy=policy)
    assert found["max-deletes"] == Refusal(
        code="max-deletes",
        message=f"3 deployments would be deleted or replaced (acc/d0, acc/d1 and acc/d2); {rule}",
        fix="--max-deletes 3",
    )


def test_without_a_word_on_the_command_line_nothing_is_lifted() -> None:
    """The defaults of a policy are the careful ones."""
    rivals = of_fleet(applied(desired("theirs")), "rival")
    broken = in_state(applied(desired("broken")), "Failed")
    declared = [desired("theirs"), desired("broken", model="other")]
    made = plan(state(*declared), world(listed(rivals, broken)), NOTHING_LIFTED)
    assert [(s.action.id.name, type(s.action)) for s in made.steps] == [
        ("broken", Blocked),
        ("theirs", Blocked),
    ]


def test_a_replacement_counts_as_a_delete() -> None:
    free = Lifecycle(replace_allowed=True)
    declared = [desired(f"d{number}", model="other", lifecycle=free) for number in range(2)]
    assert "max-deletes" in refusals(declared, [applied(one) for one in many(2)])


def test_a_block_does_not_count() -> None:
    declared = [desired(f"d{number}", model="other") for number in range(2)]
    assert refusals(declared, [applied(one) for one in many(2)]) == {}


def test_a_stranger_does_not_raise_the_share_of_what_is_ours() -> None:
    there = [applied(one) for one in many(2)] + [unmarked(applied(desired(f"x{n}"))) for n in range(30)]
    assert "max-deletes" in refusals([], there, policy=Policy(allow_empty=True))


EMPTY: list[tuple[str, list[ObservedDeployment], PrunePolicy, Policy, bool]] = [
    ("marks exist", [applied(desired())], PrunePolicy.OWNED, NOTHING_LIFTED, True),
    ("marks exist, prune never", [applied(desired())], PrunePolicy.NEVER, NOTHING_LIFTED, True),
    ("lifted", [applied(desired())], PrunePolicy.OWNED, Policy(allow_empty=True), False),
    ("nothing is ours", [unmarked(applied(desired()))], PrunePolicy.OWNED, NOTHING_LIFTED, False),
    ("strangers would go", [unmarked(applied(desired()))], PrunePolicy.EXCLUSIVE, NOTHING_LIFTED, True),
    ("nothing is there", [], PrunePolicy.OWNED, NOTHING_LIFTED, False),
]


@pytest.mark.parametrize(
    ("reason", "there", "prune", "policy", "refused"), EMPTY, ids=[reason for reason, *_ in EMPTY]
)
def test_empty_is_not_delete_all(
    reason: str, there: list[ObservedDeployment], prune: PrunePolicy, policy: Policy, *, refused: bool
) -> None:
    """I-16, F-134."""
    found = refusals([], there, prune=prune, policy=policy)
    assert ("empty-fleet" in found) is refused, reason
    if refused:
        assert "--allow-empty" in found["empty-fleet"].fix


def test_no_documents_at_all_need_a_word_too() -> None:
    made = plan(state(accounts=()), world(), NOTHING_LIFTED)
    assert made.refusals == (
        emptied("the manifests declare nothing at all; a wrong path looks just like this"),
    )


def emptied(found: str) -> Refusal:
    message = f"{found}. Empty does not mean that everything is to go"
    return Refusal(code="empty-fleet", message=message, fix="--allow-empty, if it does")


def test_an_empty_fleet_is_told_how_much_it_would_cost() -> None:
    ours, strangers = [applied(one) for one in many(2)], [unmarked(applied(one)) for one in many(3)]
    found = refusals([], ours)["empty-fleet"]
    assert found == emptied("the manifests declare no deployment, and 2 carry the mark of contoso")
    found = refusals([], strangers, prune=PrunePolicy.EXCLUSIVE)["empty-fleet"]
    assert found == emptied("the manifests declare no deployment, and 3 would be deleted")


def test_a_selection_that_leaves_nothing_is_not_an_empty_fleet() -> None:
    scope = Scope(left_out=frozenset({name_of("chat")}))
    assert refusals([], [applied(desired())], scope=scope) == {}


REDUCTIONS: list[tuple[str, int | None, int, bool]] = [
    ("half of the pool at 50 %", 50, 50, False),
    ("more than half at 50 %", 50, 25, True),
    ("all of it", 99, 0, True),
    ("no such guard", None, 0, False),
]


@pytest.mark.parametrize(
    ("reason", "percent", "left", "refused"), REDUCTIONS, ids=[reason for reason, *_ in REDUCTIONS]
)
def test_giving_back_much_of_a_pool_of_ptus_wants_a_second_look(
    reason: str, percent: int | None, left: int, *, refused: bool
) -> None:
    there = [applied(desired("a", sku=PTU, capacity=100)), applied(desired("b"))]
    declared = [desired("b"), *([desired("a", sku=PTU, capacity=left)] if left else [])]
    found = refusals(declared, there, guards=Guards(max_capacity_reduction_percent=percent))
    assert ("max-capacity-reduction" in found) is refused, reason


def test_a_refused_reduction_is_told_with_its_pool_and_the_fix() -> None:
    there = [applied(desired("a", sku=PTU, capacity=150)), applied(desired("b", sku=PTU, capacity=50))]
    declared = [desired("a", sku=PTU, capacity=25), desired("b", sku=PTU, capacity=50)]
    ptus = offer("OpenAI.ProvisionedManaged", sku=PTU)
    pools = {"OpenAI.ProvisionedManaged": (200, 500)}
    made = plan(
        state(*declared, guards=Guards(max_capacity_reduction_percent=10.5)),
        world(listed(*there), pools=pools, offers=[ptus]),
        NOTHING_LIFTED,
    )
    assert made.refusals == (
        Refusal(
            code="max-capacity-reduction",
            message=(
                "125 of 200 PTU of OpenAI.ProvisionedManaged in "
                f"{SUBSCRIPTION}/swedencentral would be given back, 62 %; "
                "the Fleet's guards.maxCapacityReductionPercent allows 10.5 %"
            ),
            fix="guards: {maxCapacityReductionPercent: 63} in the Fleet",
        ),
    )


def test_a_pool_in_which_we_hold_nothing_gives_nothing_back() -> None:
    there = [applied(desired("a", sku=PTU, capacity=0))]
    declared = [desired("a", sku=PTU, capacity=25)]
    assert refusals(declared, there, guards=Guards(max_capacity_reduction_percent=0)) == {}


def test_what_moves_inside_a_pool_is_not_given_back() -> None:
    there = [applied(desired("a", sku=PTU, capacity=100)), applied(desired("b", sku=PTU, capacity=25))]
    declared = [desired("a", sku=PTU, capacity=25), desired("b", sku=PTU, capacity=100)]
    assert refusals(declared, there, guards=Guards(max_capacity_reduction_percent=10)) == {}


def test_what_others_hold_of_a_pool_is_not_ours_to_give_back() -> None:
    """Whatever they hold, and whether it is listed before ours or behind it."""
    ours = applied(desired("m", sku=PTU, capacity=100))
    guards = Guards(max_capacity_reduction_percent=30)
    for name in ("a", "z"):
        theirs = unmarked(applied(desired(name, sku=PTU, capacity=900)))
        there = sorted([ours, theirs], key=lambda each: each.id.name)
        found = refusals([desired("m", sku=PTU, capacity=50)], there, guards=guards)
        assert found["max-capacity-reduction"].message.startswith("50 of 100 PTU ")


def test_rate_units_are_no_ptus() -> None:
    there = [applied(desired("a", capacity=100))]
    assert refusals([desired("a", capacity=1)], there, guards=Guards(max_capacity_reduction_percent=10)) == {}


def test_all_refusals_come_at_once_and_the_plan_is_still_whole() -> None:
    there = [applied(desired(f"p{n}", sku=PTU, capacity=100)) for n in range(3)]
    guards = Guards(max_capacity_reduction_percent=10, max_deletes=1)
    made = plan(state(guards=guards), world(listed(*there)), NOTHING_LIFTED)
    assert [refusal.code for refusal in made.refusals] == [
        "empty-fleet",
        "max-deletes",
        "max-capacity-reduction",
    ]
    assert all(refusal.fix for refusal in made.refusals)
    assert len(made.writes) == 3
    assert not made.applyable


def test_a_delete_that_is_going_on_already_is_not_counted_again() -> None:
    """I-08: a run that follows what a killed one began needs no flag."""
    going = [in_state(applied(desired(f"old-{number}")), "Deleting") for number in range(3)]
    made = plan(state(desired("chat")), world(listed(applied(desired("chat")), *going)), Policy())
    assert [type(step.action) for step in made.writes] == [Delete] * 3
    assert made.refusals == ()

"""Two states, one action each: absence, state, ownership, removal, dependence."""

from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle, OnRemoval
from reconciler.domain.fleet import Guards, PrunePolicy, Scope
from reconciler.domain.ids import Region
from reconciler.domain.state import AccountMissing, ObservedDeployment, ObservedState, Reading, Unreadable
from reconciler.errors import Trouble
from reconciler.plan.actions import (
    Action,
    Adopt,
    Blocked,
    Create,
    Delete,
    Keep,
    Reason,
    Replace,
    Update,
    Wait,
)
from reconciler.plan.allowances import Policy
from reconciler.plan.dependants import block_dependants
from tests.unit.plan.states import (
    EVERYTHING,
    account,
    applied,
    desired,
    in_state,
    listed,
    name_of,
    of_fleet,
    only_action,
    plan,
    seen,
    state,
    tagged,
    unmarked,
    world,
)

TAKE_OVER = replace(EVERYTHING, take_over=True)
REPLACE_FAILED = replace(EVERYTHING, replace_failed=True)
ALLOWED = Lifecycle(replace_allowed=True)


def action_for(one: DesiredDeployment, there: ObservedDeployment, policy: Policy = EVERYTHING) -> Action:
    return only_action(plan(state(one), world(listed(there)), policy))


def actions(made: "tuple[Action, ...]") -> dict[str, type]:
    return {action.id.name: type(action) for action in made}


# -- accounts --------------------------------------------------------------------------------------------

NO_LISTING: list[tuple[str, Reading | None, Reason]] = [
    (
        "403",
        Unreadable(id=account(), code="AuthorizationFailed", message="no rights"),
        Reason.ACCOUNT_UNREADABLE,
    ),
    ("404", AccountMissing(id=account(), code="ResourceNotFound", message="gone"), Reason.ACCOUNT_MISSING),
    ("never asked", None, Reason.ACCOUNT_UNREADABLE),
]


@pytest.mark.parametrize(("why", "reading", "reason"), NO_LISTING, ids=[why for why, *_ in NO_LISTING])
def test_unreadable_account_blocks_its_deployments_instead_of_creating_them(
    why: str, reading: Reading | None, reason: Reason
) -> None:
    observed = ObservedState(readings={} if reading is None else {account(): reading})
    made = plan(state(desired("a"), desired("b")), observed)
    assert [type(step.action) for step in made.steps] == [Blocked, Blocked], why
    assert {step.action.reason for step in made.steps} == {reason}
    assert not made.complete
    assert not made.applyable


def test_an_account_that_was_not_read_is_named_though_nothing_is_declared_in_it() -> None:
    """I-16: there may be deployments of ours in it that have to go."""
    shut = Unreadable(id=account(), code="x", message="no rights", trouble=Trouble.RIGHTS)
    made = plan(state(accounts=("acc",)), world(shut))
    assert (made.steps, made.complete) == ((), False)
    assert [(one.id.name, "no rights" in one.message) for one in made.unread] == [("acc", True)]
    assert made.unread[0].fix.startswith("give this identity")


def test_an_unreadable_account_changes_nothing_for_another_one() -> None:
    there = world(
        Unreadable(id=account("dark"), code="x", message="y"), listed(applied(desired("b")), name="acc")
    )
    made = plan(state(desired("a", in_account="dark"), desired("c"), accounts=("acc", "dark")), there)
    assert actions(tuple(s.action for s in made.steps)) == {"a": Blocked, "b": Delete, "c": Create}


def test_a_region_that_the_manifest_gets_wrong_blocks_the_whole_account() -> None:
    there = world(listed(applied(desired("a")), applied(desired("old")), region=Region("eastus2")))
    made = plan(state(desired("a"), desired("b")), there)
    assert {s.action.reason for s in made.steps} == {Reason.REGION_MISMATCH}
    assert "eastus2" in made.blocked[0].action.explanation
    assert {s.action.id.name for s in made.steps} == {"a", "b"}


@pytest.mark.parametrize("account_state", ["Deleting", "Failed"])
def test_an_account_that_takes_no_writes_blocks_its_deployments(account_state: str) -> None:
    """F-077."""
    made = plan(state(desired()), world(listed(state=account_state)))
    assert only_action(made).reason is Reason.ACCOUNT_NOT_READY


def test_an_account_that_is_still_changing_does_not_block_the_plan() -> None:
    """F-076: apply waits for it."""
    assert isinstance(only_action(plan(state(desired()), world(listed(state="Accepted")))), Create)


# -- the deployment's own state --------------------------------------------------------------------------


def test_a_deployment_that_is_as_declared_is_kept() -> None:
    assert isinstance(action_for(desired(), applied(desired())), Keep)


def test_names_are_recognised_without_case() -> None:
    there = applied(desired("CHAT"))
    assert isinstance(action_for(desired("chat"), there), Keep)


STATES: list[tuple[str, DesiredDeployment, type, Reason]] = [
    ("Succeeded", desired(), Keep, Reason.IN_SYNC),
    ("Succeeded", desired(capacity=60), Update, Reason.CAPACITY_CHANGED),
    ("Creating", desired(), Wait, Reason.IN_PROGRESS),
    ("Updating", desired(capacity=60), Update, Reason.CAPACITY_CHANGED),
    ("SomethingNew", desired(), Wait, Reason.IN_PROGRESS),
    ("Updating", desired(model="gpt-4.1"), Blocked, Reason.REPLACE_FORBIDDEN),
    ("Updating", desired(model="gpt-4.1", lifecycle=ALLOWED), Replace, Reason.MODEL_CHANGED),
    ("Deleting", desired(), Create, Reason.NOT_THERE),
    ("Failed", desired(), Blocked, Reason.FAILED_STATE),
    ("Failed", desired(lifecycle=ALLOWED), Replace, Reason.FAILED_STATE),
    ("failed", desired(capacity=60, lifecycle=ALLOWED), Replace, Reason.FAILED_STATE),
    ("Disabled", desired(), Blocked, Reason.DISABLED_STATE),
    ("Canceled", desired(), Update, Reason.CANCELED_STATE),
    ("Canceled", desired(capacity=60), Update, Reason.CAPACITY_CHANGED),
]


@pytest.mark.parametrize(("there_state", "one", "way", "reason"), STATES)
def test_only_succeeded_is_converged(
    there_state: str, one: DesiredDeployment, way: type, reason: Reason
) -> None:
    action = action_for(one, in_state(applied(desired()), there_state))
    assert (type(action), action.reason) == (way, reason)


def test_the_command_line_may_allow_what_the_manifest_forbids_for_failed_ones_only() -> None:
    failed = in_state(applied(desired()), "Failed")
    assert isinstance(action_for(desired(), failed, REPLACE_FAILED), Replace)
    assert isinstance(action_for(desired(model="x"), applied(desired()), REPLACE_FAILED), Blocked)


def test_what_goes_on_is_said_beside_what_would_be_done() -> None:
    """F-078: shown as such; apply waits, then compares again."""
    action = action_for(desired(capacity=60), in_state(applied(desired()), "Updating"))
    assert "Updating" in action.explanation
    assert "waits" in action.explanation


def test_a_replacement_cut_short_after_its_delete_is_completed_with_what_was_carried_over() -> None:
    going = in_state(applied(desired(), raiPolicyName="strict"), "Deleting")
    action = action_for(desired(), going)
    assert isinstance(action, Create)
    properties = action.body["properties"]
    assert isinstance(properties, dict)
    assert properties["raiPolicyName"] == "strict"


# -- upgrades by the service -----------------------------------------------------------------------------

UPGRADES: list[tuple[str, str, str, str | None, bool]] = [
    ("newer, allowed by what is there", "2024-08-06", "2024-11-20", "OnceNewDefaultVersionAvailable", True),
    ("newer, only after expiry, also allowed", "2024-08-06", "2024-11-20", "OnceCurrentVersionExpired", True),
    ("newer, option absent: as after expiry", "2024-08-06", "2024-11-20", None, True),
    ("newer, forbidden", "2024-08-06", "2024-11-20", "NoAutoUpgrade", False),
    ("older", "2024-11-20", "2024-08-06", "OnceNewDefaultVersionAvailable", False),
    ("counted versions", "1", "2", "OnceNewDefaultVersionAvailable", True),
    ("counted versions, down", "2", "1", "OnceNewDefaultVersionAvailable", False),
    ("no order between forms", "0613", "2024-11-20", "OnceNewDefaultVersionAvailable", False),
    ("four digits are a month and a day", "0613", "1106", "OnceNewDefaultVersionAvailable", False),
]


@pytest.mark.parametrize(
    ("reason", "declared", "running", "option", "kept"), UPGRADES, ids=[reason for reason, *_ in UPGRADES]
)
def test_an_upgrade_by_the_service_is_not_fought(
    reason: str, declared: str, running: str, option: str | None, *, kept: bool
) -> None:
    one = desired(version=declared)
    model = {"format": "OpenAI", "name": "gpt-4o", "version": running}
    there = applied(one, model=model, versionUpgradeOption=option)
    action = action_for(one, there)
    assert isinstance(action, Keep if kept else Update), reason
    assert action.reason is (Reason.AUTO_UPGRADED if kept else Reason.VERSION_CHANGED)


def test_another_write_does_not_take_an_upgrade_back() -> None:
    there = applied(
        desired(version="2024-08-06"), model={"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    )
    action = action_for(desired(version="2024-08-06", capacity=60), there)
    assert isinstance(action, Update)
    (body,) = action.writes
    assert body["properties"]["model"]["version"] == "2024-11-20"  # type: ignore[index,call-overload]


def test_the_declared_option_outweighs_the_one_that_is_there() -> None:
    there = applied(
        desired(version="2024-08-06"), model={"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    )
    action = action_for(desired(version="2024-08-06", option="NoAutoUpgrade"), there)
    assert action.reason is Reason.VERSION_CHANGED


# -- ownership -------------------------------------------------------------------------------------------

OWNERS: list[tuple[str, ObservedDeployment, DesiredDeployment, Policy, type, Reason]] = [
    ("ours", applied(desired()), desired(), EVERYTHING, Keep, Reason.IN_SYNC),
    (
        "ours, mark of an older manifest",
        tagged(applied(desired()), reconciler_spec="0" * 12),
        desired(),
        EVERYTHING,
        Update,
        Reason.MARK_OUTDATED,
    ),
    ("unmarked, identical", unmarked(applied(desired())), desired(), EVERYTHING, Adopt, Reason.MARK_MISSING),
    (
        "unmarked, different",
        unmarked(applied(desired())),
        desired(capacity=9),
        EVERYTHING,
        Blocked,
        Reason.NOT_OURS,
    ),
    (
        "unmarked, different, adopt: true",
        unmarked(applied(desired())),
        desired(capacity=9, adopt=True),
        EVERYTHING,
        Update,
        Reason.CAPACITY_CHANGED,
    ),
    (
        "unmarked, different, --take-over",
        unmarked(applied(desired())),
        desired(capacity=9),
        TAKE_OVER,
        Update,
        Reason.CAPACITY_CHANGED,
    ),
    (
        "another fleet's, identical",
        of_fleet(applied(desired()), "rival"),
        desired(),
        EVERYTHING,
        Blocked,
        Reason.OTHER_FLEET,
    ),
    (
        "another fleet's, adopt: true is not enough",
        of_fleet(applied(desired()), "rival"),
        desired(adopt=True),
        EVERYTHING,
        Blocked,
        Reason.OTHER_FLEET,
    ),
    (
        "another fleet's, --take-over",
        of_fleet(applied(desired()), "rival"),
        desired(),
        TAKE_OVER,
        Update,
        Reason.MARK_OUTDATED,
    ),
    (
        "unmarked and Failed",
        in_state(unmarked(applied(desired())), "Failed"),
        desired(capacity=9, lifecycle=ALLOWED),
        EVERYTHING,
        Blocked,
        Reason.NOT_OURS,
    ),
]


@pytest.mark.parametrize(
    ("whose", "there", "one", "policy", "way", "reason"), OWNERS, ids=[whose for whose, *_ in OWNERS]
)
def test_ownership_of_a_declared_name(
    whose: str,
    there: ObservedDeployment,
    one: DesiredDeployment,
    policy: Policy,
    way: type,
    reason: Reason,
) -> None:
    action = action_for(one, there, policy)
    assert (type(action), action.reason) == (way, reason), whose


def test_an_adoption_adds_our_mark_and_nothing_else() -> None:
    there = unmarked(applied(desired(), raiPolicyName="strict"))
    action = action_for(desired(), there)
    assert isinstance(action, Adopt)
    assert {change.path for change in action.changes} == {
        "tags.reconciler-fleet",
        "tags.reconciler-spec",
        "tags.reconciler-model",
    }


@pytest.mark.parametrize("fix", ["adopt: true", "--take-over"])
def test_the_block_of_a_stranger_names_what_lifts_it(fix: str) -> None:
    action = action_for(desired(capacity=9), unmarked(applied(desired())))
    assert isinstance(action, Blocked)
    assert fix in action.fix


def test_taking_over_says_from_whom() -> None:
    action = action_for(desired(), of_fleet(applied(desired()), "rival"), TAKE_OVER)
    assert "'rival'" in action.explanation


# -- removal ---------------------------------------------------------------------------------------------

OURS_NOW = applied(desired("old"))
REMOVALS: list[tuple[str, ObservedDeployment, PrunePolicy, Policy, type, Reason]] = [
    ("ours", OURS_NOW, PrunePolicy.OWNED, EVERYTHING, Delete, Reason.NOT_DECLARED),
    ("ours, never", OURS_NOW, PrunePolicy.NEVER, EVERYTHING, Keep, Reason.RETAINED),
    ("ours, exclusive", OURS_NOW, PrunePolicy.EXCLUSIVE, EVERYTHING, Delete, Reason.NOT_DECLARED),
    (
        "ours, retained",
        applied(desired("old", lifecycle=Lifecycle(on_removal=OnRemoval.RETAIN))),
        PrunePolicy.EXCLUSIVE,
        EVERYTHING,
        Keep,
        Reason.RETAINED,
    ),
    (
        "ours, protected by its last manifest",
        applied(desired("old", lifecycle=Lifecycle(prevent_destroy=True))),
        PrunePolicy.OWNED,
        EVERYTHING,
        Blocked,
        Reason.PROTECTED,
    ),
    (
        "ours, going already",
        in_state(OURS_NOW, "Deleting"),
        PrunePolicy.OWNED,
        EVERYTHING,
        Delete,
        Reason.IN_PROGRESS,
    ),
    ("nobody's", unmarked(OURS_NOW), PrunePolicy.OWNED, TAKE_OVER, Keep, Reason.NOT_OURS),
    (
        "nobody's, exclusive",
        unmarked(OURS_NOW),
        PrunePolicy.EXCLUSIVE,
        EVERYTHING,
        Delete,
        Reason.NOT_DECLARED,
    ),
    ("another fleet's", of_fleet(OURS_NOW, "rival"), PrunePolicy.OWNED, TAKE_OVER, Keep, Reason.NOT_OURS),
    (
        "another fleet's, exclusive",
        of_fleet(OURS_NOW, "rival"),
        PrunePolicy.EXCLUSIVE,
        EVERYTHING,
        Blocked,
        Reason.OTHER_FLEET,
    ),
    (
        "another fleet's, exclusive, --take-over",
        of_fleet(OURS_NOW, "rival"),
        PrunePolicy.EXCLUSIVE,
        TAKE_OVER,
        Delete,
        Reason.NOT_DECLARED,
    ),
]


@pytest.mark.parametrize(
    ("whose", "there", "prune", "policy", "way", "reason"), REMOVALS, ids=[whose for whose, *_ in REMOVALS]
)
def test_removal_of_what_nobody_declares(
    whose: str, there: ObservedDeployment, prune: PrunePolicy, policy: Policy, way: type, reason: Reason
) -> None:
    action = only_action(plan(state(prune=prune), world(listed(there)), policy))
    assert (type(action), action.reason) == (way, reason), whose


def test_protect_globs_outlive_the_entry() -> None:
    declared = state(guards=Guards(protect=("*/acc/old",)), prune=PrunePolicy.EXCLUSIVE)
    action = only_action(plan(declared, world(listed(OURS_NOW))))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.PROTECTED
    assert "guards.protect" in action.fix


@pytest.mark.parametrize(
    "scope",
    [
        Scope(targets=("*/acc/other",)),
        Scope(excludes=("prod/acc/old",)),
        Scope(left_out=frozenset({name_of("OLD")})),
    ],
)
def test_what_is_out_of_scope_is_neither_kept_nor_deleted(scope: Scope) -> None:
    assert plan(state(scope=scope), world(listed(OURS_NOW))).steps == ()


def test_declared_deployments_out_of_scope_are_counted_and_not_taken_for_undeclared() -> None:
    there = world(listed(applied(desired("a")), applied(desired("b"))))
    made = plan(state(desired("a"), desired("b"), scope=Scope(targets=("acc/a",))), there)
    assert [step.action.id.name for step in made.steps] == ["a"]
    assert made.left_out == 1


# -- dependence ------------------------------------------------------------------------------------------


def test_a_blocked_target_that_exists_serves_as_well_as_before() -> None:
    foreign = unmarked(applied(desired("base", capacity=1)))
    declared = state(
        desired("base", capacity=2),
        desired("needs-base", parent="base"),
        desired("alone"),
    )
    made = plan(declared, world(listed(foreign)))
    assert actions(tuple(s.action for s in made.steps)) == {
        "base": Blocked,
        "needs-base": Create,
        "alone": Create,
    }


def test_only_what_needs_a_missing_target_is_held_back() -> None:
    missing = Blocked(
        id=name_of("mini"),
        region=None,
        reason=Reason.NOT_OURS,
        explanation="",
        fix="",
        desired=desired("mini"),
    )
    there = world(listed())
    made = plan(
        state(desired("chat", spillover="MINI"), desired("chain", parent="chat"), desired("x")), there
    )
    result = {a.id.name: a for a in block_dependants([missing, *(s.action for s in made.steps)])}
    assert isinstance(result["x"], Create)
    for name, target in (("chat", "mini"), ("chain", "chat")):
        action = result[name]
        assert isinstance(action, Blocked)
        assert action.reason is Reason.DEPENDENCY_BLOCKED
        assert target in action.explanation.lower()


def test_every_block_says_what_lifts_it() -> None:
    blocks = [
        only_action(plan(state(desired()), ObservedState())),
        action_for(desired(model="x"), applied(desired())),
        action_for(desired(), in_state(applied(desired()), "Failed")),
        action_for(desired(), in_state(applied(desired()), "Disabled")),
        action_for(desired(), of_fleet(applied(desired()), "rival")),
    ]
    for action in blocks:
        assert isinstance(action, Blocked)
        assert action.fix
        assert action.explanation


def test_an_answer_without_tags_at_all_is_nobodys() -> None:
    bare = {name: value for name, value in applied(desired()).resource.items() if name != "tags"}
    assert isinstance(action_for(desired(), seen(name_of("chat"), bare)), Adopt)

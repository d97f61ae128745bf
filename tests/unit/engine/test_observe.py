"""Reading the world with few requests: what is asked, how often, and what becomes of a refusal."""

from collections import Counter
from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment, SourceAccount
from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import AccountMissing, ObservedState, Unreadable
from reconciler.engine.observe import observe_for_plan
from reconciler.errors import ArmUnreachable, CredentialError, Forbidden
from reconciler.plan.actions import Blocked, Reason
from reconciler.plan.allowances import Policy
from reconciler.plan.make import make_plan
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, SUBSCRIPTION, account, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import run

TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
NAMES = ("alpha", "beta", "gamma", "delta")


def world() -> World:
    return World(accounts={account(name): REGION for name in NAMES})


def look(state: DesiredState, arm: SimulatedArm) -> ObservedState:
    return run(observe_for_plan(state, arm))


def asked(arm: SimulatedArm) -> Counter[str]:
    """Requests by verb and the kind of thing that was asked for."""
    return Counter(f"{one.verb} {one.target.rsplit('/', 1)[-1]}" for one in arm.exchanges)


def filtered(name: str, *, in_account: str = "alpha") -> DesiredDeployment:
    one = desired(name, in_account=in_account)
    return replace(one, spec=replace(one.spec, settings={"raiPolicyName": "strict"}))


def tuned(name: str, source: str) -> DesiredDeployment:
    one = desired(name, model=TUNED)
    made = replace(one.spec.model, source=SourceAccount(account=account(source), tenant=None))
    return replace(one, spec=replace(one.spec, model=made))


def test_three_accounts_of_a_subscription_cost_one_list_and_one_request_each() -> None:
    arm = SimulatedArm(world())
    look(fleet(desired("chat"), accounts=NAMES), arm)
    assert asked(arm) == Counter(
        {f"LIST {SUBSCRIPTION}": 1, **{f"LIST {name}": 1 for name in NAMES}, "GET usages": 1, "GET models": 1}
    )


def test_two_accounts_are_read_one_by_one() -> None:
    arm = SimulatedArm(world())
    look(fleet(desired("chat"), accounts=NAMES[:2]), arm)
    assert [one.target for one in arm.exchanges if one.verb == "GET"][:2] == [
        str(account("alpha")),
        str(account("beta")),
    ]
    assert f"LIST {SUBSCRIPTION}" not in asked(arm)


def test_names_that_would_be_sent_anew_cost_one_list_an_account_however_many_there_are() -> None:
    arm = SimulatedArm(world())
    state = fleet(
        *(filtered(f"f{n}") for n in range(3)),
        *(tuned(f"t{n}", "beta") for n in range(3)),
        accounts=NAMES,
    )
    seen = look(state, arm)
    assert asked(arm)["GET raiPolicies"] == 1
    assert [one.target for one in arm.exchanges if one.target.endswith("beta/models")] == [
        f"{account('beta')}/models"
    ]
    assert seen.policies == {account("alpha"): frozenset({"Microsoft.Default", "Microsoft.DefaultV2"})}
    assert seen.sources == {account("beta"): frozenset()}


def test_what_may_not_be_read_is_unreadable_and_what_is_missing_is_missing() -> None:
    def refuse(exchange: Exchange, phase: str) -> None:
        if phase == "before" and exchange.target.endswith("raiPolicies"):
            raise Forbidden(
                "no", operation="list", target=exchange.target, status=403, code="AuthorizationFailed"
            )

    seen = look(
        fleet(filtered("f"), tuned("t", "nobody"), accounts=NAMES), SimulatedArm(world(), fault=refuse)
    )
    filters, source = seen.policies[account("alpha")], seen.sources[account("nobody")]
    assert isinstance(filters, Unreadable)
    assert filters.code == "AuthorizationFailed"
    assert isinstance(source, AccountMissing)


@pytest.mark.parametrize(
    "problem",
    [
        CredentialError("no token for tenant t", tenant="t", fix="run `az login`", detail="cli (no)"),
        ArmUnreachable("no answer from arm.example", operation="list", target="this very account"),
    ],
)
def test_what_hits_many_accounts_is_told_in_the_same_words_for_each(problem: Exception) -> None:
    """P5: so that it can be told once, with its fix first and the chain of credentials only for who asks."""
    names = ("alpha", "beta", "gamma")

    def fault(exchange: Exchange, phase: str) -> None:
        if phase == "before" and exchange.verb in {"GET", "LIST"}:
            raise problem

    arm = SimulatedArm(World(accounts={account(name): REGION for name in names}), fault=fault)
    state = fleet(*(desired("chat", in_account=name) for name in names), accounts=names)
    plan = run(plan_of(state, arm))
    (told,) = {(one.message, one.fix) for one in plan.unread}
    assert len(plan.unread) == 3
    assert told[0] in str(problem)
    assert "this very account" not in told[0]
    if isinstance(problem, CredentialError):
        assert told[1] == "run `az login`"
        assert {one.detail for one in plan.unread} == {"cli (no)"}


# -- soft-deleted accounts ---------------------------------------------------------------------------------

GONE = DeletedAccount(id=account("GONE"), region=REGION, deleted_at="2026-11-27T10:00:00Z")


def test_a_missing_account_that_is_soft_deleted_says_so_with_the_commands_that_help() -> None:
    arm = SimulatedArm(replace(world(), deleted=(GONE,)))
    state = fleet(desired("chat", in_account="gone"), accounts=("gone", "lost", *NAMES))
    (blocked,) = run(plan_of(state, arm)).blocked
    assert blocked.action.reason is Reason.ACCOUNT_MISSING
    assert "it was deleted on 2026-11-27 and is soft-deleted in eastus2" in blocked.action.explanation
    assert isinstance(blocked.action, Blocked)
    assert f"restore it: {GONE.command('recover')}" in blocked.action.fix
    assert f"purge it: {GONE.command('purge')}" in blocked.action.fix
    assert asked(arm)["LIST deletedAccounts"] == 1
    lost = look(state, arm).readings[account("lost")]
    assert isinstance(lost, AccountMissing)
    assert (lost.fix, "soft-deleted" in lost.message) == ("", False)


def test_where_no_account_is_missing_nobody_asks_for_deleted_ones() -> None:
    arm = SimulatedArm(world())
    look(fleet(desired("chat"), accounts=NAMES), arm)
    assert "LIST deletedAccounts" not in asked(arm)


def test_deleted_accounts_that_may_not_be_read_change_nothing() -> None:
    def closed(exchange: Exchange, phase: str) -> None:
        if exchange.target.endswith("deletedAccounts") and phase == "before":
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")

    arm = SimulatedArm(replace(world(), deleted=(GONE,)), fault=closed)
    found = look(fleet(desired("chat", in_account="gone"), accounts=("gone",)), arm)
    assert isinstance(missing := found.readings[account("gone")], AccountMissing)
    assert missing.fix == ""


MANY = [f"{number:08d}-1111-1111-1111-111111111111" for number in range(6)]


def spread(*names: str) -> DesiredState:
    """A fleet that declares a deployment of each name in an account of each of many subscriptions."""
    homes = [AccountId(subscription=one, resource_group="rg", name="alpha") for one in MANY]
    return replace(
        fleet(),
        accounts=tuple(DesiredAccount(id=home, region=REGION) for home in homes),
        deployments=tuple(
            replace(one, id=DeploymentId(account=home, name=one.id.name))
            for home in homes
            for one in map(desired, names)
        ),
    )


def applied(state: DesiredState) -> SimulatedArm:
    """A world in which that was applied, and nothing asked since."""
    arm = SimulatedArm(World(accounts={one.id: REGION for one in state.accounts}))
    run(reconcile(state, arm))
    arm.exchanges.clear()
    return arm


def lists_of_regions(arm: SimulatedArm) -> Counter[str]:
    return Counter(
        one.target.split("/")[0] for one in arm.exchanges if one.target.endswith(("/usages", "/models"))
    )


def test_a_region_is_asked_for_once_its_account_has_answered_whatever_the_manifests_say() -> None:
    """Asked for earlier, a throttled list of a region could cost the account's own answer."""
    state = fleet(desired("chat", in_account="gone"), accounts=("gone",))
    state = replace(state, accounts=tuple(replace(one, region=REGION) for one in state.accounts))
    arm = SimulatedArm(world())
    look(state, arm)
    assert lists_of_regions(arm) == Counter()


def test_where_all_is_as_declared_nobody_asks_for_quotas_and_offers() -> None:
    arm = applied(spread("chat"))
    run(observe_for_plan(spread("chat"), arm, every_region=False))
    assert lists_of_regions(arm) == Counter()
    run(observe_for_plan(spread("chat"), arm))
    assert lists_of_regions(arm) == Counter(dict.fromkeys(MANY, 2))


def test_they_are_asked_for_in_each_subscription_in_which_something_is_not_as_declared() -> None:
    arm = applied(spread("chat"))
    whole = spread("chat", "talk")
    some = replace(
        whole,
        deployments=tuple(
            one
            for one in whole.deployments
            if one.id.name == "chat" or one.id.account.subscription == MANY[3]
        ),
    )
    seen = run(observe_for_plan(some, arm, every_region=False))
    assert lists_of_regions(arm) == Counter({MANY[3]: 2})
    full = run(observe_for_plan(some, arm))
    assert make_plan(some, seen, policy=Policy()) == make_plan(some, full, policy=Policy())


def test_a_part_of_a_fleet_and_a_selection_ask_for_all_of_them() -> None:
    """Other parts may write, and what is selected may need what is not."""
    arm = applied(spread("chat"))
    state = spread("chat")
    run(observe_for_plan(replace(state, reserve=state.deployments[:1]), arm, every_region=False))
    assert lists_of_regions(arm) == Counter(dict.fromkeys(MANY, 2))


def test_what_nobody_declares_is_not_at_rest() -> None:
    arm = applied(spread("chat", "talk"))
    run(observe_for_plan(spread("chat"), arm, every_region=False))
    assert lists_of_regions(arm) == Counter(dict.fromkeys(MANY, 2))

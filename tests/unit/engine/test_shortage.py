"""What is told beside a refusal for want of quota: the counters, and the deleted accounts that hold some."""

import pytest

from reconciler.domain.ids import Region
from reconciler.domain.platform import DeletedAccount
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ItemReport, Outcome, Silence
from reconciler.errors import Forbidden, InvalidRequest
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run

POOL, PTU = "OpenAI.GlobalStandard.gpt-x", "OpenAI.ProvisionedManaged"
GONE = DeletedAccount(id=account("gone"), region=REGION)
FAR = DeletedAccount(id=account("far"), region=Region("westus"))
TIGHT, ROOMY = 100, 1000


def refused(code: str, *, limit: int = TIGHT, blind: bool = False, **wanted: object) -> ItemReport:
    """Another deployment holds 90 of each pool, and ARM refuses the write of `chat` with `code`."""
    world = World(
        accounts={account(): REGION, account("other"): REGION},
        limits={POOL: limit, PTU: limit},
        deleted=(GONE, FAR),
    )
    written = False

    def fault(exchange: Exchange, phase: str) -> None:
        nonlocal written
        if exchange.verb == "PUT" and phase == "before":
            written = True
            raise InvalidRequest("An error occurred.", operation="write", target="", status=400, code=code)
        if written and blind and exchange.target.endswith(("usages", "deletedAccounts")):
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")

    async def scenario() -> ItemReport:
        others = fleet(
            desired("pay", in_account="other", capacity=90),
            desired("ptu", in_account="other", sku="ProvisionedManaged", capacity=90),
            accounts=("other",),
        )
        await reconcile(others, SimulatedArm(world))
        arm = SimulatedArm(world, fault=fault)
        plan = await plan_of(fleet(desired("chat", **wanted)), arm)  # type: ignore[arg-type]  # the builder's own
        report = await apply(plan, arm, VirtualClock(), Silence(), facts=arm)
        return report.items[0]

    return run(scenario())


def told(item: ItemReport) -> tuple[str, str]:
    assert item.outcome is Outcome.FAILED
    assert item.fault is not None
    return item.note, item.fault.fix


KEPT = (
    f"soft-deleted accounts keep their quota until they are purged: gone; to purge: {GONE.command('purge')}"
)


@pytest.mark.parametrize("code", ["InsufficientQuota", "715-123420"])
def test_a_lack_of_quota_is_told_with_its_counter_and_with_deleted_accounts_that_hold_some(code: str) -> None:
    note, fix = told(refused(code, capacity=11))
    assert note == f"used now: {POOL} 90 of 100, and 11 more were asked for; {KEPT}"
    assert "quota" in fix


@pytest.mark.parametrize("capacity", [1, 10])
def test_where_there_is_room_quota_is_not_blamed(capacity: int) -> None:
    note, fix = told(refused("715-123420", capacity=capacity))
    assert note.startswith(f"used now: {POOL} 90 of 100, and {capacity} more w")
    assert "soft-deleted" not in note
    assert "open a support request" in fix
    assert "Quota is not what it lacks" in fix
    _, fix = told(refused("InsufficientQuota", limit=ROOMY, capacity=capacity))
    assert "run apply again" in fix


def test_a_provisioned_model_draws_on_the_counter_of_all() -> None:
    note, _ = told(refused("InsufficientQuota", sku="ProvisionedManaged", capacity=50))
    assert note.startswith(f"used now: {PTU} 90 of 100, and 50 more were asked for;")


def test_what_cannot_be_read_is_left_out_and_other_refusals_ask_nothing() -> None:
    assert told(refused("715-123420", blind=True))[0] == ""
    assert told(refused("InvalidCapacity"))[0] == ""


def test_an_increase_asks_for_its_difference() -> None:
    async def scenario() -> ItemReport:
        world = World(accounts={account(): REGION}, limits={POOL: TIGHT})
        await reconcile(fleet(desired("chat", capacity=90)), SimulatedArm(world))

        def fault(exchange: Exchange, phase: str) -> None:
            if exchange.verb == "PUT" and phase == "before":
                raise InvalidRequest("no", operation="write", target="", status=400, code="715-123420")

        arm = SimulatedArm(world, fault=fault)
        plan = await plan_of(fleet(desired("chat", capacity=95)), arm)
        return (await apply(plan, arm, VirtualClock(), Silence(), facts=arm)).items[0]

    assert told(run(scenario()))[0] == f"used now: {POOL} 90 of 100, and 5 more were asked for"

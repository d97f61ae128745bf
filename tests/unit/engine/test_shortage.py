"""What is told beside a refusal for want of quota: the counters, and the deleted accounts that hold some."""

import pytest

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import QuotaPool
from reconciler.engine.apply import apply
from reconciler.engine.outcome import ItemReport, Outcome, Silence
from reconciler.errors import Forbidden, InvalidRequest
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import plan_of
from tests.simulated.time import VirtualClock, run

GONE = AccountId(subscription=account().subscription, resource_group="rg", name="gone")


class Facts:
    """Counters and deleted accounts; `blind`: neither may be read."""

    def __init__(self, *, blind: bool = False) -> None:
        self.blind = blind

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        del subscription, region
        if self.blind:
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")
        names = ("OpenAI.GlobalStandard.gpt-x", "OpenAI.GlobalStandard.other", "OpenAI.ProvisionedManaged")
        return tuple(QuotaPool(name=name, label=name, used=90, limit=100) for name in names)

    async def list_deleted_accounts(self, subscription: str) -> tuple[DeletedAccount, ...]:
        del subscription
        elsewhere = DeletedAccount(id=account("far"), region=Region("westus"))
        return (DeletedAccount(id=GONE, region=REGION), elsewhere)


def refused(code: str, facts: Facts, **wanted: object) -> ItemReport:
    def fault(exchange: Exchange, phase: str) -> None:
        if exchange.verb == "PUT" and phase == "before":
            raise InvalidRequest("An error occurred.", operation="write", target="", status=400, code=code)

    async def scenario() -> ItemReport:
        arm = SimulatedArm(World(accounts={account(): REGION}), fault=fault)
        plan = await plan_of(fleet(desired("chat", **wanted)), arm)  # type: ignore[arg-type]  # the builder's own
        report = await apply(plan, arm, VirtualClock(), Silence(), facts=facts)
        return report.items[0]

    return run(scenario())


@pytest.mark.parametrize("code", ["InsufficientQuota", "715-123420"])
def test_a_lack_of_quota_is_told_with_its_counter_and_with_deleted_accounts_that_hold_some(code: str) -> None:
    item = refused(code, Facts())
    assert item.outcome is Outcome.FAILED
    assert item.note == (
        "used now: OpenAI.GlobalStandard.gpt-x 90 of 100; "
        "soft-deleted accounts keep their quota until they are purged: gone"
    )


def test_a_provisioned_model_draws_on_the_counter_of_all() -> None:
    item = refused("InsufficientQuota", Facts(), sku="ProvisionedManaged", capacity=50)
    assert item.note.startswith("used now: OpenAI.ProvisionedManaged 90 of 100;")


def test_what_cannot_be_read_is_left_out_and_other_refusals_ask_nothing() -> None:
    assert refused("715-123420", Facts(blind=True)).note.startswith("soft-deleted accounts")
    assert refused("InvalidCapacity", Facts()).note == ""

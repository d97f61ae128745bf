"""After a refusal over a property, the names that were sent are looked up before anything is blamed."""

from typing import Any

import pytest

from reconciler.engine.apply import apply
from reconciler.engine.fixes import fix_for
from reconciler.engine.outcome import ItemReport, Silence
from reconciler.errors import Forbidden, InvalidRequest
from tests.simulated.arm import Exchange, SimulatedArm, World
from tests.simulated.fleets import REGION, account, desired, fleet
from tests.simulated.reconcile import plan_of, reconcile
from tests.simulated.time import VirtualClock, run

CODE = "InvalidResourceProperties"
SKU = "The specified SKU 'Standard' of account deployment is not supported by the model"
NAME = "The spillover deployment of account deployment cannot be found."


def refused(
    settings: dict[str, Any], *, message: str = SKU, code: str = CODE, blind: bool = False
) -> ItemReport:
    """ARM refuses `chat`, in an account that has the deployment `paygo` and the content filter `strict`."""
    world = World(accounts={account(): REGION}, policies=("Microsoft.Default", "strict"))
    written = False

    def fault(exchange: Exchange, phase: str) -> None:
        nonlocal written
        if exchange.verb == "PUT" and phase == "before":
            written = True
            raise InvalidRequest(message, operation="write", target="", status=400, code=code)
        if written and blind:
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")

    async def scenario() -> ItemReport:
        await reconcile(fleet(desired("paygo")), SimulatedArm(world))
        arm = SimulatedArm(world, fault=fault)
        plan = await plan_of(fleet(desired("chat", settings=settings), desired("paygo")), arm)
        return (await apply(plan, arm, VirtualClock(), Silence(), facts=arm)).items[0]

    return run(scenario())


MISSING: list[tuple[dict[str, Any], str]] = [
    ({"raiPolicyName": "lenient"}, "raiPolicyName: lenient"),
    ({"spilloverDeploymentName": "nobody"}, "spilloverDeploymentName: nobody"),
    ({"parentDeploymentName": "nobody"}, "parentDeploymentName: nobody"),
    (
        {"raiPolicyName": "lenient", "spilloverDeploymentName": "paygo", "parentDeploymentName": "nobody"},
        "raiPolicyName: lenient, parentDeploymentName: nobody",
    ),
]


@pytest.mark.parametrize("message", [SKU, NAME])
@pytest.mark.parametrize(("settings", "missing"), MISSING)
def test_a_name_that_leads_nowhere_is_told_whatever_arm_says(
    settings: dict[str, Any], missing: str, message: str
) -> None:
    item = refused(settings, message=message)
    assert item.note == f"looked up: alpha does not have {missing}"
    assert item.fault is not None
    assert item.fault.fix.startswith("make it in that account first, or correct the name")


def test_names_that_are_there_are_not_blamed() -> None:
    settings = {"raiPolicyName": "STRICT", "spilloverDeploymentName": "Paygo"}
    item = refused(settings)
    assert item.fault is not None
    assert (item.note, item.fault.fix) == ("looked up: alpha has STRICT, Paygo", fix_for(CODE, SKU))
    item = refused(settings, message=NAME)
    assert item.fault is not None
    assert item.fault.fix == "what it names is there by now: run apply again"


@pytest.mark.parametrize(
    ("settings", "code", "blind"),
    [
        ({}, CODE, False),
        ({"raiPolicyName": "Microsoft.Default"}, CODE, False),
        ({"spilloverDeploymentName": "nobody"}, "InvalidCapacity", False),
        ({"spilloverDeploymentName": "nobody", "raiPolicyName": "strict"}, CODE, True),
    ],
    ids=["it names nothing", "a filter of every account", "another refusal", "nothing can be read"],
)
def test_where_nothing_can_be_told_nothing_is(settings: dict[str, Any], code: str, blind: bool) -> None:
    item = refused(settings, code=code, blind=blind)
    assert item.fault is not None
    assert (item.note, item.fault.fix) == ("", fix_for(code, SKU))

"""One run of the product against a world, as a process would do it, in virtual time."""

from reconciler.domain.fleet import DesiredState
from reconciler.engine.apply import Stop, apply
from reconciler.engine.observe import observe
from reconciler.engine.outcome import ApplyReport, Listener, Silence
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.engine.ports import Arm
from reconciler.plan.allowances import Policy
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Plan
from tests.simulated.time import VirtualClock

PERMISSIVE = Policy(max_deletes=100, allow_empty=True)


async def plan_of(desired: DesiredState, arm: Arm, policy: Policy = PERMISSIVE) -> Plan:
    return make_plan(desired, await observe(desired.accounts, arm), policy=policy)


async def reconcile(
    desired: DesiredState,
    arm: Arm,
    *,
    policy: Policy = PERMISSIVE,
    pace: Pace = DEFAULT_PACE,
    stop: Stop | None = None,
    listener: Listener | None = None,
) -> ApplyReport:
    """Observe, plan, apply; jitter is left out so that runs repeat."""
    plan = await plan_of(desired, arm, policy)
    return await apply(
        plan,
        arm,
        VirtualClock(),
        listener or Silence(),
        pace=pace,
        stop=stop,
        jitter=lambda: 0.0,
    )

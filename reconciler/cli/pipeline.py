"""From a loaded fleet to a plan: the part that `plan`, `apply` and `drift` share."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cli.options import Connection, Output
from reconciler.cli.wiring import Loaded, connect
from reconciler.domain.state import DesiredState, ObservedState
from reconciler.engine.observe import observe, observe_for_plan
from reconciler.plan.guard import Policy
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What the command line lifts beyond what the Fleet allows."""

    max_deletes: int | None = None
    allow_empty: bool = False
    take_over: bool = False
    replace_failed: bool = False


async def observe_fleet(
    desired: DesiredState, connection: Connection, output: Output, *, with_regions: bool
) -> ObservedState:
    """Read everything that the manifests are about, and nothing else."""
    async with connect(connection, output, desired) as arm:
        if with_regions:
            return await observe_for_plan(desired, arm, parallelism=connection.parallelism)
        return await observe(desired.accounts, arm, parallelism=connection.parallelism, with_regions=False)


def plan_for(loaded: Loaded, observed: ObservedState, allowances: Allowances) -> Plan:
    """The pure half: compare, guard, order."""
    policy = Policy(
        max_deletes=allowances.max_deletes,
        allow_empty=allowances.allow_empty,
        take_over=allowances.take_over,
        replace_failed=allowances.replace_failed,
    )
    return make_plan(loaded.state(), observed, policy=policy, diagnostics=loaded.diagnostics)

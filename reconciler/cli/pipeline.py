"""From a loaded fleet to what is there and to a plan: the part that several commands share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from reconciler.cli.choosing import must_hit_something
from reconciler.cli.connecting import connect
from reconciler.cli.looking import looking
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Connection, Output
from reconciler.cli.policies import with_policies
from reconciler.cli.wiring import Loaded, note, the_clock
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import ObservedState
from reconciler.plan.allowances import Policy

if TYPE_CHECKING:
    from reconciler.arm.client import ArmClient
    from reconciler.plan.plan import Plan, PoolForecast

_PLANNING: Final = (
    "plan.actions",
    "plan.plan",
    "plan.body",
    "plan.pools",
    "plan.compare",
    "plan.make",
    "report.plan",
)
WRITING: Final = ("cli.journal", "engine.writer", "engine.apply", "report.apply")
"""Modules that an apply needs beside those of a plan."""

_BETWEEN_IMPORTS: Final = 0.005
"""Seconds in which a request goes out, or an answer that is there is taken."""


async def read_accounts(
    desired: DesiredState,
    arm: ArmClient,
    connection: Connection,
    output: Output,
    *,
    with_regions: bool = True,
) -> ObservedState:
    """What is in the accounts that the manifests are about, telling how far that is."""
    from reconciler.engine.observe import observe

    with looking(output, len(desired.accounts)) as on_read:
        return await observe(
            desired.accounts,
            arm,
            parallelism=connection.parallelism,
            with_regions=with_regions,
            on_read=on_read,
        )


def observed_fleet(
    desired: DesiredState, connection: Connection, output: Output, *, with_regions: bool
) -> ObservedState:
    """Read everything that the manifests are about, and nothing else."""

    async def observed() -> ObservedState:
        async with connect(connection, output, desired, keep_state=with_regions) as arm:
            if with_regions:
                return await look(desired, arm, connection, output)
            return await read_accounts(desired, arm, connection, output, with_regions=False)

    return run_reading(connection.timeout, observed)


async def look(
    desired: DesiredState,
    arm: ArmClient,
    connection: Connection,
    output: Output,
    *,
    every_region: bool = True,
    ahead: Sequence[str] = (),
) -> ObservedState:
    """Read all that a plan needs, and tell how far that is where it takes long.

    Without `every_region`, quotas and offers only where the plan will ask for them. What planning needs, and
    the modules `ahead`, are imported while ARM has to be waited for.
    """
    import asyncio

    from reconciler.engine.observe import observe_for_plan
    from reconciler.engine.platform import with_expiries

    importing = asyncio.ensure_future(_imported((*_PLANNING, *ahead)))
    try:
        with looking(output, len(desired.accounts)) as on_read:
            observed = await observe_for_plan(
                desired,
                arm,
                parallelism=connection.parallelism,
                every_region=every_region,
                on_read=on_read,
            )
    finally:
        importing.cancel()
    parallelism = connection.parallelism
    return await with_expiries(desired, observed, arm, now=moment_of(arm), parallelism=parallelism)


async def _imported(modules: Sequence[str]) -> None:
    import asyncio

    for name in modules:
        await asyncio.sleep(_BETWEEN_IMPORTS)
        with suppress(ImportError):  # whoever needs it will say so
            import_module(f"reconciler.{name}")


async def plan_fleet(
    loaded: Loaded,
    connection: Connection,
    output: Output,
    policy: Policy,
    *,
    ask_arm: bool,
    with_cost: bool = False,
    check_capacity: bool = False,
    check_policies: bool = False,
) -> tuple[Plan, ObservedState]:
    """Observe and plan; with `ask_arm` once more, knowing what ARM's own validation says of the writes."""
    desired = loaded.state()
    async with connect(connection, output, desired, may_validate=ask_arm or check_policies) as arm:
        observed = await look(desired, arm, connection, output, every_region=False)
        must_hit_something(desired, observed)
        with looking(output, 0, "planning"):
            plan, observed = await plan_with(arm, loaded, observed, policy, with_cost=with_cost)
        if ask_arm:
            from reconciler.engine.second_opinion import with_opinions

            observed = await with_opinions(plan, observed, arm, parallelism=connection.parallelism)
            plan = plan_for(loaded, observed, policy, with_cost=with_cost)
        if check_policies:
            from reconciler.engine.second_opinion import UNSEEN, with_policy_verdicts

            observed = await with_policy_verdicts(plan, observed, arm, parallelism=connection.parallelism)
            plan = plan_for(loaded, observed, policy, with_cost=with_cost)
            note(output, f"note: {UNSEEN}")
        if check_capacity:
            from reconciler.engine.platform import ask_capacities
            from reconciler.plan.capacity import checked, demands

            wanted = tuple(demands(plan))
            questions = [item.question for item in wanted if item.question is not None]
            answers = await ask_capacities(questions, arm, parallelism=connection.parallelism)
            plan = replace(plan, capacity=checked(wanted, answers, stamp_of(arm)))
        return plan, observed


async def plan_with(
    arm: ArmClient, loaded: Loaded, observed: ObservedState, policy: Policy, *, with_cost: bool = False
) -> tuple[Plan, ObservedState]:
    """The plan; where quota that nobody here holds stands in its way, ARM is asked for deleted accounts."""
    from reconciler.plan.plan import Verdict

    plan = plan_for(loaded, observed, policy, with_cost=with_cost)
    known = await with_suspects(
        arm, observed, [item for item in plan.quota if item.verdict is Verdict.EXCEEDS]
    )
    if known is not observed:
        plan = plan_for(loaded, known, policy, with_cost=with_cost)
    return plan, known


async def with_suspects(
    arm: ArmClient, observed: ObservedState, pools: Iterable[PoolForecast]
) -> ObservedState:
    """`observed` with the soft-deleted accounts of the subscriptions where others hold some of `pools`."""
    from reconciler.engine.platform import with_deleted

    subscriptions = {pool.scope.partition("/")[0] for pool in pools if pool.elsewhere}
    return await with_deleted(observed, subscriptions, arm) if subscriptions else observed


def moment_of(arm: ArmClient) -> datetime:
    """Now by ARM's clock, by our own where it has not answered yet."""
    return arm.server_time or the_clock().now()


def stamp_of(arm: ArmClient) -> str:
    """The same to the second, as answers of ARM are dated."""
    return moment_of(arm).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan_for(loaded: Loaded, observed: ObservedState, policy: Policy, *, with_cost: bool = False) -> Plan:
    """The pure half: compare, guard, order. `policy` is what the command line lifts beyond the Fleet.

    Prices are looked up for who asked, and where a guard needs them.
    """
    from reconciler.plan.make import make_plan

    desired = loaded.state()
    policy = replace(policy, today=the_clock().now().date())
    plan = make_plan(desired, observed, policy=policy, diagnostics=loaded.diagnostics)
    plan = with_policies(plan, loaded, observed)
    guarded = desired.fleet.guards.max_monthly_increase, policy.max_monthly_increase
    if not with_cost and guarded == (None, None):
        return plan
    from reconciler.cli.knowledge import prices
    from reconciler.plan.cost import priced

    book = prices(desired.fleet.costs)
    counted = priced(plan, desired.fleet, book, the_clock().now().date(), policy)
    return counted if with_cost else replace(counted, cost=None)

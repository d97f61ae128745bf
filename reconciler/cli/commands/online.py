"""`reconciler show` and `quota`: the deployments that are there, and the pools before and after the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.commands import pages
from reconciler.cli.commands.shared import style_of, valid_fleet, write_forms
from reconciler.cli.connecting import connect
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import prices
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.pipeline import look, observed_fleet, plan_for, with_suspects
from reconciler.cli.policies import beside, of_existing
from reconciler.cli.wiring import the_clock
from reconciler.diagnostics import has_errors
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import Listed, ObservedState
from reconciler.plan.allowances import Policy

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan, PoolForecast
    from reconciler.prices.bill import Cost


def show(*, chosen: Chosen, connection: Connection, output: Output, with_cost: bool) -> Exit:
    """List what is there, declared or not."""
    from reconciler.report import cost as cost_report
    from reconciler.report import show as show_report

    loaded = valid_fleet(chosen, connection.cloud, output, quietly=True)
    observed = observed_fleet(loaded.state(), connection, output, with_regions=False)
    cost = _cost(loaded.state(), observed) if with_cost else None
    broken = of_existing(loaded, observed) if chosen.policies else ()

    def text(each: Output) -> str:
        style = style_of(each)
        parts = [show_report.render_text(observed, style=style)]
        parts += [cost_report.render_text(cost, style=style, verbose=each.verbose)] if cost else []
        return "\n".join(parts)

    def markdown(_: Output) -> str:
        parts = [show_report.render_markdown(observed)]
        parts += [cost_report.render_markdown(cost)] if cost else []
        return "\n".join(parts)

    write_forms(
        output,
        of=(show_report, observed),
        beside=lambda page, each: beside(page, broken, loaded, each) if chosen.policies else page,
        text=text,
        json=lambda _: show_report.document(observed, cost).to_json(),
        markdown=markdown,
        html=lambda each: pages.show_html(loaded, observed, cost, each, policies=broken),
    )
    complete = all(isinstance(reading, Listed) for reading in observed.readings.values())
    return Exit.DONE if complete and not has_errors(broken) else Exit.FAILED


def _cost(desired: DesiredState, observed: ObservedState) -> Cost:
    """What everything that is there costs; the workloads are those of the manifests."""
    from reconciler.prices.bill import Cost, bill
    from reconciler.prices.deployed import deployed_now

    loads = {deployment.id: deployment.workload for deployment in desired.deployments}
    deployed = [
        deployed_now(deployment, reading.account.region, loads.get(deployment.id))
        for deployment, reading in observed.existing
    ]
    costs = desired.fleet.costs
    return Cost(costs=costs, after=bill(deployed, costs, prices(costs), the_clock().now().date()))


def quota(*, chosen: Chosen, connection: Connection, output: Output) -> Exit:
    """List the pools of the declared regions, and who holds them."""
    from reconciler.plan.plan import Verdict
    from reconciler.plan.quota import holdings
    from reconciler.report import quota as quota_report

    loaded = valid_fleet(chosen, connection.cloud, output)
    desired = loaded.state()

    async def reading() -> tuple[Plan, tuple[PoolForecast, ...]]:
        """The plan, and every pool with who holds it after the plan, soft-deleted accounts included."""
        async with connect(connection, output, desired) as arm:
            observed = await look(desired, arm, connection, output)
            plan = plan_for(loaded, observed, Policy())
            known = await with_suspects(arm, observed, holdings(plan.steps, observed))
            return plan, holdings(plan.steps, known)

    plan, pools = run_reading(connection.timeout, reading)
    alias_of = desired.fleet.alias_of
    write_forms(
        output,
        of=(quota_report, pools),
        text=lambda each: quota_report.render_text(pools, style=style_of(each), alias_of=alias_of),
        json=lambda _: quota_report.document(pools).to_json(),
        markdown=lambda _: quota_report.render_markdown(pools, alias_of=alias_of),
        html=lambda each: pages.quota_html(pools, loaded, each, complete=plan.complete),
    )
    full = any(pool.verdict is Verdict.EXCEEDS for pool in pools)
    return Exit.DONE if plan.complete and not full else Exit.FAILED

"""The whole pure pipeline: compare, schedule, forecast, guard, and one value out of them."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import ObservedState
from reconciler.plan import quota
from reconciler.plan.actions import Action
from reconciler.plan.allowances import Policy
from reconciler.plan.capacity import given_back
from reconciler.plan.compare import compare
from reconciler.plan.dependants import with_needed, without_refused
from reconciler.plan.guard import count_owned, guard
from reconciler.plan.order import schedule
from reconciler.plan.plan import Plan, Step
from reconciler.plan.pools import Pools
from reconciler.plan.terms import unmatched_globs, unread_accounts


def make_plan(
    desired: DesiredState, observed: ObservedState, *, policy: Policy, diagnostics: Sequence[Diagnostic] = ()
) -> Plan:
    """Everything that would be done, in order, and everything that speaks against it."""
    desired = with_needed(desired, observed)
    declared = desired.deployments
    actions = compare(
        desired,
        observed,
        take_over=policy.take_over,
        replace_failed=policy.replace_failed,
        renew_marks=policy.renew_marks,
        recreate_expired=policy.recreate_expired,
        today=policy.today,
    )
    steps, outlook = _weighed(actions, observed)
    while policy.skip_refused and outlook.refusals:
        actions = without_refused(actions, outlook.refusals, observed)
        steps, outlook = _weighed(actions, observed)
    return Plan(
        fleet=desired.fleet.name,
        mark=desired.fleet.mark,
        cloud=desired.fleet.cloud,
        steps=steps,
        quota=outlook.forecasts,
        refusals=(*guard(actions, desired, observed, policy), *outlook.refusals),
        diagnostics=tuple(diagnostics),
        unread=unread_accounts(desired, observed),
        notices=(*unmatched_globs(desired, observed), *given_back(actions)),
        manifest_digest=desired.manifest_digest,
        left_out=len(desired.scope.left_out.union(d.id for d in declared if not desired.covers(d.id))),
        owned=count_owned(desired, observed),
        part=desired.part,
    )


def _weighed(actions: Sequence[Action], observed: ObservedState) -> tuple[tuple[Step, ...], quota.Outlook]:
    """The steps in order, and what they do to the quota pools."""
    pools = Pools(observed)
    steps = schedule(actions, pools)
    return steps, quota.outlook(steps, pools)

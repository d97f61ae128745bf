"""Guards: rules that can stop a whole plan. All refusals at once, each naming what lifts it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.diagnostics import Diagnostic, Severity, counted, listing
from reconciler.domain.fleet import DesiredState
from reconciler.domain.marks import owner_of
from reconciler.domain.shard import Shard
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import ObservedState
from reconciler.plan.actions import Action, Blocked, Delete, Keep, Replace, Wait
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.plan import Plan, Refusal
from reconciler.plan.pools import PoolKey, Pools

# Without a word in the Fleet: this many deletes, or this share of what is ours, whichever is smaller.
_DEFAULT_DELETES = 5
_DEFAULT_PERCENT = 20.0


def guard(
    actions: Sequence[Action], desired: DesiredState, observed: ObservedState, policy: Policy
) -> tuple[Refusal, ...]:
    """Every refusal of every guard."""
    owned = count_owned(desired, observed)
    return (
        *_empty(actions, desired, owned, policy),
        *_deletes(actions, desired, owned, policy),
        *_reductions(actions, desired, observed),
    )


def count_owned(desired: DesiredState, observed: ObservedState) -> int:
    """How many of the observed deployments carry the fleet's mark."""
    return sum(owner_of(existing) == desired.fleet.mark for existing, _ in observed.existing)


def _empty(actions: Sequence[Action], desired: DesiredState, owned: int, policy: Policy) -> Iterator[Refusal]:
    if policy.allow_empty or desired.declares_deployments or desired.scope.left_out:
        return
    going = sum(1 for action in actions if isinstance(action, Delete))
    if owned:
        found = f"the manifests declare no deployment, and {owned} carry the mark of {desired.fleet.name}"
    elif going:
        found = f"the manifests declare no deployment, and {going} would be deleted"
    elif not desired.declares_accounts:
        found = "the manifests declare nothing at all; a wrong path looks just like this"
    else:
        return
    yield Refusal(
        code="empty-fleet",
        message=f"{found}. Empty does not mean that everything is to go",
        fix="--allow-empty, if it does",
    )


def _deletes(
    actions: Sequence[Action], desired: DesiredState, owned: int, policy: Policy
) -> Iterator[Refusal]:
    # A delete that is going on already was decided on before.
    going = tuple(
        action.id
        for action in actions
        if isinstance(action, Replace) or (isinstance(action, Delete) and not action.observed.deleting)
    )
    fix, shard = f"--max-deletes {len(going)}", desired.part.shard if desired.part else None
    if shard is not None and shard.count == 1:
        shard = None
    if shard is not None and policy.in_shard is Alone.LATER:
        return
    allowed, rule = _allowed_deletes(desired, owned, policy, shard)
    if shard is not None:
        fix += f" for shard {shard} alone; or apply without --shard, under the limit of the whole fleet"
    if len(going) <= allowed:
        return
    names = listing([f"{item.account.name}/{item.name}" for item in going])
    yield Refusal(
        code="max-deletes",
        message=(
            f"{counted(len(going), 'deployment')} would be deleted or replaced ({names}); "
            f"{counted(allowed, 'is')} allowed by {rule}"
        ),
        fix=fix,
    )


def _allowed_deletes(
    desired: DesiredState, owned: int, policy: Policy, shard: Shard | None
) -> tuple[int, str]:
    """How many may be deleted, and by which rule.

    A shard does not know the others: their shares add up to the fleet's limit at most. A percentage is taken
    of what the shard owns, and never rounded up to one.
    """
    if policy.max_deletes is not None:
        alone = "" if shard is None else ", for this shard"
        return policy.max_deletes, f"--max-deletes {policy.max_deletes}{alone}"
    count, percent = desired.fleet.guards.max_deletes, desired.fleet.guards.max_delete_percent
    usual = count is None and percent is None
    if usual:
        count, percent = _DEFAULT_DELETES, _DEFAULT_PERCENT
    limits: list[tuple[int, str]] = []
    if count is not None and shard is not None:
        limits.append((shard.share_of(count), f"shard {shard}'s share of the {count} that the fleet allows"))
    elif count is not None:
        limits.append((count, f"the Fleet's guards.maxDeletes: {count}"))
    if percent is not None and shard is not None:
        text = f"{percent:g} % of the {owned} that shard {shard} owns"
        limits.append((int(owned * percent / 100), text))
    elif percent is not None:
        share = max(1, int(owned * percent / 100))
        limits.append((share, f"the Fleet's guards.maxDeletePercent: {percent:g} % of {owned} owned"))
    allowed, rule = min(limits)
    if usual and shard is None:
        rule = f"default: the smaller of {_DEFAULT_DELETES} and {_DEFAULT_PERCENT:.0f} % of {owned} owned"
    return allowed, rule


def _reductions(
    actions: Sequence[Action], desired: DesiredState, observed: ObservedState
) -> Iterator[Refusal]:
    """PTUs that are given back may not be had again: a large share of a pool wants a second look.

    What moves inside a pool is not given back.
    """
    percent = desired.fleet.guards.max_capacity_reduction_percent
    if percent is None:
        return
    pools = Pools(observed)
    held: dict[PoolKey, int] = defaultdict(int)
    for existing, reading in observed.existing:
        if owner_of(existing) != desired.fleet.mark:
            continue
        draw = pools.draw_of(existing, reading.account.region)
        if draw is not None and existing.sku is not None and existing.sku.family is SkuFamily.PROVISIONED:
            held[draw.pool] += draw.amount
    freed: dict[PoolKey, int] = defaultdict(int)
    names: dict[PoolKey, str] = {}
    for action in actions:
        if not isinstance(action, Keep | Blocked | Wait):
            for move in pools.movements(action):
                freed[move.pool] += move.release - move.take
                names[move.pool] = move.label
    for pool in sorted(held):
        share = 100 * freed[pool] / held[pool] if held[pool] else 0.0
        if share > percent:
            yield Refusal(
                code="max-capacity-reduction",
                message=(
                    f"{freed[pool]} of {held[pool]} PTU of {names[pool]} in "
                    f"{pool.subscription}/{pool.region} would be given back, {share:.0f} %; "
                    f"the Fleet's guards.maxCapacityReductionPercent allows {percent:g} %"
                ),
                fix=f"guards: {{maxCapacityReductionPercent: {math.ceil(share)}}} in the Fleet",
            )


def judged_by_policies(plan: Plan, found: Sequence[Diagnostic]) -> Plan:
    """The plan with what policies find in what it would leave behind: refused for errors, one refusal a rule.

    Errors are diagnostics, milder findings notices.
    """
    errors = [item for item in found if item.severity is Severity.ERROR]
    by_rule: dict[str, list[Diagnostic]] = defaultdict(list)
    for error in errors:
        by_rule[error.code].append(error)
    broken = []
    for code, (first, *others) in sorted(by_rule.items()):
        more = f" (and {counted(len(others), 'more finding')})" if others else ""
        broken.append(Refusal(code="policy", message=f"{code}: {first.message}{more}", fix=first.fix))
    return replace(
        plan,
        diagnostics=(*plan.diagnostics, *errors),
        notices=(*plan.notices, *(item for item in found if item.severity is not Severity.ERROR)),
        refusals=(*plan.refusals, *broken),
    )

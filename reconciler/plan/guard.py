"""Guards: rules that can stop a whole plan. All refusals at once, each naming what lifts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.domain.deployment import Unset
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import DesiredState, Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import Action, Delete, Replace, Update
from reconciler.plan.body import FLEET_TAG
from reconciler.plan.plan import Refusal

# Without a word in the Fleet: this many deletes, or this share of what is ours, whichever is smaller.
_DEFAULT_DELETES = 5
_DEFAULT_PERCENT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the command line lifts; None and False lift nothing."""

    max_deletes: int | None = None
    allow_empty: bool = False
    take_over: bool = False
    replace_failed: bool = False


def guard(
    actions: Sequence[Action], desired: DesiredState, observed: ObservedState, policy: Policy
) -> tuple[Refusal, ...]:
    """Every refusal of every guard."""
    owned = tuple(_owned(desired, observed))
    return (
        *_empty(desired, owned, policy),
        *_deletes(actions, desired, owned, policy),
        *_reductions(actions, desired, owned),
    )


def _owned(desired: DesiredState, observed: ObservedState) -> Iterator[ObservedDeployment]:
    mark = desired.fleet.name
    for reading in observed.readings.values():
        if isinstance(reading, Listed):
            for there in reading.deployments:
                if any(k.lower() == FLEET_TAG and v == mark for k, v in there.tags.items()):
                    yield there


def _empty(desired: DesiredState, owned: tuple[ObservedDeployment, ...], policy: Policy) -> Iterator[Refusal]:
    if policy.allow_empty or desired.deployments or desired.scope.left_out:
        return
    if owned:
        found = (
            f"the manifests declare no deployment, and {len(owned)} carry the mark of {desired.fleet.name}"
        )
    elif not desired.accounts:
        found = "the manifests declare nothing at all; a wrong path looks just like this"
    else:
        return
    yield Refusal(
        code="empty-fleet",
        message=f"{found}. Empty does not mean that everything is to go",
        lift="--allow-empty, if it does",
    )


def _deletes(
    actions: Sequence[Action],
    desired: DesiredState,
    owned: tuple[ObservedDeployment, ...],
    policy: Policy,
) -> Iterator[Refusal]:
    going = [action for action in actions if isinstance(action, Delete | Replace)]
    allowed, rule = _allowed_deletes(desired, len(owned), policy)
    if len(going) <= allowed:
        return
    names = ", ".join(f"{action.id.account.name}/{action.id.name}" for action in going)
    yield Refusal(
        code="max-deletes",
        message=(
            f"{len(going)} deployments would be deleted or replaced ({names}); {allowed} "
            f"are allowed by {rule}"
        ),
        lift=f"--max-deletes {len(going)}",
    )


def _allowed_deletes(desired: DesiredState, owned: int, policy: Policy) -> tuple[int, str]:
    guards = desired.fleet.guards
    if policy.max_deletes is not None:
        return policy.max_deletes, f"--max-deletes {policy.max_deletes}"
    count, percent = guards.max_deletes, guards.max_delete_percent
    if count is None and percent is None:
        share = max(1, int(owned * _DEFAULT_PERCENT / 100))
        rule = f"default: the smaller of {_DEFAULT_DELETES} and {_DEFAULT_PERCENT:.0f} % of {owned} owned"
        return min(_DEFAULT_DELETES, share), rule
    limits: list[tuple[int, str]] = []
    if count is not None:
        limits.append((count, f"the Fleet's guards.maxDeletes: {count}"))
    if percent is not None:
        share = max(1, int(owned * percent / 100))
        limits.append((share, f"the Fleet's guards.maxDeletePercent: {percent:g} of {owned} owned"))
    return min(limits)


def _reductions(
    actions: Sequence[Action], desired: DesiredState, owned: tuple[ObservedDeployment, ...]
) -> Iterator[Refusal]:
    """PTUs that are given back may not be had again: a large share at once wants a second look."""
    percent = desired.fleet.guards.max_capacity_reduction_percent
    if percent is None:
        return
    regions = {action.id: action.region for action in actions}
    held: dict[tuple[str, str, str], int] = defaultdict(int)
    freed: dict[tuple[str, str, str], int] = defaultdict(int)
    for there in owned:
        if there.sku is not None and there.sku.family is SkuFamily.PROVISIONED:
            held[_ptu_pool(there, str(regions.get(there.id)))] += there.capacity or 0
    for action in actions:
        if not isinstance(action, Delete | Replace | Update):
            continue
        there = action.observed
        if there.sku is None or there.sku.family is not SkuFamily.PROVISIONED:
            continue
        freed[_ptu_pool(there, str(action.region))] += _freed(action)
    for pool in sorted(freed):
        share = 100 * freed[pool] / held[pool] if held[pool] else 0.0
        if share > percent:
            _, region, sku = pool
            yield Refusal(
                code="max-capacity-reduction",
                message=(
                    f"{freed[pool]} of {held[pool]} PTU of {sku} in {region} would be given back, "
                    f"{share:.0f} %; the Fleet's guards.maxCapacityReductionPercent is {percent:g}"
                ),
                lift=f"guards: {{maxCapacityReductionPercent: {share:.0f}}} in the Fleet",
            )


def _ptu_pool(there: ObservedDeployment, region: str) -> tuple[str, str, str]:
    return (there.id.account.subscription.lower(), region, there.sku.name if there.sku else "")


def _freed(action: Delete | Replace | Update) -> int:
    before = action.observed.capacity or 0
    if isinstance(action, Delete):
        return before
    sku = action.desired.spec.sku
    if sku.name != action.observed.sku or isinstance(sku.capacity, Unset):
        return before if isinstance(action, Replace) else 0
    return max(0, before - sku.capacity.amount)

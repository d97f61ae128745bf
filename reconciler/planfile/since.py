"""Drift since a saved plan: only what has moved in ARM after that plan saw it.

A deployment has moved when it is there and was not, is not there and was, or when neither its etag nor the
fingerprint of what would be done about it is the one in the plan file. ARM gives a new etag at every write
and keeps it at reads; the fingerprint, over everything writable, stands in where ARM told no etag.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import Listed, ObservedState
from reconciler.errors import UsageProblem
from reconciler.plan.compare import compare
from reconciler.plan.drift import DriftReport, moved_unnoticed
from reconciler.plan.plan import fingerprint
from reconciler.planfile.saved import SavedPlan


def must_be_of(saved: SavedPlan, desired: DesiredState) -> None:
    """Raise UsageProblem where the plan is of another fleet or cloud; the manifests may have changed."""
    for what, then, now in (
        ("fleet", saved.fleet, desired.fleet.name),
        ("cloud", saved.cloud, desired.fleet.cloud),
    ):
        if then.lower() != now.lower():
            raise UsageProblem(
                f"the saved plan is of the {what} {then!r} and the manifests are of {now!r}: what it saw "
                "says nothing about this one. Name one that `reconciler plan --out` made of these manifests"
            )


def since_plan(
    report: DriftReport, saved: SavedPlan, desired: DesiredState, observed: ObservedState
) -> DriftReport:
    """`report` with only what has moved since `saved`, also where no field that a manifest states has.

    What the plan meant to write and is as declared now has been applied: it has moved, and is no drift. An
    account that the plan could not read has no base, so everything in it is kept.
    """
    now = {
        there.id: there
        for reading in observed.readings.values()
        if isinstance(reading, Listed)
        for there in reading.deployments
    }
    prints = {action.id: fingerprint(action) for action in compare(desired, observed)}
    seen = _seen_accounts(saved, observed)

    def moved(one: DeploymentId) -> bool:
        then, there = saved.items.get(one), now.get(one)
        if one.account not in seen:
            return True
        if then is None:
            return there is not None
        if there is not None and then.etag is not None and then.etag == there.etag:
            return False
        if then.fingerprint == prints.get(one, ""):
            return False
        was_absent = then.etag is None and then.action in {"create", "blocked"}
        return there is not None or not was_absent

    items = [item for item in report.items if moved(item.id)]
    unnoticed = [one for one in report.synced if one.account in seen and moved(one) and not saved.writes(one)]
    items += [moved_unnoticed(now[one]) for one in unnoticed]
    return replace(
        report,
        items=tuple(sorted(items, key=lambda item: (item.id.key, item.cause))),
        synced=tuple(one for one in report.synced if one not in set(unnoticed)),
        since=saved.created_at,
        unmoved=sum(not moved(item.id) for item in report.items),
    )


def _seen_accounts(saved: SavedPlan, observed: ObservedState) -> frozenset[AccountId]:
    """The accounts that the plan had listed: all of a complete plan's, else those with more than blocks."""
    if saved.complete:
        return frozenset(observed.readings)
    return frozenset(one.account for one, item in saved.items.items() if item.action != "blocked")

"""What `guards.protect` does not do: a glob that matches nothing looks like a guard and is none.

Nothing is said of globs where this run cannot know: it looks at a part of the fleet, or an account could not
be listed to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.fleet import DesiredState, matches_any
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import Listed, ObservedState

UNMATCHED: Final = "protect-unmatched"


def unmatched_globs(desired: DesiredState, observed: ObservedState) -> tuple[Diagnostic, ...]:
    """A warning for each glob of the Fleet that matches no deployment, neither declared nor found."""
    if not _sees_the_whole_fleet(desired, observed):
        return ()
    fleet = desired.fleet
    known = [(one, fleet.alias_of(one.account.subscription)) for one in known_deployments(desired, observed)]
    return tuple(
        Diagnostic(
            code=UNMATCHED,
            severity=Severity.WARNING,
            message=(
                f"`{glob}` in guards.protect matches no deployment that is declared or was found in the "
                "fleet's accounts, so it protects nothing"
            ),
            place=fleet.place and replace(fleet.place, route=("spec", "guards", "protect", number)),
            fix=(
                "a glob is subscription-or-alias/account/deployment, or its last parts; correct it, or take "
                "it out"
            ),
        )
        for number, glob in enumerate(fleet.guards.protect)
        if not any(matches_any([glob], one, alias) for one, alias in known)
    )


def _sees_the_whole_fleet(desired: DesiredState, observed: ObservedState) -> bool:
    if desired.scope.narrowed or (desired.part is not None and desired.part.shard.count > 1):
        return False
    readings = [observed.readings.get(account.id) for account in desired.accounts]
    return bool(readings) and all(isinstance(reading, Listed) for reading in readings)


def known_deployments(desired: DesiredState, observed: ObservedState) -> Iterator[DeploymentId]:
    """Every deployment that is declared and selected, or was found; what is both comes twice."""
    yield from (one.id for one in desired.deployments)
    for reading in observed.readings.values():
        if isinstance(reading, Listed):
            yield from (one.id for one in reading.deployments)

"""The terms on which two states are compared: who we are, what is protected, what was lifted.

What the terms forbid becomes a `Blocked`, and every `Blocked` says what lifts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, Fleet, matches_any
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import Expiry, Listed, ObservedDeployment, ObservedState
from reconciler.plan.actions import Blocked, FieldChange, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the whole comparison goes by."""

    fleet: Fleet
    take_over: bool = False
    replace_failed: bool = False
    renew_marks: bool = False
    recreate_expired: bool = False
    expiries: Mapping[DeploymentId, Expiry] = field(default_factory=dict)
    today: date | None = None

    @property
    def mark(self) -> str:
        """The owner mark that is ours."""
        return self.fleet.mark

    def protects(self, deployment: DeploymentId) -> bool:
        """Whether a glob of the Fleet forbids deleting or replacing it, whatever declares it."""
        alias = self.fleet.alias_of(deployment.account.subscription)
        return matches_any(self.fleet.guards.protect, deployment, alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a write must not be sent, and what lifts that."""

    reason: Reason
    explanation: str
    fix: str


UNPROTECT = "take it out of the Fleet's guards.protect in a change of its own, apply, then try again"


def blocked(
    one: DesiredDeployment,
    reason: Reason,
    explanation: str,
    fix: str,
    *,
    region: Region | None,
    observed: ObservedDeployment | None = None,
    changes: tuple[FieldChange, ...] = (),
) -> Blocked:
    """A declared deployment for which something ought to be done and must not be."""
    return Blocked(
        id=one.id,
        region=region or one.region,
        reason=reason,
        explanation=explanation,
        fix=fix,
        changes=changes,
        desired=one,
        observed=observed,
    )


UNMATCHED: Final = "protect-unmatched"


def unmatched_globs(desired: DesiredState, observed: ObservedState) -> tuple[Diagnostic, ...]:
    """A warning for each glob of the Fleet that matches no deployment, neither declared nor found.

    Such a glob looks like a guard and is none. Nothing is said where this run cannot know: it looks at a part
    of the fleet, or an account could not be listed to its end.
    """
    readings = [observed.readings.get(account.id) for account in desired.accounts]
    if (
        not readings
        or not all(isinstance(reading, Listed) for reading in readings)
        or desired.scope.narrowed
        or (desired.part is not None and desired.part.shard.count > 1)
    ):
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


def known_deployments(desired: DesiredState, observed: ObservedState) -> Iterator[DeploymentId]:
    """Every deployment that is declared and selected, or was found; what is both comes twice."""
    yield from (one.id for one in desired.deployments)
    for reading in observed.readings.values():
        if isinstance(reading, Listed):
            yield from (one.id for one in reading.deployments)

"""The terms on which two states are compared: who we are, what is protected, what was lifted.

What the terms forbid becomes a `Blocked`, and every `Blocked` says what lifts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import Fleet, matches_any
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import Expiry, ObservedDeployment
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

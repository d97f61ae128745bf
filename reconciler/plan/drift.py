"""Drift: what differs from the manifests although nobody changed them, with a cause for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.diagnostics import Severity
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.plan.actions import FieldChange


class Cause(StrEnum):
    """Why a deployment is not as declared. `PENDING` is a manifest change not yet applied: not drift."""

    CHANGED_OUTSIDE = "changed-outside"
    AUTO_UPGRADED = "auto-upgraded"
    EXPIRED = "expired"
    RETIRED = "retired"
    DELETED_OUTSIDE = "deleted-outside"
    PENDING = "pending"
    FAILED_STATE = "failed-state"
    UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftItem:
    """One deployment's drift. `who` and `when` are systemData's lastModified half; None if unknown."""

    id: DeploymentId
    cause: Cause
    severity: Severity
    changes: tuple[FieldChange, ...] = ()
    who: str | None = None
    when: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableAccount:
    """An account about which nothing can be said."""

    id: AccountId
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """All drift found, and what could not be looked at."""

    items: tuple[DriftItem, ...]
    unreadable: tuple[UnreadableAccount, ...] = ()
    in_sync: int = 0

    @property
    def drifted(self) -> bool:
        """Whether anything is drift; pending manifest changes are not."""
        return any(item.cause is not Cause.PENDING for item in self.items)

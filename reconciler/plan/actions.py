"""What may become of one deployment: seven kinds of action, each with the reason for it.

Branch on an action's type, never on its `Reason`: reasons explain, they do not steer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.domain.deployment import DesiredDeployment, JsonObject, JsonValue
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import ObservedDeployment


class Reason(StrEnum):
    """Why an action is what it is; printed, saved, never branched on."""

    NOT_THERE = "not-there"
    MODEL_CHANGED = "model-changed"
    VERSION_CHANGED = "version-changed"
    SKU_CHANGED = "sku-changed"
    CAPACITY_CHANGED = "capacity-changed"
    SETTINGS_CHANGED = "settings-changed"
    TAGS_CHANGED = "tags-changed"
    SOURCE_CHANGED = "source-changed"
    MARK_MISSING = "mark-missing"
    MARK_OUTDATED = "mark-outdated"
    FAILED_STATE = "failed-state"
    CANCELED_STATE = "canceled-state"
    DISABLED_STATE = "disabled-state"
    NOT_DECLARED = "not-declared"
    IN_SYNC = "in-sync"
    AUTO_UPGRADED = "auto-upgraded"
    RETAINED = "retained"
    NOT_OURS = "not-ours"
    OTHER_FLEET = "other-fleet"
    REPLACE_FORBIDDEN = "replace-forbidden"
    ACCOUNT_MISSING = "account-missing"
    ACCOUNT_UNREADABLE = "account-unreadable"
    ACCOUNT_NOT_READY = "account-not-ready"
    REGION_MISMATCH = "region-mismatch"
    IN_PROGRESS = "in-progress"
    PROTECTED = "protected"
    NOT_OFFERED = "not-offered"
    POLICY_MISSING = "policy-missing"
    SOURCE_MISSING = "source-missing"
    REFUSED_BY_ARM = "refused-by-arm"
    QUOTA_EXCEEDED = "quota-exceeded"
    DEPENDENCY_BLOCKED = "dependency-blocked"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that a write changes. `path` is the manifest's dotted path; None means absent."""

    path: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """PUT a deployment that is not there. `body` is exactly what will be sent."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    desired: DesiredDeployment
    body: JsonObject
    changes: tuple[FieldChange, ...]
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change a deployment in place, by one PUT or by two where ARM refuses the changes together.

    `writes` are the exact bodies, in order. `carried` are dotted paths that the bodies repeat from
    what is there although the manifest does not state them.
    """

    id: DeploymentId
    region: Region | None
    reason: Reason
    desired: DesiredDeployment
    observed: ObservedDeployment
    writes: tuple[JsonObject, ...]
    changes: tuple[FieldChange, ...]
    carried: tuple[str, ...] = ()
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """DELETE, then PUT: the only way where ARM cannot change in place. Every guard counts it as a delete."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    desired: DesiredDeployment
    observed: ObservedDeployment
    body: JsonObject
    changes: tuple[FieldChange, ...]
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove a deployment that nobody declares any more."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    observed: ObservedDeployment
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Add our mark to a deployment that already is as declared; nothing else changes."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    desired: DesiredDeployment
    observed: ObservedDeployment
    body: JsonObject
    changes: tuple[FieldChange, ...]
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Nothing to do. `desired` is None for an undeclared deployment that we leave alone."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    desired: DesiredDeployment | None
    observed: ObservedDeployment
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Something ought to be done and must not be, or cannot be known. `fix` says what lifts it."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    explanation: str
    fix: str
    changes: tuple[FieldChange, ...] = ()
    desired: DesiredDeployment | None = None
    observed: ObservedDeployment | None = None


Action = Create | Update | Replace | Delete | Adopt | Keep | Blocked
Writing = Create | Update | Replace | Delete | Adopt

KIND: dict[type[Action], str] = {
    Create: "create",
    Update: "update",
    Replace: "replace",
    Delete: "delete",
    Adopt: "adopt",
    Keep: "none",
    Blocked: "blocked",
}


def kind_of(action: Action) -> str:
    """The action's name in plans and reports."""
    return KIND[type(action)]


def bodies_of(action: Writing) -> tuple[JsonObject, ...]:
    """The PUT bodies that carrying out `action` sends, in order; none for a delete."""
    match action:
        case Update():
            return action.writes
        case Delete():
            return ()
        case _:
            return (action.body,)


def changes_of(action: Action) -> tuple[FieldChange, ...]:
    """What `action` changes, or ought to; nothing for a deployment that goes or stays."""
    return () if isinstance(action, Keep | Delete) else action.changes

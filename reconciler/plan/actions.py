"""What may become of one deployment: a kind of action for each, with the reason for it.

Branch on an action's type, never on its `Reason`: reasons explain, they do not steer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final, Self

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
    STILL_REFERENCED = "still-referenced"
    MODEL_MIGRATION = "model-migration"
    MODEL_CHANGE_REFUSED = "model-change-refused"
    MODELS_UNREADABLE = "models-unreadable"
    NO_FLEET = "no-fleet"
    EXPIRED = "expired"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that a write changes. `path` is the manifest's dotted path; None means absent."""

    path: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """What every action has. `desired` is None for the undeclared, `observed` for what is not there.

    `writes` are the exact bodies of its PUTs, in order; none for what only deletes, waits or stays.
    """

    kind: ClassVar[str]
    """The action's name in plans and reports."""

    id: DeploymentId
    region: Region | None
    reason: Reason
    explanation: str = ""
    desired: DesiredDeployment | None = None
    observed: ObservedDeployment | None = None
    changes: tuple[FieldChange, ...] = ()
    writes: tuple[JsonObject, ...] = ()

    def explained(self, *words: str) -> Self:
        """The action with these words alone to explain it; empty ones are left out."""
        return replace(self, explanation="; ".join(filter(None, words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put(ActionFacts):
    """An action that ends with the deployment as it is declared."""

    desired: DesiredDeployment
    writes: tuple[JsonObject, ...]

    @property
    def body(self) -> JsonObject:
        """The last PUT's body: what is to be there in the end."""
        return self.writes[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Put):
    """PUT a deployment that is not there, or that is on its way out."""

    kind: ClassVar[str] = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Put):
    """Change a deployment in place, by one PUT or by two where ARM refuses the changes together.

    `carried` are dotted paths that the bodies repeat from what is there although the manifest does not state
    them.
    """

    kind: ClassVar[str] = "update"

    observed: ObservedDeployment
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(_Put):
    """DELETE, then PUT: the only way where ARM cannot change in place. Every guard counts it as a delete."""

    kind: ClassVar[str] = "replace"

    observed: ObservedDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(ActionFacts):
    """Remove a deployment that nobody declares any more."""

    kind: ClassVar[str] = "delete"

    observed: ObservedDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_Put):
    """Add our mark to a deployment that already is as declared; nothing else changes."""

    kind: ClassVar[str] = "adopt"

    observed: ObservedDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(ActionFacts):
    """Nothing to write: it is as declared but for an operation that is under way."""

    kind: ClassVar[str] = "wait"

    desired: DesiredDeployment
    observed: ObservedDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(ActionFacts):
    """Nothing to do. `desired` is None for an undeclared deployment that we leave alone."""

    kind: ClassVar[str] = "none"

    observed: ObservedDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked(ActionFacts):
    """Something ought to be done and must not be, or cannot be known. `fix` says what lifts it."""

    kind: ClassVar[str] = "blocked"

    fix: str


Action = Create | Update | Replace | Delete | Adopt | Wait | Keep | Blocked
Writing = Create | Update | Replace | Delete | Adopt
Working = Writing | Wait
"""What a run carries out; a wait sends nothing."""

KINDS: Final = tuple(item.kind for item in (Create, Update, Replace, Delete, Adopt, Wait, Keep, Blocked))


def blocked_instead(action: Action, reason: Reason, explanation: str, fix: str) -> Blocked:
    """What an action becomes that must not be done; what it would have changed stays to be seen."""
    return Blocked(
        id=action.id,
        region=action.region,
        reason=reason,
        explanation=explanation,
        fix=fix,
        changes=action.changes,
        desired=action.desired,
        observed=action.observed,
    )

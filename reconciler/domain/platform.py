"""What ARM knows beside accounts and deployments: who did what, what is gone, what is free, what is allowed.

Rule of this module: each value is one of ARM's own items, typed; nothing is concluded from it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.sku import SkuName


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityEvent:
    """One event of the Activity Log (Azure Monitor, "Activity Logs - List", 2015-04-01).

    `operation` is an action such as Microsoft.CognitiveServices/accounts/deployments/delete, `status` one of
    Started, Accepted, Succeeded, Failed; `caller` a user name or an object id; `at` ISO 8601 in UTC.
    """

    resource: str
    operation: str
    status: str
    caller: str
    at: str
    correlation_id: str = ""

    @property
    def deletes(self) -> bool:
        """Whether it tells of a delete that took effect."""
        return self.operation.lower().endswith("/delete") and self.status.lower() == "succeeded"

    @property
    def writes(self) -> bool:
        """Whether it tells of a write that took effect."""
        return self.operation.lower().endswith("/write") and self.status.lower() == "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the Activity Log of a subscription tells, newest first.

    `complete` is False where there was more than is read; then absence of an event proves nothing.
    """

    events: tuple[ActivityEvent, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What ARM upgrades a model to (replacementConfig, 2025-09-01 on).

    `starts` is when deployments with OnceNewDefaultVersionAvailable are upgraded, `lead_days` how long before
    the retirement those with OnceCurrentVersionExpired are.
    """

    model: str
    version: str
    starts: str | None = None
    lead_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedAccount:
    """A soft-deleted account: it keeps its name and its quota until it is purged or expires (48 h)."""

    id: AccountId
    region: Region
    deleted_at: str = ""
    purges_at: str = ""

    def command(self, verb: str) -> str:
        """The command of az CLI that does `recover` or `purge` to it."""
        name = self.id
        return (
            f"az cognitiveservices account {verb} --subscription {name.subscription} "
            f"--resource-group {name.resource_group} --location {self.region} --name {name.name}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCapacity:
    """How many units of a model can be had in a region on a SKU, as ARM's modelCapacities told.

    `fine_tuned` is the number for offers of scope Finetune; None where ARM gives none.
    """

    region: Region
    sku: SkuName
    available: float
    fine_tuned: float | None = None

    def units(self, *, fine_tuned: bool) -> int | None:
        """Whole units for a catalogue or a fine-tuned model; None where ARM gives no number."""
        number = self.fine_tuned if fine_tuned else self.available
        return None if number is None else int(number)


class Compliance(StrEnum):
    """ARM's verdict on one deployment; a word that is not known is `UNKNOWN`."""

    COMPLIANT = "Compliant"
    NON_COMPLIANT = "NonCompliant"
    ERROR = "Error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """A policy assignment that a deployment does not meet. Only the effect Deny is a refusal."""

    assignment: str
    definition: str
    effect: str = ""
    reason: str = ""

    @property
    def denies(self) -> bool:
        """Whether a write would be refused for it."""
        return self.effect.lower() == "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVerdict:
    """What evaluateDeploymentPolicies says of one deployment. `message` is ARM's own where it failed."""

    compliance: Compliance
    findings: tuple[PolicyFinding, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyQuestion:
    """One deployment that policies are asked about: nothing but model and content filter is looked at."""

    name: str
    model: Mapping[str, str] = field(default_factory=dict)
    rai_policy: str | None = None

"""The Activity Log, deleted accounts, free capacity and policy verdicts as values of the domain.

Rule of this module: as tolerant as `wire` of what is new, and as strict about what it reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pydantic import Field

from reconciler.arm.printable import printable
from reconciler.arm.strict_json import NotUnderstood
from reconciler.arm.wire import Wire, shaped
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import (
    ActivityEvent,
    Compliance,
    DeletedAccount,
    ModelCapacity,
    PolicyFinding,
    PolicyVerdict,
)
from reconciler.domain.sku import SkuName

# The id of a deleted account names its region before its group (OpenAPI 2021-04-30 on, deletedAccounts).
_DELETED = re.compile(
    r"/subscriptions/([^/]+)/.*/locations/[^/]+/resourceGroups/([^/]+)/deletedAccounts/([^/]+)", re.IGNORECASE
)


class _Value(Wire):
    value: str | None = None


class _Event(Wire):
    resource_id: str | None = None
    operation_name: _Value | None = None
    status: _Value | None = None
    caller: str | None = None
    event_timestamp: str | None = None
    correlation_id: str | None = None


class _DeletedProperties(Wire):
    deletion_date: str | None = None
    scheduled_purge_date: str | None = None


class _Deleted(Wire):
    id: str
    location: str | None = None
    properties: _DeletedProperties | None = None


class _CapacityProperties(Wire):
    sku_name: str | None = None
    available_capacity: float | None = Field(default=None, strict=False)
    available_finetune_capacity: float | None = Field(default=None, strict=False)


class _Capacity(Wire):
    name: str | None = None
    location: str
    properties: _CapacityProperties


class _Finding(Wire):
    assignment_id: str | None = None
    policy_definition_id: str | None = None
    effect: str | None = None
    non_compliance_reason: str | None = None


class _Verdict(Wire):
    evaluation_outcome: str | None = None
    error_message: str | None = None
    non_compliant_assignments: tuple[_Finding, ...] | None = Field(default=None, strict=False)


class _Verdicts(Wire):
    results: dict[str, _Verdict] = Field(default_factory=dict)


def event(answer: Mapping[str, object]) -> tuple[ActivityEvent, ...]:
    """One event of the Activity Log; none where it is about no resource."""
    found = shaped(_Event, answer)
    if not found.resource_id:
        return ()
    return (
        ActivityEvent(
            resource=found.resource_id,
            operation=(found.operation_name or _Value()).value or "",
            status=(found.status or _Value()).value or "",
            caller=printable(found.caller or "", 200),
            at=printable(found.event_timestamp or "", 40),
            correlation_id=printable(found.correlation_id or "", 80),
        ),
    )


def deleted_account(answer: Mapping[str, object]) -> tuple[DeletedAccount, ...]:
    """One soft-deleted account."""
    found = shaped(_Deleted, answer)
    match = _DELETED.fullmatch(found.id)
    if match is None:
        raise NotUnderstood(f"its id is {printable(found.id, 300)}")
    properties = found.properties or _DeletedProperties()
    return (
        DeletedAccount(
            id=AccountId(subscription=match[1], resource_group=match[2], name=match[3]),
            region=Region(found.location or ""),
            deleted_at=printable(properties.deletion_date or "", 40),
            purges_at=printable(properties.scheduled_purge_date or "", 40),
        ),
    )


def capacity(answer: Mapping[str, object]) -> tuple[ModelCapacity, ...]:
    """One region and SKU of modelCapacities; none where it names no SKU or no number."""
    found = shaped(_Capacity, answer)
    name = found.properties.sku_name or found.name
    available = found.properties.available_capacity
    if not name or available is None or not math.isfinite(available):
        return ()
    return (
        ModelCapacity(
            region=Region(found.location),
            sku=SkuName(name),
            available=available,
            fine_tuned=found.properties.available_finetune_capacity,
        ),
    )


def verdicts(answer: Mapping[str, object]) -> dict[str, PolicyVerdict]:
    """The answer of evaluateDeploymentPolicies, by the deployment's name (OpenAPI 2026-03-15-preview on)."""
    return {name: _verdict(found) for name, found in shaped(_Verdicts, answer).results.items()}


def _verdict(found: _Verdict) -> PolicyVerdict:
    known = {item.value.lower(): item for item in Compliance}
    return PolicyVerdict(
        compliance=known.get((found.evaluation_outcome or "").lower(), Compliance.UNKNOWN),
        message=printable(found.error_message or "", 500),
        findings=tuple(
            PolicyFinding(
                assignment=printable(assignment.assignment_id or "", 300),
                definition=printable(assignment.policy_definition_id or "", 300),
                effect=printable(assignment.effect or "", 40),
                reason=printable(assignment.non_compliance_reason or "", 500),
            )
            for assignment in found.non_compliant_assignments or ()
        ),
    )

"""The refusal of a policy assignment whose effect is deny: what it names, and what it saw."""

import json
from datetime import datetime

from reconciler.emulator import errors
from reconciler.emulator.wire import Json

_VERSIONED = "2024-01-01"
"""Since about then definitions have versions; in April 2023 none was printed (reported)."""


def disallowed_by_policy(name: str, *assignments: Json, now: datetime) -> errors.Refusal:
    """Policies whose effect is deny (reported, 2026), with their reasons if they have some (2024)."""
    reasons = [found["nonComplianceMessage"] for found in assignments if found.get("nonComplianceMessage")]
    return errors.refusal(
        "disallowed_by_policy",
        name=name,
        identifiers=",".join(json.dumps(_named(found, now), separators=(",", ":")) for found in assignments),
        reasons=",".join(f"'{reason}'" for reason in reasons),
        additional=[{"type": "PolicyViolation", "info": _violated(found)} for found in assignments],
    )


def _named(assignment: Json, now: datetime) -> Json:
    return {
        "policyAssignment": {
            "name": assignment.get("displayName", "assignment"),
            "id": assignment["assignmentId"],
        },
        "policyDefinition": {
            "name": assignment.get("definitionName", "definition"),
            "id": assignment.get("policyDefinitionId", ""),
            **({"version": "1.0.0"} if now.date().isoformat() >= _VERSIONED else {}),
        },
    }


def _violated(assignment: Json) -> Json:
    """What a policy saw; of a tag that it wants, as reported in March 2026."""
    reason = assignment.get("nonComplianceMessage")
    seen = [
        {
            "result": "True",
            "expressionKind": "Field",
            "expression": f"tags[{tag}]",
            "path": f"tags[{tag}]",
            "targetValue": "false",
            "operator": "Exists",
        }
        for tag in assignment.get("missing", ())
    ]
    return {
        "evaluationDetails": {"evaluatedExpressions": seen, **({"reason": reason} if reason else {})},
        "policyDefinitionId": assignment.get("policyDefinitionId", ""),
        "policyDefinitionDisplayName": assignment.get("definitionName", "definition"),
        "policyAssignmentId": assignment["assignmentId"],
        "policyAssignmentDisplayName": assignment.get("displayName", "assignment"),
        "policyDefinitionEffect": "deny",
    }

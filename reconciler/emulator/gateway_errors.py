"""Refusals of ARM's gateway to write at a place, whatever the resource.

Rule of this module: as in `provider_errors`.
"""

import json

from reconciler.emulator.errors import Refusal, front_door
from reconciler.emulator.wire import Json


def subscription_read_only(subscription: str) -> Refusal:
    """A subscription that is disabled (reported, 2025 and 2026)."""
    return front_door(
        409,
        "ReadOnlyDisabledSubscription",
        f"The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform"
        " any write actions on this subscription until it is re-enabled.",
    )


def scope_locked(scope: str, verb: str, locked: list[str]) -> Refusal:
    """A management lock; `verb` is write or delete (reported with other providers, 2017 to 2025)."""
    places = ",".join(locked)
    return front_door(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked:"
        f" '{places}'. Please remove the lock and try again.",
    )


def group_being_deleted(group: str) -> Refusal:
    """A write in a group whose deletion is under way (reported with other providers, 2022)."""
    return front_door(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
    )


def template_not_authorized(name: str, kind: str, client: str, oid: str, scope: str) -> Refusal:
    """A template's resource that its caller may not write (reported, 2024; 403 is ARM's for rights)."""
    return front_door(
        403,
        "InvalidTemplateDeployment",
        f"The template deployment failed with error: 'Authorization failed for template resource '{name}' of"
        f" type '{kind}'. The client '{client}' with object id '{oid}' does not have permission to perform"
        f" action '{kind}/write' at scope '{scope}'.'.",
    )


def disallowed_by_policy(name: str, *assignments: Json) -> Refusal:
    """Policies whose effect is deny (reported, 2026), with their reasons if they have some (2024)."""
    because = f"Policy identifiers: '[{', '.join(json.dumps(_named(found)) for found in assignments)}]'."
    if reasons := [
        found["nonComplianceMessage"] for found in assignments if found.get("nonComplianceMessage")
    ]:
        listed = ",".join(f"'{reason}'" for reason in reasons)
        because = f"Reasons: {listed}. See error details for policy resource IDs."
    return front_door(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{name}' was disallowed by policy. {because}",
        target=name,
        additional=[{"type": "PolicyViolation", "info": _violated(found)} for found in assignments],
    )


def _named(assignment: Json) -> Json:
    return {
        "policyAssignment": {
            "name": assignment.get("displayName", "assignment"),
            "id": assignment["assignmentId"],
        },
        "policyDefinition": {
            "name": assignment.get("definitionName", "definition"),
            "id": assignment.get("policyDefinitionId", ""),
            "version": "1.0.0",
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


def disallowed_by_azure(name: str) -> Refusal:
    """A region that Azure's own policy keeps a subscription out of (reported, 2026)."""
    return front_door(
        403,
        "RequestDisallowedByAzure",
        f"Resource '{name}' was disallowed by Azure: This policy maintains a set of best available regions"
        " where your subscription can deploy resources. The objective of this policy is to ensure that your"
        " subscription has full access to Azure services with optimal performance. Should you need"
        " additional or different regions, contact support..",
        target=name,
    )

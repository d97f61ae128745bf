"""Errors of Resource Manager's own services: policy, validation, templates, logs and metrics.

Rule of this module: as in `errors`.
"""

import json
from collections.abc import Sequence

from reconciler.emulator.errors import Refusal, front_door
from reconciler.emulator.wire import Json


def bad_metrics(text: str) -> Refusal:
    """A metrics query that is not understood (documented code, text ours: assumed)."""
    return front_door(400, "BadRequest", f"The metrics query is not valid: {text}.")


def bad_filter(text: str) -> Refusal:
    """Assumed: an OData filter that is not understood; the text is ours."""
    return front_door(400, "BadRequest", f"The $filter is not valid: {text}.")


def disallowed_by_policy(name: str, assignment: Json) -> Refusal:
    """A policy whose effect is deny (reported, 2026)."""
    parts = {
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
    info = {
        "evaluationDetails": {"evaluatedExpressions": []},
        "policyDefinitionId": assignment.get("policyDefinitionId", ""),
        "policyDefinitionDisplayName": assignment.get("definitionName", "definition"),
        "policyAssignmentId": assignment["assignmentId"],
        "policyAssignmentDisplayName": assignment.get("displayName", "assignment"),
        "policyDefinitionEffect": "deny",
    }
    return front_door(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{name}' was disallowed by policy. Policy identifiers: '[{json.dumps(parts)}]'.",
        target=name,
        additional=[{"type": "PolicyViolation", "info": info}],
    )


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


def resource_validation_failed(details: Sequence[Json]) -> Refusal:
    """How the findings of validateResources arrive (documented by azapi: two wrappers around each)."""
    return front_door(
        400,
        "ResourceValidationFailed",
        "Resource validation failed, see details for more information.",
        details=[
            {
                "code": "PreflightValidationCheckFailed",
                "message": "Preflight validation failed. Please refer to the details.",
                "details": list(details),
            }
        ],
    )


def invalid_template(text: str) -> Refusal:
    """A template that cannot be read or evaluated (documented code; the sentence's end is ours)."""
    return front_door(
        400, "InvalidTemplate", f"Deployment template validation failed: '{text}'.", front_door=True
    )


def invalid_template_deployment(name: str, details: Sequence[Json]) -> Refusal:
    """What the provider would refuse of a template (reported)."""
    return front_door(
        400,
        "InvalidTemplateDeployment",
        f"The template deployment '{name}' is not valid according to the validation procedure. The tracking"
        " id is '00000000-0000-0000-0000-000000000000'. See inner errors for details.",
        details=details,
    )


def template_against_policy(details: Sequence[Json]) -> Refusal:
    """A template with a resource that a policy denies (documented by ARM)."""
    return front_door(
        400,
        "InvalidTemplateDeployment",
        "The template deployment failed because of policy violation. Please see details for more"
        " information.",
        details=details,
    )


def deployment_not_found(name: str) -> Refusal:
    """A template deployment that is not there (documented by ARM)."""
    return front_door(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")

"""Whether a deployment would be let through, before it is written: `validateResources`, and Azure Policy.

Rule of this module: `validateResources` runs the checks of a PUT without the PUT; request and answers follow
what the azapi provider of Terraform sends, expects and documents, and how a child resource is named is
assumed. Of policies there is the built-in definition on approved models: assignments are posted (`POST
world`, key `policies`), each with the parameters of the documented definition. A deployment is judged by its
model alone, as `evaluateDeploymentPolicies` is specified; an assignment whose effect is deny also refuses the
PUT, as reported.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reconciler.emulator import accounts, admission, auth, deployment_fields, errors, offers
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, at, without_nulls

KEYS = (
    *("assignmentId", "displayName", "policyDefinitionId", "definitionName", "scope", "effect"),
    *("allowedPublishers", "allowedAssetIds", "allowedLocations", "requiredTags", "requiredProperties"),
    "nonComplianceMessage",
)
EFFECTS = ("Deny", "Audit", "Disabled")
_RESOURCES = {"provider": str, "type": str, "location": str, "scope": str, "resources": list}


def evaluate(turn: Turn) -> Answer:
    """`{"results": {name: {"evaluationOutcome", "nonCompliantAssignments"}}}` (specified, previews only)."""
    account = accounts.require_parent(turn, "read", "accounts")["body"]
    asked = turn.body().get("deployments")
    wanted: list[Any] = asked if isinstance(asked, list) else [None]
    results: Json = {}
    for item in wanted:
        model = at(item, "properties", "model") if isinstance(item, dict) else None
        if not isinstance(model, dict) or not item.get("name"):
            raise errors.refusal(
                "invalid_content",
                parser_text="Required properties 'name' and 'properties.model' not found in JSON",
            )
        broken = [_finding(assignment) for assignment in _broken(turn.store, account, model)]
        outcome = "NonCompliant" if broken else "Compliant"
        found = {"nonCompliantAssignments": broken} if broken else {}
        results[str(item["name"])] = {"evaluationOutcome": outcome, **found}
    return Answer(status=200, body={"results": results})


def _finding(assignment: Json) -> Json:
    return {
        "assignmentId": assignment["assignmentId"],
        "policyDefinitionId": assignment.get("policyDefinitionId", ""),
        "evaluationOutcome": "NonCompliant",
        "nonComplianceReason": "The model is not one of the approved models.",
        "effect": assignment["effect"],
        "expressionEvaluations": [],
    }


def require_allowed(turn: Turn, account: Json, model: Json) -> None:
    """Raise what the provider says where a denying assignment does not approve of the model (reported)."""
    for assignment in _broken(turn.store, account, model):
        if assignment["effect"] == "Deny":
            listed = offers.find(turn.store, account["location"], account["kind"], model)
            version = model.get("version") or ("" if listed is None else listed.model["version"])
            raise errors.refusal(
                "model_not_approved",
                name=model.get("name", ""),
                version=version,
                assignment=assignment["assignmentId"],
            )


def _broken(store: Store, account: Json, model: Json) -> Iterable[Json]:
    known = {part: model.get(part) for part in ("format", "name", "version") if model.get(part)}
    listed = offers.find(store, account["location"], account["kind"], known)
    asset = None if listed is None else listed.model.get("modelCatalogAssetId")
    publisher = model.get("publisher") or (None if listed is None else listed.model.get("publisher"))
    names = {str(publisher or model.get("format")).lower(), str(model.get("format")).lower()}
    for assignment in store.scan("policy"):
        scope = str(assignment.get("scope", "/")).lower().rstrip("/")
        if not f"{account['id']}/".lower().startswith(f"{scope}/") or assignment["effect"] == "Disabled":
            continue
        if not {"allowedLocations", "requiredTags", "requiredProperties"}.isdisjoint(assignment):
            continue
        publishers = {str(name).lower() for name in assignment.get("allowedPublishers", [])}
        if not names & publishers and asset not in assignment.get("allowedAssetIds", []):
            yield assignment


def validate(turn: Turn) -> Answer:
    """200 when every deployment among the resources would be admitted, else 400 with the inner errors."""
    asked = turn.body(_RESOURCES)
    kind = f"{asked.get('provider', '')}/{asked.get('type', '')}".lower()
    if kind != "microsoft.cognitiveservices/accounts/deployments":
        raise errors.refusal("not_modelled", gap=f"validateResources of type '{kind}'")
    scope = [part for part in str(asked.get("scope", "")).split("/") if part]
    if len(scope) != 4 or scope[0].lower() != "subscriptions" or scope[2].lower() != "resourcegroups":
        raise errors.refusal(
            "invalid_content", parser_text="scope is not /subscriptions/{id}/resourceGroups/{name}"
        )
    auth.require_tenant(turn.store, turn.caller, scope[1])
    items = asked.get("resources", [])
    found = [(item, refusal) for item in items if (refusal := _try(turn, scope, item))]
    if not found:
        above = f"{asked['scope']}/providers/{asked['provider']}/accounts"
        names = [f"{above}/{item['name'].replace('/', '/deployments/')}" for item in items]
        return Answer(status=200, body={"properties": {"validatedResources": names}}, from_provider=False)
    details: list[Json] = [
        {
            "code": refusal.code,
            "target": str(item.get("name", "")) if isinstance(item, dict) else "",
            "message": refusal.message,
        }
        for item, refusal in found
    ]
    wrapper: Json = {
        "code": "PreflightValidationCheckFailed",
        "message": "Preflight validation failed. Please refer to the details.",
        "details": details,
    }
    raise errors.refusal("resource_validation_failed", details=[wrapper])


def _try(turn: Turn, scope: list[str], item: object) -> errors.Refusal | None:
    if not isinstance(item, dict) or str(item.get("name", "")).count("/") != 1:
        return errors.refusal(
            "invalid_content", parser_text="each resource needs a name of the form account/deployment"
        )
    account_name, name = str(item["name"]).split("/")
    args = {"subscription": scope[1], "group": scope[3], "account": account_name, "deployment": name}
    asked = replace(turn, args=args, version=str(item.get("apiVersion", turn.version)))
    body = without_nulls(item)
    try:
        expect(body, deployment_fields.SHAPES)
        account = accounts.require_parent(asked, "write")
        before = turn.store.get("deployment", f"{accounts.key_of(asked)}/deployments/{name.lower()}")
        admission.admit(asked, account["body"], body, before)
    except errors.Refusal as refusal:
        return refusal
    return None

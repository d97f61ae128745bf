"""Azure Policy, as far as deployments meet it: the built-in definition on approved models.

Rule of this module: assignments are posted (`POST world`, key `policies`), each with the parameters of the
documented definition. A deployment is judged by its model alone, as `evaluateDeploymentPolicies` is
specified; an assignment whose effect is deny also refuses the PUT, as reported.
"""

from collections.abc import Iterable
from typing import Any

from reconciler.emulator import accounts, errors, manager_errors, offers
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at

KEYS = (
    *("assignmentId", "displayName", "policyDefinitionId", "definitionName", "scope", "effect"),
    *("allowedPublishers", "allowedAssetIds", "allowedLocations"),
)
EFFECTS = ("Deny", "Audit", "Disabled")


def evaluate(turn: Turn) -> Answer:
    """`{"results": {name: {"evaluationOutcome", "nonCompliantAssignments"}}}` (specified, previews only)."""
    account = accounts.require_parent(turn, "read", "accounts")["body"]
    asked = turn.body().get("deployments")
    wanted: list[Any] = asked if isinstance(asked, list) else [None]
    results: Json = {}
    for item in wanted:
        model = at(item, "properties", "model") if isinstance(item, dict) else None
        if not isinstance(model, dict) or not item.get("name"):
            raise errors.invalid_content(
                "Required properties 'name' and 'properties.model' not found in JSON"
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
    """Raise 403 RequestDisallowedByPolicy where a denying assignment does not approve of the model."""
    for assignment in _broken(turn.store, account, model):
        if assignment["effect"] == "Deny":
            raise manager_errors.disallowed_by_policy(turn.args["deployment"], assignment)


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
        if "allowedLocations" in assignment:
            continue
        publishers = {str(name).lower() for name in assignment.get("allowedPublishers", [])}
        if not names & publishers and asset not in assignment.get("allowedAssetIds", []):
            yield assignment

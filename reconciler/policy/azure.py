"""Azure's built-in definition on approved models, written as one of our rules.

The definition is "Foundry model deployments should only use approved models" (earlier "Cognitive Services
Deployments should only use approved Registry Models"): parameters effect, allowedPublishers and
allowedAssetIds; an asset id must match exactly (Microsoft, "Model deployment policy", 2026). How the two
lists combine is not documented: here a model that either of them names is approved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.errors import UsageProblem

_ASSET = re.compile(
    r"azureml://registries/[^/]+/models/(?P<name>[^/@]+)/versions/(?P<version>[^/@]+)", re.IGNORECASE
)
_SCOPE = re.compile(r"/subscriptions/(?P<id>[0-9a-f-]{36})(?P<rest>/.*)?", re.IGNORECASE)
_SEVERITIES: Final = {"deny": "error", "audit": "warning"}
_SOURCE: Final = "Microsoft, Model deployment policy, 2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedModels:
    """What an assignment of the definition approves, and what our rule cannot say as Azure does.

    `models` are `name@version`; `subscription` is the assignment's, None where its scope is none.
    """

    title: str
    severity: str
    publishers: tuple[str, ...]
    models: tuple[str, ...]
    subscription: str | None
    notes: tuple[str, ...]


def approved_models(text: str) -> ApprovedModels:
    """What the JSON of `az policy assignment show`, or of its parameters alone, says.

    UsageProblem where it is neither, or says something that cannot be written as a rule.
    """
    stated = _assignment(text)
    inner = stated.get("parameters")
    parameters = {
        str(name).lower(): value["value"] if isinstance(value, dict) and "value" in value else value
        for name, value in (inner if isinstance(inner, dict) else stated).items()
    }
    publishers = _names(parameters, "allowedPublishers")
    assets = _names(parameters, "allowedAssetIds")
    if publishers is None and assets is None:
        raise UsageProblem(
            "neither allowedPublishers nor allowedAssetIds is a parameter: this is not an assignment of "
            "the built-in definition on approved models. Save it with `az policy assignment show -n NAME "
            "--scope SCOPE -o json`"
        )
    if not publishers and not assets:
        raise UsageProblem("allowedPublishers and allowedAssetIds are both empty: no model would be approved")
    severity, words = _severity(parameters.get("effect"), stated)
    subscription, scope_note = _scope(stated)
    excluded = stated.get("notScopes")
    not_scopes = [f"the excluded scopes ({len(excluded)}) are not carried over"] if excluded else []
    return ApprovedModels(
        title=str(stated.get("displayName") or stated.get("name") or ""),
        severity=severity,
        publishers=publishers or (),
        models=tuple(map(_model, assets or ())),
        subscription=subscription,
        notes=(*words, *scope_note, *not_scopes),
    )


def policy_document(found: ApprovedModels, *, name: str, rule: str) -> str:
    """A document of kind Policy in YAML, with where it comes from and how it was read."""
    lists = {"publishers": found.publishers, "models": found.models}
    stated = [f"{word}: [{', '.join(map(json.dumps, values))}]" for word, values in lists.items() if values]
    lines = [
        *(f"# {line}" for line in remarks(found)),
        "apiVersion: reconciler.aoai/v1",
        "kind: Policy",
        f"metadata: {{name: {json.dumps(name)}}}",
        "spec:",
        "  rules:",
        f"    - id: {rule}",
        f"      severity: {found.severity}",
        "      message: only approved models are deployed",
        *([f'      match: {{target: "{found.subscription}/*/*"}}'] if found.subscription else []),
        "      require:",
        "        approvedModels:",
        *(f"          {line}" for line in stated),
    ]
    return "\n".join(lines) + "\n"


def remarks(found: ApprovedModels) -> Iterator[str]:
    """How the rule came about and where it is not what Azure does, a line each."""
    title = f" {json.dumps(found.title)}" if found.title else ""
    yield f"From the assignment{title} of Azure's built-in definition"
    yield '"Foundry model deployments should only use approved models".'
    if found.publishers and found.models:
        yield "Our reading: a model is approved if its publisher or the model itself is listed. How Azure"
        yield f"combines the two lists is not documented ({_SOURCE})."
    for note in found.notes:
        yield f"Note: {note}."


def _assignment(text: str) -> Mapping[str, Any]:
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UsageProblem(f"it is not JSON: {problem}") from None
    if isinstance(stated, list):
        if len(stated) != 1:
            raise UsageProblem(f"it is a list of {len(stated)} assignments: save only the one that you mean")
        stated = stated[0]
    if not isinstance(stated, dict):
        raise UsageProblem("it is neither an assignment nor its parameters: it must be a JSON object")
    inner = stated.get("properties")
    return {**stated, **inner} if isinstance(inner, dict) else stated


def _names(parameters: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    value = parameters.get(name.lower())
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise UsageProblem(f"{name} must be a list of strings; found {json.dumps(value)[:80]}")
    for item in value:
        if "[" in item or not item.isprintable():
            raise UsageProblem(f"{name} has {item!r}, which is not a name: save the values of the assignment")
    return tuple(dict.fromkeys(value))


def _severity(effect: object, stated: Mapping[str, Any]) -> tuple[str, list[str]]:
    """How loud our rule is, and what is to be said of that."""
    if effect is None:
        severity, notes = "error", ["the effect is not stated; Deny is assumed"]
    elif str(effect).lower() == "disabled":
        raise UsageProblem("the effect is Disabled: Azure judges nothing, so there is no rule to write")
    elif str(effect).lower() in _SEVERITIES:
        severity, notes = _SEVERITIES[str(effect).lower()], []
    else:
        raise UsageProblem(f"unknown effect {effect!r}; known are Deny, Audit and Disabled")
    if str(stated.get("enforcementMode") or "Default").lower() == "donotenforce":
        return "warning", [*notes, "the assignment is not enforced (enforcementMode), so this is a warning"]
    return severity, notes


def _scope(stated: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    scope = stated.get("scope")
    if not isinstance(scope, str):
        return None, []
    match = _SCOPE.fullmatch(scope)
    if match is None:
        return None, ["the assignment is on a management group; the rule covers every deployment"]
    note = "the assignment is on a resource group; the rule covers its whole subscription"
    return match["id"].lower(), [note] if match["rest"] else []


def _model(asset: str) -> str:
    match = _ASSET.fullmatch(asset)
    if match is None:
        raise UsageProblem(
            f"the asset id {asset!r} is not azureml://registries/REGISTRY/models/NAME/versions/VERSION, so "
            "it names no model"
        )
    return f"{match['name']}@{match['version']}"

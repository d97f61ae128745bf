"""Template deployments of a group or a subscription: validate, create, what-if, for accounts and deployments.

Rule of this module: each resource goes through the handler that a PUT would meet, in the order of the
template's dependencies; what-if does the same and takes it back, and validation too, but for what is below an
account besides deployments and policies. What else a template holds is a 501 that names it.
"""

import json
import re
from collections.abc import Container
from dataclasses import replace
from datetime import timedelta

from reconciler.emulator import clock, errors, provisioning
from reconciler.emulator.template_resources import (
    TYPE,
    above,
    body,
    deployed,
    everything,
    failed,
    key,
    require_above,
)
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json, at, normal_location

_MOMENT = "%-m/%-d/%Y %-I:%M:%S %p"
_ACTIVE_FOR = timedelta(days=7)
"""After this time ARM takes a deployment for expired (documented)."""


def put(turn: Turn) -> Answer:
    """201 or 200 with Azure-AsyncOperation; how it went is told by the operation (documented).

    What validation finds is refused at once and nothing is made (reported); what was made before another
    failure stays (documented).
    """
    require_above(turn)
    before = turn.store.get("template", key(turn))
    asked = _asked(turn)
    _require_replaceable(turn, before, asked.get("location"))
    _validated(turn, asked, besides=_unforeseen(turn))
    outputs: Json = {}
    made: list[Json] = []
    failure = None
    try:
        outputs, made = deployed(turn, asked)
    except errors.Refusal as refusal:
        if refusal.code == "InvalidTemplate" or refusal.status == 501:
            raise
        failure = refusal
    kept = body(turn, outputs, made, failure)
    if "group" not in turn.args and asked.get("location"):
        kept["location"] = asked["location"]
    turn.store.put("template", key(turn), {"body": kept, "template": asked["template"]})
    forced = turn.forced if failure is None else {"lro": "Failed", "error": failed(turn, failure)}
    operation = provisioning.begin(
        replace(turn, forced=forced),
        kind="template",
        event="create",
        key=key(turn),
        location="global",
        quick=True,
    )
    where = f"{turn.request.origin}{turn.request.path}/operationStatuses/{operation['name']}"
    shown = {**kept, "properties": {**kept["properties"], "provisioningState": "Accepted"}}
    headers = {"Azure-AsyncOperation": f"{where}?api-version={turn.version}", "Retry-After": "0"}
    return Answer(status=201 if before is None else 200, body=shown, headers=headers, from_provider=False)


def _require_replaceable(turn: Turn, before: Json | None, location: str | None) -> None:
    """Raise 409 while a deployment of the name runs, or where it was made from another place (documented)."""
    if before is None:
        return
    old, name = before["body"], turn.args["template"]
    provisioning.finish(turn.store, turn.now, key(turn))
    if provisioning.running(turn.store, key(turn)):
        since = clock.parse(old["properties"]["timestamp"])
        until = since + _ACTIVE_FOR
        raise errors.refusal(
            "deployment_active", name=name, since=f"{since:{_MOMENT}}", until=f"{until:{_MOMENT}}"
        )
    place = old.get("location")
    if location and place and normal_location(location) != normal_location(place):
        raise errors.refusal("deployment_elsewhere", name=name.upper(), location=place, wanted=location)


def status(turn: Turn) -> Answer:
    """`{"status": Running | Succeeded | Failed, "error"?}`."""
    word = provisioning.status_of(turn, turn.args["operation"].lower())
    found = turn.store.get("operation", turn.args["operation"].lower()) or {}
    error = {"error": found["error"]} if found.get("error") else {}
    shown = word if word in provisioning.TERMINAL else "Running"
    return Answer(status=200, body={"status": shown, **error}, from_provider=False)


def get(turn: Turn) -> Answer:
    return Answer(status=200, body=_require(turn)["body"], from_provider=False)


def head(turn: Turn) -> Answer:
    found = turn.store.get("template", key(turn))
    return Answer(status=404 if found is None else 204, from_provider=False)


def listing(turn: Turn) -> Answer:
    require_above(turn)
    found = turn.store.scan("template", f"{above(turn)}/providers/{TYPE}/".lower())
    return turn.page([item["body"] for item in found], from_provider=False)


def delete(turn: Turn) -> Answer:
    """204: the entry of the history goes, what was deployed stays (documented)."""
    require_above(turn)
    turn.store.delete("template", key(turn))
    return Answer(status=204, from_provider=False)


def export(turn: Turn) -> Answer:
    return Answer(status=200, body={"template": _require(turn)["template"]}, from_provider=False)


def operations(turn: Turn) -> Answer:
    """One operation per resource of a deployment."""
    made = at(_require(turn), "body", "properties", "outputResources") or []
    items = [
        {
            "id": f"{turn.request.path}/{number}",
            "operationId": str(number),
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": "Succeeded",
                "targetResource": item,
            },
        }
        for number, item in enumerate(made)
    ]
    return Answer(status=200, body={"value": items}, from_provider=False)


def validate(turn: Turn) -> Answer:
    """200 with what would be made, 400 InvalidTemplateDeployment with the provider's refusals (reported)."""
    require_above(turn)
    outputs, made = _validated(turn, _asked(turn))
    found = body(turn, outputs, made, None)
    found["properties"]["validatedResources"] = made
    return Answer(status=200, body=found, from_provider=False)


# a kind that a region lacks is foreseen of OpenAI alone (reported of both, 2023 and 2024)
_UNFORESEEN = frozenset(
    {"RequestConflict", "InvalidApiSetId", "ApiPropertiesInvalid", "BadRequest", "715-123420"}
)
_TERMS_FORESEEN = "2023-09-01"
"""From here on validation finds that terms were not agreed to; in July 2023 it did not (reported)."""


def _unforeseen(turn: Turn) -> frozenset[str]:
    """Codes of what comes only when it is a resource's turn (reported, 2023 to 2026)."""
    early = turn.now.date().isoformat() < _TERMS_FORESEEN
    return _UNFORESEEN | ({"ResourceKindRequireAcceptTerms"} if early else set())


def _validated(turn: Turn, asked: Json, *, besides: Container[str] = ()) -> tuple[Json, list[Json]]:
    """The outputs and resources that a template would make, and nothing made."""
    try:
        with turn.store.part(kept=False):
            return deployed(turn, asked, is_dry=True)
    except errors.Refusal as refusal:
        if refusal.code in besides and "'OpenAI'" not in refusal.message:
            return {}, []
        if refusal.code in {"InvalidTemplate", "InvalidTemplateDeployment"} or refusal.status == 501:
            raise
        details = [refusal.body()]
        if refusal.code.startswith("RequestDisallowedBy"):
            raise errors.refusal("template_against_policy", details=details) from refusal
        raise errors.refusal(
            "invalid_template_deployment", name=turn.args["template"], details=details
        ) from refusal


def what_if(turn: Turn) -> Answer:
    """`{"status", "properties": {"changes": [{"resourceId", "changeType", "before"?, "after"}]}}`."""
    require_above(turn)
    changes = []
    with turn.store.part(kept=False):
        before = {str(item["id"]).lower(): item for item in everything(turn)}
        _, made = deployed(turn, _asked(turn))
        after = {str(item["id"]).lower(): item for item in everything(turn)}
    for item in made:
        old, new = before.get(item["id"].lower()), after.get(item["id"].lower())
        kind = "Create" if old is None else "NoChange" if _shown(old) == _shown(new or {}) else "Modify"
        change: Json = {"resourceId": item["id"], "changeType": kind, "after": _shown(new or {})}
        changes.append(change if old is None else {**change, "before": _shown(old)})
    return Answer(
        status=200, body={"status": "Succeeded", "properties": {"changes": changes}}, from_provider=False
    )


def _shown(body: Json) -> Json:
    """A resource without what changes with every write."""
    properties = {
        n: v
        for n, v in (body.get("properties") or {}).items()
        if n not in {"provisioningState", "dateCreated"}
    }
    kept = {name: value for name, value in body.items() if name not in {"etag", "systemData"}}
    return {**kept, "properties": properties}


def _require(turn: Turn) -> Json:
    require_above(turn)
    name = turn.args["template"]
    return turn.store.require(
        "template", key(turn), lambda: errors.refusal("deployment_not_found", name=name)
    )


_STRAY = re.compile(
    rb"""(?P<text>"(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|(?P<name>(?<=[{,])\s*[A-Za-z_]\w*(?=\s*:))""",
    re.DOTALL,
)


def _relaxed(content: bytes) -> bytes:
    """JSON out of what ARM reads besides: comments, and the bare `template:` that az CLI sends."""

    def strict(match: re.Match[bytes]) -> bytes:
        if match["text"] is not None:
            return match["text"]
        return b"" if match["name"] is None else b'"' + match["name"].strip() + b'"'

    return _STRAY.sub(strict, content)


def _asked(turn: Turn) -> Json:
    relaxed = replace(turn.request, content=_relaxed(turn.request.content))
    asked = replace(turn, request=relaxed).body({"properties": dict, "properties.mode": str})
    properties: Json = asked.get("properties") or {}
    template = properties.get("template")
    if isinstance(template, str):
        try:
            template = json.loads(template)
        except ValueError as error:
            raise errors.refusal(
                "invalid_template", text=f"properties.template is no JSON: {error}"
            ) from error
    if not isinstance(template, dict):
        raise errors.refusal(
            "invalid_template", text="the request has no properties.template; links are not followed"
        )
    return {**properties, "template": template, "location": asked.get("location")}

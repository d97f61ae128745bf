"""Deployments: list, get, put, patch, delete, as ARM answers them.

Rule of this module: the stored body is the newest version's view with properties in ARM's order
(`deployment_bodies`); what a caller sees is cut down to the api-version it asked with.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.emulator import (
    accounts,
    admission,
    auth,
    clock,
    deployment_fields,
    errors,
    offers,
    policies,
    provisioning,
    references,
    upkeep,
    versions,
)
from reconciler.emulator.admission import Admitted
from reconciler.emulator.deployment_bodies import TYPE, shown, written
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, at, overlay

_WRITE = f"{TYPE}/write"
_DIGITS = re.compile(r"^[0-9]{1,9}$", re.ASCII)
_TUNED_DELETED_BY_OPERATION = datetime(2025, 12, 15, tzinfo=UTC)


def key_of(turn: Turn) -> str:
    return f"{accounts.key_of(turn)}/deployments/{turn.args['deployment'].lower()}"


def listing(turn: Turn) -> Answer:
    """All deployments of an account; pages only by the switch `pageSize`, ARM was never seen to page."""
    accounts.require_parent(turn, "read")
    items = [shown(turn, found) for found in turn.store.scan("deployment", f"{accounts.key_of(turn)}/")]
    return turn.page(items)


def get(turn: Turn) -> Answer:
    accounts.require_parent(turn, "read")
    provisioning.look(turn.store, turn.now, "deployment", key_of(turn))
    return _answer(turn, 200, _require(turn))


def _require(turn: Turn) -> Json:
    return turn.store.require(
        "deployment", key_of(turn), lambda: errors.refusal("not_found", resource_id=turn.request.path)
    )


def put(turn: Turn) -> Answer:
    """Create (201) or replace (200); full replacement, so what is left out falls back to its default."""
    account = accounts.require_parent(turn, "write")
    asked = _numbered(turn.body())
    expect(asked, deployment_fields.SHAPES)
    body = deployment_fields.visible(asked, turn.version)
    _check_sources(turn, at(body, "properties", "model") or {})
    policies.require_allowed(turn, account["body"], at(body, "properties", "model") or {})
    accounts.require_quiet(turn)
    before = turn.store.get("deployment", key_of(turn))
    admitted = admission.admit(turn, account["body"], body, before)
    references.check(turn, body, before)
    found = {
        "account": accounts.key_of(turn),
        "location": account["body"]["location"],
        "units": admitted.units,
        "touched": clock.stamp(turn.now),
        "born": clock.stamp(turn.now) if before is None else before["born"],
        "kind": account["body"]["kind"],
        "skuName": at(body, "sku", "name") or admitted.sku["name"],
        "body": written(turn, account["body"], body, admitted, before),
    }
    _keep_etag_of_an_identical_body(found, before)
    return _save(turn, found, before, admitted)


def patch(turn: Turn) -> Answer:
    """Change sku or tags and nothing else: 200, or 202 with Location and no body (specified)."""
    account = accounts.require_parent(turn, "write")
    asked = _numbered(turn.body())
    if unknown := sorted(set(asked) - {"sku", "tags"}):
        raise errors.refusal(
            "invalid_content",
            parser_text=f"Could not find member {unknown[0]} on object of type PatchResourceTagsAndSku",
        )
    expect(asked, deployment_fields.SHAPES)
    accounts.require_quiet(turn)
    before = _require(turn)
    body = {**before["body"], **({"tags": asked["tags"]} if "tags" in asked else {})}
    body["sku"] = overlay(before["body"]["sku"], asked.get("sku", {}))
    admitted = admission.admit(turn, account["body"], body, before)
    found = {
        **before,
        "units": admitted.units,
        "touched": clock.stamp(turn.now),
        **({"skuName": asked["sku"]["name"]} if at(asked, "sku", "name") else {}),
        "body": written(turn, account["body"], body, admitted, before),
    }
    answer = _save(turn, found, before, admitted if "sku" in asked else replace(admitted, is_long=False))
    if "Azure-AsyncOperation" not in answer.headers:
        return answer
    return Answer(
        status=202, headers={name: value for name, value in answer.headers.items() if name != "ETag"}
    )


def delete(turn: Turn) -> Answer:
    """200 when it was there (recorded), 204 when not (specified); synchronous, also while it is Creating.

    With a fine-tuned model it is an operation in December 2025, and was none in January 2025 (recorded).
    """
    accounts.require_parent(turn, "delete")
    found = turn.store.get("deployment", key_of(turn))
    if found is None:
        return Answer(status=204)
    references.require_unnamed(turn)
    provisioning.forget_silent(turn.store, key_of(turn))
    accounts.require_quiet(turn)
    is_tuned = offers.is_fine_tuned(str(at(found, "body", "properties", "model", "name")))
    if is_tuned and turn.now >= _TUNED_DELETED_BY_OPERATION:
        return provisioning.delete_by_operation(
            turn, kind="deployment", key=key_of(turn), location=found["location"]
        )
    slow = provisioning.begin_delete(turn, kind="deployment", key=key_of(turn), location=found["location"])
    if slow is not None:
        return slow
    turn.store.delete("deployment", key_of(turn))
    return Answer(status=200)


def skus(turn: Turn) -> Answer:
    """Skus a deployment could have, with their ranges (specified; contents assumed from the models list)."""
    account = accounts.require_parent(turn, "read")["body"]
    found = _require(turn)
    listed = offers.find(
        turn.store, account["location"], account["kind"], found["body"]["properties"]["model"]
    )
    if listed is None:
        return Answer(status=200, body={"value": []})
    capacity = found["body"]["sku"]["capacity"]
    items = [
        {"resourceType": TYPE, "sku": {"name": name, "capacity": capacity}, "capacity": offer["capacity"]}
        for name in dict.fromkeys(offer["name"] for offer in listed.model["skus"])
        if (offer := offers.best_offer(listed, name)) is not None
    ]
    return Answer(status=200, body={"value": items})


def pause(turn: Turn) -> Answer:
    return _set_state(turn, "Paused")


def resume(turn: Turn) -> Answer:
    return _set_state(turn, "Running")


def _set_state(turn: Turn, state: str) -> Answer:
    """Pause or resume: 200 with the resource, idempotent (documented by the SDK)."""
    accounts.require_parent(turn, "write")
    accounts.require_quiet(turn)
    found = _require(turn)
    if at(found, "body", "properties", "deploymentState") != state:
        found["body"]["properties"]["deploymentState"] = state
        found["body"]["etag"] = provisioning.new_etag("deployment")
        found["body"]["systemData"] = turn.system_data(found["body"]["systemData"])
        turn.store.put("deployment", key_of(turn), found)
    return _answer(turn, 200, found)


def _keep_etag_of_an_identical_body(found: Json, before: Json | None) -> None:
    """A PUT that changes nothing gives no new etag (recorded)."""
    if before is None:
        return
    old, new = before["body"], found["body"]
    changing = ("etag", "systemData")
    if {n: v for n, v in old.items() if n not in changing} == {
        n: v for n, v in new.items() if n not in changing
    }:
        new["etag"] = old["etag"]


def _numbered(body: Json) -> Json:
    """A body whose sku.capacity may be digits in quotes, as az CLI sends it (recorded in June 2024)."""
    capacity = at(body, "sku", "capacity")
    if not isinstance(capacity, str) or _DIGITS.match(capacity) is None:
        return body
    return {**body, "sku": {**body["sku"], "capacity": int(capacity)}}


def _check_sources(turn: Turn, model: Json) -> None:
    """The linked-scope check; across tenants only `sourceAccount` works (assumed for `source`)."""
    callers = auth.auxiliary(turn.store, turn.now, turn.request.headers)
    source = model.get("source")
    if source and auth.tenant_of_linked(turn.store, source) not in {None, turn.caller.tenant}:
        raise errors.refusal("model_not_supported", shows="sources", printed=model)
    for linked in (source, model.get("sourceAccount")):
        if linked:
            auth.require_linked_account(
                turn.store, callers, turn.caller, action=_WRITE, scope=turn.request.path, linked=linked
            )


def _save(turn: Turn, found: Json, before: Json | None, admitted: Admitted) -> Answer:
    """Store a write, start its operation if it has one, and answer with the body as it stands."""
    event = "create" if before is None else "update"
    turn.store.put("deployment", key_of(turn), found)
    upkeep.changed(turn.store, found)
    headers: dict[str, str] = {}
    rule = provisioning.rules(turn.store)
    silent = turn.version[:10] <= versions.ASYNC_STATE_UNTIL or rule.get("headers") == "absent"
    if turn.forced is None and references.is_partner(admitted.listed.model):
        error = references.partner_failure(
            turn.store, found["body"]
        )  # inside a 200; the resource stays Failed
        turn = turn if error is None else replace(turn, forced={"lro": "Failed", "error": error})
    is_long = admitted.is_long or silent or rule.get("for") == "all" or turn.forced is not None
    if is_long and not provisioning.end_at_once(turn):
        operation = provisioning.begin(
            turn,
            kind="deployment",
            event="migrate" if admitted.is_migration else event,
            key=key_of(turn),
            location=found["location"],
            silent=silent,
        )
        found["body"]["properties"]["provisioningState"] = operation["state"]
        turn.store.put("deployment", key_of(turn), found)
        headers = {} if silent else provisioning.headers(turn, operation, location_too=True)
    return _answer(turn, 201 if before is None else 200, found, headers)


def _answer(turn: Turn, status: int, found: Json, headers: Mapping[str, str] | None = None) -> Answer:
    body = shown(turn, found)
    return Answer(status=status, body=body, headers={"ETag": body["etag"], **(headers or {})})

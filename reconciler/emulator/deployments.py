"""Deployments: list, get, put, patch, delete, as ARM answers them.

Rule of this module: the stored body is the newest version's view with properties in ARM's order; what a
caller sees is cut down to the api-version it asked with.
"""

import re
from collections.abc import Mapping

from reconciler.emulator import (
    accounts,
    admission,
    auth,
    clock,
    errors,
    offers,
    paging,
    provider_errors,
    provisioning,
    quota,
    upkeep,
    versions,
)
from reconciler.emulator.admission import Admitted
from reconciler.emulator.offers import Listed
from reconciler.emulator.turn import Turn, expect, expect_texts
from reconciler.emulator.wire import Answer, Json, at, overlay

TYPE = "Microsoft.CognitiveServices/accounts/deployments"

_ECHOED = (
    "parentDeploymentName",
    "spilloverDeploymentName",
    "dynamicThrottlingEnabled",
    "capacitySettings",
    "serviceTier",
    "deploymentState",
    "routing",
    "speculativeDecoding",
)
"""Properties that read back as written and not at all when left out."""

_WRITE = f"{TYPE}/write"
_DIGITS = re.compile(r"^[0-9]{1,9}$", re.ASCII)

MOST_DEPLOYMENTS = 32
"""Deployments that one account holds (documented on the quotas and limits page)."""


def key_of(turn: Turn) -> str:
    return f"{accounts.key_of(turn)}/deployments/{turn.args['deployment'].lower()}"


def listing(turn: Turn) -> Answer:
    """All deployments of an account; pages only by the switch `pageSize`, ARM was never seen to page."""
    accounts.require_parent(turn, "read")
    items = [_shown(turn, found) for found in turn.store.scan("deployment", f"{accounts.key_of(turn)}/")]
    return Answer(status=200, body=paging.page(turn, items))


def get(turn: Turn) -> Answer:
    accounts.require_parent(turn, "read")
    provisioning.look(turn.store, turn.now, "deployment", key_of(turn))
    found = turn.store.get("deployment", key_of(turn))
    if found is None:
        raise provider_errors.not_found(turn.request.path)
    return _answer(turn, 200, found)


def put(turn: Turn) -> Answer:
    """Create (201) or replace (200); full replacement, so what is left out falls back to its default."""
    account = accounts.require_parent(turn, "write")
    body = _read_body(turn)
    _check_sources(turn, at(body, "properties", "model") or {})
    accounts.require_quiet(turn)
    before = turn.store.get("deployment", key_of(turn))
    admitted = admission.admit(turn, account["body"], body, before)
    _check_references(turn, body)
    _check_count(turn, before)
    found = {
        "account": accounts.key_of(turn),
        "location": account["body"]["location"],
        "units": admitted.units,
        "touched": clock.stamp(turn.now),
        "born": clock.stamp(turn.now) if before is None else before["born"],
        "body": _written(turn, account["body"], body, admitted, before),
    }
    return _save(turn, found, before, is_long=admitted.is_long)


def patch(turn: Turn) -> Answer:
    """Change sku or tags and nothing else: 200, or 202 with Location and no body (specified)."""
    account = accounts.require_parent(turn, "write")
    asked = _numbered(turn.body())
    if unknown := sorted(set(asked) - {"sku", "tags"}):
        raise errors.invalid_content(
            f"Could not find member {unknown[0]} on object of type PatchResourceTagsAndSku"
        )
    expect(asked, admission.SHAPES)
    expect_texts(asked, "tags")
    accounts.require_quiet(turn)
    before = turn.store.get("deployment", key_of(turn))
    if before is None:
        raise provider_errors.not_found(turn.request.path)
    body = {**before["body"], **({"tags": asked["tags"]} if "tags" in asked else {})}
    body["sku"] = overlay(before["body"]["sku"], asked.get("sku", {}))
    admitted = admission.admit(turn, account["body"], body, before)
    found = {
        **before,
        "units": admitted.units,
        "touched": clock.stamp(turn.now),
        "body": _written(turn, account["body"], body, admitted, before),
    }
    answer = _save(turn, found, before, is_long=admitted.is_long and "sku" in asked)
    if "Azure-AsyncOperation" not in answer.headers:
        return answer
    operation = answer.headers["Azure-AsyncOperation"]
    polled = {"Location": f"{operation}&operationResultResponseType=Location"}
    kept = {name: value for name, value in answer.headers.items() if name != "ETag"}
    return Answer(status=202, headers={**kept, **polled})


def delete(turn: Turn) -> Answer:
    """200 when it was there (recorded), 204 when not (specified); synchronous, also while it is Creating."""
    accounts.require_parent(turn, "delete")
    found = turn.store.get("deployment", key_of(turn))
    if found is None:
        return Answer(status=204)
    provisioning.forget_silent(turn.store, key_of(turn))
    accounts.require_quiet(turn)
    slow = provisioning.begin_delete(turn, kind="deployment", key=key_of(turn), location=found["location"])
    if slow is not None:
        return slow
    turn.store.delete("deployment", key_of(turn))
    return Answer(status=200)


def skus(turn: Turn) -> Answer:
    """Skus a deployment could have, with their ranges (specified; contents assumed from the models list)."""
    account = accounts.require_parent(turn, "read")["body"]
    found = turn.store.get("deployment", key_of(turn))
    if found is None:
        raise provider_errors.not_found(turn.request.path)
    listed = _listed(turn, account, found["body"]["properties"]["model"])
    names = {} if listed is None else dict.fromkeys(offer["name"] for offer in listed.model["skus"])
    items = []
    for name in names:
        offer = None if listed is None else offers.best_offer(listed, name)
        if offer is not None:
            current = found["body"]["sku"]["capacity"]
            items.append(
                {
                    "resourceType": TYPE,
                    "sku": {"name": name, "capacity": current},
                    "capacity": offer["capacity"],
                }
            )
    return Answer(status=200, body={"value": items})


def pause(turn: Turn) -> Answer:
    return _set_state(turn, "Paused")


def resume(turn: Turn) -> Answer:
    return _set_state(turn, "Running")


def _set_state(turn: Turn, state: str) -> Answer:
    """Pause or resume: 200 with the resource, idempotent (documented by the SDK)."""
    accounts.require_parent(turn, "write")
    accounts.require_quiet(turn)
    found = turn.store.get("deployment", key_of(turn))
    if found is None:
        raise provider_errors.not_found(turn.request.path)
    if at(found, "body", "properties", "deploymentState") != state:
        found["body"]["properties"]["deploymentState"] = state
        found["body"]["etag"] = provisioning.new_etag("deployment")
        found["body"]["systemData"] |= _modified(turn)
        turn.store.put("deployment", key_of(turn), found)
    return _answer(turn, 200, found)


def _numbered(body: Json) -> Json:
    """A body whose sku.capacity may be digits in quotes, as az CLI sends it (assumed to be read)."""
    capacity = at(body, "sku", "capacity")
    if not isinstance(capacity, str) or _DIGITS.match(capacity) is None:
        return body
    return {**body, "sku": {**body["sku"], "capacity": int(capacity)}}


def _read_body(turn: Turn) -> Json:
    body = _numbered(turn.body())
    expect(body, admission.SHAPES)
    expect_texts(body, "tags")
    return versions.visible(body, turn.version)


def _check_sources(turn: Turn, model: Json) -> None:
    """The linked-scope check; across tenants only `sourceAccount` works (assumed for `source`)."""
    callers = auth.auxiliary(turn.store, turn.now, turn.request.headers)
    source = model.get("source")
    if source and auth.tenant_of_linked(turn.store, source) not in {None, turn.caller.tenant}:
        raise provider_errors.sourced_model_not_supported(model)
    for linked in (source, model.get("sourceAccount")):
        if linked:
            auth.require_linked_account(
                turn.store, callers, turn.caller, action=_WRITE, scope=turn.request.path, linked=linked
            )


def _check_references(turn: Turn, body: Json) -> None:
    """A spillover target and a content filter policy have to exist (texts of the refusals are assumed)."""
    target = at(body, "properties", "spilloverDeploymentName")
    if (
        target
        and turn.store.get("deployment", f"{accounts.key_of(turn)}/deployments/{target.lower()}") is None
    ):
        raise provider_errors.no_such_spillover(target)
    policy = at(body, "properties", "raiPolicyName")
    if not policy or policy.lower().startswith("microsoft."):
        return
    if turn.store.get("raipolicy", f"{accounts.key_of(turn)}/raipolicies/{policy.lower()}") is None:
        raise provider_errors.no_such_policy(policy)


def _check_count(turn: Turn, before: Json | None) -> None:
    """An account holds 32 deployments (documented; the refusal's code and text are assumed)."""
    if before is not None or turn.store.setting("switches").get("deploymentLimit") == "off":
        return
    if len(turn.store.scan("deployment", f"{accounts.key_of(turn)}/")) >= MOST_DEPLOYMENTS:
        raise provider_errors.too_many_deployments(MOST_DEPLOYMENTS)


def _listed(turn: Turn, account: Json, model: Json) -> Listed | None:
    known: Json = {part: model[part] for part in ("format", "name", "version") if part in model}
    return offers.find(turn.store, account["location"], account["kind"], known)


def _written(turn: Turn, account: Json, asked: Json, admitted: Admitted, before: Json | None) -> Json:
    """The body as it will read back, properties in the recorded order."""
    old = None if before is None else before["body"]
    identity = f"{account['id']}/deployments/{turn.args['deployment']}" if old is None else old["id"]
    wanted: Json = asked.get("properties") or {}
    return {
        "id": identity,
        "type": TYPE,
        "name": identity.rpartition("/")[2],
        "sku": admitted.sku,
        **({"tags": asked["tags"]} if asked.get("tags") else {}),
        "properties": _properties(turn, wanted, admitted),
        "systemData": _modified(turn) if old is None else {**old["systemData"], **_modified(turn)},
        "etag": provisioning.new_etag("deployment"),
    } | ({} if old is not None else {"systemData": {**_created(turn), **_modified(turn)}})


def _properties(turn: Turn, wanted: Json, admitted: Admitted) -> Json:
    model = admitted.listed.model
    default_policy = None if model["name"].startswith("gpt-35-turbo") else "Microsoft.DefaultV2"
    policy = wanted.get("raiPolicyName", default_policy)
    capacity = admitted.sku["capacity"]
    rates = [{**rate, "count": rate["count"] * capacity} for rate in admitted.offer.get("rateLimits", [])]
    kept_unknown = turn.store.setting("switches").get("unknownProperties") == "kept"
    return {
        "model": {
            part: admitted.model[part]
            for part in ("publisher", "format", "name", "version", "source", "sourceAccount")
            if part in admitted.model
        },
        "versionUpgradeOption": wanted.get("versionUpgradeOption", "OnceNewDefaultVersionAvailable"),
        "currentCapacity": capacity,
        "capabilities": offers.deployed_capabilities(admitted.listed),
        **({} if policy is None else {"raiPolicyName": policy}),
        **{name: wanted[name] for name in _ECHOED if name in wanted},
        **({"scaleSettings": wanted["scaleSettings"]} if "scaleSettings" in wanted else {}),
        **({name: wanted[name] for name in wanted if name not in PROPERTIES} if kept_unknown else {}),
        "provisioningState": "Succeeded",
        **({"rateLimits": rates} if rates else {}),
    }


PROPERTIES = frozenset(
    {
        *_ECHOED,
        "model",
        "versionUpgradeOption",
        "currentCapacity",
        "capabilities",
        "raiPolicyName",
        "provisioningState",
        "rateLimits",
        "scaleSettings",
        "callRateLimit",
    }
)


def _created(turn: Turn) -> Json:
    return {
        "createdBy": turn.caller.client,
        "createdByType": "Application",
        "createdAt": clock.stamp(turn.now),
    }


def _modified(turn: Turn) -> Json:
    return {
        "lastModifiedBy": turn.caller.client,
        "lastModifiedByType": "Application",
        "lastModifiedAt": clock.stamp(turn.now),
    }


def _save(turn: Turn, found: Json, before: Json | None, *, is_long: bool) -> Answer:
    """Store a write, start its operation if it has one, and answer with the body as it stands."""
    event = "create" if before is None else "update"
    turn.store.put("deployment", key_of(turn), found)
    upkeep.changed(turn.store, found)
    headers: dict[str, str] = {}
    operation = None
    rule = provisioning.rules(turn.store)
    silent = turn.version[:10] <= versions.ASYNC_STATE_UNTIL or rule.get("headers") == "absent"
    if is_long or silent or rule.get("for") == "all" or turn.forced is not None:
        operation = provisioning.begin(
            turn,
            kind="deployment",
            event=event,
            key=key_of(turn),
            location=found["location"],
            silent=silent,
        )
    if operation is not None:
        found["body"]["properties"]["provisioningState"] = operation["state"]
        turn.store.put("deployment", key_of(turn), found)
        headers = {} if silent else provisioning.headers(turn, operation)
    return _answer(turn, 201 if before is None else 200, found, headers)


def _answer(turn: Turn, status: int, found: Json, headers: Mapping[str, str] | None = None) -> Answer:
    body = _shown(turn, found)
    return Answer(status=status, body=body, headers={"ETag": body["etag"], **(headers or {})})


def _shown(turn: Turn, found: Json) -> Json:
    """A stored deployment as the caller's api-version and the switches show it."""
    body = versions.visible(found["body"], turn.version)
    switches = turn.store.setting("switches")
    if switches.get("sourceReturned") is False:
        model = body["properties"]["model"]
        body["properties"]["model"] = {n: v for n, v in model.items() if n not in {"source", "sourceAccount"}}
    if switches.get("rateLimitsSpelling") == "ratelimits" and "rateLimits" in body["properties"]:
        body["properties"]["ratelimits"] = body["properties"].pop("rateLimits")
    return body


def fill(turn: Turn, account: Json, given: Json) -> Json:
    """A deployment document from an ARM resource as a test gives it, unchecked, read-only parts filled in."""
    model = dict(at(given, "properties", "model") or {})
    listed = _listed(turn, account, model)
    sku = {"name": "Standard", "capacity": 1, **(given.get("sku") or {})}
    offer = None if listed is None else offers.best_offer(listed, sku["name"])
    admitted = Admitted(
        sku=sku,
        model=model,
        listed=listed
        or Listed(kinds=(account["kind"],), sku_name="S0", model={"name": "", **model, "skus": []}),
        offer=offer or {},
        units={},
    )
    if offer is not None:
        fine_tuned = listed is not None and listed.fine_tuned_name is not None
        units = quota.units_of(offer, sku["name"], sku["capacity"], fine_tuned=fine_tuned)
    else:
        units = {}
    body = overlay(_written(turn, account, given, admitted, None), given)
    if "etag" not in given:
        body["etag"] = provisioning.new_etag("deployment")
    return {
        "account": account["id"].lower(),
        "location": account["location"],
        "units": units,
        "touched": clock.stamp(turn.now),
        "born": clock.stamp(turn.now),
        "body": body,
    }

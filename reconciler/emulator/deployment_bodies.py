"""A deployment's body: as it is stored, as it reads back, and what a PUT leaves of the one before.

Rule of this module: it decides nothing. Properties stand in ARM's order; what nothing public tells (what
becomes of a property that a PUT leaves out, or sends as null) hangs on a switch.
"""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.emulator import clock, offers, provisioning, quota, versions
from reconciler.emulator.admission import Admitted
from reconciler.emulator.deployment_fields import ECHOED, MODEL_PARTS, PROPERTIES, visible
from reconciler.emulator.offers import Listed
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at, normal_location, overlay

TYPE = "Microsoft.CognitiveServices/accounts/deployments"

_SKUS_SINCE = datetime(2023, 6, 1, tzinfo=UTC)
"""A deployment has a capacity and a say in upgrades since (recorded: written on 19 May and 15 June 2023)."""

_FILTER_NAMED_SINCE = offers.SPRING_2026
"""A deployment named no content filter of its own on 10 February 2026, and one on 3 March (recorded)."""

_STATE_SHOWN_SINCE = datetime(2026, 6, 25, tzinfo=UTC)
"""A deployment says that it runs since (printed on this day; a day before it is not known)."""

_OWN = "_H_"
"""How the capabilities begin that are of one deployment, and not of its model."""

_KEPT = (*ECHOED, "raiPolicyName", "versionUpgradeOption")
"""Properties that `omitted: kept` keeps when a PUT leaves them out."""


def written(turn: Turn, account: Json, asked: Json, admitted: Admitted, before: Json | None) -> Json:
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
        "properties": _properties(turn, account, wanted, admitted, before),
        "systemData": turn.system_data(None if old is None else old["systemData"]),
        "etag": provisioning.new_etag("deployment"),
    }


def _properties(turn: Turn, account: Json, wanted: Json, admitted: Admitted, before: Json | None) -> Json:
    model = admitted.listed.model
    wanted = {name: value for name, value in wanted.items() if name not in _KEPT or value != ""}
    default_policy = None if _is_unfiltered(turn, model) else "Microsoft.DefaultV2"
    option = None if turn.now < _SKUS_SINCE else "OnceNewDefaultVersionAvailable"
    if admitted.is_migration:
        option = "OnceCurrentVersionExpired"
    elif admitted.listed.fine_tuned_name is not None:
        option = "NoAutoUpgrade"  # recorded, June 2024 to January 2025
    option = wanted.get("versionUpgradeOption", option)
    policy = wanted.get("raiPolicyName", default_policy)
    capacity = admitted.sku["capacity"]
    rates = offers.rate_limits(admitted.offer, capacity)
    if before is not None and turn.store.switch("omitted") == "kept":
        old = before["body"]["properties"]
        cleared = turn.cleared()
        wanted = {**{name: old[name] for name in _KEPT if name in old and name not in cleared}, **wanted}
        policy = wanted.get("raiPolicyName", default_policy)
    kept_unknown = turn.store.switch("unknownProperties") == "kept"
    return {
        "model": {part: admitted.model[part] for part in MODEL_PARTS if part in admitted.model},
        **({} if option is None else {"versionUpgradeOption": option}),
        "currentCapacity": capacity,
        "capabilities": {
            **offers.deployed_capabilities(admitted.listed, admitted.sku["name"]),
            **_throttling_key(turn),
        },
        **({} if policy is None else {"raiPolicyName": policy}),
        **_state(turn, admitted),
        **{name: wanted[name] for name in ECHOED if name in wanted},
        **({"scaleSettings": wanted["scaleSettings"]} if "scaleSettings" in wanted else {}),
        **({name: wanted[name] for name in wanted if name not in PROPERTIES} if kept_unknown else {}),
        "provisioningState": "Succeeded",
        **({"rateLimits": rates} if rates else {}),
        **_overrides(account, admitted),
    }


def _state(turn: Turn, admitted: Admitted) -> Json:
    """What can be paused runs unless it is asked to pause."""
    is_shown = turn.now >= _STATE_SHOWN_SINCE and admitted.sku["name"] in offers.STANDARD
    return {"deploymentState": "Running"} if is_shown else {}


def _overrides(account: Json, admitted: Admitted) -> Json:
    """Where a fine-tuned model of a partner is kept (recorded in February 2026 for one of Mistral)."""
    name, model = admitted.listed.fine_tuned_name, admitted.model
    if name is None or model["format"] == "OpenAI":
        return {}
    registry = f"azureml-{model['format'].split()[0].lower()}-ipp-ft-{normal_location(account['location'])}"
    kept = f"azureml://registries/{registry}/models/rp-{uuid.uuid5(uuid.NAMESPACE_URL, name).hex}/versions/1"
    mesh = {"x-ms-model-mesh-model-name": name.partition(".ft-")[0]}
    return {"headerOverrides": {"azureml-maas-model": kept, **mesh}}


def _throttling_key(turn: Turn) -> Json:
    """A capability of one deployment that some subscriptions see (recorded in March 2026), by a switch."""
    if turn.store.switch("throttlingKeys") != "shown":
        return {}
    key = uuid.uuid5(uuid.NAMESPACE_URL, turn.request.path.lower()).hex
    return {f"{_OWN}azureml-throttling-key": f"oai-{key}"}


def _is_unfiltered(turn: Turn, model: Json) -> bool:
    """Whether a deployment names no content filter unless it is asked to."""
    is_named = turn.now >= _FILTER_NAMED_SINCE
    return not is_named or model["name"].startswith("gpt-35-turbo") or model.get("format") == "Anthropic"


def shown(turn: Turn, found: Json) -> Json:
    """A stored deployment as the caller's api-version, the day and the switches show it.

    A sku is spelled as it was asked for; capabilities are those that the list has on the day of the answer,
    also where nobody wrote in between, the rest is of the last write (recorded, June 2023 to January 2025).
    """
    body = visible(found["body"], turn.version)
    if "sku" in body and "skuName" in found:
        body["sku"] = {**body["sku"], "name": found["skuName"]}
    if "kind" in found and "capabilities" in body["properties"]:
        model = found["body"]["properties"]["model"]
        listed = offers.find(turn.store, found["location"], found["kind"], model)
        if listed is not None:
            known = body["properties"]["capabilities"]
            body["properties"]["capabilities"] = {
                **offers.deployed_capabilities(listed, found["body"]["sku"]["name"]),
                **{name: value for name, value in known.items() if name.startswith(_OWN)},
            }
    if turn.version[:10] < versions.SKU_SINCE:
        # before skus a deployment said its scale here, behind the model (recorded, 2022-12-01)
        model, scale = body["properties"].pop("model"), {"scaleType": "Standard"}
        if turn.now >= _SKUS_SINCE:
            scale["capacity"] = found["body"]["sku"]["capacity"]
        body["properties"] = {"model": model, "scaleSettings": scale, **body["properties"]}
    switches = turn.store.setting("switches")
    if switches.get("sourceReturned") is False:
        model = body["properties"]["model"]
        body["properties"]["model"] = {n: v for n, v in model.items() if n not in {"source", "sourceAccount"}}
    is_lower = clock.spells_in_lower_case(turn.now) or switches.get("rateLimitsSpelling") == "ratelimits"
    if is_lower and "rateLimits" in body["properties"]:
        body["properties"]["ratelimits"] = body["properties"].pop("rateLimits")
    if switches.get("modelProviderData") == "hidden":
        body["properties"].pop("modelProviderData", None)
    return body


def fill(turn: Turn, account: Json, given: Json) -> Json:
    """A deployment document from an ARM resource as a test gives it, unchecked, read-only parts filled in."""
    model = dict(at(given, "properties", "model") or {})
    listed = offers.find(turn.store, account["location"], account["kind"], model)
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
    fine_tuned = listed is not None and listed.fine_tuned_name is not None
    modified = at(given, "systemData", "lastModifiedAt")
    writing = turn if modified is None else replace(turn, now=clock.parse(str(modified)))
    return {
        "account": account["id"].lower(),
        "location": account["location"],
        "units": quota.units_of(offer, sku["name"], sku["capacity"], fine_tuned=fine_tuned) if offer else {},
        "touched": clock.stamp(turn.now),
        "born": clock.stamp(turn.now),
        **({} if at(given, "properties", "capabilities") else {"kind": account["kind"]}),
        "body": overlay(written(writing, account, given, admitted, None), given),
    }

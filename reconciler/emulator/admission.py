"""Whether a deployment may be written as asked: the provider's rules, one refusal at a time.

Rule of this module: it reads the state and changes nothing. The order of the checks is assumed (nothing
public tells it): name, state, sku, model, offer, dates, capacity, quota.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.emulator import offers, provider_errors, provisioning, quota, versions
from reconciler.emulator.offers import Listed
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at

SHAPES: Mapping[str, type] = {
    "sku": dict,
    "sku.name": str,
    "sku.capacity": int,
    "sku.tier": str,
    "sku.size": str,
    "sku.family": str,
    "tags": dict,
    "properties": dict,
    "properties.model": dict,
    "properties.model.format": str,
    "properties.model.name": str,
    "properties.model.version": str,
    "properties.model.publisher": str,
    "properties.model.source": str,
    "properties.model.sourceAccount": str,
    "properties.versionUpgradeOption": str,
    "properties.raiPolicyName": str,
    "properties.parentDeploymentName": str,
    "properties.spilloverDeploymentName": str,
    "properties.dynamicThrottlingEnabled": bool,
    "properties.capacitySettings": dict,
    "properties.serviceTier": str,
    "properties.deploymentState": str,
    "properties.routing": dict,
    "properties.scaleSettings": dict,
    "properties.scaleSettings.scaleType": str,
    "properties.scaleSettings.capacity": int,
}
"""JSON types of what a deployment's body may hold; other properties are ignored (recorded)."""

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")
_DEFAULT_SKU: Json = {"name": "Standard", "capacity": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What an admitted write will be made of: sku and model as they will read back, and what they draw on."""

    sku: Json
    model: Json
    listed: Listed
    offer: Json
    units: dict[str, int]

    @property
    def is_long(self) -> bool:
        """Provisioned and fine-tuned deployments take long (documented: minutes); others answer at once."""
        return offers.is_provisioned(self.sku["name"]) or self.listed.fine_tuned_name is not None


def admit(turn: Turn, account: Json, body: Json, before: Json | None) -> Admitted:
    """Check one PUT body, nulls removed, against the account and what exists; raises Refusal."""
    if _NAME.match(turn.args["deployment"]) is None:
        raise provider_errors.invalid_name()
    _check_state(turn, before)
    sku = _sku(turn, body, before)
    listed, model = _model(turn, account, body)
    if before is not None:
        _check_change(turn, before["body"], sku, model)
    offer = _offer(turn, listed, model, sku, before)
    _check_capacity(sku["capacity"], offer)
    units = quota.units_of(offer, sku["name"], sku["capacity"], fine_tuned=listed.fine_tuned_name is not None)
    held = {} if before is None else before["units"]
    refusal = quota.admit(turn.store, turn.subscription, account["location"], held, units)
    if refusal is not None:
        raise refusal
    return Admitted(sku=sku, model=model, listed=listed, offer=offer, units=units)


def _check_state(turn: Turn, before: Json | None) -> None:
    state = "Succeeded" if before is None else before["body"]["properties"]["provisioningState"]
    if before is not None and state == "Failed":
        raise provider_errors.failed_state(before["body"]["name"])
    if before is not None and state not in provisioning.TERMINAL:
        raise provider_errors.not_terminal(before["body"]["id"])
    if_match = turn.request.headers.get("if-match")
    if if_match and turn.store.setting("switches").get("etags") == "enforced":
        current = None if before is None else before["body"]["etag"]
        if current is None or if_match not in {current, "*"}:
            raise provider_errors.precondition_failed(turn.args["deployment"])


def _sku(turn: Turn, body: Json, before: Json | None) -> Json:
    """The sku as it will read back; versions before 2023-05-01 say it by `scaleSettings`."""
    settings = at(body, "properties", "scaleSettings")
    if turn.version[:10] < versions.SKU_SINCE:
        capacity = (settings or {}).get("capacity") or 1
        return (
            dict(before["body"]["sku"]) if before and not settings else {**_DEFAULT_SKU, "capacity": capacity}
        )
    if settings is not None:
        raise provider_errors.scale_settings_refused()
    asked = body.get("sku")
    if asked is None:
        if before is not None:
            raise provider_errors.sku_missing()
        return dict(_DEFAULT_SKU)
    name = offers.canonical_sku(asked.get("name", ""))
    if name is None:
        raise provider_errors.invalid_sku_name(asked.get("name", ""))
    named = {part: asked[part] for part in ("tier", "size", "family") if part in asked}
    return {"name": name, **named, "capacity": asked.get("capacity", 1)}


def _model(turn: Turn, account: Json, body: Json) -> tuple[Listed, Json]:
    asked: Json = at(body, "properties", "model") or {}
    if not asked.get("name") or not asked.get("format"):
        raise provider_errors.model_missing()
    known = {part: asked[part] for part in ("publisher", "format", "name", "version") if asked.get(part)}
    sources = {part: asked[part] for part in ("source", "sourceAccount") if asked.get(part)}
    listed = offers.find(turn.store, account["location"], account["kind"], known)
    if listed is None:
        raise provider_errors.model_not_supported(known["format"], known["name"], known.get("version", ""))
    model = {**known, "version": listed.model["version"], **sources}
    return listed, model


def _check_change(turn: Turn, before: Json, sku: Json, model: Json) -> None:
    """What PUT may change in place: contract section 6 of the recorded behaviour."""
    old_sku, old_model = before["sku"], before["properties"]["model"]
    identity = ("format", "name", "source", "sourceAccount")
    if any(str(old_model.get(part, "")).lower() != str(model.get(part, "")).lower() for part in identity):
        raise provider_errors.cannot_change_model()
    if old_model["version"] != model["version"] and old_sku["capacity"] != sku["capacity"]:
        raise provider_errors.capacity_and_model_together()
    refused = turn.store.setting("switches").get("skuChange") == "refused"
    if refused and old_sku["name"] != sku["name"]:
        raise provider_errors.sku_name_fixed()


def _offer(turn: Turn, listed: Listed, model: Json, sku: Json, before: Json | None) -> Json:
    """The offer a write draws on; dates and lifecycle are asked only when the model or sku is new to it."""
    offer = offers.best_offer(listed, sku["name"])
    if offer is None:
        raise provider_errors.sku_not_supported(sku["name"], model["name"], model["version"])
    if before is not None:
        old = before["body"]
        same_version = old["properties"]["model"]["version"] == model["version"]
        if same_version and old["sku"]["name"] == sku["name"]:
            return offer
    end = offers.ends(offer)
    if end <= turn.now:
        raise provider_errors.model_deprecated(
            model["format"], model["name"], model["version"], f"{end:%m/%d/%Y %H:%M:%S}"
        )
    if listed.fine_tuned_name is None:
        _check_lifecycle(turn, listed)
    return offer


def _check_lifecycle(turn: Turn, listed: Listed) -> None:
    model = listed.model
    status = model.get("lifecycleStatus")
    if status == "Deprecated":
        raise provider_errors.model_retired(model["name"])
    if status == "Deprecating" and not _has_one_already(turn, model):
        raise provider_errors.model_deprecating(
            model.get("publisher", ""), model["format"], model["name"], model["version"]
        )


def _has_one_already(turn: Turn, model: Json) -> bool:
    """Documented: only subscriptions that already deployed a deprecating version may create more of it."""
    parts = ("format", "name", "version")
    wanted = [model[part] for part in parts]
    return any(
        [at(deployment, "body", "properties", "model", part) for part in parts] == wanted
        for deployment in turn.store.scan("deployment", f"/subscriptions/{turn.subscription.lower()}/")
    )


def _check_capacity(capacity: int, offer: Json) -> None:
    """Valid is minimum + n * step up to maximum; both are 1 where ARM lists none."""
    sizes = offer.get("capacity", {})
    minimum, step = sizes.get("minimum", 1), sizes.get("step", 1)
    maximum = sizes.get("maximum", 1_000_000)
    if not minimum <= capacity <= maximum:
        raise provider_errors.capacity_out_of_range(capacity, minimum, maximum)
    if (capacity - minimum) % step:
        raise provider_errors.capacity_off_step(capacity, minimum, maximum, step)

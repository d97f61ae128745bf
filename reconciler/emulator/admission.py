"""Whether a deployment may be written as asked: the provider's rules, one refusal at a time.

Rule of this module: it reads the state and changes nothing. The order of the checks is assumed (nothing
public tells it): name, state, sku, model, offer, dates, capacity, quota.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.emulator import (
    clock,
    deployment_fields,
    errors,
    offers,
    provisioning,
    quota,
    references,
    versions,
)
from reconciler.emulator.offers import Listed
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")
UPGRADE_OPTIONS = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
_SIZES_LEFT_OUT_SINCE = datetime(2025, 1, 1, tzinfo=UTC)
_DEFAULT_SKU: Json = {"name": "Standard", "capacity": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What an admitted write will be made of: sku and model as they will read back, and what they draw on."""

    sku: Json
    model: Json
    listed: Listed
    offer: Json
    units: dict[str, int]
    is_migration: bool = False
    """Whether a provisioned deployment changes its model or version in place: 25 minutes (documented)."""
    is_long: bool = False
    """Provisioned, fine-tuned and partners' deployments take long (documented, reported: minutes)."""


def admit(turn: Turn, account: Json, body: Json, before: Json | None) -> Admitted:
    """Check one PUT body, nulls removed, against the account and what exists; raises Refusal."""
    if _NAME.match(turn.args["deployment"]) is None:
        raise errors.refusal("invalid_name")
    _check_state(turn, before)
    _check_words(turn, body)
    sku = _sku(turn, body, before)
    listed, model = _model(turn, account, body, before, sku["name"])
    is_migration = before is not None and _check_change(turn, before["body"], sku, model)
    if before is None:
        references.require_leave(turn.store, turn.now, listed.model, sku["name"], account["location"])
    offer = _offer(turn, account, listed, model, sku, before, is_named=body.get("sku") is not None)
    _check_capacity(turn, sku["capacity"], offer, is_told=at(body, "sku", "capacity") is not None)
    if references.is_partner(model):
        references.require_partner_data(body, before)
    if before is None:
        references.require_standing(turn.store, turn.now)
    units = quota.units_of(offer, sku["name"], sku["capacity"], fine_tuned=listed.fine_tuned_name is not None)
    held = {} if before is None or quota.counts_anew(turn) else before["units"]
    more = sku["capacity"] - (0 if before is None else before["body"]["sku"]["capacity"])
    if quota.is_short(turn, account["location"], listed.model, sku["name"], more):
        raise errors.refusal("no_capacity", sku=sku["name"], region=account["location"])
    quota.require(turn, account["location"], held, units)
    is_long = offers.is_provisioned(sku["name"]) or listed.fine_tuned_name is not None
    return Admitted(
        sku=sku,
        model=model,
        listed=listed,
        offer=offer,
        units=units,
        is_migration=is_migration,
        is_long=is_long or references.is_partner(model),
    )


def _check_words(turn: Turn, body: Json) -> None:
    option = at(body, "properties", "versionUpgradeOption")
    if option and option not in UPGRADE_OPTIONS:
        raise errors.refusal("invalid_upgrade_option", option=option)
    if turn.store.switch("nulls") == "refused":
        refused = [name for name in turn.nulls() if name not in deployment_fields.NULLABLE]
        if refused:
            raise errors.refusal("null_refused", name=refused[0])


def _check_state(turn: Turn, before: Json | None) -> None:
    state = "Succeeded" if before is None else before["body"]["properties"]["provisioningState"]
    if before is not None and state == "Failed":
        raise errors.refusal("failed_state", deployment=before["body"]["name"])
    if before is not None and state not in provisioning.TERMINAL:
        raise errors.refusal("not_terminal", resource_id=before["body"]["id"])
    if turn.store.switch("etags") != "enforced":
        return
    current = None if before is None else before["body"]["etag"]
    if_match, if_none = (turn.request.headers.get(f"if-{name}match") for name in ("", "none-"))
    moved = bool(if_match) and (current is None or if_match not in {current, "*"})
    if moved or (if_none and current is not None):
        raise errors.refusal("precondition_failed", deployment=turn.args["deployment"])


def _sku(turn: Turn, body: Json, before: Json | None) -> Json:
    """The sku as it will read back; versions before 2023-05-01 say it by `scaleSettings`."""
    settings = at(body, "properties", "scaleSettings")
    if turn.version[:10] < versions.SKU_SINCE:
        kind = at(body, "properties", "scaleSettings", "scaleType")
        if kind not in {None, "Standard"} and turn.version[:10] > versions.ASYNC_STATE_UNTIL:
            raise errors.refusal(
                "scale_type_not_supported", kind=kind, model=at(body, "properties", "model", "name") or ""
            )
        if kind == "Standard" and at(body, "properties", "scaleSettings", "capacity") is not None:
            raise errors.refusal("capacity_not_null")
        if before and not settings:
            return dict(before["body"]["sku"])
        return {**_DEFAULT_SKU, "capacity": (settings or {}).get("capacity") or 1}
    if settings is not None:
        raise errors.refusal("scale_settings_refused")
    asked = body.get("sku")
    if asked is None:
        if before is not None:
            raise errors.refusal("sku_missing")
        return dict(_DEFAULT_SKU)
    name = offers.canonical_sku(asked.get("name", ""))
    if name is None:
        raise errors.refusal("invalid_sku_name", sku=asked.get("name", ""))
    named = {part: asked[part] for part in deployment_fields.SKU_PARTS[2:] if part in asked}
    if "tier" in named and turn.store.switch("skuTier") == "refused":
        raise errors.refusal(
            "invalid_content",
            parser_text="Could not find member 'tier' on object of type 'Sku'. Path 'sku.tier'",
        )
    return {"name": name, **named, "capacity": asked.get("capacity", 1)}


def _model(turn: Turn, account: Json, body: Json, before: Json | None, sku: str) -> tuple[Listed, Json]:
    asked: Json = at(body, "properties", "model") or {}
    if not asked.get("name") or not asked.get("format"):
        raise errors.refusal("model_missing")
    known = {part: asked[part] for part in ("publisher", "format", "name", "version") if asked.get(part)}
    sources = {part: asked[part] for part in ("source", "sourceAccount") if asked.get(part)}
    listed = offers.find(turn.store, account["location"], account["kind"], known)
    if listed is None and turn.store.switch("withdrawnModel") == "accepted":
        listed = _withdrawn(known, before)
    if listed is None:
        ended = offers.ended_elsewhere(turn.store, account["location"], known, sku, turn.now)
        if ended is not None:
            raise _deprecated(turn, ended, sku)
        is_elsewhere = offers.is_offered_elsewhere(turn.store, account["location"], known, None)
        raise errors.refusal("model_not_supported", now=turn.now, printed=known, elsewhere=is_elsewhere)
    model = {**known, "version": listed.model["version"], **sources}
    return listed, model


def _withdrawn(known: Json, before: Json | None) -> Listed | None:
    """A model that is listed no more, as the deployment that still has it knows it; any size goes."""
    if before is None:
        return None
    old: Json = before["body"]
    model: Json = old["properties"]["model"]
    if any(str(model.get(part)) != str(value) for part, value in known.items()):
        return None
    pools = list(before["units"]) or [f"OpenAI.{old['sku']['name']}.{model['name']}"]
    offer = {"name": old["sku"]["name"], "usageName": pools[0], "capacity": {}}
    capabilities = old["properties"].get("capabilities", {})
    return Listed(kinds=(), sku_name="S0", model={**model, "skus": [offer], "capabilities": capabilities})


def _check_change(turn: Turn, before: Json, sku: Json, model: Json) -> bool:
    """What PUT may change in place; whether that is the migration of a provisioned deployment.

    Another name or version of the model on an unchanged provisioned sku is documented (and refused by the
    switch `modelChange`); another name on a standard sku was last seen refused in 2024.
    """
    old_sku, old_model = before["sku"], before["properties"]["model"]
    switches = turn.store.setting("switches")

    def differs(*parts: str) -> bool:
        return any(str(old_model.get(part, "")).lower() != str(model.get(part, "")).lower() for part in parts)

    provisioned = offers.is_provisioned(sku["name"]) and old_sku["name"] == sku["name"]
    is_migration = provisioned and differs("name", "version")
    if differs("format", "source", "sourceAccount") or (differs("name") and not is_migration):
        raise errors.refusal("cannot_change_model")
    if is_migration and switches.get("modelChange") == "refused":
        raise errors.refusal("cannot_change_model")
    if differs("name", "version") and old_sku["capacity"] != sku["capacity"]:
        raise errors.refusal("capacity_and_model_together")
    if switches.get("skuChange") == "refused" and old_sku["name"] != sku["name"]:
        raise errors.refusal("sku_name_fixed")
    return is_migration


def _offer(
    turn: Turn, account: Json, listed: Listed, model: Json, sku: Json, before: Json | None, *, is_named: bool
) -> Json:
    """The offer a write draws on; dates and lifecycle are asked only when the model or sku is new to it.

    The refusal names the region where a sku was asked for and another region has it (reported from August
    2023 on in a template, from April 2024 on without one), and not where the sku was left out (reported in
    March 2025).
    """
    offer = offers.best_offer(listed, sku["name"])
    if offer is None and versions.ASYNC_STATE_UNTIL < turn.version[:10] < versions.SKU_SINCE:
        raise errors.refusal("scale_type_not_supported", kind=sku["name"], model=model["name"])
    if offer is None:
        place = account["location"]
        is_regional = is_named and (turn.is_inner or not clock.is_of_2023(turn.now))
        if is_regional and offers.is_offered_elsewhere(turn.store, place, model, sku["name"]):
            raise errors.refusal(
                "sku_not_in_region",
                sku=sku["name"],
                model=model["name"],
                version=model["version"],
                region=account["location"],
            )
        raise errors.refusal(
            "sku_not_supported", sku=sku["name"], model=model["name"], version=model["version"]
        )
    if before is not None:
        old = before["body"]["properties"]["model"]
        same = all(old.get(part) == model.get(part) for part in ("name", "version"))
        if same and before["body"]["sku"]["name"] == sku["name"]:
            return offer
    if offers.ends(offer) <= turn.now:
        raise _deprecated(turn, listed, sku["name"])
    if listed.fine_tuned_name is None:
        _check_lifecycle(turn, listed, offer)
    return offer


def _deprecated(turn: Turn, listed: Listed, sku: str) -> errors.Refusal:
    end = offers.ends(offers.best_offer(listed, sku) or {})
    return errors.refusal(
        "model_deprecated", now=turn.now, since=f"{end:%m/%d/%Y %H:%M:%S}", printed=listed.model
    )


def _check_lifecycle(turn: Turn, listed: Listed, offer: Json) -> None:
    """Legality is the sku's own where a list has it (since 2026-09-01), else the model's.

    A clock set before the first list knows no withdrawal, only the ends (gpt-4o was deployed in June 2025,
    recorded); what a world lists itself is judged as it says.
    """
    if turn.now < clock.WORLD_BEGINS and not listed.is_posted:
        return
    model = listed.model
    status = offer.get("lifecycleStatus") or model.get("lifecycleStatus")
    if status == "Deprecated":
        raise errors.refusal("model_retired", name=model["name"])
    if status == "Deprecating" and not _has_one_already(turn, model):
        raise errors.refusal("model_deprecating", now=turn.now, printed=model)


def _has_one_already(turn: Turn, model: Json) -> bool:
    """Documented: only subscriptions that already deployed a deprecating version may create more of it."""
    parts = ("format", "name", "version")
    wanted = [model[part] for part in parts]
    return any(
        [at(deployment, "body", "properties", "model", part) for part in parts] == wanted
        for deployment in turn.store.scan("deployment", f"/subscriptions/{turn.subscription.lower()}/")
    )


def _check_capacity(turn: Turn, capacity: int, offer: Json, *, is_told: bool) -> None:
    """Valid is minimum + n * step up to maximum; both are 1 where ARM lists none.

    A template's sku had to say a size until 2025 (reported in November 2023 and October 2024).
    """
    sizes = offer.get("capacity", {})
    minimum, step = sizes.get("minimum", 1), sizes.get("step", 1)
    maximum = sizes.get("maximum", 1_000_000)
    is_missing = turn.is_inner and not is_told and turn.now < _SIZES_LEFT_OUT_SINCE
    if is_missing or not minimum <= capacity <= maximum:
        shown = " " if is_missing else capacity
        raise errors.refusal(
            "capacity_out_of_range", capacity=shown, minimum=minimum, maximum=maximum, now=turn.now
        )
    if (capacity - minimum) % step:
        raise errors.refusal(
            "capacity_off_step", capacity=capacity, minimum=minimum, maximum=maximum, step=step
        )

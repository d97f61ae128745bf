"""What the service does on its own: it upgrades deployments, and ends them and kept accounts in their time.

Rule of this module: it happens when somebody looks, by the virtual clock, and never to a plain pinned
deployment. The target of an upgrade is the model's `replacementConfig` (specified; recorded with 2026-09-01).
The switch `autoUpgrade` says what moves: `announced` only what has such a target, `on` also to a newer
default version of its model, `off` nothing.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from reconciler.emulator import admission, clock, kept_accounts, offers, provisioning, quota
from reconciler.emulator.offers import Listed
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, at

IDLE_FINE_TUNED = timedelta(days=15)
"""An inactive fine-tuned deployment is deleted after so long (documented); only writes are activity here."""

DEVELOPER_TIER = timedelta(hours=24)
"""A DeveloperTier deployment lives so long (documented)."""

_LOOK_AGAIN = timedelta(minutes=30)
_NEW_DEFAULT, _EXPIRED, _NEVER = admission.UPGRADE_OPTIONS


class Target(NamedTuple):
    """What a deployment is upgraded to, and from when on, by each option."""

    name: str
    version: str
    on_new_default: datetime
    on_expiry: datetime


def settle(store: Store, now: datetime) -> None:
    """Do what is due: the end of kept accounts, upgrades, expiry unless it is switched off."""
    kept_accounts.settle(store, now)
    offers.turn_season(store, now)
    quota.raise_tiers(store, now)
    _upgrade(store, now)
    if store.switch("expiry") != "off":
        _expire(store, now)


def _expire(store: Store, now: datetime) -> None:
    due = store.setting("upkeep").get("next")
    if due is not None and clock.parse(due) > now:
        return
    next_look = now + _LOOK_AGAIN
    for deployment in store.scan("deployment"):
        ends = _ends(deployment)
        if ends is None:
            continue
        if ends <= now:
            store.delete("deployment", str(deployment["body"]["id"]).lower())
        else:
            next_look = min(next_look, ends)
    store.put("setting", "upkeep", {"next": clock.stamp(next_look)})


def changed(store: Store, deployment: Json) -> None:
    """A written deployment that will end may bring the next due moment forward: look at the next request."""
    if _ends(deployment) is not None:
        store.delete("setting", "upkeep")


def _ends(deployment: Json) -> datetime | None:
    """When a deployment is deleted by the service, None for those that stay."""
    body = deployment["body"]
    sku = at(body, "sku", "name")
    if sku == "DeveloperTier":
        return clock.parse(deployment["born"]) + DEVELOPER_TIER
    if sku in offers.STANDARD and offers.is_fine_tuned(str(at(body, "properties", "model", "name"))):
        return clock.parse(deployment["touched"]) + IDLE_FINE_TUNED
    return None


def _upgrade(store: Store, now: datetime) -> None:
    """Upgrade what is due, and disable what ends without an upgrade."""
    switch = store.switch("autoUpgrade", "announced")
    # announced upgrades need the later lists or posted models; a plain world is not looked through
    is_announced = offers.is_later(store) or store.has("model")
    if switch == "off" or (switch == "announced" and not is_announced):
        return

    @cache
    def kind_of(account: str) -> str | None:
        """An account has 40 kB, and thirty deployments may be its own."""
        found = store.get("account", account)
        return None if found is None else str(found["body"]["kind"])

    for deployment in store.scan("deployment"):
        kind = kind_of(deployment["account"])
        if kind is not None:
            _upgrade_one(store, now, deployment, kind, by_default=switch == "on")


def _upgrade_one(store: Store, now: datetime, deployment: Json, kind: str, *, by_default: bool) -> None:
    """Standard ones only: provisioned ones are migrated by hand, batch ones replaced (documented)."""
    body = deployment["body"]
    if body["sku"]["name"] not in offers.STANDARD:
        return
    if body["properties"].get("provisioningState") not in provisioning.TERMINAL:
        return
    place = deployment["location"]
    model, option = body["properties"]["model"], body["properties"].get("versionUpgradeOption", _EXPIRED)
    listed = offers.find(store, place, kind, model)
    target = _target(listed, body["sku"]["name"])
    is_forced = listed is not None and listed.model.get("lifecycleStatus") == "Preview"
    if target is None:
        if by_default:
            _to_newer_default(store, now, deployment, kind, listed)
    elif _is_time(target, now, option, is_forced=is_forced):
        _move(store, deployment, kind, target)
    elif option == _NEVER and _offer_ends(listed, body["sku"]["name"]) <= now:
        _disable(store, deployment)


def _target(listed: Listed | None, sku: str) -> Target | None:
    config = None if listed is None else listed.model.get("replacementConfig")
    if not isinstance(config, dict):
        return None
    start, lead = config.get("autoUpgradeStartDate"), config.get("upgradeOnExpiryLeadTimeDays", 0)
    end = _offer_ends(listed, sku)
    return Target(
        name=str(config["targetModelName"]),
        version=str(config["targetModelVersion"]),
        on_new_default=clock.parse(str(start)) if start else end,
        on_expiry=end - timedelta(days=int(lead)),
    )


def _is_time(target: Target, now: datetime, option: str, *, is_forced: bool) -> bool:
    """Previews are upgraded at their end whatever the option (documented)."""
    if option == _NEW_DEFAULT:
        return target.on_new_default <= now
    return (option == _EXPIRED or is_forced) and target.on_expiry <= now


def _offer_ends(listed: Listed | None, sku: str) -> datetime:
    """When the deployed offer ends: its sku's own date, else the model's, else never."""
    if listed is None:
        return offers.ends({})
    offer = offers.best_offer(listed, sku) or {}
    date = offer.get("deprecationDate") or (listed.model.get("deprecation") or {}).get("inference")
    return offers.ends({"deprecationDate": date} if date else {})


def _move(store: Store, deployment: Json, kind: str, target: Target) -> None:
    """The deployment becomes the target, offered here or not, and quota is not asked (documented)."""
    body = deployment["body"]
    properties = body["properties"]
    properties["model"] |= {"name": target.name, "version": target.version}
    listed = offers.find(store, deployment["location"], kind, properties["model"])
    if listed is not None:
        sku, capacity = body["sku"]["name"], body["sku"]["capacity"]
        properties["capabilities"] = offers.deployed_capabilities(listed, sku)
        if (offer := offers.best_offer(listed, sku)) is not None:
            if rates := offers.rate_limits(offer, capacity):
                properties["rateLimits"] = rates
            deployment["units"] = quota.units_of(offer, sku, capacity, fine_tuned=False)
    body["etag"] = provisioning.new_etag("deployment")
    store.put("deployment", str(body["id"]).lower(), deployment)


def _disable(store: Store, deployment: Json) -> None:
    """NoAutoUpgrade: at the end the deployment stops working (documented); its state is inferred."""
    body = deployment["body"]
    if body["properties"]["provisioningState"] != "Disabled":
        body["properties"]["provisioningState"] = "Disabled"
        body["etag"] = provisioning.new_etag("deployment")
        store.put("deployment", str(body["id"]).lower(), deployment)


def _to_newer_default(
    store: Store, now: datetime, deployment: Json, kind: str, listed: Listed | None
) -> None:
    """To the default version of the same model when the option says that the time has come."""
    body = deployment["body"]
    model, option = body["properties"]["model"], body["properties"].get("versionUpgradeOption")
    if option not in {_NEW_DEFAULT, _EXPIRED}:
        return
    place = deployment["location"]
    newest = offers.find(store, place, kind, {part: model.get(part) for part in ("format", "name")})
    if newest is None or newest.fine_tuned_name is not None or newest.model["version"] <= model["version"]:
        return
    if option == _EXPIRED and listed is not None and _offer_ends(listed, body["sku"]["name"]) > now:
        return
    target = Target(str(model["name"]), str(newest.model["version"]), now, now)
    _move(store, deployment, kind, target)

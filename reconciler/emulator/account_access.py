"""Whether an account may be written as asked: its name, place and kind, access, terms, counters, policies.

Rule of this module: it reads the state and changes nothing. The order of the checks is assumed.
"""

import re

from reconciler.emulator import (
    account_facts,
    account_kinds,
    errors,
    kept_accounts,
    offers,
    policy_errors,
    quota,
)
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at, normal_location

_NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_-]{1,63}$")
_SUBDOMAIN = re.compile(r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])$")

_WITH_TERMS = frozenset({"CognitiveServices", "ComputerVision", "Face", "TextAnalytics"})
"""Kinds whose first account has to be made in the portal, where their terms are agreed to (reported)."""

_WITHOUT_API_PROPERTIES = frozenset({"AIServices", "FormRecognizer"})
_API_PROPERTIES_CHECKED = "2025-04-27"
"""From this day on such an account was refused for any that it does not show (reported)."""

_PROPERTIES_REQUIRED = ("2023-09-01", "2023-11-01")
_STORAGE_FIXED_SINCE = "2024-04-01"
"""Late storage was taken in September 2022 (recorded) and refused in September 2025 (reported): halfway."""

_TRUSTING = frozenset({"TextAnalytics"})
"""Kinds that take `bypass` though no recorded account of them says so (tested in October 2025)."""

_ACCESS_SAID_SINCE = "2026-01-01"
"""A write over an account with projects has to say `publicNetworkAccess` (reported in 2026)."""

_OF_AZURE = "sys.regionrestriction"
"""The name of the assignment that Azure itself makes for students' and trial subscriptions, and for regions
that take no new customers."""


def check(turn: Turn, key: str, asked: Json, before: Json | None) -> None:
    """Raise the refusal of a PUT of the account with this key, if there is one."""
    if _NAME.match(turn.args["account"]) is None:
        raise errors.refusal("invalid_account_name")
    _check_location(turn, key, asked, before)
    kind = asked.get("kind") or ("" if before is None else before["body"]["kind"])
    if before is not None and not account_kinds.becomes(before["body"]["kind"], kind, turn.now):
        raise errors.refusal("kind_fixed")
    place = asked.get("location") or ("" if before is None else before["body"]["location"])
    if not account_kinds.is_at(kind, normal_location(place)):
        raise errors.refusal("invalid_kind", kind=kind)
    sku = at(asked, "sku", "name")
    if normal_location(place) == "global" and account_kinds.canonical(kind) not in account_kinds.GLOBAL:
        raise errors.refusal("sku_not_global", sku=sku or "S0")
    if sku and not account_kinds.takes(kind, sku):
        raise errors.refusal("invalid_sku_id", sku=sku, kind=kind)
    gone = kept_accounts.kept(turn.store, turn.now, key)
    if before is None and gone is not None:
        raise errors.refusal("soft_deleted", account_id=gone["id"])
    check_properties(turn, key, asked, before)
    _require_fields(turn, key, asked, before)
    _check_api_properties(turn, asked, account_kinds.canonical(kind) or kind, is_new=before is None)
    if before is None:
        _require_leave(turn, asked, account_kinds.canonical(kind) or kind)


def _check_location(turn: Turn, key: str, asked: Json, before: Json | None) -> None:
    location = asked.get("location", "" if before is None else before["body"]["location"])
    if before is not None and normal_location(before["body"]["location"]) != normal_location(location):
        raise errors.refusal(
            "invalid_resource_location",
            name=before["body"]["name"],
            location=before["body"]["location"],
            group=turn.args["group"],
            wanted=location,
        )
    known = ("global", *offers.locations(), *account_kinds.REGIONS_WITHOUT_MODELS)
    if normal_location(location) not in known:
        raise errors.refusal(
            "location_not_available",
            location=location,
            kind="Microsoft.CognitiveServices/accounts",
            locations=",".join(known),
        )
    _require_policies(turn, key, location, asked)


def check_properties(turn: Turn, key: str, asked: Json, before: Json | None) -> None:
    """Raise the refusal of storage that comes late, or of a subdomain that is no host name or another's."""
    storage = at(asked, "properties", "userOwnedStorage")
    is_late = before is not None and not at(before, "body", "properties", "userOwnedStorage")
    if storage and is_late and turn.now.date().isoformat() >= _STORAGE_FIXED_SINCE:
        raise errors.refusal("storage_fixed")
    _check_bypass(turn, asked, before)
    _check_injections(asked, before)
    wanted = at(asked, "properties", "customSubDomainName")
    if wanted and _SUBDOMAIN.match(wanted) is None:
        raise errors.refusal("invalid_subdomain", name=wanted)
    if wanted and subdomain_owner(turn, wanted) not in {None, key}:
        raise errors.refusal("subdomain_taken", name=wanted)


def _check_bypass(turn: Turn, asked: Json, before: Json | None) -> None:
    """Raise the refusal of a kind that lets no trusted services past its network rules (reported, 2024)."""
    if at(asked, "properties", "networkAcls", "bypass") != "AzureServices":
        return
    old: Json = {} if before is None else before["body"]
    kind = account_kinds.canonical(asked.get("kind") or old.get("kind", "")) or ""
    sku = at(asked, "sku", "name") or at(old, "sku", "name") or "S0"
    able = account_facts.capabilities(kind, sku, turn.now.date().isoformat())
    if kind not in _TRUSTING and all(capability["name"] != "TrustedServices" for capability in able):
        raise errors.refusal("bypass_not_supported", kind=kind)


def _check_injections(asked: Json, before: Json | None) -> None:
    """Raise the refusal of taking away or moving the network that an account was made with (run in 2026)."""
    wanted = at(asked, "properties", "networkInjections")
    made = at(before or {}, "body", "properties", "networkInjections")
    if not made or wanted is None:
        return
    injections = [wanted] if isinstance(wanted, dict) else wanted
    if not injections:
        raise errors.refusal("injection_empty")
    if any(at(injection, "useMicrosoftManagedNetwork") is True for injection in injections):
        raise errors.refusal("injection_fixed")
    if _subnets(injections) != _subnets([made] if isinstance(made, dict) else made):
        raise errors.refusal("injection_moved")


def _subnets(injections: list[Json]) -> list[str]:
    return sorted(str(at(injection, "subnetArmId")).lower() for injection in injections)


def subdomain_owner(turn: Turn, name: str) -> str | None:
    """Key of the account that has a subdomain, in any subscription, kept ones included."""
    for kind in ("account", "deleted"):
        for found in turn.store.scan(kind):
            taken = at(found, "body", "properties", "customSubDomainName")
            if isinstance(taken, str) and taken.lower() == name.lower():
                return str(found["body"]["id"]).lower()
    return None


def _require_leave(turn: Turn, asked: Json, kind: str) -> None:
    """Raise the refusal of a new account of this kind, if there is one."""
    access, sku = turn.store.switch("accountAccess"), at(asked, "sku", "name") or "S0"
    if access == "closed":
        raise errors.refusal("kind_closed", kind=kind)
    if access == "refused" or (access == "current" and account_kinds.is_former(kind, sku)):
        raise errors.refusal("special_feature_required", sku=sku, kind=kind, now=turn.now)
    if kind in _WITH_TERMS and turn.store.switch("responsibleTerms") == "open":
        raise errors.refusal("terms_not_accepted", kind=kind)
    if at(asked, "sku", "name") == "F0" and _has_free_one(turn, kind):
        raise errors.refusal("one_free_account", kind=kind)
    quota.require_account(turn, asked.get("location", ""), kind)


def _check_api_properties(turn: Turn, asked: Json, kind: str, *, is_new: bool) -> None:
    """A new account may name those alone that it has, an old one none with null (reported of AIServices)."""
    day = turn.now.date().isoformat()
    if kind not in _WITHOUT_API_PROPERTIES or day < _API_PROPERTIES_CHECKED:
        return
    own = account_facts.part(kind, at(asked, "sku", "name") or "S0", day, "apiProperties") or {}
    for name in (at(asked, "properties", "apiProperties") or {}) if is_new else ():
        if name not in own:
            raise errors.refusal("api_property_unknown", name=name)
    for name in () if is_new else turn.nulls("apiProperties"):
        raise errors.refusal("api_property_null", name=name)


def _require_fields(turn: Turn, key: str, asked: Json, before: Json | None) -> None:
    """What a PUT has to say of an account.

    `properties` of a new one in the autumn of 2023 (reported in September; one was made without in November,
    recorded); `publicNetworkAccess` over one with projects; by the switch `accountFields: required` over any
    old one, and `networkAcls` too (reported of a new one in June 2023, of an old one in July 2026).
    """
    day = turn.now.date().isoformat()
    missing = []
    if before is None and _PROPERTIES_REQUIRED[0] <= day < _PROPERTIES_REQUIRED[1]:
        missing.append("properties" if "properties" not in asked else "")
    wanted = ["publicNetworkAccess"] if before is not None else []
    if turn.store.switch("accountFields") == "required":
        wanted.append("networkAcls")
    elif day < _ACCESS_SAID_SINCE or not any(turn.store.scan("child", f"{key}/projects/")):
        wanted.clear()
    missing += [field for field in wanted if not at(asked, "properties", field)]
    for field in filter(None, missing):
        raise errors.refusal("field_required", name=f"{field[0].upper()}{field[1:]}")


def _has_free_one(turn: Turn, kind: str) -> bool:
    above = f"/subscriptions/{turn.subscription.lower()}/"
    found = [*turn.store.scan("account", above), *turn.store.scan("deleted", above)]
    return any(item["body"]["kind"] == kind and item["body"]["sku"]["name"] == "F0" for item in found)


def _require_policies(turn: Turn, account: str, location: str, asked: Json) -> None:
    """Raise 403 where assignments deny the account: for its place, its tags, or a property of it.

    One that is about places is named alone, the others together.
    """
    tags = {name.lower() for name in asked.get("tags") or {}}
    broken = []
    for assignment in turn.store.scan("policy"):
        scope = str(assignment.get("scope", "/")).lower().rstrip("/")
        if assignment["effect"] != "Deny" or not f"{account}/".startswith(f"{scope}/"):
            continue
        places = assignment.get("allowedLocations")
        if places is not None and normal_location(location) not in map(normal_location, places):
            name = turn.args["account"]
            if str(assignment["assignmentId"]).rpartition("/")[2] == _OF_AZURE:
                text = str(assignment.get("nonComplianceMessage") or "")
                raise errors.refusal("disallowed_by_azure", name=name, text=text.removesuffix("."))
            raise policy_errors.disallowed_by_policy(name, assignment, now=turn.now)
        missing = [name for name in assignment.get("requiredTags", ()) if name.lower() not in tags]
        wanted: Json = assignment.get("requiredProperties") or {}
        if missing or any(at(asked, *name.split(".")) != value for name, value in wanted.items()):
            broken.append({**assignment, "missing": missing})
    if broken:
        raise policy_errors.disallowed_by_policy(turn.args["account"], *broken, now=turn.now)

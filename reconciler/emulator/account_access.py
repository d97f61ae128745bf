"""Whether a subscription may have one more account: its access, the terms, its counters, and its policies.

Rule of this module: it reads the state and changes nothing. The order of the checks is assumed.
"""

from reconciler.emulator import errors, policy_errors, quota
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at, normal_location

_WITH_TERMS = frozenset({"CognitiveServices", "ComputerVision", "Face", "TextAnalytics"})
"""Kinds whose first account has to be made in the portal, where their terms are agreed to (reported)."""

_WITHOUT_API_PROPERTIES = frozenset({"AIServices", "FormRecognizer"})
_API_PROPERTIES_CHECKED = "2025-04-27"
"""From this day on such an account was refused for any of them (reported)."""

_PROPERTIES_REQUIRED = ("2023-09-01", "2024-01-01")

_OF_AZURE = "sys.regionrestriction"
"""The name of the assignment that Azure itself makes for students' and trial subscriptions."""


def require(turn: Turn, asked: Json, kind: str) -> None:
    """Raise the refusal of a new account of this kind, if there is one."""
    if turn.store.switch("accountAccess") == "closed":
        raise errors.refusal("kind_closed", kind=kind)
    if turn.store.switch("accountAccess") == "refused":
        sku = at(asked, "sku", "name") or "S0"
        raise errors.refusal("special_feature_required", sku=sku, kind=kind, now=turn.now)
    _require_fields(turn, asked)
    if kind in _WITH_TERMS and turn.store.switch("responsibleTerms") == "open":
        raise errors.refusal("terms_not_accepted", kind=kind)
    if kind in _WITHOUT_API_PROPERTIES and turn.now.date().isoformat() >= _API_PROPERTIES_CHECKED:
        for name in at(asked, "properties", "apiProperties") or {}:
            raise errors.refusal("api_property_unknown", name=name)
    if at(asked, "sku", "name") == "F0" and _has_free_one(turn, kind):
        raise errors.refusal("one_free_account", kind=kind)
    quota.require_account(turn, asked.get("location", ""), kind)


def _require_fields(turn: Turn, asked: Json) -> None:
    """What had to be said of a new account in the second half of 2023 (reported), or by the switch."""
    if (
        "properties" not in asked
        and _PROPERTIES_REQUIRED[0] <= turn.now.date().isoformat() < _PROPERTIES_REQUIRED[1]
    ):
        raise errors.refusal("field_required", name="Properties")
    if turn.store.switch("networkAcls") == "required" and not at(asked, "properties", "networkAcls"):
        raise errors.refusal("field_required", name="NetworkAcls")


def _has_free_one(turn: Turn, kind: str) -> bool:
    found = turn.store.scan("account", f"/subscriptions/{turn.subscription.lower()}/")
    return any(item["body"]["kind"] == kind and item["body"]["sku"]["name"] == "F0" for item in found)


def require_place(turn: Turn, account: str, location: str) -> None:
    """Raise 403 where a denying assignment with `allowedLocations` does not hold the account's location."""
    for assignment in turn.store.scan("policy"):
        scope = str(assignment.get("scope", "/")).lower().rstrip("/")
        places = assignment.get("allowedLocations")
        if assignment["effect"] != "Deny" or places is None or not f"{account}/".startswith(f"{scope}/"):
            continue
        if normal_location(location) not in map(normal_location, places):
            name = turn.args["account"]
            if str(assignment["assignmentId"]).rpartition("/")[2] == _OF_AZURE:
                raise errors.refusal("disallowed_by_azure", name=name)
            raise policy_errors.disallowed_by_policy(name, assignment)


def require_tags(turn: Turn, account: str, tags: Json) -> None:
    """Raise 403 with every denying assignment whose `requiredTags` an account lacks."""
    has = {name.lower() for name in tags}
    lacking = []
    for assignment in turn.store.scan("policy"):
        scope = str(assignment.get("scope", "/")).lower().rstrip("/")
        missing = [name for name in assignment.get("requiredTags", ()) if name.lower() not in has]
        if assignment["effect"] == "Deny" and missing and f"{account}/".startswith(f"{scope}/"):
            lacking.append({**assignment, "missing": missing})
    if lacking:
        raise policy_errors.disallowed_by_policy(turn.args["account"], *lacking)

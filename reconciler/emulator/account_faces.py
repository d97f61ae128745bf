"""What an account of each kind shows of itself: addresses, capabilities, call limits, its identity.

Rule of this module: which names, limits and capabilities is read off the index of facts; here is only what
becomes of them for one account. Nothing here decides anything.
"""

import uuid

from reconciler.emulator import account_facts
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, normal_location

_ELSEWHERE = {
    "Speech Services Speech to Text (Standard)": "https://{region}.stt.speech.microsoft.com",
    "Speech Services Text to Speech (Neural)": "https://{region}.tts.speech.microsoft.com",
    "TextTranslation-Global": "https://api.cognitive.microsofttranslator.com/",
}
"""Interfaces with addresses of their own, whatever the account (recorded in May and September 2025)."""
_OPENAI = ("OpenAI ", "Azure OpenAI ", "Token Service ")
_MODELS = ("Azure AI ", "Azure MAI ", "Cohere ", "Mistral ", "Content Understanding")
_FOUNDRY = "AI Foundry API"


def facts(kind: str, sku: str, day: str, location: str, given: Json, name: str) -> Json:
    """Everything that follows from an account's kind, sku, day, place, subdomain and name.

    `given` are the properties that were asked for; `day` is a date like 2026-06-22.
    """
    domain = given.get("customSubDomainName")
    foundry = domain or (name if given.get("allowProjectManagement") else None)
    api = account_facts.part(kind, sku, day, "apiProperties")
    main = _endpoint(kind, sku, day, location, domain)
    names = account_facts.part(kind, sku, day, "endpoints")
    return {
        "endpoint": main,
        **({} if api is None else {"apiProperties": dict(api)}),
        **account_facts.limits(kind, sku, day),
        "capabilities": account_facts.capabilities(kind, sku, day),
        "endpoints": {
            pattern.format(kind=kind): _address(pattern, kind, location, main, domain, foundry)
            for pattern in names
            if pattern != _FOUNDRY or foundry is not None
        },
    }


def of(body: Json, day: str) -> Json:
    """The facts of an account as on a day."""
    where = (body["location"], body["properties"], str(body["name"]).lower())
    return facts(body["kind"], body["sku"]["name"], day, *where)


def own(body: Json, *more: str) -> Json:
    """An account without its facts, and without more of its properties."""
    follows = of(body, str(body["properties"].get("dateCreated"))[:10])
    kept = {
        name: value
        for name, value in body["properties"].items()
        if name not in more and (name not in follows or follows[name] != value)
    }
    return {**body, "properties": kept}


def sku_change(known: Json, before: str, after: str, when: str) -> Json:
    """What an account says of the changes of its sku (recorded for one upgrade, in September 2022)."""
    downs, ups = known.get("countOfDowngrades", 0), known.get("countOfUpgradesAfterDowngrades", 0)
    return {
        "countOfDowngrades": downs + (after < before),
        "countOfUpgradesAfterDowngrades": ups + (after > before and downs > 0),
        "lastChangeDate": when,
    }


def is_linkable(shown: Json) -> bool:
    """Whether an account takes private endpoints: it can be in a network (recorded in June 2022)."""
    return any(item["name"] == "VirtualNetworks" for item in shown["capabilities"])


def _endpoint(kind: str, sku: str, day: str, location: str, domain: str | None) -> str:
    """The main address: below the custom domain if there is one, else the region's."""
    path = account_facts.part(kind, sku, day, "path")
    if domain is None:
        return f"https://{normal_location(location)}.api.cognitive.microsoft.com/{path}"
    service = "openai.azure.com" if kind == "OpenAI" else "cognitiveservices.azure.com"
    return f"https://{domain}.{service}/{path}"


def _address(name: str, kind: str, location: str, main: str, domain: str | None, foundry: str | None) -> str:
    """The address of one interface: an AIServices account's subdomain is three (recorded, June 2026)."""
    if name in _ELSEWHERE:
        return _ELSEWHERE[name].format(region=normal_location(location))
    if name == _FOUNDRY:
        return f"https://{foundry}.services.ai.azure.com/"
    if kind != "AIServices" or domain is None:
        return main
    if name.startswith(_OPENAI):
        return f"https://{domain}.openai.azure.com/"
    return f"https://{domain}.services.ai.azure.com/" if name.startswith(_MODELS) else main


def project_management(kind: str) -> Json:
    """Off on kinds that hold no projects (recorded for four of them in May and October 2025)."""
    return {} if kind == "AIServices" else {"allowProjectManagement": False}


def identity(turn: Turn, key: str, given: Json) -> Json:
    """Ids of the identities asked for: of the system's own (recorded) and of each user's (specified).

    `key` is the lower-case id of the resource, from which the ids follow. What was asked is echoed. In 2021
    an account without identities of users said so (recorded in November).
    """

    def object_id(of: str, what: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{of.lower()}/{what}"))

    kind = str(given.get("type") or "None")
    found: Json = {} if kind == "None" else {"tenantId": turn.caller.tenant}
    if "systemassigned" in kind.lower():
        found = {"principalId": object_id(key, "principal"), **found}
    found["type"] = kind
    users = given.get("userAssignedIdentities") or {}
    if users and "userassigned" in kind.lower().replace("systemassigned", ""):
        found["userAssignedIdentities"] = {
            name: {"principalId": object_id(name, "principal"), "clientId": object_id(name, "client")}
            for name in users
        }
    elif turn.now.year <= _SAID_NONE_UNTIL:
        found["userAssignedIdentities"] = {}
    return found


_SAID_NONE_UNTIL = 2021

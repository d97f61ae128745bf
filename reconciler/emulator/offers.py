"""What can be deployed where: models of a region, their offers (`skus[]`) and the choice among several.

Rule of this module: the facts come from `world/models.json` (see `world/PROVENANCE.md`) or from what a test
posted; nothing about a model is derived from its name, except the base of a fine-tuned model, which its id
spells out.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import compress

from reconciler.emulator import clock
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, normal_location, world_facts

SKU_NAMES = (
    "Standard",
    "GlobalStandard",
    "DataZoneStandard",
    "ProvisionedManaged",
    "GlobalProvisionedManaged",
    "DataZoneProvisionedManaged",
    "GlobalBatch",
    "DataZoneBatch",
    "DeveloperTier",
    "Provisioned",
)
"""`ProvisionedStandard` is in no answer of ARM, hence refused like any unknown name (assumed)."""

STANDARD = frozenset({"Standard", "GlobalStandard", "DataZoneStandard"})
"""Billed by token."""

_FINE_TUNED = re.compile(r"^(?P<root>.+)\.ft-[0-9a-f]+(-[\w.-]+)?$", re.IGNORECASE)
_CHECKPOINT = re.compile(r"^ftchkpt-[0-9a-f]+$", re.IGNORECASE)
_FINE_TUNE_CAPABILITIES = re.compile(r"fine-?tune|^allowProvisionedManagedCommitment$", re.IGNORECASE)
LATER = "2026-10"
LATER_BEGINS = datetime(2026, 10, 5, tzinfo=UTC)
"""The day of the newest recorded list (eastus2, api-version 2026-09-01)."""

SPRING_2026 = datetime(2026, 2, 20, tzinfo=UTC)
"""Between 10 February and 3 March 2026 models came to say what the shipped lists say (recorded)."""
EARLIER = "2026-02"
_DEFAULTS_THEN = {("OpenAI", "gpt-4o"): "2024-08-06"}
"""Default versions before that day, where they were other ones (recorded)."""

SUMMER_2026 = datetime(2026, 7, 5, tzinfo=UTC)
"""From then on three versions are closed to new deployments, and gpt-4o-mini lasts longer (stored files)."""
SUMMER = "2026-08"
_SEASONS = ((LATER_BEGINS, LATER), (SUMMER_2026, SUMMER), (SPRING_2026, ""))
_CLOSED = {
    ("openai", "gpt-4o-mini", "2024-07-18"),
    ("openai", "gpt-4o", "2024-11-20"),
    ("openai", "o4-mini", "2025-04-16"),
}
_CLOSED_BEFORE: Mapping[tuple[str, ...], datetime] = {
    ("openai", "gpt-4o", "2024-05-13"): datetime(2026, 4, 13, tzinfo=UTC),
    ("openai", "gpt-4o", "2024-08-06"): datetime(2026, 5, 10, tzinfo=UTC),
}
"""Days on which a version that the shipped lists call Deprecating was first refused (reported)."""
_STILL_OPEN: Mapping[tuple[str, ...], str] = {("openai", "gpt-4o-mini", "2024-07-18"): "DataZoneStandard"}
"""The sku by which a closed version was still taken, on the day another one refused it (reported)."""
_END_THEN, _END_SINCE = "2026-10-01T00:00:00Z", "2027-04-14T00:00:00Z"

_WHOLE_LISTS = frozenset({"eastus2", "swedencentral"})
"""Regions whose lists are recorded whole: elsewhere what ended is not listed (world/PROVENANCE.md)."""

_MARKETPLACE = frozenset({"AI21 Labs", "Anthropic", "Cohere", "Meta", "Mistral AI"})
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """One model version as a region lists it: account kinds, the ARM model, its base if it is fine-tuned."""

    kinds: tuple[str, ...]
    sku_name: str
    model: Json
    fine_tuned_name: str | None = None
    is_posted: bool = False
    """Whether a world listed it, not the shipped facts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lists:
    """The model versions of a region, in order, and by format and name."""

    all: tuple[Listed, ...]
    named: Mapping[tuple[str, str], Sequence[Listed]]


def shipped() -> Json:
    """The world's models, regions and costs."""
    return world_facts("models")


def locations() -> tuple[str, ...]:
    return tuple(shipped()["regions"])


def is_provisioned(sku: str) -> bool:
    return "provisioned" in sku.lower()


def canonical_sku(name: str) -> str | None:
    """ARM's spelling of a sku name written in any case, None if there is no such sku."""
    return next((known for known in SKU_NAMES if known.lower() == name.lower()), None)


def is_fine_tuned(model_name: str) -> bool:
    return _FINE_TUNED.match(model_name) is not None or _CHECKPOINT.match(model_name) is not None


def models_of(store: Store, location: str) -> tuple[Listed, ...]:
    """Every model version that a region lists: what was posted for it, before what is shipped."""
    return lists_of(store, location).all


def lists_of(store: Store, location: str) -> Lists:
    place = normal_location(location)
    return _merged(place, store.text("model", place) or "{}", _season(store))


@lru_cache(maxsize=128)
def _merged(place: str, posted: str, season: str) -> Lists:
    """The lists of a region in one: every request looks into them, and they change with a post alone."""
    later = _later_models(place) if season == LATER else ()
    shipped_now = _shipped_models(place)
    if season == EARLIER:
        shipped_now = tuple(_as_before(listed) for listed in shipped_now)
    elif season:
        shipped_now = tuple(_as_closed(listed) for listed in shipped_now)
    found: dict[tuple[str, ...], Listed] = {}
    for listed in (*map(_from_arm, json.loads(posted).get("value", [])), *later, *shipped_now):
        found.setdefault(_identity(listed.model), listed)
    named: dict[tuple[str, str], list[Listed]] = {}
    for listed in found.values():
        named.setdefault((listed.model["format"], listed.model["name"]), []).append(listed)
    return Lists(all=tuple(found.values()), named=named)


def _as_before(listed: Listed) -> Listed:
    """A model as it was before the spring of 2026: one of embeddings had no area, gpt-4o another default."""
    model = listed.model
    default = _DEFAULTS_THEN.get((model["format"], model["name"]))
    if default is not None:
        model = {**model, "isDefaultVersion": model["version"] == default}
    if "embeddings" in model["capabilities"]:
        without = {name: value for name, value in model["capabilities"].items() if name != "area"}
        model = {**model, "capabilities": without}
    return replace(listed, model=model)


def _as_closed(listed: Listed) -> Listed:
    """A model as it is since the summer of 2026; what is closed lasts until another day."""
    model = listed.model
    if _identity(model) not in _CLOSED:
        return listed
    skus = [
        {**sku, "deprecationDate": _END_SINCE} if sku.get("deprecationDate") == _END_THEN else sku
        for sku in model["skus"]
    ]
    end = dict.fromkeys(model["deprecation"], _END_SINCE)
    longer = {"deprecation": end, "skus": skus} if model["name"] == "gpt-4o-mini" else {}
    return replace(listed, model={**model, "lifecycleStatus": "Deprecating", **longer})


def was_closed(model: Json, now: datetime) -> bool:
    """Whether a version was refused to those new to it before the first lists."""
    return _CLOSED_BEFORE.get(_identity(model), _NEVER) <= now


def is_open(listed: Listed, sku: str) -> bool:
    """Whether a sku takes a version that its shipped list calls Deprecating."""
    return not listed.is_posted and _STILL_OPEN.get(_identity(listed.model)) == sku


def turn_season(store: Store, now: datetime) -> None:
    """From the day of the later recording on its lists are in force; called with each request."""
    facts = next((name for begins, name in _SEASONS if now >= begins), EARLIER)
    if _season(store) != facts:
        store.put("setting", "season", {"facts": facts})


def _season(store: Store) -> str:
    return str(store.setting("season").get("facts", ""))


def is_later(store: Store) -> bool:
    """Whether the lists of the later recording are in force."""
    return _season(store) == LATER


@cache
def later_pool_names() -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(sku["usageName"] for listed in _later_models("eastus2") for sku in listed.model["skus"])
    )


@cache
def _later_models(place: str) -> tuple[Listed, ...]:
    facts = world_facts("models_2026_10")
    if place not in facts["regions"]:
        return ()
    return tuple(
        Listed(kinds=tuple(entry["kinds"]), sku_name=entry["skuName"], model=entry["model"])
        for entry in facts["models"]
    )


def _from_arm(item: Json) -> Listed:
    return Listed(
        kinds=tuple(item.get("kinds") or [item.get("kind", "AIServices")]),
        sku_name=item.get("skuName", "S0"),
        model=item["model"],
        is_posted=True,
    )


def _identity(model: Json) -> tuple[str, ...]:
    return tuple(str(model.get(part, "")).lower() for part in ("format", "name", "version"))


@cache
def _shipped_models(place: str) -> tuple[Listed, ...]:
    facts = shipped()
    sets = facts["regionSets"]
    area = facts["regions"].get(place, {}).get("area")
    return tuple(
        _shipped_model(
            number,
            area if "area" in entry["model"]["capabilities"] else None,
            tuple(place in sets[sku["regions"]] for sku in entry["model"]["skus"]),
        )
        for number, entry in enumerate(facts["models"])
        if place in sets[entry["regions"]]
    )


@cache
def _shipped_model(number: int, area: str | None, offered: tuple[bool, ...]) -> Listed:
    """A model with those of its skus that a region offers: one for all regions that list it alike."""
    facts = shipped()
    entry = facts["models"][number]
    skus = [
        {
            name: facts["costs"][value] if name == "costs" else value
            for name, value in sku.items()
            if name != "regions"
        }
        for sku in compress(entry["model"]["skus"], offered)
    ]
    # the capability `area` names the data zone of the region that lists the model
    capabilities = {
        name: area if name == "area" else value
        for name, value in entry["model"]["capabilities"].items()
        if name != "area" or area is not None
    }
    model = {**entry["model"], "skus": skus, "capabilities": capabilities}
    return Listed(kinds=tuple(entry["kinds"]), sku_name=entry["skuName"], model=model)


def find(store: Store, location: str, kind: str, model: Json) -> Listed | None:
    """The listed model that a deployment names, by its own entry or, if fine-tuned, by that of its base.

    A version left out finds the default version.
    """
    wanted_format, name = model.get("format", ""), model.get("name", "")
    version = model.get("version")
    kinds = {kind, "MAI"} if kind == "AIServices" else {kind}
    lists = lists_of(store, location)
    for listed in lists.named.get((wanted_format, name), ()):
        is_named = version == listed.model["version"] if version else listed.model.get("isDefaultVersion")
        if is_named and not kinds.isdisjoint(listed.kinds):
            return listed
    if is_fine_tuned(name) and version in {None, "1"}:
        for_kind = (listed for listed in lists.all if not kinds.isdisjoint(listed.kinds))
        return _fine_tuned((listed for listed in for_kind if listed.model["format"] == wanted_format), name)
    return None


def _fine_tuned(for_kind: Iterable[Listed], name: str) -> Listed | None:
    base = next((listed for listed in for_kind if _is_base_of(listed.model, name)), None)
    if base is None:
        return None
    model = {**base.model, "name": name, "version": "1"}
    return Listed(kinds=base.kinds, sku_name=base.sku_name, model=model, fine_tuned_name=name)


def _is_base_of(model: Json, name: str) -> bool:
    """A checkpoint's id does not name its base: any model with a fine-tune offer will do (assumed).

    An id of OpenAI names the version of its base, one of Mistral does not (recorded in February 2026).
    """
    match = _FINE_TUNED.match(name)
    if match is None:
        return any(is_fine_tune_offer(sku) for sku in model["skus"])
    is_versioned = model["format"] == "OpenAI"
    base = f"{model['name']}-{model['version']}" if is_versioned else str(model["name"])
    return match["root"].lower() == base.lower()


def is_fine_tune_offer(sku: Json) -> bool:
    """By its scope where the list has one (since 2026-09-01), else by the name of its pool."""
    if "scope" in sku:
        return bool(sku["scope"] == "Finetune")
    return str(sku.get("usageName", "")).lower().endswith("-finetune")


def offers_of(listed: Listed, sku: str) -> list[Json]:
    """Offers of one sku name; fine-tuned models draw on `…-finetune` pools, provisioned on the base's."""
    named = [offer for offer in listed.model["skus"] if offer["name"].lower() == sku.lower()]
    if listed.fine_tuned_name is None or is_provisioned(sku):
        return [offer for offer in named if not is_fine_tune_offer(offer)]
    return [offer for offer in named if is_fine_tune_offer(offer)]


def ends(offer: Json) -> datetime:
    """The moment from which an offer refuses new deployments; far away when it has no date."""
    text = offer.get("deprecationDate")
    return clock.parse(text) if isinstance(text, str) else _NEVER


def ended_elsewhere(store: Store, location: str, model: Json, sku: str, now: datetime) -> Listed | None:
    """A version as another region lists it, where all that it offers has ended; here it may have been too."""
    here = normal_location(location)
    if here in _WHOLE_LISTS or store.text("model", here) is not None:
        return None
    found = [
        (listed, best)
        for place in sorted(_WHOLE_LISTS)
        for listed in models_of(store, place)
        if _identity(listed.model) == _identity(model) and (best := best_offer(listed, sku)) is not None
    ]
    is_over = bool(found) and all(ends(offer) <= now for _, offer in found)
    return max(found, key=lambda each: ends(each[1]))[0] if is_over else None


def is_offered_elsewhere(store: Store, location: str, model: Json, sku: str | None) -> bool:
    """Whether another region lists this model version with an offer of this sku, or at all."""
    here = normal_location(location)
    return any(
        _identity(listed.model) == _identity(model) and (sku is None or offers_of(listed, sku))
        for place in locations()
        if place != here
        for listed in models_of(store, place)
    )


def best_offer(listed: Listed, sku: str) -> Json | None:
    """The offer that ends last, among several of one sku name."""
    return max(offers_of(listed, sku), key=ends, default=None)


def rate_limits(offer: Json, capacity: int) -> list[Json]:
    """Rate limits as a deployment of that capacity shows them."""
    return [{**rate, "count": rate["count"] * capacity} for rate in offer.get("rateLimits", [])]


@lru_cache(maxsize=1024)
def deployed_capabilities(listed: Listed, sku: str) -> Mapping[str, str]:
    """Capabilities as a deployment shows them: without those about training and commitments (recorded).

    A batch deployment has no chat completion (reported, 2024).
    """
    found = {
        name: value
        for name, value in listed.model.get("capabilities", {}).items()
        if value is not None and not _FINE_TUNE_CAPABILITIES.search(name)
    }
    return found | (
        {"chatCompletion": "false"} if sku.endswith("Batch") and "chatCompletion" in found else {}
    )


def is_bought(model: Json) -> bool:
    """Whether the Marketplace sells this model, for its publisher."""
    return bool(model.get("isMarketplaceRequired", model.get("format") in _MARKETPLACE))

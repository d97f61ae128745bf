"""What a change of version moves beside the model: where a partner's model is hosted, and the quota pool.

The versions of one Claude model have different hosts ("1" Anthropic, "2" Azure), and each has a quota pool
of its own (Microsoft, Claude models, 2026-07-28; ARM's list with 2026-09-01 names the host as
`hostedOn`). Nothing in the model's name tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import JsonObject
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Offer
from reconciler.plan.actions import Create
from reconciler.plan.availability import RegionalOffers, Writable
from reconciler.plan.body import writable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """A model version with its host and pool; both empty where no list tells. `source` is of the host."""

    name: str
    version: str
    host: str
    pool: str
    source: str


def hosting_notes(action: Writable, availability: RegionalOffers) -> Iterator[str]:
    """What to say of a write that changes the version of a model, or the model: nothing for most."""
    if isinstance(action, Create) or not action.writes:
        return
    there = writable(action.observed)
    before = _served(there, availability.offers_for(action, there))
    after = _served(action.writes[-1], availability.offers_for(action, action.writes[-1]))
    if before is None or after is None or (before.name, before.version) == (after.name, after.version):
        return
    moves = bool(before.host and after.host) and before.host != after.host
    if moves:
        yield (
            f"{before.name} {before.version} is hosted {_by(before.host)} and {after.name} {after.version} "
            f"{_by(after.host)}: where data is processed changes ({after.source})"
        )
    same = before.name.lower() == after.name.lower()
    if (moves or same) and before.pool and after.pool and before.pool.lower() != after.pool.lower():
        yield f"its quota pool changes from {before.pool} to {after.pool}"


def _served(body: JsonObject, offers: Sequence[Offer]) -> _Served | None:
    properties, sku = body.get("properties"), body.get("sku")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    if not isinstance(model, Mapping) or not isinstance(sku, Mapping):
        return None
    name, version = model.get("name"), model.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    known, listed = catalogue().hosting(name, version), {one.hosted_on for one in offers if one.hosted_on}
    pools = {one.pool for one in offers if one.pool}
    return _Served(
        name=name,
        version=version,
        host=min(listed).lower() if listed else known.on.lower() if known else "",
        pool=min(pools)
        if len(pools) == 1
        else catalogue().pool(name, version, SkuName(str(sku.get("name")))) or "",
        source="ARM's models list" if listed or known is None else str(known.source),
    )


def _by(host: str) -> str:
    return "on Azure" if host == "azure" else f"by {host.capitalize()}"

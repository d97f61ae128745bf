"""Checks of a posted world: each mistake is named with its place and with what is allowed there.

Rule of this module: what passes here can be stored and answered without a further look.
"""

from collections.abc import Mapping

from reconciler.emulator import clock
from reconciler.emulator.deployment_fields import MODEL_PARTS, SKU_PARTS
from reconciler.emulator.errors import Refusal
from reconciler.emulator.turn import expect
from reconciler.emulator.wire import Json, without_nulls

_RESOURCE = ("id", "name", "type", "etag", "sku", "tags", "properties", "systemData")
ACCOUNT = (*_RESOURCE, "location", "kind", "identity")
DEPLOYMENT = _RESOURCE
GROUP = ("id", "name", "type", "location", "managedBy", "tags", "properties")
MODEL = tuple(dict.fromkeys(("format", "name", "version", *MODEL_PARTS, "deprecation", "callRateLimit")))
ROLE = ("clientId", "scope", "actions")
SKU = SKU_PARTS
SUBSCRIPTION = (
    *("subscriptionId", "tenantId", "id", "displayName", "state", "authorizationSource"),
    *("subscriptionPolicies", "managedByTenants", "tags"),
)
"""What ARM's own answers have at each place; the contents of `properties` are another matter."""


class WorldError(ValueError):
    """A world that cannot be merged; the text names the place and what is allowed there."""


def items(world: Mapping[str, object], key: str) -> list[Json]:
    value = world.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise WorldError(f"{key} must be a list of objects")
    return [without_nulls(item) for item in value]


def mapping(world: Mapping[str, object], key: str) -> Json:
    value = world.get(key, {})
    if not isinstance(value, dict):
        raise WorldError(f"{key} must be an object")
    return value


def text(item: Json, where: str, name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise WorldError(f"{where}: {name} must be a non-empty string, found {value!r}")
    return value


def known(where: str, item: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    """Refuse a key that nothing would read."""
    if unknown := sorted(set(item) - set(allowed)):
        raise WorldError(f"unknown key {unknown[0]!r} in {where}; allowed are {', '.join(allowed)}")


def shapes(identity: str, item: Json, table: Mapping[str, type]) -> None:
    try:
        expect(item, table)
    except Refusal as refusal:
        raise WorldError(f"{identity}: {refusal.message}") from refusal


def model_entry(location: str, item: Json) -> None:
    """An ARM model as a region lists it: `{"kind", "model": {"format", "name", "version", "skus": […]}}`."""
    model = item.get("model")
    skus = model.get("skus", []) if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(skus, list) or not all(map(_is_offer, skus)):
        raise WorldError(
            f"models: an item of {location!r} has no object 'model' with a list 'skus' of offers,"
            " each with name, usageName, capacity in whole numbers above 0, costs that are objects, and an"
            " ISO deprecationDate"
        )
    if not isinstance(model.get("capabilities", {}), dict):
        raise WorldError(f"models: capabilities of {model.get('name')!r} must be an object")
    kinds, kind = item.get("kinds", []), item.get("kind", "")
    if not isinstance(kinds, list) or not all(isinstance(each, str) for each in (kind, *kinds)):
        raise WorldError(f"models: kind of {model.get('name')!r} must be a string, kinds a list of strings")
    for part in ("format", "name", "version"):
        text(model, f"models of {location!r}", part)


def _is_offer(sku: object) -> bool:
    if not isinstance(sku, dict):
        return False
    sizes, rates, costs = sku.get("capacity", {}), sku.get("rateLimits", []), sku.get("costs", [])
    return (
        isinstance(sku.get("name"), str)
        and isinstance(sku.get("usageName"), str)
        and isinstance(sizes, dict)
        and all(isinstance(size, int) and size > 0 for size in sizes.values())
        and isinstance(rates, list)
        and all(isinstance(rate, dict) and isinstance(rate.get("count"), int) for rate in rates)
        and isinstance(costs, list)
        and all(isinstance(cost, dict) for cost in costs)
        and _is_date(sku.get("deprecationDate", "2026-01-01"))
    )


def _is_date(value: object) -> bool:
    try:
        clock.parse(str(value))
    except ValueError:
        return False
    return True

"""What a fleet calls its subscriptions: after the names that people gave them, else after their ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import is_guid
from reconciler.domain.state import ObservedSubscription

_LONGEST = 40
TO_FILL_IN = "<GUID of the subscription>"


class Aliases:
    """Aliases by subscription, made when first asked for, so that a fleet declares what it uses."""

    def __init__(self, known: Mapping[str, ObservedSubscription]) -> None:
        self._known = known
        self._by_id: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def of(self, subscription: str | None) -> str:
        """The alias of a subscription; of one that nobody knows where it is None."""
        key = (subscription or "").lower()
        if key not in self._by_id:
            self._by_id[key] = _free(self._wanted(subscription), self._by_id.values())
            self._ids[key] = subscription or TO_FILL_IN
        return self._by_id[key]

    def declared(self) -> Mapping[str, JsonValue]:
        """The Fleet's `subscriptions`: every alias that was asked for, with its tenant where it is known."""
        return {alias: self._entry(key) for key, alias in sorted(self._by_id.items(), key=lambda one: one[1])}

    def _entry(self, key: str) -> JsonObject:
        found = self._known.get(key)
        tenant = found.tenant if found is not None else None
        return {"id": self._ids[key], **({"tenant": tenant} if tenant and is_guid(tenant) else {})}

    def _wanted(self, subscription: str | None) -> str:
        if subscription is None:
            return "main"
        found = self._known.get(subscription.lower())
        slug = re.sub(r"[^a-z0-9]+", "-", (found.name if found is not None else "").lower()).strip("-")
        return slug[:_LONGEST].rstrip("-") or f"sub-{subscription[:8].lower()}"


def _free(wanted: str, taken: Iterable[str]) -> str:
    """The wanted name, or the first with a number behind it that nobody has."""
    names = set(taken)
    number, name = 1, wanted
    while name in names:
        number += 1
        name = f"{wanted}-{number}"
    return name

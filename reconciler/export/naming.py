"""What an export calls the subscriptions, and whose mark it goes by.

A fleet calls its subscriptions after the names that people gave them, else after their ids. Its mark has its
name and the id that tells it from its namesakes.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, count

from reconciler.domain.deployment import JsonValue
from reconciler.domain.fleet import Fleet
from reconciler.domain.ids import is_guid
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.state import ObservedSubscription
from reconciler.export.estate import Estate
from reconciler.export.foreign import part

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
            wanted = self._wanted(subscription)
            numbered = (f"{wanted}-{number}" for number in count(2))
            self._by_id[key] = next(
                name for name in chain([wanted], numbered) if name not in self._by_id.values()
            )
            self._ids[key] = subscription or TO_FILL_IN
        return self._by_id[key]

    def declared(self) -> Mapping[str, JsonValue]:
        """The Fleet's `subscriptions`: every alias that was asked for, with its tenant where it is known."""
        entries: dict[str, JsonValue] = {}
        for key, alias in sorted(self._by_id.items(), key=lambda item: item[1]):
            tenant = self._known[key].tenant if key in self._known else None
            known = {"tenant": tenant} if tenant and is_guid(tenant) else {}
            entries[alias] = {"id": self._ids[key], **known}
        return entries

    def _wanted(self, subscription: str | None) -> str:
        if subscription is None:
            return "main"
        found = self._known.get(subscription.lower())
        slug = re.sub(r"[^a-z0-9]+", "-", (found.name if found is not None else "").lower()).strip("-")
        return slug[:_LONGEST].rstrip("-") or f"sub-{subscription[:8].lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A fleet's name and id; without an id it is known by its name alone."""

    name: str
    id: str | None = None

    @property
    def mark(self) -> str:
        """What its deployments carry."""
        return Fleet(name=self.name, id=self.id).mark

    def owns(self, mark: str | None) -> bool:
        """Whether a mark is this fleet's; one without an id is adopted by the fleet of its name."""
        return mark in {self.name, self.mark}


def owner_of(estate: Estate, name: str, new_id: str | None) -> Owner:
    """The fleet of a name: with the id that its deployments show, else with a new one.

    A mark shows the first eight digits of an id, and nothing needs the others: any GUID that begins with them
    is the same fleet.
    """
    marks = Counter(
        value.partition("/")[2].lower()
        for account in estate.accounts
        for deployment in account.deployments
        for key, value in part(deployment.resource, "tags").items()
        if key.lower() == FLEET_TAG and isinstance(value, str) and value.partition("/")[0] == name
    )
    shown = [start for start, _ in marks.most_common() if re.fullmatch("[0-9a-f]{8}", start)]
    if shown:
        rest = uuid.uuid5(uuid.NAMESPACE_URL, f"{FLEET_TAG}:{name}/{shown[0]}")
        return Owner(name=name, id=f"{shown[0]}{str(rest)[8:]}")
    return Owner(name=name, id=new_id)

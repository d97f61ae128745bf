"""Whose mark an export goes by: the fleet's name and the id that tells it from its namesakes."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass

from reconciler.domain.fleet import Fleet
from reconciler.domain.marks import FLEET_TAG
from reconciler.export.estate import Estate
from reconciler.export.json_parts import part


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
        for one in account.deployments
        for key, value in part(one.resource, "tags").items()
        if key.lower() == FLEET_TAG and isinstance(value, str) and value.partition("/")[0] == name
    )
    shown = [start for start, _ in marks.most_common() if _is_start(start)]
    if shown:
        rest = uuid.uuid5(uuid.NAMESPACE_URL, f"{FLEET_TAG}:{name}/{shown[0]}")
        return Owner(name=name, id=f"{shown[0]}{str(rest)[8:]}")
    return Owner(name=name, id=new_id)


def _is_start(text: str) -> bool:
    return len(text) == 8 and all(letter in "0123456789abcdef" for letter in text)

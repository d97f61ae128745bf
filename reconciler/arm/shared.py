"""Answers kept small: equal parts once.

Rule of this module: nothing that it returns is ever changed. The deployments of a fleet are much alike: the
model, the SKU, the capabilities and the rate limits of ten thousand of them are a handful of values, and each
answer brings its own copy. So do the models lists of a region in one subscription after the other.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from reconciler.arm import wire
from reconciler.domain.state import Offer

T = TypeVar("T")

_MOST: Final = 4096
"""Values kept; what comes later stays as it came, so that a fleet of strangers costs no more than before."""

_LARGEST: Final = 4096
"""Bytes of a value that is kept; parts of deployments are far smaller, and an ill will gains nothing."""

_MOST_OFFERED: Final = 32_768
"""Items of models lists kept: those of all regions are some 17,000."""

_ALIKE: Final = ("sku", "tags")
_ALIKE_PROPERTIES: Final = ("model", "capabilities", "rateLimits", "callRateLimit")


class Shared:
    """What was seen so far, by its bytes."""

    def __init__(self) -> None:
        self._seen: dict[bytes, object] = {}
        self._made: dict[tuple[Callable[[dict[str, object]], object], bytes], Any] = {}
        self._offers: dict[bytes, tuple[Offer, ...]] = {}

    @property
    def remembered(self) -> int:
        """How many values are kept for answers to come."""
        return len(self._seen) + len(self._made)

    def offers(self, item: Mapping[str, object]) -> tuple[Offer, ...]:
        """The offers of an item of a models list: once of all that are alike but for their ids.

        Such a list has hundreds of items, and a region offers much the same in every subscription.
        """
        named = {name: value for name, value in item.items() if name != "id"}
        key = marshal.dumps(named, 2)
        known = self._offers.get(key)
        if known is None:
            known = wire.offers(item)
            if len(self._offers) < _MOST_OFFERED:
                self._offers[key] = known
        return known

    def made(self, answer: dict[str, object], make: Callable[[dict[str, object]], T]) -> T:
        """What `make` makes of an answer about a deployment: of equal ones once."""
        key = make, marshal.dumps(answer, 2)
        known = self._made.get(key)
        if known is None:
            known = make(self.deployment(answer))
            if len(self._made) < _MOST and len(key[1]) <= _LARGEST:
                self._made[key] = known
        return known

    def deployment(self, answer: Mapping[str, object]) -> dict[str, object]:
        """An answer about a deployment whose parts are those of earlier, equal ones."""
        kept = dict(answer)
        for name in _ALIKE:
            if name in kept:
                kept[name] = self._shared_value(kept[name])
        properties = kept.get("properties")
        if isinstance(properties, dict):
            mine = {
                name: self._shared_value(value)
                for name, value in properties.items()
                if name in _ALIKE_PROPERTIES
            }
            kept["properties"] = self._shared_value({**properties, **mine})
        return kept

    def _shared_value(self, value: object) -> object:
        # Version 2 writes values only, and no references; integers, floats and booleans stay apart in it.
        key = marshal.dumps(value, 2)  # type: ignore[arg-type]  # it came of JSON
        if key in self._seen:
            return self._seen[key]
        if len(self._seen) < _MOST and len(key) <= _LARGEST:
            self._seen[key] = value
        return value

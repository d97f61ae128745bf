"""Equal parts of answers, kept once.

Rule of this module: nothing that it returns is ever changed. The deployments of a fleet are much alike: the
model, the SKU, the capabilities and the rate limits of ten thousand of them are a handful of values, and each
answer brings its own copy.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

_MOST: Final = 4096
"""Values kept; what comes later stays as it came, so that a fleet of strangers costs no more than before."""

_LARGEST: Final = 4096
"""Bytes of a value that is kept; parts of deployments are far smaller, and an ill will gains nothing."""

_PAGES: Final = 64
_LARGEST_PAGE: Final = 1 << 20

_ALIKE: Final = ("sku", "tags")
_ALIKE_PROPERTIES: Final = ("model", "capabilities", "rateLimits", "callRateLimit")


class Shared:
    """What was seen so far, by its bytes."""

    def __init__(self) -> None:
        self._seen: dict[bytes, object] = {}
        self._made: dict[tuple[Callable[[dict[str, object]], object], bytes], Any] = {}
        self._pages: dict[bytes, bytes] = {}

    @property
    def remembered(self) -> int:
        """How many values are kept for answers to come."""
        return len(self._seen) + len(self._made)

    def page(self, body: bytes) -> bytes:
        """A long page that waits to be read: models lists of a region are half a megabyte each, and alike."""
        if len(body) > _LARGEST_PAGE:
            return body
        key = hashlib.sha256(body).digest()
        if len(self._pages) < _PAGES:
            self._pages.setdefault(key, body)
        return self._pages.get(key, body)

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
                kept[name] = self._one(kept[name])
        properties = kept.get("properties")
        if isinstance(properties, dict):
            mine = {name: self._one(value) for name, value in properties.items() if name in _ALIKE_PROPERTIES}
            kept["properties"] = self._one({**properties, **mine})
        return kept

    def _one(self, value: object) -> object:
        # Version 2 writes values only, and no references; integers, floats and booleans stay apart in it.
        key = marshal.dumps(value, 2)  # type: ignore[arg-type]  # it came of JSON
        if key in self._seen:
            return self._seen[key]
        if len(self._seen) < _MOST and len(key) <= _LARGEST:
            self._seen[key] = value
        return value

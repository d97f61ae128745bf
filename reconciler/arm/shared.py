"""Answers kept small: equal parts once, and long lists understood only when somebody looks at them.

Rule of this module: nothing that it returns is ever changed, and what waits is a whole page that is one
beyond doubt. The deployments of a fleet are much alike: the model, the SKU, the capabilities and the rate
limits of ten thousand of them are a handful of values, and each answer brings its own copy. A plan with
nothing to do asks no region what it offers, and such a list has thousands of entries, in pages of some fifty
since 2026-09-01 (recorded): making values of ten lists takes longer than the hundred requests of a hundred
accounts.
"""

from __future__ import annotations

import hashlib
import marshal
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar, overload

from reconciler.arm import wire
from reconciler.arm.strict_json import NotUnderstood, parse_object
from reconciler.domain.state import Offer
from reconciler.errors import UnreadableOffers

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

    def page(self, body: bytes, subscription: str) -> bytes:
        """A long page that waits to be read: models lists of a region are half a megabyte each, and alike.

        In another subscription it is the same but for the ids of its items, of which nobody asks.
        """
        if len(body) > _LARGEST_PAGE:
            return body
        body = body.replace(f'"/subscriptions/{subscription}/'.encode(), b'"/subscriptions/-/')
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


_LARGE = 16 * 1024
_BEGIN = re.compile(rb'\s*\{\s*"value"\s*:\s*\[\s*\{')
_END = re.compile(rb'\}\s*\]\s*(?:,\s*"nextLink"\s*:\s*(?P<link>"[!#-\[\]-~]*"|null)\s*)?\}\s*')


@dataclass(frozen=True, slots=True)
class LongPage:
    """A long page that may be read later, and the address of the next one.

    `body` is without that address, which names the subscription: regions offer much the same in all of them.
    """

    body: bytes
    link: str | None


def may_wait(body: bytes) -> LongPage | None:
    """The next page of a long one, where that much is certain without reading it; None where it is not."""
    if len(body) < _LARGE or _BEGIN.match(body) is None or b'"error"' in body:
        return None
    end = _END.fullmatch(body, body.rfind(b"}", 0, body.rfind(b"]")))
    if end is None or body.count(b'"nextLink"') != int(end["link"] is not None):
        return None
    link = end["link"]
    return LongPage(
        body=body[: end.start()] + b"}]}", link=link[1:-1].decode() if link and link != b"null" else None
    )


class LateOffers(Sequence[Offer]):
    """The offers of a models list; raises UnreadableOffers at the first look where it is none after all."""

    def __init__(self, read: Sequence[Offer], pages: list[bytes], explain: Callable[[str], str]) -> None:
        self._at_once = read
        self._pages = pages
        self._explain = explain
        self._read: tuple[Offer, ...] | None = None

    @overload
    def __getitem__(self, index: int) -> Offer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Offer]: ...
    def __getitem__(self, index: int | slice) -> Offer | Sequence[Offer]:
        return self._offers()[index]

    def __len__(self) -> int:
        return len(self._offers())

    def __iter__(self) -> Iterator[Offer]:
        return iter(self._offers())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._offers() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._offers())

    def _offers(self) -> tuple[Offer, ...]:
        if self._read is None:
            try:
                late = (offer for page in self._pages for offer in _offers_of(page))
                self._read = (*late, *self._at_once)
            except NotUnderstood as problem:
                raise UnreadableOffers(self._explain(str(problem))) from problem
            self._pages = []
        return self._read


@lru_cache(maxsize=_PAGES)
def _offers_of(page: bytes) -> tuple[Offer, ...]:
    """The offers of a page; an apply looks at the lists of its regions again, and they are as they were."""
    items, _ = wire.page(parse_object(page))
    return tuple(offer for item in items for offer in wire.offers(item))

"""Long lists that are understood only when somebody looks at them.

Rule of this module: what waits is a whole page that is one beyond doubt. A plan with nothing to do asks no
region what it offers, and such a list has thousands of entries, in pages of some fifty since 2026-09-01
(recorded): making values of ten lists takes longer than the hundred requests of a hundred accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

from reconciler.arm import wire
from reconciler.arm.strict_json import NotUnderstood, parse_object
from reconciler.domain.state import Offer
from reconciler.errors import UnreadableOffers

_LARGE = 64 * 1024
_BEGIN = re.compile(rb'\s*\{\s*"value"\s*:\s*\[\s*\{')
_END = re.compile(rb'\}\s*\]\s*(?:,\s*"nextLink"\s*:\s*(?P<link>"[!#-\[\]-~]*"|null)\s*)?\}\s*')


@dataclass(frozen=True, slots=True)
class LongPage:
    """A long page that may be read later, and the address of the next one."""

    link: str | None


def may_wait(body: bytes) -> LongPage | None:
    """The next page of a long one, where that much is certain without reading it; None where it is not."""
    if len(body) < _LARGE or _BEGIN.match(body) is None or b'"error"' in body:
        return None
    end = _END.fullmatch(body, body.rfind(b"}", 0, body.rfind(b"]")))
    if end is None or body.count(b'"nextLink"') != int(end["link"] is not None):
        return None
    link = end["link"]
    return LongPage(link[1:-1].decode() if link and link != b"null" else None)


class LateOffers(Sequence[Offer]):
    """The offers of a models list; raises UnreadableOffers at the first look where it is none after all."""

    def __init__(self, read: Sequence[Offer], pages: list[bytes], told: Callable[[str], str]) -> None:
        self._at_once = read
        self._pages = pages
        self._told = told
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
                raise UnreadableOffers(self._told(str(problem))) from problem
            self._pages = []
        return self._read


@lru_cache(maxsize=16)
def _offers_of(page: bytes) -> tuple[Offer, ...]:
    """The offers of a page; an apply looks at the lists of its regions again, and they are as they were."""
    items, _ = wire.page(parse_object(page))
    return tuple(offer for item in items for offer in wire.offers(item))

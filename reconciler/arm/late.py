"""Long lists that are understood only when somebody looks at them.

Rule of this module: what waits is a whole list that is a list beyond doubt. A plan with nothing to do asks
no region what it offers, and such a list has thousands of entries: making values of ten of them takes longer
than the hundred requests of a hundred accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import overload

from reconciler.arm import wire
from reconciler.arm.strict_json import Unreadable, parse_object
from reconciler.domain.state import Offer
from reconciler.errors import UnreadableOffers

_LARGE = 64 * 1024
_BEGIN = re.compile(rb'\s*\{\s*"value"\s*:\s*\[\s*\{')
_END = re.compile(rb"\}\s*\]\s*\}\s*")
_MORE = (b'"nextLink"', b'"error"')


def may_wait(body: bytes) -> bool:
    """Whether a body is one long page without a next one: that much is certain without reading it."""
    if len(body) < _LARGE or _BEGIN.match(body) is None or any(word in body for word in _MORE):
        return False
    return _END.fullmatch(body, body.rfind(b"}", 0, body.rfind(b"]"))) is not None


class LateOffers(Sequence[Offer]):
    """The offers of a models list; raises UnreadableOffers at the first look where it is none after all."""

    def __init__(self, body: bytes, told: Callable[[str], str]) -> None:
        self._body = body
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
                items, _ = wire.page(parse_object(self._body))
                self._read = tuple(offer for item in items for offer in wire.offers(item))
            except Unreadable as problem:
                raise UnreadableOffers(self._told(str(problem))) from problem
            self._body = b""
        return self._read

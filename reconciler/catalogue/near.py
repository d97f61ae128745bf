"""Finding the name that somebody meant.

A name that differs only in its digits is another name (gpt-5.7 is no misspelt gpt-5.6), so it is shown
as similar but never called a typing mistake.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

_CONFUSABLE = str.maketrans({"o": "0", "l": "1", "i": "1"})
_LONG = 12


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    """Letters and digits only, lower case."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


@lru_cache(maxsize=4096)
def _digits(text: str) -> str:
    """The digits of a name, which carry its generation; a lone confusable letter does not count."""
    return re.sub(r"[^0-9]", "", text)


def distance(left: str, right: str, limit: int) -> int:
    """Edits between two texts, a swap of neighbours counting as one; `limit + 1` for anything more."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    older: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        next_row = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            next_row.append(cost)
        older, row = row, next_row
        if min(row) > limit:
            return limit + 1
    return row[-1]


def misspelling_of(written: str, names: Iterable[str], *, digits_matter: bool = True) -> str | None:
    """The name that `written` is a slip of, or None. An exact match is the caller's business."""
    bare = _bare(written)
    skeleton = bare.translate(_CONFUSABLE)
    limit = 1 if len(bare) < _LONG else 2
    best: tuple[int, str] | None = None
    for name in names:
        other = _bare(name)
        if skeleton == other.translate(_CONFUSABLE):
            return name
        if digits_matter and _digits(bare) != _digits(other):
            continue
        edits = distance(bare, other, limit)
        if edits <= limit and (best is None or edits < best[0]):
            best = edits, name
    return best[1] if best else None


def similar(written: str, names: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The names that look most like `written`, best first, in their own spelling; often empty."""
    by_bare = {_bare(name): name for name in names}
    found = difflib.get_close_matches(_bare(written), list(by_bare), n=count, cutoff=0.6)
    return tuple(by_bare[bare] for bare in found)

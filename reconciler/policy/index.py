"""Many rules over many deployments: sets of deployments as bit masks, one lookup per distinct value.

A fleet of ten thousand deployments has few distinct SKUs, regions and models. A rule is judged once per value
of the field it is about, and what it says holds for all deployments that share the value.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from re import IGNORECASE, Pattern, escape, split
from re import compile as regex

from reconciler.policy.rule import Match, PolicySubject

Mask = int
"""A set of deployments: bit n stands for the n-th."""

Facts = Callable[[PolicySubject], Hashable]
"""What a word looks at in a deployment."""

_AFTER_ALL = "\U0010ffff"


class SubjectIndex:
    """Looks deployments up by their values. Nothing is looked at before a rule asks for it."""

    def __init__(self, subjects: Sequence[PolicySubject]) -> None:
        self.subjects = tuple(subjects)
        self.everything: Mask = (1 << len(self.subjects)) - 1
        self._values: dict[str, dict[Hashable, Mask]] = {}
        self._names: dict[str, tuple[list[str], dict[str, Mask]]] = {}
        self._tested: dict[Hashable, Mask] = {}

    def values(self, field: str, facts: Facts) -> Mapping[Hashable, Mask]:
        """Every distinct value of a field, with the deployments that have it."""
        if field not in self._values:
            found: dict[Hashable, Mask] = {}
            for number, item in enumerate(self.subjects):
                value = facts(item)
                found[value] = found.get(value, 0) | 1 << number
            self._values[field] = found
        return self._values[field]

    def matching(self, match: Match) -> Mask:
        """The deployments that a rule is about."""
        mask = self.everything
        for label, wanted in match.labels.items():
            mask &= self.values(f"label {label}", lambda item, key=label: item.labels.get(key)).get(wanted, 0)  # type: ignore[misc]
        if match.skus:
            mask &= self._like("sku", match.skus, lambda item: item.sku.name)
        if match.models:
            mask &= self._like("model", match.models, lambda item: item.model.name)
        if match.targets:
            mask &= self.targets(match.targets)
        return mask

    def targets(self, globs: Sequence[str]) -> Mask:
        """The deployments that one of some globs over subscription-or-alias/account/deployment names."""
        mask = 0
        for glob in globs:
            parts = glob.split("/")
            subscription, account, name = ["*"] * (3 - len(parts)) + parts
            found = self._like("name", (name,), lambda item: item.id.name)
            if account != "*":
                found &= self._like("account", (account,), lambda item: item.id.account.name)
            if subscription != "*":
                found &= self._like(
                    "subscription", (subscription,), lambda item: item.id.account.subscription
                ) | self._like("alias", (subscription,), lambda item: item.alias or "")
            mask |= found
        return mask

    def members(self, mask: Mask) -> Iterator[PolicySubject]:
        """The deployments of a set, in their order."""
        while mask:
            lowest = mask & -mask
            yield self.subjects[lowest.bit_length() - 1]
            mask ^= lowest

    def _like(self, field: str, globs: Sequence[str], facts: Callable[[PolicySubject], str]) -> Mask:
        mask = 0
        for glob in globs:
            key = (field, glob.lower())
            if key not in self._tested:
                self._tested[key] = self._of_glob(field, glob.lower(), facts)
            mask |= self._tested[key]
        return mask

    def _of_glob(self, field: str, glob: str, facts: Callable[[PolicySubject], str]) -> Mask:
        """What begins as the glob does stands together among sorted names; only that is tried."""
        if glob == "*":
            return self.everything
        if field not in self._names:
            masks = {
                str(value): mask for value, mask in self.values(field, lambda o: facts(o).lower()).items()
            }
            self._names[field] = (sorted(masks), masks)
        names, masks = self._names[field]
        fixed = split(r"[*?]", glob, maxsplit=1)[0]
        if fixed == glob:
            return masks.get(glob, 0)
        mask, form = 0, pattern(glob)
        for name in names[bisect_left(names, fixed) : bisect_left(names, fixed + _AFTER_ALL)]:
            if form.fullmatch(name):
                mask |= masks[name]
        return mask


@lru_cache(maxsize=4096)
def pattern(glob: str) -> Pattern[str]:
    """A glob with `*` and `?`, matched without regard to case."""
    return regex(escape(glob).replace(r"\*", ".*").replace(r"\?", "."), IGNORECASE)


def like(text: str, globs: Sequence[str]) -> bool:
    """Whether a text matches one of some globs."""
    return any(pattern(glob).fullmatch(text) for glob in globs)

"""Which job of several looks after which account.

Rule of this module: an account's shard depends on its own subscription and on nothing else, and what shares a
quota pool is never parted. ARM counts requests by subscription and quota by subscription and region, so one
job knows all that the order of its writes must keep to.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.domain.ids import AccountId, Region

SPREAD_ABOVE: Final = 200
"""Accounts of one subscription that one job still lists without being throttled.

ARM's bucket holds 250 reads for each subscription and principal; the other 50 are for the lists of accounts,
models and usages.
"""

_WRITTEN = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One of `count` jobs; `index` counts from 1."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ValueError(f"there is no shard {self.index} of {self.count}: shards are 1 to {self.count}")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``i/n``; ValueError says what that looks like."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not i/n, as in 2/4: the second of four shards")
        index, count = int(match[1]), int(match[2])
        if count == 0:
            raise ValueError(f"{text!r} is a shard of none: n is the number of shards, 1 or more")
        if index == 0:
            raise ValueError(f"there is no shard {text}: shards count from 1, so the first is 1/{count}")
        return cls(index, count)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def share_of(self, limit: int) -> int:
        """This shard's part of a number that all shards together may reach; the parts add up to it."""
        return (limit + self.count - self.index) // self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a shard has of a selection: so many accounts and deployments, of so many."""

    shard: Shard
    accounts: int
    of_accounts: int
    of_deployments: int


def shards(
    accounts: Iterable[tuple[AccountId, Region | None]], count: int, *, spread_above: int = SPREAD_ABOVE
) -> Mapping[AccountId, int]:
    """The index of the shard of each account, from 1 to `count`.

    A subscription's accounts stay together. only where it has more than `spread_above` of them, and the
    region of each is stated, its regions are told apart.
    """
    by_subscription: dict[str, dict[AccountId, Region | None]] = defaultdict(dict)
    for account, region in accounts:
        by_subscription[account.subscription.lower()][account] = region
    return {
        # the same on every machine and in every release; Python's own hash differs from run to run
        account: 1 + int.from_bytes(hashlib.sha256(word.encode()).digest()[:8]) % count
        for subscription, members in by_subscription.items()
        for account, word in _together(subscription, members, spread_above).items()
    }


def _together(
    subscription: str, members: Mapping[AccountId, Region | None], spread_above: int
) -> Mapping[AccountId, str]:
    """A word per account; those of one word go to one shard."""
    known = {account: region for account, region in members.items() if region is not None}
    if len(members) <= spread_above or len(known) < len(members):
        return dict.fromkeys(members, subscription)
    return {account: f"{subscription}/{region}" for account, region in known.items()}

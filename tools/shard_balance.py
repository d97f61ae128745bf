"""How uneven shards are: the busiest one's accounts as a multiple of an even share, over random fleets.

`python -m tools.shard_balance` prints the table of docs/how-to/run-in-shards.md.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter

from reconciler.domain.ids import AccountId
from reconciler.domain.shard import shards

FLEETS = 400
SUBSCRIPTIONS = (8, 16, 64)
SHARDS = (2, 4, 8)


def busiest(subscriptions: int, count: int, source: random.Random) -> float:
    """The mean over `FLEETS` fleets of one account in each of `subscriptions` subscriptions."""
    total = 0.0
    for _ in range(FLEETS):
        names = (str(uuid.UUID(int=source.getrandbits(128))) for _ in range(subscriptions))
        accounts = [(AccountId(subscription=name, resource_group="rg", name="a"), None) for name in names]
        sizes = Counter(shards(accounts, count).values())
        total += max(sizes.values()) * count / subscriptions
    return total / FLEETS


def main() -> None:
    """Print one row per number of subscriptions."""
    print(f"| subscriptions | {' | '.join(f'{count} shards' for count in SHARDS)} |")
    for subscriptions in SUBSCRIPTIONS:
        source = random.Random(1)  # noqa: S311 -- the same fleets at every run
        row = " | ".join(f"{busiest(subscriptions, count, source):.1f}" for count in SHARDS)
        print(f"| {subscriptions} | {row} |")


if __name__ == "__main__":
    main()

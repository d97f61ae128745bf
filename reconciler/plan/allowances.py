"""What a command line allows beyond the Fleet: all that an option needs, without what a plan needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto


class Alone(Enum):
    """How a shard that sees nothing but its own accounts goes by a limit of the whole fleet.

    `LATER`: not at all, for `plan merge` will. `SHARE`: by a share of it, so that all shards together stay
    within the limit whatever each of them finds.
    """

    LATER = auto()
    SHARE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the command line lifts, None and False lift nothing; and what a shard knows of the others.

    `today` is None where nobody asked for the date; then no date counts.
    """

    max_deletes: int | None = None
    max_monthly_increase: Decimal | None = None
    allow_empty: bool = False
    take_over: bool = False
    replace_failed: bool = False
    renew_marks: bool = False
    skip_refused: bool = False
    recreate_expired: bool = False
    today: date | None = None
    in_shard: Alone = Alone.SHARE

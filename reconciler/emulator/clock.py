"""The virtual clock: starts on the day of the world's facts and runs on with real time.

Rule of this module: no handler asks the machine for the time. What the emulator answers depends on this
clock alone, so a deployment refused in a test today is refused in ten years too.
"""

from datetime import UTC, datetime, timedelta

from reconciler.emulator.store import Store

WORLD_BEGINS = datetime(2026, 6, 22, tzinfo=UTC)
"""The date of the newest recorded model lists in `world/`."""

_FIRST_WORDINGS = datetime(2024, 1, 1, tzinfo=UTC)
"""Until here some answers were worded otherwise (recorded and reported in 2023)."""

_CAMEL_CASE_SINCE = datetime(2023, 8, 18, tzinfo=UTC)
"""From here on rate limits are spelled as specified (recorded on 24 July and 12 September 2023)."""

_FURTHEST = timedelta(days=366 * 200)


def start(store: Store, wall: float) -> None:
    """Set the clock going, once per state. `wall` is the machine's time in seconds since 1970."""
    if not store.setting("clock"):
        store.put("setting", "clock", {"wall": wall, "begins": WORLD_BEGINS.isoformat()})


def now(store: Store, wall: float) -> datetime:
    """Virtual time, UTC. The machine's clock going back does not turn it back before its beginning."""
    clock = store.setting("clock")
    begins = datetime.fromisoformat(clock["begins"])
    return begins + timedelta(seconds=max(0.0, wall - clock["wall"]))


def advance(store: Store, wall: float, seconds: float) -> datetime:
    """Move on by so many seconds (negative moves back); the result is the new time.

    Raises ValueError when the date would leave the range of two centuries around the world's beginning.
    """
    if abs(seconds) > _FURTHEST.total_seconds():
        raise ValueError(f"advanceSeconds must stay within {_FURTHEST.days} days, found {seconds}")
    return set_to(store, wall, now(store, wall) + timedelta(seconds=seconds))


def set_to(store: Store, wall: float, moment: datetime) -> datetime:
    store.put("setting", "clock", {"wall": wall, "begins": moment.astimezone(UTC).isoformat()})
    return moment.astimezone(UTC)


def is_of_2023(moment: datetime) -> bool:
    """Whether answers are worded as they were up to 2023."""
    return moment < _FIRST_WORDINGS


def spells_in_lower_case(moment: datetime) -> bool:
    """Whether rate limits are called `ratelimits`."""
    return moment < _CAMEL_CASE_SINCE


def stamp(moment: datetime) -> str:
    """ARM's timestamp of systemData: seven decimals (recorded)."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


def seconds_stamp(moment: datetime) -> str:
    """ARM's timestamp of operation results: whole seconds (recorded)."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def parse(text: str) -> datetime:
    """Read any ARM timestamp, also one with seven decimals; UTC where no zone is written.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

"""How the cost of a plan grows: with accounts, and how little with the deployments in them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.fleets import Size, write_manifests
from tools.bench.measure import RECONCILER, Row, Section, run, seconds, subject
from tools.bench.plot import Point, log_log
from tools.bench.sections import Effort
from tools.bench.stand_in import asked, beyond, serving
from tools.bench.subjects import CONCURRENCY

_LATENCY_MS = 100
_A_SUBSCRIPTION = 100
"""Accounts in each: no more than ARM's own budget lets anybody read at once."""


_NOTE = (
    f"Seconds on the clock of whole commands, their manifests in a file for each account; {_LATENCY_MS} ms "
    f"latency, {_A_SUBSCRIPTION} accounts in each subscription, {CONCURRENCY} requests at a time; one round "
    "of 10,000 accounts, the median of three of fewer. The floor, through the barest asyncio client, lists "
    "accounts of 8 deployments. The largest fleet has a bar of 60 s and of 1 GiB."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One plan with nothing to do."""

    size: Size
    wall: float
    requests: int
    mib: float = 0.0
    throttled: int = 0


def curves(effort: Effort, folder: Path | None) -> Section:
    """Measure, and draw two plots into `folder` where one is given."""
    accounts, each = ((10, 100), (1, 8)) if effort.quick else ((100, 1_000, 10_000), (1, 8, 32))
    found = [_measured(count, many, effort) for many in each for count in accounts]
    floor = [_floor(count, effort) for count in accounts]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in plots(found, floor).items():
            (folder / name).write_text(text, "utf-8")
    lists = dict(floor)
    return Section(
        title="Cost grows with accounts",
        rows=tuple(
            Row(
                what=f"{one.size}: {one.requests:,} requests",
                ours=seconds([one.wall]),
                beside="its bare list requests",
                theirs=seconds([lists[one.size.accounts]]),
                ratio=one.wall / lists[one.size.accounts],
            )
            for one in found
        )
        + (() if effort.quick else _largest(found[-1])),
        notes=(_NOTE,),
    )


def _largest(one: Measured) -> tuple[Row, ...]:
    return (
        Row(
            what=f"{one.size}; {one.throttled} requests beyond ARM's budget (429)",
            ours=seconds([one.wall]),
            beside="the bar",
            theirs="60 s",
            ratio=one.wall / 60,
            most=1.0,
        ),
        Row(
            what=f"{one.size}, memory at the peak",
            ours=f"{one.mib:.0f} MiB",
            beside="the bar",
            theirs="1024 MiB",
            ratio=one.mib / 1024,
            most=1.0,
        ),
    )


def plots(found: Sequence[Measured], floor: Sequence[Point]) -> Mapping[str, str]:
    """The plots by file name."""
    each = sorted({one.size.each for one in found})
    times = {_named(n): [(one.size.accounts, one.wall) for one in found if one.size.each == n] for n in each}
    requests = {
        _named(n): [(one.size.accounts, one.requests) for one in found if one.size.each == n] for n in each
    }
    return {
        "seconds.svg": log_log(
            "A plan with nothing to do", "accounts", "seconds", {**times, "bare lists": floor}
        ),
        "requests.svg": log_log("Requests of a plan", "accounts", "requests", requests),
    }


def _named(each: int) -> str:
    return f"{each} deployment{'s' if each > 1 else ''} each"


def _size(accounts: int, each: int) -> Size:
    return Size(accounts=accounts, each=each, subscriptions=max(1, accounts // _A_SUBSCRIPTION))


def _rounds(accounts: int, effort: Effort) -> int:
    return 1 if effort.quick or accounts > 1_000 else min(3, effort.rounds)


def _measured(accounts: int, each: int, effort: Effort) -> Measured:
    size = _size(accounts, each)
    with serving(size, latency_ms=_LATENCY_MS) as url, tempfile.TemporaryDirectory() as scratch:
        words = [*RECONCILER, "plan", str(write_manifests(Path(scratch), size)), "--endpoint", url, "-q"]
        rounds = _rounds(accounts, effort)
        used = [run(words) for _ in range(rounds)]
        requests = sum(asked(url).values()) // rounds
        throttled = beyond(url)
    walls = sorted(one.wall for one in used)
    return Measured(
        size=size,
        wall=walls[len(walls) // 2],
        requests=requests,
        mib=max(one.mib for one in used),
        throttled=throttled,
    )


def _floor(accounts: int, effort: Effort) -> Point:
    size = _size(accounts, 8)
    with serving(size, latency_ms=_LATENCY_MS) as url:
        walls = sorted(subject("asyncio-lists", url, *size.words) for _ in range(_rounds(accounts, effort)))
    return accounts, walls[len(walls) // 2]

"""Running things in fresh processes and in turn, and what comes of it."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
RECONCILER = [PYTHON, "-m", "reconciler"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one process used: seconds on the clock, of processors, MiB at its peak; and what it printed."""

    wall: float
    cpu: float
    mib: float
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table. `ratio` and `most` are None where nothing is compared, or nothing promised."""

    what: str
    ours: str
    beside: str
    theirs: str
    ratio: float | None = None
    most: float | None = None
    least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bar is kept, if there is one."""
        if self.ratio is None:
            return True
        return (self.most is None or self.ratio <= self.most) and (
            self.least is None or self.ratio >= self.least
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the results: its rows, and sentences about how they were had."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def environment() -> dict[str, str]:
    """What processes get: as here, but Python may keep the bytecode it compiles, as it does for users."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def compile_all(*folders: Path) -> None:
    """Have the bytecode of these folders at hand, as an installed package has it."""
    for folder in folders:
        compileall.compile_dir(folder, quiet=2)


def run(words: Sequence[str], *, env: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)) -> Used:
    """Run a program to its end; RuntimeError with its last words where it ends with another exit code."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            words,
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            env=environment() if env is None else dict(env),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in codes:
            told = (err.read() + out.read())[-2000:]
            raise RuntimeError(f"{' '.join(words[:6])} ended with {process.returncode}: {told}")
        per_mib = 1024 * 1024 if sys.platform == "darwin" else 1024
        return Used(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            mib=usage.ru_maxrss / per_mib,
            printed=out.read(),
        )


@contextmanager
def apart(server: int) -> Iterator[None]:
    """While the block lasts, the process `server` has one processor for itself, and what is run here others.

    Else a scheduler keeps two processes that wake each other on one, and what a stand-in takes is counted as
    ours. Nothing is done where there is one processor, or no way to choose.
    """
    ours: set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(ours) < 2:
        yield
        return
    os.sched_setaffinity(server, {max(ours)})
    os.sched_setaffinity(0, ours - {max(ours)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def subject(name: str, *words: str, figure: str = "wall") -> float:
    """One figure of a subject (`tools.bench.subjects`) in a fresh interpreter."""
    done = run([PYTHON, "-m", "tools.bench.subjects", name, *words])
    return float(json.loads(done.printed)[figure])


def in_turn(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Each measure's figures, one per round; a busy machine slows all of a round alike."""
    figures = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(column) for column in zip(*figures, strict=True)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def seconds(figures: Sequence[float]) -> str:
    """The median as text."""
    middle = statistics.median(figures)
    return (
        f"{middle * 1000:.0f} ms" if middle < 1 else f"{middle:.2f} s" if middle < 10 else f"{middle:.1f} s"
    )

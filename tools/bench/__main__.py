"""`python -m tools.bench`: measure, print, and with --write replace docs/performance.md and its plots."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.bench.commands import commands, upgrades
from tools.bench.curves import curves
from tools.bench.measure import Row, Section, compile_all
from tools.bench.page import page
from tools.bench.plans import SDK, plans, subscriptions
from tools.bench.sections import Effort, applies, memory, starts, validation
from tools.sdk_release import installed

ROOT = Path(__file__).parents[2]


def main(argv: list[str]) -> int:
    """The exit code: 1 where a bar is broken."""
    given = _arguments(argv)
    effort = Effort(
        rounds=given.rounds or (1 if given.quick else 5),
        quick=given.quick,
        sdk=installed(given.with_sdk, SDK) if given.with_sdk else None,
    )
    plots = ROOT / "docs" / "performance" if given.write else None
    parts: dict[str, Callable[[Effort], Section]] = {
        "validate": validation,
        "start": starts,
        "plan": plans,
        "subscriptions": subscriptions,
        "apply": applies,
        "upgrade": upgrades,
        "commands": commands,
        "memory": memory,
        "curves": partial(curves, folder=plots),
    }
    unknown = set(given.only) - parts.keys()
    if unknown:
        print(f"there is no part {', '.join(sorted(unknown))}; parts are {', '.join(parts)}", file=sys.stderr)
        return 64
    compile_all(ROOT / "reconciler", ROOT / "tools")
    sections = [_told(parts[name], effort) for name in parts if name in (given.only or parts)]
    if given.write:
        said = (word.replace(str(given.with_sdk), "FOLDER") for word in argv)  # a folder of this machine
        command = " ".join(["python -m tools.bench", *said])
        (ROOT / "docs" / "performance.md").write_text(
            page(sections, command=command, rounds=effort.rounds), "utf-8"
        )
    missed = [row for section in sections for row in section.rows if not row.holds]
    for row in missed:
        print(f"missed: {row.what}: {_ratio(row)}")
    return 1 if missed and not given.quick else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="these parts instead of all")
    parser.add_argument("--rounds", type=int, help="rounds of each figure (5)")
    parser.add_argument(
        "--quick", action="store_true", help="tiny fleets, one round, no verdict: does it run?"
    )
    parser.add_argument("--with-sdk", type=Path, metavar="FOLDER", help="also the SDK, installed into FOLDER")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its plots")
    return parser.parse_args(argv)


def _told(measure: Callable[[Effort], Section], effort: Effort) -> Section:
    started = time.perf_counter()
    section = measure(effort)
    print(f"{section.title} ({time.perf_counter() - started:.0f} s)")
    for row in section.rows:
        print(f"  {row.what:<78} {row.ours:>9}  {row.beside}: {row.theirs}  {_ratio(row)}", flush=True)
    return section


def _ratio(row: Row) -> str:
    return "" if row.ratio is None else f"ratio {row.ratio:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

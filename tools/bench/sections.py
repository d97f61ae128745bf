"""The parts of the benchmark, each a function from how thorough to be to a `Section`."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.cli.main import COMMANDS
from tools.bench.fleets import TENANT, Size, account, region, subscription, write_manifests
from tools.bench.measure import (
    PYTHON,
    RECONCILER,
    Row,
    Section,
    apart,
    in_turn,
    ratio,
    run,
    seconds,
    subject,
)
from tools.bench.stand_in import serving
from tools.bench.varied import write_varied

_LATENCY_MS, _POLLS, _RETRY_AFTER = 50, 2, 1
_CONTROL_TOKEN = secrets.token_urlsafe()

_STARTS = (
    "Processor time of whole processes, with compiled bytecode; medians of 20 rounds. The ratio of `--help` "
    "is to the bare interpreter and 100 ms, that of a command's `--help` to `--help`, that of the plan to "
    "0.45 s; the plan starts the emulator in its own process."
)
_MEMORY = (
    "Resident at the peak, of the whole process. The ratio is to the bar: 150 MiB for 5,000 deployments and "
    "250 MiB for 50,000."
)
_APPLIES = (
    "Seconds on the clock of the whole command, its plan included, against the emulator with "
    f"{_LATENCY_MS} ms latency; operations end with look number {_POLLS}, {_RETRY_AFTER} s apart. Ideal: "
    "one write at a time in each account, all accounts at once, and nothing between a look, the write, "
    "the polls and a look back. Where there is room, the emulator has a processor of its own, as ARM has: a "
    "scheduler keeps two processes that wake each other on one, and forty accounts at once wait for the "
    "stand-in then. The second row leaves that to the scheduler."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured. `sdk` is the folder of the SDK's release, None to leave it out."""

    rounds: int = 5
    quick: bool = False
    sdk: Path | None = None


def validation(effort: Effort) -> Section:
    """`validate` beside libyaml and pydantic."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for count in (100,) if effort.quick else (1_000, 10_000):
            folder = str(write_varied(Path(scratch) / str(count), count))
            ours, floor = in_turn(
                effort.rounds,
                partial(subject, "validation", folder, figure="cpu"),
                partial(subject, "bare-validation", folder, figure="cpu"),
            )
            rows.append(
                Row(
                    what=f"{count:,} deployments",
                    ours=seconds(ours),
                    beside="libyaml, and a small pydantic object for each",
                    theirs=seconds(floor),
                    ratio=ratio(ours, floor),
                    most=1.3 if count == 10_000 else 3.0,
                )
            )
    return Section(
        title="validate",
        rows=tuple(rows),
        notes=(
            "Processor time of reading, typing, merging and every rule; without the interpreter's start.",
        ),
    )


def starts(effort: Effort) -> Section:
    """Cold start of every command, and a whole plan of one account."""

    def bare() -> float:
        return run([PYTHON, "-c", "pass"]).cpu

    words = [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
    measures = [
        lambda one=one: run([*RECONCILER, *one]).cpu for one in (words[:1] if effort.quick else words)
    ]
    floor, first, *figures = in_turn(_rounds(effort), bare, *measures)
    rows = [
        Row(
            what="`reconciler --help`",
            ours=seconds(first),
            beside="`python -c pass`",
            theirs=seconds(floor),
            ratio=statistics.median(first) / (statistics.median(floor) + 0.1),
            most=1.0,
        ),
        *(
            Row(
                what=f"`reconciler {' '.join(one)}`",
                ours=seconds(ours),
                beside="`reconciler --help`",
                theirs=seconds(first),
                ratio=ratio(ours, first),
                most=1.2,
            )
            for one, ours in zip(words[1:], figures, strict=False)
        ),
    ]
    return Section(title="Cold start", rows=(*rows, _plan_of_one(effort)), notes=(_STARTS,))


def _rounds(effort: Effort) -> int:
    """A start takes 50 ms, of which another process may take 10: four times as many rounds as elsewhere."""
    return effort.rounds if effort.quick else 4 * effort.rounds


def _plan_of_one(effort: Effort) -> Row:
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_manifests(Path(scratch) / "fleet", Size(accounts=1, each=5, subscriptions=1))
        words = ["plan", str(folder), "-q", "--emulator-state", f"{scratch}/state.db"]
        figures = in_turn(_rounds(effort), lambda: run([*RECONCILER, *words]).cpu)[0]
    return Row(
        what="`reconciler plan`, one account",
        ours=seconds(figures),
        beside="the bar",
        theirs="0.45 s",
        ratio=statistics.median(figures) / 0.45,
        most=1.0,
    )


def applies(effort: Effort) -> Section:
    """200 creates over 40 accounts on the emulator, beside the ideal schedule."""
    size = Size(accounts=4, each=1, subscriptions=2) if effort.quick else Size(accounts=40, each=5)
    exchanges = 3 + _POLLS  # a look, the write, the polls, a look back
    ideal = size.each * (exchanges * _LATENCY_MS / 1000 + _POLLS * _RETRY_AFTER)
    statuses: list[int] = []

    def applied(placed: Callable[[int], AbstractContextManager[None]]) -> float:
        with tempfile.TemporaryDirectory() as scratch, _emulator(size) as (url, process), placed(process):
            folder = str(write_manifests(Path(scratch), size))
            words = ["apply", folder, "--yes", "-q", "--endpoint", url]
            took = run([*RECONCILER, *words]).wall
            statuses.extend(one["status"] for one in _control(url, "requests")["requests"])
            return took

    figures = in_turn(effort.rounds, lambda: applied(apart), lambda: applied(lambda _: nullcontext()))
    creates = f"{size.accounts * size.each} creates over {size.accounts} accounts"
    places = ("the emulator on a processor of its own", 1.1), ("both where the scheduler puts them", None)
    rows = tuple(
        Row(
            what=f"{creates}; {place}",
            ours=seconds(walls),
            beside="the ideal schedule",
            theirs=seconds([ideal]),
            ratio=statistics.median(walls) / ideal,
            most=None if effort.quick else most,
        )
        for (place, most), walls in zip(places, figures, strict=True)
    )
    met = f"Answers 409 or 429 in all rounds: {sum(status in {409, 429} for status in statuses)}."
    return Section(title="apply", rows=rows, notes=(_APPLIES, met))


@contextmanager
def _emulator(size: Size) -> Iterator[tuple[str, int]]:
    """Address and process of a served emulator that holds a fleet's accounts and none of its deployments."""
    words = [*RECONCILER, "emulator", "serve", "--port", "0", "--state", ":memory:"]
    words += ["--latency-ms", str(_LATENCY_MS)]
    world = {
        "subscriptions": [
            {"subscriptionId": subscription(n), "tenantId": TENANT} for n in range(size.subscriptions)
        ],
        "accounts": [
            {"id": str(account(n, size)), "location": region(n % size.subscriptions), "kind": "OpenAI"}
            for n in range(size.accounts)
        ],
    }
    environment = {**os.environ, "RECONCILER_EMULATOR_CONTROL_TOKEN": _CONTROL_TOKEN}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None  # noqa: S101 -- it is a pipe
            url = json.loads(server.stdout.readline())["url"]
            _control(url, "world", world)
            _control(url, "lro", {"polls": _POLLS, "for": "all", "retryAfter": _RETRY_AFTER})
            _control(url, "settings", {"throttling": "on"})
            yield url, server.pid
        finally:
            server.kill()


def _control(url: str, what: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 -- loopback
        f"{url}/_emulator/{what}", data=content, headers={"x-emulator-control": _CONTROL_TOKEN}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- loopback
        return json.load(answer)


def memory(effort: Effort) -> Section:
    """Peak memory of whole processes at 5,000 deployments."""
    size = Size(accounts=20, each=5) if effort.quick else Size(accounts=1_000, each=5)
    with serving(size, latency_ms=1.0) as url, tempfile.TemporaryDirectory() as scratch:
        folder = write_manifests(Path(scratch), size)
        plan = [*RECONCILER, "plan", str(folder), "--endpoint", url, "-q"]
        lists = [PYTHON, "-m", "tools.bench.subjects", "bare-lists", url, *size.words]
        ours, floor, validate, parse = in_turn(
            effort.rounds,
            lambda: run(plan).mib,
            lambda: run(lists).mib,
            lambda: run([*RECONCILER, "validate", str(folder), "-q"]).mib,
            lambda: run([PYTHON, "-m", "tools.bench.subjects", "bare-validation", str(folder)]).mib,
        )
        many = 100 if effort.quick else 50_000
        varied = str(write_varied(Path(scratch) / "varied", many))
        large = [run([*RECONCILER, "validate", varied, "-q"]).mib]
    count = f"{size.accounts * size.each:,} deployments"
    measured = [
        (f"plan`, {count}", ours, "the bare list requests", f"{statistics.median(floor):.0f} MiB", 150),
        (f"validate`, {count}", validate, "libyaml and pydantic", f"{statistics.median(parse):.0f} MiB", 150),
        (f"validate`, {many:,} deployments", large, "-", "-", 250),
    ]
    return Section(
        title="Peak memory",
        rows=tuple(
            Row(
                what=f"`reconciler {name}",
                ours=f"{statistics.median(figures):.0f} MiB",
                beside=beside,
                theirs=theirs,
                ratio=statistics.median(figures) / bar,
                most=None if effort.quick else 1.0,
            )
            for name, figures, beside, theirs, bar in measured
        ),
        notes=(_MEMORY,),
    )

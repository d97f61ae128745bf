"""The parts of the benchmark, each a function from how thorough to be to a `Section`."""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
import statistics
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.cli.main import COMMANDS
from tools.bench.fleets import TENANT, Size, account, region, subscription, write_manifests
from tools.bench.measure import PYTHON, RECONCILER, Row, Section, in_turn, ratio, run, seconds, subject
from tools.bench.stand_in import asked, serving
from tools.bench.subjects import CONCURRENCY
from tools.bench.varied import write_varied

SDK = "15.0.0b6"

_LATENCY_MS, _POLLS, _RETRY_AFTER = 50, 2, 1
_CONTROL_TOKEN = secrets.token_urlsafe()

_STARTS = (
    "Processor time of whole processes, with compiled bytecode. The ratio of `--help` is to the bare "
    "interpreter and 100 ms, that of a command's `--help` to `--help`, that of the plan to 0.45 s; the plan "
    "starts the emulator in its own process."
)
_PLANS = (
    "Seconds on the clock. A stand-in for ARM answers over loopback sockets after a fixed latency: 100 ms "
    "where nothing else is said (118 ms and more are recorded of the real provider). The fleet is spread "
    f"over 10 subscriptions, and {CONCURRENCY} requests are made at once, the default. A size has these "
    "rows: reading and comparing alone beside the same list requests through our client library (httpx in "
    "the set-up that costs it least: small pools); the whole command (start, manifests from files, text) "
    "beside the same requests through the barest asyncio client, which throws the answers away; and beside "
    "the wire alone, which is the latency times the requests by the number at once. Our side signs in, too, "
    "and reads accounts, regions, quotas and offers."
)
_APPLIES = (
    "Seconds on the clock of the whole command, its plan included, against the emulator with "
    f"{_LATENCY_MS} ms latency; operations end with look number {_POLLS}, {_RETRY_AFTER} s apart. Ideal: "
    "one write at a time in each account, all accounts at once, and nothing between a look, the write, "
    "the polls and a look back."
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
    floor, first, *figures = in_turn(effort.rounds, bare, *measures)
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


def _plan_of_one(effort: Effort) -> Row:
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_manifests(Path(scratch) / "fleet", Size(accounts=1, each=5, subscriptions=1))
        words = ["plan", str(folder), "-q", "--emulator-state", f"{scratch}/state.db"]
        figures = in_turn(effort.rounds, lambda: run([*RECONCILER, *words]).cpu)[0]
    return Row(
        what="`reconciler plan`, one account",
        ours=seconds(figures),
        beside="the bar",
        theirs="0.45 s",
        ratio=statistics.median(figures) / 0.45,
        most=1.0,
    )


def plans(effort: Effort) -> Section:
    """A plan with nothing to do beside the bare list requests, and beside the SDK's loop."""
    rows: list[Row] = []
    many = [Size(accounts=20, each=5)] if effort.quick else [Size(accounts=n, each=5) for n in (100, 1_000)]
    for size in many:
        rows += _plans_of(size, effort)
    if not effort.quick:
        rows += _plans_of(many[-1], effort, latency=10.0)[:1]
    rounds = "medians of three rounds, one at 1,000 accounts"
    sdk = f"The SDK's loop over the accounts is on azure-mgmt-cognitiveservices {SDK}: "
    sdk += f"{rounds if effort.sdk else 'not measured here (--with-sdk)'}."
    return Section(title="plan, nothing to do", rows=tuple(rows), notes=(_PLANS, sdk, _az()))


def _plans_of(size: Size, effort: Effort, *, latency: float = 100.0) -> list[Row]:
    with serving(size, latency_ms=latency) as url, tempfile.TemporaryDirectory() as scratch:
        before = asked(url)
        subject("plan", url, *size.words)
        requests = asked(url) - before
        ours, floor = in_turn(
            effort.rounds,
            lambda: subject("plan", url, *size.words),
            lambda: subject("bare-lists", url, *size.words),
        )
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(requests.items()))
        at = "" if latency == 100.0 else f" at {latency:.0f} ms"
        rows = [
            Row(
                what=f"{size}{at}: {sum(requests.values())} requests ({counted})",
                ours=seconds(ours),
                beside=f"{size.accounts:,} list requests through httpx",
                theirs=seconds(floor),
                ratio=ratio(ours, floor),
            )
        ]
        if at:
            return rows
        folder = write_manifests(Path(scratch), size)
        whole, bare = in_turn(
            effort.rounds,
            lambda: run([*RECONCILER, "plan", str(folder), "--endpoint", url, "-q"]).wall,
            lambda: subject("asyncio-lists", url, *size.words),
        )
        wire = [math.ceil(size.accounts / CONCURRENCY) * latency / 1000] * len(whole)
        rows += [
            Row(
                what=f"{size}: the whole command",
                ours=seconds(whole),
                beside=beside,
                theirs=seconds(theirs),
                ratio=ratio(whole, theirs),
                most=None if effort.quick else most,
            )
            for beside, theirs, most in (
                (f"{size.accounts:,} list requests through the barest asyncio client", bare, 1.5),
                ("the wire alone", wire, None),
            )
        ]
        return [*rows, *_beside_the_sdk(size, url, ours, whole, effort)]


def _beside_the_sdk(
    size: Size, url: str, work: list[float], whole: list[float], effort: Effort
) -> Iterator[Row]:
    """The loop's own time beside our plan's own time, and both as whole processes."""
    least_of = 30.0 if size.accounts >= 1_000 else 8.0
    inner: list[float] = []
    outer: list[float] = []
    if effort.sdk is not None:
        program = str(Path(__file__).parent / "sdk_loop.py")
        env = {"PYTHONPATH": str(effort.sdk)}
        for _ in range(1 if size.accounts > 100 or effort.quick else 3):
            # -S keeps the development environment's own packages out of sight
            done = run([PYTHON, "-S", program, url, *size.words], env=env)
            inner.append(json.loads(done.printed)["wall"])
            outer.append(done.wall)
    for what, ours, theirs, least in (
        (f"{size}: as many times as fast, reading and comparing alone", work, inner, None),
        (f"{size}: as many times as fast, whole commands", whole, outer, None if effort.quick else least_of),
    ):
        yield Row(
            what=what,
            ours=seconds(ours),
            beside="the SDK's serial loop",
            theirs=seconds(theirs) if theirs else "-",
            ratio=statistics.median(theirs) / statistics.median(ours) if theirs else None,
            least=least,
        )


def _az() -> str:
    az = shutil.which("az")
    if az is None:
        return "az is not installed on this machine and was not measured."
    words = [az, "cognitiveservices", "account", "deployment", "list", "-h"]
    starts = [run(words).wall for _ in range(3)]
    return (
        f"az needs {seconds(starts)} to start, once per account, before it asks anything (median of three)."
    )


def applies(effort: Effort) -> Section:
    """200 creates over 40 accounts on the emulator, beside the ideal schedule."""
    size = Size(accounts=4, each=1, subscriptions=2) if effort.quick else Size(accounts=40, each=5)
    exchanges = 3 + _POLLS  # a look, the write, the polls, a look back
    ideal = size.each * (exchanges * _LATENCY_MS / 1000 + _POLLS * _RETRY_AFTER)
    figures: list[float] = []
    refused = 0
    for _ in range(effort.rounds):
        with tempfile.TemporaryDirectory() as scratch, _emulator(size) as url:
            folder = write_manifests(Path(scratch), size)
            words = [
                "apply",
                str(folder),
                "--yes",
                "-q",
                "--endpoint",
                url,
                "--parallelism",
                str(size.accounts),
            ]
            figures.append(run([*RECONCILER, *words]).wall)
            statuses = [one["status"] for one in _control(url, "requests")["requests"]]
            refused += sum(status in {409, 429} for status in statuses)
    creates = f"{size.accounts * size.each} creates over {size.accounts} accounts"
    row = Row(
        what=f"{creates}; {refused} answers 409 or 429",
        ours=seconds(figures),
        beside="the ideal schedule",
        theirs=seconds([ideal]),
        ratio=statistics.median(figures) / ideal,
        most=None if effort.quick else 1.1,
    )
    return Section(title="apply", rows=(row,), notes=(_APPLIES,))


@contextmanager
def _emulator(size: Size) -> Iterator[str]:
    """The address of a served emulator that holds the accounts of a fleet and none of its deployments."""
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
            yield url
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
    count = f"{size.accounts * size.each:,} deployments"
    most = None if effort.quick else 1.0
    return Section(
        title="Peak memory",
        rows=tuple(
            Row(
                what=f"`reconciler {name}`, {count}",
                ours=f"{statistics.median(figures):.0f} MiB",
                beside=beside,
                theirs=f"{statistics.median(theirs):.0f} MiB",
                ratio=statistics.median(figures) / 150,
                most=most,
            )
            for name, figures, beside, theirs in (
                ("plan", ours, "the bare list requests", floor),
                ("validate", validate, "libyaml and pydantic", parse),
            )
        ),
        notes=("Resident at the peak, of the whole process. The ratio is to the bar of 150 MiB.",),
    )

"""A plan with nothing to do: beside its floors, beside what people use today, and by subscriptions."""

from __future__ import annotations

import json
import math
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tools.bench.fleets import Size, write_manifests
from tools.bench.measure import PYTHON, RECONCILER, Row, Section, in_turn, ratio, run, seconds, subject
from tools.bench.sections import Effort
from tools.bench.stand_in import asked, serving
from tools.bench.subjects import CONCURRENCY

SDK = "15.0.0b6"

_LATENCY = 0.1
_SLOWER = 32
"""Requests at once, beside the default: most of the time is ARM's then, and not ours."""

_PLANS = (
    "Seconds on the clock. A stand-in for ARM answers over loopback sockets after a fixed latency of 100 ms "
    "(118 ms and more are recorded of the real provider). The fleet is spread over 10 subscriptions; "
    f"{CONCURRENCY} requests at once are the default. The whole command (start, manifests from a file for "
    "each account, sign-in, accounts, deployments, text) stands beside its floors: the list requests alone "
    "through the barest asyncio client, at the same number at once, which throws the answers away; and "
    "the wire alone, which is the latency times the requests by the number at once. Reading and comparing "
    "alone is the command without start, manifests and text; it also stands beside the same requests through "
    "httpx in the set-up that costs it least."
)
_SUBSCRIPTIONS = (
    "Processor time of the whole command, 2,000 accounts of 16, nothing to do. Each subscription has a list "
    "of accounts of its own to be read."
)


def plans(effort: Effort) -> Section:
    """A plan with nothing to do beside the bare list requests, and beside the SDK's loop."""
    rows: list[Row] = []
    many = [Size(accounts=20, each=5)] if effort.quick else [Size(accounts=n, each=5) for n in (100, 1_000)]
    for size in many:
        rows += _plans_of(size, effort)
    rounds = "medians of three rounds, one at 1,000 accounts"
    sdk = f"The SDK's loop over the accounts is on azure-mgmt-cognitiveservices {SDK}: "
    sdk += f"{rounds if effort.sdk else 'not measured here (--with-sdk)'}."
    return Section(title="plan, nothing to do", rows=tuple(rows), notes=(_PLANS, sdk, _az()))


def _wall(words: Sequence[str]) -> float:
    return run([*RECONCILER, *words]).wall


def _plans_of(size: Size, effort: Effort) -> list[Row]:
    large = size.accounts >= 1_000
    with serving(size, latency_ms=1000 * _LATENCY) as url, tempfile.TemporaryDirectory() as scratch:
        folder = str(write_manifests(Path(scratch), size))
        rows: list[Row] = []
        for at_once in (_SLOWER, CONCURRENCY):
            words = ["plan", folder, "--endpoint", url, "-q", "--parallelism", str(at_once)]
            shape = [*size.words, str(at_once)]
            before = asked(url)
            whole, work, bare = in_turn(
                effort.rounds,
                partial(_wall, words),
                partial(subject, "plan", url, *shape),
                partial(subject, "asyncio-lists", url, *shape),
            )
            requests = (sum((asked(url) - before).values()) - effort.rounds * size.accounts) // (
                2 * effort.rounds
            )
            wire = [math.ceil(size.accounts / at_once) * _LATENCY] * len(whole)
            named, lists = f"{size}, {at_once} at once", f"{size.accounts:,} bare list requests"
            most = 1.5 if at_once == _SLOWER and not effort.quick else None
            command, work_alone = f"{named}: the whole command", f"{named}: reading and comparing alone"
            rows += [
                _row(f"{command}, {requests:,} requests", whole, lists, bare, most=most if large else None),
                _row(command, whole, "the wire alone", wire),
                _row(work_alone, work, lists, bare, most=None if large else most),
            ]
        if large:
            rows.append(_row(command, whole, "the bar", [2.5] * len(whole), most=1.0))
        ours, httpx = in_turn(
            min(3, effort.rounds),
            lambda: subject("plan", url, *size.words),
            lambda: subject("bare-lists", url, *size.words),
        )
        rows.append(_row(work_alone, ours, f"{lists} through httpx", httpx))
        return [*rows, *_beside_the_sdk(size, url, work, whole, effort)]


def _row(what: str, ours: list[float], beside: str, theirs: list[float], *, most: float | None = None) -> Row:
    return Row(
        what=what,
        ours=seconds(ours),
        beside=beside,
        theirs=seconds(theirs),
        ratio=ratio(ours, theirs),
        most=most,
    )


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


def subscriptions(effort: Effort) -> Section:
    """Whether a deployment costs more where there are more subscriptions."""
    few, many = (2, 10) if effort.quick else (10, 500)
    with ExitStack() as held:
        measures = []
        for count in (few, many):
            size = Size(accounts=20 if effort.quick else 2_000, each=16, subscriptions=count)
            url = held.enter_context(serving(size, latency_ms=1.0))
            folder = held.enter_context(tempfile.TemporaryDirectory())
            words = [*RECONCILER, "plan", str(write_manifests(Path(folder), size)), "--endpoint", url, "-q"]
            measures.append(lambda words=words: run(words).cpu)
        of_few, of_many = in_turn(min(3, effort.rounds), *measures)
    row = _row(
        f"{many} subscriptions",
        of_many,
        f"{few} subscriptions",
        of_few,
        most=None if effort.quick else 1.1,
    )
    return Section(title="Subscriptions", rows=(row,), notes=(_SUBSCRIPTIONS,))

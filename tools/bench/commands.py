"""Other commands than plan and apply over one fleet, each as a whole process."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tools.bench.fleets import MODEL, VERSION, Size, write_manifests
from tools.bench.measure import RECONCILER, Row, Section, in_turn, ratio, run, seconds
from tools.bench.sections import Effort
from tools.bench.stand_in import serving

_POLICY = """apiVersion: reconciler.aoai/v1
kind: Policy
metadata: {name: bench}
spec:
  rules:
    - id: sku
      message: only what has no region of its own
      require: {skus: [GlobalStandard]}
"""
_SHARES = {10: "a tenth", 2: "half", 1: "all"}
_NOTE = (
    "Seconds on the clock of whole commands, 100 ms latency, manifests in a file for each account; beside "
    "the plan of the same fleet, measured in turn with it. The merge is given what the jobs of all shards "
    "have saved."
)


_SEASON = (
    "Processor time of whole commands over the same manifests, in files of 25 deployments. `validate` warns "
    "of every model that retires; `upgrade` proves each edit by reading the edited text again."
)


def upgrades(effort: Effort) -> Section:
    """`upgrade` beside `validate`, where a share of the files has a model that retires."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for every in (10, 2, 1):
            size = Size(accounts=8 if effort.quick else 400, each=25)
            folder = write_manifests(Path(scratch) / str(every), size)
            for number, file in enumerate(sorted(folder.glob("account-*.yaml"))):
                model, version = ("gpt-5.6-sol", "2026-07-09") if number % every else ("gpt-4o", "2024-05-13")
                text = file.read_text("utf-8").replace(
                    f'{MODEL}, version: "{VERSION}"', f'{model}, version: "{version}"'
                )
                file.write_text(text, "utf-8")
            validate = ["validate", str(folder), "-q"]
            upgrade = ["upgrade", *validate[1:], "--offline", "--as-of", "2026-10-06", "--within", "200"]
            ours, theirs = in_turn(effort.rounds, partial(_cpu, upgrade), partial(_cpu, validate))
            rows.append(
                Row(
                    what=f"{size.accounts * size.each:,} deployments, {_SHARES[every]} edited",
                    ours=seconds(ours),
                    beside="`reconciler validate`",
                    theirs=seconds(theirs),
                    ratio=ratio(ours, theirs),
                    most=2.0,
                )
            )
    return Section(title="upgrade", rows=tuple(rows), notes=(_SEASON,))


def _cpu(words: Sequence[str]) -> float:
    return run([*RECONCILER, *words], codes=(0, 2)).cpu


def commands(effort: Effort) -> Section:
    """Drift, quota, cost, policies and the merge of a plan that many shards made."""
    size, shards = (Size(accounts=20, each=5), 2) if effort.quick else (Size(accounts=1_000, each=5), 32)
    with serving(size, latency_ms=100.0) as url, tempfile.TemporaryDirectory() as scratch:
        folder = str(write_manifests(Path(scratch) / "fleet", size))
        policy = Path(scratch) / "policy.yaml"
        policy.write_text(_POLICY, "utf-8")
        there = [folder, "--endpoint", url, "-q"]
        parts = [str(Path(scratch) / f"part-{number}.json") for number in range(1, shards + 1)]
        for number, part in enumerate(parts, start=1):
            run([*RECONCILER, "plan", *there, "--shard", f"{number}/{shards}", "--out", part])
        measured = {
            "`reconciler drift`": ["drift", *there, "--no-activity-log"],
            "`reconciler quota`": ["quota", *there],
            "`reconciler cost`": ["cost", folder, "-q"],
            "`reconciler plan --policy`": ["plan", *there, "--policy", str(policy)],
            f"`reconciler plan merge` of {shards} shards": [
                "plan merge",
                *parts,
                "--manifests",
                folder,
                "-q",
            ],
        }
        words = [["plan", *there], *measured.values()]
        plan, *figures = in_turn(
            effort.rounds,
            *(lambda one=one: run([*RECONCILER, *one[0].split(), *one[1:]]).wall for one in words),
        )
    return Section(
        title=f"Other commands, {size}",
        rows=tuple(
            Row(
                what=name,
                ours=seconds(ours),
                beside="`reconciler plan`",
                theirs=seconds(plan),
                ratio=ratio(ours, plan),
            )
            for name, ours in zip(measured, figures, strict=True)
        ),
        notes=(_NOTE,),
    )

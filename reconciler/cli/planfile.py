"""A saved plan on the command line: when a PATH is one, which manifests it may name, how far it still fits.

A plan is a witness, not an order: what is written comes from manifests and ARM, read anew.
"""

from __future__ import annotations

import os
import select
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.cli.deadline import READING, Deadline
from reconciler.cli.options import Chosen, Output
from reconciler.cli.running import current
from reconciler.cli.wiring import note, the_clock
from reconciler.diagnostics import counted
from reconciler.errors import PlanStale, UsageProblem

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan
    from reconciler.planfile.saved import SavedPlan, Stale

LARGEST: Final = 256 << 20
"""Bytes of a plan file; a deployment takes some 1.5 kB of it."""

WRITER_WITHIN: Final = 5.0
"""Seconds that the writer of a FIFO may say nothing."""


def saved_plan(chosen: Chosen, deadline: Deadline) -> SavedPlan | None:
    """The plan file, where the first path given is a file or a FIFO that is no manifest."""
    if chosen.by_default:
        return None
    path = Path(chosen.paths[0])
    if path.suffix.lower() == ".json" and not path.exists():
        raise UsageProblem(
            f"{path} does not exist: name a plan file that `reconciler plan --out` saved, or manifests "
            "to plan and apply (a file, a folder of them, or - for standard input)"
        )
    if path.suffix.lower() in {".yaml", ".yml"} or not (path.is_file() or path.is_fifo()):
        return None
    try:
        return read_plan(path, deadline)
    except UsageProblem as problem:
        if path.is_fifo():
            raise UsageProblem(f"{problem}. Manifests are piped in with the path -") from problem
        raise


def read_plan(path: Path, deadline: Deadline | None = None) -> SavedPlan:
    """The plan in a file; UsageProblem where it cannot be read or is none."""
    from reconciler.planfile.saved import read_saved

    if (run := current()) is not None:
        run.reads([path], "the saved plan")
    return read_saved(plan_text(path, deadline))


def plan_text(path: Path, deadline: Deadline | None = None) -> str:
    """What a plan file says; UsageProblem where it is no file or FIFO, is too large or cannot be read.

    A FIFO has until `deadline`, without one as long as a command that only reads.
    """
    until = deadline or Deadline(seconds=READING, started=the_clock().monotonic(), given=False)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(handle).st_mode
            if stat.S_ISFIFO(mode):
                content = _piped(path, handle, until)
            elif stat.S_ISREG(mode):
                with os.fdopen(handle, "rb", closefd=False) as file:
                    content = file.read(LARGEST + 1)
            else:
                raise UsageProblem(f"cannot read the plan {path}: it is not a regular file or a FIFO")
        finally:
            os.close(handle)
        if len(content) > LARGEST:
            raise UsageProblem(f"cannot read the plan {path}: it is larger than {LARGEST >> 20} MiB")
        return content.decode()
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the name, bytes that are no UTF-8
        raise UsageProblem(f"cannot read the plan {path}: {problem}") from problem


def _piped(path: Path, handle: int, deadline: Deadline) -> bytes:
    """What comes through a FIFO, such as a shell's `<(…)`, up to a little more than the largest plan."""
    content = bytearray()
    while len(content) <= LARGEST:
        left = deadline.left(the_clock().monotonic())
        if not select.select([handle], [], [], min(left, WRITER_WITHIN))[0]:
            late = f"it did not end before {deadline} passed"
            silent = f"nothing came through it for {WRITER_WITHIN:.0f} s"
            raise UsageProblem(
                f"cannot read the plan {path}: it is a FIFO and not a regular file, and "
                f"{late if left < WRITER_WITHIN else silent}; save the plan to a file and name that"
            )
        if not (part := os.read(handle, 1 << 20)):
            break
        content += part
    return bytes(content)


def as_planned(chosen: Chosen, saved: SavedPlan) -> Chosen:
    """The plan's selection, for any other makes no sense beside it, and the manifests to read.

    Those are the paths behind the plan file, or else the ones that the plan itself names, if it may.
    """
    if chosen.select or chosen.targets or chosen.excludes:
        raise UsageProblem(
            "a saved plan has its own selection: --select, --target and --exclude do not go with a PLANFILE. "
            "Nothing was written; plan again with the selection that you want"
        )
    return replace(saved.chosen(chosen), paths=chosen.paths[1:] or recorded_paths(saved))


def recorded_paths(saved: SavedPlan, *, root: Path | None = None) -> tuple[str, ...]:
    """The manifests that a plan says it was made of, if all of them are inside `root`, the working directory.

    A plan file never decides what is read: whoever could write one could have manifests of their own applied.
    UsageProblem where a path is absolute, leads out of `root` once links are resolved, or is standard input,
    and where nothing is there.
    """
    base = (root or Path.cwd()).resolve()
    outside = [path for path in saved.manifest_paths if not _inside(path, base)]
    if outside:
        raise UsageProblem(
            f"the plan was made of {', '.join(outside)}, which is not below {base}. A plan file does not "
            "decide what is read, so nothing was read. Name the manifests yourself: "
            "`reconciler apply PLANFILE PATH...` (`drift --since-plan PLANFILE PATH...`, "
            "`plan merge FILE... --manifests PATH`)"
        )
    missing = [path for path in saved.manifest_paths if not Path(path).exists()]
    if missing:
        raise UsageProblem(
            f"the plan was made of the manifests at {', '.join(saved.manifest_paths)}, and from here there "
            f"is no {' and no '.join(missing)}. A saved plan only narrows what the manifests say, so they "
            "must be there: go to the folder in which it was made, or name them behind the plan file"
        )
    return saved.manifest_paths


def _inside(path: str, base: Path) -> bool:
    """Whether a path that somebody else wrote down is one of the files here; `-` is none."""
    if path == "-" or Path(path).is_absolute():
        return False
    try:
        return Path(path).resolve().is_relative_to(base)
    except (OSError, ValueError, RuntimeError):  # a circle of links, a NUL
        return False


def only_what_was_seen(
    plan: Plan, saved: SavedPlan, output: Output, *, all_or_nothing: bool
) -> tuple[Plan, tuple[Stale, ...]]:
    """`plan` less the writes that `saved` has not seen exactly so, and those of them that have moved."""
    from reconciler.planfile.saved import narrow

    narrowed, stale = narrow(plan, saved)
    hindered = [step for step in narrowed.blocked if saved.writes(step.action.id)]
    out = {item.id for item in stale} | {step.action.id for step in hindered}
    if out and all_or_nothing:
        for item in stale:
            note(output, f"stale: {item}")
        raise PlanStale(
            f"{counted(len(out), 'deployment')} moved since the plan was saved, and --all-or-nothing was "
            "given. Nothing was written; plan again"
        )
    return narrowed, stale

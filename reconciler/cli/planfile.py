"""A saved plan on the command line: when a PATH is one, and how far it still fits.

A plan is a witness, not an order: what is written comes from manifests and ARM, read anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.cli.options import DEFAULT_PATH, Chosen, Output
from reconciler.cli.wiring import note
from reconciler.errors import PlanStale, UsageProblem
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import SavedPlan, Stale, narrow, read_saved


def saved_plan(chosen: Chosen) -> SavedPlan | None:
    """The plan file, where the one path given is a file that is no manifest."""
    if len(chosen.paths) != 1 or chosen.paths == (DEFAULT_PATH,):
        return None
    path = Path(chosen.paths[0])
    if path.suffix.lower() == ".json" and not path.exists():
        raise UsageProblem(
            f"{path} does not exist: name a plan file that `reconciler plan --out` saved, or manifests "
            "to plan and apply (a file, a folder of them, or - for standard input)"
        )
    if path.suffix.lower() in {".yaml", ".yml"} or not path.is_file():
        return None
    return read_plan(path)


def read_plan(path: Path) -> SavedPlan:
    """The plan in a file; UsageProblem where it cannot be read or is none."""
    try:
        return read_saved(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageProblem(f"cannot read the plan {path}: {problem}") from problem


def as_planned(chosen: Chosen, saved: SavedPlan) -> Chosen:
    """The paths and the selection that the plan was made with; another selection makes no sense beside it."""
    if chosen.select or chosen.targets or chosen.excludes:
        raise UsageProblem(
            "a saved plan has its own selection: --select, --target and --exclude do not go with a PLANFILE. "
            "Nothing was written; plan again with the selection that you want"
        )
    must_have_manifests(saved.manifest_paths)
    return saved.chosen(chosen)


def must_have_manifests(paths: Sequence[str]) -> None:
    """UsageProblem where the manifests of a saved plan are not here: it says nothing without them."""
    missing = [path for path in paths if path != "-" and not Path(path).exists()]
    if missing:
        raise UsageProblem(
            f"the plan was made of the manifests at {', '.join(paths)}, and from here there is no "
            f"{' and no '.join(missing)}. A saved plan only narrows what the manifests say, so they must be "
            "there: go to the folder in which it was made"
        )


def only_what_was_seen(
    plan: Plan, saved: SavedPlan, output: Output, *, all_or_nothing: bool
) -> tuple[Plan, tuple[Stale, ...]]:
    """`plan` less the writes that `saved` has not seen exactly so, and those of them that have moved."""
    narrowed, stale = narrow(plan, saved)
    hindered = [step for step in narrowed.blocked if saved.writes(step.action.id)]
    out = {item.id for item in stale} | {step.action.id for step in hindered}
    if out and all_or_nothing:
        for item in stale:
            note(output, f"stale: {item}")
        raise PlanStale(
            f"{len(out)} item(s) are no longer as the saved plan saw them, and --all-or-nothing was given. "
            "Nothing was written; plan again"
        )
    return narrowed, stale

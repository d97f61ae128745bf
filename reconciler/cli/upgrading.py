"""The run of `upgrade`: read, propose, rewrite, plan what was rewritten, write, tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from reconciler.cli.commands.shared import invalid, must_declare_something, plan_markdown, style_of
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.wiring import (
    Loaded,
    checked,
    note,
    read_manifests,
    resolved,
    save,
    state_of,
    the_clock,
    write_result,
)
from reconciler.diagnostics import Severity
from reconciler.domain.fleet import DesiredState
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.manifest.files import STDIN
from reconciler.manifest.load import LoadedManifests
from reconciler.plan.plan import Plan
from reconciler.report import upgrade as report
from reconciler.report.style import json_text
from reconciler.upgrade.live import Live, judged, live_of
from reconciler.upgrade.propose import Proposal, Season, Standing, Strategy, proposals
from reconciler.upgrade.rewrite import Rewriting, rewritten
from reconciler.upgrade.target import Sources, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks for. `within` None: the Fleet's own days; `as_of` None: today."""

    within: int | None
    to: str | None
    strategy: str
    accept_live: bool
    finish: bool
    write: bool
    force: bool
    offline: bool
    as_of: date | None


def upgraded(asked: Asked, chosen: Chosen, connection: Connection, output: Output) -> int:
    """Propose, and write where that is asked for; the exit code."""
    if asked.offline and asked.accept_live:
        raise UsageProblem("--accept-live asks ARM what is deployed; --offline asks nobody. Leave one out")
    today = asked.as_of or the_clock().now().date()
    read = read_manifests(chosen)
    desired = state_of(read, chosen, connection.cloud)
    if desired is None:
        return invalid(checked(read, chosen, connection.cloud, today=today, offline=asked.offline), output)
    must_declare_something(desired)
    days = desired.fleet.retirement.warn_within_days if asked.within is None else asked.within
    live = None if asked.offline else _live(desired, connection, output)
    season = Season(
        sources=Sources(
            catalogue=catalogue(),
            today=today,
            until=today + timedelta(days=days),
            to=None if asked.to is None else Wish.parse(asked.to),
            prefer=desired.fleet.upgrade,
            replacements={} if live is None else live.replacements,
        ),
        within=days,
        strategy=None if asked.strategy == "auto" else Strategy(asked.strategy),
        finish=asked.finish,
        live=live.moved if live is not None and asked.accept_live else {},
    )
    everything = replace(chosen, select="", targets=(), excludes=(), shard="")
    whole = read if everything == replace(chosen, shard="") else resolved(read.read, everything)
    found = proposals(desired.deployments, whole.understood.deployments, season)
    made = rewritten(whole, [one.wanted for one in found if one.wanted is not None])
    found = tuple(_unwritable(one, made) for one in found)
    check = partial(checked, cloud=connection.cloud, today=today, offline=asked.offline)
    plan: Plan | None = None
    worse: tuple[str, ...] = ()
    if made.made:
        worse = _new_errors(whole, made, partial(check, chosen=everything))
        after = made.loaded if whole is read else resolved(made.loaded.read, chosen)
        if live is not None and not worse:
            plan = _plan_after(check(after, chosen=chosen), connection, output)
            found = tuple(one if plan is None else judged(one, plan) for one in found)
        if not asked.force and plan is not None:
            solved = [one for one in found if one.standing is Standing.EDIT]
            made = rewritten(whole, [one.wanted for one in solved if one.wanted is not None])
    refused = bool(worse) or (plan is not None and bool(plan.refusals))
    written = asked.write and bool(made.texts) and (asked.force or not refused)
    if asked.write and made.texts and not written:
        why = (
            f"these edits make the manifests wrong ({worse[0]})"
            if worse
            else "the plan of these edits is refused"
        )
        note(output, f"nothing was written: {why}. --force writes them all the same")
    if written:
        _write(read, made)
    _print(found, made, read, plan, output, within=days, written=written)
    unsolved = any(one.standing is Standing.UNSOLVED for one in found)
    if unsolved or (asked.write and made.texts and not written):
        return Exit.FAILED
    return Exit.CHANGES if made.texts and not written else Exit.DONE


def _print(
    found: Sequence[Proposal],
    made: Rewriting,
    read: LoadedManifests,
    plan: Plan | None,
    output: Output,
    *,
    within: int,
    written: bool,
) -> None:
    before = {file.name: file.lines.text for file in read.read.files}
    texts = {name: (before[name], text) for name, text in made.texts.items()}
    for each in output.each():
        match each.form:
            case "json":
                text = json_text(report.document(found, read.sources.span).to_json())
            case "markdown":
                planned = "" if plan is None else plan_markdown(plan, read.understood.fleet)
                text = report.render_markdown(found, texts, within=within, written=written, plan=planned)
            case "diff":
                text = report.diff(texts)
            case _:
                text = report.render_text(found, texts, style=style_of(each), within=within, written=written)
        write_result(each, text)


def _unwritable(one: Proposal, made: Rewriting) -> Proposal:
    why = made.failed.get(one.id)
    if why is None or one.wanted is None:
        return one
    return replace(
        one, standing=Standing.UNSOLVED, wanted=None, reason="; ".join(filter(None, (one.reason, why)))
    )


def _live(desired: DesiredState, connection: Connection, output: Output) -> Live:
    """What ARM says now: which models it replaces by which, and what the service moved already."""
    from reconciler.cli.loop import run_reading
    from reconciler.cli.pipeline import observe_fleet

    observed = run_reading(
        observe_fleet(desired, connection, output, with_regions=True), timeout=connection.timeout
    )
    return live_of(desired, observed)


def _new_errors(
    before: LoadedManifests, made: Rewriting, check: Callable[[LoadedManifests], Loaded]
) -> tuple[str, ...]:
    """What is wrong with the edited manifests and was not before, in words."""
    found = _errors(check(made.loaded))
    return tuple(one for one in found if one not in _errors(check(before))) if found else ()


def _errors(loaded: Loaded) -> list[str]:
    wrong = (one for one in loaded.diagnostics if one.severity is Severity.ERROR)
    return [f"{one.code}: {one.message}" for one in wrong]


def _plan_after(loaded: Loaded, connection: Connection, output: Output) -> Plan | None:
    """The plan of the edited manifests, with cost and capacity; None where they were wrong before."""
    from reconciler.cli.loop import run_reading
    from reconciler.cli.pipeline import plan_fleet
    from reconciler.plan.guard import Policy

    if not loaded.valid:
        note(output, "the manifests have other errors, so no plan was made; `reconciler validate` shows them")
        return None
    asked = plan_fleet(
        loaded, connection, output, Policy(), ask_arm=False, with_cost=True, check_capacity=True
    )
    plan, _ = run_reading(asked, timeout=connection.timeout)
    return plan


def _write(read: LoadedManifests, made: Rewriting) -> None:
    """Write the new texts, each file whole; nothing is written where a file changed since it was read."""
    files = {file.name: file for file in read.read.files}
    contents: dict[Path, str] = {}
    for name, text in made.texts.items():
        if name == STDIN:
            raise UsageProblem("what came from standard input cannot be written back. Name the file")
        now = Path(name).read_bytes()
        if not files[name].same(now):
            raise ReconcilerError(f"{name} changed while it was edited; nothing was written. Run it again")
        contents[Path(name)] = ("\ufeff" if now.startswith(b"\xef\xbb\xbf") else "") + text
    for path, text in contents.items():
        mode = path.stat().st_mode
        save(path, text)
        path.chmod(mode)

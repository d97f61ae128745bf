"""`reconciler apply`: plan, ask, do it; or do exactly a saved plan."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import (
    allowance_options,
    invalid,
    plan_text,
    style_of,
    warn_about,
)
from reconciler.cli.exit_codes import Exit
from reconciler.cli.journal import Broadcast, Journal
from reconciler.cli.loop import listening_for_signals, reading
from reconciler.cli.options import (
    DEFAULT_PATH,
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.pipeline import plan_for
from reconciler.cli.wiring import (
    Loaded,
    connect,
    load_manifests,
    note,
    the_clock,
    write_result,
)
from reconciler.engine.apply import Stop, apply
from reconciler.engine.observe import observe_for_plan
from reconciler.engine.outcome import ApplyReport, Listener, Outcome, Silence
from reconciler.engine.pace import DEFAULT_PACE, Pace
from reconciler.errors import PlanStale, ReconcilerError, UsageProblem
from reconciler.plan.codec import SavedPlan, narrow, read_saved
from reconciler.plan.guard import Counted, Policy
from reconciler.plan.plan import Plan
from reconciler.report import apply as apply_report
from reconciler.report.style import json_text

if TYPE_CHECKING:
    from reconciler.arm.client import ArmClient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Consent:
    """How the run gets its yes, and what it does when a saved plan is partly out of date."""

    yes: bool
    all_or_nothing: bool
    saved: SavedPlan | None


@click.command("apply")
@manifest_options
@connection_options
@output_options("text", "json")
@allowance_options
@click.option("--yes", "--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--no-wait", is_flag=True, help="Do not follow long operations to their end.")
@click.option("--all-or-nothing", is_flag=True, help="With PLANFILE: do nothing if any item has moved.")
@click.option(
    "--journal", type=click.Path(dir_okay=False, path_type=Path), help="Append intents and outcomes there."
)
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    allowances: Policy,
    yes: bool,
    no_wait: bool,
    all_or_nothing: bool,
    journal: Path | None,
) -> int:
    """Make Azure as the manifests declare. With a PLANFILE: do that plan, as far as it still fits."""
    import asyncio  # noqa: PLC0415 -- the event loop is entered here

    saved = _saved_plan(chosen)
    if saved is not None:
        chosen = _as_planned(chosen, saved)
        if chosen.shard:
            allowances = _judged_together(allowances, saved, all_or_nothing=all_or_nothing)
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    warn_about(loaded, output)
    if saved is not None:
        saved.must_fit(loaded.state(), cloud=loaded.state().fleet.cloud)
    pace = dataclasses.replace(DEFAULT_PACE, wait_for_operations=not no_wait)
    consent = _Consent(yes=yes, all_or_nothing=all_or_nothing, saved=saved)
    run = _Run(
        loaded=loaded,
        connection=connection,
        output=output,
        allowances=allowances,
        consent=consent,
        pace=pace,
        journal=journal,
    )
    return asyncio.run(run.to_the_end())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One apply: look, plan, show, ask, write, report."""

    loaded: Loaded
    connection: Connection
    output: Output
    allowances: Policy
    consent: _Consent
    pace: Pace
    journal: Path | None

    async def to_the_end(self) -> int:
        """The command's exit code."""
        desired, output = self.loaded.state(), self.output
        started = the_clock().monotonic()
        async with connect(self.connection, output, desired, read_only=False) as arm:
            looked = observe_for_plan(desired, arm, parallelism=self.connection.parallelism)
            observed = await reading(looked, self.connection.timeout)
            plan = plan_for(self.loaded, observed, self.allowances)
            if self.consent.saved is not None:
                plan = _only_what_was_seen(plan, self.consent.saved, self.consent, output)
            if output.form == "text":
                self._show(plan)
            if not plan.applyable:
                return _nothing_written(plan, output)
            _ask(self.consent, plan, output)
            return await self._write(plan, arm, spent=the_clock().monotonic() - started)

    def _show(self, plan: Plan) -> None:
        """The plan, where whoever says yes can see it: with `--output-file` that is stderr."""
        text = plan_text(plan, self.loaded, self.output)
        if self.output.file is None:
            write_result(self.output, text)
        else:
            note(self.output, text)

    async def _write(self, plan: Plan, arm: ArmClient, *, spent: float) -> int:
        limit, stop, output = self.connection.timeout, Stop(), self.output
        left = max(0.0, limit - spent) if limit is not None else None
        pace = (
            self.pace
            if left is None
            else dataclasses.replace(self.pace, apply_deadline=left + self.pace.grace)
        )
        told = f"the time limit of {limit:g} s" if limit is not None else ""
        with (
            listening_for_signals(stop, left, told=told, heard=lambda text: note(output, text)),
            _listeners(output, self.journal, plan) as (listener, kept),
        ):
            report = await apply(
                plan,
                arm,
                the_clock(),
                listener,
                pace=pace,
                parallelism=self.connection.parallelism,
                stop=stop,
            )
            code = exit_code(report, waited=pace.wait_for_operations)
            return max(code, _told(report, self.loaded, output), self._journal_end(kept))

    def _journal_end(self, kept: Journal) -> Exit:
        """Nothing depends on the journal, but whoever asked for one must know what it lacks (F-096)."""
        why = kept.missing or (kept.problem.strerror if kept.problem else "")
        if why:
            note(self.output, f"warning: the journal of this run is missing or incomplete: {why}")
        return Exit.FAILED if why and self.journal is not None else Exit.DONE


def exit_code(report: ApplyReport, *, waited: bool = True) -> Exit:
    """3 if any write succeeded and anything else did not, 1 if none succeeded; a signal's code first.

    Where long operations were not to be waited for, having been accepted is all that was asked.
    """
    match report.interrupted:
        case "SIGINT":
            return Exit.INTERRUPTED
        case "SIGTERM":
            return Exit.TERMINATED
        case _:
            pass
    accepted = not waited and all(
        item.outcome is Outcome.SUCCEEDED or (item.outcome is Outcome.UNKNOWN and item.fault is None)
        for item in report.items
    )
    if report.succeeded or (accepted and not report.plan.blocked):
        return Exit.DONE
    return Exit.PARTLY if report.count(Outcome.SUCCEEDED) else Exit.FAILED


def _saved_plan(chosen: Chosen) -> SavedPlan | None:
    """The plan file, where the one path given is a file that is no manifest."""
    if len(chosen.paths) != 1 or chosen.paths == (DEFAULT_PATH,):
        return None
    path = Path(chosen.paths[0])
    if path.suffix.lower() in {".yaml", ".yml"} or not path.is_file():
        return None
    try:
        return read_saved(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageProblem(f"cannot read the plan {path}: {problem}") from problem


def _as_planned(chosen: Chosen, saved: SavedPlan) -> Chosen:
    """The paths and the selection that the plan was made with; another selection makes no sense beside it."""
    if chosen.select or chosen.targets or chosen.excludes:
        raise UsageProblem(
            "a saved plan has its own selection: --select, --target and --exclude do not go with a PLANFILE. "
            "Nothing was written; plan again with the selection that you want"
        )
    return saved.chosen(chosen)


def _judged_together(allowances: Policy, saved: SavedPlan, *, all_or_nothing: bool) -> Policy:
    """One shard of a plan of all: the limit on deletes is held against what all of them would delete."""
    if all_or_nothing:
        raise UsageProblem(
            "--all-or-nothing does not go with --shard: one shard cannot know whether an item of another has "
            "moved. Nothing was written; leave one of the two out"
        )
    return dataclasses.replace(allowances, in_shard=Counted(going=saved.going, owned=saved.owned))


def _only_what_was_seen(plan: Plan, saved: SavedPlan, consent: _Consent, output: Output) -> Plan:
    narrowed, stale = narrow(plan, saved)
    for item in stale:
        note(output, f"stale: {item}")
    if stale and consent.all_or_nothing:
        raise PlanStale(
            f"{len(stale)} item(s) are no longer as the saved plan saw them, and --all-or-nothing was given. "
            "Nothing was written; plan again"
        )
    return narrowed


def _ask(consent: _Consent, plan: Plan, output: Output) -> None:
    if consent.yes or consent.saved is not None:
        return
    if sys.stdin is None or not sys.stdin.isatty() or output.form != "text":
        raise UsageProblem(
            f"this would write {len(plan.writes)} deployment(s) and nobody is there to say yes. "
            "Nothing was written; pass --yes, or apply a saved plan"
        )
    if not click.confirm("Apply this plan?", err=True):
        raise ReconcilerError("not applied, because the answer was no; nothing was written")


def _nothing_written(plan: Plan, output: Output) -> Exit:
    report = ApplyReport(plan=plan, items=())
    if output.form == "json":
        write_result(output, json_text(apply_report.to_json(report)))
    return Exit.FAILED if plan.refusals or plan.blocked else Exit.DONE


def _told(report: ApplyReport, loaded: Loaded, output: Output) -> Exit:
    """Write the report; a reader who has gone changes nothing, anything else that prevents it is said."""
    try:
        _write_report(report, loaded, output)
    except BrokenPipeError:
        return Exit.DONE
    except (OSError, ReconcilerError) as problem:
        note(output, f"warning: the report could not be written: {problem}")
        return Exit.FAILED
    return Exit.DONE


def _write_report(report: ApplyReport, loaded: Loaded, output: Output) -> None:
    if output.form == "json":
        write_result(output, json_text(apply_report.to_json(report)))
    else:
        alias_of = loaded.state().fleet.alias_of
        write_result(output, apply_report.render_text(report, style=style_of(output), alias_of=alias_of))


@contextlib.contextmanager
def _listeners(output: Output, journal: Path | None, plan: Plan) -> Iterator[tuple[Listener, Journal]]:
    """Progress on stderr and the journal, for as long as the apply lasts."""
    run = uuid.uuid4().hex[:12]
    kept = Journal.open(journal, the_clock(), run) if journal else Journal.by_default(the_clock(), run)
    try:
        with _progress(output, plan) as progress:
            yield Broadcast(progress, kept), kept
    finally:
        kept.close()


@contextlib.contextmanager
def _progress(output: Output, plan: Plan) -> Iterator[Listener]:
    if output.quiet or sys.stderr is None:
        yield Silence()
        return
    if output.log_json:
        from reconciler.cli.logs import LoggedProgress  # noqa: PLC0415 -- only when asked for

        yield LoggedProgress()
        return
    from reconciler.report.progress import PlainProgress, TerminalProgress  # noqa: PLC0415 -- rich loads here

    if sys.stderr.isatty() and output.colour is not False:
        with TerminalProgress(sys.stderr, total=len(plan.writes)) as progress:
            yield progress
    else:
        yield PlainProgress(sys.stderr, total=len(plan.writes))

"""`reconciler apply`: plan, ask, do it; or do exactly a saved plan."""

from __future__ import annotations

import contextlib
import select
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.choosing import must_hit_something
from reconciler.cli.commands.plan import plan_text
from reconciler.cli.commands.shared import style_of, valid_fleet, write_forms
from reconciler.cli.connecting import connect
from reconciler.cli.deadline import Deadline
from reconciler.cli.exit_codes import Exit
from reconciler.cli.loop import enter, given_time, interruptible, listening_for_signals, reading
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.pipeline import WRITING, look, plan_with
from reconciler.cli.planfile import as_planned, only_what_was_seen, saved_plan
from reconciler.cli.running import current
from reconciler.cli.wiring import Loaded, note, the_clock, write_result
from reconciler.diagnostics import counted
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.plan.allowances import Policy

if TYPE_CHECKING:
    from reconciler.arm.client import ArmClient
    from reconciler.cli.journal import Journal
    from reconciler.domain.state import ObservedState
    from reconciler.engine.outcome import ApplyReport, ItemReport
    from reconciler.plan.plan import Plan
    from reconciler.planfile.saved import SavedPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyAsked:
    """How to apply; `capacity_wait` is in seconds."""

    yes: bool
    no_wait: bool
    capacity_wait: float
    all_or_nothing: bool
    journal: Path | None


def apply(
    *, chosen: Chosen, connection: Connection, output: Output, allowances: Policy, asked: ApplyAsked
) -> int:
    """Plan, ask, do it; or do exactly a saved plan."""
    saved = saved_plan(chosen, connection.timeout)
    if saved is not None:
        chosen = as_planned(chosen, saved)
        if chosen.shard and asked.all_or_nothing:
            raise UsageProblem(
                "--all-or-nothing does not go with --shard: one shard cannot know whether an item of another "
                "has moved. Nothing was written; leave one of the two out"
            )
    loaded = valid_fleet(chosen, connection.cloud, output)
    if saved is not None:
        saved.must_fit(loaded.state(), cloud=loaded.state().fleet.cloud)
    run = _Run(
        loaded=loaded, connection=connection, output=output, allowances=allowances, asked=asked, saved=saved
    )
    return enter(run.to_the_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One apply: look, plan, show, ask, write, report. A `saved` plan needs no yes."""

    loaded: Loaded
    connection: Connection
    output: Output
    allowances: Policy
    asked: ApplyAsked
    saved: SavedPlan | None

    async def to_the_end(self) -> int:
        """The command's exit code."""
        desired, output, deadline = self.loaded.state(), self.output, self.connection.timeout
        async with contextlib.AsyncExitStack() as held:
            arm, observed = await reading(deadline, self._looked, held)
            if self.saved is None:
                must_hit_something(desired, observed)
            plan, observed = await plan_with(arm, self.loaded, observed, self.allowances)
            from reconciler.engine.outcome import ApplyReport, stale_items
            from reconciler.plan import quota
            from reconciler.plan.migration import lasting
            from reconciler.plan.pools import Pools

            moved: tuple[ItemReport, ...] = ()
            if self.saved is not None:
                plan, stale = only_what_was_seen(
                    plan, self.saved, output, all_or_nothing=self.asked.all_or_nothing
                )
                moved = stale_items(plan, stale)
                plan = replace(plan, quota=quota.outlook(plan.steps, Pools(observed)).forecasts)
            if output.form == "text":
                self._show(plan)
            if not plan.applyable:
                return self._nothing_written(ApplyReport(plan=plan, items=moved))
            waited = self._ask(plan, deadline)
            return await self._write(plan, arm, moved, deadline.without(waited).longer(lasting(plan)))

    async def _looked(self, held: contextlib.AsyncExitStack) -> tuple[ArmClient, ObservedState]:
        """ARM, `held` open, and what is there."""
        desired, output = self.loaded.state(), self.output
        arm = await held.enter_async_context(connect(self.connection, output, desired, read_only=False))
        return arm, await look(desired, arm, self.connection, output, ahead=WRITING)

    def _ask(self, plan: Plan, deadline: Deadline) -> float:
        """Get the yes that is needed; the seconds that a person took for it."""
        if self.asked.yes or self.saved is not None:
            return 0.0
        if sys.stdin is None or not sys.stdin.isatty() or self.output.form != "text":
            raise UsageProblem(
                f"this would write {counted(len(plan.writes), 'deployment')} and nobody is there to say yes. "
                "Nothing was written; pass --yes, or apply a saved plan"
            )
        asked = the_clock().monotonic()
        with interruptible():
            yes = _answer("Apply this plan? [y/N]: ", deadline.left(asked))
        if not yes:
            raise ReconcilerError("not applied, because the answer was no; nothing was written")
        return the_clock().monotonic() - asked

    def _show(self, plan: Plan) -> None:
        """The plan, where whoever says yes can see it: with `--output-file` that is stderr.

        Of a saved plan, which somebody has read, the summary.
        """
        text = plan_text(plan, self.loaded, self.output, summary=self.saved is not None)
        if self.output.file is None:
            write_result(self.output, text)
        else:
            note(self.output, text)

    def _nothing_written(self, report: ApplyReport) -> Exit:
        """Nobody has to read a report of nothing to do; why nothing was done is something."""
        failed = report.plan.refusals or report.blocked or report.plan.unread or report.items
        if self.output.form == "json" or failed or self.output.reports:
            _write_report(report, self.loaded, self.output)
        return Exit.FAILED if failed else Exit.DONE

    async def _write(
        self, plan: Plan, arm: ArmClient, moved: tuple[ItemReport, ...], deadline: Deadline
    ) -> int:
        from reconciler.cli.journal import listeners
        from reconciler.engine.apply import apply as carry_out
        from reconciler.engine.pace import DEFAULT_PACE
        from reconciler.engine.stop import Cause, Interruption, Stop

        stop = Stop()
        pace = replace(
            DEFAULT_PACE,
            wait_for_operations=not self.asked.no_wait,
            capacity_wait=self.asked.capacity_wait,
            apply_deadline=deadline.left(the_clock().monotonic()),
        )
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(listening_for_signals(stop))
            listener, kept = held.enter_context(listeners(self.output, self.asked.journal, plan))
            if (run := current()) is not None:
                run.may_have_written = True
            report = await carry_out(
                plan,
                arm,
                the_clock(),
                listener,
                pace=pace,
                stop=stop,
                time_is_up=Interruption(cause=Cause.TIME_LIMIT, words=str(deadline)),
                facts=arm,
            )
        report = replace(report, items=(*report.items, *moved))
        code = exit_code(report, waited=pace.wait_for_operations)
        with given_time():
            return max(code, _written(report, self.loaded, self.output), self._journal_end(kept))

    def _journal_end(self, kept: Journal) -> Exit:
        """Nothing depends on the journal, but whoever asked for one must know what it lacks (F-096)."""
        why = kept.missing or (kept.problem.strerror if kept.problem else "")
        asked = self.asked.journal is not None
        if why:
            text = f"warning: the journal of this run is missing or incomplete: {why}"
            note(replace(self.output, quiet=self.output.quiet and not asked), text)
        return Exit.FAILED if why and asked else Exit.DONE


def exit_code(report: ApplyReport, *, waited: bool = True) -> Exit:
    """3 if any write succeeded and anything else did not, 1 if none succeeded; a signal's code first.

    Where long operations were not to be waited for, having been accepted is all that was asked.
    """
    from reconciler.engine.outcome import Outcome
    from reconciler.engine.stop import Cause, Interruption

    match report.interrupted:
        case Interruption(cause=Cause.SIGINT):
            return Exit.INTERRUPTED
        case Interruption(cause=Cause.SIGTERM | Cause.SIGHUP):
            return Exit.TERMINATED
        case _:
            pass
    accepted = not waited and all(
        item.outcome is Outcome.SUCCEEDED or (item.outcome is Outcome.UNKNOWN and item.fault is None)
        for item in report.items
    )
    if report.succeeded or (accepted and report.plan.complete and not report.blocked):
        return Exit.DONE
    return Exit.PARTLY if report.count(Outcome.SUCCEEDED) else Exit.FAILED


def _answer(question: str, seconds: float) -> bool:
    """Whether a person says yes within so many seconds."""
    click.echo(question, nl=False, err=True)
    with contextlib.suppress(OSError):  # where a terminal cannot be waited for, it is read at once
        if not select.select([sys.stdin], [], [], seconds)[0]:
            click.echo(err=True)
            raise ReconcilerError(f"nobody answered within {seconds:.0f} s; nothing was written")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _written(report: ApplyReport, loaded: Loaded, output: Output) -> Exit:
    """Write the report; a reader who has gone changes nothing, anything else that prevents it is said."""
    try:
        _write_report(report, loaded, output)
    except BrokenPipeError:
        return Exit.DONE
    except (OSError, ReconcilerError) as problem:
        note(replace(output, quiet=False), f"warning: the report could not be written: {problem}")
        return Exit.FAILED
    return Exit.DONE


def _write_report(report: ApplyReport, loaded: Loaded, output: Output) -> None:
    from reconciler.report import apply as apply_report

    alias_of = loaded.state().fleet.alias_of
    write_forms(
        output,
        of=(apply_report, report),
        text=lambda each: apply_report.render_text(
            report, style=style_of(each), alias_of=alias_of, verbose=each.verbose
        ),
        json=lambda _: apply_report.to_json(report),
    )

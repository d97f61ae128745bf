"""`reconciler plan`: what apply would do, and what forbids it; `plan merge`: the same out of all shards."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.cli.choosing import must_hit_something
from reconciler.cli.commands.shared import style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.pipeline import plan_fleet, plan_for
from reconciler.cli.running import current
from reconciler.cli.wiring import Loaded, note, save, the_clock
from reconciler.domain.fleet import Fleet
from reconciler.domain.shard import Part
from reconciler.domain.state import ObservedState
from reconciler.errors import PlanStale, UsageProblem
from reconciler.plan.allowances import Alone, Policy
from reconciler.report.style import json_text

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan


def plan(
    *,
    chosen: Chosen,
    connection: Connection,
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
    summary: bool,
    **asked: bool,
) -> Exit:
    """Look and plan; `asked` is what `plan_fleet` may ask beside that."""
    loaded = valid_fleet(chosen, connection.cloud, output)
    lifted = replace(allowances, in_shard=Alone.LATER)
    made, observed = run_reading(connection.timeout, plan_fleet, loaded, connection, output, lifted, **asked)
    part = loaded.state().part
    following = _what_next(out, part, again(allowances, chosen))
    seen = None if part is None else observed
    write_plan(made, loaded, output, summary=summary, out=out, following=following, observed=seen)
    return exit_code(made, detailed=detailed_exitcode)


def merge(
    *,
    files: tuple[Path, ...],
    manifests: tuple[str, ...],
    rules: tuple[str, ...],
    output: Output,
    allowances: Policy,
    out: Path | None,
    detailed_exitcode: bool,
    summary: bool,
    with_cost: bool,
) -> Exit:
    """Make the plan of the fleet out of the files that its shards have saved."""
    from reconciler.cli.planfile import plan_text as text_of
    from reconciler.cli.planfile import recorded_paths
    from reconciler.planfile.merge import read_shard, united, whole

    if (run := current()) is not None:
        run.reads(files, "the plan of a shard")
    plans = []
    for file in files:
        text = text_of(file)
        try:
            plans.append(read_shard(text, str(file)))
        except (UsageProblem, PlanStale) as problem:
            raise type(problem)(f"{file}: {problem}") from problem
    parts = whole(plans, tool_version=__version__)
    saved, made = parts[0].saved, max(item.created_at for item in parts)
    chosen = saved.chosen(Chosen(paths=manifests or recorded_paths(saved), rules=rules))
    loaded = valid_fleet(chosen, saved.cloud, output, today=made.date())
    desired = loaded.state()
    saved.must_be_of(desired, cloud=saved.cloud)
    observed = united(parts, desired)
    must_hit_something(desired, observed)
    plan = plan_for(loaded, observed, allowances, with_cost=with_cost)
    following = _what_next(out, None, again(allowances, chosen))
    write_plan(plan, loaded, output, summary=summary, out=out, following=following, made=made)
    return exit_code(plan, detailed=detailed_exitcode)


def _what_next(out: Path | None, part: Part | None, flags: str) -> str:
    if part is None:
        return f"`reconciler apply {out}{flags}` does this and nothing else"
    return (
        f"`reconciler plan merge` makes the plan of the fleet of this and the files of the other "
        f"{part.shard.count - 1} shards, and judges it by the limit on deletes"
    )


def exit_code(plan: Plan, *, detailed: bool) -> Exit:
    """1 where something is refused, blocked or unread; 2 for changes, where that was asked for."""
    if plan.refusals or plan.blocked or plan.unread:
        return Exit.FAILED
    return Exit.CHANGES if detailed and plan.writes else Exit.DONE


def plan_text(plan: Plan, loaded: Loaded, output: Output, *, summary: bool = False) -> str:
    """The plan for a person, with aliases for subscriptions and tokens a minute for rate units."""
    from reconciler.report import plan as report

    style, alias_of = style_of(output), loaded.state().fleet.alias_of
    if summary:
        return report.render_summary(plan, style=style, alias_of=alias_of)
    return report.render_text(
        plan, style=style, verbose=output.verbose, units=catalogue().unit, alias_of=alias_of
    )


def plan_markdown(plan: Plan, fleet: Fleet) -> str:
    """The plan for a pull request."""
    from reconciler.report import plan as report

    made = commit(os.environ, Path.cwd())
    return report.render_markdown(plan, units=catalogue().unit, alias_of=fleet.alias_of, commit=made)


def write_plan(
    plan: Plan,
    loaded: Loaded,
    output: Output,
    *,
    summary: bool,
    out: Path | None,
    following: str,
    **saved: Any,
) -> None:
    """Save the plan where that is asked for, and write it in each form; `saved` is for `plan_json`.

    `following` says what the saved plan is for.
    """
    from reconciler.cli.commands import pages
    from reconciler.report import plan as report

    document = functools.cache(functools.partial(plan_json, plan, loaded, **saved))
    if out is not None:
        save(out, document())
        note(output, f"saved: {out}; {following}")
    write_forms(
        output,
        of=(report, plan),
        text=lambda each: plan_text(plan, loaded, each, summary=summary),
        json=lambda _: document(),
        markdown=lambda _: plan_markdown(plan, loaded.fleet),
        html=lambda each: pages.plan_html(plan, loaded, each),
        github=lambda _: report.render_github(plan, loaded.sources),
    )


def commit(environ: Mapping[str, str], folder: Path) -> str:
    """The commit of the manifests as CI names it, else as the folder's Git does; empty where nobody knows."""
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION"):
        if environ.get(name):
            return environ[name][:12]
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            with suppress(OSError, UnicodeDecodeError):
                head = (git / "HEAD").read_text("utf-8").strip()
                name = head.removeprefix("ref: ")
                return (head if name == head else (git / name).read_text("utf-8").strip())[:12]
            return ""
    return ""


def plan_json(
    plan: Plan, loaded: Loaded, *, observed: ObservedState | None = None, made: datetime | None = None
) -> str:
    """The plan file, which is also the plan's JSON form; `made` is when, the clock's time if not given."""
    from reconciler.planfile.codec import to_json
    from reconciler.planfile.documents import SelectionDocument

    chosen = loaded.chosen
    document = to_json(
        plan,
        created_at=made or the_clock().now(),
        tool_version=__version__,
        manifest_paths=chosen.paths,
        selection=SelectionDocument(select=chosen.select, targets=chosen.targets, excludes=chosen.excludes),
        spans=loaded.sources.span,
        observed=observed,
    )
    return json_text(document)


def again(allowances: Policy, chosen: Chosen) -> str:
    """The flags with which a saved plan, which carries no permission, is applied as it was made.

    They come after a blank, where there are any.
    """
    flags = [] if allowances.max_deletes is None else [f"--max-deletes {allowances.max_deletes}"]
    more = allowances.max_monthly_increase
    flags += [] if more is None else [f"--max-monthly-increase {more:f}"]
    lifted = ("allow_empty", "take_over", "replace_failed", "recreate_expired", "skip_refused", "renew_marks")
    flags += [f"--{name.replace('_', '-')}" for name in lifted if getattr(allowances, name)]
    flags += [f"--rule {rule}" for rule in chosen.rules]
    flags += [f"--policy {shlex.quote(policy)}" for policy in chosen.policies]
    return "".join(f" {flag}" for flag in flags)

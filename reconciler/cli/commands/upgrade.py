"""`reconciler upgrade`: edits of the manifests that replace models which retire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import invalid, must_declare_something, plan_markdown, style_of
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.wiring import Loaded, load_manifests, note, reread, save, the_clock, write_result
from reconciler.errors import InvalidManifests, ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.domain.state import DesiredState
    from reconciler.plan.plan import Plan
    from reconciler.upgrade.live import Live
    from reconciler.upgrade.propose import Proposal
    from reconciler.upgrade.rewrite import Rewriting


@click.command("upgrade")
@manifest_options
@connection_options
@click.option(
    "--within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Models that retire within so many days; default: the Fleet's retirement.warnWithinDays.",
)
@click.option("--to", metavar="MODEL[@VERSION]", help="Move to this model, whatever other sources say.")
@click.option(
    "--strategy",
    type=click.Choice(["auto", "in-place", "beside"]),
    default="auto",
    show_default=True,
    help="Change the entry, or add a second one under a new name.",
)
@click.option("--accept-live", is_flag=True, help="Take into the manifests what the service upgraded.")
@click.option(
    "--finish", is_flag=True, help="Remove entries whose successor is declared, once nothing names them."
)
@click.option("--write", is_flag=True, help="Edit the files. Without it nothing is changed.")
@click.option("--force", is_flag=True, help="Write edits whose plan would be refused, too.")
@click.option("--offline", is_flag=True, help="Ask the catalogue alone; do not ask ARM, and make no plan.")
@click.option(
    "--as-of",
    envvar="RECONCILER_AS_OF",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Judge as of this day instead of today.",
)
@output_options("text", "json", "markdown", "diff")
def command(
    *,
    chosen: Chosen,
    connection: Connection,
    within: int | None,
    to: str | None,
    strategy: str,
    accept_live: bool,
    finish: bool,
    write: bool,
    force: bool,
    offline: bool,
    as_of: datetime | None,
    output: Output,
) -> int:
    """Propose the edits that replace models which retire; `--write` makes them.

    Exit 0 nothing to do or written, 2 edits proposed, 1 something is not solved.
    """
    from datetime import timedelta

    from reconciler.manifest.load import understood
    from reconciler.upgrade.propose import Season, Standing, Strategy, proposals
    from reconciler.upgrade.rewrite import rewritten
    from reconciler.upgrade.target import Sources, Wish

    if offline and accept_live:
        raise UsageProblem("--accept-live asks ARM what is deployed; --offline asks nobody. Leave one out")
    today = the_clock().now().date() if as_of is None else as_of.date()
    loaded = load_manifests(chosen, connection.cloud, today=today)
    if loaded.desired is None:
        return invalid(loaded, output)
    desired = loaded.desired
    must_declare_something(desired)
    days = desired.fleet.retirement.warn_within_days if within is None else within
    live = None if offline else _live(loaded, connection, output)
    season = Season(
        sources=Sources(
            catalogue=catalogue(),
            today=today,
            until=today + timedelta(days=days),
            to=None if to is None else Wish.parse(to),
            prefer=desired.fleet.upgrade,
            replacements={} if live is None else live.replacements,
        ),
        within=days,
        strategy=None if strategy == "auto" else Strategy(strategy),
        finish=finish,
        live=live.moved if live is not None and accept_live else {},
    )
    narrowed = bool(chosen.select or chosen.targets or chosen.excludes)
    whole = understood(loaded.manifests.read, loaded.paths) if narrowed else loaded.manifests
    found = proposals(desired.deployments, whole.understood.deployments, season)
    made = rewritten(whole, [one.wanted for one in found if one.wanted is not None])
    found = tuple(_unwritable(one, made) for one in found)
    plan = None
    if live is not None and made.made:
        plan = _plan_after(
            reread(made.loaded.read, chosen, connection.cloud, today=today), connection, output
        )
        found = tuple(_judged(one, plan) for one in found)
    refused = plan is not None and bool(plan.refusals)
    written = write and bool(made.texts) and (force or not refused)
    if write and made.texts and not written:
        note(
            output,
            "nothing was written: the plan of these edits is refused. --force writes them all the same",
        )
    if written:
        _write(loaded, made)
    _print(found, made, loaded, plan, output, within=days, written=written)
    if any(one.standing is Standing.UNSOLVED for one in found) or (write and made.texts and not written):
        return Exit.FAILED
    return Exit.CHANGES if made.texts and not written else Exit.DONE


def _print(
    found: Sequence[Proposal],
    made: Rewriting,
    loaded: Loaded,
    plan: Plan | None,
    output: Output,
    *,
    within: int,
    written: bool,
) -> None:
    from reconciler.report import upgrade as report
    from reconciler.report.style import json_text

    before = _texts(loaded)
    texts = {name: (before[name], text) for name, text in made.texts.items()}
    for each in output.each():
        match each.form:
            case "json":
                text = json_text(report.to_json(found, loaded.sources.span))
            case "markdown":
                planned = "" if plan is None else plan_markdown(plan, loaded)
                text = report.render_markdown(found, texts, within=within, written=written, plan=planned)
            case "diff":
                text = report.diff(texts)
            case _:
                text = report.render_text(found, texts, style=style_of(each), within=within, written=written)
        write_result(each, text)


def _texts(loaded: Loaded) -> Mapping[str, str]:
    return {file.name: file.lines.text for file in loaded.manifests.read.files}


def _unwritable(one: Proposal, made: Rewriting) -> Proposal:
    from reconciler.upgrade.propose import Standing

    why = made.failed.get(one.id)
    if why is None or one.wanted is None:
        return one
    return replace(
        one, standing=Standing.UNSOLVED, wanted=None, reason="; ".join(filter(None, (one.reason, why)))
    )


def _live(loaded: Loaded, connection: Connection, output: Output) -> Live:
    """What ARM says now: which models it replaces by which, and what the service moved already."""
    from reconciler.cli.loop import run_reading
    from reconciler.cli.pipeline import observe_fleet
    from reconciler.upgrade.live import live_of

    desired = _desired(loaded)
    observed = run_reading(
        observe_fleet(desired, connection, output, with_regions=True), timeout=connection.timeout
    )
    return live_of(desired, observed)


def _plan_after(loaded: Loaded, connection: Connection, output: Output) -> Plan:
    """The plan of the edited manifests, with what ARM says now."""
    from reconciler.cli.loop import run_reading
    from reconciler.cli.pipeline import observe_fleet
    from reconciler.plan.guard import Policy
    from reconciler.plan.make import make_plan

    desired = _desired(loaded)
    observed = run_reading(
        observe_fleet(desired, connection, output, with_regions=True), timeout=connection.timeout
    )
    return make_plan(desired, observed, policy=Policy(), diagnostics=loaded.diagnostics)


def _desired(loaded: Loaded) -> DesiredState:
    """What is declared, also where a rule finds fault with it: retired models are what this is about."""
    if loaded.desired is None:
        raise InvalidManifests(loaded.diagnostics)
    return loaded.desired


def _judged(one: Proposal, plan: Plan) -> Proposal:
    """A proposal with what its plan says of it."""
    from reconciler.upgrade.live import judged

    return judged(one, plan)


def _write(loaded: Loaded, made: Rewriting) -> None:
    """Write the new texts, each file whole; nothing is written where a file changed since it was read."""
    files = {file.name: file for file in loaded.manifests.read.files}
    contents: dict[Path, str] = {}
    for name, text in made.texts.items():
        if name == "-":
            raise UsageProblem("what came from standard input cannot be written back. Name the file")
        now = Path(name).read_bytes()
        if not files[name].same(now):
            raise ReconcilerError(f"{name} changed while it was edited; nothing was written. Run it again")
        contents[Path(name)] = ("\ufeff" if now.startswith(b"\xef\xbb\xbf") else "") + text
    for path, text in contents.items():
        mode = path.stat().st_mode
        save(path, text)
        path.chmod(mode)

"""What several commands take and print in the same way."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reconciler import __version__
from reconciler.cli.exit_codes import Exit
from reconciler.cli.options import FILE, Chosen, Output, into, option
from reconciler.cli.running import written_by
from reconciler.cli.wiring import Loaded, load_manifests, note, save, the_clock, write_each
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from reconciler.domain.fleet import DesiredState, Fleet
    from reconciler.domain.state import ObservedState
    from reconciler.plan.allowances import Policy
    from reconciler.plan.plan import Plan
    from reconciler.report.style import Style


Form = Callable[[Output], object]
"""Makes one form of a result."""


def style_of(output: Output) -> Style:
    """How text may look where it goes."""
    from reconciler.report.style import Style

    return Style.of(None if output.file else sys.stdout, colour=output.colour)


def write_diagnostics(loaded: Loaded, output: Output) -> None:
    """The diagnostics in each form that was asked for; as text where a form is not one of theirs."""
    from reconciler.report import diagnostics as report
    from reconciler.report.sarif import to_sarif

    found, sources = loaded.diagnostics, loaded.sources
    size = {"files": loaded.files, "deployments": loaded.deployments}
    write_forms(
        output,
        text=lambda each: report.render_text(found, sources, style=style_of(each), **size),
        json=lambda _: report.to_json(found, sources, **size),
        markdown=lambda _: report.render_markdown(found, sources),
        github=lambda _: report.render_github(found, sources),
        sarif=lambda _: to_sarif(found, sources, tool_version=__version__),
        junit=lambda _: report.render_junit(found, sources, files=sources.files),
    )


def valid_fleet(
    chosen: Chosen,
    cloud: str | None,
    output: Output,
    *,
    today: date | None = None,
    quietly: bool = False,
) -> Loaded:
    """The manifests, once they have no errors, which would be the command's result and its end.

    What stops nothing is said on stderr, unless `quietly`.
    """
    loaded = load_manifests(chosen, cloud, today=today)
    if not loaded.valid:
        end_with_errors(loaded, output)
    if not quietly:
        _warn_about(loaded, output)
    return loaded


def end_with_errors(loaded: Loaded, output: Output) -> NoReturn:
    """End a command whose manifests have errors: they are its result."""
    write_diagnostics(loaded, output)
    raise click.exceptions.Exit(Exit.FAILED)


def write_forms(
    output: Output, *, text: Form, beside: Callable[[str, Output], str] | None = None, **forms: Form
) -> None:
    """The result in each form that was asked for, by name, or as `text`; what is no text is a JSON document.

    `beside` adds to it what does not come from the result itself.
    """
    from reconciler.report.style import json_text

    def rendered(each: Output) -> str:
        made = forms.get(each.form, text)(each)
        shown = made if isinstance(made, str) else json_text(made)
        return shown if beside is None else beside(shown, each)

    write_each(output, rendered)


def must_declare_something(desired: DesiredState) -> None:
    """Refuse to call an empty fleet fine: a job with a wrong path would be green for ever (law I-16)."""
    if not desired.declares_accounts:
        raise ReconcilerError(
            "the manifests declare nothing at all, and a wrong path looks just like this. "
            "Name the folder with the fleet's manifests"
        )


def _warn_about(loaded: Loaded, output: Output) -> None:
    """Findings that stop nothing: one line on stderr, all of them with --verbose."""
    if not loaded.diagnostics or output.quiet:
        return
    from reconciler.report import diagnostics as diagnostics_report
    from reconciler.report.style import Style

    size = {"files": loaded.files, "deployments": loaded.deployments}
    style = Style.of(sys.stderr, colour=output.colour)
    text = diagnostics_report.render_text(loaded.diagnostics, loaded.sources, style=style, **size)
    last = text.rstrip().splitlines()[-1]
    note(output, text if output.verbose else f"{last}; `reconciler validate` shows them")


def plan_text(plan: Plan, loaded: Loaded, output: Output, *, summary: bool = False) -> str:
    """The plan for a person, with aliases for subscriptions and tokens a minute for rate units."""
    from reconciler.cli.knowledge import catalogue
    from reconciler.report import plan as report

    style, alias_of = style_of(output), loaded.state().fleet.alias_of
    if summary:
        return report.render_summary(plan, style=style, alias_of=alias_of)
    return report.render_text(
        plan, style=style, verbose=output.verbose, units=catalogue().unit, alias_of=alias_of
    )


def plan_markdown(plan: Plan, fleet: Fleet) -> str:
    """The plan for a pull request."""
    from reconciler.cli.knowledge import catalogue
    from reconciler.report import plan as plan_report

    return plan_report.render_markdown(
        plan,
        units=catalogue().unit,
        alias_of=fleet.alias_of,
        commit=commit(os.environ, Path.cwd()),
    )


def write_plan(
    plan: Plan,
    loaded: Loaded,
    chosen: Chosen,
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
    from reconciler.report import plan as plan_report

    document = functools.cache(functools.partial(plan_json, plan, loaded, chosen, **saved))
    if out is not None:
        save(out, document())
        note(output, f"saved: {out}; {following}")
    write_forms(
        output,
        text=lambda each: plan_text(plan, loaded, each, summary=summary),
        json=lambda _: document(),
        markdown=lambda _: plan_markdown(plan, loaded.fleet),
        html=lambda each: pages.plan_html(plan, loaded.state(), chosen, links=each.links),
        github=lambda _: plan_report.render_github(plan, loaded.sources),
        gitlab=lambda _: plan_report.gitlab_counts(plan),
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
    plan: Plan,
    loaded: Loaded,
    chosen: Chosen,
    *,
    observed: ObservedState | None = None,
    made: datetime | None = None,
) -> str:
    """The plan file, which is also the plan's JSON form; `made` is when, the clock's time if not given."""
    from reconciler.planfile.codec import to_json
    from reconciler.planfile.documents import SelectionDocument
    from reconciler.report.style import json_text

    document = to_json(
        plan,
        created_at=made or the_clock().now(),
        tool_version=__version__,
        manifest_paths=loaded.paths,
        selection=SelectionDocument(select=chosen.select, targets=chosen.targets, excludes=chosen.excludes),
        spans=loaded.sources.span,
        observed=observed,
    )
    return json_text(document)


def again(allowances: Policy, chosen: Chosen) -> str:
    """The flags with which a saved plan, which carries no permission, is applied as it was made.

    They come after a blank, where there are any.
    """
    import shlex

    flags = [] if allowances.max_deletes is None else [f"--max-deletes {allowances.max_deletes}"]
    more = allowances.max_monthly_increase
    flags += [] if more is None else [f"--max-monthly-increase {more:f}"]
    lifted = {
        "--allow-empty": allowances.allow_empty,
        "--take-over": allowances.take_over,
        "--replace-failed": allowances.replace_failed,
        "--recreate-expired": allowances.recreate_expired,
        "--skip-refused": allowances.skip_refused,
        "--renew-marks": allowances.renew_marks,
    }
    flags += [flag for flag, given in lifted.items() if given]
    flags += [f"--rule {rule}" for rule in chosen.rules]
    flags += [f"--policy {shlex.quote(policy)}" for policy in chosen.policies]
    return "".join(f" {flag}" for flag in flags)


class Money(click.ParamType["Decimal"]):
    """An amount in plain digits, kept exactly."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        from decimal import Decimal

        if isinstance(value, Decimal):
            return value
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", str(value)):
            self.fail(f"{value!r} is not an amount such as 5000 or 99.50", param, ctx)
        return Decimal(str(value))


out_option = click.option(
    "--out", type=FILE, callback=written_by("--out"), help="Save the plan for `apply PLANFILE`."
)
"""Where a plan is saved; the command gets `out: Path | None`."""

cost_option = click.option(
    "--cost", "with_cost", is_flag=True, help="Also what it costs a month, at list prices."
)
"""Ask for money too; the command gets one `with_cost: bool`."""

_guards = functools.partial(option, group="Guards")


def _policy(**allowed: Any) -> Policy:
    from reconciler.plan.allowances import Policy

    return Policy(**allowed)


allowance_options = into(
    "allowances",
    _policy,
    _guards("--max-deletes", type=click.IntRange(min=0), metavar="N", help="Allow up to N deletes."),
    _guards(
        "--max-monthly-increase",
        type=Money(),
        metavar="AMOUNT",
        help="Allow the monthly cost to rise by AMOUNT at list prices.",
    ),
    _guards("--allow-empty", is_flag=True, help="Allow a fleet that declares nothing."),
    _guards("--take-over", is_flag=True, help="Take over what carries another mark or none."),
    _guards("--replace-failed", is_flag=True, help="Delete and recreate what is in state Failed."),
    _guards("--skip-refused", is_flag=True, help="Leave out what a quota pool has no room for."),
    _guards("--recreate-expired", is_flag=True, help="Recreate what the service has removed."),
    _guards("--renew-marks", is_flag=True, help="Also write marks that earlier releases left out."),
)
"""The flags that lift guards; the command gets `allowances: Policy`."""

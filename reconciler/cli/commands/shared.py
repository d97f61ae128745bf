"""What several commands do in the same way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import click

from reconciler import __version__
from reconciler.cli.exit_codes import Exit
from reconciler.cli.options import Chosen, Output
from reconciler.cli.wiring import Loaded, load_manifests, note, write_result
from reconciler.errors import ReconcilerError
from reconciler.report.style import Style, json_text

if TYPE_CHECKING:
    from datetime import date
    from types import ModuleType

    from reconciler.domain.fleet import DesiredState

Form = Callable[[Output], object]
"""Makes one form of a result."""


def style_of(output: Output) -> Style:
    """How text may look where it goes."""
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
    chosen: Chosen, cloud: str | None, output: Output, *, today: date | None = None, quietly: bool = False
) -> Loaded:
    """The manifests, once they have no errors, which would be the command's result and its end.

    What stops nothing is said on stderr, unless `quietly`: one line, all of it with --verbose.
    """
    loaded = load_manifests(chosen, cloud, today=today)
    if not loaded.valid:
        end_with_errors(loaded, output)
    if loaded.diagnostics and not quietly and not output.quiet:
        from reconciler.report import diagnostics as report

        size = {"files": loaded.files, "deployments": loaded.deployments}
        style = Style.of(sys.stderr, colour=output.colour)
        text = report.render_text(loaded.diagnostics, loaded.sources, style=style, **size)
        last = text.rstrip().splitlines()[-1]
        note(output, text if output.verbose else f"{last}; `reconciler validate` shows them")
    return loaded


def end_with_errors(loaded: Loaded, output: Output) -> NoReturn:
    """End a command whose manifests have errors: they are its result."""
    write_diagnostics(loaded, output)
    raise click.exceptions.Exit(Exit.FAILED)


def write_forms(
    output: Output,
    *,
    text: Form,
    of: tuple[ModuleType, *tuple[object, ...]] | None = None,
    beside: Callable[[str, Output], str] | None = None,
    **forms: Form,
) -> None:
    """The result in each form that was asked for; what is no text is a JSON document.

    A form is made by its argument; else of the result in `of`, by `render_FORM` of the report's module before
    it; else it is `text`. `beside` adds to it what does not come from the result.
    """
    for each in output.each():
        if of is None or each.form in {"text", *forms}:
            made = forms.get(each.form, text)(each)
        else:
            made = getattr(of[0], f"render_{each.form}")(*of[1:])
        shown = made if isinstance(made, str) else json_text(made)
        write_result(each, shown if beside is None else beside(shown, each))


def must_declare_something(desired: DesiredState) -> None:
    """Refuse to call an empty fleet fine: a job with a wrong path would be green for ever (law I-16)."""
    if not desired.declares_accounts:
        raise ReconcilerError(
            "the manifests declare nothing at all, and a wrong path looks just like this. "
            "Name the folder with the fleet's manifests"
        )

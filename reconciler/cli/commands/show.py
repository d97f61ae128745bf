"""`reconciler show`: the deployments that are there, declared or not."""

from __future__ import annotations

import click

from reconciler.cli.commands.shared import invalid, style_of
from reconciler.cli.exit_codes import Exit
from reconciler.cli.loop import run_reading
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.pipeline import observe_fleet
from reconciler.cli.policies import beside, of_existing
from reconciler.cli.wiring import load_manifests, write_result
from reconciler.diagnostics import has_errors
from reconciler.domain.state import DesiredState, Listed, ObservedState
from reconciler.report import show as show_report
from reconciler.report.style import json_text


@click.command("show")
@manifest_options
@connection_options
@output_options("text", "json", "markdown", "html")
def command(*, chosen: Chosen, connection: Connection, output: Output) -> int:
    """List account, region, deployment, model, version, SKU, capacity, state and owner.

    With --policy what is there is judged by those policies; exit 1 if a rule is broken.
    """
    loaded = load_manifests(chosen, connection.cloud)
    if not loaded.valid:
        return invalid(loaded, output)
    desired = loaded.state()
    observed = run_reading(
        observe_fleet(desired, connection, output, with_regions=False), timeout=connection.timeout
    )
    page = _rendered(desired, observed, chosen, output)
    broken = of_existing(loaded, observed) if chosen.policies else ()
    write_result(output, beside(page, broken, loaded, output) if chosen.policies else page)
    complete = all(isinstance(reading, Listed) for reading in observed.readings.values())
    return Exit.DONE if complete and not has_errors(broken) else Exit.FAILED


def _rendered(desired: DesiredState, observed: ObservedState, chosen: Chosen, output: Output) -> str:
    match output.form:
        case "json":
            return json_text(show_report.to_json(observed))
        case "markdown":
            return show_report.render_markdown(observed)
        case "html":
            from reconciler.cli.commands.pages import show_html  # noqa: PLC0415 -- loads only when asked for

            return show_html(desired, observed, chosen)
        case _:
            return show_report.render_text(observed, style=style_of(output))

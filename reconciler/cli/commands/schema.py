"""`reconciler schema`: what editors and check-jsonschema need."""

from __future__ import annotations

import json

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Output, output_options
from reconciler.cli.wiring import write_result


@click.command("schema", cls=Command)
@output_options("json")
def command(*, output: Output) -> None:
    """Print the JSON Schema (draft 2020-12) of Fleet, DeploymentSet and DeploymentTemplate."""
    from reconciler.manifest.schema import json_schema  # noqa: PLC0415 -- pydantic loads only here

    write_result(output, json.dumps(json_schema(), indent=2, ensure_ascii=False))

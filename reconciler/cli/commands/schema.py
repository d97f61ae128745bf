"""`reconciler schema`: what editors, check-jsonschema and readers of our JSON need."""

from __future__ import annotations

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Output, option, output_options
from reconciler.cli.wiring import write_result

MANIFEST = "manifest"
DOCUMENTS = (
    MANIFEST,
    "plan",
    "apply",
    "drift",
    "diagnostics",
    "show",
    "quota",
    "lifecycle",
    "cost",
    "capacity",
    "capacity-propose",
    "upgrade",
    "doctor",
    "explain",
    "size",
    "catalog",
    "catalog-prices",
    "catalog-refresh",
    "catalog-prices-refresh",
    "error",
)
"""Written out, so that `--help` loads no model; a test compares them with the models there are."""


@click.command("schema", cls=Command)
@output_options("json")
@option(
    "--document",
    type=click.Choice(DOCUMENTS),
    default=MANIFEST,
    show_default=True,
    help="The manifests, or what a command prints with `-o json`.",
)
def command(*, output: Output, document: str) -> None:
    """Print a JSON Schema (draft 2020-12): of manifests, or of a document that this program prints.

    The `$id` of a document's schema has the version that stands in the document as `formatVersion`.
    """
    import json

    made: object
    if document == MANIFEST:
        from reconciler.manifest.schema import json_schema

        made = json_schema()
    else:
        from reconciler.report.documents import json_schema as schema_of

        made = schema_of(document)
    write_result(output, json.dumps(made, indent=2, ensure_ascii=False))

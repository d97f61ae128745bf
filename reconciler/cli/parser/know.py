"""`size`, `catalog`, `policy`, `explain`, `schema`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from reconciler.cli.help import Group
from reconciler.cli.options import (
    FILE,
    READABLE,
    Decorator,
    command,
    connection_options,
    flag,
    into,
    lazily,
    manifest_options,
    offers,
    option,
    output_options,
    policy_option,
)

_TOKENS = click.FloatRange(min=0)

size = command(
    "size",
    option("--model", required=True, help="Catalogue name, for example gpt-4.1."),
    option("--version", "version", help="Model version; the default one without it."),
    option("--sku", help="One provisioned SKU; all of the model's, side by side, without it."),
    option("--rpm", type=_TOKENS, help="Peak calls a minute."),
    option("--prompt-tokens", type=_TOKENS, help="Tokens per prompt."),
    option("--generated-tokens", type=_TOKENS, help="Tokens per answer."),
    option(
        "--cache-rate",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="Share of prompt tokens that is cached, 0 to 1.",
    ),
    option(
        "--image-tokens",
        type=_TOKENS,
        default=0.0,
        help="Tokens of images in the prompt, beside those of text; for models that weigh them.",
    ),
    option("--capacity", type=click.IntRange(min=1), help="The reverse: what this many PTU carry."),
    output_options("text", "json"),
    run="size.size",
    examples=(
        "reconciler size --model gpt-4.1 --rpm 60 --prompt-tokens 1000 --generated-tokens 200",
        "reconciler size --model gpt-4.1 --capacity 100",
        "reconciler size --model gpt-4.1 --capacity 100 --prompt-tokens 1000 --generated-tokens 200",
    ),
    help="""Size provisioned throughput by Microsoft's published formula, offline.

    --capacity alone says what so many PTU carry in tokens a minute; with the tokens of a call, in calls.
    """,
)

# -- catalog -------------------------------------------------------------------------------------------

_model = option("--model", shell_complete=offers("models"), help="Only this model.")
_sku = option("--sku", shell_complete=offers("skus"), help="Only this SKU.")
_filters = into(
    "wanted",
    lazily("cli.commands.catalog.wanted"),
    _model,
    option("--version", help="Only this version of it."),
    _sku,
    option(
        "--region",
        shell_complete=offers("regions"),
        help="Only what is listed in this region, in any spelling.",
    ),
)
_output = output_options("text", "json")


def _overlay(default: str, text: str) -> Decorator:
    return option("--overlay", "target", type=FILE, default=Path(default), show_default=True, help=text)


_LISTS = {
    "models": "List models and versions with stage, retirement date and SKUs.",
    "regions": "List regions with their data zones; with --model or --sku, where those are listed.",
    "skus": "List the SKUs and what capacity 1 is; with --model or --region, those offered there.",
    "capacity": "List minimum, step and maximum, what one unit buys, and throughput per PTU.",
}

catalog = Group(
    "catalog",
    help="Ask the shipped catalogue; every answer names its source and date, and ? means not known.",
    commands=[
        *(
            command(name, _filters, _output, run=f"catalog.{name}", help=text)
            for name, text in _LISTS.items()
        ),
        command(
            "quota",
            _model,
            _sku,
            option(
                "--tier",
                type=click.IntRange(0, 6),
                metavar="N",
                help="Only this quota tier, with its requests.",
            ),
            _output,
            run="catalog.quota",
            help="""List the documented default quotas by tier, and for batch by type of subscription.

            Your own limits differ: `reconciler quota` reads them from ARM.
            """,
        ),
        command(
            "prices",
            _filters,
            flag("--refresh", help="Ask the Retail Prices API, and write its answer to --overlay."),
            _overlay(".reconciler/prices.json", "With --refresh: where to write the prices."),
            option(
                "--currency",
                default="USD",
                show_default=True,
                metavar="CODE",
                help="Currency of the prices.",
            ),
            click.argument("paths", nargs=-1, metavar="[PATH]..."),
            connection_options,
            _output,
            run="catalog.prices",
            help="""
            List the known prices of deployments; with --refresh, ask for those of the declared regions.

            A price that is not listed is not known. --refresh asks for --region, or for the regions that the
            manifests of PATH declare; it signs in nowhere. RECONCILER_PRICES_ENDPOINT names another address.
            Commands use the written file only where RECONCILER_PRICES_OVERLAY names it.
            """,
        ),
        command(
            "refresh",
            manifest_options,
            connection_options,
            _overlay(".reconciler/catalogue.json", "Where to write ARM's lists."),
            _output,
            run="refreshing.catalogue_refreshed",
            help="""Pull ARM's own lists of every declared region into an overlay.

            Only commands for which RECONCILER_CATALOGUE_OVERLAY names the file use it. Exit 1 where a
            region could not be read; then nothing is written.
            """,
        ),
    ],
)

# -- policy, explain, schema ---------------------------------------------------------------------------


def _rule_id(_: click.Context, __: click.Parameter, given: str) -> str:
    if not re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", given):
        raise click.BadParameter(f"{given!r} is not lower-case words and digits, joined by hyphens")
    return given


policy = Group(
    "policy",
    help="Make rules for --policy.",
    commands=[
        command(
            "import",
            click.argument("assignment", metavar="FILE", type=READABLE),
            option(
                "--id",
                "rule",
                default="approved-models",
                show_default=True,
                callback=_rule_id,
                help="Id of the rule: its findings have the code policy/ID.",
            ),
            option("--name", default="approved-models", show_default=True, help="Name of the policy."),
            output_options("yaml"),
            run="formats.import_policy",
            help="""Write Azure's definition on approved models as a rule.

            FILE is the JSON of `az policy assignment show`, or of its parameters alone (effect,
            allowedPublishers, allowedAssetIds). Nothing asks Azure. A model that either list names is
            approved: how Azure combines the two is not documented.
            """,
        )
    ],
)

explain = command(
    "explain",
    click.argument("word", required=False, shell_complete=offers("words")),
    output_options("text", "json"),
    policy_option,
    run="explain.explain",
    examples=(
        "reconciler explain",
        "reconciler explain capacity-increment",
        "reconciler explain InsufficientQuota -o json",
    ),
    help="""Say what WORD means, why the rule exists, and what to do. Without a WORD, list all of them.

    A WORD is any code of a rule, reason, refusal, outcome or cause that an output prints, or an error code of
    ARM. policy/ID is a rule of the policies in manifests/ or of those that --policy names.
    """,
)

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

schema = command(
    "schema",
    output_options("json"),
    option(
        "--document",
        type=click.Choice(DOCUMENTS),
        default=MANIFEST,
        show_default=True,
        help="The manifests, or what a command prints with `-o json`.",
    ),
    run="formats.schema",
    help="""Print a JSON Schema (draft 2020-12): of manifests, or of a document that this program prints.

    The `$id` of a document's schema has the version that stands in the document as `formatVersion`.
    """,
)

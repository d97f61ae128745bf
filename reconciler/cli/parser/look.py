"""`show`, `quota`, `cost`, `capacity`, `capacity propose`, `lifecycle`, `doctor`."""

from __future__ import annotations

import click

from reconciler.cli.options import (
    command,
    connection_options,
    cost_option,
    flag,
    fleet_options,
    manifest_options,
    option,
    output_options,
)

show = command(
    "show",
    fleet_options("text", "json", "markdown", "html"),
    cost_option,
    run="online.show",
    examples=("reconciler show", "reconciler show -o html --output-file fleet.html"),
    help="""List account, region, deployment, model, version, SKU, capacity, state and owner.

    With --policy what is there is judged by those policies; exit 1 if a rule is broken.
    """,
)

quota = command(
    "quota",
    fleet_options("text", "json", "markdown", "html"),
    run="online.quota",
    examples=("reconciler quota", "reconciler quota --target 'prod/*/*' -o markdown"),
    help="List each pool that the fleet draws on, or would after a plan. Exit 1 where one is too small.",
)

cost = command(
    "cost",
    manifest_options,
    output_options("text", "json", "markdown", "html"),
    run="offline.cost",
    examples=("reconciler cost", "reconciler plan --cost"),
    help="""Say what the declared deployments cost a month at list prices, and what is not known of it.

    Reads manifests and shipped prices; asks neither ARM nor a price list. `plan --cost` compares with what is
    there. `-v` prints the arithmetic. Discounts and taxes are not in it.
    """,
)

capacity = command(
    "capacity",
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    option("--model", required=True, help="The model to place."),
    option("--version", help="Its version; the catalogue's default if absent."),
    option("--sku", help="Only this SKU."),
    option("--ptus", type=click.IntRange(min=1), metavar="N", help="PTUs wanted, on provisioned SKUs."),
    option("--units", type=click.IntRange(min=1), metavar="N", help="Units wanted, on other SKUs."),
    flag("--fine-tuned", help="For a model fine-tuned from it: ARM has a number of its own."),
    option("--zone", metavar="EU|US", help="Only regions of this data zone."),
    option("--regions", metavar="NAME,...", help="Only these regions."),
    option(
        "--subscription",
        "subscriptions",
        multiple=True,
        metavar="GUID|ALIAS",
        help="Whose quota; those of the manifests if absent.",
    ),
    connection_options,
    output_options("text", "json", "markdown", "html"),
    run="capacity.capacity",
    cls=click.Command,
    help="""Say which regions and SKUs would take a model now: offered, legal size, quota left, capacity.

    With PATH, the quota is what their plan would leave. Capacity is ARM's own answer, with
    the time it was asked; it is no promise. Exit 1 where nothing fits.
    """,
)

capacity_propose = command(
    "capacity propose",
    fleet_options("text", "json", "diff"),
    run="capacity.propose",
    cls=click.Command,
    help="""Propose the edit for provisioned deployments that their region has no room for.

    Looks at the declared deployments that --target names. Asks ARM once per subscription, model and version,
    and prints a diff for `git apply`. Exit 0 where all have room, 2 with an edit, 1 where none is known.
    """,
)

lifecycle = command(
    "lifecycle",
    fleet_options("text", "json", "markdown", "html"),
    flag("--offline", help="Go by the declared versions; do not ask ARM."),
    option(
        "--fail-within",
        type=click.IntRange(min=0),
        metavar="DAYS",
        help="Exit 1 if a model is retired or retires within so many days.",
    ),
    run="offline.lifecycle",
    examples=("reconciler lifecycle --offline", "reconciler lifecycle --fail-within 90"),
    help="List deployments with stage, retirement date, days left, successor and who upgrades them.",
)

doctor = command(
    "doctor",
    fleet_options("text", "json"),
    option(
        "--for",
        "purpose",
        type=click.Choice(["plan", "apply"]),
        default="plan",
        help="What the identity must be able to do; rights to write that are missing fail only for apply.",
    ),
    run="doctor.doctor",
    examples=("reconciler doctor", "reconciler doctor --for apply -v"),
    help="""Examine cloud, sign-in, rights, clock, api-version, versions and manifests. Exit 1 if one fails.

    Reads are really tried, writes never: what ARM says of this identity's rights is looked up. Without
    manifests only cloud and sign-in are examined.
    """,
)

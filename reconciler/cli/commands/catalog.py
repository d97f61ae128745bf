"""`reconciler catalog`: what the catalogue knows, and from where. Only `refresh` talks to ARM."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.commands.asked import model_name, sku_name, wanted
from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.help import Group
from reconciler.cli.knowledge import catalogue
from reconciler.cli.knowledge import prices as known_prices
from reconciler.cli.options import (
    FILE,
    Chosen,
    Connection,
    Output,
    connection_options,
    into,
    manifest_options,
    offers,
    option,
    output_options,
)
from reconciler.cli.wiring import the_clock

if TYPE_CHECKING:
    from reconciler.catalogue import browse
    from reconciler.report.catalogue_documents import CatalogDocument


_filters = into(
    "wanted",
    lambda **words: wanted(catalogue(), **words),
    option("--model", shell_complete=offers("models"), help="Only this model."),
    option("--version", help="Only this version of it."),
    option("--sku", shell_complete=offers("skus"), help="Only this SKU."),
    option(
        "--region",
        shell_complete=offers("regions"),
        help="Only what is listed in this region, in any spelling.",
    ),
)


@click.group("catalog", cls=Group)
def command() -> None:
    """Ask the shipped catalogue; every answer names its source and date, and ? means not known."""


def _listing(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that lists what its filters leave."""
    return lambda function: command.command(name)(_filters(output_options("text", "json")(function)))


@_listing("models")
def models(*, wanted: browse.Wanted, output: Output) -> None:
    """List models and versions with stage, retirement date and SKUs."""
    from reconciler.catalogue import browse
    from reconciler.report import catalogue as report

    rows = list(browse.models(catalogue(), wanted))
    _write(output, partial(report.models_text, rows), partial(report.models_document, rows))


@_listing("regions")
def regions(*, wanted: browse.Wanted, output: Output) -> None:
    """List regions with their data zones; with --model or --sku, where those are listed."""
    from reconciler.report import catalogue as report

    if wanted.model or wanted.sku:
        _offers(wanted, output, report.places_text)
        return
    known = catalogue()
    facts = [
        f
        for region in known.regions()
        if wanted.region in {None, region} and (f := known.region(region.name))
    ]
    zones = known.zone_source
    _write(output, partial(report.regions_text, facts, zones), partial(report.regions_document, facts, zones))


@_listing("skus")
def skus(*, wanted: browse.Wanted, output: Output) -> None:
    """List the SKUs and what capacity 1 is; with --model or --region, those offered there."""
    from reconciler.domain.sku import KNOWN_SKUS, SkuName
    from reconciler.report import catalogue as report

    if wanted.model or wanted.region:
        _offers(wanted, output, report.offers_text)
        return
    names = (SkuName(name) for name in KNOWN_SKUS)
    facts = [fact for name in names if wanted.sku in {None, name} and (fact := catalogue().sku(name))]
    _write(output, partial(report.skus_text, facts), partial(report.skus_document, facts))


@_listing("capacity")
def capacity(*, wanted: browse.Wanted, output: Output) -> None:
    """List minimum, step and maximum, what one unit buys, and throughput per PTU."""
    from reconciler.report import catalogue as report

    _offers(wanted, output, report.capacity_text)


@command.command("quota")
@option("--model", shell_complete=offers("models"), help="Only this model.")
@option("--sku", shell_complete=offers("skus"), help="Only this SKU.")
@click.option(
    "--tier", type=click.IntRange(0, 6), metavar="N", help="Only this quota tier, with its requests."
)
@output_options("text", "json")
def quota(*, model: str | None, sku: str | None, tier: int | None, output: Output) -> None:
    """List the documented default quotas by tier, and for batch by type of subscription.

    Your own limits differ: `reconciler quota` reads them from ARM.
    """
    from reconciler.catalogue import browse
    from reconciler.report import catalogue_quota as quota_report

    known = catalogue()
    listed = {row.model.lower() for row in known.default_quotas()}
    name = model if model is None or model.lower() in listed else model_name(known, model)
    rows = list(
        browse.quotas(
            known,
            model=name,
            sku=None if sku is None else sku_name(sku),
            tier=None if tier is None else f"Tier {tier}",
        )
    )
    limits = known.limits()
    _write(
        output,
        partial(quota_report.quotas_text, rows, limits, one_tier=tier is not None),
        partial(quota_report.quotas_document, rows, limits),
    )


def _offers(wanted: browse.Wanted, output: Output, text: Callable[..., str]) -> None:
    from reconciler.catalogue import browse
    from reconciler.report import catalogue as report

    rows = list(browse.offers(catalogue(), wanted))
    _write(output, partial(text, rows), partial(report.offers_document, rows))


def _write(output: Output, text: Callable[..., str], document: Callable[..., CatalogDocument]) -> None:
    """The answer in each form that was asked for, with the catalogue's date."""
    known_to = str(catalogue().date)
    write_forms(
        output,
        text=lambda each: text(style=style_of(each), known_to=known_to),
        json=lambda _: document(known_to=known_to).to_json(),
    )


@command.command("prices")
@_filters
@click.option("--refresh", is_flag=True, help="Ask the Retail Prices API, and write its answer to --overlay.")
@click.option(
    "--overlay",
    type=FILE,
    default=Path(".reconciler/prices.json"),
    show_default=True,
    help="With --refresh: where to write the prices.",
)
@click.option("--currency", default="USD", show_default=True, metavar="CODE", help="Currency of the prices.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@connection_options
@output_options("text", "json")
def prices(
    *,
    wanted: browse.Wanted,
    refresh: bool,
    overlay: Path,
    currency: str,
    paths: tuple[str, ...],
    connection: Connection,
    output: Output,
) -> int:
    """List the known prices of deployments; with --refresh, ask for those of the declared regions.

    A price that is not listed is not known. --refresh asks for --region, or for the regions that the
    manifests of PATH declare; it signs in nowhere. RECONCILER_PRICES_ENDPOINT names another address. Commands
    use the written file only where RECONCILER_PRICES_OVERLAY names it.
    """
    from reconciler.cli.commands.refreshing import prices_refreshed
    from reconciler.domain.costs import Costs
    from reconciler.report import prices as report

    if not re.fullmatch("[A-Z]{3}", currency):
        raise click.BadParameter(f"{currency!r} is not a code such as USD or EUR", param_hint="--currency")
    if refresh:
        return prices_refreshed(wanted, paths, currency, overlay, connection, output)
    book = known_prices(Costs(currency=currency))
    rows = list(report.in_force(book, the_clock().now().date(), wanted, currency))
    write_forms(
        output,
        text=lambda each: report.render_text(rows, book, style=style_of(each)),
        json=lambda _: report.document(rows, book).to_json(),
    )
    return Exit.DONE


@command.command("refresh")
@manifest_options
@connection_options
@click.option(
    "--overlay",
    type=FILE,
    default=Path(".reconciler/catalogue.json"),
    show_default=True,
    help="Where to write ARM's lists.",
)
@output_options("text", "json")
def refresh(*, chosen: Chosen, connection: Connection, overlay: Path, output: Output) -> int:
    """Pull ARM's own lists of every declared region into an overlay.

    Only commands for which RECONCILER_CATALOGUE_OVERLAY names the file use it. Exit 1 where a
    region could not be read; then nothing is written.
    """
    from reconciler.cli.commands.refreshing import catalogue_refreshed

    return catalogue_refreshed(chosen, connection, overlay, output)

"""`reconciler catalog`: what the catalogue knows, and from where. Only `refresh` talks to ARM."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from reconciler.catalogue import browse
from reconciler.cli.commands.asked import wanted
from reconciler.cli.commands.shared import style_of
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import (
    Chosen,
    Connection,
    Output,
    connection_options,
    manifest_options,
    output_options,
)
from reconciler.cli.wiring import write_result
from reconciler.domain.sku import KNOWN_SKUS, SkuName
from reconciler.report import catalogue as report


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the filters; the command gets one `wanted: browse.Wanted`."""
    options = (
        click.option("--model", help="Only this model."),
        click.option("--version", "version", help="Only this version of it."),
        click.option("--sku", help="Only this SKU."),
        click.option("--region", help="Only what is listed in this region, in any spelling."),
    )

    @functools.wraps(function)
    def wrapper(**given: Any) -> Any:
        words = [given.pop(name) for name in ("model", "version", "sku", "region")]
        return function(wanted=wanted(catalogue(), *words), **given)

    for option in reversed(options):
        wrapper = option(wrapper)
    return wrapper


@click.group("catalog")
def command() -> None:
    """Ask the shipped catalogue; every answer names its source and date, and ? means not known."""


@command.command("models")
@_filters
@output_options("text", "json")
def models(*, wanted: browse.Wanted, output: Output) -> None:
    """List models and versions with stage, retirement date and SKUs."""
    known = catalogue()
    rows, date = list(browse.models(known, wanted)), str(known.date)
    if output.form == "json":
        _write_json(output, report.models_json(rows, known_to=date))
    else:
        write_result(output, report.models_text(rows, style=style_of(output), known_to=date))


@command.command("regions")
@_filters
@output_options("text", "json")
def regions(*, wanted: browse.Wanted, output: Output) -> None:
    """List regions with their data zones; with --model or --sku, where those are listed."""
    known = catalogue()
    date = str(known.date)
    if wanted.model or wanted.sku:
        _offers(wanted, output, report.places_text)
        return
    facts = [f for one in known.regions() if wanted.region in {None, one} and (f := known.region(one.name))]
    if output.form == "json":
        _write_json(output, report.regions_json(facts, known.zone_source, known_to=date))
    else:
        style = style_of(output)
        write_result(output, report.regions_text(facts, known.zone_source, style=style, known_to=date))


@command.command("skus")
@_filters
@output_options("text", "json")
def skus(*, wanted: browse.Wanted, output: Output) -> None:
    """List the SKUs and what capacity 1 is; with --model or --region, those offered there."""
    known = catalogue()
    if wanted.model or wanted.region:
        _offers(wanted, output, report.offers_text)
        return
    names = (SkuName(name) for name in KNOWN_SKUS)
    facts = [fact for name in names if wanted.sku in {None, name} and (fact := known.sku(name))]
    if output.form == "json":
        _write_json(output, report.skus_json(facts, known_to=str(known.date)))
    else:
        write_result(output, report.skus_text(facts, style=style_of(output), known_to=str(known.date)))


@command.command("capacity")
@_filters
@output_options("text", "json")
def capacity(*, wanted: browse.Wanted, output: Output) -> None:
    """List minimum, step and maximum, what one unit buys, and throughput per PTU."""
    _offers(wanted, output, report.capacity_text)


def _offers(wanted: browse.Wanted, output: Output, text: Callable[..., str]) -> None:
    known = catalogue()
    rows = list(browse.offers(known, wanted))
    if output.form == "json":
        _write_json(output, report.offers_json(rows, known_to=str(known.date)))
    else:
        write_result(output, text(rows, style=style_of(output), known_to=str(known.date)))


def _write_json(output: Output, document: dict[str, object]) -> None:
    write_result(output, json.dumps(document, indent=2))


@command.command("prices")
@_filters
@click.option("--refresh", is_flag=True, help="Ask the Retail Prices API, and write its answer to --overlay.")
@click.option(
    "--overlay",
    type=click.Path(dir_okay=False, path_type=Path),
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
    from reconciler.cli.commands import pricing  # noqa: PLC0415 -- loads only when asked for

    if not re.fullmatch("[A-Z]{3}", currency):
        raise click.BadParameter(f"{currency!r} is not a code such as USD or EUR", param_hint="--currency")
    if refresh:
        return pricing.refreshed(wanted, paths, currency, overlay, connection, output)
    return pricing.listed(wanted, currency, output)


@command.command("refresh")
@manifest_options
@connection_options
@click.option(
    "--overlay",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(".reconciler/catalogue.json"),
    show_default=True,
    help="Where to write ARM's lists.",
)
@output_options("text", "json")
def refresh(*, chosen: Chosen, connection: Connection, overlay: Path, output: Output) -> int:
    """Pull ARM's own lists of every declared region into an overlay.

    It is used by commands that RECONCILER_CATALOGUE_OVERLAY tells of it, and by no others. Exit 1 where a
    region could not be read; then nothing is written.
    """
    from reconciler.cli.commands.refreshing import refreshed  # noqa: PLC0415 -- what talks to ARM loads only here

    return refreshed(chosen, connection, overlay, output)

"""`reconciler catalog`: what the catalogue knows, and from where."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.catalogue import browse
from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue, model_name, region_name, sku_name, version_of
from reconciler.cli.knowledge import prices as known_prices
from reconciler.cli.options import Connection, Output
from reconciler.cli.wiring import the_clock
from reconciler.domain.sku import KNOWN_SKUS, SkuName
from reconciler.errors import UsageProblem
from reconciler.report import catalogue as report
from reconciler.report import catalogue_quota as quota_report

if TYPE_CHECKING:
    from reconciler.domain.document import Document


def wanted(*, model: str | None, version: str | None, sku: str | None, region: str | None) -> browse.Wanted:
    """The filter that these words mean; UsageProblem for a name that the catalogue does not have."""
    known = catalogue()
    if version is not None and model is None:
        raise UsageProblem("--version says which version of a model: give --model too")
    name = None if model is None else model_name(known, model)
    return browse.Wanted(
        model=name,
        version=None if version is None or name is None else version_of(known, name, version),
        sku=None if sku is None else sku_name(sku),
        region=None if region is None else region_name(known, region),
    )


def models(*, wanted: browse.Wanted, output: Output) -> None:
    """List models and versions with stage, retirement date and SKUs."""
    rows = list(browse.models(catalogue(), wanted))
    _write(output, partial(report.models_text, rows), partial(report.models_document, rows))


def regions(*, wanted: browse.Wanted, output: Output) -> None:
    """List regions with their data zones; with --model or --sku, where those are listed."""
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


def skus(*, wanted: browse.Wanted, output: Output) -> None:
    """List the SKUs and what capacity 1 is; with --model or --region, those offered there."""
    if wanted.model or wanted.region:
        _offers(wanted, output, report.offers_text)
        return
    names = (SkuName(name) for name in KNOWN_SKUS)
    facts = [fact for name in names if wanted.sku in {None, name} and (fact := catalogue().sku(name))]
    _write(output, partial(report.skus_text, facts), partial(report.skus_document, facts))


def capacity(*, wanted: browse.Wanted, output: Output) -> None:
    """List minimum, step and maximum, what one unit buys, and throughput per PTU."""
    _offers(wanted, output, report.capacity_text)


def quota(*, model: str | None, sku: str | None, tier: int | None, output: Output) -> None:
    """List the documented default quotas by tier, and for batch by type of subscription."""
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
    rows = list(browse.offers(catalogue(), wanted))
    _write(output, partial(text, rows), partial(report.offers_document, rows))


def _write(output: Output, text: Callable[..., str], document: Callable[..., Document]) -> None:
    """The answer in each form that was asked for, with the catalogue's date."""
    known_to = str(catalogue().date)
    write_forms(
        output,
        text=lambda each: text(style=style_of(each), known_to=known_to),
        json=lambda _: document(known_to=known_to).to_json(),
    )


def prices(
    *,
    wanted: browse.Wanted,
    refresh: bool,
    target: Path,
    currency: str,
    paths: tuple[str, ...],
    connection: Connection,
    output: Output,
) -> Exit:
    """List the known prices of deployments, or ask for those of the declared regions."""
    from reconciler.domain.costs import Costs
    from reconciler.report import prices as price_report

    if not re.fullmatch("[A-Z]{3}", currency):
        raise click.BadParameter(f"{currency!r} is not a code such as USD or EUR", param_hint="--currency")
    if refresh:
        from reconciler.cli.commands.refreshing import prices_refreshed

        return prices_refreshed(wanted, paths, currency, target, connection, output)
    book = known_prices(Costs(currency=currency))
    rows = list(price_report.in_force(book, the_clock().now().date(), wanted, currency))
    write_forms(
        output,
        of=(price_report, rows),
        text=lambda each: price_report.render_text(rows, book, style=style_of(each)),
        json=lambda _: price_report.document(rows, book).to_json(),
    )
    return Exit.DONE

"""`reconciler catalog prices`: what the price lists say, and asking for newer ones."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands.shared import end_with_errors, must_declare_something, style_of, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import PRICES_OVERLAY, prices
from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.wiring import EMBEDDED, load_manifests, note, save, the_clock, write_each
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    import httpx

    from reconciler.catalogue.browse import Wanted
    from reconciler.domain.ids import Region
    from reconciler.prices.retail import Fetched


ENDPOINT = "RECONCILER_PRICES_ENDPOINT"


def listed(wanted: Wanted, currency: str, output: Output) -> Exit:
    """The prices that are in force today."""
    from reconciler.domain.costs import Costs
    from reconciler.report import prices as report

    book = prices(Costs(currency=currency))
    day = the_clock().now().date()
    rows = list(
        report.in_force(
            book,
            day,
            model=wanted.model,
            version=wanted.version,
            sku=wanted.sku,
            region=wanted.region,
            currency=currency,
        )
    )
    write_forms(
        output,
        text=lambda each: report.render_text(rows, book, style=style_of(each)),
        json=lambda _: report.document(rows, book).to_json(),
    )
    return Exit.DONE


def refreshed(
    wanted: Wanted,
    paths: tuple[str, ...],
    currency: str,
    target: Path,
    connection: Connection,
    output: Output,
) -> Exit:
    """Ask, then write the whole file or nothing."""
    from reconciler.prices.load import list_text
    from reconciler.prices.retail import RetailPrices, endpoint_of
    from reconciler.report.style import inert

    regions = [wanted.region] if wanted.region else _declared(paths, output)
    from reconciler.cli.loop import run_reading

    named = os.environ.get(ENDPOINT, "")
    with _emulated(connection, named) as embedded:
        endpoint = endpoint_of(EMBEDDED if embedded else named)
        client = RetailPrices(
            endpoint=endpoint, clock=the_clock(), transport=embedded or _connections(endpoint, connection)
        )
        found = run_reading(client.fetch(regions, currency), timeout=connection.timeout)
    target.parent.mkdir(parents=True, exist_ok=True)
    save(target, list_text(found.source, found.rows))
    for one in found.notes:
        note(output, f"note: {inert(one)}")
    write_each(output, lambda each: _told(found, regions, target, each))
    return Exit.DONE


def _emulated(connection: Connection, named: str) -> AbstractContextManager[httpx.AsyncBaseTransport | None]:
    """With `--cloud emulator`: the price list of the emulator inside this process."""
    if named or connection.cloud != "emulator":
        return nullcontext()
    from reconciler.cli.embedded import price_list

    return price_list()


def _connections(endpoint: httpx.URL, connection: Connection) -> httpx.AsyncBaseTransport:
    """Connections to the list by the rule that ARM and sign-in go by: one proxy, one set of authorities."""
    import httpx

    from reconciler.arm.network import Network
    from reconciler.arm.origin import origin_of
    from reconciler.report.style import inert

    origin = origin_of(str(endpoint))
    if origin is None:
        raise UsageProblem(f"{ENDPOINT} is not an address that can be asked: {inert(str(endpoint)[:200])}")
    network = Network(ca_file=connection.ca_file)
    route = network.route(origin)
    return httpx.AsyncHTTPTransport(
        verify=network.tls(origin), trust_env=False, proxy=None if route is None else httpx.Proxy(route.url)
    )


def _declared(paths: tuple[str, ...], output: Output) -> list[Region]:
    """The regions that the manifests declare."""
    chosen = Chosen(paths=paths or (DEFAULT_PATH,), select="", targets=(), excludes=())
    loaded = load_manifests(chosen)
    if loaded.desired is None:
        end_with_errors(loaded, replace(output, form="text"))
    must_declare_something(loaded.desired)
    regions = {one.region for one in loaded.desired.accounts if one.region}
    if not regions:
        raise UsageProblem("no account declares its region, so there is nothing to ask for: name --region")
    return sorted(regions)


def _told(found: Fetched, regions: list[Region], target: Path, output: Output) -> str:
    from reconciler.diagnostics import counted
    from reconciler.report.catalogue_documents import PricesRefreshDocument
    from reconciler.report.layout import listed as some_of
    from reconciler.report.style import inert, json_text

    if output.form == "json":
        document = PricesRefreshDocument(
            format_version=1,
            overlay=str(target),
            refreshed=found.source.as_of,
            currency=found.source.currency,
            regions=tuple(one.name for one in regions),
            prices=len(found.rows),
            not_understood=tuple(found.left_out),
        )
        return json_text(document.to_json())
    where = some_of([one.name for one in regions])
    what = f"{counted(len(found.rows), 'price')} of {where}"
    lines = [f"{what} as of {found.source.as_of}, in {inert(str(target))}"]
    if found.left_out:
        shown = found.left_out if output.verbose else found.left_out[:3]
        names = some_of([inert(one) for one in shown], most=len(shown))
        more = len(found.left_out) - len(shown)
        rest = f" and {more} more (-v names them)" if more else ""
        lines.append(f"{counted(len(found.left_out), 'meter')} not used: {names}{rest}")
    lines.append(f"To use it: export {PRICES_OVERLAY}={inert(str(target))}")
    return "\n".join(lines) + "\n"

"""`reconciler catalog refresh` and `catalog prices --refresh`: newer lists, as files to lay over ours."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands.shared import end_with_errors, must_declare_something
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import OVERLAY, PRICES_OVERLAY
from reconciler.cli.loop import run_reading
from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.pipeline import moment_of, read_accounts
from reconciler.cli.wiring import EMBEDDED, connect, load_manifests, note, save, the_clock, write_each
from reconciler.errors import ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from datetime import date

    import httpx

    from reconciler.catalogue.browse import Wanted
    from reconciler.catalogue.overlay import Overlay
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.ids import Region
    from reconciler.domain.state import ObservedState, Offer
    from reconciler.prices.retail import Fetched

ENDPOINT = "RECONCILER_PRICES_ENDPOINT"


def catalogue_refreshed(chosen: Chosen, connection: Connection, target: Path, output: Output) -> int:
    """Read, then write the whole file or nothing."""
    from reconciler.catalogue.overlay import Overlay, to_document
    from reconciler.report.style import json_text

    loaded = load_manifests(chosen, connection.cloud)
    if loaded.desired is None:
        end_with_errors(loaded, output)
    must_declare_something(loaded.desired)
    observed, day = run_reading(_look(loaded.desired, connection, output), timeout=connection.timeout)
    offers = _offers(observed)
    overlay = Overlay(day=day, cloud=loaded.desired.fleet.cloud, offers=offers)
    target.parent.mkdir(parents=True, exist_ok=True)
    save(target, json_text(to_document(overlay)) + "\n")
    write_each(output, lambda each: _catalogue_told(overlay, target, each.form))
    return Exit.DONE


async def _look(desired: DesiredState, connection: Connection, output: Output) -> tuple[ObservedState, date]:
    async with connect(connection, output, desired) as arm:
        return await read_accounts(desired, arm, connection, output), moment_of(arm).date()


def _offers(observed: ObservedState) -> Mapping[Region, Sequence[Offer]]:
    """Each region's offers; two subscriptions may be offered different ones, and either will do."""
    from reconciler.domain.state import AccountMissing, Unreadable
    from reconciler.report.style import inert

    unread = [
        f"{one.id.name}: {one.message}"
        for one in observed.readings.values()
        if isinstance(one, AccountMissing | Unreadable)
    ]
    unread += [f"{facts.region.name}: its models" for facts in observed.regions if facts.offers is None]
    if unread:
        raise ReconcilerError(
            f"could not read {inert('; '.join(sorted(unread)))}. Nothing was written: a part of the lists "
            "would be taken for all of them; `reconciler doctor` says what is missing"
        )
    found: dict[Region, dict[Offer, None]] = {}
    for facts in observed.regions:
        found.setdefault(facts.region, {}).update(dict.fromkeys(facts.offers or ()))
    return {region: tuple(offers) for region, offers in found.items()}


def _catalogue_told(overlay: Overlay, target: Path, form: str) -> str:
    from reconciler.diagnostics import counted
    from reconciler.report.catalogue_documents import CatalogRefreshDocument
    from reconciler.report.style import inert, json_text

    if form == "json":
        document = CatalogRefreshDocument(
            format_version=1,
            overlay=str(target),
            refreshed=overlay.day,
            offers_by_region={region.name: len(found) for region, found in sorted(overlay.offers.items())},
        )
        return json_text(document.to_json())
    total = sum(len(offers) for offers in overlay.offers.values())
    return (
        f"{counted(total, 'offer')} of {counted(len(overlay.offers), 'region')} as of {overlay.day}, in "
        f"{inert(str(target))}\nTo use it: export {OVERLAY}={inert(str(target))}\n"
    )


def prices_refreshed(
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
    write_each(output, lambda each: _prices_told(found, regions, target, each))
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
    chosen = Chosen(paths=paths or (DEFAULT_PATH,))
    loaded = load_manifests(chosen)
    if loaded.desired is None:
        end_with_errors(loaded, replace(output, form="text"))
    must_declare_something(loaded.desired)
    regions = {one.region for one in loaded.desired.accounts if one.region}
    if not regions:
        raise UsageProblem("no account declares its region, so there is nothing to ask for: name --region")
    return sorted(regions)


def _prices_told(found: Fetched, regions: list[Region], target: Path, output: Output) -> str:
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

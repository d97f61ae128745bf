"""`reconciler catalog refresh` and `catalog prices --refresh`: newer lists, as files to lay over ours."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx

from reconciler.arm.network import Network
from reconciler.arm.origin import origin_of
from reconciler.catalogue.browse import Wanted
from reconciler.catalogue.overlay import Overlay, to_document
from reconciler.cli.commands.shared import end_with_errors, must_declare_something, write_forms
from reconciler.cli.connecting import EMBEDDED, connect
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import OVERLAY, PRICES_OVERLAY
from reconciler.cli.loop import run_reading
from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.pipeline import moment_of, read_accounts
from reconciler.cli.wiring import load_manifests, note, save, the_clock
from reconciler.diagnostics import counted
from reconciler.domain.ids import Region
from reconciler.domain.state import AccountMissing, ObservedState, Offer, Unreadable
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.prices.load import list_text
from reconciler.prices.retail import Fetched, RetailPrices, endpoint_of
from reconciler.report.catalogue_documents import CatalogRefreshDocument, PricesRefreshDocument
from reconciler.report.layout import listed
from reconciler.report.style import inert, json_text

ENDPOINT = "RECONCILER_PRICES_ENDPOINT"


def catalogue_refreshed(*, chosen: Chosen, connection: Connection, target: Path, output: Output) -> Exit:
    """Read, then write the whole file or nothing."""
    loaded = load_manifests(chosen, connection.cloud)
    if loaded.desired is None:
        end_with_errors(loaded, output)
    desired = loaded.desired
    must_declare_something(desired)

    async def look() -> tuple[ObservedState, date]:
        async with connect(connection, output, desired) as arm:
            return await read_accounts(desired, arm, connection, output), moment_of(arm).date()

    observed, day = run_reading(connection.timeout, look)
    overlay = Overlay(day=day, cloud=desired.fleet.cloud, offers=_offers(observed))
    target.parent.mkdir(parents=True, exist_ok=True)
    save(target, json_text(to_document(overlay)) + "\n")
    numbers = {region.name: len(found) for region, found in sorted(overlay.offers.items())}
    offers, regions = counted(sum(numbers.values()), "offer"), counted(len(numbers), "region")
    where = inert(str(target))
    write_forms(
        output,
        text=lambda _: (
            f"{offers} of {regions} as of {day}, in {where}\nTo use it: export {OVERLAY}={where}\n"
        ),
        json=lambda _: CatalogRefreshDocument(
            format_version=1, overlay=str(target), refreshed=day, offers_by_region=numbers
        ).to_json(),
    )
    return Exit.DONE


def _offers(observed: ObservedState) -> Mapping[Region, Sequence[Offer]]:
    """Each region's offers; two subscriptions may be offered different ones, and either will do."""
    unread = [
        f"{reading.id.name}: {reading.message}"
        for reading in observed.readings.values()
        if isinstance(reading, AccountMissing | Unreadable)
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


def prices_refreshed(
    wanted: Wanted,
    paths: tuple[str, ...],
    currency: str,
    target: Path,
    connection: Connection,
    output: Output,
) -> Exit:
    """Ask, then write the whole file or nothing."""
    from reconciler.cli.embedded import price_list  # and with it the emulator

    regions = [wanted.region] if wanted.region else _declared(paths, output)
    named = os.environ.get(ENDPOINT, "")
    within = not named and connection.cloud == "emulator"  # the price list of the emulator in this process
    with price_list() if within else nullcontext() as embedded:
        endpoint = endpoint_of(EMBEDDED if embedded else named)
        client = RetailPrices(
            endpoint=endpoint, clock=the_clock(), transport=embedded or _connections(endpoint, connection)
        )
        found = run_reading(connection.timeout, client.fetch, regions, currency)
    target.parent.mkdir(parents=True, exist_ok=True)
    save(target, list_text(found.source, found.rows))
    for item in found.notes:
        note(output, f"note: {inert(item)}")
    write_forms(
        output,
        text=lambda each: _prices_text(found, regions, target, verbose=each.verbose),
        json=lambda _: PricesRefreshDocument(
            format_version=1,
            overlay=str(target),
            refreshed=found.source.as_of,
            currency=found.source.currency,
            regions=tuple(region.name for region in regions),
            prices=len(found.rows),
            not_understood=tuple(found.left_out),
        ).to_json(),
    )
    return Exit.DONE


def _connections(endpoint: httpx.URL, connection: Connection) -> httpx.AsyncBaseTransport:
    """Connections to the list by the rule that ARM and sign-in go by: one proxy, one set of authorities."""
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
    loaded = load_manifests(Chosen(paths=paths or (DEFAULT_PATH,)))
    if loaded.desired is None:
        end_with_errors(loaded, replace(output, form="text"))
    must_declare_something(loaded.desired)
    regions = {account.region for account in loaded.desired.accounts if account.region}
    if not regions:
        raise UsageProblem("no account declares its region, so there is nothing to ask for: name --region")
    return sorted(regions)


def _prices_text(found: Fetched, regions: list[Region], target: Path, *, verbose: bool) -> str:
    what = f"{counted(len(found.rows), 'price')} of {listed([region.name for region in regions])}"
    lines = [f"{what} as of {found.source.as_of}, in {inert(str(target))}"]
    if found.left_out:
        shown = found.left_out if verbose else found.left_out[:3]
        names = listed([inert(item) for item in shown], most=len(shown))
        more = len(found.left_out) - len(shown)
        rest = f" and {more} more (-v names them)" if more else ""
        lines.append(f"{counted(len(found.left_out), 'meter')} not used: {names}{rest}")
    lines.append(f"To use it: export {PRICES_OVERLAY}={inert(str(target))}")
    return "\n".join(lines) + "\n"

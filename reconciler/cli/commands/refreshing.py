"""`reconciler catalog refresh`: ARM's lists of the declared regions, as a file to lay over the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands.shared import end_with_errors, must_declare_something
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import OVERLAY
from reconciler.cli.looking import looking
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.wiring import connect, load_manifests, save, the_clock, write_each
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from datetime import date

    from reconciler.catalogue.overlay import Overlay
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.ids import Region
    from reconciler.domain.state import ObservedState, Offer


def refreshed(chosen: Chosen, connection: Connection, target: Path, output: Output) -> int:
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
    write_each(output, lambda each: _told(overlay, target, each.form))
    return Exit.DONE


async def _look(desired: DesiredState, connection: Connection, output: Output) -> tuple[ObservedState, date]:
    from reconciler.engine.observe import observe

    async with connect(connection, output, desired) as arm:
        with looking(output, len(desired.accounts)) as on_read:
            observed = await observe(
                desired.accounts, arm, parallelism=connection.parallelism, on_read=on_read
            )
        return observed, (arm.server_time or the_clock().now()).date()


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


def _told(overlay: Overlay, target: Path, form: str) -> str:
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

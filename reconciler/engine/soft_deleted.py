"""Soft-deleted accounts: what became of an account that is missing, and who may hold quota unseen.

Rule of this module: it explains, and decides nothing. What cannot be read is as if nothing had been deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.domain.ids import AccountId
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.state import AccountMissing, ObservedState, Reading
from reconciler.engine.ports import AccountFacts
from reconciler.errors import ArmError, CredentialError


async def with_deleted(
    observed: ObservedState, subscriptions: Collection[str], api: AccountFacts
) -> ObservedState:
    """`observed` with the soft-deleted accounts of `subscriptions`; one list for each not yet asked for."""
    wanted = sorted({one.lower() for one in subscriptions} - observed.deleted.keys())
    found = await asyncio.gather(*(_listed(one, api) for one in wanted))
    return replace(observed, deleted={**observed.deleted, **dict(zip(wanted, found, strict=True))})


async def with_missing_explained(observed: ObservedState, api: AccountFacts) -> ObservedState:
    """`observed` where each account that ARM does not find, and that is soft-deleted, says so."""
    missing = [one for one in observed.readings.values() if isinstance(one, AccountMissing)]
    known = await with_deleted(observed, {one.id.subscription for one in missing}, api)
    gone = {one.id: one for some in known.deleted.values() for one in some}
    readings: Mapping[AccountId, Reading] = {
        name: _explained(reading, gone[name])
        if isinstance(reading, AccountMissing) and name in gone
        else reading
        for name, reading in known.readings.items()
    }
    return replace(known, readings=readings)


async def _listed(subscription: str, api: AccountFacts) -> tuple[DeletedAccount, ...]:
    try:
        return await api.list_deleted_accounts(subscription)
    except (ArmError, CredentialError):
        return ()


def _explained(reading: AccountMissing, gone: DeletedAccount) -> AccountMissing:
    when = f" on {gone.deleted_at[:10]}" if gone.deleted_at else ""
    return replace(
        reading,
        message=(
            f"it was deleted{when} and is soft-deleted in {gone.region}: until it is purged, or expires "
            "after 48 hours, its name and its quota stay taken and its PTUs are billed"
        ),
        fix=f"restore it: {gone.command('recover')}; or, to create it again, "
        f"purge it: {gone.command('purge')}",
    )

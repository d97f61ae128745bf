"""Where a declared provisioned deployment could go when its region has no room, and the edit that says so.

The account of a deployment is in one region, so that another region means another account. What changes
least comes first: nothing, another provisioned SKU of the same account, another declared account, a smaller
size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.catalogue.facts import Sizes
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.fleet import DesiredAccount
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import ModelCapacity
from reconciler.domain.sku import PROVISIONED_SKUS, SkuFamily, SkuName
from reconciler.plan.capacity import room_in


class Move(StrEnum):
    """What would have to change in the manifests."""

    NOTHING = "nothing"
    SKU = "sku"
    ACCOUNT = "account"
    SIZE = "size"
    NEW_ACCOUNT = "new-account"
    NOWHERE = "nowhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomProposal:
    """One way out for one deployment. `available` is ARM's number at the place that is proposed."""

    desired: DesiredDeployment
    move: Move
    needed: int
    reason: str
    region: Region | None = None
    sku: SkuName | None = None
    capacity: int | None = None
    account: AccountId | None = None
    available: int | None = None


def propose(
    desired: DesiredDeployment,
    answer: Sequence[ModelCapacity] | str | None,
    accounts: Sequence[DesiredAccount],
    sizes: Mapping[SkuName, Sizes | None],
) -> RoomProposal:
    """The change that is smallest; what cannot be known is said, not guessed."""
    sku, capacity = desired.spec.sku.name, desired.spec.sku.capacity
    needed = 0 if isinstance(capacity, Unset) else capacity.amount
    why = _unknown(desired, answer, needed)
    plain = RoomProposal(desired=desired, move=Move.UNKNOWN, needed=needed, reason=why)
    if why or answer is None or isinstance(answer, str) or desired.region is None:
        return plain
    declared = replace(plain, region=desired.region, sku=sku, capacity=needed)
    return next(_ways(declared, desired.region, answer, accounts, sizes))


def _unknown(desired: DesiredDeployment, answer: Sequence[ModelCapacity] | str | None, needed: int) -> str:
    if desired.spec.sku.name.family is not SkuFamily.PROVISIONED:
        return f"{desired.spec.sku.name} is not a provisioned SKU: its capacity is a rate limit, not machines"
    if not needed:
        return "no capacity is declared"
    if desired.region is None:
        return "the account's region is not declared"
    if answer is None:
        return "no version of the model is declared, and ARM answers for one version"
    return answer if isinstance(answer, str) else ""


def _ways(
    declared: RoomProposal,
    region: Region,
    answer: Sequence[ModelCapacity],
    accounts: Sequence[DesiredAccount],
    sizes: Mapping[SkuName, Sizes | None],
) -> Iterator[RoomProposal]:
    desired, sku, needed = declared.desired, declared.desired.spec.sku.name, declared.needed

    def room(place: Region, on: SkuName) -> int:
        return room_in(answer, place, on, fine_tuned=desired.spec.model.fine_tuned) or 0

    def way(move: Move, reason: str, **more: object) -> RoomProposal:
        """A proposal that is as declared but for what is named."""
        changed = replace(declared, move=move, reason=reason, **more)  # type: ignore[arg-type] # its fields
        return replace(changed, available=room(changed.region or region, changed.sku or sku))

    if room(region, sku) >= needed:
        yield way(Move.NOTHING, f"{region} has room for it as it is declared")
    for other in PROVISIONED_SKUS:
        known = sizes.get(other)
        legal = None if known is None else known.round_up(needed)
        if other != sku and legal is not None and room(region, other) >= legal:
            reach = other.reach.value.replace("-", " ")
            yield way(
                Move.SKU,
                f"{region} has room on {other}, which processes requests {reach}",
                sku=other,
                capacity=legal,
            )
    for account in accounts:
        same = account.id.subscription.lower() == desired.id.account.subscription.lower()
        other_place = account.region if same and account.id != desired.id.account else None
        if other_place is not None and room(other_place, sku) >= needed:
            reason = f"{account.id.name} in {other_place} has room"
            yield way(Move.ACCOUNT, reason, region=other_place, account=account.id)
    known = sizes.get(sku)
    smaller = None if known is None else known.below(min(room(region, sku), needed) + 1)
    if smaller:
        yield way(Move.SIZE, f"{region} has room for {smaller} of {needed} PTU", capacity=smaller)
    roomy = sorted(
        {item.region for item in answer if item.sku == sku and room(item.region, sku) >= needed},
        key=lambda place: (-room(place, sku), place),
    )
    if roomy:
        names = ", ".join(place.name for place in roomy[:5])
        yield way(
            Move.NEW_ACCOUNT, f"room on {sku} is in {names}, where no account is declared", region=roomy[0]
        )
    yield way(Move.NOWHERE, f"no region has room for {needed} PTU of the model on {sku}")

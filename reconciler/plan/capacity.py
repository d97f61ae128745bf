"""Whether a region has room for a plan, and where else there is some.

Quota is a permission, capacity is machines: a deployment that fits the quota is refused all the same while
its region is full. ARM's modelCapacities tells how many units a subscription could deploy of a model version,
by region and SKU, at the moment of asking (Microsoft, "Manage quota", 2026). It moves through the day, so
"available" is never a promise. Fine-tuned models have a number of their own (specification 2025-06-01).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.catalogue.facts import SizeRange, Sizes
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import ModelRef, Unset
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.platform import ModelCapacity
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.domain.state import ObservedDeployment, Offer, RegionFacts
from reconciler.plan.actions import Action, Create, Delete, Replace, Update
from reconciler.plan.plan import CapacityCheck, Elsewhere, Plan, PoolForecast, Room

_MOST_ELSEWHERE = 5


@dataclass(frozen=True, slots=True, order=True)
class CapacityQuestion:
    """One request to modelCapacities: a subscription, and a catalogue model in one version."""

    subscription: str
    format: str
    name: str
    version: str

    @property
    def model(self) -> ModelRef:
        """The model to ask about."""
        return ModelRef(name=self.name, format=self.format, version=self.version)


Answers = Mapping[CapacityQuestion, Sequence[ModelCapacity] | str]
"""What ARM told, or why it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a deployment needs of a region. `question` None where no version is known to ask about."""

    id: DeploymentId
    region: Region | None
    sku: SkuName
    needed: int
    fine_tuned: bool
    question: CapacityQuestion | None


def demands(plan: Plan) -> Iterator[Demand]:
    """What the plan's creates, increases and migrations on provisioned SKUs need."""
    for action in (step.action for step in plan.writes):
        if not isinstance(action, Create | Update | Replace):
            continue
        sku, model = action.desired.spec.sku, action.desired.spec.model
        if sku.name.family is not SkuFamily.PROVISIONED:
            continue
        observed = action.observed if isinstance(action, Update) else None
        known = observed.capacity if observed else None
        wanted = known if isinstance(sku.capacity, Unset) else sku.capacity.amount
        needed = 0 if wanted is None else wanted - (0 if observed is None else _kept(model, observed))
        if needed > 0:
            yield Demand(
                id=action.id,
                region=action.region or action.desired.region,
                sku=sku.name,
                needed=needed,
                fine_tuned=model.fine_tuned,
                question=question_of(action.id.account.subscription.lower(), model, observed),
            )


def _kept(model: ModelRef, observed: ObservedDeployment) -> int:
    """PTUs that stay under the same model; a migration needs all of its own at the target."""
    same_name = (observed.model_name or "").lower() == model.name.lower()
    same_version = isinstance(model.version, Unset) or model.version == observed.model_version
    return (observed.capacity or 0) if same_name and same_version else 0


def question_of(
    subscription: str, model: ModelRef, observed: ObservedDeployment | None = None
) -> CapacityQuestion | None:
    """What to ask about a model: a fine-tuned one by its base; None without a version."""
    if model.fine_tuned:
        base = model.tuned_from
        return CapacityQuestion(subscription, model.format, base.name, base.version) if base else None
    version = model.version if isinstance(model.version, str) else None
    if version is None and observed is not None:
        version = observed.model_version
    return CapacityQuestion(subscription, model.format, model.name, version) if version else None


GIVEN_BACK: Final = "capacity-given-back"


def given_back(actions: Iterable[Action]) -> tuple[Diagnostic, ...]:
    """A warning for each region whose PTUs a plan gives back: they may be gone when they are wanted again.

    What moves between deployments of one subscription, region and SKU is not given back.
    """
    freed: dict[tuple[str, str, SkuName], int] = defaultdict(int)
    for action in actions:
        if not isinstance(action, Create | Update | Replace | Delete):
            continue
        present, region = action.observed, action.region.name if action.region else "an unknown region"
        place = (action.id.account.subscription.lower(), region)
        if present is not None and present.sku is not None and present.sku.family is SkuFamily.PROVISIONED:
            freed[*place, present.sku] += present.capacity or 0
        if isinstance(action, Delete):
            continue
        sku = action.desired.spec.sku
        if sku.name.family is SkuFamily.PROVISIONED:
            known = present.capacity if present is not None and present.sku == sku.name else None
            after = (known or 0) if isinstance(sku.capacity, Unset) else sku.capacity.amount
            freed[*place, sku.name] -= after
    return tuple(
        Diagnostic(
            code=GIVEN_BACK,
            severity=Severity.WARNING,
            message=f"{amount} PTU on {sku} in {region} are given back, and may not be available later: "
            "quota is not capacity, and the region may be full by then",
            fix="keep them if you will need them soon; `reconciler capacity` shows what a region has now",
        )
        for (_, region, sku), amount in sorted(freed.items())
        if amount > 0
    )


def checked(wanted: Sequence[Demand], answers: Answers, asked_at: str) -> tuple[CapacityCheck, ...]:
    """The verdict on each demand. What several of them need of one region adds up."""
    taken: dict[tuple[CapacityQuestion, Region, SkuName, bool], int] = {}
    found = []
    for item in wanted:
        answer = None if item.question is None else answers.get(item.question, "it was not asked")
        available, total = None, item.needed
        if item.question is not None and item.region is not None and not isinstance(answer, str | None):
            place = (item.question, item.region, item.sku, item.fine_tuned)
            total = taken[place] = taken.get(place, 0) + item.needed
            available = room_in(answer, item.region, item.sku, fine_tuned=item.fine_tuned)
        found.append(
            CapacityCheck(
                id=item.id,
                region=item.region,
                sku=item.sku,
                needed=total,
                available=available,
                room=Room.UNVERIFIED
                if available is None
                else Room.AVAILABLE
                if available >= total
                else Room.SHORT,
                asked_at=asked_at,
                why=_why(item, answer, available),
                elsewhere=() if isinstance(answer, str | None) else tuple(_elsewhere(item, answer)),
            )
        )
    return tuple(found)


def _why(demand: Demand, answer: Sequence[ModelCapacity] | str | None, available: int | None) -> str:
    if available is not None:
        return ""
    if demand.question is None:
        return "no model version is known to ask about"
    if demand.region is None:
        return "the region is not known"
    if isinstance(answer, str):
        return answer
    return "ARM gives no number for it"


def room_in(answer: Iterable[ModelCapacity], region: Region, sku: SkuName, *, fine_tuned: bool) -> int | None:
    """Whole units that can be had in a region on a SKU; None where ARM says nothing of it."""
    named = (
        item.units(fine_tuned=fine_tuned) for item in answer if item.region == region and item.sku == sku
    )
    return next(named, None)


def _elsewhere(demand: Demand, answer: Sequence[ModelCapacity]) -> Sequence[Elsewhere]:
    """Other regions of the same SKU with room, the roomiest first."""
    roomy = [
        Elsewhere(region=other.region, sku=other.sku, available=units)
        for other in answer
        if other.sku == demand.sku and other.region != demand.region
        if (units := other.units(fine_tuned=demand.fine_tuned)) is not None and units >= demand.needed
    ]
    return sorted(roomy, key=lambda other: (-other.available, other.region))[:_MOST_ELSEWHERE]


# -- where a model can go ------------------------------------------------------------------------------------


class Fit(StrEnum):
    """Whether a region and a SKU would take a deployment now."""

    FITS = "fits"
    UNVERIFIED = "unverified"
    SHORT_CAPACITY = "short-capacity"
    SHORT_QUOTA = "short-quota"
    NOT_OFFERED = "not-offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """One region and SKU of one subscription.

    `size` is the smallest legal size that is not under what was asked for. `minimum`, `step` and `quota_left`
    are in units of the SKU, None where not known. `source` says who told the offer and the sizes.
    """

    subscription: str
    region: Region
    sku: SkuName
    offered: bool | None
    minimum: int | None
    step: int | None
    size: int | None
    quota_left: int | None
    available: int | None
    fit: Fit
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What somebody looks for: a catalogue model, SKUs to consider, and units; None is the smallest size.

    `fine_tuned`: models fine-tuned from it, for which offers, quota and capacity are others.
    """

    model: ModelRef
    skus: tuple[SkuName, ...]
    amount: int | None = None
    fine_tuned: bool = False

    def matches(self, offer: Offer) -> bool:
        """Whether an offer is one of the model."""
        same = (
            offer.model_name.lower() == self.model.name.lower() and offer.model_version == self.model.version
        )
        return same and offer.serves(fine_tuned=self.fine_tuned)


def capacity_rows(
    sought: Sought,
    facts: RegionFacts,
    answer: Sequence[ModelCapacity] | str,
    *,
    sizes: Mapping[SkuName, Sizes | None],
    forecasts: Sequence[PoolForecast] = (),
) -> Iterator[CapacityRow]:
    """What one region of one subscription has to offer."""
    for sku in sought.skus:
        offers = facts.offers
        offer = next((item for item in offers or () if item.sku == sku and sought.matches(item)), None)
        offered = None if offers is None else offer is not None
        minimum, step, source = _sizes(offer, sizes.get(sku))
        size = sought.amount
        if minimum is not None and step:
            size = SizeRange(minimum=minimum, step=step, maximum=None).round_up(size or 0)
        left = _quota_left(facts, offer, forecasts)
        available = None
        if not isinstance(answer, str):
            available = room_in(answer, facts.region, sku, fine_tuned=sought.fine_tuned)
        yield CapacityRow(
            subscription=facts.subscription,
            region=facts.region,
            sku=sku,
            offered=offered,
            minimum=minimum,
            step=step,
            size=size,
            quota_left=left,
            available=available,
            fit=_fit(offered=offered, size=size, left=left, available=available),
            source=source,
        )


def best_first(rows: Iterable[CapacityRow]) -> list[CapacityRow]:
    """What works now first, and of that what has most room."""
    order = list(Fit)
    return sorted(
        rows,
        key=lambda row: (order.index(row.fit), -(row.available or 0), row.region, row.sku, row.subscription),
    )


def _sizes(offer: Offer | None, known: Sizes | None) -> tuple[int | None, int | None, str]:
    if offer is not None and offer.minimum is not None and offer.step is not None:
        return offer.minimum, offer.step, "ARM"
    if known is not None:
        return known.minimum, known.step, str(known.source)
    return (1, 1, "ARM") if offer is not None else (None, None, "")


def _quota_left(facts: RegionFacts, offer: Offer | None, forecasts: Sequence[PoolForecast]) -> int | None:
    """What a pool has left: after the plan where it is part of one, else now."""
    if offer is None or facts.pools is None:
        return None
    scope = f"{facts.subscription}/{facts.region}".lower()
    for forecast in forecasts:
        if forecast.pool.lower() == offer.pool.lower() and forecast.scope.lower() == scope:
            if forecast.limit is None or forecast.used_after is None:
                return None
            return forecast.limit - forecast.used_after
    pool = next((item for item in facts.pools if item.name.lower() == offer.pool.lower()), None)
    return None if pool is None else pool.limit - pool.used


def _fit(*, offered: bool | None, size: int | None, left: int | None, available: int | None) -> Fit:
    if offered is False:
        return Fit.NOT_OFFERED
    if size is not None and left is not None and left < size:
        return Fit.SHORT_QUOTA
    if size is not None and available is not None and available < size:
        return Fit.SHORT_CAPACITY
    if None in {offered, size, left, available}:
        return Fit.UNVERIFIED
    return Fit.FITS

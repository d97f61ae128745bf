"""Which quota pool a deployment draws on, and what each action takes from it or gives back.

Pools are ARM's: their names come from the models list (`usageName`) and cannot be derived from a model's
name ("gpt4.1" for gpt-4.1). A pool that cannot be found is unknown, never assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import UNSET, ModelRef, Unset
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuFamily, SkuName, SkuReach
from reconciler.domain.state import (
    Listed,
    ObservedAccount,
    ObservedDeployment,
    ObservedState,
    Offer,
    QuotaPool,
)
from reconciler.plan.actions import Working
from reconciler.plan.body import asked_for

_Place = tuple[str, Region]
_Wish = tuple[_Place, ModelRef, SkuName, str]
"""What a pool is found by; the last is the account's kind."""


@dataclass(frozen=True, slots=True, order=True)
class PoolKey:
    """A pool of one subscription; `name` is ARM's, lower case, for ARM's own case varies.

    `region` is a region, or what a pool that spans regions covers: a data zone, or "global".
    """

    subscription: str
    region: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one action does to one pool, in the pool's units; either side may be zero."""

    id: DeploymentId
    pool: PoolKey
    label: str
    release: int = 0
    take: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A deployment's place in a pool. `known` is False where ARM's lists do not tell the pool."""

    pool: PoolKey
    label: str
    amount: int
    known: bool


class Pools:
    """The offers and pools of an observation, found by model and SKU instead of by search.

    A region has some 2,000 offers and a fleet some thousands of deployments: each region is indexed once,
    when it is first asked for, and what an action moves is found once.
    """

    def __init__(self, observed: ObservedState) -> None:
        self.observed = observed
        self._offers: dict[_Place, dict[tuple[str, SkuName], list[Offer]]] = {}
        self._pools: dict[_Place, dict[str, QuotaPool]] = {}
        self._seen_in: dict[PoolKey, dict[_Place, None]] = {}
        self._best: dict[_Wish, Offer | None] = {}
        self._drawn: dict[_Wish, Draw] = {}
        self._moved: dict[DeploymentId, tuple[Working, tuple[Movement, ...]]] = {}

    def pool(self, key: PoolKey) -> QuotaPool | None:
        """ARM's figures for a pool; None where they could not be read.

        A pool that spans regions is listed in each of them; the fullest figure counts.
        """
        places = self._seen_in.get(key) or {(key.subscription, Region(key.region)): None}
        found = [pool for place in places if (pool := self._figure(place, key.name)) is not None]
        return max(found, key=lambda pool: pool.used, default=None)

    def _figure(self, place: _Place, name: str) -> QuotaPool | None:
        if place not in self._pools:
            facts = self.observed.region_facts(*place)
            read = (facts.pools if facts else None) or ()
            self._pools[place] = {pool.name.lower(): pool for pool in read}
        return self._pools[place].get(name)

    def _covers(self, place: _Place, pool: str, model: ModelRef, sku: SkuName) -> str:
        """What a pool covers: the region, unless ARM says more, or it is one of Claude's.

        Claude's quota is per subscription on GlobalStandard and per data zone on DataZoneStandard (Microsoft,
        Claude models, 2026-07-28).
        """
        figure = self._figure(place, pool.lower())
        scope = figure.scope.lower() if figure is not None else ""
        if scope == "global":
            return "global"
        if figure is not None and scope == "datazone" and figure.scope_id:
            return figure.scope_id.lower()
        region = place[1].name
        if scope or model.format.lower() != "anthropic":
            return region
        if sku.reach is SkuReach.DATA_ZONE:
            fact = catalogue().region(region)
            return (fact.data_zone or region).lower() if fact is not None else region
        return "global" if sku.reach is SkuReach.GLOBAL else region

    def offer_of(self, observed: ObservedDeployment, account: ObservedAccount) -> Offer | None:
        """The offer that an existing deployment uses, its version included; None where none is listed."""
        if observed.sku is None:
            return None
        model = _model_of(observed)
        place = (observed.id.account.subscription.lower(), account.region)
        offer = self._offer(place, model, observed.sku, account.kind)
        version = model.listed[1]
        if offer is None or isinstance(version, Unset) or offer.model_version.lower() != version.lower():
            return None
        return offer

    def draw_of(self, observed: ObservedDeployment, region: Region) -> Draw | None:
        """The pool that an existing deployment draws on."""
        if observed.sku is None or observed.capacity is None or observed.model_name is None:
            return None
        return self._draw(observed.id.account, region, _model_of(observed), observed.sku, observed.capacity)

    def movements(self, action: Working) -> tuple[Movement, ...]:
        """What `action` releases and takes; a change inside one pool counts by its difference."""
        known = self._moved.get(action.id)
        if known is None or known[0] is not action:
            known = self._moved[action.id] = action, tuple(self._movements(action))
        return known[1]

    def _movements(self, action: Working) -> Iterator[Movement]:
        before = None
        if action.observed is not None and action.region is not None:
            before = self.draw_of(action.observed, action.region)
        after = self._after(action)
        changes: dict[PoolKey, tuple[str, int]] = {}
        for draw, sign in ((before, -1), (after, 1)):
            if draw is not None:
                change = changes.get(draw.pool, ("", 0))[1] + sign * draw.amount
                changes[draw.pool] = (draw.label, change)
        for pool, (label, change) in changes.items():
            if change:
                yield Movement(
                    id=action.id, pool=pool, label=label, release=max(0, -change), take=max(0, change)
                )

    def _after(self, action: Working) -> Draw | None:
        """Read from the last body, which has what is carried over as well as what is declared."""
        if not action.writes or action.region is None:
            return None
        asked = asked_for(action.writes[-1])
        if asked is None or asked[2] is None:
            return None
        return self._draw(action.id.account, action.region, asked[0], asked[1], asked[2])

    def _draw(self, account: AccountId, region: Region, model: ModelRef, sku: SkuName, amount: int) -> Draw:
        place = (account.subscription.lower(), region)
        wish = (place, model, sku, self._kind(account))
        if wish not in self._drawn:
            offer = self._offer(*wish)
            label = offer.pool if offer else _unknown(model, sku)
            key = PoolKey(place[0], self._covers(place, label, model, sku), label.lower())
            self._seen_in.setdefault(key, {})[place] = None
            self._drawn[wish] = Draw(pool=key, label=label, amount=0, known=offer is not None)
        return replace(self._drawn[wish], amount=amount)

    def _kind(self, account: AccountId) -> str:
        reading = self.observed.readings.get(account)
        return reading.account.kind if isinstance(reading, Listed) else ""

    def _offer(self, place: _Place, model: ModelRef, sku: SkuName, kind: str) -> Offer | None:
        wish = (place, model, sku, kind)
        if wish not in self._best:
            self._best[wish] = _best(self._offered(place), model, sku, kind)
        return self._best[wish]

    def _offered(self, place: _Place) -> dict[tuple[str, SkuName], list[Offer]]:
        if place not in self._offers:
            index: dict[tuple[str, SkuName], list[Offer]] = defaultdict(list)
            facts = self.observed.region_facts(*place)
            for offer in (facts.offers if facts else None) or ():
                index[offer.model_name.lower(), offer.sku].append(offer)
            self._offers[place] = dict(index)
        return self._offers[place]


def _best(
    offered: Mapping[tuple[str, SkuName], Sequence[Offer]], model: ModelRef, sku: SkuName, kind: str
) -> Offer | None:
    """The offer that fits best: same format and tuning before any, then version, then account kind."""
    name, version = model.listed

    def misfit(offer: Offer) -> tuple[bool, bool, bool, bool, bool, str]:
        return (
            offer.model_format.lower() != model.format.lower(),
            offer.for_fine_tuned != model.fine_tuned,
            not isinstance(version, Unset) and offer.model_version.lower() != version.lower(),
            bool(kind) and offer.account_kind.lower() != kind.lower(),
            not offer.default_version,
            offer.pool,
        )

    return min(offered.get((name.lower(), sku), ()), key=misfit, default=None)


def _model_of(observed: ObservedDeployment) -> ModelRef:
    return ModelRef(
        name=observed.model_name or "",
        format=observed.model_format or "OpenAI",
        version=observed.model_version or UNSET,
    )


def _unknown(model: ModelRef, sku: SkuName) -> str:
    """A stand-in that keeps apart what certainly has different pools.

    PTUs are shared by all models, and Fireworks has one counter per SKU (recorded with 2026-09-01).
    """
    if model.format.lower() == "fireworks":
        return f"unknown Fireworks pool of {sku}"
    if sku.family is SkuFamily.PROVISIONED:
        return f"unknown pool of {sku}"
    return f"unknown pool of {model.listed[0]} on {sku}"

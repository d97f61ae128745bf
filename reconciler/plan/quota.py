"""What the plan does to each quota pool it touches, by simulating its own order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.diagnostics import counted, listing
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import ObservedState, QuotaPool
from reconciler.plan.actions import Blocked, Keep, Wait
from reconciler.plan.plan import Holder, PoolForecast, Refusal, Step, Verdict
from reconciler.plan.pools import Draw, Movement, PoolKey, Pools


@dataclass(slots=True)
class _Ledger:
    """The running use of one pool, as a change against the use before the plan."""

    label: str
    change: int = 0
    peak: int = 0
    peak_at_take: int | None = None
    moved: dict[DeploymentId, int] = field(default_factory=dict)
    takers: list[DeploymentId] = field(default_factory=list)

    def book(self, move: Movement) -> None:
        self.change += move.take - move.release
        self.peak = max(self.peak, self.change)
        if move.take:
            self.peak_at_take = max(self.peak_at_take or self.change, self.change)
            self.takers.append(move.id)
        self.moved[move.id] = self.moved.get(move.id, 0) + move.take - move.release


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the plan does to the pools, and which of them forbid it."""

    forecasts: tuple[PoolForecast, ...]
    refusals: tuple[Refusal, ...]


def holdings(steps: Iterable[Step], observed: ObservedState) -> tuple[PoolForecast, ...]:
    """One forecast per pool that the observed accounts hold something of, or would after the steps."""
    pools = Pools(observed)
    ledgers = _booked(steps, pools)
    held = _held(pools)
    for _, draw in _draws(pools):
        ledgers.setdefault(draw.pool, _Ledger(label=draw.label))
    return tuple(_forecast(key, ledgers[key], held.get(key, {}), pools) for key in sorted(ledgers))


def _booked(steps: Iterable[Step], pools: Pools) -> dict[PoolKey, _Ledger]:
    ledgers: dict[PoolKey, _Ledger] = {}
    for step in steps:
        if isinstance(step.action, Keep | Blocked | Wait):
            continue
        for move in pools.movements(step.action):
            ledgers.setdefault(move.pool, _Ledger(label=move.label)).book(move)
    return ledgers


def outlook(steps: Iterable[Step], pools: Pools) -> Outlook:
    """The forecasts, and a refusal for each pool that cannot take the plan."""
    listed = list(steps)
    working = sum(1 for step in listed if step.order)
    ledgers = _booked(listed, pools)
    held = _held(pools) if ledgers else {}
    forecasts: list[PoolForecast] = []
    refusals: list[Refusal] = []
    for key in sorted(ledgers):
        ledger, pool = ledgers[key], pools.pool(key)
        item = _forecast(key, ledger, held.get(key, {}), pools)
        forecasts.append(item)
        if pool is not None and item.verdict is Verdict.EXCEEDS:
            refusals.append(_refusal(item, pool, ledger, working))
        elif ledger.peak > max(0, ledger.change):  # a take before the release that it needs (law I-10)
            refusals.append(_circle(item, ledger))
    return Outlook(forecasts=tuple(forecasts), refusals=tuple(refusals))


def _forecast(key: PoolKey, ledger: _Ledger, held: dict[DeploymentId, int], pools: Pools) -> PoolForecast:
    after = {name: held.get(name, 0) + ledger.moved.get(name, 0) for name in {*held, *ledger.moved}}
    holders = sorted(
        (Holder(id=name, capacity=amount) for name, amount in after.items() if amount > 0),
        key=lambda holder: (-holder.capacity, holder.id.key),
    )
    # The soft-deleted accounts where the pool is; of one that spans regions, those of the subscription.
    gone = pools.observed.deleted.get(key.subscription.lower(), ())
    places = {facts.region.name for facts in pools.observed.regions}
    unread = PoolForecast(
        pool=ledger.label,
        scope=f"{key.subscription}/{key.region}",
        limit=None,
        used_before=None,
        used_peak=None,
        used_after=None,
        verdict=Verdict.UNVERIFIED,
        holders=tuple(holders),
        deleted=tuple(item for item in gone if key.region not in places or item.region.name == key.region),
    )
    pool = pools.pool(key)
    if pool is None:
        return unread
    # A pool may be over its limit for other reasons; ARM refuses only what takes.
    exceeds = ledger.peak_at_take is not None and pool.used + ledger.peak_at_take > pool.limit
    return replace(
        unread,
        pool=pool.name,
        label=pool.label,
        limit=pool.limit,
        used_before=pool.used,
        used_peak=pool.used + ledger.peak,
        used_after=pool.used + ledger.change,
        verdict=Verdict.EXCEEDS if exceeds else Verdict.FITS,
    )


def _held(pools: Pools) -> dict[PoolKey, dict[DeploymentId, int]]:
    """Who draws on what now, as far as the accounts of this run show."""
    held: dict[PoolKey, dict[DeploymentId, int]] = {}
    for name, draw in _draws(pools):
        held.setdefault(draw.pool, {})[name] = draw.amount
    return held


def _draws(pools: Pools) -> Iterator[tuple[DeploymentId, Draw]]:
    for existing, reading in pools.observed.existing:
        draw = pools.draw_of(existing, reading.account.region)
        if draw is not None:
            yield existing.id, draw


def _refusal(forecast: PoolForecast, pool: QuotaPool, ledger: _Ledger, working: int) -> Refusal:
    needed = pool.used + (ledger.peak_at_take or 0)
    short = needed - pool.limit
    held = (
        listing([f"{h.id.account.name}/{h.id.name} {h.capacity}" for h in forecast.holders]) or "nobody here"
    )
    rest = f", outside this run {forecast.elsewhere}" if forecast.elsewhere else ""
    names = listing([gone.id.name for gone in forecast.deleted])
    kept = f"; soft-deleted accounts keep their quota until they are purged: {names}" if names else ""
    purge = f", purge {forecast.deleted[0].id.name} ({forecast.deleted[0].command('purge')})" if names else ""
    return Refusal(
        code="quota",
        message=(
            f"{pool.name} in {forecast.scope} has a limit of {pool.limit} and {pool.used} in use; the plan "
            f"would need {needed}, {short} too many. After it would hold: {held}{rest}{kept}"
        ),
        fix=(
            f"lower the capacities by {short}, remove a holder{purge}, or ask Azure for more quota of "
            f"{pool.name}"
            f"{_the_rest(ledger.takers, working)}"
        ),
        steps=tuple(ledger.takers),
    )


_NAMED: Final = 5
"""So many deployments are named in a fix; more are a matter for --skip-refused."""


def _the_rest(takers: Sequence[DeploymentId], working: int) -> str:
    """How to apply what does not need the pool; empty where there is nothing else."""
    others = working - len(takers)
    if others <= 0:
        return ""
    named = " ".join(f"--exclude {taker.account.name}/{taker.name}" for taker in takers[:_NAMED])
    flags = named if len(takers) <= _NAMED else f"--exclude for the {len(takers)} that need it"
    rest = "The other step" if others == 1 else f"The other {counted(others, 'step')}"
    return f". {rest} can be applied without: {flags}, or --skip-refused"


def _circle(forecast: PoolForecast, ledger: _Ledger) -> Refusal:
    return Refusal(
        code="quota-circle",
        message=(
            f"in {forecast.pool} of {forecast.scope} some deployments can only take what others release, and "
            "those wait for the first (they swap pools, or a new spillover target needs what its source "
            "gives up); no order keeps our use within what it is before and after"
        ),
        fix="let a change of its own release the capacity first (lower or remove it), apply, then take it",
        steps=tuple(ledger.takers),
    )

"""What the plan does to each quota pool it touches, by simulating its own order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import Listed, ObservedState, QuotaPool
from reconciler.plan.actions import Blocked, Keep
from reconciler.plan.plan import Holder, PoolForecast, Refusal, Step, Verdict
from reconciler.plan.pools import Movement, PoolKey, draw_of, movements


@dataclass(slots=True)
class _Account:
    """The running use of one pool."""

    label: str
    change: int = 0
    highest: int = 0
    takes: bool = False
    moved: dict[DeploymentId, int] = field(default_factory=dict)

    def book(self, move: Movement) -> None:
        self.change += move.take - move.release
        self.highest = max(self.highest, self.change)
        self.takes = self.takes or move.take > 0
        self.moved[move.id] = self.moved.get(move.id, 0) + move.take - move.release


def forecast(steps: Iterable[Step], observed: ObservedState) -> tuple[PoolForecast, ...]:
    """One forecast per pool that the steps move, ordered by subscription, region and name."""
    accounts: dict[PoolKey, _Account] = {}
    for step in steps:
        if isinstance(step.action, Keep | Blocked):
            continue
        for move in movements(step.action, observed):
            accounts.setdefault(move.pool, _Account(label=move.label)).book(move)
    held = _held(observed) if accounts else {}
    return tuple(_forecast(key, accounts[key], held.get(key, {}), observed) for key in sorted(accounts))


def refusals(forecasts: Sequence[PoolForecast]) -> tuple[Refusal, ...]:
    """A refusal for each pool that cannot take the plan."""
    return tuple(_refusal(one) for one in forecasts if one.verdict is Verdict.EXCEEDS)


def _forecast(
    key: PoolKey, account: _Account, held: dict[DeploymentId, int], observed: ObservedState
) -> PoolForecast:
    pool = _pool(key, observed)
    after = {name: held.get(name, 0) + account.moved.get(name, 0) for name in {*held, *account.moved}}
    holders = sorted(
        (Holder(id=name, capacity=amount) for name, amount in after.items() if amount > 0),
        key=lambda holder: (-holder.capacity, holder.id.key),
    )
    scope = f"{key.subscription}/{key.region}"
    if pool is None:
        return PoolForecast(
            pool=account.label,
            scope=scope,
            limit=None,
            used_before=None,
            used_peak=None,
            used_after=None,
            verdict=Verdict.UNVERIFIED,
            holders=tuple(holders),
        )
    peak = pool.used + account.highest
    exceeds = account.takes and peak > pool.limit and account.highest > 0
    return PoolForecast(
        pool=pool.name,
        label=pool.label,
        scope=scope,
        limit=pool.limit,
        used_before=pool.used,
        used_peak=peak,
        used_after=pool.used + account.change,
        verdict=Verdict.EXCEEDS if exceeds else Verdict.FITS,
        holders=tuple(holders),
    )


def _pool(key: PoolKey, observed: ObservedState) -> QuotaPool | None:
    facts = observed.region_facts(key.subscription, Region(key.region))
    if facts is None or facts.pools is None:
        return None
    return next((pool for pool in facts.pools if pool.name.lower() == key.name), None)


def _held(observed: ObservedState) -> dict[PoolKey, dict[DeploymentId, int]]:
    """Who draws on what now, as far as the accounts of this run show."""
    held: dict[PoolKey, dict[DeploymentId, int]] = {}
    for reading in observed.readings.values():
        if isinstance(reading, Listed):
            for there in reading.deployments:
                draw = draw_of(there, reading.account.region, observed)
                if draw is not None and draw.known:
                    held.setdefault(draw.pool, {})[there.id] = draw.amount
    return held


def _refusal(one: PoolForecast) -> Refusal:
    short = (one.used_peak or 0) - (one.limit or 0)
    held = ", ".join(f"{h.id.account.name}/{h.id.name} {h.capacity}" for h in one.holders) or "nobody here"
    return Refusal(
        code="quota",
        message=(
            f"{one.pool} in {one.scope} has a limit of {one.limit} and {one.used_before} in use; the plan "
            f"would need {one.used_peak} at its peak, {short} too many. After it: {held}"
        ),
        lift=f"lower the capacities by {short}, remove a holder, or ask Azure for more quota of {one.pool}",
    )

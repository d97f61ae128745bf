"""Actions become steps: an order in which no quota is needed twice and nothing names what is not there.

Dependencies are of two kinds. References: a deployment that names another one (spillover, parent) is
written after it and deleted before it. Quota: each unit that a step takes from a pool comes either from
the room between our use at the start and at the end, or from a release that is set aside for it and that
it waits for. So our own use never exceeds the larger of the two, in whatever order independent steps end
(law I-10), and a release that fails stops exactly the takes that its units were meant for.
One writer per account is the engine's business, not the order's.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.domain.ids import DeploymentId
from reconciler.plan.actions import Action, Blocked, Delete, Keep, Replace, Working
from reconciler.plan.dependants import named_in, routed_models, targets_of
from reconciler.plan.plan import Step
from reconciler.plan.pools import Movement, PoolKey, Pools

Needs = dict[DeploymentId, set[DeploymentId]]


def schedule(actions: Iterable[Action], pools: Pools) -> tuple[Step, ...]:
    """The writing steps in order, numbered from 1, then those that write nothing; deterministic."""
    listed = list(actions)
    writing: dict[DeploymentId, Working] = {
        action.id: action for action in listed if not isinstance(action, Keep | Blocked)
    }
    moves = {name: pools.movements(action) for name, action in writing.items()}
    needs = _references(writing)
    urgency = {name: _urgency(action, moves[name]) for name, action in writing.items()}
    _await_releases(needs, moves, _sorted(needs, urgency))
    steps = [
        Step(action=writing[name], order=number, depends_on=tuple(sorted(needs[name])))
        for number, name in enumerate(_sorted(needs, urgency), start=1)
    ]
    resting = sorted((a for a in listed if isinstance(a, Keep | Blocked)), key=lambda a: a.id.key)
    return (*steps, *(Step(action=action) for action in resting))


def _references(writing: Mapping[DeploymentId, Working]) -> Needs:
    needs: Needs = {name: set() for name in writing}
    for name, action in writing.items():
        if action.desired is not None:
            for target in targets_of(action.desired):
                other = writing.get(target)
                if other is not None and not isinstance(other, Delete):
                    needs[name].add(other.id)
            needs[name] |= _routed_to(action, writing) - {name}
        if action.observed is not None:
            for target in named_in(action.observed.resource, name):
                kept = bool(action.writes) and target in named_in(action.writes[-1], name)
                if isinstance(writing.get(target), Delete | Replace) and not kept:
                    needs[target].add(name)
    return _without_cycles(needs)


def _routed_to(router: Working, writing: Mapping[DeploymentId, Working]) -> set[DeploymentId]:
    """The deployments in the same account that a model router's members need."""
    named = routed_models(router.writes[-1]) if router.writes else frozenset()
    if not named:
        return set()
    return {
        name
        for name, action in writing.items()
        if name.account == router.id.account
        and action.desired is not None
        and action.desired.spec.model.name.lower() in named
    }


def _without_cycles(needs: Needs) -> Needs:
    """Drop each edge that closes a circle, of one or of many.

    validate reports reference circles, ARM may hold old ones.
    """
    kept: Needs = {name: set() for name in needs}
    for name in sorted(needs):
        for target in sorted(needs[name]):
            if name not in _reachable(kept, target):
                kept[name].add(target)
    return kept


def _reachable(needs: Needs, start: DeploymentId) -> set[DeploymentId]:
    seen: set[DeploymentId] = set()
    todo = [start]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo.extend(needs.get(here, ()))
    return seen


_Urgency = tuple[bool, bool, bool, tuple[str, ...]]


def _urgency(action: Working, moves: tuple[Movement, ...]) -> _Urgency:
    """Deletes first, then other releases, then what moves no quota, then takes; by identity within each."""
    change = sum(move.take - move.release for move in moves)
    return (not isinstance(action, Delete), change >= 0, change > 0, action.id.key)


def _sorted(needs: Needs, urgency: Mapping[DeploymentId, _Urgency]) -> list[DeploymentId]:
    """Topological, and among those that are ready the most urgent first."""
    waiting = {name: len(targets) for name, targets in needs.items()}
    dependants: dict[DeploymentId, list[DeploymentId]] = defaultdict(list)
    for name, targets in needs.items():
        for target in targets:
            dependants[target].append(name)
    ready = [(urgency[name], name) for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[DeploymentId] = []
    while ready:
        _, name = heapq.heappop(ready)
        order.append(name)
        for dependant in dependants[name]:
            waiting[dependant] -= 1
            if waiting[dependant] == 0:
                heapq.heappush(ready, (urgency[dependant], dependant))
    return order


def _await_releases(
    needs: Needs, moves: Mapping[DeploymentId, tuple[Movement, ...]], order: list[DeploymentId]
) -> None:
    """Add to each take the releases that its units come from."""
    by_pool: dict[PoolKey, list[Movement]] = defaultdict(list)
    for name in order:
        for move in moves[name]:
            by_pool[move.pool].append(move)
    waiters: Needs = {}
    for name, targets in needs.items():
        for target in targets:
            waiters.setdefault(target, set()).add(name)
    for pool in sorted(by_pool):
        takes = [move for move in by_pool[pool] if move.take]
        releases = [_Release(of=move.id, left=move.release) for move in by_pool[pool] if move.release]
        _set_aside(needs, waiters, takes, releases)


@dataclass(slots=True)
class _Release:
    """Units that a step gives back and that no take has been promised yet."""

    of: DeploymentId
    left: int


def _set_aside(needs: Needs, waiters: Needs, takes: list[Movement], releases: list[_Release]) -> None:
    """Give each take its units: from the room first, then from releases that do not wait for it.

    The takes that some release waits for choose first. Where what remains is not enough, a take waits for
    all it can; the forecast then shows that the order cannot hold.
    """
    room = max(0, sum(take.take for take in takes) - sum(release.left for release in releases))
    everyone = [release.of for release in releases]
    open_ones = list(releases)
    for take in sorted(takes, key=lambda take: not waiters.get(take.id)):
        wanted = take.take - min(room, take.take)
        room -= take.take - wanted
        if not wanted:
            continue
        barred = _reachable(waiters, take.id)
        chosen: list[DeploymentId] = []
        free = [item for item in open_ones if item.of not in barred] if len(barred) > 1 else open_ones
        exact = next((item for item in free if item.left == wanted), None)
        for release in free if exact is None else [exact]:
            if not wanted:
                break
            units = min(release.left, wanted)
            release.left -= units
            wanted -= units
            chosen.append(release.of)
        open_ones = [release for release in open_ones if release.left]
        if wanted:
            chosen = [name for name in everyone if name not in barred]
        for name in chosen:
            needs[take.id].add(name)
            waiters.setdefault(name, set()).add(take.id)

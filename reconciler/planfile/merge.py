"""The plans of all shards become one observation, as if one run had looked at everything.

Of a shard's file only what it saw is taken. The actions, the order, the quota and the guards are worked out
anew from the manifests and from all observations together, so the plan is the one that a single run makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from reconciler.domain.fleet import DesiredState
from reconciler.domain.shard import Shard
from reconciler.domain.state import ObservedState, RegionFacts, Unreadable
from reconciler.errors import PlanStale, UsageProblem
from reconciler.planfile.observation import read_observed
from reconciler.planfile.saved import SavedPlan, plan_file, reading, saved_in

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardPlan:
    """A plan file that `plan --shard` wrote. `file` is its name, for messages."""

    file: str
    shard: Shard
    saved: SavedPlan
    tool_version: str
    created_at: datetime
    observed: ObservedState


def read_shard(text: str, file: str) -> ShardPlan:
    """The text of one shard's plan file. UsageProblem where it is none, PlanStale from another version."""
    found = plan_file(text)
    saved = saved_in(found)
    if saved.shard is None:
        raise UsageProblem(
            f"it is a plan of the whole fleet, with nothing to merge: `reconciler apply {file}` does it. "
            "`reconciler plan --shard i/n --out FILE` writes what can be merged"
        )
    if found.observed is None:
        raise UsageProblem("it has lost what its shard observed; plan that shard again")
    with reading():
        return ShardPlan(
            file=file,
            shard=saved.shard,
            saved=saved,
            tool_version=found.tool.version,
            created_at=datetime.fromisoformat(found.created_at),
            observed=read_observed(found.observed),
        )


def whole(plans: Sequence[ShardPlan], *, tool_version: str) -> tuple[ShardPlan, ...]:
    """`plans` in the order of their shards: each shard once, all made alike and by this version."""
    _each_once(plans)
    first = plans[0]
    for part in plans:
        if part.tool_version != tool_version:
            raise PlanStale(
                f"{part.file} was made by version {part.tool_version}, this is {tool_version}. Plan all "
                "shards and merge with one version"
            )
        its = _made_from(part.saved)
        for what, here in _made_from(first.saved).items():
            if here != its[what]:
                raise PlanStale(
                    f"the shards do not belong together: the {what} of {first.file} is {here or 'empty'}, "
                    f"that of {part.file} is {its[what] or 'empty'}. Plan all shards from the same "
                    "commit in the same way"
                )
    return tuple(sorted(plans, key=lambda item: item.shard))


def _each_once(plans: Sequence[ShardPlan]) -> None:
    counts = {item.shard.count for item in plans}
    if len(counts) != 1:
        found = ", ".join(f"{item.file} is {item.shard}" for item in plans)
        raise UsageProblem(f"these are shards of different runs: {found}. Give all files of one run")
    files: dict[Shard, list[str]] = defaultdict(list)
    for plan in plans:
        files[plan.shard].append(plan.file)
    twice = [f"{shard} ({', '.join(names)})" for shard, names in sorted(files.items()) if len(names) > 1]
    if twice:
        raise UsageProblem(f"there is more than one file of shard {'; '.join(twice)}. Give each shard once")
    count = counts.pop()
    missing = [str(Shard(index, count)) for index in range(1, count + 1) if Shard(index, count) not in files]
    if missing:
        raise UsageProblem(
            f"the plan of shard {', '.join(missing)} is missing, and without it nothing is known of its "
            "accounts. Plan it with --shard, then merge again"
        )


def _made_from(saved: SavedPlan) -> Mapping[str, str]:
    """What must be equal in all shards of a run, by what it is called."""
    return {
        "fleet": saved.fleet,
        "cloud": saved.cloud,
        "digest of the manifests": saved.manifest_digest,
        "list of manifest paths": ", ".join(map(repr, saved.manifest_paths)),
        "selection by label": saved.select,
        "list of targets": ", ".join(map(repr, saved.targets)),
        "list of excludes": ", ".join(map(repr, saved.excludes)),
    }


def united(plans: Sequence[ShardPlan], desired: DesiredState) -> ObservedState:
    """What all shards observed, once it is certain that together they looked at what `desired` names."""
    for plan in plans:
        asked = {account.id for account in desired.in_shard(plan.shard).accounts}
        if asked != set(plan.observed.readings):
            raise PlanStale(
                f"{plan.file} does not speak of the accounts that are shard {plan.shard}'s. Nothing can be "
                "concluded from it; plan that shard again"
            )
    by_age = sorted(plans, key=lambda item: (item.created_at, item.shard))
    seen = [item.observed for item in by_age]
    return ObservedState(
        readings={account: reading for item in seen for account, reading in item.readings.items()},
        regions=_regions(seen),
        policies=_latest(item.policies for item in seen),
        sources=_latest(item.sources for item in seen),
        opinions={name: opinion for item in seen for name, opinion in item.opinions.items()},
        expiries={name: expiry for item in seen for name, expiry in item.expiries.items()},
    )


def _latest(found: Iterable[Mapping[_K, _V]]) -> Mapping[_K, _V]:
    """Of two answers about one account the later, but any rather than none."""
    result: dict[_K, _V] = {}
    for item in found:
        for key, value in item.items():
            if key not in result or not isinstance(value, Unreadable):
                result[key] = value
    return result


def _regions(seen: Iterable[ObservedState]) -> tuple[RegionFacts, ...]:
    """One entry per region. Two shards meet in one only where a manifest states a wrong region."""
    result: dict[tuple[str, str], RegionFacts] = {}
    for item in seen:
        for facts in item.regions:
            place = (facts.subscription.lower(), facts.region.name)
            before = result.get(place, facts)
            pools = before.pools if facts.pools is None else facts.pools
            offers = before.offers if facts.offers is None else facts.offers
            result[place] = replace(facts, pools=pools, offers=offers)
    return tuple(result[place] for place in sorted(result))

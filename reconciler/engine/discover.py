"""Finding what exists, where no manifest says what to look at: subscriptions, accounts, deployments.

What cannot be read is part of the result, by name: whoever exports a fleet must know what is missing from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from reconciler.domain.fleet import DesiredAccount
from reconciler.domain.ids import AccountId
from reconciler.domain.state import Listed, ObservedSubscription, Reading
from reconciler.engine.observe import observe
from reconciler.engine.platform import each, tried
from reconciler.engine.ports import Arm, Subscriptions
from reconciler.errors import ArmError, ReconcilerError

T = TypeVar("T")


class Explorable(Arm, Subscriptions, Protocol):
    """ARM with its subscriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryScope:
    """Where to look: these accounts, and all of these subscriptions; neither is everything readable.

    `resource_group` keeps only the accounts of groups of that name.
    """

    accounts: Sequence[AccountId] = ()
    subscriptions: Sequence[str] = ()
    resource_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What was found. `unreadable` are sentences about subscriptions whose accounts could not be listed."""

    readings: Mapping[AccountId, Reading] = field(default_factory=dict)
    subscriptions: Mapping[str, ObservedSubscription] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


async def discover(wanted: DiscoveryScope, api: Explorable, *, parallelism: int = 32) -> Discovered:
    """Look everywhere that is wanted. Raises only where not even the subscriptions can be listed."""
    gate = asyncio.Semaphore(parallelism)
    known: dict[str, ObservedSubscription] = {}
    everywhere: Sequence[str] = wanted.subscriptions
    if not wanted.accounts and not wanted.subscriptions:
        try:
            listed = await api.list_subscriptions()
        except ArmError as problem:
            text = f"{problem}. What is named by --subscription or --account is looked at without this list"
            raise ReconcilerError(text) from problem
        known = {item.id.lower(): item for item in listed}
        everywhere = [item.id for item in known.values()]
    found, unreadable = await _accounts(everywhere, wanted, api, gate)
    accounts = sorted({*wanted.accounts, *found})
    observed = await observe(
        [DesiredAccount(id=account) for account in accounts], api, parallelism=parallelism, with_regions=False
    )
    named = {account.subscription for account in accounts} | _sources(observed.readings.values())
    known |= await _described(sorted(named), known, api, gate)
    return Discovered(readings=observed.readings, subscriptions=known, unreadable=unreadable)


async def _accounts(
    subscriptions: Iterable[str], wanted: DiscoveryScope, api: Explorable, gate: asyncio.Semaphore
) -> tuple[list[AccountId], tuple[str, ...]]:
    """The wanted accounts of subscriptions, and a sentence for each that cannot be listed."""
    group = wanted.resource_group

    async def listed(subscription: str) -> list[AccountId] | str:
        observed = await tried(
            api.list_accounts(subscription),
            lambda why: f"the accounts of subscription {subscription} could not be listed: {why}",
        )
        if isinstance(observed, str):
            return observed
        return [
            item.id for item in observed if group is None or item.id.resource_group.lower() == group.lower()
        ]

    answers = await each({item.lower(): item for item in subscriptions}.values(), listed, gate)
    return (
        [account for answer in answers.values() if not isinstance(answer, str) for account in answer],
        tuple(answer for answer in answers.values() if isinstance(answer, str)),
    )


async def _described(
    subscriptions: Iterable[str],
    known: Mapping[str, ObservedSubscription],
    api: Subscriptions,
    gate: asyncio.Semaphore,
) -> dict[str, ObservedSubscription]:
    """Names and tenants, as far as they may be read: nothing depends on them."""

    async def described(subscription: str) -> ObservedSubscription:
        nameless = ObservedSubscription(id=subscription)
        return await tried(api.get_subscription(subscription), lambda _: nameless)

    unknown = {item.lower(): item for item in subscriptions if item.lower() not in known}
    answers = await each(unknown.values(), described, gate)
    return {answer.id.lower(): answer for answer in answers.values()}


def _sources(readings: Iterable[Reading]) -> set[str]:
    """The subscriptions in which models of these accounts were fine-tuned."""
    found: set[str] = set()
    for reading in readings:
        for deployment in reading.deployments if isinstance(reading, Listed) else ():
            try:
                found.add(AccountId.parse(deployment.model_source or "").subscription)
            except ValueError:
                continue
    return found

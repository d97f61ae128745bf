"""What a refused write names in its account - a content filter, other deployments - looked up afterwards.

ARM refuses a name that leads nowhere with the same code as an SKU that it does not have, and its text does
not always tell which. Rule of this module: look before anything is blamed; what cannot be read is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.json_values import at
from reconciler.domain.state import ObservedDeployment
from reconciler.engine.fixes import NAME_NOT_THERE
from reconciler.engine.outcome import ItemReport
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.actions import Adopt, Create, Replace, Update
from reconciler.plan.dependants import named_in

_CODE: Final = "invalidresourceproperties"
_BORN: Final = "microsoft."
"""Content filters with this prefix are there in every account."""


class Names(Protocol):
    """What is asked about names; nothing of it writes."""

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        """The content filters of an account."""
        ...

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        """The deployments of an account."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """The names in an account; None where they could not be read."""

    policies: frozenset[str] | None
    deployments: frozenset[DeploymentId] | None


async def with_names(items: Sequence[ItemReport], api: Names) -> tuple[ItemReport, ...]:
    """The items, those that were refused over a property with what became of the names they sent."""
    accounts = sorted({item.step.action.id.account for item in items if _body(item) is not None})
    known = dict(zip(accounts, await asyncio.gather(*(_read(one, api) for one in accounts)), strict=True))
    return tuple(_looked_up(item, known) for item in items)


def _body(item: ItemReport) -> JsonObject | None:
    """What was refused, where it names anything that an account must have."""
    action = item.step.action
    if item.fault is None or item.fault.code.lower() != _CODE:
        return None
    if not isinstance(action, Create | Update | Replace | Adopt):
        return None
    return action.body if _policy(action.body) or named_in(action.body, action.id) else None


def _policy(body: JsonObject) -> str:
    """The content filter that somebody had to make; empty where there is none."""
    name = at(body, ("properties", "raiPolicyName"))
    return name if isinstance(name, str) and not name.lower().startswith(_BORN) else ""


async def _read(account: AccountId, api: Names) -> _Contents:
    try:
        policies = frozenset(name.lower() for name in await api.list_policies(account))
    except (ArmError, CredentialError):
        policies = None
    try:
        deployments = frozenset(one.id for one in await api.list_deployments(account))
    except (ArmError, CredentialError):
        deployments = None
    return _Contents(policies=policies, deployments=deployments)


def _looked_up(item: ItemReport, known: dict[AccountId, _Contents]) -> ItemReport:
    body = _body(item)
    if body is None or item.fault is None:
        return item
    name = item.step.action.id
    found = list(_found(body, name, known[name.account]))
    missing = [f"{path}: {value}" for path, value, there in found if not there]
    present = [value for _, value, there in found if there]
    note, fix = item.note, item.fault.fix
    if missing:
        note = f"looked up: {name.account.name} does not have {', '.join(missing)}"
        fix = "make it in that account first, or correct the name; the SKU is not the question"
    elif present:
        note = f"looked up: {name.account.name} has {', '.join(present)}"
        if fix == NAME_NOT_THERE:
            fix = "what it names is there by now: run apply again"
    return replace(item, note=note, fault=replace(item.fault, fix=fix))


def _found(body: JsonObject, name: DeploymentId, known: _Contents) -> Iterator[tuple[str, str, bool]]:
    """Each name that the body sends, its property, and whether the account has it."""
    policy = _policy(body)
    if policy and known.policies is not None:
        yield "raiPolicyName", policy, policy.lower() in known.policies
    for target, path in named_in(body, name).items():
        if known.deployments is not None:
            yield path, target.name, target in known.deployments

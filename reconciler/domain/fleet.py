"""What manifests declare: the Fleet, its accounts and deployments, and the part of them a run is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from reconciler.diagnostics import Place, Severity
from reconciler.domain.costs import Costs
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.shard import Part, Shard, shards


class PrunePolicy(StrEnum):
    """Which undeclared deployments of an account may be deleted."""

    OWNED = "owned"
    EXCLUSIVE = "exclusive"
    NEVER = "never"


class DriftCause(StrEnum):
    """Why a deployment is not as declared."""

    CHANGED_OUTSIDE = "changed-outside"
    AUTO_UPGRADED = "auto-upgraded"
    EXPIRED = "expired"
    RETIRED = "retired"
    MISSING = "missing"
    DELETED_OUTSIDE = "deleted-outside"
    PENDING = "pending"
    FAILED_STATE = "failed-state"
    UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits on what one run may destroy or spend; None where the Fleet is silent.

    `max_monthly_increase` is in the Fleet's currency.
    """

    max_deletes: int | None = None
    max_delete_percent: float | None = None
    max_capacity_reduction_percent: float | None = None
    max_monthly_increase: Decimal | None = None
    protect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An alias's target. Both are GUIDs; `tenant` None where the Fleet does not say."""

    id: str
    tenant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """When a model's retirement date becomes a finding, in days from today."""

    warn_within_days: int = 90
    fail_within_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What a Fleet wants a model replaced by; both versions None where any will do."""

    model: str
    to: str
    from_version: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Who we are. `declared` is False when no Fleet document was found; nothing is deleted then.

    `id` is a GUID that tells two fleets of one name apart. `drift` are severities by cause, where
    the Fleet states one.
    """

    name: str = "default"
    id: str | None = None
    cloud: str = "AzureCloud"
    api_version: str | None = None
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    guards: Guards = Guards()
    rules: Mapping[str, Severity] = field(default_factory=dict)
    drift: Mapping[DriftCause, Severity] = field(default_factory=dict)
    retirement: Retirement = Retirement()
    costs: Costs = field(default_factory=Costs)
    upgrade: tuple[Preference, ...] = ()
    declared: bool = True
    place: Place | None = field(default=None, compare=False)
    _aliases: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        backwards = sorted(
            self.subscriptions.items(), key=lambda entry: entry[0], reverse=True
        )  # so that the first one stands
        object.__setattr__(self, "_aliases", {item.id.lower(): alias for alias, item in backwards})

    @property
    def mark(self) -> str:
        """What the deployments of this fleet carry as the tag `reconciler-fleet`."""
        return self.name if self.id is None else f"{self.name}/{self.id[:8].lower()}"

    def alias_of(self, subscription: str) -> str | None:
        """The alias of a subscription id, the first in alphabetical order; None without one."""
        return self._aliases.get(subscription.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredAccount:
    """An account that at least one DeploymentSet names."""

    id: AccountId
    region: Region | None = None
    tenant: str | None = None
    prune: PrunePolicy = PrunePolicy.OWNED
    place: Place | None = field(default=None, compare=False)


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    """A glob of three slash-separated parts, or fewer from the right; `*` does not cross a slash."""
    parts = pattern.split("/")
    full = ["*"] * (3 - len(parts)) + parts
    escaped = (re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") for part in full)
    return re.compile("/".join(escaped), re.IGNORECASE)


def matches_any(patterns: Collection[str], deployment: DeploymentId, alias: str | None) -> bool:
    """Whether a glob over ``subscription-or-alias/account/deployment`` matches, by id or by alias."""
    if not patterns:
        return False
    account = deployment.account
    names = [f"{account.subscription}/{account.name}/{deployment.name}"]
    if alias is not None:
        names.append(f"{alias}/{account.name}/{deployment.name}")
    return any(_glob(pattern).fullmatch(name) for pattern in patterns for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What this run may look at and touch; empty `targets` mean everything.

    `left_out` are declared deployments that a selection removed: they are known, so they are never
    mistaken for undeclared ones. `pulled_in` are looked at although no selection names them. `narrowed` is
    True where a selection was made, whatever it left out.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    left_out: frozenset[DeploymentId] = frozenset()
    pulled_in: frozenset[DeploymentId] = frozenset()
    narrowed: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing is selected, so that everything is in scope."""
        return not (self.targets or self.excludes or self.left_out)

    def covers(self, deployment: DeploymentId, alias: str | None) -> bool:
        """Whether this run is about `deployment`."""
        if deployment in self.pulled_in:
            return True
        if deployment in self.left_out or matches_any(self.excludes, deployment, alias):
            return False
        return not self.targets or matches_any(self.targets, deployment, alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """Everything declared, selected. Accounts and deployments are ordered by identity.

    `reserve` are declared deployments that a selection left out and that a selected one may need.
    `manifest_digest` is a SHA-256 over the texts that were read, in order of their paths. `part` is what a
    shard has of all this; None where nobody shares the work. `regions` are those that the whole fleet states,
    also for accounts that a selection or a shard left out.
    """

    fleet: Fleet
    accounts: tuple[DesiredAccount, ...] = ()
    deployments: tuple[DesiredDeployment, ...] = ()
    scope: Scope = Scope()
    reserve: tuple[DesiredDeployment, ...] = ()
    manifest_digest: str = ""
    part: Part | None = None
    regions: Mapping[AccountId, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "accounts", tuple(sorted(self.accounts, key=lambda a: a.id.key)))
        object.__setattr__(self, "deployments", tuple(sorted(self.deployments, key=lambda d: d.id.key)))

    @property
    def declares_accounts(self) -> bool:
        """Whether the fleet names an account, in whichever shard."""
        return bool(self.part.of_accounts if self.part else self.accounts)

    @property
    def declares_deployments(self) -> bool:
        """Whether the fleet declares a deployment, in whichever shard."""
        return bool(self.part.of_deployments if self.part else self.deployments)

    def in_shard(self, shard: Shard) -> DesiredState:
        """The accounts of one shard and what is declared in them; scope and guards are those of the fleet."""
        owner = shards(((account.id, account.region) for account in self.accounts), shard.count)
        accounts = tuple(account for account in self.accounts if owner[account.id] == shard.index)
        kept = {account.id for account in accounts}
        return replace(
            self,
            accounts=accounts,
            deployments=tuple(deployment for deployment in self.deployments if deployment.id.account in kept),
            part=Part(
                shard=shard,
                accounts=len(accounts),
                of_accounts=len(self.accounts),
                of_deployments=len(self.deployments),
            ),
        )

    def covers(self, deployment: DeploymentId) -> bool:
        """Whether `deployment` is in scope, by its id or its subscription's alias."""
        if self.scope.everything:
            return True
        return self.scope.covers(deployment, self.fleet.alias_of(deployment.account.subscription))

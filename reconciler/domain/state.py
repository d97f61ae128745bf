"""The two states that are compared: what manifests declare and what ARM answered.

Absence is evidence only if the listing was complete: from an account that is `Unreadable`, nothing is
concluded about any deployment in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from reconciler.diagnostics import Place, Severity
from reconciler.domain.costs import Costs
from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.platform import Replacement
from reconciler.domain.shard import Part, Shard, shards
from reconciler.domain.sku import SkuName
from reconciler.errors import Trouble, UnreadableOffers


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
        object.__setattr__(self, "_aliases", {one.id.lower(): alias for alias, one in backwards})

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
        owner = shards(((one.id, one.region) for one in self.accounts), shard.count)
        accounts = tuple(one for one in self.accounts if owner[one.id] == shard.index)
        kept = {one.id for one in accounts}
        return replace(
            self,
            accounts=accounts,
            deployments=tuple(one for one in self.deployments if one.id.account in kept),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMetadata:
    """Who touched the resource last and when, as ARM's systemData tells it. Times are ISO 8601 text."""

    created_by: str | None = None
    created_at: str | None = None
    last_modified_by: str | None = None
    last_modified_by_type: str | None = None
    last_modified_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDeployment:
    """A deployment as ARM answered it.

    `resource` is the whole answer, unknown properties included: the body of a PUT is laid over it.
    `provisioning_state` keeps ARM's spelling; an absent one means Succeeded (ARM RPC).
    """

    id: DeploymentId
    model_format: str | None
    model_name: str | None
    model_version: str | None
    model_source: str | None = None
    sku: SkuName | None = None
    capacity: int | None = None
    provisioning_state: str = "Succeeded"
    tags: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    system: SystemMetadata = SystemMetadata()
    resource: JsonObject = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether no operation is going on; unknown states are not settled (ARM RPC)."""
        return self.provisioning_state.lower() in {"succeeded", "failed", "canceled", "disabled"}

    @property
    def deleting(self) -> bool:
        """Whether a delete of it is going on."""
        return self.provisioning_state.lower() == "deleting"

    @property
    def failed(self) -> bool:
        """Whether ARM will refuse any PUT until the deployment is deleted."""
        return self.provisioning_state.lower() == "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSubscription:
    """A subscription as ARM describes it; `name` is what people call it."""

    id: str
    name: str = ""
    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAccount:
    """What a plan needs to know of an account."""

    id: AccountId
    region: Region
    kind: str = ""
    provisioning_state: str = "Succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The account was read and its deployments were listed to the last page."""

    account: ObservedAccount
    deployments: tuple[ObservedDeployment, ...] = ()
    _by_id: Mapping[DeploymentId, ObservedDeployment] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {one.id: one for one in reversed(self.deployments)})

    def find(self, wanted: DeploymentId) -> ObservedDeployment | None:
        """The deployment of that identity; None is proof of absence, for the listing is complete."""
        return self._by_id.get(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMissing:
    """ARM says that the account, its group or its subscription does not exist (or is another tenant's)."""

    id: AccountId
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The account could not be read or listed to its end. Nothing follows from this about any deployment.

    `code` and `message` are for people, ARM's own where it gave some. What hits many accounts alike has one
    message for all of them. The fix is `fix`, or else goes by `trouble`; `detail` is for who wants it all.
    """

    id: AccountId
    code: str
    message: str
    trouble: Trouble = Trouble.OTHER
    fix: str = ""
    detail: str = field(default="", compare=False)


Reading = Listed | AccountMissing | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPool:
    """A quota counter of one region and subscription, as ARM's usages name it.

    `scope` is Regional, DataZone, Global or Classic, empty where ARM does not say (before 2026-07-01): a
    Global or DataZone counter is the same one in every region of `scope_id`.
    """

    name: str
    label: str
    used: int
    limit: int
    scope: str = ""
    scope_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way in which a region offers a model, from ARM's models list.

    `pool` is ARM's usageName: it cannot be derived from the model's name. `minimum` and `step` are None
    where ARM gives none (every SKU but the provisioned ones): any capacity from 1 up. `lifecycle_status` is
    the SKU's own where ARM gives one (2026-09-01), else the model's. A SKU may be offered twice, by `scope`:
    Base, Finetune or All, empty where ARM does not say. `asset` is the id that policies allow models by.
    """

    model_format: str
    model_name: str
    model_version: str
    sku: SkuName
    pool: str
    account_kind: str = ""
    minimum: int | None = None
    step: int | None = None
    maximum: int | None = None
    retires: str | None = None
    lifecycle_status: str = ""
    default_version: bool = False
    scope: str = ""
    replacement: Replacement | None = None
    publisher: str = ""
    asset: str = ""
    hosted_on: str = ""
    priority_tier: bool = False

    @property
    def for_fine_tuned(self) -> bool:
        """Whether only fine-tuned models draw on this offer: by its scope, before 2026-09-01 by its pool."""
        if self.scope:
            return self.scope.lower() == "finetune"
        return self.pool.lower().endswith("-finetune")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """What ARM says about one region of one subscription; None where it could not be read.

    `models` may be a list that is understood only when somebody looks: it raises UnreadableOffers then.
    """

    subscription: str
    region: Region
    pools: tuple[QuotaPool, ...] | None = None
    models: Sequence[Offer] | None = None

    @property
    def offers(self) -> tuple[Offer, ...] | None:
        """What `models` says; None where it cannot be read."""
        if self.models is None:
            return None
        try:
            return tuple(self.models)
        except UnreadableOffers:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What ARM's own validation says against a write that was not sent.

    `refused` is False where it could not be asked, or where its answer may change once the plan's other
    writes are done. `fix` is empty where no fix is known.
    """

    refused: bool
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What the Activity Log proves of a deployment that is not there and may have expired.

    `written` is when it was last written (ISO 8601, UTC): its time is over since then, and nobody deleted it.
    Where the log could not be read, `written` is empty and `problem` says why.
    """

    written: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedState:
    """What ARM answered, per account and per region.

    `policies` are the names of the content filters of those accounts that were asked for them, `sources` the
    names of the fine-tuned models and checkpoints of those accounts that a new deployment takes one from.
    `opinions` are ARM's objections to writes of a plan, where it was asked for them. `expiries` are of
    deployments that are declared, not there, and of a kind that the service removes.
    """

    readings: Mapping[AccountId, Reading] = field(default_factory=dict)
    regions: tuple[RegionFacts, ...] = ()
    policies: Mapping[AccountId, frozenset[str] | Unreadable] = field(default_factory=dict)
    sources: Mapping[AccountId, frozenset[str] | AccountMissing | Unreadable] = field(default_factory=dict)
    opinions: Mapping[DeploymentId, Opinion] = field(default_factory=dict)
    expiries: Mapping[DeploymentId, Expiry] = field(default_factory=dict)

    def region_facts(self, subscription: str, region: Region) -> RegionFacts | None:
        """What is known about a region of a subscription."""
        wanted = subscription.lower()
        return next(
            (f for f in self.regions if f.region == region and f.subscription.lower() == wanted), None
        )

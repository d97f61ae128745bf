"""What ARM answered: accounts, their deployments, and what their regions offer.

Absence is evidence only if the listing was complete: from an account that is `Unreadable`, nothing is
concluded about any deployment in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.platform import DeletedAccount, Replacement
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.errors import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMetadata:
    """Who touched the resource last and when, as ARM's systemData tells it. Times are ISO 8601 text."""

    last_modified_by: str | None = None
    last_modified_by_type: str | None = None
    last_modified_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDeployment:
    """A deployment as ARM answered it.

    `resource` is the answer, unknown properties included, less what names it and says who wrote it: the body
    of a PUT is laid over it. Deployments that are alike may share it.
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
        object.__setattr__(
            self, "_by_id", {deployment.id: deployment for deployment in reversed(self.deployments)}
        )

    def find(self, wanted: DeploymentId) -> ObservedDeployment | None:
        """The deployment of that identity; None is proof of absence, for the listing is complete."""
        return self._by_id.get(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMissing:
    """ARM says that the account, its group or its subscription does not exist (or is another tenant's).

    `fix` is set where it is known what became of it.
    """

    id: AccountId
    code: str
    message: str
    fix: str = ""


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

    def serves(self, *, fine_tuned: bool) -> bool:
        """Whether such a model can have it: of PTUs base and tuned models share one (recorded, 2026-04)."""
        shared = fine_tuned and self.sku.family is SkuFamily.PROVISIONED
        return shared or self.for_fine_tuned == fine_tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """What ARM says about one region of one subscription; None where it could not be read."""

    subscription: str
    region: Region
    pools: tuple[QuotaPool, ...] | None = None
    offers: tuple[Offer, ...] | None = None


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
    deployments that are declared, not there, and of a kind that the service removes. `deleted` are the
    soft-deleted accounts of those subscriptions, in lower case, that were asked for them.
    """

    readings: Mapping[AccountId, Reading] = field(default_factory=dict)
    regions: tuple[RegionFacts, ...] = ()
    policies: Mapping[AccountId, frozenset[str] | Unreadable] = field(default_factory=dict)
    sources: Mapping[AccountId, frozenset[str] | AccountMissing | Unreadable] = field(default_factory=dict)
    opinions: Mapping[DeploymentId, Opinion] = field(default_factory=dict)
    expiries: Mapping[DeploymentId, Expiry] = field(default_factory=dict)
    deleted: Mapping[str, tuple[DeletedAccount, ...]] = field(default_factory=dict)

    @property
    def existing(self) -> Iterator[tuple[ObservedDeployment, Listed]]:
        """What is there in the accounts that could be listed, each with what was read of its account."""
        for reading in self.readings.values():
            if isinstance(reading, Listed):
                yield from ((deployment, reading) for deployment in reading.deployments)

    def region_facts(self, subscription: str, region: Region) -> RegionFacts | None:
        """What is known about a region of a subscription."""
        wanted = subscription.lower()
        return next(
            (f for f in self.regions if f.region == region and f.subscription.lower() == wanted), None
        )

"""What the engine asks of the world. One call is one logical request; waiting is the engine's job.

Every method raises `reconciler.errors.ArmError` or one of its kinds, and nothing of a library's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from reconciler.domain.deployment import JsonObject, ModelRef
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import (
    UNWATCHED,
    Accepted,
    Deferred,
    OperationRef,
    OperationState,
    SendObserver,
)
from reconciler.domain.platform import Activity, DeletedAccount, ModelCapacity, PolicyQuestion, PolicyVerdict
from reconciler.domain.state import (
    ObservedAccount,
    ObservedDeployment,
    ObservedSubscription,
    Offer,
    QuotaPool,
)


class Turn(Protocol):
    """One look at a deployment and, right after it, one write, which is sent at most once.

    What ARM did not process, or what would be sent more than two seconds after the look's answer, is
    `Deferred`: have another turn, look, and decide anew.
    """

    @property
    def observed(self) -> ObservedDeployment | None:
        """What the look saw; None only where ARM says that the deployment itself is absent."""

    async def put(self, body: JsonObject) -> Accepted | Deferred:
        """Send one PUT, on condition that the deployment is still as it was looked at."""

    async def delete(self) -> Accepted | Deferred:
        """Send one DELETE, on the same condition; an absent deployment is as good as deleted."""


class DeploymentsApi(Protocol):
    """The verbs on deployments. Reads are repeated inside; a write is sent once, in a turn."""

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        """All deployments of an account, to the last page, or an error; never a part."""

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        """One deployment; None only where ARM says that the deployment itself is absent."""

    def turn(
        self,
        deployment: DeploymentId,
        method: str,
        *,
        observer: SendObserver = UNWATCHED,
        source_tenants: tuple[str, ...] = (),
        attempt: int = 1,
    ) -> AbstractAsyncContextManager[Turn]:
        """Wait until a PUT or DELETE may be sent, then look; nothing holds up the write inside the block.

        `source_tenants` get their tokens into x-ms-authorization-auxiliary. `attempt` counts from 1.
        """

    async def poll(self, operation: OperationRef, *, observer: SendObserver = UNWATCHED) -> OperationState:
        """Look at an operation once."""


class AccountFacts(Protocol):
    """The reads a plan needs beside the deployments."""

    async def list_accounts(self, subscription: str) -> tuple[ObservedAccount, ...]:
        """Every account of a subscription that the caller may see."""

    async def get_account(self, account: AccountId) -> ObservedAccount:
        """One account; NotFound tells whether it, its group or its subscription is missing."""

    async def list_deleted_accounts(self, subscription: str) -> tuple[DeletedAccount, ...]:
        """The soft-deleted accounts of a subscription."""

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        """The quota pools of a region (ARM's usages)."""

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        """The models, versions and SKUs that a region offers."""


class AccountContents(Protocol):
    """What an account holds beside deployments, by name."""

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        """The content filters (raiPolicies) of an account."""

    async def list_tuned_models(self, account: AccountId) -> tuple[str, ...]:
        """The fine-tuned models and checkpoints that ARM lists for an account; it may list none."""


class Validation(Protocol):
    """ARM's own check of writes that are not sent."""

    async def validate(
        self,
        region: Region,
        bodies: Sequence[tuple[DeploymentId, JsonObject]],
        *,
        source_tenants: tuple[str, ...] = (),
    ) -> None:
        """Return where ARM would take all these PUTs; all are of one subscription and resource group.

        Raises ValidationRefused where it would not, another ArmError where it could not say.
        """


class Subscriptions(Protocol):
    """What an export reads beside accounts and deployments."""

    async def list_subscriptions(self) -> tuple[ObservedSubscription, ...]:
        """Every subscription that the caller may see in the tenant it is signed in to."""

    async def get_subscription(self, subscription: str) -> ObservedSubscription:
        """One subscription."""


class ActivityLog(Protocol):
    """Who did what."""

    async def list_activity(self, subscription: str, since: datetime, until: datetime) -> Activity:
        """What was done to Cognitive Services resources of a subscription between two times, newest first.

        Bounded: a log with more events than are read comes back as not `complete`. ARM keeps 90 days.
        """


class PolicyChecks(Protocol):
    """What Azure Policy says before a write is sent."""

    async def evaluate_policies(
        self, account: AccountId, questions: Sequence[PolicyQuestion]
    ) -> Mapping[str, PolicyVerdict]:
        """What Azure Policy says of models and content filters in an account, by deployment name."""


class Platform(ActivityLog, PolicyChecks, Protocol):
    """What ARM knows beside accounts and deployments; each verb only reads."""

    async def list_capacities(self, subscription: str, model: ModelRef) -> tuple[ModelCapacity, ...]:
        """How much of one model version can be had, by region and SKU. `model.version` must be set."""


class Arm(DeploymentsApi, AccountFacts, AccountContents, Protocol):
    """All faces of ARM."""

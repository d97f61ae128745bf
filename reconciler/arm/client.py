"""The verbs of ARM that we use, on domain values: the engine's port to the world.

Rule of this module: a method answers with the whole truth or raises. There is no partial list, and "absent"
is only said where ARM said it of that very resource.
"""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from reconciler.arm import addresses, wire, wire_deployment, wire_platform
from reconciler.arm.api_version import PERMISSIONS, Versions
from reconciler.arm.auth import Auth
from reconciler.arm.call import (
    Call,
    Exchanged,
    Rejected,
    about,
    encoded,
    of_account,
    of_region,
    of_subscription,
    resource,
    value_of,
)
from reconciler.arm.classify import verdict_in
from reconciler.arm.network import Network
from reconciler.arm.operation import state_of
from reconciler.arm.origin import acceptable
from reconciler.arm.policy import RequestPolicy
from reconciler.arm.retry import Jitter
from reconciler.arm.settings import ArmSettings, home_of
from reconciler.arm.shared import Shared
from reconciler.arm.tokens import Attempt, TokenSource, attempts
from reconciler.arm.transport import CONNECTIONS_A_POOL, Transport
from reconciler.arm.turn import ArmTurn, read_as
from reconciler.clock import Clock
from reconciler.domain.deployment import JsonObject, ModelRef
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import (
    UNWATCHED,
    OperationRef,
    OperationState,
    OperationStatus,
    SendObserver,
)
from reconciler.domain.platform import Activity, DeletedAccount, ModelCapacity, PolicyQuestion, PolicyVerdict
from reconciler.domain.rights import Grant
from reconciler.domain.state import (
    ObservedAccount,
    ObservedDeployment,
    ObservedSubscription,
    Offer,
    QuotaPool,
)

if TYPE_CHECKING:
    import httpx

__all__ = ["ArmClient", "ArmSettings", "Exchanged"]

T = TypeVar("T")

_ACTIVITY_PAGES = 20
"""Pages of the Activity Log that are read of one subscription; each has up to some two hundred events."""


def _nobody(_: object) -> None:
    """Nobody listens."""


class ArmClient:
    """ARM. Use it as an asynchronous context manager; methods raise ArmError or CredentialError.

    `on_warning` gets sentences for the user; `on_exchange` gets what may be told of each request.
    """

    def __init__(
        self,
        settings: ArmSettings,
        tokens: TokenSource,
        clock: Clock,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        on_warning: Callable[[str], None] = _nobody,
        on_exchange: Callable[[Exchanged], None] = _nobody,
        jitter: Jitter = random.random,
    ) -> None:
        self._home = home_of(settings.endpoint, tokens)
        self._tokens = tokens
        self._transport = Transport(
            self._home,
            settings.network or Network(),
            inner=transport,
            read_only=settings.read_only,
            may_post=addresses.writes_nothing if settings.may_ask else lambda _: False,
            pools=max(1, math.ceil(settings.parallelism / CONNECTIONS_A_POOL)),
        )
        self._shared = Shared()
        self._versions = Versions(settings.api_version, on_warning)
        self._policy = RequestPolicy(
            self._transport,
            Auth.of(settings, tokens),
            clock,
            self._home,
            self._versions,
            parallelism=settings.parallelism,
            correlation_id=settings.correlation_id,
            on_exchange=on_exchange,
            on_warning=on_warning,
            longest=settings.longest_wait,
            jitter=jitter,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def server_time(self) -> datetime | None:
        """What ARM's last answer gave as the time; None before one came."""
        return self._policy.server_time

    @property
    def loopback(self) -> bool:
        """Whether this is an emulator on this machine."""
        return self._home.loopback

    @property
    def deployments_version(self) -> str:
        """The api-version that is spoken about deployments, as far as is settled by now."""
        return self._versions.of("deployments")

    async def sign_in(self, tenant: str | None) -> tuple[Attempt, ...]:
        """Which credentials are asked for a token of `tenant`, and whether the last one has it."""
        return await attempts(self._tokens, tenant)

    # -- deployments ---------------------------------------------------------------------------------------

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        """All deployments of an account, to the last page; one that two pages show is taken as read last."""
        call = of_account(account, "list deployments of", "deployments", resource_type="deployments")
        items = await self._every(
            call, lambda item: (wire_deployment.deployment_in(item, account, self._shared),)
        )
        return tuple({item.id: item for item in items}.values())

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        """One deployment; None only where the provider says that the deployment itself is absent.

        Raises NotFound where the account, its group or its subscription is missing.
        """
        call = replace(about(deployment, "read deployment"), observer=observer)
        return value_of(await self._policy.read(call, read_as(deployment)))

    @asynccontextmanager
    async def turn(
        self,
        deployment: DeploymentId,
        method: str,
        *,
        observer: SendObserver = UNWATCHED,
        source_tenants: tuple[str, ...] = (),
        attempt: int = 1,
    ) -> AsyncIterator[ArmTurn]:
        """Wait for a turn to PUT or DELETE, look at the deployment, and keep the turn for one write.

        `source_tenants` get their tokens into x-ms-authorization-auxiliary (at most three). `attempt` counts
        from 1, and further after each `Deferred` that was a failure.
        """
        write = replace(
            about(deployment, "write deployment" if method == "PUT" else "delete deployment", method),
            source_tenants=tuple(dict.fromkeys(tenant.lower() for tenant in source_tenants)),
            observer=observer,
            attempt=attempt,
        )
        look = replace(about(deployment, "read deployment"), observer=observer)
        async with self._policy.look(look, write, read_as(deployment)) as looked:
            observed, allowed = value_of(looked)
            yield ArmTurn(observed, allowed, deployment, self._policy, self._home)

    async def poll(self, operation: OperationRef, *, observer: SendObserver = UNWATCHED) -> OperationState:
        """Look at an operation once. No answer, a 429 and a 5xx are taken for "still running"."""
        if not acceptable(operation.url, self._home):
            return OperationState(status=OperationStatus.UNREADABLE)
        call = replace(
            about(operation.target, "poll the operation of"), url=operation.url, path="", observer=observer
        )
        answer = await self._policy.once(call)
        if answer is None:
            return OperationState(status=OperationStatus.RUNNING)
        return state_of(
            operation, status=answer.status, headers=answer.headers, body=answer.body, home=self._home
        )

    # -- accounts and regions ------------------------------------------------------------------------------

    async def list_accounts(self, subscription: str) -> tuple[ObservedAccount, ...]:
        """Every account of a subscription that the caller may see."""
        call = of_subscription(subscription, "list accounts of subscription", "accounts")
        items = await self._every(call, lambda item: (wire.account(item, subscription),))
        return tuple({item.id: item for item in items}.values())

    async def get_account(self, account: AccountId) -> ObservedAccount:
        """One account; NotFound's code tells whether it, its group or its subscription is missing."""
        call = of_account(account, "read account")
        return await self._asked(call, lambda body: wire.account(body, account))

    async def list_subscriptions(self) -> tuple[ObservedSubscription, ...]:
        """Every subscription that the caller may see in the tenant it is signed in to."""
        call = Call(
            operation="list subscriptions of",
            target="the signed-in tenant",
            subscription="",
            resource_type="subscriptions",
            path=addresses.SUBSCRIPTIONS,
        )
        items = await self._every(call, lambda item: (wire.subscription(item),))
        return tuple({item.id.lower(): item for item in items}.values())

    async def get_subscription(self, subscription: str) -> ObservedSubscription:
        """One subscription; NotFound where it does not exist, or is another tenant's."""
        path = addresses.of_subscription(subscription)
        call = of_subscription(subscription, "read subscription", "subscriptions", path)
        return await self._asked(call, lambda body: wire.subscription(body, subscription))

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        """The quota pools of a region, as ARM's usages name them."""
        call = of_region(subscription, region, "list quotas of", "usages")
        return tuple(await self._every(call, lambda item: (wire.pool(item),)))

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        """The models, versions and SKUs that a region offers."""
        call = of_region(subscription, region, "list models of", "models")
        return tuple(await self._every(call, self._shared.offers))

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        """The names of an account's content filters (raiPolicies)."""
        call = of_account(account, "list content filters of", "raiPolicies")
        return tuple(await self._every(call, wire.policy_name))

    async def list_tuned_models(self, account: AccountId) -> tuple[str, ...]:
        """The names of the fine-tuned models and checkpoints in an account's models list."""
        call = of_account(account, "list models of", "models")
        return tuple(await self._every(call, wire.tuned_name))

    async def list_rights(self, account: AccountId) -> tuple[Grant, ...]:
        """What the caller's roles allow at an account, inherited ones too; deny assignments are not told."""
        call = of_account(
            account, "list permissions at", f"providers/{PERMISSIONS}", resource_type=PERMISSIONS
        )
        return tuple(await self._every(call, wire.grant))

    # -- the platform --------------------------------------------------------------------------------------

    async def list_activity(self, subscription: str, since: datetime, until: datetime) -> Activity:
        """What was done to Cognitive Services resources between two times (ARM keeps 90 days)."""
        path = addresses.of_activity(subscription)
        between = f"eventTimestamp ge '{_iso(since)}' and eventTimestamp le '{_iso(until)}'"
        call = replace(
            of_subscription(subscription, "read the activity log of subscription", "", path),
            api_version=addresses.ACTIVITY_VERSION,
            query={"$filter": f"{between} and resourceProvider eq '{addresses.PROVIDER}'"},
        )
        pages = self._policy.pages(call, wire_platform.event, most=_ACTIVITY_PAGES, whole=False)
        events, complete = value_of(await pages)
        newest = sorted(events, key=lambda event: event.at, reverse=True)
        return Activity(events=tuple(newest), complete=complete)

    async def list_deleted_accounts(self, subscription: str) -> tuple[DeletedAccount, ...]:
        """The soft-deleted accounts of a subscription."""
        call = of_subscription(subscription, "list deleted accounts of", "deletedAccounts")
        return tuple(await self._every(call, wire_platform.deleted_account))

    async def list_capacities(self, subscription: str, model: ModelRef) -> tuple[ModelCapacity, ...]:
        """How much of one model version can be had, by region and SKU; `model.version` must be set."""
        named = {"modelFormat": model.format, "modelName": model.name, "modelVersion": str(model.version)}
        call = of_subscription(subscription, f"list capacity for {model.name} in", "modelCapacities")
        return tuple(await self._every(replace(call, query=named), wire_platform.capacity))

    async def evaluate_policies(
        self, account: AccountId, questions: Sequence[PolicyQuestion]
    ) -> Mapping[str, PolicyVerdict]:
        """What Azure Policy says of models and content filters in an account, by deployment name."""
        asked = [
            {
                "name": question.name,
                "properties": {
                    "model": dict(question.model),
                    **({"raiPolicyName": question.rai_policy} if question.rai_policy else {}),
                },
            }
            for question in questions
        ]
        call = replace(
            of_account(account, "evaluate policies at", "evaluateDeploymentPolicies", resource_type=""),
            method="POST",
            api_version=addresses.POLICIES_VERSION,
            content=encoded({"deployments": asked}),
        )
        return await self._asked(call, wire_platform.verdicts)

    async def validate(
        self,
        region: Region,
        bodies: Sequence[tuple[DeploymentId, JsonObject]],
        *,
        source_tenants: tuple[str, ...] = (),
    ) -> None:
        """Ask ARM's `validateResources` about PUTs of one subscription and resource group; writes nothing.

        Raises ValidationRefused where ARM would not take them, another ArmError where it could not say. The
        request is the one that Terraform's azapi provider sends (Azure/terraform-provider-azapi, preflight).
        """
        account = bodies[0][0].account
        scope = addresses.of_group(account.subscription, account.resource_group)
        asked = {
            "provider": addresses.PROVIDER,
            "type": "accounts/deployments",
            "location": region.name,
            "scope": scope,
            "resources": [
                {
                    "name": f"{name.account.name}/{name.name}",
                    "apiVersion": self.deployments_version,
                    **body,
                }
                for name, body in bodies
            ],
        }
        call = Call(
            operation="ask ARM to validate deployments of",
            target=scope,
            subscription=account.subscription,
            method="POST",
            path=addresses.VALIDATION,
            api_version=addresses.VALIDATION_VERSION,
            content=encoded(asked),
            source_tenants=tuple(dict.fromkeys(tenant.lower() for tenant in source_tenants)),
        )
        result = await self._policy.read(call, lambda *_: None)
        if isinstance(result, Rejected) and result.fault is not None:
            verdict = verdict_in(result.fault, operation=call.operation, target=call.target)
            raise verdict or result.error
        value_of(result)

    async def _every(self, call: Call, values: Callable[[Mapping[str, object]], tuple[T, ...]]) -> list[T]:
        found, _ = value_of(await self._policy.pages(call, values))
        return found

    async def _asked(self, call: Call, understand: Callable[[Mapping[str, object]], T]) -> T:
        return value_of(await self._policy.read(call, lambda _, body: understand(resource(body))))


def _iso(time: datetime) -> str:
    """A time as the Activity Log's filter takes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

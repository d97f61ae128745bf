"""The verbs of ARM that we use, on domain values: the engine's port to the world.

Rule of this module: a method answers with the whole truth or raises. There is no partial list, and "absent"
is only said where ARM said it of that very resource.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reconciler.arm import addresses, wire
from reconciler.arm.api_version import PERMISSIONS, Versions
from reconciler.arm.asking import Asker, resource
from reconciler.arm.auth import Attempt, TokenSource, attempts
from reconciler.arm.classify import rejection, says_account_is_gone, says_item_is_absent
from reconciler.arm.exchange import CONNECTIONS_A_CLIENT, Answer, Exchange
from reconciler.arm.late import LateOffers
from reconciler.arm.operation import reference, state_of
from reconciler.arm.origin import acceptable
from reconciler.arm.pacing import Pacing
from reconciler.arm.printable import printable, request_id
from reconciler.arm.retry import Jitter, RetryBudget, retry_after
from reconciler.arm.sender import Call, Exchanged, Sender, Tenants
from reconciler.arm.session import Refused, Session
from reconciler.arm.settings import ArmSettings, home_of
from reconciler.arm.validation import verdict_in
from reconciler.clock import Clock
from reconciler.domain.departure import UNWATCHED, Departure
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import Accepted, OperationRef, OperationState, OperationStatus
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
        self._exchange = Exchange(
            self._home,
            transport=transport,
            ca_file=settings.ca_file,
            read_only=settings.read_only,
            may_post=settings.may_post,
            clients=max(1, math.ceil(settings.parallelism / CONNECTIONS_A_CLIENT)),
        )
        pacing, budget = Pacing(clock, longest=settings.longest_wait), RetryBudget()
        tenants = Tenants(
            declared={name.lower(): tenant for name, tenant in settings.tenants.items()},
            default=None if self._home.loopback else settings.default_tenant,
        )
        self._sender = Sender(
            self._exchange,
            tokens,
            tenants,
            clock,
            pacing=pacing,
            budget=budget,
            at_once=settings.parallelism,
            correlation_id=settings.correlation_id,
            on_exchange=on_exchange,
        )
        session = Session(
            self._sender, clock, pacing=pacing, budget=budget, jitter=jitter, longest=settings.longest_wait
        )
        self._asker = Asker(session, self._home, Versions(settings.api_version, on_warning))
        self._departure = UNWATCHED

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exchange.close()

    @property
    def server_time(self) -> datetime | None:
        """ARM's own time at its last answer: what dates that ARM gives are to be judged by."""
        return self._sender.server_time

    def telling(self, departure: Departure) -> Self:
        """The same client, whose requests about deployments tell `departure` of their way out."""
        view = copy.copy(self)
        view._departure = departure  # noqa: SLF001 -- a copy of ourselves
        return view

    @property
    def loopback(self) -> bool:
        """Whether this is an emulator on this machine."""
        return self._home.loopback

    async def sign_in(self, tenant: str | None) -> tuple[Attempt, ...]:
        """Which credentials are asked for a token of `tenant`, and whether the last one has it."""
        return await attempts(self._tokens, tenant)

    @property
    def deployments_version(self) -> str:
        """The api-version that is spoken about deployments, as far as is settled by now."""
        return self._asker.version_of("deployments")

    # -- deployments ---------------------------------------------------------------------------------------

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        """All deployments of an account, to the last page; one that two pages show is taken as read last."""
        call = _read("list deployments of", str(account), account.subscription)
        items = await self._asker.every(
            "deployments",
            addresses.of_deployments(account),
            call,
            lambda item: (wire.deployment_in(item, account),),
        )
        return tuple({item.id: item for item in items}.values())

    async def get_deployment(self, deployment: DeploymentId) -> ObservedDeployment | None:
        """One deployment; None only where the provider says that the deployment itself is absent.

        Raises NotFound where the account, its group or its subscription is missing.
        """
        call = self._about(deployment, "read deployment")

        def understand(_: Answer, body: object) -> ObservedDeployment:
            return wire.deployment(resource(body), deployment)

        try:
            return await self._asker.read(
                "deployments", addresses.of_deployment(deployment), call, understand
            )
        except Refused as refused:
            if says_item_is_absent(refused.fault, refused.answer.headers, str(deployment)):
                return None
            raise refused.error from refused

    async def put_deployment(
        self, deployment: DeploymentId, body: JsonObject, *, source_tenants: tuple[str, ...] = ()
    ) -> Accepted:
        """Send one PUT; `source_tenants` get their tokens into x-ms-authorization-auxiliary (at most three).

        ArmUnreachable and ArmContractBroken leave open what became of it.
        """
        call = replace(
            self._about(deployment, "write deployment", "PUT"),
            content=json.dumps(body, allow_nan=False, default=_plain).encode(),
            source_tenants=tuple(dict.fromkeys(tenant.lower() for tenant in source_tenants)),
        )
        try:
            return await self._write(deployment, call)
        except Refused as refused:
            if refused.fault.code.lower() != "linkedauthorizationfailed":
                raise refused.error from refused
            raise rejection(
                refused.fault,
                operation=call.operation,
                target=call.target,
                request_id=refused.error.request_id,
                note=_linked_note(body, call.source_tenants),
            ) from refused

    async def delete_deployment(self, deployment: DeploymentId) -> Accepted:
        """Send one DELETE; a deployment that is absent, or whose account is gone, is as good as deleted."""
        account, call = deployment.account, self._about(deployment, "delete deployment", "DELETE")
        try:
            return await self._write(deployment, call)
        except Refused as refused:
            absent = says_item_is_absent(refused.fault, refused.answer.headers, str(deployment))
            if absent or says_account_is_gone(refused.fault, str(account), account.name):
                return Accepted(request_id=refused.error.request_id)
            raise refused.error from refused

    async def poll(self, operation: OperationRef) -> OperationState:
        """Look at an operation once. No answer, a 429 and a 5xx are taken for "still running"."""
        if not acceptable(operation.url, self._home):
            return OperationState(status=OperationStatus.UNREADABLE)
        call = self._about(operation.target, "poll the operation of")
        answer = await self._asker.look(operation.url, call)
        if answer is None:
            return OperationState(status=OperationStatus.RUNNING)
        return state_of(
            operation, status=answer.status, headers=answer.headers, body=answer.body, home=self._home
        )

    # -- accounts and regions ------------------------------------------------------------------------------

    async def list_accounts(self, subscription: str) -> tuple[ObservedAccount, ...]:
        """Every account of a subscription that the caller may see."""
        items = await self._asker.every(
            "accounts",
            addresses.of_accounts(subscription),
            _read("list accounts of subscription", subscription, subscription),
            lambda item: (wire.account_of(item, subscription),),
        )
        return tuple({item.id: item for item in items}.values())

    async def get_account(self, account: AccountId) -> ObservedAccount:
        """One account; NotFound's code tells whether it, its group or its subscription is missing."""

        def understand(_: Answer, body: object) -> ObservedAccount:
            return wire.the_account(resource(body), account)

        call = _read("read account", str(account), account.subscription)
        try:
            return await self._asker.read("accounts", addresses.of_account(account), call, understand)
        except Refused as refused:
            raise refused.error from refused

    async def list_subscriptions(self) -> tuple[ObservedSubscription, ...]:
        """Every subscription that the caller may see in the tenant it is signed in to."""
        items = await self._asker.every(
            "subscriptions",
            addresses.SUBSCRIPTIONS,
            _read("list subscriptions of", "the signed-in tenant", ""),
            lambda item: (wire.subscription(item),),
        )
        return tuple({item.id.lower(): item for item in items}.values())

    async def get_subscription(self, subscription: str) -> ObservedSubscription:
        """One subscription; NotFound where it does not exist, or is another tenant's."""

        def understand(_: Answer, body: object) -> ObservedSubscription:
            return wire.the_subscription(resource(body), subscription)

        call = _read("read subscription", subscription, subscription)
        path = addresses.of_subscription(subscription)
        try:
            return await self._asker.read("subscriptions", path, call, understand)
        except Refused as refused:
            raise refused.error from refused

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        """The quota pools of a region, as ARM's usages name them."""
        path = addresses.of_region(subscription, region, "usages")
        call = _read("list quotas of", f"{subscription} in {region}", subscription)
        return tuple(await self._asker.every("locations/usages", path, call, lambda item: (wire.pool(item),)))

    async def list_offers(self, subscription: str, region: Region) -> Sequence[Offer]:
        """The models, versions and SKUs that a region offers; a long list is read when it is looked at."""
        path = addresses.of_region(subscription, region, "models")
        unread: list[bytes] = []
        call = replace(
            _read("list models of", f"{subscription} in {region}", subscription), set_aside=unread.append
        )
        found = await self._asker.every("locations/models", path, call, wire.offers)
        if not unread:
            return tuple(found)
        return LateOffers(unread[-1], lambda why: f"the models of {region} cannot be used: {why}")

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        """The names of an account's content filters (raiPolicies)."""
        path = addresses.of_contents(account, "raiPolicies")
        call = _read("list content filters of", str(account), account.subscription)
        return tuple(await self._asker.every("accounts/raiPolicies", path, call, wire.policy_name))

    async def list_tuned_models(self, account: AccountId) -> tuple[str, ...]:
        """The names of the fine-tuned models and checkpoints in an account's models list."""
        path = addresses.of_contents(account, "models")
        call = _read("list models of", str(account), account.subscription)
        return tuple(await self._asker.every("accounts/models", path, call, wire.tuned_name))

    async def list_rights(self, account: AccountId) -> tuple[Grant, ...]:
        """What the caller's roles allow at an account, inherited ones too; deny assignments are not told."""
        path = addresses.of_permissions(account)
        call = _read("list permissions at", str(account), account.subscription)
        return tuple(await self._asker.every(PERMISSIONS, path, call, wire.grant))

    # -- a second opinion ----------------------------------------------------------------------------------

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
        version = self._asker.version_of("deployments")
        asked = {
            "provider": addresses.PROVIDER,
            "type": "accounts/deployments",
            "location": region.name,
            "scope": scope,
            "resources": [
                {"name": f"{name.account.name}/{name.name}", "apiVersion": version, **body}
                for name, body in bodies
            ],
        }
        call = Call(
            operation="ask ARM to validate deployments of",
            target=scope,
            subscription=account.subscription,
            method="POST",
            content=json.dumps(asked, allow_nan=False, default=_plain).encode(),
            source_tenants=tuple(dict.fromkeys(tenant.lower() for tenant in source_tenants)),
        )
        try:
            await self._asker.at(addresses.VALIDATION, addresses.VALIDATION_VERSION, call, lambda *_: None)
        except Refused as refused:
            raise (verdict_in(refused.fault, call) or refused.error) from refused

    def _about(self, deployment: DeploymentId, operation: str, method: str = "GET") -> Call:
        return Call(
            operation=operation,
            target=str(deployment),
            subscription=deployment.account.subscription,
            method=method,
            departure=self._departure,
        )

    async def _write(self, deployment: DeploymentId, call: Call) -> Accepted:
        def understand(answer: Answer, body: object) -> Accepted:
            operation, warning = reference(answer.headers, answer.status, deployment, self._home)
            return Accepted(
                operation=operation,
                deployment=_written(answer, body, deployment) if call.method == "PUT" else None,
                retry_after=retry_after(answer.headers),
                request_id=request_id(answer.headers.get("x-ms-request-id")),
                warning=warning,
            )

        return await self._asker.write("deployments", addresses.of_deployment(deployment), call, understand)


def _read(operation: str, target: str, subscription: str) -> Call:
    return Call(operation=operation, target=target, subscription=subscription, method="GET")


def _written(answer: Answer, body: object, deployment: DeploymentId) -> ObservedDeployment | None:
    """The body of a PUT's answer. 200 and 201 have one; 202, 204 and others may."""
    if answer.status in {200, 201} or (isinstance(body, dict) and "id" in body):
        return wire.deployment(resource(body), deployment)
    return None


def _plain(value: object) -> object:
    """For json: any mapping is an object."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _linked_note(body: JsonObject, source_tenants: tuple[str, ...]) -> str:
    """What to do about a source account that may not be read (F-024)."""
    properties = body.get("properties")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    found = (model.get("sourceAccount") or model.get("source")) if isinstance(model, Mapping) else None
    source = f"source account {printable(found, 300)}" if isinstance(found, str) else "source account"
    sent = "no other tenant's token was sent"
    if source_tenants:
        sent = f"a token of tenant {', '.join(source_tenants)} was sent along"
    return (
        f"({source}; {sent}. The identity needs Cognitive Services OpenAI Contributor on the source account, "
        "in the source's tenant, and on the destination account)"
    )

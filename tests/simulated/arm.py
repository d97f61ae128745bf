"""ARM behind the engine's port, without HTTP: a world of plain values, slow operations and scripted faults.

Written apart from the emulator and from the client; just true enough for the engine's laws: one write
per account at a time, quota pools, operations that outlive the process which started them, full-body
PUTs, defaults filled in by the service.
"""

import asyncio
import copy
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import (
    UNWATCHED,
    Accepted,
    Deferred,
    OperationRef,
    OperationState,
    OperationStatus,
    SendObserver,
)
from reconciler.domain.platform import Activity, DeletedAccount, Replacement
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.domain.state import ObservedAccount, ObservedDeployment, Offer, QuotaPool, SystemMetadata
from reconciler.errors import (
    ArmError,
    ArmUnreachable,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    Throttled,
)
from tests.simulated.deeds import SERVICE, US, Deed, Deeds, Event, Model, stamp

SOLD = ("GlobalStandard", "ProvisionedManaged")
READ_ONLY = ("id", "name", "type", "etag", "systemData")


LOOK_LASTS = 2.0
"""Seconds that may lie between a look and its write."""


class Crash(SystemExit):
    """The process under test was killed at this exchange; asyncio lets this kind out of any task at once."""


@dataclass(frozen=True)
class Exchange:
    """One request as it reached the world; `number` counts all of a run from 1."""

    number: int
    verb: str
    target: str
    time: float


@dataclass(frozen=True)
class Ending:
    """How an operation ends: what its status says, and the state that the deployment is left in."""

    status: OperationStatus = OperationStatus.SUCCEEDED
    state: str = "Succeeded"
    code: str = ""


@dataclass
class _Operation:
    target: DeploymentId
    ends_at: float
    who: str
    verb: str
    migrates: bool = False
    ending: Ending = Ending()
    done: bool = False


@dataclass
class World:
    """What exists, and what is going on. Survives the death of any client."""

    accounts: dict[AccountId, Region] = field(default_factory=dict)
    deployments: dict[DeploymentId, dict[str, Any]] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    policies: tuple[str, ...] = ("Microsoft.Default", "Microsoft.DefaultV2")
    operations: dict[str, _Operation] = field(default_factory=dict)
    models: frozenset[str] = frozenset()
    long_seconds: float = 30.0
    migration_seconds: float = 30.0
    """How long a provisioned deployment takes to get another model."""
    successors: dict[str, str] = field(default_factory=dict)
    """The model that the service moves deployments of another one to, as its list announces."""
    previews: dict[str, str] = field(default_factory=dict)
    """Models that are previews, each with the day on which it ends."""
    steps: dict[str, int] = field(default_factory=dict)
    """The step, and the minimum, of the sizes of a model; 1 where nothing is said."""
    endings: dict[DeploymentId, Ending] = field(default_factory=dict)
    writes: list[tuple[float, str, DeploymentId]] = field(default_factory=list)
    peaks: Counter[str] = field(default_factory=Counter)
    overlaps: list[DeploymentId] = field(default_factory=list)
    interrupted: list[DeploymentId] = field(default_factory=list)
    """What we wrote to while its own operation was going on."""
    deeds: Deeds = field(default_factory=Deeds)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    epoch: float = 0.0
    enforces_etags: bool = False
    dates: bool = False
    """Whether an answer says when the deployment was last written."""
    unsets: dict[str, str] = field(default_factory=dict)
    """How a property is un-set: "null", "empty" or "never"; by leaving it out where nothing is said.

    A null is refused where it un-sets nothing.
    """
    ends_at: dict[DeploymentId, tuple[float, str]] = field(default_factory=dict)
    """When somebody else's operation ends, and in which state."""
    keeps_to_itself: frozenset[str] = frozenset()
    """Properties, or parts of them as `name.part`, that are taken and never answered."""
    deleted: tuple[DeletedAccount, ...] = ()
    """Soft-deleted accounts."""
    taken_over: dict[DeploymentId, tuple["Exchange", str]] = field(default_factory=dict)
    """What another fleet took over during a run: at which exchange, and what it looks like since."""

    def pool(self, resource: Mapping[str, Any]) -> str:
        sku = resource.get("sku", {})
        return pool_of(str(sku.get("name")), str(resource["properties"]["model"]["name"]))

    def used(self, pool: str) -> int:
        return sum(
            int(resource.get("sku", {}).get("capacity") or 0)
            for resource in self.deployments.values()
            if self.pool(resource) == pool
        )

    def settle(self, now: float) -> None:
        """Let operations whose time has come end."""
        for name, (at, state) in list(self.ends_at.items()):
            if at <= now:
                self.deployments[name]["properties"]["provisioningState"] = state
                del self.ends_at[name]
        for operation in self.operations.values():
            if operation.ends_at > now or operation.done:
                continue
            resource = self.deployments.get(operation.target)
            if resource is not None:
                deleted = resource["properties"]["provisioningState"] == "Deleting"
                if deleted and operation.ending.state == "Succeeded":
                    del self.deployments[operation.target]
                else:
                    resource["properties"]["provisioningState"] = operation.ending.state
            operation.done = True
            ended = "Succeeded" if operation.ending.status is OperationStatus.SUCCEEDED else "Failed"
            self.log(operation.ends_at, operation.who, operation.verb, operation.target, ended)

    def log(self, at: float, who: str, verb: str, target: DeploymentId, status: str) -> None:
        """One event of the Activity Log."""
        self.deeds.events.append(Event(at=at, who=who, verb=verb, target=target, status=status))

    def busy(self, account: AccountId, now: float) -> bool:
        return any(
            operation.target.account == account and operation.ends_at > now
            for operation in self.operations.values()
        )

    def migrating(self, now: float) -> frozenset[DeploymentId]:
        """What is getting another model at this moment."""
        return frozenset(
            operation.target
            for operation in self.operations.values()
            if operation.migrates and operation.ends_at > now
        )

    def upgradable(self) -> list[DeploymentId]:
        """The pay-as-you-go deployments that the service may move, and has something to move to."""
        return sorted((name for name in self.deployments if self._target(name)), key=lambda name: name.key)

    def upgrade(self, deployment: DeploymentId, now: float | None = None) -> bool:
        """The service moves a deployment to its model's successor, or to a newer version, where it may."""
        resource, after = self.deployments[deployment], self._target(deployment)
        if after is None:
            return False
        self.did(
            self.epoch if now is None else now, SERVICE, "upgrade", deployment, model_of(resource), after
        )
        resource["properties"]["model"] |= {"name": after[0], "version": after[1]}
        resource["etag"] = f'"{next(self.numbers)}"'
        return True

    def _target(self, deployment: DeploymentId) -> Model | None:
        resource = self.deployments[deployment]
        properties = resource["properties"]
        option = str(properties.get("versionUpgradeOption")).lower()
        if not SkuName(resource["sku"]["name"]).pay_as_you_go or option == "noautoupgrade":
            return None
        name, version = model_of(resource)
        after = (self.successors[name], "1") if name in self.successors else (name, "2")
        return None if properties["provisioningState"] != "Succeeded" or after == (name, version) else after

    def did(
        self,
        at: float,
        who: str,
        verb: str,
        target: DeploymentId,
        before: Model | None,
        after: Model | None,
    ) -> None:
        """Keep what was done."""
        self.deeds.all.append(Deed(at=at, who=who, verb=verb, target=target, before=before, after=after))

    def bodies(self) -> dict[DeploymentId, dict[str, Any]]:
        """What a person would compare: everything but read-only and volatile parts."""
        return {
            name: {
                "sku": resource["sku"],
                "tags": resource.get("tags", {}),
                "properties": {
                    key: value
                    for key, value in resource["properties"].items()
                    if key not in {"rateLimits", "capabilities"}
                },
            }
            for name, resource in self.deployments.items()
        }


def model_of(resource: Mapping[str, Any]) -> Model:
    """Name and version of the model that a resource has."""
    model = resource["properties"]["model"]
    return model["name"], model.get("version", "")


def pool_of(sku: str, model: str) -> str:
    """Provisioned SKUs share a pool among all models; the others have one for each."""
    provisioned = SkuName(sku).family is SkuFamily.PROVISIONED
    return f"OpenAI.{sku}" if provisioned else f"OpenAI.{sku}.{model}"


Fault = Callable[[Exchange, str], None]
"""Called with phase "before" (nothing happened yet) and "after" (the world has changed, no answer yet)."""


def no_fault(exchange: Exchange, phase: str) -> None:
    del exchange, phase


class SimulatedArm:
    """One client's view of a world; `fault` may raise at each exchange. Lists lack what is `unlisted` yet."""

    def __init__(
        self,
        world: World,
        *,
        fault: Fault = no_fault,
        latency: float = 0.2,
        who: str = "us",
        unlisted: frozenset[DeploymentId] = frozenset(),
    ) -> None:
        self.world = world
        self.fault = fault
        self.latency = latency
        self.who = who
        self.unlisted = unlisted
        self.exchanges: list[Exchange] = []
        self.resume_at = 0.0

    # -- the port --------------------------------------------------------------------------------------

    @asynccontextmanager
    async def turn(
        self,
        deployment: DeploymentId,
        method: str,
        *,
        observer: SendObserver = UNWATCHED,
        source_tenants: tuple[str, ...] = (),
        attempt: int = 1,
    ) -> AsyncIterator["SimulatedTurn"]:
        del attempt, source_tenants
        await self.held_back(method, observer)
        observed = await self.get_deployment(deployment, observer=observer)
        yield SimulatedTurn(self, deployment, observed, method, observer, self.now)

    async def list_accounts(self, subscription: str) -> tuple[ObservedAccount, ...]:
        await self._exchange("LIST", subscription)
        return tuple(
            ObservedAccount(id=account, region=region, kind="OpenAI")
            for account, region in self.world.accounts.items()
            if account.subscription == subscription
        )

    async def get_account(self, account: AccountId) -> ObservedAccount:
        await self._exchange("GET", str(account))
        self._must_exist(account)
        return ObservedAccount(id=account, region=self.world.accounts[account], kind="OpenAI")

    async def list_deployments(self, account: AccountId) -> tuple[ObservedDeployment, ...]:
        await self._exchange("LIST", str(account))
        self._must_exist(account)
        return tuple(
            self._observed(name)
            for name in sorted(self.world.deployments, key=lambda one: one.key)
            if name.account == account and name not in self.unlisted
        )

    async def get_deployment(
        self, deployment: DeploymentId, *, observer: SendObserver = UNWATCHED
    ) -> ObservedDeployment | None:
        await self.held_back("GET", observer)
        observer.sending("GET")
        await self._exchange("GET", str(deployment))
        self._must_exist(deployment.account)
        return self._observed(deployment) if deployment in self.world.deployments else None

    async def put_deployment(
        self, deployment: DeploymentId, body: JsonObject, *, etag: str | None = ""
    ) -> Accepted:
        """What a PUT does; `etag` is that of the look (None: nothing was there, empty: no condition)."""
        exchange = await self._exchange("PUT", str(deployment))
        self._must_be_as_looked_at(deployment, etag)
        operation = self._put(deployment, body)
        self._note("PUT", deployment)
        self.fault(exchange, "after")
        return self._accepted(operation, deployment)

    async def delete_deployment(self, deployment: DeploymentId, *, etag: str | None = "") -> Accepted:
        exchange = await self._exchange("DELETE", str(deployment))
        self._must_be_as_looked_at(deployment, etag)
        self._must_be_free(deployment)
        operation = None
        resource = self.world.deployments.get(deployment)
        if resource is not None:
            self.world.did(self.now, self.who, "delete", deployment, model_of(resource), None)
            self.world.log(self.now, self.who, "delete", deployment, "Started")
            if self._is_long(resource):
                resource["properties"]["provisioningState"] = "Deleting"
                operation = self._start(deployment, "delete")
            else:
                del self.world.deployments[deployment]
                self.world.log(self.now, self.who, "delete", deployment, "Succeeded")
            self._note("DELETE", deployment)
        self.fault(exchange, "after")
        return self._accepted(operation, deployment)

    async def poll(self, operation: OperationRef, *, observer: SendObserver = UNWATCHED) -> OperationState:
        await self.held_back("GET", observer)
        observer.sending("GET")
        await self._exchange("POLL", str(operation.target))
        known = self.world.operations[operation.url]
        if known.done:
            return OperationState(status=known.ending.status, code=known.ending.code, message="scripted")
        return OperationState(status=OperationStatus.RUNNING, retry_after=60.0 if known.migrates else 5.0)

    async def list_deleted_accounts(self, subscription: str) -> tuple[DeletedAccount, ...]:
        await self._exchange("LIST", f"{subscription}/deletedAccounts")
        return self.world.deleted

    async def list_pools(self, subscription: str, region: Region) -> tuple[QuotaPool, ...]:
        await self._exchange("GET", f"{subscription}/{region}/usages")
        return tuple(
            QuotaPool(name=name, label=name, used=self.world.used(name), limit=limit)
            for name, limit in sorted(self.world.limits.items())
        )

    async def list_offers(self, subscription: str, region: Region) -> tuple[Offer, ...]:
        await self._exchange("GET", f"{subscription}/{region}/models")
        models, successors = {*self.world.models}, self.world.successors
        models |= {str(r["properties"]["model"]["name"]) for r in self.world.deployments.values()}
        models |= {name.split(".", 2)[2] for name in self.world.limits if name.count(".") > 1}
        return tuple(
            Offer(
                model_format="OpenAI",
                model_name=model,
                model_version=version,
                sku=SkuName(sku),
                pool=pool_of(sku, model),
                minimum=self.world.steps.get(model),
                step=self.world.steps.get(model),
                lifecycle_status="Preview" if model in self.world.previews else "",
                retires=self.world.previews.get(model),
                replacement=Replacement(model=after, version="1")
                if (after := successors.get(model))
                else None,
            )
            for model in sorted(models)
            for version in ("1", "2")
            for sku in SOLD
        )

    async def list_policies(self, account: AccountId) -> tuple[str, ...]:
        await self._exchange("GET", f"{account}/raiPolicies")
        self._must_exist(account)
        return self.world.policies

    async def list_tuned_models(self, account: AccountId) -> tuple[str, ...]:
        await self._exchange("GET", f"{account}/models")
        self._must_exist(account)
        return ()

    async def list_activity(self, subscription: str, since: datetime, until: datetime) -> Activity:
        """The Activity Log; of its last 90 days, and no test lasts as long."""
        del since, until
        await self._exchange("GET", f"{subscription}/eventtypes")
        if not self.world.deeds.readable:
            raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")
        return self.world.deeds.activity(self.now)

    async def held_back(self, method: str, observer: SendObserver) -> None:
        """Wait for the end of a pause that ARM asked for."""
        del method
        left = self.resume_at - self.now
        if left > 0:
            observer.held_back("the end of a pause", left)
            await asyncio.sleep(left)

    # -- the world's rules -----------------------------------------------------------------------------

    async def _exchange(self, verb: str, target: str) -> Exchange:
        await asyncio.sleep(self.latency / 2)
        exchange = Exchange(len(self.exchanges) + 1, verb, target, self.now)
        self.exchanges.append(exchange)
        self.fault(exchange, "before")
        self.world.settle(self.now)
        return exchange

    @property
    def now(self) -> float:
        return self.world.epoch + asyncio.get_running_loop().time()

    def _must_exist(self, account: AccountId) -> None:
        if account not in self.world.accounts:
            raise NotFound(
                f"account {account.name} was not found",
                operation="read",
                target=str(account),
                status=404,
                code="ResourceNotFound",
            )

    def _must_be_as_looked_at(self, deployment: DeploymentId, etag: str | None) -> None:
        """If-Match and If-None-Match, where this world enforces them."""
        if not self.world.enforces_etags or etag == "":
            return
        there = self.world.deployments.get(deployment)
        if (None if there is None else there["etag"]) != etag:
            raise InvalidRequest(
                "the condition is not met",
                operation="write",
                target=str(deployment),
                status=412,
                code="PreconditionFailed",
            )

    def _must_be_free(self, deployment: DeploymentId) -> None:
        self._must_exist(deployment.account)
        if self.world.busy(deployment.account, self.now):
            self.world.overlaps.append(deployment)
            if self.who == US and self._has_operation(deployment):
                self.world.interrupted.append(deployment)
            raise Conflict(
                f"Another operation is being performed on the parent resource '{deployment.account}'.",
                operation="write",
                target=str(deployment),
                status=409,
                code="RequestConflict",
            )

    def _has_operation(self, deployment: DeploymentId) -> bool:
        operations = self.world.operations.values()
        return any(one.target == deployment and one.ends_at > self.now for one in operations)

    def stranger_puts(self, deployment: DeploymentId, body: JsonObject) -> bool:
        """A PUT of somebody else's, at this very moment; whether ARM took it."""
        if self.world.busy(deployment.account, self.now):
            return False
        try:
            self._put(deployment, body)
        except ArmError:
            return False
        return True

    def _put(self, deployment: DeploymentId, body: JsonObject) -> str | None:
        self._must_be_free(deployment)
        wanted = copy.deepcopy(dict(body))
        before = self.world.deployments.get(deployment)
        if before is not None and before["properties"]["provisioningState"] == "Failed":
            self._refuse(deployment, "BadRequest", "is in 'Failed' state, please delete it first")
        self._unset(deployment, before, wanted)
        resource = self._filled_in(deployment, wanted, created=before is None)
        self._must_change_legally(deployment, before, resource)
        self._must_fit(deployment, before, resource)
        self.world.deployments[deployment] = resource
        old = None if before is None else model_of(before)
        self.world.did(self.now, self.who, "write", deployment, old, model_of(resource))
        self.world.log(self.now, self.who, "write", deployment, "Started")
        pool = self.world.pool(resource)
        self.world.peaks[pool] = max(self.world.peaks[pool], self.world.used(pool))
        if not self._is_long(resource):
            ending = self.world.endings.pop(deployment, Ending())
            resource["properties"]["provisioningState"] = ending.state
            self.world.log(self.now, self.who, "write", deployment, "Succeeded")
            return None
        resource["properties"]["provisioningState"] = "Creating" if before is None else "Updating"
        return self._start(deployment, "write", migrates=old not in {None, model_of(resource)})

    def _unset(self, deployment: DeploymentId, before: dict[str, Any] | None, wanted: dict[str, Any]) -> None:
        """Keep what the body leaves out, and drop what it takes away in the one form that counts here."""
        properties = wanted["properties"]
        for name, form in self.world.unsets.items():
            if before is None or name not in before["properties"]:
                continue
            asked = "omitted" if name not in properties else {None: "null", "": "empty"}.get(properties[name])
            if asked is None:
                continue
            if asked == "null" and form != "null":
                self._refuse(deployment, "InvalidResourceProperties", f"{name} cannot be null")
            properties.pop(name, None)
            if asked != form:
                properties[name] = before["properties"][name]

    def _filled_in(
        self, deployment: DeploymentId, wanted: dict[str, Any], *, created: bool
    ) -> dict[str, Any]:
        """A body as it is kept. Only the upgrade option is taken to be filled in by every write."""
        properties = {
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            **({"raiPolicyName": "Microsoft.DefaultV2"} if created else {}),
            **wanted.get("properties", {}),
        }
        if created:
            properties["model"] = {"version": "1", **properties["model"]}
        properties["currentCapacity"] = wanted["sku"].get("capacity")
        properties["provisioningState"] = "Succeeded"
        properties["rateLimits"] = [{"key": "request", "renewalPeriod": 10, "count": 1}]
        resource = {
            "id": str(deployment),
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "name": deployment.name,
            "sku": dict(wanted["sku"]),
            "properties": properties,
            "systemData": {"lastModifiedBy": self.who, "lastModifiedAt": stamp(self.now)},
            "etag": f'"{next(self.world.numbers)}"',
        }
        if wanted.get("tags"):
            resource["tags"] = dict(wanted["tags"])
        return resource

    def _must_change_legally(
        self, deployment: DeploymentId, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> None:
        if before is None:
            return
        old, new = before["properties"]["model"], after["properties"]["model"]
        migrates = self._is_long(before) and before["sku"]["name"] == after["sku"]["name"]
        same_format = old.get("format") == new.get("format")
        if old["name"] != new["name"] and not (migrates and same_format):
            self._refuse(
                deployment, "CannotChangeDeploymentModel", "The model of deployment cannot be changed."
            )
        sizes = (one["sku"].get("capacity") for one in (before, after))
        moved = (old["name"], old.get("version")) != (new["name"], new.get("version"))
        if moved and len({*sizes}) > 1:
            self._refuse(deployment, "BadRequest", "Cannot change capacity and model at the same time")

    def _must_fit(
        self, deployment: DeploymentId, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> None:
        pool = self.world.pool(after)
        limit = self.world.limits.get(pool)
        if limit is None:
            return
        held = int(before["sku"]["capacity"]) if before and self.world.pool(before) == pool else 0
        if self.world.used(pool) - held + int(after["sku"]["capacity"]) > limit:
            raise QuotaExceeded(
                f"bigger than the quota limit {limit} of {pool}",
                operation="write",
                target=str(deployment),
                status=400,
                code="InsufficientQuota",
            )

    def _refuse(self, deployment: DeploymentId, code: str, message: str) -> NoReturn:
        raise InvalidRequest(message, operation="write", target=str(deployment), status=400, code=code)

    def _is_long(self, resource: Mapping[str, Any]) -> bool:
        return "Provisioned" in resource["sku"]["name"]

    def _start(self, deployment: DeploymentId, verb: str, *, migrates: bool = False) -> str:
        url = f"operation/{next(self.world.numbers)}"
        self.world.operations[url] = _Operation(
            target=deployment,
            ends_at=self.now + (self.world.migration_seconds if migrates else self.world.long_seconds),
            who=self.who,
            verb=verb,
            migrates=migrates,
            ending=self.world.endings.pop(deployment, Ending()),
        )
        return url

    def _note(self, verb: str, deployment: DeploymentId) -> None:
        self.world.writes.append((self.now, verb, deployment))

    def _accepted(self, operation: str | None, deployment: DeploymentId) -> Accepted:
        reference = OperationRef(url=operation, ends_by_status=True, target=deployment) if operation else None
        seen = self._observed(deployment) if deployment in self.world.deployments else None
        return Accepted(operation=reference, deployment=seen, request_id=f"req-{len(self.exchanges)}")

    def _observed(self, name: DeploymentId) -> ObservedDeployment:
        resource = copy.deepcopy(self.world.deployments[name])
        for hidden in self.world.keeps_to_itself:
            *outer, field_name = hidden.split(".")
            holder = resource["properties"]
            for one in outer:
                holder = holder.get(one, {})
            holder.pop(field_name, None)
        model, sku = resource["properties"]["model"], resource.get("sku", {})
        return ObservedDeployment(
            id=name,
            model_format=model.get("format"),
            model_name=model["name"],
            model_version=model.get("version"),
            model_source=model.get("sourceAccount") or model.get("source"),
            sku=SkuName(sku["name"]) if sku else None,
            capacity=sku.get("capacity"),
            provisioning_state=resource["properties"]["provisioningState"],
            tags=resource.get("tags", {}),
            etag=resource["etag"],
            system=SystemMetadata(
                last_modified_by=resource["systemData"].get("lastModifiedBy"),
                last_modified_at=resource["systemData"].get("lastModifiedAt") if self.world.dates else None,
            ),
            resource=resource,
        )


@dataclass(frozen=True)
class SimulatedTurn:
    """A look that was had and the write that may follow it."""

    arm: SimulatedArm
    deployment: DeploymentId
    observed: ObservedDeployment | None
    method: str
    observer: SendObserver
    looked_at: float

    @property
    def _etag(self) -> str | None:
        return self.observed.etag if self.observed is not None else None

    async def put(self, body: JsonObject) -> Accepted | Deferred:
        return await self._sent(
            "PUT", lambda: self.arm.put_deployment(self.deployment, body, etag=self._etag)
        )

    async def delete(self) -> Accepted | Deferred:
        return await self._sent(
            "DELETE", lambda: self.arm.delete_deployment(self.deployment, etag=self._etag)
        )

    async def _sent(self, method: str, send: Callable[[], Awaitable[Accepted]]) -> Accepted | Deferred:
        assert method == self.method, "a turn was had for another verb"
        if self.arm.now - self.looked_at > LOOK_LASTS:
            return Deferred(why="another look")
        self.observer.sending(method)
        try:
            return await send()
        except Throttled as pause:
            self.arm.resume_at = self.arm.now + (pause.retry_after or 0.0)
            return Deferred(why="the end of a pause", error=pause)


def lose_answer(exchange: Exchange) -> NoReturn:
    """The request (perhaps) arrived, the answer did not."""
    raise ArmUnreachable("the connection was reset", operation="write", target=exchange.target)


def assert_looked(arm: SimulatedArm) -> None:
    """Each write of a run comes at most two seconds after a GET of that deployment by the same run."""
    looks: dict[str, float] = {}
    for exchange in arm.exchanges:
        if exchange.verb == "GET":
            looks[exchange.target] = exchange.time
        if exchange.verb in {"PUT", "DELETE"}:
            assert exchange.time - looks.get(exchange.target, -10.0) <= 2.0, exchange


def in_the_window(arm: SimulatedArm, target: DeploymentId, struck: Exchange) -> bool:
    """Whether a stranger struck between a look's answer and the arrival of the write that it allowed."""
    next_one = next(
        (one for one in arm.exchanges if one.number >= struck.number and one.target == str(target)), struck
    )
    return next_one.verb in {"PUT", "DELETE"}

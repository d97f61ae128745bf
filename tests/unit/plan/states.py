"""Builders of the two states that a plan compares; a test names what matters to it, the rest is plain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    JsonValue,
    Lifecycle,
    ModelRef,
    SourceAccount,
    Unset,
)
from reconciler.domain.fleet import (
    DesiredAccount,
    DesiredState,
    Fleet,
    Guards,
    PrunePolicy,
    Scope,
    Subscription,
)
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.marks import FLEET_TAG
from reconciler.domain.sku import SkuName
from reconciler.domain.state import (
    Listed,
    ObservedAccount,
    ObservedDeployment,
    ObservedState,
    Offer,
    QuotaPool,
    Reading,
    RegionFacts,
    SystemMetadata,
)
from reconciler.plan.actions import Action
from reconciler.plan.allowances import Policy
from reconciler.plan.body import put_body
from reconciler.plan.make import make_plan
from reconciler.plan.plan import Plan
from tests.build import declared

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
REGION = Region("swedencentral")
OURS = "contoso"
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
EVERYTHING = Policy(max_deletes=1000, allow_empty=True)


def account(name: str = "acc", *, subscription: str = SUBSCRIPTION) -> AccountId:
    return AccountId(subscription=subscription, resource_group="rg", name=name)


def name_of(name: str, *, in_account: str = "acc") -> DeploymentId:
    return DeploymentId(account=account(in_account), name=name)


def desired(
    name: str = "chat",
    *,
    in_account: str = "acc",
    model: str = "gpt-4o",
    version: str | Unset = "2024-11-20",
    sku: str = "GlobalStandard",
    capacity: int | Unset = 50,
    source: SourceAccount | None = None,
    tags: Mapping[str, str | None] | Unset = UNSET,
    spillover: str | Unset | None = UNSET,
    parent: str | Unset | None = UNSET,
    option: str | Unset | None = UNSET,
    rai: str | Unset | None = UNSET,
    settings: Mapping[str, Any] | None = None,
    lifecycle: Lifecycle | None = None,
    adopt: bool = False,
    tenant: str | None = None,
) -> DesiredDeployment:
    return declared(
        name_of(name, in_account=in_account),
        ModelRef(name=model, version=version, source=source),
        sku,
        capacity,
        tags=tags,
        settings={
            **stated(option=option, rai=rai, spillover=spillover, parent=parent),
            **(settings or {}),
        },
        lifecycle=lifecycle or Lifecycle(),
        adopt=adopt,
        tenant=tenant,
    )


def stated(**fields: str | Unset | None) -> dict[str, Any]:
    """Properties by ARM's names, less those that are unset."""
    names = {
        "option": "versionUpgradeOption",
        "rai": "raiPolicyName",
        "spillover": "spilloverDeploymentName",
        "parent": "parentDeploymentName",
    }
    return {names[name]: value for name, value in fields.items() if not isinstance(value, Unset)}


def answer(one: DeploymentId, body: Mapping[str, Any], *, state: str = "Succeeded") -> dict[str, Any]:
    """What ARM answers for a body that it has taken: read-only parts and defaults filled in."""
    properties = {
        "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        "raiPolicyName": "Microsoft.DefaultV2",
        **body["properties"],
    }
    capacity = body["sku"].get("capacity", 1)
    resource = {
        "id": str(one),
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": one.name,
        "sku": {**body["sku"], "capacity": capacity},
        "tags": dict(body.get("tags") or {}),
        "properties": {
            **properties,
            "model": {"version": "2024-08-06", **properties["model"]},
            "currentCapacity": capacity,
            "capabilities": {"chatCompletion": "true"},
            "provisioningState": state,
            "rateLimits": [{"key": "request", "renewalPeriod": 10, "count": capacity}],
        },
        "systemData": {"lastModifiedBy": "someone@example.com", "lastModifiedAt": "2026-11-01T00:00:00Z"},
        "etag": '"1"',
    }
    if not resource["tags"]:
        del resource["tags"]
    return resource


def seen(one: DeploymentId, resource: Mapping[str, Any]) -> ObservedDeployment:
    """An answer as the client reads it."""
    properties, model = resource["properties"], resource["properties"]["model"]
    system = resource.get("systemData", {})
    return ObservedDeployment(
        id=one,
        model_format=model.get("format"),
        model_name=model.get("name"),
        model_version=model.get("version"),
        model_source=model.get("source") or model.get("sourceAccount"),
        sku=SkuName(resource["sku"]["name"]),
        capacity=resource["sku"].get("capacity"),
        provisioning_state=properties.get("provisioningState", "Succeeded"),
        tags=resource.get("tags", {}),
        etag=resource.get("etag"),
        system=SystemMetadata(
            last_modified_by=system.get("lastModifiedBy"), last_modified_at=system.get("lastModifiedAt")
        ),
        resource=resource,
    )


def applied(
    one: DesiredDeployment, *, fleet: str = OURS, state: str = "Succeeded", **properties: JsonValue
) -> ObservedDeployment:
    """`one` as it is after we applied it; `properties` are laid over what ARM then shows."""
    resource = answer(one.id, put_body(one, None, fleet), state=state)
    resource["properties"].update(properties)
    return seen(one.id, resource)


def unmarked(there: ObservedDeployment) -> ObservedDeployment:
    """The same deployment as somebody made it by hand."""
    tags = {name: value for name, value in there.tags.items() if not name.startswith("reconciler-")}
    return seen(there.id, {**there.resource, "tags": tags})


def tagged(there: ObservedDeployment, **tags: str) -> ObservedDeployment:
    marks = {name.replace("_", "-"): value for name, value in tags.items()}
    return seen(there.id, {**there.resource, "tags": {**there.tags, **marks}})


def in_state(there: ObservedDeployment, state: str) -> ObservedDeployment:
    return replace(there, provisioning_state=state)


def of_fleet(there: ObservedDeployment, fleet: str) -> ObservedDeployment:
    return tagged(there, **{FLEET_TAG: fleet})


def state(
    *deployments: DesiredDeployment,
    accounts: Sequence[str] = ("acc",),
    prune: PrunePolicy = PrunePolicy.OWNED,
    guards: Guards | None = None,
    scope: Scope | None = None,
    region: Region | None = REGION,
    digest: str = "digest",
) -> DesiredState:
    return DesiredState(
        fleet=Fleet(
            name=OURS,
            cloud="emulator",
            guards=guards or Guards(),
            subscriptions={"prod": Subscription(id=SUBSCRIPTION, tenant=None)},
        ),
        accounts=tuple(DesiredAccount(id=account(name), region=region, prune=prune) for name in accounts),
        deployments=deployments,
        scope=scope or Scope(),
        manifest_digest=digest,
    )


def listed(
    *there: ObservedDeployment, name: str = "acc", region: Region = REGION, state: str = "Succeeded"
) -> Listed:
    found = ObservedAccount(id=account(name), region=region, kind="OpenAI", provisioning_state=state)
    return Listed(account=found, deployments=there)


def world(
    *readings: Reading,
    pools: Mapping[str, tuple[int, int]] | None = None,
    offers: Sequence[Offer] | None = (),
) -> ObservedState:
    """`pools` are (used, limit) by name; None stands for usages that could not be read."""
    figures = None if pools is None else _pools(pools)
    facts = RegionFacts(
        subscription=SUBSCRIPTION,
        region=REGION,
        pools=figures,
        offers=None if offers is None else tuple(offers),
    )
    ids = [reading.account.id if isinstance(reading, Listed) else reading.id for reading in readings]
    return ObservedState(readings=dict(zip(ids, readings, strict=True)), regions=(facts,))


def _pools(pools: Mapping[str, tuple[int, int]]) -> tuple[QuotaPool, ...]:
    return tuple(
        QuotaPool(name=name, label=f"label of {name}", used=used, limit=limit)
        for name, (used, limit) in pools.items()
    )


def offer(
    pool: str,
    *,
    model: str = "gpt-4o",
    version: str = "2024-11-20",
    sku: str = "GlobalStandard",
    kind: str = "OpenAI",
    retires: str | None = None,
    default: bool = False,
    sizes: tuple[int | None, int | None, int | None] = (None, None, None),
    status: str = "",
) -> Offer:
    return Offer(
        model_format="OpenAI",
        model_name=model,
        model_version=version,
        sku=SkuName(sku),
        pool=pool,
        account_kind=kind,
        retires=retires,
        default_version=default,
        minimum=sizes[0],
        step=sizes[1],
        maximum=sizes[2],
        lifecycle_status=status,
    )


def plan(declared: DesiredState, there: ObservedState, policy: Policy = EVERYTHING) -> Plan:
    return make_plan(declared, there, policy=policy)


def only_action(made: Plan) -> Action:
    """The plan's one action."""
    (step,) = made.steps
    return step.action


TODAY = date(2026, 11, 29)

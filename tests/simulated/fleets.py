"""Small fleets for tests: each shows every value that it depends on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    Lifecycle,
    ModelRef,
    Unset,
)
from reconciler.domain.fleet import DesiredAccount, DesiredState, Fleet, PrunePolicy
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import capacity_of
from tests.build import declared

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
REGION = Region("eastus2")


def account(name: str = "alpha") -> AccountId:
    return AccountId(subscription=SUBSCRIPTION, resource_group="rg", name=name)


def deployment(name: str, *, in_account: str = "alpha") -> DeploymentId:
    return DeploymentId(account=account(in_account), name=name)


def desired(
    name: str,
    *,
    in_account: str = "alpha",
    model: str = "gpt-x",
    version: str | Unset = "1",
    sku: str = "GlobalStandard",
    capacity: int = 10,
    spillover: str | Unset | None = UNSET,
    settings: Mapping[str, Any] | None = None,
    lifecycle: Lifecycle | None = None,
) -> DesiredDeployment:
    return declared(
        deployment(name, in_account=in_account),
        ModelRef(name=model, version=version),
        sku,
        capacity,
        settings={
            **({} if isinstance(spillover, Unset) else {"spilloverDeploymentName": spillover}),
            **(settings or {}),
        },
        lifecycle=lifecycle or Lifecycle(),
        region=REGION,
    )


def fleet(
    *deployments: DesiredDeployment, accounts: tuple[str, ...] = ("alpha",), name: str = "ours"
) -> DesiredState:
    return DesiredState(
        fleet=Fleet(name=name, cloud="emulator"),
        accounts=tuple(
            DesiredAccount(id=account(one), region=REGION, prune=PrunePolicy.OWNED) for one in accounts
        ),
        deployments=deployments,
        manifest_digest="test",
    )


def changed(
    one: DesiredDeployment, *, capacity: int | None = None, version: str | None = None
) -> DesiredDeployment:
    """The same deployment with another capacity or version."""
    spec = one.spec
    if capacity is not None:
        spec = replace(spec, sku=replace(spec.sku, capacity=capacity_of(spec.sku.name, capacity)))
    if version is not None:
        spec = replace(spec, model=replace(spec.model, version=version))
    return replace(one, spec=spec)

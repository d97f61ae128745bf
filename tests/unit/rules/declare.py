"""Builders for what a manifest declares; every value a test depends on stands in the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Layer, Place, Provenance, Severity
from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    JsonValue,
    Lifecycle,
    ModelRef,
    SourceAccount,
)
from reconciler.domain.fleet import DesiredAccount, DesiredState, Fleet, Retirement, Scope
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.manifest import rules
from tests import build

TODAY = date(2026, 11, 24)
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
CHECKPOINT = "ftchkpt-e559c011ecc04fc68eaa339d8227d02d"
PROD = "11111111-1111-1111-1111-111111111111"
RESEARCH = "22222222-2222-2222-2222-222222222222"


def account_id(name: str = "aoai-contoso", subscription: str = PROD) -> AccountId:
    return AccountId(subscription=subscription, resource_group="rg-ai", name=name)


def source(name: str = "aoai-ft", subscription: str = RESEARCH, tenant: str | None = None) -> SourceAccount:
    return SourceAccount(account=account_id(name, subscription), tenant=tenant)


def deployment(
    model: str = "gpt-5.4-mini",
    version: str | None = "2026-03-17",
    sku: str = "GlobalStandard",
    capacity: int | None = 10,
    region: str | None = "swedencentral",
    name: str = "chat",
    *,
    model_format: str | None = None,
    origin: SourceAccount | None = None,
    tags: Mapping[str, str] | None = None,
    upgrade: str | None = None,
    spillover: str | None = None,
    parent: str | None = None,
    ignored: tuple[str, ...] = (),
    account: AccountId | None = None,
    provider: Mapping[str, JsonValue] | None = None,
    tier: str | None = None,
) -> DesiredDeployment:
    """A deployment that no rule objects to, but for what a test changes; provenance as written."""
    in_model: dict[str, object] = {"name": model}
    if version is not None:
        in_model["version"] = version
    if model_format is not None:
        in_model["format"] = model_format
    if origin is not None:
        in_model["source"] = str(origin.account)
    stated: dict[str, object] = {"name": name, "model": in_model, "sku": {"name": sku}}
    if capacity is not None:
        stated["sku"] = {"name": sku, "capacity": capacity}
    optional = {
        "tags": tags,
        "versionUpgradeOption": upgrade,
        "spilloverDeploymentName": spillover,
        "parentDeploymentName": parent,
        "modelProviderData": provider,
        "serviceTier": tier,
    }
    stated |= {key: value for key, value in optional.items() if value is not None}
    layer = Layer(place=Place(file="set.yaml", route=("spec", "deployments", 0)), stated=stated)
    return build.declared(
        DeploymentId(account=account or account_id(), name=name),
        ModelRef(
            name=model,
            format=model_format or "OpenAI",
            version=UNSET if version is None else version,
            source=origin,
        ),
        sku,
        UNSET if capacity is None else capacity,
        tags=UNSET if tags is None else tags,
        settings={
            name: value if isinstance(value, str) else dict(provider or {})
            for name, value in optional.items()
            if name != "tags" and value is not None
        },
        lifecycle=Lifecycle(ignore_changes=ignored),
        region=None if region is None else Region(region),
        provenance=Provenance(layers=(layer,)),
    )


def tuned(
    sku: str = "GlobalStandard",
    capacity: int | None = 10,
    region: str | None = "northcentralus",
    model: str = TUNED,
    version: str | None = "1",
    origin: SourceAccount | None = None,
    name: str = "tuned",
) -> DesiredDeployment:
    """A fine-tuned deployment that no rule objects to, but for what a test changes."""
    return deployment(model, version, sku, capacity, region, name, origin=origin)


def declared(
    deployments: Sequence[DesiredDeployment],
    *,
    overrides: Mapping[str, Severity] | None = None,
    retirement: Retirement | None = None,
    left_out: frozenset[DeploymentId] = frozenset(),
    api_version: str | None = "2025-06-01",
) -> DesiredState:
    """The deployments with their accounts, in a Fleet that speaks no newer api-version than it must."""
    place = Place(file="set.yaml", route=("spec", "account"))
    accounts = {
        d.id.account: DesiredAccount(id=d.id.account, region=d.region, place=place) for d in deployments
    }
    return DesiredState(
        fleet=Fleet(rules=overrides or {}, retirement=retirement or Retirement(), api_version=api_version),
        accounts=tuple(accounts.values()),
        deployments=tuple(deployments),
        scope=Scope(left_out=left_out),
    )


def findings(state: DesiredState, code: str | None = None, today: date = TODAY) -> list[Diagnostic]:
    """What the rules find, of one code if one is given."""
    every = rules.check(state, catalogue(), today)
    return [finding for finding in every if code is None or finding.code == code]


def find(code: str, *deployments: DesiredDeployment, today: date = TODAY) -> list[Diagnostic]:
    """What one rule finds in these deployments."""
    return findings(declared(deployments), code, today)


def told(finding: Diagnostic) -> str:
    """Everything a reader sees of a finding."""
    return f"{finding.message} {finding.label} {finding.source} {finding.fix}"


def route(finding: Diagnostic) -> tuple[str | int, ...]:
    """Where a finding points, from the document's root."""
    assert finding.place is not None
    return finding.place.route


IN_SET = ("spec", "deployments", 0)

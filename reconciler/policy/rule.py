"""A policy's rule as a value, and the deployment that it is judged against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from reconciler.diagnostics import Place, Provenance, Route, Severity
from reconciler.domain.deployment import UNSET, DeploymentSpec, DesiredDeployment, ModelRef, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Listed, ObservedDeployment, ObservedState

PREFIX = "policy/"
"""What the code of every policy finding begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which deployments a rule is about: all that is stated must hold. Empty parts leave that side open.

    `labels` are those of the deployment's set; the others are globs, `targets` over
    subscription-or-alias/account/deployment.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Deployments that a rule leaves alone up to and including a day."""

    target: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyRule:
    """One rule. `require` maps the built-in words to what they want; `expression` is CEL.

    `binding` rules come from `--policy`: nothing in the manifests changes or silences them.
    """

    id: str
    policy: str
    place: Place
    severity: Severity = Severity.ERROR
    match: Match = Match()
    require: Mapping[str, object] = field(default_factory=dict)
    expression: str = ""
    message: str = ""
    exemptions: tuple[Exemption, ...] = ()
    binding: bool = False

    @property
    def code(self) -> str:
        """The code of its findings."""
        return PREFIX + self.id

    def at(self, *route: str | int, on_key: bool = False) -> Place:
        """The place of one of its fields."""
        return replace(self.place, route=(*self.place.route, *route), on_key=on_key)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicySubject:
    """A deployment as rules see it; None where a value is neither declared nor known.

    `provenance` leads to the text that declares it, and to nothing where none does.
    """

    id: DeploymentId
    model: ModelRef
    sku: SkuName
    alias: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    capacity: int | None = None
    region: Region | None = None
    rai_policy: str | None = None
    upgrade: str | None = None
    spillover: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    provenance: Provenance = field(default=Provenance())

    @property
    def version(self) -> str:
        """The model's version; empty where none is known."""
        return _text(self.model.version) or ""

    def place(self, route: Route) -> Place | None:
        """Where its value at `route` is declared."""
        return self.provenance.place(route)


def declared_subjects(desired: DesiredState, observed: ObservedState | None = None) -> list[PolicySubject]:
    """What is declared; with `observed`, what would be: what a manifest leaves open is as it is there."""
    return [
        _declared(
            deployment, desired, None if observed is None else observed.readings.get(deployment.id.account)
        )
        for deployment in desired.deployments
    ]


def _declared(deployment: DesiredDeployment, desired: DesiredState, reading: object) -> PolicySubject:
    spec, listed = deployment.spec, reading if isinstance(reading, Listed) else None
    observed = None if listed is None else listed.find(deployment.id)
    capacity = None if isinstance(spec.sku.capacity, Unset) else spec.sku.capacity.amount
    model = spec.model
    if observed is not None and isinstance(model.version, Unset) and observed.model_version:
        model = replace(model, version=observed.model_version)
    return PolicySubject(
        id=deployment.id,
        model=model,
        sku=spec.sku.name,
        alias=desired.fleet.alias_of(deployment.id.account.subscription),
        labels=deployment.labels,
        capacity=capacity if capacity is not None or observed is None else observed.capacity,
        region=deployment.region if listed is None else listed.account.region,
        rai_policy=_setting(spec, observed, "raiPolicyName"),
        upgrade=_setting(spec, observed, "versionUpgradeOption"),
        spillover=_setting(spec, observed, "spilloverDeploymentName"),
        tags=_tags(spec.tags, {} if observed is None else observed.tags),
        provenance=deployment.provenance,
    )


def _setting(spec: DeploymentSpec, deployment: ObservedDeployment | None, name: str) -> str | None:
    """A property as a write leaves it: a declared null takes it away."""
    return _text(spec.settings[name]) if name in spec.settings else _property(deployment, name)


def _tags(declared: object, existing: Mapping[str, str]) -> Mapping[str, str]:
    """The tags that a write leaves: null takes one away, and what is not declared stays."""
    stated = declared if isinstance(declared, Mapping) else {}
    named = {str(name).lower() for name in stated}
    kept = {name: value for name, value in existing.items() if name.lower() not in named}
    return {**kept, **{name: value for name, value in stated.items() if value is not None}}


def observed_subjects(desired: DesiredState, observed: ObservedState) -> list[PolicySubject]:
    """What is there, declared or not. An undeclared one has the labels of its account's deployments."""
    declared = {item.id: item for item in desired.deployments}
    shared: dict[object, dict[str, str]] = {}
    for deployment in desired.deployments:
        known = shared.setdefault(deployment.id.account, dict(deployment.labels))
        shared[deployment.id.account] = {k: v for k, v in known.items() if deployment.labels.get(k) == v}
    return [
        _observed(existing, listed, desired, declared.get(existing.id), shared.get(existing.id.account, {}))
        for existing, listed in observed.existing
    ]


def _observed(
    deployment: ObservedDeployment,
    listed: Listed,
    desired: DesiredState,
    declared: DesiredDeployment | None,
    labels: Mapping[str, str],
) -> PolicySubject:
    return PolicySubject(
        id=deployment.id,
        model=ModelRef(
            name=deployment.model_name or "",
            format=deployment.model_format or "OpenAI",
            version=deployment.model_version or UNSET,
        ),
        sku=deployment.sku or SkuName("?"),
        alias=desired.fleet.alias_of(deployment.id.account.subscription),
        labels=labels if declared is None else declared.labels,
        capacity=deployment.capacity,
        region=listed.account.region,
        rai_policy=_property(deployment, "raiPolicyName"),
        upgrade=_property(deployment, "versionUpgradeOption"),
        spillover=_property(deployment, "spilloverDeploymentName"),
        tags=deployment.tags,
        provenance=Provenance() if declared is None else declared.provenance,
    )


def _property(deployment: ObservedDeployment | None, name: str) -> str | None:
    properties = None if deployment is None else deployment.resource.get("properties")
    return _text(properties.get(name)) if isinstance(properties, Mapping) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

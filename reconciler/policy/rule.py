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
        _declared(one, desired, None if observed is None else observed.readings.get(one.id.account))
        for one in desired.deployments
    ]


def _declared(one: DesiredDeployment, desired: DesiredState, reading: object) -> PolicySubject:
    spec, listed = one.spec, reading if isinstance(reading, Listed) else None
    there = None if listed is None else listed.find(one.id)
    capacity = None if isinstance(spec.sku.capacity, Unset) else spec.sku.capacity.amount
    model = spec.model
    if there is not None and isinstance(model.version, Unset) and there.model_version:
        model = replace(model, version=there.model_version)
    return PolicySubject(
        id=one.id,
        model=model,
        sku=spec.sku.name,
        alias=desired.fleet.alias_of(one.id.account.subscription),
        labels=one.labels,
        capacity=capacity if capacity is not None or there is None else there.capacity,
        region=one.region if listed is None else listed.account.region,
        rai_policy=_setting(spec, there, "raiPolicyName"),
        upgrade=_setting(spec, there, "versionUpgradeOption"),
        spillover=_setting(spec, there, "spilloverDeploymentName"),
        tags=_tags(spec.tags, {} if there is None else there.tags),
        provenance=one.provenance,
    )


def _setting(spec: DeploymentSpec, there: ObservedDeployment | None, name: str) -> str | None:
    """A property as a write leaves it: a declared null takes it away."""
    return _text(spec.settings[name]) if name in spec.settings else _there(there, name)


def _tags(declared: object, there: Mapping[str, str]) -> Mapping[str, str]:
    """The tags that a write leaves: null takes one away, and what is not declared stays."""
    stated = declared if isinstance(declared, Mapping) else {}
    named = {str(name).lower() for name in stated}
    kept = {name: value for name, value in there.items() if name.lower() not in named}
    return {**kept, **{name: value for name, value in stated.items() if value is not None}}


def observed_subjects(desired: DesiredState, observed: ObservedState) -> list[PolicySubject]:
    """What is there, declared or not. An undeclared one has the labels of its account's deployments."""
    declared = {one.id: one for one in desired.deployments}
    shared: dict[object, dict[str, str]] = {}
    for one in desired.deployments:
        known = shared.setdefault(one.id.account, dict(one.labels))
        shared[one.id.account] = {k: v for k, v in known.items() if one.labels.get(k) == v}
    return [
        _observed(there, listed, desired, declared.get(there.id), shared.get(there.id.account, {}))
        for listed in observed.readings.values()
        if isinstance(listed, Listed)
        for there in listed.deployments
    ]


def _observed(
    there: ObservedDeployment,
    listed: Listed,
    desired: DesiredState,
    declared: DesiredDeployment | None,
    labels: Mapping[str, str],
) -> PolicySubject:
    return PolicySubject(
        id=there.id,
        model=ModelRef(
            name=there.model_name or "",
            format=there.model_format or "OpenAI",
            version=there.model_version or UNSET,
        ),
        sku=there.sku or SkuName("?"),
        alias=desired.fleet.alias_of(there.id.account.subscription),
        labels=labels if declared is None else declared.labels,
        capacity=there.capacity,
        region=listed.account.region,
        rai_policy=_there(there, "raiPolicyName"),
        upgrade=_there(there, "versionUpgradeOption"),
        spillover=_there(there, "spilloverDeploymentName"),
        tags=there.tags,
        provenance=Provenance() if declared is None else declared.provenance,
    )


def _there(there: ObservedDeployment | None, name: str) -> str | None:
    properties = None if there is None else there.resource.get("properties")
    return _text(properties.get(name)) if isinstance(properties, Mapping) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

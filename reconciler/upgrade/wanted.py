"""What is wanted of single deployments, and which of them a text does not say just so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconciler.diagnostics import Route, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuName, capacity_of
from reconciler.manifest.load import LoadedManifests

NAME: Final[Route] = ("model", "name")
VERSION: Final[Route] = ("model", "version")
FORMAT: Final[Route] = ("model", "format")
CAPACITY: Final[Route] = ("sku", "capacity")
SKU: Final[Route] = ("sku", "name")
SPILLOVER: Final[Route] = ("spilloverDeploymentName",)
ROUTES: Final = (NAME, VERSION, FORMAT, SKU, CAPACITY, SPILLOVER)
"""What can be changed of a deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValues:
    """Other values for a deployment that exists; keys are among ROUTES."""

    id: DeploymentId
    values: Mapping[Route, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A second entry called `name`, like that of `id` but for `values`; `comment` goes over it."""

    id: DeploymentId
    name: str
    values: Mapping[Route, str]
    comment: str

    @property
    def made(self) -> DeploymentId:
        """The deployment that it declares."""
        return DeploymentId(account=self.id.account, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An entry that goes."""

    id: DeploymentId


Wanted = NewValues | Beside | Removal


def unlike(before: LoadedManifests, after: LoadedManifests, wanted: Iterable[Wanted]) -> set[DeploymentId]:
    """The deployments that do not read as wanted; all of them where the text is not understood any more."""
    expected = {deployment.id: deployment for deployment in before.understood.deployments}
    for item in wanted:
        old = expected[item.id]
        match item:
            case NewValues():
                expected[item.id] = _with(old, item.values)
            case Beside():
                expected[item.made] = replace(_with(old, item.values), id=item.made)
            case Removal():
                del expected[item.id]
    found = {deployment.id: deployment for deployment in after.understood.deployments}
    if {d.code for d in after.diagnostics if d.severity is Severity.ERROR} - {
        d.code for d in before.diagnostics if d.severity is Severity.ERROR
    }:
        return set(expected) | set(found)
    return {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}


def _with(deployment: DesiredDeployment, values: Mapping[Route, str]) -> DesiredDeployment:
    model, sku = deployment.spec.model, deployment.spec.sku
    model = replace(
        model,
        name=values.get(NAME, model.name),
        version=values.get(VERSION, model.version),
        format=values.get(FORMAT, model.format),
    )
    if SKU in values:
        sku = replace(sku, name=SkuName(values[SKU]))
    if CAPACITY in values:
        sku = replace(sku, capacity=capacity_of(sku.name, int(values[CAPACITY])))
    settings = dict(deployment.spec.settings)
    if SPILLOVER in values:
        settings["spilloverDeploymentName"] = values[SPILLOVER]
    return replace(deployment, spec=replace(deployment.spec, model=model, sku=sku, settings=settings))

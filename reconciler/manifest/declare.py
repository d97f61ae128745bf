"""A typed entry becomes a desired deployment.

Nothing is judged here: what a model, a SKU or a capacity may be is for the rules, which know the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.diagnostics import Diagnostic, Provenance, Severity
from reconciler.domain.costs import Workload
from reconciler.domain.deployment import (
    UNSET,
    DeploymentSpec,
    DesiredDeployment,
    JsonValue,
    Lifecycle,
    ModelChange,
    ModelRef,
    OnRemoval,
    Sku,
    SkuChange,
    SourceAccount,
    Unset,
)
from reconciler.domain.fields import own_properties
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName, capacity_of
from reconciler.manifest import entry as written
from reconciler.manifest.findings import missing
from reconciler.manifest.merge import Merged
from reconciler.manifest.tree import shortened

_NO_LIFECYCLE: Final = Lifecycle()
_OWN_PROPERTIES: Final = {
    name
    for name, field in written.EntryFields.model_fields.items()
    if (field.alias or name) in {own.path for own in own_properties()}
}
_DEFAULT_FORMAT: Final = ModelRef(name="").format


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a set tells about each of its deployments."""

    account: AccountId
    region: Region | None
    tenant: str | None
    adopt: bool
    labels: Mapping[str, str]


def incomplete(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """What neither the entry nor any layer under it says."""
    for field, inner in (("model", entry.model), ("sku", entry.sku)):
        if inner is None or inner.name is None:
            yield missing(
                (field, "name"),
                f"deployment `{shortened(merged.name)}` has no `{field}.name`: neither the entry nor a "
                "template nor the fleet's defaults state one",
                f"add `{field}: {{name: …}}`",
                merged.place((field,) if inner is not None else (), on_key=True),
            )


def undecided(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """A condition that an export could not decide, and that somebody has to."""
    if entry.undecided is not None:
        yield Diagnostic(
            code="undecided",
            severity=Severity.ERROR,
            message=f"nobody has decided whether `{shortened(merged.name)}` is deployed: "
            f"{shortened(entry.undecided, 300)}",
            place=merged.place(("undecided",), on_key=True),
            fix="remove this line to declare the deployment, or remove the entry; "
            "`export --assume NAME=VALUE` decides it for a whole export",
        )


def unclear(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """Fields that are stated twice: as what they are, and again as an extra property."""
    if not entry.extra_properties:
        return
    stated = _stated_properties(entry)
    for name in entry.extra_properties:
        twin = next((known for known in stated if known.lower() == name.lower()), None)
        if twin is not None:
            yield Diagnostic(
                code="invalid-value",
                severity=Severity.ERROR,
                message=f"`{shortened(name)}` is stated twice: as a field and below extraProperties",
                place=merged.place(("extraProperties", name), on_key=True),
                fix=f"keep `{twin}` and remove this one",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an entry says of a deployment, whatever its name and wherever it stands."""

    spec: DeploymentSpec
    lifecycle: Lifecycle
    workload: Workload | None


def declared(entry: written.Entry, source: SourceAccount | None) -> Declared:
    """What an entry says that names its model and its SKU."""
    return Declared(
        spec=_spec(entry, source),
        lifecycle=_lifecycle(entry.lifecycle),
        workload=_workload(entry.workload),
    )


def deployment(name: str, said: Declared, home: Home, provenance: Provenance) -> DesiredDeployment:
    """The desired deployment of that name."""
    return DesiredDeployment(
        id=DeploymentId(account=home.account, name=name),
        spec=said.spec,
        lifecycle=said.lifecycle,
        region=home.region,
        tenant=home.tenant,
        adopt=home.adopt,
        labels=home.labels,
        workload=said.workload,
        provenance=provenance,
    )


def _spec(entry: written.Entry, source: SourceAccount | None) -> DeploymentSpec:
    return DeploymentSpec(
        model=_model(entry.model or written.ModelEntry(), source),
        sku=_sku(entry.sku or written.SkuEntry()),
        tags=UNSET if entry.tags is None else entry.tags,
        settings=_settings(entry),
    )


def _model(model: written.ModelEntry, source: SourceAccount | None) -> ModelRef:
    return ModelRef(
        name=model.name or "",
        format=model.format or _DEFAULT_FORMAT,
        version=_or_unset(model.version),
        publisher=_or_unset(model.publisher),
        source=source,
    )


def _sku(sku: written.SkuEntry) -> Sku:
    name = SkuName(sku.name or "")
    return Sku(
        name=name,
        capacity=UNSET if sku.capacity is None else capacity_of(name, sku.capacity),
        tier=_or_unset(sku.tier),
        size=_or_unset(sku.size),
        family=_or_unset(sku.family),
    )


def _settings(entry: written.Entry) -> Mapping[str, JsonValue]:
    """The declared properties by ARM's names; None is a declared null."""
    settings: dict[str, JsonValue] = dict(entry.extra_properties or {})
    stated: dict[str, JsonValue] = entry.model_dump(
        mode="json", by_alias=True, exclude_unset=True, include=_OWN_PROPERTIES
    )
    return settings | stated


def _stated_properties(entry: written.Entry) -> tuple[str, ...]:
    """The names under which the entry's fields stand among ARM's properties."""
    fields = written.EntryFields.model_fields
    names = (fields[name].alias or name for name in entry.model_fields_set if name in fields)
    return tuple(name for name in names if name != "extraProperties")


def _lifecycle(stated: written.LifecycleEntry | None) -> Lifecycle:
    if stated is None:
        return _NO_LIFECYCLE
    ignored = (path.removeprefix("extraProperties.") for path in stated.ignore_changes or ())
    return Lifecycle(
        prevent_destroy=bool(stated.prevent_destroy),
        sku_change=SkuChange(stated.sku_change or _NO_LIFECYCLE.sku_change),
        model_change=None if stated.model_change is None else ModelChange(stated.model_change),
        replace_allowed=stated.replace == "allowed",
        ignore_changes=tuple(dict.fromkeys(ignored)),
        on_removal=OnRemoval(stated.on_removal or _NO_LIFECYCLE.on_removal),
        recreate_expired=bool(stated.recreate_expired),
    )


def _workload(stated: written.WorkloadEntry | None) -> Workload | None:
    if stated is None:
        return None
    return Workload(
        rpm=stated.rpm,
        prompt_tokens=stated.prompt_tokens,
        generated_tokens=stated.generated_tokens or Decimal(0),
        cache_rate=stated.cache_rate or Decimal(0),
    )


def _or_unset(value: str | None) -> str | Unset:
    return UNSET if value is None else value

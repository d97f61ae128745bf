"""A typed entry becomes a desired deployment.

Nothing is judged here: what a model, a SKU or a capacity may be is for the rules, which know the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.domain.costs import Workload
from reconciler.domain.deployment import (
    UNSET,
    DeploymentSpec,
    DesiredDeployment,
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
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuName, capacity_of
from reconciler.manifest import entry as written
from reconciler.manifest.accounts import Account
from reconciler.manifest.findings import missing
from reconciler.manifest.merge import Merged
from reconciler.manifest.parse import RawSet
from reconciler.manifest.tree import shortened

_NO_LIFECYCLE: Final = Lifecycle()
_OWN_PROPERTIES: Final = {row.name for row in own_properties()}
_DEFAULT_FORMAT: Final = ModelRef(name="").format


def incomplete(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """What neither the entry nor any layer under it says."""
    for field, inner in (("model", entry.model), ("sku", entry.sku)):
        if inner is None or inner.name is None:
            yield missing(
                (field, "name"),
                f"deployment `{shortened(merged.name)}` has no `{field}.name`: neither the entry nor a "
                "template nor the fleet's defaults state one",
                f"add `{field}: {{name: …}}`",
                merged.provenance.place((field,) if inner is not None else (), on_key=True),
            )


def undecided(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """A condition that an export could not decide, and that somebody has to."""
    if entry.undecided is not None:
        yield Diagnostic(
            code="undecided",
            message=f"nobody has decided whether `{shortened(merged.name)}` is deployed: "
            f"{shortened(entry.undecided, 300)}",
            place=merged.provenance.place(("undecided",), on_key=True),
            fix="remove this line to declare the deployment, or remove the entry; "
            "`export --assume NAME=VALUE` decides it for a whole export",
        )


def unclear(entry: written.Entry, merged: Merged) -> Iterator[Diagnostic]:
    """Fields that are stated twice: as what they are, and again as an extra property."""
    fields = written.EntryFields.model_fields
    stated = {fields[item].alias or item for item in entry.model_fields_set & fields.keys()} - {
        "extraProperties"
    }
    for name in entry.extra_properties or ():
        twin = next((known for known in stated if known.lower() == name.lower()), None)
        if twin is not None:
            yield Diagnostic(
                code="invalid-value",
                message=f"`{shortened(name)}` is stated twice: as a field and below extraProperties",
                place=merged.provenance.place(("extraProperties", name), on_key=True),
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
    own = entry.model_dump(mode="json", by_alias=True, exclude_unset=True, include=_OWN_PROPERTIES)
    spec = DeploymentSpec(
        model=_model(entry.model or written.ModelEntry(), source),
        sku=_sku(entry.sku or written.SkuEntry()),
        tags=UNSET if entry.tags is None else entry.tags,
        settings={**(entry.extra_properties or {}), **own},
    )
    return Declared(spec=spec, lifecycle=_lifecycle(entry.lifecycle), workload=_workload(entry.workload))


def deployment(
    identity: DeploymentId, said: Declared, account: Account, source: RawSet, entry: Merged
) -> DesiredDeployment:
    """The deployment that an entry of a set declares in an account."""
    return DesiredDeployment(
        id=identity,
        spec=said.spec,
        lifecycle=said.lifecycle,
        region=account.region,
        tenant=account.tenant,
        adopt=bool(source.typed.spec.adopt),
        labels=source.typed.metadata.labels or {},
        workload=said.workload,
        provenance=entry.provenance,
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

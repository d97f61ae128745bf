"""What a manifest declares about one deployment, merged and typed.

`UNSET` means that the manifest is silent: the field is not managed, never compared, and carried over
untouched when we write. It is neither null nor a default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from reconciler.diagnostics import Provenance
from reconciler.domain.costs import Workload
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import Capacity, SkuName

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]


class Unset(Enum):
    """The type of `UNSET`; an enum so that type checkers can narrow it away."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

# Ids of fine-tuned models: "<base>-<version>.ft-<32 hex>[-suffix]"; of checkpoints: "ftchkpt-<32 hex>"
# (Microsoft, "Deploy a fine-tuned model", 2025-02-24; older ids name the base by MMdd version).
_FINE_TUNED = re.compile(
    r"^(?P<base>.+?)-(?P<version>\d{4}-\d{2}-\d{2}|\d{4})\.ft-[0-9a-f]{32}(?:-.+)?$", re.IGNORECASE
)
_CHECKPOINT = re.compile(r"^ftchkpt-[0-9a-f]{32}$", re.IGNORECASE)
_LOOKS_FINE_TUNED = re.compile(r"\.ft-|^ftchkpt-|:ft-", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAccount:
    """The account in which a fine-tuned model was made. `tenant` is a GUID, None where unknown."""

    account: AccountId
    tenant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel:
    """The catalogue model that a fine-tuned model was made from."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """Which model a deployment serves: a catalogue model, a fine-tuned model or a checkpoint."""

    name: str
    format: str = "OpenAI"
    version: str | Unset = UNSET
    publisher: str | Unset = UNSET
    source: SourceAccount | None = None

    @property
    def fine_tuned(self) -> bool:
        """Whether the name is that of a fine-tuned model or a checkpoint (also a malformed one)."""
        return _LOOKS_FINE_TUNED.search(self.name) is not None

    @property
    def well_formed(self) -> bool:
        """Whether a fine-tuned name has the documented form; catalogue names always have."""
        return (
            not self.fine_tuned
            or _FINE_TUNED.match(self.name) is not None
            or _CHECKPOINT.match(self.name) is not None
        )

    @property
    def tuned_from(self) -> BaseModel | None:
        """The base named inside a fine-tuned model's id; None for catalogue models and checkpoints."""
        match = _FINE_TUNED.match(self.name)
        return BaseModel(name=match["base"], version=match["version"]) if match else None

    @property
    def listed(self) -> tuple[str, str | Unset]:
        """The name and version under which lists have it: a fine-tuned model is offered by its base."""
        base = self.tuned_from
        return (base.name, base.version) if base else (self.name, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """A SKU and its capacity. `tier`, `size` and `family` are in ARM's schema and in no traffic seen."""

    name: SkuName
    capacity: Capacity | Unset = UNSET
    tier: str | Unset = UNSET
    size: str | Unset = UNSET
    family: str | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """Everything that a manifest declares and ARM can hold.

    `settings` are the declared properties, by ARM's names. None below `tags` and `settings` is a declared
    null: the value is to go.
    """

    model: ModelRef
    sku: Sku
    tags: Mapping[str, str | None] | Unset = UNSET
    settings: JsonObject = field(default_factory=dict)

    def text(self, name: str) -> str | Unset:
        """A property whose values are texts, by ARM's name; UNSET where nothing or null is declared."""
        value = self.settings.get(name)
        return value if isinstance(value, str) else UNSET


class SkuChange(StrEnum):
    """How a new `sku.name` is reached; whether ARM takes it in place is not known."""

    REPLACE = "replace"
    IN_PLACE = "inPlace"


class ModelChange(StrEnum):
    """How a new model or version is reached where the manifest says so; its default depends on the SKU."""

    IN_PLACE = "inPlace"
    REPLACE = "replace"
    REFUSE = "refuse"


class OnRemoval(StrEnum):
    """What pruning does once the manifest no longer declares the deployment."""

    DELETE = "delete"
    RETAIN = "retain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What a manifest allows us to do with a deployment. `ignore_changes` are dotted manifest paths.

    `model_change` None: in place on a provisioned SKU; elsewhere a version in place, a model by replacement.
    """

    prevent_destroy: bool = False
    sku_change: SkuChange = SkuChange.REPLACE
    model_change: ModelChange | None = None
    replace_allowed: bool = False
    ignore_changes: tuple[str, ...] = ()
    on_removal: OnRemoval = OnRemoval.DELETE
    recreate_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredDeployment:
    """One declared deployment. `region` is the account's declared region, `tenant` the account's tenant.

    `accepted` are the manifest paths of fields in which what is there counts, because the service set
    them: a plan finds that out, no manifest states it. `workload` is what it is expected to serve; ARM never
    sees it.
    """

    id: DeploymentId
    spec: DeploymentSpec
    lifecycle: Lifecycle = Lifecycle()
    region: Region | None = None
    tenant: str | None = None
    adopt: bool = False
    accepted: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    workload: Workload | None = None
    provenance: Provenance = field(default=Provenance(), compare=False)

    @property
    def source_tenant(self) -> str | None:
        """The tenant of the source account where it differs from the deployment's own."""
        source = self.spec.model.source
        if source is None or source.tenant is None or self.tenant is None:
            return None
        return source.tenant if source.tenant.lower() != self.tenant.lower() else None

"""The fields of a deployment, one row each: the only table of what ARM holds and what a manifest can state.

Bodies, differences, the ways in which a change is made, the export, the manifest's schema and its reference
read it. A new writable property of ARM is a row here, a line in `manifest/entry.py` and a row of the
emulator's own table. A field that is not known here can be written below `extraProperties`; every write
carries over what no manifest states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from reconciler.domain.deployment import JsonValue
from reconciler.domain.json_values import Path, empty, same
from reconciler.domain.sku import SkuFamily, SkuName


class Compare(Enum):
    """How two values of a field are compared."""

    VALUE = "value"
    """As JSON: `1`, `true` and `"1"` are three values."""
    NAME = "name"
    """A name of ARM's, an id or a word of its own: without case."""
    SKU = "sku"
    """A SKU: without case, and known aliases alike."""
    FREE = "free"
    """An object whose inner fields ARM may extend: by structure, and only in what is stated."""


class Change(Enum):
    """How ARM takes a new value."""

    IN_PLACE = "in place"
    MIGRATION = "migration"
    """In place, by an operation of 20 to 30 minutes during which the deployment keeps serving."""
    REPLACE = "replace"
    """Only by deleting the deployment and making it again."""
    SKU = "as lifecycle.skuChange says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that ARM holds and takes.

    `path` is the manifest's, `arm` ARM's; `about` says what it is for, `known_from` where the row comes from.
    `absent` is what it means when ARM does not answer it, `default` what ARM fills in when a create does not
    state it. `on_provisioned` is how a provisioned SKU takes a change where that differs. `reason` is the
    word that a plan shows for a change. `nullable`: a manifest's null un-sets it. `returned` False: ARM may
    take it and never answer it. `since` is the first api-version that knows it. `own` False: a manifest
    states it below `extraProperties`.
    """

    path: str
    arm: Path
    about: str
    known_from: str
    compare: Compare = Compare.VALUE
    absent: JsonValue = None
    default: JsonValue = None
    change: Change = Change.IN_PLACE
    on_provisioned: Change | None = None
    reason: str = "settings-changed"
    nullable: bool = False
    returned: bool = True
    since: str = ""
    own: bool = True

    @property
    def name(self) -> str:
        """ARM's name of the field."""
        return self.arm[-1]

    @property
    def description(self) -> str:
        """What a reader of the reference and of the JSON Schema is told."""
        since = f" Needs api-version {self.since} or newer." if self.since else ""
        return self.about + since + (" null un-sets it." if self.nullable else "")

    def is_usual(self, found: JsonValue) -> bool:
        """Whether ARM itself puts this value there when nobody states one."""
        usual = self.absent if self.default is None else self.default
        return not empty(usual) and same(found, usual)

    def change_on(self, sku: SkuName | None) -> Change:
        """How a deployment on `sku` takes a change."""
        provisioned = sku is not None and sku.family is SkuFamily.PROVISIONED
        return self.on_provisioned if provisioned and self.on_provisioned is not None else self.change

    def agrees(self, found: JsonValue, wanted: JsonValue) -> bool:
        """Whether ARM holds `wanted` when it answers `found`; None is an absent value."""
        if empty(found):
            if not self.returned:
                return True
            found = self.absent
        if empty(found) or empty(wanted):
            return empty(found) and empty(wanted)
        if isinstance(found, str) and isinstance(wanted, str):
            if self.compare is Compare.NAME:
                return found.lower() == wanted.lower()
            if self.compare is Compare.SKU:
                return SkuName(found) == SkuName(wanted)
        return same(found, wanted)

    def is_unset(self, found: JsonValue) -> bool:
        """Whether an answer is what a declared null asks for: absent, empty, or what ARM puts there."""
        if empty(found) or found == "":
            return True
        return any(not empty(usual) and self.agrees(found, usual) for usual in (self.absent, self.default))


def _property(name: str, about: str, known_from: str, *, own: bool = True, **more: Any) -> Field:  # noqa: ANN401 -- columns of a row, typed there
    path = name if own else f"extraProperties.{name}"
    arm = ("properties", name)
    return Field(path=path, arm=arm, about=about, known_from=known_from, own=own, **more)


_MIGRATION = (
    "Microsoft, working with models: in-place migration of provisioned deployments; "
    "elsewhere CannotChangeDeploymentModel, azure-search-openai-demo#1121, #1330, #1429"
)
_SCHEMA = "OpenAPI 2025-06-01"
FIELDS: Final[tuple[Field, ...]] = (
    Field(
        path="model.format",
        arm=("properties", "model", "format"),
        about="The model's maker as ARM has it; OpenAI if absent.",
        known_from="azure-search-openai-demo#1121, #1330, #1429",
        compare=Compare.NAME,
        change=Change.REPLACE,
        reason="model-changed",
    ),
    Field(
        path="model.name",
        arm=("properties", "model", "name"),
        about="Name in the catalogue, or the id of a fine-tuned model or a checkpoint (ftchkpt-…).",
        known_from=_MIGRATION,
        compare=Compare.NAME,
        change=Change.REPLACE,
        on_provisioned=Change.MIGRATION,
        reason="model-changed",
    ),
    Field(
        path="model.source",
        arm=("properties", "model", "source"),
        about="Where a fine-tuned model was made, if not in this account: a mapping or one ARM id.",
        known_from="part of the model's identity: inferred. ARM has two fields for it and may return neither",
        compare=Compare.NAME,
        change=Change.REPLACE,
        on_provisioned=Change.MIGRATION,
        reason="source-changed",
    ),
    Field(
        path="model.version",
        arm=("properties", "model", "version"),
        about="Version as text, quotes or not. Absent: the service's default version, unmanaged.",
        known_from="up and down: azurerm's live test TestAccCognitiveDeployment_update",
        on_provisioned=Change.MIGRATION,
        reason="version-changed",
    ),
    Field(
        path="model.publisher",
        arm=("properties", "model", "publisher"),
        about="Publisher of the model; seldom needed.",
        known_from=_SCHEMA,
        since="2024-10-01",
    ),
    Field(
        path="sku.name",
        arm=("sku", "name"),
        about="SKU; case does not matter.",
        known_from="not known whether ARM takes it in place; azurerm replaces",
        compare=Compare.SKU,
        change=Change.SKU,
        reason="sku-changed",
    ),
    Field(
        path="sku.capacity",
        arm=("sku", "capacity"),
        about="PTUs on provisioned SKUs; thousands of tokens per minute on most models of the others.",
        known_from="recorded with 2023-05-01: 1 to 2, answered 200; together with the model it is refused, "
        "azure-search-openai-demo#1154",
        reason="capacity-changed",
    ),
    *(
        Field(path=f"sku.{name}", arm=("sku", name), about="In ARM's schema; unused.", known_from=_SCHEMA)
        for name in ("tier", "size", "family")
    ),
    _property(
        "versionUpgradeOption",
        "Whether the service may move the deployment to newer versions.",
        "change: azurerm's live test; absence: Microsoft, working with models; default: recorded",
        compare=Compare.NAME,
        absent="OnceCurrentVersionExpired",
        default="OnceNewDefaultVersionAvailable",
        nullable=True,
    ),
    _property(
        "raiPolicyName",
        "Content filter policy.",
        "change: azurerm's live test; default: recorded 2023 to 2026",
        compare=Compare.NAME,
        default="Microsoft.DefaultV2",
        nullable=True,
    ),
    _property(
        "spilloverDeploymentName",
        "Deployment of the same account that takes what a full one turns away.",
        "Microsoft, spillover (2026-07-09), with 2024-10-01; in the schema since 2025-06-01",
        compare=Compare.NAME,
        nullable=True,
        since="2025-06-01",
    ),
    _property(
        "parentDeploymentName",
        "Name of the parent deployment.",
        _SCHEMA,
        compare=Compare.NAME,
        nullable=True,
        since="2024-10-01",
    ),
    _property(
        "capacitySettings",
        "For internal use, says ARM.",
        _SCHEMA,
        compare=Compare.FREE,
        nullable=True,
        since="2024-10-01",
    ),
    _property(
        "serviceTier",
        "Processing tier, where the model has one on this SKU.",
        "OpenAPI 2025-12-01: nullable",
        compare=Compare.NAME,
        absent="Default",
        nullable=True,
        since="2025-12-01",
    ),
    _property(
        "deploymentState",
        "Paused answers inference with 423; only Standard, GlobalStandard and DataZoneStandard can pause.",
        "OpenAPI 2025-12-01",
        compare=Compare.NAME,
        absent="Running",
        since="2025-12-01",
    ),
    _property(
        "routing",
        "For model-router deployments.",
        "OpenAPI 2025-12-01; Microsoft, model router",
        compare=Compare.FREE,
        nullable=True,
        since="2025-12-01",
    ),
    _property(
        "dynamicThrottlingEnabled",
        "Let the service lend unused throughput.",
        "read-only in the schema, sent by azurerm all the same",
        absent=False,
        since="2024-10-01",
    ),
    _property(
        "modelProviderData",
        "Who uses a partner's model. Sending it accepts the provider's Marketplace offer in your name.",
        "in no schema; needed by Anthropic: microsoft-foundry-for-vscode#461, Azure-Samples/claude",
        compare=Compare.FREE,
        returned=False,
        since="2025-10-01-preview",
    ),
    _property(
        "speculativeDecoding",
        "A draft model that speeds up a Fireworks deployment.",
        "OpenAPI, previews from 2026-05-15-preview",
        compare=Compare.FREE,
        nullable=True,
        since="2026-05-15-preview",
        own=False,
    ),
    _property(
        "contextCacheContainerId",
        "ARM id of a context cache.",
        "OpenAPI 2026-09-01",
        compare=Compare.NAME,
        nullable=True,
        since="2026-07-15-preview",
        own=False,
    ),
    Field(
        path="tags",
        arm=("tags",),
        about="Azure tags; a tag that is not stated is left alone.",
        known_from="schema of PUT",
        reason="tags-changed",
        since="2024-10-01",
    ),
)
"""Every field that a manifest can state and a PUT takes, in the order in which a plan shows changes."""

SOURCE_FIELDS: Final = ("source", "sourceAccount")
"""ARM's two fields for the source of a model; declaring one takes the place of the other."""


BY_PATH: Final[Mapping[str, Field]] = {field.path: field for field in FIELDS}
_BY_ARM: Final[Mapping[Path, Field]] = {tuple(map(str.lower, field.arm)): field for field in FIELDS}
_SOURCE_ACCOUNT: Final = ("properties", "model", "sourceaccount")
_RANK: Final = {field.path: number for number, field in enumerate(FIELDS)}


def field_at(arm: Path) -> Field | None:
    """The row of a place in a body, names compared without case."""
    wanted = tuple(map(str.lower, arm))
    return BY_PATH["model.source"] if wanted == _SOURCE_ACCOUNT else _BY_ARM.get(wanted)


def not_carried(version: str) -> tuple[Field, ...]:
    """What a manifest may declare and this api-version cannot carry, though a newer stable one can.

    None of a preview: it may know a field before the first stable version does.
    """
    if version.endswith("-preview"):
        return ()
    return tuple(item for item in FIELDS if item.since > version and not item.since.endswith("preview"))


def own_properties() -> tuple[Field, ...]:
    """The properties of a deployment for which a manifest has a field."""
    return tuple(field for field in FIELDS if field.own and field.arm[:-1] == ("properties",))


def extra_properties() -> tuple[Field, ...]:
    """The known properties that a manifest states below `extraProperties`."""
    return tuple(field for field in FIELDS if not field.own)


def manifest_path(arm: Path) -> str:
    """A place in a body as a manifest spells it: ``model.source``, ``tags.team``."""
    field = field_at(arm)
    if field is not None and field.own:
        return field.path
    return ".".join(arm[1:] if arm[:1] == ("properties",) else arm)


def body_path(path: str) -> Path:
    """A manifest's path as a place in a body; a tag's name may hold dots."""
    head, _, rest = path.partition(".")
    match head:
        case "tags":
            return ("tags", rest) if rest else ("tags",)
        case "sku":
            return ("sku", *rest.split(".")) if rest else ("sku",)
        case "extraProperties" | "properties":
            return ("properties", *rest.split("."))
        case _:
            return ("properties", *path.split("."))


def rank(path: str) -> tuple[int, str]:
    """Where a change stands in a list of changes: in the table's order, unknown fields before the tags."""
    parts = path.split(".")
    known = (_RANK.get(".".join(parts[:length])) for length in (2, 1))
    found = next((number for number in known if number is not None), None)
    if found is None:
        return (len(FIELDS) - 1, path)
    return (len(FIELDS) if parts[0] == "tags" else found, path)

"""The fields of a deployment, one row each: the only table of what ARM holds and what a manifest can state.

The manifest's checks, its schema and its reference, bodies, differences, the ways in which a change is made
and the export read it. A new writable property of ARM is a row here and a row of the emulator's own table.
A field that is not known here can be written below `extraProperties`; every write carries over what no
manifest states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from typing import Final

from reconciler.domain.deployment import JsonValue
from reconciler.domain.forms import Form, Inner, ListOf, Object, OneOf, Scalar, alike
from reconciler.domain.json_values import Path, empty, same
from reconciler.domain.sku import SkuFamily, SkuName


class Change(Enum):
    """How ARM takes a new value."""

    IN_PLACE = "in place"
    MIGRATION = "migration"
    """In place, by an operation of 20 to 30 minutes during which the deployment keeps serving."""
    REPLACE = "replace"
    """Only by deleting the deployment and making it again."""
    SKU = "as lifecycle.skuChange says"


def body_path(path: str) -> Path:
    """A manifest's path as a place in a body; a tag's name may hold dots."""
    head, _, rest = path.partition(".")
    if head == "tags" and rest:
        return ("tags", rest)
    if head in {"tags", "sku"}:
        return tuple(path.split("."))
    return ("properties", *(rest if head in {"extraProperties", "properties"} else path).split("."))


@dataclass(frozen=True, slots=True)
class Field:
    """A field that ARM holds and takes.

    `path` is the manifest's, with `extraProperties.` before it where a manifest has no field for it; `arm` is
    ARM's and follows from it. `form` is what a manifest may write and how two values compare, `about` what it
    is for, `known_from` where the row comes from. `absent` is what it means when ARM does not answer it,
    `default` what ARM fills in when a create does not state it. `on_provisioned` is how a provisioned SKU
    takes a change where that differs. `reason` is the word that a plan shows for a change. `nullable`: a
    manifest's null un-sets it. `returned` False: ARM may take it and never answer it. `since` is the first
    api-version that knows it.
    """

    path: str
    form: Form
    about: str
    known_from: str
    arm: Path = field(init=False)
    _: KW_ONLY
    absent: JsonValue = None
    default: JsonValue = None
    change: Change = Change.IN_PLACE
    on_provisioned: Change | None = None
    reason: str = "settings-changed"
    nullable: bool = False
    returned: bool = True
    since: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "arm", body_path(self.path))

    @property
    def own(self) -> bool:
        """Whether a manifest has a field for it."""
        return not self.path.startswith("extraProperties.")

    @property
    def name(self) -> str:
        """ARM's name of the field."""
        return self.arm[-1]

    @property
    def description(self) -> str:
        """What a reader of the reference and of the JSON Schema is told."""
        since = f" Needs api-version {self.since} or newer." if self.since else ""
        return self.about + since + (" null un-sets it." if self.nullable else "")

    @property
    def example(self) -> JsonValue:
        """What editors show as one: what ARM fills in, unless all that is allowed is shown."""
        return None if isinstance(self.form, OneOf) else self.default

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
        return alike(self.form, found, wanted)

    def is_unset(self, found: JsonValue) -> bool:
        """Whether an answer is what a declared null asks for: absent, empty, or what ARM puts there."""
        if empty(found) or found == "":
            return True
        return any(not empty(usual) and self.agrees(found, usual) for usual in (self.absent, self.default))


_MIGRATION = (
    "Microsoft, working with models: in-place migration of provisioned deployments; "
    "elsewhere CannotChangeDeploymentModel, azure-search-openai-demo#1121, #1330, #1429"
)
_SCHEMA = "OpenAPI 2025-06-01"
_ROUTED = Object(
    "RoutedModel",
    "One model that a model router may choose.",
    (
        Inner("name", Scalar.NAME, "Name of the model."),
        Inner("format", Scalar.NAME, "The model's maker as ARM has it."),
        Inner("version", Scalar.VERSION, "Version as text."),
        Inner("publisher", Scalar.TEXT, "Publisher of the model."),
        Inner("source", Scalar.TEXT, "ARM id of the model's source."),
        Inner("sourceAccount", Scalar.TEXT, "ARM id of the source account."),
    ),
)
FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "model.format",
        Scalar.NAME,
        "The model's maker as ARM has it; OpenAI if absent.",
        "azure-search-openai-demo#1121, #1330, #1429",
        change=Change.REPLACE,
        reason="model-changed",
    ),
    Field(
        "model.name",
        Scalar.NAME,
        "Name in the catalogue, or the id of a fine-tuned model or a checkpoint (ftchkpt-…).",
        _MIGRATION,
        change=Change.REPLACE,
        on_provisioned=Change.MIGRATION,
        reason="model-changed",
    ),
    Field(
        "model.source",
        Scalar.NAME,
        "Where a fine-tuned model was made, if not in this account: a mapping or one ARM id.",
        "part of the model's identity: inferred. ARM has two fields for it and may return neither",
        change=Change.REPLACE,
        on_provisioned=Change.MIGRATION,
        reason="source-changed",
    ),
    Field(
        "model.version",
        Scalar.VERSION,
        "Version as text, quotes or not. Absent: the service's default version, unmanaged.",
        "up and down: azurerm's live test TestAccCognitiveDeployment_update",
        on_provisioned=Change.MIGRATION,
        reason="version-changed",
    ),
    Field(
        "model.publisher", Scalar.TEXT, "Publisher of the model; seldom needed.", _SCHEMA, since="2024-10-01"
    ),
    Field(
        "sku.name",
        Scalar.SKU,
        "SKU; case does not matter.",
        "not known whether ARM takes it in place; azurerm replaces",
        change=Change.SKU,
        reason="sku-changed",
    ),
    Field(
        "sku.capacity",
        Scalar.WHOLE,
        "PTUs on provisioned SKUs; thousands of tokens per minute on most models of the others.",
        "recorded with 2023-05-01: 1 to 2, answered 200; together with the model it is refused, "
        "azure-search-openai-demo#1154",
        reason="capacity-changed",
    ),
    *(
        Field(f"sku.{name}", Scalar.TEXT, "In ARM's schema; unused.", _SCHEMA)
        for name in ("tier", "size", "family")
    ),
    Field(
        "versionUpgradeOption",
        OneOf(("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")),
        "Whether the service may move the deployment to newer versions.",
        "change: azurerm's live test; absence: Microsoft, working with models; default: recorded",
        absent="OnceCurrentVersionExpired",
        default="OnceNewDefaultVersionAvailable",
        nullable=True,
    ),
    Field(
        "raiPolicyName",
        Scalar.NAME,
        "Content filter policy.",
        "change: azurerm's live test; default: recorded 2023 to 2026",
        default="Microsoft.DefaultV2",
        nullable=True,
    ),
    Field(
        "spilloverDeploymentName",
        Scalar.NAME,
        "Deployment of the same account that takes what a full one turns away.",
        "Microsoft, spillover (2026-07-09), with 2024-10-01; in the schema since 2025-06-01",
        nullable=True,
        since="2025-06-01",
    ),
    Field(
        "parentDeploymentName",
        Scalar.NAME,
        "Name of the parent deployment.",
        _SCHEMA,
        nullable=True,
        since="2024-10-01",
    ),
    Field(
        "capacitySettings",
        Object(
            "CapacitySettings",
            "ARM calls these for internal use.",
            (
                Inner("designatedCapacity", Scalar.WHOLE, "Designated capacity."),
                Inner("priority", Scalar.WHOLE, "Priority of the capacity."),
            ),
        ),
        "For internal use, says ARM.",
        _SCHEMA,
        nullable=True,
        since="2024-10-01",
    ),
    Field(
        "serviceTier",
        OneOf(("Default", "Priority")),
        "Processing tier, where the model has one on this SKU.",
        "OpenAPI 2025-12-01: nullable",
        absent="Default",
        nullable=True,
        since="2025-12-01",
    ),
    Field(
        "deploymentState",
        OneOf(("Running", "Paused")),
        "Paused answers inference with 423; only Standard, GlobalStandard and DataZoneStandard can pause.",
        "OpenAPI 2025-12-01",
        absent="Running",
        since="2025-12-01",
    ),
    Field(
        "routing",
        Object(
            "Routing",
            "How a model-router deployment chooses.",
            (
                Inner("mode", OneOf(("cost", "balanced", "quality")), "What to favour."),
                Inner("models", ListOf(_ROUTED), "Which models may be chosen."),
            ),
        ),
        "For model-router deployments.",
        "OpenAPI 2025-12-01; Microsoft, model router",
        nullable=True,
        since="2025-12-01",
    ),
    Field(
        "dynamicThrottlingEnabled",
        Scalar.FLAG,
        "Let the service lend unused throughput.",
        "read-only in the schema, sent by azurerm all the same",
        absent=False,
        since="2024-10-01",
    ),
    Field(
        "modelProviderData",
        Object(
            "ModelProviderData",
            "What a partner wants to know of you; nothing fills it in for you.",
            (
                Inner("industry", Scalar.NAME, "Your industry in one lower-case word.", "technology"),
                Inner("organizationName", Scalar.NAME, "Name of your organization."),
                Inner("countryCode", Scalar.NAME, "Your country as two letters.", "US"),
            ),
        ),
        "Who uses a partner's model. Sending it accepts the provider's Marketplace offer in your name.",
        "in no schema; needed by Anthropic: microsoft-foundry-for-vscode#461, Azure-Samples/claude",
        returned=False,
        since="2025-10-01-preview",
    ),
    Field(
        "extraProperties.speculativeDecoding",
        Object(),
        "A draft model that speeds up a Fireworks deployment.",
        "OpenAPI, previews from 2026-05-15-preview",
        nullable=True,
        since="2026-05-15-preview",
    ),
    Field(
        "extraProperties.contextCacheContainerId",
        Scalar.NAME,
        "ARM id of a context cache.",
        "OpenAPI 2026-09-01",
        nullable=True,
        since="2026-07-15-preview",
    ),
    Field(
        "tags",
        Object(),
        "Azure tags; a tag that is not stated is left alone.",
        "schema of PUT",
        reason="tags-changed",
        since="2024-10-01",
    ),
)
"""Every field that a manifest can state and a PUT takes, in the order in which a plan shows changes."""

SOURCE_FIELDS: Final = ("source", "sourceAccount")
"""ARM's two fields for the source of a model; declaring one takes the place of the other."""

BY_PATH: Final[Mapping[str, Field]] = {row.path: row for row in FIELDS}
_BY_ARM: Final[Mapping[Path, Field]] = {
    **{tuple(map(str.lower, row.arm)): row for row in FIELDS},
    ("properties", "model", "sourceaccount"): BY_PATH["model.source"],
}
_RANK: Final = {row.path: number for number, row in enumerate(FIELDS)}


def field_at(arm: Path) -> Field | None:
    """The row of a place in a body, names compared without case."""
    return _BY_ARM.get(tuple(map(str.lower, arm)))


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


def rank(path: str) -> tuple[bool, int, str]:
    """Where a change stands in a list of changes: in the table's order, unknown fields before the tags."""
    parts = path.split(".")
    known = (_RANK[each] for each in (".".join(parts[:2]), parts[0]) if each in _RANK)
    return (parts[0] == "tags", next(known, len(FIELDS)), path)

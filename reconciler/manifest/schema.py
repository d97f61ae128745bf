"""What a user may write: the four kinds of document, and the JSON Schema that says so to editors.

The models that check a manifest are those that the schema is made of, so the two cannot disagree about a
field's name. Only the entries of sets and templates are left as written here: they are merged first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from reconciler.catalogue.load import catalogue
from reconciler.catalogue.query import Catalogue
from reconciler.domain.fleet import DriftCause
from reconciler.domain.ids import is_guid
from reconciler.manifest import scalars
from reconciler.manifest.entry import Entry, EntryFields
from reconciler.manifest.fields import (
    Amount,
    Flag,
    Glob,
    Guid,
    ManifestDocument,
    Name,
    Percent,
    ResourceGroup,
    Strict,
    Unquoted,
    Value,
    Whole,
    Words,
    formed,
    optional,
    raw,
)
from reconciler.manifest.tree import Map, described

API_VERSION: Final = "reconciler.aoai/v1"

Cloud = Literal["emulator", "AzureCloud", "AzureUSGovernment", "AzureChinaCloud"]
Level = Literal["error", "warning", "info", "off"]
Prune = Literal["owned", "exclusive", "never"]
RawEntry = Annotated[Map, raw(Entry)]


class Metadata(Strict):
    """What a document is called."""

    name: Name = Field(description="Name of the document.")
    labels: dict[Words, Value] | None = optional("For --select.", examples=[{"env": "prod"}])


class FleetMetadata(Strict):
    """What the fleet is called."""

    name: Annotated[
        str,
        formed(
            "[a-z0-9-]{1,40}", "1 to 40 lower-case letters, digits and hyphens", "it becomes the owner mark"
        ),
    ] = Field(description="Name of the fleet: the owner mark on everything it deploys.", examples=["contoso"])
    labels: dict[Words, Value] | None = optional("Not used for the Fleet.")


class SubscriptionEntry(Strict):
    """A subscription that manifests call by an alias."""

    id: Guid = Field(description="The subscription's GUID.")
    tenant: Guid | None = optional("The GUID of the tenant it belongs to.")


class GuardsEntry(Strict):
    """Limits on what one run may destroy or spend."""

    max_deletes: Whole | None = optional("Deletes per run; a replace counts.")
    max_delete_percent: Percent | None = optional("Deletes per run, in percent of the owned deployments.")
    max_capacity_reduction_percent: Percent | None = optional(
        "Capacity taken from one pool per run, in percent."
    )
    max_monthly_increase: Amount | None = optional(
        "By how much a run may raise the monthly cost at list prices."
    )
    protect: list[Glob] | None = optional(
        "Never deleted or replaced: globs over subscription-or-alias/account/deployment.",
        examples=[["*/prod-*/chat*"]],
    )


class RetirementEntry(Strict):
    """When a model's retirement becomes a finding."""

    warn_within_days: Whole | None = optional("Warn this many days ahead; 90 if absent.")
    fail_within_days: Whole | None = optional("Fail this many days ahead; 0 is never.")


class ReservationEntry(Strict):
    """PTUs that an Azure reservation pays for, used or not."""

    type: Literal["Global", "DataZone", "Regional"] = Field(description="Deployment type it was bought for.")
    region: Name | None = optional("Region it was bought for; a Global one needs none.", examples=["eastus2"])
    subscription: Name | None = optional("Alias or GUID if its scope is one subscription; absent: shared.")
    ptus: Whole = Field(description="PTUs that are reserved.", examples=[100])
    term: Literal["month", "year"] | None = optional("Its term; month if absent.")


class CostsEntry(Strict):
    """How `cost` and `plan --cost` count."""

    currency: (
        Annotated[str, formed("[A-Z]{3}", "three capital letters, such as USD", "write USD, EUR or GBP")]
        | None
    ) = optional("Currency of the prices; USD if absent. Only USD ships.")
    hours_per_month: Amount | None = optional("Hours of a month; 730 if absent.")
    reservations: list[ReservationEntry] | None = optional(
        "Azure reservations: what they pay for is not billed by the hour."
    )
    prices: Name | None = optional("Path of your own price list, from this file's folder: its prices win.")


class PreferenceEntry(Strict):
    """What `upgrade` proposes for a model that retires."""

    from_: Name = Field(alias="from", description="The model that retires.", examples=["gpt-4o"])
    from_version: Unquoted | None = optional("Only this version of it; every version if absent.")
    to: Name = Field(description="The model to move to.", examples=["gpt-4.1"])
    version: Unquoted | None = optional(
        "Its version; the default version if absent.", examples=["2025-04-14"]
    )


class UpgradeEntry(Strict):
    """How `upgrade` chooses the model that takes the place of one that retires."""

    prefer: list[PreferenceEntry] | None = optional(
        "Asked before ARM's replacement and the documented successor."
    )


def cause_of(word: str) -> DriftCause | None:
    """The cause of drift that a key means, in either spelling: auto-upgraded or autoUpgraded."""
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in word)
    return DriftCause(kebab) if kebab in set(DriftCause) else None


_CAUSES: Final[list[Any]] = sorted(
    {word for cause in DriftCause for word in (to_camel(cause.name.lower()), cause.value)}
)


def _aliases(value: object) -> object:
    for alias in value if isinstance(value, Map) else ():
        if not alias or set(alias) & set("/*?") or is_guid(alias):
            raise scalars.invalid(
                f"{described(alias)} cannot be an alias: globs could not name it",
                "use a name without `/`, `*` and `?` that is not a GUID",
            )
    return value


class FleetSpec(Strict):
    """Who we are, and what holds for every set."""

    id: Guid | None = optional(
        "A GUID of your own. It joins the owner mark, so that two fleets of one name stay apart.",
        examples=["3f2b8c1e-5d47-4c0a-9e61-7a1d2b3c4d5e"],
    )
    cloud: Cloud | None = optional("Which Azure; AzureCloud if absent.")
    api_version: Unquoted | None = optional(
        "ARM api-version; the newest stable one if absent.", examples=["2026-07-01"]
    )
    subscriptions: Annotated[dict[Words, SubscriptionEntry], BeforeValidator(_aliases)] | None = optional(
        "Aliases. A GUID may stand wherever an alias may."
    )
    defaults: Annotated[Map, raw(EntryFields)] | None = optional("Laid under every deployment of every set.")
    guards: GuardsEntry | None = optional("How much one run may destroy, and what none may; more is refused.")
    rules: dict[Words, Level] | None = optional(
        "Severity per rule.", examples=[{"model-retiring-soon": "error"}]
    )
    drift: dict[Words, Level] | None = Field(
        default=None,
        description="Severity per cause of drift; an error makes `drift` exit 2.",
        examples=[{"autoUpgraded": "error", "retired": "error"}],
        json_schema_extra={"propertyNames": {"enum": _CAUSES}},
    )
    retirement: RetirementEntry | None = optional("When a retirement date becomes a finding.")
    costs: CostsEntry | None = optional("Currency, reservations and own prices.")
    upgrade: UpgradeEntry | None = optional("What models that retire are replaced by.")


class AccountEntry(Strict):
    """The account a set deploys to."""

    subscription: Name = Field(description="Alias from the Fleet, or the subscription's GUID.")
    resource_group: ResourceGroup = Field(description="Resource group of the account.")
    name: Name = Field(description="Name of the account.")
    region: Name | None = optional(
        "Where the account is, in any spelling: an assertion, checked against ARM.",
        examples=["swedencentral"],
    )


class SetSpec(Strict):
    """The deployments of one account."""

    account: AccountEntry = Field(description="The account they belong to.")
    prune: Prune | None = optional("Which undeclared deployments may go: ours (owned), all, or none.")
    adopt: Flag | None = optional("Take over unmarked deployments of declared names.")
    templates: list[Name] | None = optional("Names of templates, merged in order.")
    deployments: list[RawEntry] | None = optional("Deployments, or what they change.")


class TemplateSpec(Strict):
    """Deployments for sets to reuse."""

    deployments: list[RawEntry] = Field(description="Entries; only their names are required.")


class FleetDocument(ManifestDocument[Literal["Fleet"], FleetMetadata, FleetSpec]):
    """Who we are: owner mark, cloud, subscription aliases, guards. At most one."""


class SetDocument(ManifestDocument[Literal["DeploymentSet"], Metadata, SetSpec]):
    """The deployments of one account, or some of them."""


class TemplateDocument(ManifestDocument[Literal["DeploymentTemplate"], Metadata, TemplateSpec]):
    """Deployments that sets reuse by the template's name."""


POLICY: Final = "Policy"
_MODELS: Final[Mapping[str, type[Strict]]] = {
    "Fleet": FleetDocument,
    "DeploymentSet": SetDocument,
    "DeploymentTemplate": TemplateDocument,
}
KINDS: Final = (*_MODELS, POLICY)


def model_of(kind: str) -> type[Strict]:
    """What a document of one of `KINDS` has to look like; the words of policies cost who has none nothing."""
    if kind == POLICY:
        from reconciler.manifest.policies import PolicyDocument

        return PolicyDocument
    return _MODELS[kind]


class _ForEditors(GenerateJsonSchema):
    """Null only where it un-sets: what is to be left unmanaged is left out. No titles: they repeat names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 -- pydantic's signature
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        shown = super().function_before_schema(schema)
        if schema["function"]["function"] not in {scalars.or_null, scalars.filled_or_null}:
            return shown
        return {"anyOf": [*shown.get("anyOf", [shown]), {"type": "null"}]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of one model."""
    return model.model_json_schema(schema_generator=_ForEditors)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a manifest document of any kind."""
    definitions: dict[str, Any] = {}
    branches: list[dict[str, Any]] = []
    for kind in KINDS:
        schema = schema_of(model_of(kind))
        definitions |= schema.pop("$defs", {})
        definitions[kind] = schema
        branches.append(
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
        )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:reconciler:manifest:{API_VERSION.rpartition('/')[2]}",
        "title": "Manifest of reconciler",
        "description": "A Fleet, a DeploymentSet, a DeploymentTemplate or a Policy.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "Version of this format."},
            "kind": {"enum": [*KINDS], "description": "What the document declares."},
            "metadata": {"type": "object", "description": "What the document is called."},
            "spec": {"type": "object", "description": "What it says."},
        },
        "allOf": branches,
        "$defs": dict(sorted(definitions.items())),
    }
    return _completed(schema, catalogue())


def _completed(schema: dict[str, Any], known: Catalogue) -> dict[str, Any]:
    """The schema, with what the catalogue knows as examples beside those it has.

    Never as a closed list: a model newer than the catalogue is no mistake.
    """
    names = known.models()
    versions = sorted({version for name in names for version in known.versions(name)})
    model, account = (schema["$defs"][item]["properties"] for item in ("ModelEntry", "AccountEntry"))
    for field, values in (
        (model["name"], names),
        (model["version"], versions),
        (account["region"], [region.name for region in known.regions()]),
    ):
        field["examples"] = list(dict.fromkeys([*field.get("examples", ()), *values]))
    return schema

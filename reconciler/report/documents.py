"""What every `-o json` prints: a model of each document, and the JSON Schemas that follow from them.

Rule of this module: a report fills in a model and prints it; no key is written down a second time. Those that
are read again too (plan, apply, drift, diagnostics, error) are declared in `planfile.documents`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal, get_args

from pydantic import Field, TypeAdapter

from reconciler.catalogue.facts import Stage
from reconciler.domain.document import Document
from reconciler.domain.health import Status
from reconciler.plan.capacity import Fit
from reconciler.plan.proposal import Move
from reconciler.planfile.documents import (
    ApplyDocument,
    DiagnosticsDocument,
    DriftDocument,
    ErrorDocument,
    PlanDocument,
    PoolDocument,
    ToolDocument,
)
from reconciler.planfile.observed import Json
from reconciler.prices.document import CostDocument
from reconciler.upgrade.propose import Strategy


def _what(text: str, **more: Any) -> Any:  # noqa: ANN401 -- pydantic's own signature
    return Field(description=text, **more)


class FirstDocument(Document):
    """What these documents begin with."""

    format_version: Literal[1] = _what("Version of this format.")


class SourcedDocument(Document):
    """A fact with who says it, and the day of it; null where nobody does."""

    source: str | None = None
    as_of: str | None = None


# -- show, quota, lifecycle --------------------------------------------------------------------------------


class ThereDocument(Document):
    """A deployment that is there, with ARM's values."""

    id: str = _what("ARM's resource id.")
    account: str
    region: str
    deployment: str
    model: str | None
    version: str | None
    sku: str | None
    capacity: int | None
    state: str = _what("ARM's provisioningState.")
    owner: str | None = _what("The fleet whose mark it carries.")


class NotReadDocument(Document):
    """An account that could not be read; nothing is known of what is in it."""

    id: str
    account: str
    code: str
    message: str


class ShowDocument(FirstDocument):
    """What `show -o json` prints: the deployments that are there, declared or not."""

    deployments: tuple[ThereDocument, ...]
    unreadable: tuple[NotReadDocument, ...]
    cost: CostDocument | None = _what("With --cost: what all that is there costs.", default=None)


class QuotaPoolDocument(PoolDocument):
    """A pool with what is left of it."""

    free: int | None
    used_percent: int | None = _what("Rounded up.")
    elsewhere: int | None = _what("What no account of this run holds.")
    deleted_accounts: tuple[str, ...] = _what("Deleted accounts that may hold a part of that.")


class QuotaDocument(FirstDocument):
    """What `quota -o json` prints: the pools that the fleet draws on."""

    pools: tuple[QuotaPoolDocument, ...]


class LifespanDocument(SourcedDocument):
    """How long the model of a deployment lives."""

    id: str
    account: str
    deployment: str
    region: str | None
    model: str
    version: str | None
    sku: str | None
    fine_tuned: bool
    observed: bool = _what("Whether it is there; false where it is only declared.")
    stage: Stage | None
    retires: date | None
    also_said: date | None = _what("The day that another source gives.")
    days_left: int | None
    successor: str | None
    version_upgrade_option: str | None
    upgrade: str = _what("When the service itself changes the version, in words.")
    failing: bool | None = _what("With --fail-within: whether it ends within that time.", default=None)


class EndsDocument(Document):
    """How many there are."""

    deployments: int
    failing: int
    unknown: int


class LifecycleDocument(FirstDocument):
    """What `lifecycle -o json` prints: every deployment, the first to end first."""

    today: date
    catalogue: str = _what("The day of the catalogue.")
    fail_within: int | None = _what("Days, as --fail-within gave them.")
    deployments: tuple[LifespanDocument, ...]
    summary: EndsDocument


# -- cost, capacity, upgrade -------------------------------------------------------------------------------


class BillDocument(FirstDocument):
    """What `cost -o json` prints: what the declared deployments cost a month."""

    cost: CostDocument


class RoomDocument(Document):
    """A region and a SKU of one subscription; sizes are in units of the SKU."""

    subscription: str
    region: str
    sku: str
    offered: bool | None
    minimum: int | None
    step: int | None
    size: int | None = _what("The smallest legal size that is not under what was asked for.")
    quota_left: int | None
    available: int | None = _what("ARM's modelCapacities; no promise.")
    verdict: Fit
    source: str = _what("Who told the offer and the sizes.")


class CapacityDocument(FirstDocument):
    """What `capacity -o json` prints: which regions and SKUs would take a model, the best first."""

    asked_at: str
    model: str
    version: str
    rows: tuple[RoomDocument, ...]
    notes: tuple[str, ...]


class MoveDocument(Document):
    """What to do about a deployment that has no room; null for what does not change."""

    id: str
    needed: int
    move: Move
    region: str | None
    sku: str | None
    capacity: int | None
    account: str | None
    available: int | None
    reason: str


class EditedDocument(Document):
    """A file before and after."""

    path: str
    before: str
    after: str


class ProposalsDocument(FirstDocument):
    """What `capacity propose -o json` prints: where the deployments without room could go."""

    asked_at: str
    items: tuple[MoveDocument, ...]
    edits: tuple[EditedDocument, ...]


class ModelDocument(Document):
    """A model, and its version where one is given."""

    model: str
    version: str | None


class ChecksDocument(Document):
    """What is known of a target; null where it is not."""

    offered: bool | None
    size_legal: bool | None
    quota: bool | None
    capacity: bool | None


class EditDocument(Document):
    """One edit, at the manifest's own path."""

    path: str
    before: str | None
    after: str | None


class UpgradeItemDocument(Document):
    """A deployment whose model retires, and what to do about it."""

    id: str
    file: str | None
    line: int | None
    from_: ModelDocument = Field(alias="from")
    to: ModelDocument | None
    source: str | None
    as_of: str | None
    retires: date | None
    strategy: Strategy | None
    checks: ChecksDocument
    edit: EditDocument | None
    reason: str


class StandingDocument(Document):
    """How many there are of each."""

    edits: int
    waiting: int
    unsolved: int


class UpgradeDocument(FirstDocument):
    """What `upgrade -o json` prints: the edits after which no model retires."""

    items: tuple[UpgradeItemDocument, ...]
    summary: StandingDocument


# -- doctor, explain ---------------------------------------------------------------------------------------


class CheckDocument(Document):
    """One thing that was looked at."""

    name: str
    subject: str
    status: Status
    message: str
    fix: str


class DoctorDocument(FirstDocument):
    """What `doctor -o json` prints."""

    tool: ToolDocument
    checks: tuple[CheckDocument, ...]
    summary: dict[Status, int]


class MeaningDocument(Document):
    """One meaning of a word; null for what does not apply."""

    word: str
    kind: str = _what("Where it is printed.")
    severity: str | None
    meaning: str
    fix: str | None
    source: str | None


class WordsDocument(FirstDocument):
    """What `explain -o json` prints."""

    words: tuple[MeaningDocument, ...]


# -- size --------------------------------------------------------------------------------------------------


class EstimateDocument(FirstDocument):
    """What a workload needs on one SKU."""

    sku: str
    raw_ptu: float = _what("To two places.")
    deployable_ptu: int | None
    minimum: int | None
    step: int | None
    input_tpm_per_ptu: int
    tokens_per_second: float | None
    formula: str
    source: str
    sizes_source: str | None
    notes: tuple[str, ...]


class LegalDocument(Document):
    """Whether a SKU can be deployed with a number of PTUs, and the nearest sizes where it cannot."""

    sku: str
    deployable: bool | None
    below: int | None
    above: int | None
    minimum: int | None
    step: int | None


class CarriedDocument(FirstDocument):
    """What a number of PTUs carries: in calls where their tokens were given, else in tokens a minute."""

    capacity: int
    calls_per_minute: int | None = _what("Rounded down.", default=None)
    input_tpm: int | None = _what("Of nothing but input.", default=None)
    output_tpm: int | None = _what("Of nothing but output.", default=None)
    output_ratio: float | None = _what("Input tokens that one of output counts for.", default=None)
    tokens_per_second: float | None = None
    skus: tuple[LegalDocument, ...]
    input_tpm_per_ptu: int
    formula: str | None = None
    source: str
    notes: tuple[str, ...]


# -- catalog -----------------------------------------------------------------------------------------------


class CatalogModelDocument(SourcedDocument):
    """A model version."""

    model: str
    version: str | None
    default: bool
    format: str | None
    stage: Stage | None
    retires: date | None
    successor: str | None
    skus: tuple[str, ...] | None
    skus_source: str | None


class CatalogRegionDocument(SourcedDocument):
    """A region; dataZone null where none is documented."""

    region: str
    display_name: str
    geography: str
    data_zone: str | None
    account_kinds: tuple[str, ...]


class CatalogSkuDocument(SourcedDocument):
    """A SKU."""

    sku: str
    display_name: str
    capacity_one_is: str
    fine_tuned_models: bool | None


class RivalDocument(SourcedDocument):
    """What another source says of the sizes."""

    minimum: int
    step: int


class SizesDocument(SourcedDocument):
    """Legal sizes, and what one unit buys."""

    minimum: int
    step: int
    maximum: int | None
    default: int | None
    unit: str | None
    tokens_per_minute_per_unit: int | None
    requests_per_minute_per_unit: int | None
    note: str | None
    rivals: tuple[RivalDocument, ...]


class ThroughputDocument(SourcedDocument):
    """What a PTU carries."""

    input_tpm_per_ptu: int
    output_ratio: float | None
    cached_input_weight: float | None
    output_weight: float | None
    tokens_per_second: float | None


class PlacesDocument(SourcedDocument):
    """Regions that list it; `complete` false where the list may have gaps."""

    listed: tuple[str, ...]
    complete: bool


class CatalogOfferDocument(SourcedDocument):
    """A model version on a SKU; null for what is not known."""

    model: str
    version: str | None
    sku: str
    fine_tuned: bool
    offered: bool | None
    capacity: SizesDocument | None
    throughput: ThroughputDocument | None
    regions: PlacesDocument | None


class DefaultLimitDocument(Document):
    """A documented default: of a tier, or for batch of a type of subscription."""

    tier: str | None = None
    requests: int | None = None
    seconds: int | None = None
    tokens_per_minute: int | None = None
    subscription_type: str | None = None
    enqueued_tokens: int | None = None


class DefaultQuotaDocument(SourcedDocument):
    """The documented default quotas of a model on a SKU."""

    model: str
    sku: str
    limits: tuple[DefaultLimitDocument, ...]


class CountLimitDocument(SourcedDocument):
    """A documented limit on a count."""

    limit: str
    value: int


class CatalogDocument(FirstDocument):
    """What `catalog models, regions, skus, capacity, quota -o json` print: the lists that were asked for."""

    catalogue: str = _what("The day of the catalogue.")
    models: tuple[CatalogModelDocument, ...] = ()
    regions: tuple[CatalogRegionDocument, ...] = ()
    skus: tuple[CatalogSkuDocument, ...] = ()
    offers: tuple[CatalogOfferDocument, ...] = ()
    quotas: tuple[DefaultQuotaDocument, ...] = ()
    limits: tuple[CountLimitDocument, ...] = ()


class PriceListDocument(Document):
    """A list of prices; `own` where it is the Fleet's."""

    title: str
    as_of: str
    currency: str
    own: bool


class PriceDocument(SourcedDocument):
    """One rate, as decimal text, as published."""

    model: str | None
    version: str | None
    format: str | None
    sku: str
    kind: str
    rate: str
    unit: str
    term: str | None
    meter: str
    regions: tuple[str, ...]
    effective: date | None


class PricesDocument(FirstDocument):
    """What `catalog prices -o json` prints."""

    lists: tuple[PriceListDocument, ...]
    prices: tuple[PriceDocument, ...]


class CatalogRefreshDocument(FirstDocument):
    """What `catalog refresh -o json` prints: which lists of ARM it has written, and where."""

    overlay: str
    refreshed: date
    offers_by_region: dict[str, int]


class PricesRefreshDocument(FirstDocument):
    """What `catalog prices --refresh -o json` prints: which prices it has written, and where."""

    overlay: str
    refreshed: str
    currency: str
    regions: tuple[str, ...]
    prices: int
    not_understood: tuple[str, ...] = _what("Meters that are not used.")


# -- schemas -----------------------------------------------------------------------------------------------

Size = EstimateDocument | tuple[EstimateDocument, ...] | CarriedDocument

DOCUMENTS: Final[dict[str, Any]] = {
    "plan": PlanDocument,
    "apply": ApplyDocument,
    "drift": DriftDocument,
    "diagnostics": DiagnosticsDocument,
    "show": ShowDocument,
    "quota": QuotaDocument,
    "lifecycle": LifecycleDocument,
    "cost": BillDocument,
    "capacity": CapacityDocument,
    "capacity-propose": ProposalsDocument,
    "upgrade": UpgradeDocument,
    "doctor": DoctorDocument,
    "explain": WordsDocument,
    "size": Size,
    "catalog": CatalogDocument,
    "catalog-prices": PricesDocument,
    "catalog-refresh": CatalogRefreshDocument,
    "catalog-prices-refresh": PricesRefreshDocument,
    "error": ErrorDocument,
}
"""Every document by the name that `schema --document` knows it by."""

_SIZE: Final = "What `size -o json` prints: an estimate, one for each SKU, or what a number of PTUs carries."


def json_schema(name: str) -> Json:
    """The JSON Schema (draft 2020-12) of one of `DOCUMENTS`; its `$id` has the version of the format."""
    model = DOCUMENTS[name]
    first: type[Document] = EstimateDocument if model is Size else model
    (version,) = get_args(first.model_fields["format_version"].annotation)
    schema = TypeAdapter[Any](model).json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:reconciler:{name}:{version}",
        **({"description": _SIZE} if model is Size else {}),
        **schema,
        "title": f"{name} document of reconciler",
    }

"""What every `-o json` prints: a model of each document, and the JSON Schemas that follow from them.

Rule of this module: a report fills in a model and prints it; no key is written down a second time. Those that
are read again too (plan, apply, drift, diagnostics, error) are declared in `planfile.documents`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, get_args

from pydantic import Field, TypeAdapter

from reconciler.catalogue.facts import Stage
from reconciler.domain.document import Document, Name, what
from reconciler.domain.rights import Status
from reconciler.plan.capacity import Fit
from reconciler.plan.proposal import Move
from reconciler.planfile import documents as saved
from reconciler.planfile.observation import Json
from reconciler.prices.document import CostDocument
from reconciler.report import catalogue_documents
from reconciler.upgrade.propose import Strategy

# -- show, quota, lifecycle --------------------------------------------------------------------------------


class ThereDocument(Document):
    """A deployment that is there, with ARM's values."""

    id: str = what("ARM's resource id.")
    account: str
    region: str
    deployment: str
    model: str | None
    version: str | None
    sku: str | None
    capacity: int | None
    state: str = what("ARM's provisioningState.")
    owner: str | None = what("The fleet whose mark it carries.")


class NotReadDocument(Document):
    """An account that could not be read; nothing is known of what is in it."""

    id: Name
    account: str
    code: str
    message: str


class ShowDocument(catalogue_documents.FirstDocument):
    """What `show -o json` prints: the deployments that are there, declared or not."""

    deployments: tuple[ThereDocument, ...]
    unreadable: tuple[NotReadDocument, ...]
    cost: CostDocument | None = what("With --cost: what all that is there costs.", default=None)


class QuotaPoolDocument(saved.PoolDocument):
    """A pool with what is left of it."""

    free: int | None
    used_percent: int | None = what("Rounded up.")
    elsewhere: int | None = what("What no account of this run holds.")
    deleted_accounts: tuple[str, ...] = what("Deleted accounts that may hold a part of that.")


class QuotaDocument(catalogue_documents.FirstDocument):
    """What `quota -o json` prints: the pools that the fleet draws on."""

    pools: tuple[QuotaPoolDocument, ...]


class LifespanDocument(catalogue_documents.SourcedDocument):
    """How long the model of a deployment lives."""

    id: Name
    account: str
    deployment: str
    region: Name | None
    model: str
    version: str | None
    sku: Name | None
    fine_tuned: bool
    observed: bool = what("Whether it is there; false where it is only declared.")
    stage: Stage | None
    retires: date | None
    also_said: date | None = what("The day that another source gives.")
    days_left: int | None
    successor: str | None
    version_upgrade_option: str | None
    upgrade: str = what("When the service itself changes the version, in words.")
    failing: bool | None = what("With --fail-within: whether it ends within that time.", default=None)


class EndsDocument(Document):
    """How many there are."""

    deployments: int
    failing: int
    unknown: int


class LifecycleDocument(catalogue_documents.FirstDocument):
    """What `lifecycle -o json` prints: every deployment, the first to end first."""

    today: date
    catalogue: str = what("The day of the catalogue.")
    fail_within: int | None = what("Days, as --fail-within gave them.")
    deployments: tuple[LifespanDocument, ...]
    summary: EndsDocument


# -- cost, capacity, upgrade -------------------------------------------------------------------------------


class BillDocument(catalogue_documents.FirstDocument):
    """What `cost -o json` prints: what the declared deployments cost a month."""

    cost: CostDocument


class RoomDocument(Document):
    """A region and a SKU of one subscription; sizes are in units of the SKU."""

    subscription: str
    region: Name
    sku: Name
    offered: bool | None
    minimum: int | None
    step: int | None
    size: int | None = what("The smallest legal size that is not under what was asked for.")
    quota_left: int | None
    available: int | None = what("ARM's modelCapacities; no promise.")
    verdict: Fit
    source: str = what("Who says what is offered, and in which sizes.")


class CapacityDocument(catalogue_documents.FirstDocument):
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
    region: Name | None
    sku: Name | None
    capacity: int | None
    account: Name | None
    available: int | None
    reason: str


class EditedDocument(Document):
    """A file before and after."""

    path: str
    before: str
    after: str


class ProposalsDocument(catalogue_documents.FirstDocument):
    """What `capacity propose -o json` prints: where the deployments without room could go."""

    asked_at: str
    items: tuple[MoveDocument, ...]
    edits: tuple[EditedDocument, ...]


class ModelVersionDocument(Document):
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

    id: Name
    file: str | None
    line: int | None
    from_: ModelVersionDocument = Field(alias="from")
    to: ModelVersionDocument | None
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


class UpgradeDocument(catalogue_documents.FirstDocument):
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


class DoctorDocument(catalogue_documents.FirstDocument):
    """What `doctor -o json` prints."""

    tool: saved.ToolDocument
    checks: tuple[CheckDocument, ...]
    summary: dict[Status, int]


class MeaningDocument(Document):
    """One meaning of a word; null for what does not apply."""

    word: str
    kind: str = what("Where it is printed.")
    severity: str | None
    meaning: str
    fix: str | None
    source: str | None


class WordsDocument(catalogue_documents.FirstDocument):
    """What `explain -o json` prints."""

    words: tuple[MeaningDocument, ...]


# -- schemas -----------------------------------------------------------------------------------------------

Size = (
    catalogue_documents.EstimateDocument
    | tuple[catalogue_documents.EstimateDocument, ...]
    | catalogue_documents.CarriedDocument
)

DOCUMENTS: Final[dict[str, Any]] = {
    "plan": saved.PlanDocument,
    "apply": saved.ApplyDocument,
    "drift": saved.DriftDocument,
    "diagnostics": saved.DiagnosticsDocument,
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
    "catalog": catalogue_documents.CatalogDocument,
    "catalog-prices": catalogue_documents.PricesDocument,
    "catalog-refresh": catalogue_documents.CatalogRefreshDocument,
    "catalog-prices-refresh": catalogue_documents.PricesRefreshDocument,
    "error": saved.ErrorDocument,
}
"""Every document by the name that `schema --document` knows it by."""

_SIZE: Final = "What `size -o json` prints: an estimate, one for each SKU, or what a number of PTUs carries."


def json_schema(name: str) -> Json:
    """The JSON Schema (draft 2020-12) of one of `DOCUMENTS`; its `$id` has the version of the format."""
    model = DOCUMENTS[name]
    first: type[Document] = catalogue_documents.EstimateDocument if model is Size else model
    (version,) = get_args(first.model_fields["format_version"].annotation)
    schema = TypeAdapter[Any](model).json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:reconciler:{name}:{version}",
        **({"description": _SIZE} if model is Size else {}),
        **schema,
        "title": f"{name} document of reconciler",
    }

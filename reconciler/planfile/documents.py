"""The documents that other programs read: plan, apply, drift, diagnostics, and the one of an error.

Each is declared once; writing, reading and its JSON Schema (`reconciler schema --document`) follow from that.
A key that changes its meaning raises `FORMAT_VERSION`, a new key does not (docs/decisions/0021-documents.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, JsonValue

from reconciler.domain.document import Document, Name, what
from reconciler.plan.causes import Cause
from reconciler.planfile.observation import Json, ObservedDocument
from reconciler.prices.document import CostDocument

FORMAT_VERSION: Final = 2
"""Of plan, apply, drift and diagnostics documents: 2 since `fix` is the word for what to do about it."""

ERROR_VERSION: Final = 1
Action = Literal["create", "update", "replace", "delete", "adopt", "wait", "none", "blocked"]
KINDS: Final[tuple[Action, ...]] = get_args(Action)
Level = Literal["error", "warning", "info", "off"]


def _time(text: str) -> str:
    try:
        if datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError as problem:
        raise ValueError(f"`createdAt` is not a time: {problem}") from problem
    raise ValueError("`createdAt` has no time zone")


Time = Annotated[str, AfterValidator(_time), Field(json_schema_extra={"format": "date-time"})]
Position = Annotated[int | None, what("From 1; null where the place has no text.")]


class VersionedDocument(Document):
    """What every document begins with."""

    format_version: Literal[2] = what("Version of this format.")


# -- parts -------------------------------------------------------------------------------------------------


class ChangeDocument(Document):
    """One field; null on a side means that it is absent there."""

    path: str = what("The manifest's dotted path.")
    before: JsonValue = what("What is there.")
    after: JsonValue = what("What is declared.")


class PlaceDocument(Document):
    """A place in a manifest."""

    file: str | None
    line: Position
    column: Position
    end_line: Position
    end_column: Position
    path: tuple[str | int, ...] = what("The way to it through the document: keys, and indices from 0.")


class RemarkDocument(Document):
    """A few words about a place."""

    message: str


class RelatedDocument(PlaceDocument, RemarkDocument):
    """Another place that has to do with a finding."""


class MessageDocument(Document):
    """What was found, and what to do."""

    code: str = what("A stable word; `reconciler explain CODE` explains it.")
    severity: Level
    message: str
    label: str = what("What stands under the caret in text.")
    fix: str = what("What to do about it; empty where there is nothing.")
    source: str = what("Where the rule comes from.")


class FindingDocument(PlaceDocument, MessageDocument):
    """Something about the manifests that a person should know."""

    related: tuple[RelatedDocument, ...]


class RefusalDocument(Document):
    """A guard that forbids the whole plan."""

    code: str
    message: str
    fix: str = what("The flag or the field that lifts it.")


class HolderDocument(Document):
    """A deployment that draws on a quota pool."""

    id: Name
    capacity: int


class PoolDocument(Document):
    """A quota pool before, during and after the plan, in its units; null where ARM's usages are unread."""

    pool: str = what("ARM's usageName.")
    scope: str = what("subscription/region.")
    label: str
    limit: int | None
    used_before: int | None
    used_peak: int | None
    used_after: int | None
    verdict: Literal["fits", "exceeds", "unverified"]
    holders: tuple[HolderDocument, ...]


class PartDocument(Document):
    """Which shard of how many this is about, and how many accounts it looks after."""

    index: int
    count: int
    accounts: int
    of_accounts: int


class UnreadDocument(Document):
    """An account that could not be listed to its end: nothing is concluded about it."""

    id: Name
    account: str
    message: str
    fix: str


class ElsewhereDocument(Document):
    """Another region that had room."""

    region: Name
    sku: Name
    available: int


class CapacityCheckDocument(Document):
    """What ARM's modelCapacities said about a write, in PTUs."""

    needed: int
    available: int | None
    asked_at: str
    why: str
    elsewhere: tuple[ElsewhereDocument, ...]


class ActionDocument(Document):
    """What would be done with one deployment."""

    id: str = what("ARM's resource id.")
    account: str
    deployment: str
    region: str | None
    action: Action
    reason: str = what("A stable word; `reconciler explain REASON` explains it.")
    explanation: str
    changes: tuple[ChangeDocument, ...]
    body: Json | None = what("The last PUT, exactly; null where none is sent.")
    depends_on: tuple[str, ...] = what("Ids of what has to be done before.")
    etag: str | None
    fingerprint: str = what("Of what was observed and what is to be done.")
    order: int = what("From 1 over the steps that write; 0 for the others.")
    writes: tuple[Json, ...] = what("All PUTs, where there is more than one.", default=())
    carried: tuple[str, ...] = what("Paths that an update repeats from what is there.", default=())
    fix: str = what("What lifts a block.", default="")
    capacity: Literal["available", "short", "unverified"] = what(
        "With --check-capacity: whether the region had room when ARM was asked; no promise.",
        default="unverified",
    )
    capacity_check: CapacityCheckDocument | None = what("What ARM said then.", default=None)


# -- plan --------------------------------------------------------------------------------------------------


class ToolDocument(Document):
    """Who wrote the document."""

    name: str
    version: str


class SelectionDocument(Document):
    """--select, --target and --exclude."""

    select: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


class ManifestsDocument(Document):
    """What the plan was made of."""

    paths: tuple[str, ...]
    digest: str = what("SHA-256 over the texts.")


class PlanDocument(VersionedDocument):
    """What `plan -o json` prints and `plan --out` saves: what apply would do, and what forbids it."""

    fleet: str
    created_at: Time = what("UTC, to the second.")
    tool: ToolDocument
    cloud: str
    complete: bool = what("Whether everything could be read.")
    applyable: bool = what("Whether apply would write anything.")
    summary: dict[Action, int] = what("Deployments by action.")
    actions: tuple[ActionDocument, ...]
    quota: tuple[PoolDocument, ...]
    cost: CostDocument | None = what("Where it was asked for, with --cost.", default=None)
    refusals: tuple[RefusalDocument, ...]
    diagnostics: tuple[FindingDocument, ...]
    left_out: int = what("Declared deployments that the selection left out.")
    owned: int = what("Observed deployments that carry the fleet's mark. For information; no guard reads it.")
    unread: tuple[UnreadDocument, ...]
    shard: PartDocument | None = what("Where this is the plan of one shard.", default=None)
    observed: ObservedDocument | None = what("What that shard saw, for `plan merge`.", default=None)
    selection: SelectionDocument
    manifests: ManifestsDocument
    fingerprint: str


# -- apply -------------------------------------------------------------------------------------------------

Ending = Literal["succeeded", "failed", "skipped", "unknown", "conflict", "stale"]


class FailureDocument(Document):
    """Why a step did not succeed: ARM's words as they came, and what to do."""

    status: int | None
    code: str
    message: str
    request_id: str | None
    fix: str


class EndedDocument(ActionDocument):
    """An action and how it ended."""

    outcome: Ending
    attempts: int = what("Writes that were sent.")
    duration_ms: int
    note: str
    error: FailureDocument | None


class ApplyDocument(VersionedDocument):
    """What `apply -o json` prints: the plan's actions with how each ended."""

    fleet: str
    cloud: str
    complete: bool
    succeeded: bool
    interrupted: str | None = what("What stopped the run, if anything did.")
    summary: dict[Ending | Literal["none", "blocked"], int]
    actions: tuple[EndedDocument, ...]
    quota: tuple[PoolDocument, ...]
    refusals: tuple[RefusalDocument, ...]
    left_out: int
    shard: PartDocument | None = None
    fingerprint: str


# -- drift -------------------------------------------------------------------------------------------------


class DriftItemDocument(Document):
    """One deployment that is not as declared."""

    id: Name
    account: str
    deployment: str
    cause: str = what(
        "A stable word; `reconciler explain` says what each means.",
        json_schema_extra={"enum": [cause.value for cause in Cause]},
    )
    severity: Level
    explanation: str
    changes: tuple[ChangeDocument, ...]
    who: str | None = what("Who did it, or wrote last; people's addresses are cut.")
    when: str | None = what("ISO 8601.")


class UnreadableDocument(Document):
    """An account that could not be read; nothing is known of what is in it."""

    id: Name
    account: str
    code: str
    message: str
    fix: str


class UnverifiedDocument(Document):
    """A subscription whose Activity Log could not be read, so that nobody knows who did what."""

    subscription: str
    code: str
    message: str


class SinceDocument(Document):
    """The plan that a report begins at, and how many items it knew already."""

    plan: str
    as_it_saw: int


class DriftDocument(VersionedDocument):
    """What `drift -o json` prints: what differs although no manifest changed, and why."""

    items: tuple[DriftItemDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]
    in_sync: int
    ignored: int
    since: SinceDocument | None
    unverified: tuple[UnverifiedDocument, ...]
    summary: dict[str, int] = what("Items by cause; every cause is a key.")


# -- diagnostics -------------------------------------------------------------------------------------------


class TotalsDocument(Document):
    """Everything that was found and read, also what is not listed."""

    errors: int
    warnings: int
    infos: int
    files: int
    deployments: int


class DiagnosticsDocument(VersionedDocument):
    """What `validate -o json` prints, and any command whose manifests have errors."""

    diagnostics: tuple[FindingDocument, ...]
    summary: TotalsDocument


# -- errors ------------------------------------------------------------------------------------------------


class ErrorBodyDocument(Document):
    """What went wrong, and what to do about it."""

    code: str = what("A stable word.", pattern="^[a-z0-9]+(-[a-z0-9]+)*$")
    message: str
    fix: str | None


class ErrorDocument(Document):
    """What a command with `-o json` prints that came to no result. Usage errors (exit 64) print nothing."""

    format_version: Literal[1] = what("Version of this format.")
    error: ErrorBodyDocument
    exit_code: int

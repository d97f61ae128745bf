"""The plan as a JSON document, which is also the plan file.

The document is canonical: keys of bodies are sorted, nothing but `createdAt` depends on the time, and it
holds nothing that the plan does not show. Reading one back is in `saved.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.diagnostics import Diagnostic, Place, Span
from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import DeploymentId
from reconciler.domain.shard import Part
from reconciler.domain.state import ObservedState
from reconciler.plan.actions import Blocked, FieldChange, Update
from reconciler.plan.plan import Plan, Step
from reconciler.planfile import documents
from reconciler.planfile.observation import in_order, observed_document
from reconciler.prices.document import cost_document

EVERYTHING = documents.SelectionDocument(select="", targets=(), excludes=())
"""No selection was made."""

Spans = Callable[[Place], Span | None]
"""Looks a symbolic place up in its file; the plan itself knows no files."""


def to_json(
    plan: Plan,
    *,
    created_at: datetime,
    tool_version: str,
    manifest_paths: Sequence[str],
    selection: documents.SelectionDocument = EVERYTHING,
    spans: Spans | None = None,
    observed: ObservedState | None = None,
) -> dict[str, JsonValue]:
    """The document of `plan -o json` and `plan --out`.

    Without `spans` a diagnostic has a line only where it was found without a document tree. `observed` is
    what the plan was made from; the plan of a shard carries it, so that the plan of the fleet can be made
    from all of them.
    """
    kinds = [step.action.kind for step in plan.steps]
    optional: dict[str, Any] = {}
    capacity: dict[DeploymentId, dict[str, Any]] = {
        item.id: {
            "capacity": item.room.value,
            "capacity_check": documents.CapacityCheckDocument.from_value(item),
        }
        for item in plan.capacity
    }
    if plan.part is not None:
        optional["shard"] = part_document(plan.part)
        optional |= {} if observed is None else {"observed": observed_document(observed)}
    if plan.cost is not None:
        optional["cost"] = cost_document(plan.cost)
    document = documents.PlanDocument.from_value(
        plan,
        format_version=documents.FORMAT_VERSION,
        created_at=created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tool=documents.ToolDocument(name="reconciler", version=tool_version),
        summary={kind: kinds.count(kind) for kind in documents.KINDS},
        actions=tuple(
            documents.ActionDocument(**action_fields(step), **capacity.get(step.action.id, {}))
            for step in plan.steps
        ),
        diagnostics=tuple(finding_document(found, spans) for found in plan.findings),
        unread=tuple(documents.UnreadDocument.from_value(item, account=item.id.name) for item in plan.unread),
        selection=selection,
        manifests=documents.ManifestsDocument(paths=tuple(manifest_paths), digest=plan.manifest_digest),
        **optional,
    )
    return document.to_json()


def part_document(part: Part) -> documents.PartDocument:
    """Which shard of how many, and how much of the selection it looks after."""
    return documents.PartDocument.from_value(part, index=part.shard.index, count=part.shard.count)


def action_fields(step: Step) -> dict[str, Any]:
    """The fields of an `ActionDocument`. `body` is the last PUT; `writes` are all of several."""
    action = step.action
    bodies, observed = tuple(map(in_order, action.writes)), action.observed
    fields: dict[str, Any] = {
        "id": str(action.id),
        "account": action.id.account.name,
        "deployment": action.id.name,
        "region": None if action.region is None else action.region.name,
        "action": action.kind,
        "reason": action.reason.value,
        "explanation": action.explanation,
        "changes": tuple(map(change_document, action.changes)),
        "body": bodies[-1] if bodies else None,
        "depends_on": tuple(str(needed) for needed in step.depends_on),
        "etag": None if observed is None else observed.etag,
        "fingerprint": step.fingerprint,
        "order": step.order,
    }
    if len(bodies) > 1:
        fields["writes"] = bodies
    if isinstance(action, Update):
        fields["carried"] = tuple(action.carried)
    if isinstance(action, Blocked):
        fields["fix"] = action.fix
    return fields


def change_document(change: FieldChange) -> documents.ChangeDocument:
    """One field that a write changes, or that has drifted."""
    return documents.ChangeDocument(
        path=change.path, before=in_order(change.before), after=in_order(change.after)
    )


def finding_document(found: Diagnostic, spans: Spans | None) -> documents.FindingDocument:
    """A diagnostic; without `spans` it has a line only where it was found without a document tree."""
    related = (
        documents.RelatedDocument(message=item.message, **_place(item.place, spans)) for item in found.related
    )
    return documents.FindingDocument.from_value(found, **_place(found.place, spans), related=tuple(related))


def _place(place: Place | None, spans: Spans | None) -> dict[str, Any]:
    span = None if place is None else place.span
    if span is None and place is not None and spans is not None:
        span = spans(place)
    position = ("line", "column", "end_line", "end_column")
    return {
        "file": None if place is None else place.file,
        "path": () if place is None else tuple(place.route),
        **{name: getattr(span, name, None) for name in position},
    }

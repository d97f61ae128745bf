"""The plan as a JSON document, which is also the plan file.

The document is canonical: keys of bodies are sorted, nothing but `createdAt` depends on the time, and it
holds nothing that the plan does not show. Reading one back is in `saved.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from reconciler.diagnostics import Diagnostic, Place, Span
from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.shard import Part
from reconciler.domain.state import ObservedState
from reconciler.plan.actions import (
    KIND,
    Blocked,
    Create,
    FieldChange,
    Keep,
    Update,
    bodies_of,
    changes_of,
    kind_of,
)
from reconciler.plan.plan import Plan, PoolForecast, Refusal, Step, Unread
from reconciler.planfile.observation import in_order, observed_json
from reconciler.planfile.plan_file import FORMAT_VERSION
from reconciler.planfile.saved import SavedPlan, Stale, narrow, read_saved

__all__ = ["SavedPlan", "Stale", "narrow", "read_saved", "to_json"]

Spans = Callable[[Place], Span | None]
"""Looks a symbolic place up in its file; the plan itself knows no files."""


def to_json(
    plan: Plan,
    *,
    created_at: datetime,
    tool_version: str,
    manifest_paths: Sequence[str],
    selection: JsonObject,
    spans: Spans | None = None,
    observed: ObservedState | None = None,
) -> dict[str, JsonValue]:
    """The document of `plan -o json` and `plan --out`.

    `selection` has the keys `select` (text), `targets` and `excludes` (lists of globs). Without `spans`
    a diagnostic has a line only where it was found without a document tree. `observed` is what the plan was
    made from; the plan of a shard carries it, so that the plan of the fleet can be made from all of them.
    """
    kinds = [kind_of(step.action) for step in plan.steps]
    return {
        "formatVersion": FORMAT_VERSION,
        "fleet": plan.fleet,
        "createdAt": created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool": {"name": "reconciler", "version": tool_version},
        "cloud": plan.cloud,
        "complete": plan.complete,
        "applyable": plan.applyable,
        "summary": {kind: kinds.count(kind) for kind in KIND.values()},
        "actions": [action_json(step) for step in plan.steps],
        "quota": [pool_json(pool) for pool in plan.quota],
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "diagnostics": [_diagnostic(found, spans) for found in plan.findings],
        "leftOut": plan.left_out,
        "owned": plan.owned,
        "unread": [_unread(one) for one in plan.unread],
        **_shard(plan, observed),
        "selection": in_order(selection),
        "manifests": {"paths": list(manifest_paths), "digest": plan.manifest_digest},
        "fingerprint": plan.fingerprint,
    }


def _shard(plan: Plan, observed: ObservedState | None) -> dict[str, JsonValue]:
    if plan.part is None:
        return {}
    part: dict[str, JsonValue] = {"shard": part_json(plan.part)}
    return part if observed is None else part | {"observed": observed_json(observed)}


def part_json(part: Part) -> dict[str, JsonValue]:
    """Which shard of how many, and how much of the selection it looks after."""
    return {
        "index": part.shard.index,
        "count": part.shard.count,
        "accounts": part.accounts,
        "ofAccounts": part.of_accounts,
    }


def action_json(step: Step) -> dict[str, JsonValue]:
    """One step. `body` is the last PUT; `writes` has them all where there is more than one."""
    action = step.action
    bodies = [] if isinstance(action, Keep | Blocked) else [in_order(body) for body in bodies_of(action)]
    observed = None if isinstance(action, Create) else action.observed
    document: dict[str, JsonValue] = {
        "id": str(action.id),
        "account": action.id.account.name,
        "deployment": action.id.name,
        "region": None if action.region is None else action.region.name,
        "action": kind_of(action),
        "reason": action.reason.value,
        "explanation": action.explanation,
        "changes": [_change(change) for change in changes_of(action)],
        "body": bodies[-1] if bodies else None,
        "dependsOn": [str(needed) for needed in step.depends_on],
        "etag": None if observed is None else observed.etag,
        "fingerprint": step.fingerprint,
        "order": step.order,
    }
    if len(bodies) > 1:
        document["writes"] = bodies
    if isinstance(action, Update):
        document["carried"] = list(action.carried)
    if isinstance(action, Blocked):
        document["fix"] = action.fix
    return document


def pool_json(pool: PoolForecast) -> dict[str, JsonValue]:
    """One quota pool; numbers are null where ARM's usages could not be read."""
    return {
        "pool": pool.pool,
        "scope": pool.scope,
        "label": pool.label,
        "limit": pool.limit,
        "usedBefore": pool.used_before,
        "usedPeak": pool.used_peak,
        "usedAfter": pool.used_after,
        "verdict": pool.verdict.value,
        "holders": [{"id": str(holder.id), "capacity": holder.capacity} for holder in pool.holders],
    }


def _change(change: FieldChange) -> dict[str, JsonValue]:
    return {"path": change.path, "before": in_order(change.before), "after": in_order(change.after)}


def _unread(one: Unread) -> dict[str, JsonValue]:
    return {"id": str(one.id), "account": one.id.name, "message": one.message, "fix": one.fix}


def _refusal(refusal: Refusal) -> dict[str, JsonValue]:
    return {"code": refusal.code, "message": refusal.message, "fix": refusal.fix}


def _diagnostic(found: Diagnostic, spans: Spans | None) -> dict[str, JsonValue]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "fix": found.fix,
        "source": found.source,
        **_place(found.place, spans),
        "related": [
            {"message": related.message, **_place(related.place, spans)} for related in found.related
        ],
    }


def _place(place: Place | None, spans: Spans | None) -> dict[str, JsonValue]:
    span = None if place is None else place.span
    if span is None and place is not None and spans is not None:
        span = spans(place)
    return {
        "file": None if place is None else place.file,
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
        "endLine": None if span is None else span.end_line,
        "endColumn": None if span is None else span.end_column,
        "path": [] if place is None else list(place.route),
    }

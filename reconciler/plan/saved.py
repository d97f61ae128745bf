"""A saved plan is a witness, not an order (law I-05): it can stop a run or narrow it, never add to it.

What is written always comes from manifests and observation read anew; of the file only identities,
kinds and fingerprints count, so a changed file can at worst make less happen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, TypeVar

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import DesiredState
from reconciler.errors import PlanStale, UsageProblem
from reconciler.plan.actions import Action, Blocked, Create, Delete, Keep, Reason, changes_of, kind_of
from reconciler.plan.legality import is_mark, without_marks
from reconciler.plan.plan import Plan, Step

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT_VERSION = 1

Selection = TypeVar("Selection", bound="DataclassInstance")

_WRITING = frozenset({"create", "update", "replace", "delete", "adopt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """What a plan file says about one deployment; `before` is what it had seen of the changed fields."""

    action: str
    fingerprint: str
    before: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What of a plan file counts when it is applied."""

    fleet: str
    cloud: str
    manifest_digest: str
    manifest_paths: tuple[str, ...]
    select: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    items: Mapping[DeploymentId, SavedItem] = field(default_factory=dict)

    def chosen(self, given: Selection) -> Selection:
        """`given` with this plan's paths and selection; a dataclass with fields of these four names."""
        return replace(
            given,
            paths=self.manifest_paths,
            select=self.select,
            targets=self.targets,
            excludes=self.excludes,
        )

    def writes(self, deployment: DeploymentId) -> bool:
        """Whether this plan has a write for `deployment`."""
        item = self.items.get(deployment)
        return item is not None and item.action in _WRITING

    def must_fit(self, desired: DesiredState, *, cloud: str) -> None:
        """Raise `PlanStale` unless manifests, fleet and cloud are those that the plan was made from."""
        moved = [
            f"the {what} was {then or 'not stated'} and is {now or 'not stated'}"
            for what, then, now in (
                ("fleet", self.fleet, desired.fleet.name),
                ("cloud", self.cloud.lower(), cloud.lower()),
                ("digest of the manifests", self.manifest_digest, desired.manifest_digest),
            )
            if then != now
        ]
        if moved:
            raise PlanStale(
                f"the saved plan does not fit any more: {'; '.join(moved)}. A plan is applied only to what "
                "it was made from. Nothing was written; run `reconciler plan --out` again"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A deployment that is no longer as the saved plan saw it, and in what."""

    id: DeploymentId
    message: str

    def __str__(self) -> str:
        return f"{self.id.account.name}/{self.id.name}: {self.message}"


def read_saved(text: str) -> SavedPlan:
    """A plan file's text. UsageProblem where it is none, PlanStale where another version wrote it."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UsageProblem(f"this is not a plan file: it is not JSON ({problem})") from problem
    if not isinstance(document, dict) or "formatVersion" not in document:
        _not_a_plan("it has no formatVersion; `reconciler plan --out FILE` writes plan files")
    if document["formatVersion"] != FORMAT_VERSION:
        raise PlanStale(
            f"the plan file has format version {document['formatVersion']!r}, this program reads "
            f"{FORMAT_VERSION}. Nothing was written; plan again with this version"
        )
    manifests = _mapping(document, "manifests")
    selection = _mapping(document, "selection")
    return SavedPlan(
        fleet=_text(document, "fleet"),
        cloud=_text(document, "cloud"),
        manifest_digest=_text(manifests, "digest"),
        manifest_paths=_texts(manifests, "paths"),
        select=_text(selection, "select"),
        targets=_texts(selection, "targets"),
        excludes=_texts(selection, "excludes"),
        items=dict(_item(action) for action in _list(document, "actions")),
    )


def narrow(plan: Plan, saved: SavedPlan) -> tuple[Plan, tuple[Stale, ...]]:
    """`plan` with only those writes that `saved` has seen exactly so; the others are blocked and returned.

    A step that is blocked for a reason of its own keeps it and has not moved. What depends on a write that
    is not done is blocked too: a take must not run without its release.
    """
    stale = [
        Stale(id=step.action.id, message=message)
        for step in plan.steps
        if (message := _moved(step, saved.items.get(step.action.id)))
    ]
    why = {item.id: item.message for item in stale}
    out: set[DeploymentId] = set()
    steps: list[Step] = []
    for step in plan.steps:
        action = step.action
        needed = next((name for name in step.depends_on if name in out), None)
        if isinstance(action, Keep | Blocked) or (action.id not in why and needed is None):
            steps.append(step)
            continue
        out.add(action.id)
        blocked = _out(action, why[action.id]) if action.id in why else _without(action, needed)
        steps.append(Step(action=blocked, fingerprint=step.fingerprint))
    writing = [step for step in steps if step.order]
    resting = sorted((step for step in steps if not step.order), key=lambda step: step.action.id.key)
    return replace(plan, steps=(*writing, *resting)), tuple(stale)


def _moved(step: Step, item: SavedItem | None) -> str:
    """Why a step is not what was saved; empty where it is, or where nothing may or has to be written."""
    action = step.action
    if isinstance(action, Keep | Blocked):
        return ""
    kind = kind_of(action)
    if item is None or item.action not in _WRITING:
        return f"the saved plan has no write for it, now it is {kind}"
    if item.action != kind:
        return f"the saved plan has {item.action}, now it is {kind}"
    if item.fingerprint == step.fingerprint:
        return ""
    return _what_moved(action, item)


def _what_moved(action: Action, item: SavedItem) -> str:
    now = without_marks(changes_of(action))
    fields = [
        f"{change.path} was {json.dumps(item.before[change.path])}, is {json.dumps(change.before)}"
        for change in now
        if change.path in item.before and item.before[change.path] != change.before
    ]
    fields += [f"{change.path} differs now" for change in now if change.path not in item.before]
    paths = {change.path for change in now}
    gone = [path for path in item.before if path not in paths and not is_mark(path)]
    fields += [f"{path} is as declared by now" for path in gone]
    return "; ".join(fields) or "a field that no manifest states, or its state, has changed since the plan"


def _out(action: Action, message: str) -> Blocked:
    return _block(action, Reason.STALE, message, "plan again, look at it, and apply the new plan")


def _without(action: Action, needed: DeploymentId | None) -> Blocked:
    name = needed.name if needed else "another deployment"
    message = f"it waits for {name}, which is not as the saved plan saw it"
    return _block(action, Reason.DEPENDENCY_BLOCKED, message, "plan again and apply the new plan")


def _block(action: Action, reason: Reason, explanation: str, way_out: str) -> Blocked:
    return Blocked(
        id=action.id,
        region=action.region,
        reason=reason,
        explanation=explanation,
        way_out=way_out,
        changes=changes_of(action),
        desired=None if isinstance(action, Delete) else action.desired,
        observed=None if isinstance(action, Create) else action.observed,
    )


def _item(action: object) -> tuple[DeploymentId, SavedItem]:
    if not isinstance(action, dict):
        _not_a_plan("an entry of `actions` is not an object")
    try:
        name = DeploymentId.parse(_text(action, "id"))
    except ValueError as problem:
        raise UsageProblem(f"this is not a plan file: {problem}") from problem
    before: dict[str, JsonValue] = {}
    for change in _list(action, "changes"):
        if isinstance(change, dict):
            before[_text(change, "path")] = change.get("before")
    return name, SavedItem(
        action=_text(action, "action"), fingerprint=_text(action, "fingerprint"), before=before
    )


def _mapping(of: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = of.get(key)
    if not isinstance(value, dict):
        _not_a_plan(f"`{key}` must be an object")
    return value


def _list(of: Mapping[str, object], key: str) -> list[object]:
    value = of.get(key)
    if not isinstance(value, list):
        _not_a_plan(f"`{key}` must be a list")
    return value


def _text(of: Mapping[str, object], key: str) -> str:
    value = of.get(key)
    if not isinstance(value, str):
        _not_a_plan(f"`{key}` must be text")
    return value


def _texts(of: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = _list(of, key)
    texts = tuple(item for item in value if isinstance(item, str))
    if len(texts) != len(value):
        _not_a_plan(f"`{key}` must be a list of texts")
    return texts


def _not_a_plan(why: str) -> NoReturn:
    raise UsageProblem(f"this is not a plan file that this program wrote: {why}")

"""A saved plan is a witness, not an order (law I-05): it can stop a run or narrow it, never add to it.

What is written always comes from manifests and observation read anew; of the file only identities,
kinds and fingerprints count, so a changed file can at worst make less happen. It is also the base of drift
since it was made: a deployment has moved when it is there and was not, is not there and was, or when neither
its etag nor the fingerprint of what would be done about it is the one in the file. ARM gives a new etag at
every write and keeps it at reads; the fingerprint, over everything writable, stands in where ARM told none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.domain.deployment import JsonValue
from reconciler.domain.document import Document
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.marks import is_mark
from reconciler.domain.shard import Shard
from reconciler.domain.state import ObservedState
from reconciler.errors import PlanStale, UsageProblem
from reconciler.plan.actions import Action, Blocked, Keep, Reason, Wait, blocked_instead
from reconciler.plan.compare import compare
from reconciler.plan.drift import DriftReport, moved_unnoticed
from reconciler.plan.legality import without_marks
from reconciler.plan.plan import Plan, Step, fingerprint
from reconciler.planfile.documents import FORMAT_VERSION, ActionDocument, PlanDocument


class _AnyVersion(Document):
    format_version: int | None = None


@contextmanager
def reading() -> Iterator[None]:
    """Whatever is wrong with a document that is read meanwhile makes it no plan file: wrong usage."""
    try:
        yield
    except ValueError as problem:
        raise UsageProblem(f"this is not a plan file that this program wrote: {problem}") from problem


def plan_file(text: str) -> PlanDocument:
    """The document of a plan file. UsageProblem where it is none, PlanStale from another version."""
    with reading():
        version = _AnyVersion.read(text).format_version
        if version is None:
            raise ValueError("it has no formatVersion; `reconciler plan --out FILE` writes plan files")
        if version != FORMAT_VERSION:
            raise PlanStale(
                f"the plan file has format version {version}, this program reads {FORMAT_VERSION}. "
                "Nothing was written; plan again with this version"
            )
        return PlanDocument.read(text)


if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Selection = TypeVar("Selection", bound="DataclassInstance")

WRITING = frozenset({"create", "update", "replace", "delete", "adopt"})
"""The actions of a plan file that send something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """What a plan file says about one deployment; `before` is what it had seen of the changed fields.

    `etag` is None where it was not there, or ARM told none.
    """

    action: str
    fingerprint: str
    etag: str | None = None
    before: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What of a plan file counts when it is applied, or is the base that drift is measured from.

    `shard` is set where the file is one shard's, and so no plan of the fleet. No number of the file is here:
    a guard counts what is observed.
    """

    fleet: str
    cloud: str
    manifest_digest: str
    manifest_paths: tuple[str, ...]
    select: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    items: Mapping[DeploymentId, SavedItem] = field(default_factory=dict)
    shard: Shard | None = None
    created_at: str = ""
    complete: bool = True

    def chosen(self, given: Selection) -> Selection:
        """`given` with this plan's selection; a dataclass with fields of these three names."""
        return replace(given, select=self.select, targets=self.targets, excludes=self.excludes)

    def writes(self, deployment: DeploymentId) -> bool:
        """Whether this plan has a write for `deployment`."""
        item = self.items.get(deployment)
        return item is not None and item.action in WRITING

    def must_fit(self, desired: DesiredState, *, cloud: str) -> None:
        """Raise `PlanStale` unless this is a plan of the whole fleet, made from these manifests."""
        if self.shard is not None:
            raise PlanStale(
                f"this is what shard {self.shard} saw, and guards are about the whole fleet. Nothing was "
                "written; unite the files of all shards with `reconciler plan merge FILE... --out PLAN` and "
                "apply that"
            )
        self.must_be_of(desired, cloud=cloud)

    def must_be_base_for(self, desired: DesiredState) -> None:
        """Raise UsageProblem where this is of another fleet or cloud; the manifests may have changed."""
        for what, then, now in (
            ("fleet", self.fleet, desired.fleet.name),
            ("cloud", self.cloud, desired.fleet.cloud),
        ):
            if then.lower() != now.lower():
                raise UsageProblem(
                    f"the saved plan is of the {what} {then!r} and the manifests are of {now!r}: what it saw "
                    "says nothing about this one. Name one that `reconciler plan --out` made of these "
                    "manifests"
                )

    def must_be_of(self, desired: DesiredState, *, cloud: str) -> None:
        """Raise `PlanStale` unless manifests, fleet and cloud are those that the plan was made from."""
        moved = []
        if self.fleet != desired.fleet.name:
            ours = desired.fleet.name
            moved.append(f"it is a plan of the fleet {self.fleet!r}, these manifests are of {ours!r}")
        elif self.manifest_digest != desired.manifest_digest:
            moved.append("these manifests have changed since it was made")
        if self.cloud.lower() != cloud.lower():
            moved.append(f"it was made for the cloud {self.cloud}, and now it is {cloud}")
        if moved:
            raise PlanStale(
                f"the saved plan does not fit: {'; '.join(moved)}. A plan is applied only to what it was "
                "made from. Nothing was written; run `reconciler plan --out` again"
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
    return saved_in(plan_file(text))


def saved_in(file: PlanDocument) -> SavedPlan:
    """What counts of such a document when it is applied."""
    with reading():
        return SavedPlan(
            fleet=file.fleet,
            cloud=file.cloud,
            manifest_digest=file.manifests.digest,
            manifest_paths=file.manifests.paths,
            **dict(file.selection),
            items=dict(map(_item, file.actions)),
            shard=None if file.shard is None else Shard(file.shard.index, file.shard.count),
            created_at=file.created_at,
            complete=file.complete,
        )


def _item(action: ActionDocument) -> tuple[DeploymentId, SavedItem]:
    return DeploymentId.parse(action.id), SavedItem(
        action=action.action,
        fingerprint=action.fingerprint,
        etag=action.etag,
        before={change.path: change.before for change in action.changes},
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
        if isinstance(action, Keep | Blocked | Wait) or (action.id not in why and needed is None):
            steps.append(step)
            continue
        out.add(action.id)
        steps.append(Step(action=_out(action, why, needed), recorded=step.fingerprint))
    writing = [step for step in steps if step.order]
    resting = sorted((step for step in steps if not step.order), key=lambda step: step.action.id.key)
    return replace(plan, steps=(*writing, *resting), recorded=plan.fingerprint), tuple(stale)


def _out(action: Action, why: Mapping[DeploymentId, str], needed: DeploymentId | None) -> Blocked:
    """A write that is not as it was seen, or that needs one which is not."""
    if action.id in why:
        fix = "plan again, look at it, and apply the new plan"
        return blocked_instead(action, Reason.STALE, why[action.id], fix)
    name = needed.name if needed else "another deployment"
    message = f"it waits for {name}, which is not as the saved plan saw it"
    return blocked_instead(action, Reason.DEPENDENCY_BLOCKED, message, "plan again and apply the new plan")


def _moved(step: Step, item: SavedItem | None) -> str:
    """Why a step is not what was saved; empty where it is, or where nothing may or has to be written."""
    action = step.action
    if isinstance(action, Keep | Blocked | Wait):
        return ""
    kind = action.kind
    if item is None or item.action not in WRITING:
        return f"the saved plan has no write for it, now it is {kind}"
    if item.action != kind:
        return f"the saved plan has {item.action}, now it is {kind}"
    if item.fingerprint == step.fingerprint:
        return ""
    return _what_moved(action, item)


def _what_moved(action: Action, item: SavedItem) -> str:
    now = without_marks(action.changes)
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


def since_plan(
    report: DriftReport, saved: SavedPlan, desired: DesiredState, observed: ObservedState
) -> DriftReport:
    """`report` with only what has moved since `saved`, also where no field that a manifest states has.

    What the plan meant to write and is as declared now has been applied: it has moved, and is no drift. An
    account that the plan could not read has no base, so everything in it is kept.
    """
    now = {present.id: present for present, _ in observed.existing}
    prints = {action.id: fingerprint(action) for action in compare(desired, observed)}
    seen = _seen_accounts(saved, observed)

    def moved(deployment_id: DeploymentId) -> bool:
        then, existing = saved.items.get(deployment_id), now.get(deployment_id)
        if deployment_id.account not in seen:
            return True
        if then is None:
            return existing is not None
        if existing is not None and then.etag is not None and then.etag == existing.etag:
            return False
        if then.fingerprint == prints.get(deployment_id, ""):
            return False
        was_absent = then.etag is None and then.action in {"create", "blocked"}
        return existing is not None or not was_absent

    items = [item for item in report.items if moved(item.id)]
    unnoticed = [
        each for each in report.synced if each.account in seen and moved(each) and not saved.writes(each)
    ]
    items += [moved_unnoticed(now[each]) for each in unnoticed]
    return replace(
        report,
        items=tuple(sorted(items, key=lambda item: (item.id.key, item.cause))),
        synced=tuple(each for each in report.synced if each not in set(unnoticed)),
        since=saved.created_at,
        unmoved=sum(not moved(item.id) for item in report.items),
    )


def _seen_accounts(saved: SavedPlan, observed: ObservedState) -> frozenset[AccountId]:
    """The accounts that the plan had listed: all of a complete plan's, else those with more than blocks."""
    if saved.complete:
        return frozenset(observed.readings)
    return frozenset(each.account for each, item in saved.items.items() if item.action != "blocked")

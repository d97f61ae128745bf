"""A declared deployment and what is there under its name: the body of a PUT, and what it would change.

Both are made once per pair; whatever judges the pair reads them here.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from reconciler.domain.deployment import DesiredDeployment, JsonObject
from reconciler.domain.fields import field_at
from reconciler.domain.forms import Object
from reconciler.domain.ids import Region
from reconciler.domain.json_values import at, empty
from reconciler.domain.marks import MODEL_TAG, mark_of, model_mark_of
from reconciler.domain.read_only import read_only
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import ActionFacts, Blocked, FieldChange, Reason
from reconciler.plan.body import gone, model_mark, put_body, spec_mark, writable
from reconciler.plan.diff import body_changes, fields_of
from reconciler.plan.moved import Mover, accepting, who_moved

_A = TypeVar("_A", bound=ActionFacts)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """`mark` is the value of the tag that says whose it is. `renew` asks for marks that are only missing."""

    desired: DesiredDeployment
    observed: ObservedDeployment
    mark: str
    region: Region | None = None
    mover: Mover = Mover.NOBODY
    renew: bool = False

    @cached_property
    def body(self) -> JsonObject:
        """Exactly what a PUT sends."""
        return put_body(self.desired, self.observed, self.mark)

    @cached_property
    def changes(self) -> tuple[FieldChange, ...]:
        """What a PUT changes, our marks included; empty when there is nothing to write.

        Earlier releases wrote no mark of the model: where nothing else is to be written it is not missed.
        """
        found = self._untold_source + body_changes(
            self.observed, self.body, gone=gone(self.desired), forgetful=self.unchanged
        )
        return found if self.renew or not only_new_marks(found) else ()

    @property
    def _untold_source(self) -> tuple[FieldChange, ...]:
        """A change of the model's source where ARM does not tell the source: our mark remembers it."""
        source, last = self.desired.spec.model.source, model_mark_of(self.observed)
        if source is None or last is None or self.observed.model_source is not None:
            return ()
        before, now = last.partition("#")[2], model_mark(self.desired).partition("#")[2]
        if before == now or not now:
            return ()
        return (FieldChange(path="model.source", before=None, after=str(source.account)),)

    def action(
        self,
        kind: type[_A],
        reason: Reason,
        explanation: str,
        *writes: JsonObject,
        **more: str | tuple[str, ...],
    ) -> _A:
        """What is done with it: `kind`, with what a PUT changes; `more` are fields of this kind alone."""
        return kind(
            id=self.desired.id,
            region=self.region,
            reason=reason,
            explanation=explanation,
            desired=self.desired,
            observed=self.observed,
            changes=self.changes,
            writes=writes,
            **more,
        )

    def blocked(self, reason: Reason, explanation: str, fix: str) -> Blocked:
        """That something ought to be done with it and must not be; `fix` is what lifts that."""
        return self.action(Blocked, reason, explanation, fix=fix)

    @property
    def running(self) -> str:
        """The model and the version that are there."""
        return f"{self.observed.model_name} {self.observed.model_version}"

    @property
    def unchanged(self) -> bool:
        """Whether the manifest is what was last applied."""
        return mark_of(self.observed) == spec_mark(self.desired)

    @property
    def carried(self) -> tuple[str, ...]:
        """The manifest paths of what the body repeats from what is there although no manifest states it."""
        declared = {change.path for change in fields_of(put_body(self.desired, None, self.mark))}
        observed = fields_of(writable(self.observed))
        return tuple(change.path for change in observed if change.path not in declared)


def only_new_marks(changes: Sequence[FieldChange]) -> bool:
    """Whether nothing is lacking but the mark that earlier releases did not write."""
    return bool(changes) and all(
        change.path == f"tags.{MODEL_TAG}" and change.before is None for change in changes
    )


def unanswered(desired: DesiredDeployment, observed: ObservedDeployment) -> tuple[str, ...]:
    """The declared properties of free form that ARM does not answer although it has taken them.

    They count as in sync: whether ARM keeps such a value to itself or drops it, nobody can see.
    """
    absent = (
        ("properties", name)
        for name, value in desired.spec.settings.items()
        if not empty(value) and empty(at(observed.resource, ("properties", name)))
    )
    return tuple(
        path[-1] for path in absent if (field := field_at(path)) is None or isinstance(field.form, Object)
    )


def field_changes(
    desired: DesiredDeployment, observed: ObservedDeployment, mark: str, *, renew: bool = False
) -> tuple[FieldChange, ...]:
    """What a PUT of `desired` would change, our marks included; empty when there is nothing to write."""
    wanted = accepting(desired, who_moved(desired, observed))
    return Pair(desired=wanted, observed=observed, mark=mark, renew=renew).changes


_OWN = read_only()
"""What each answer has of its own: a plan never looks at it (`body.writable`)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one comparison found, under its terms, for all that are alike; the states outlive it."""

    in_sync: set[Hashable] = field(default_factory=set)
    """Pairs that agree; see `alike`."""
    new: dict[Hashable, tuple[JsonObject, tuple[FieldChange, ...]]] = field(default_factory=dict)
    """What creates a declared deployment, and its fields."""

    def creation(self, desired: DesiredDeployment, mark: str) -> tuple[JsonObject, tuple[FieldChange, ...]]:
        """The body that creates `desired`, and every field of it."""
        key = _said(desired)
        if key not in self.new:
            body = put_body(desired, None, mark)
            self.new[key] = body, fields_of(body)
        return self.new[key]


def alike(desired: DesiredDeployment, observed: ObservedDeployment) -> Hashable:
    """All that counts when the two are compared: everything but whose names they are."""
    existing = [(name, id(value)) for name, value in observed.resource.items() if name.lower() not in _OWN]
    return (*_said(desired), observed.provisioning_state, *existing)


def _said(desired: DesiredDeployment) -> tuple[Hashable, ...]:
    return (id(desired.spec), id(desired.lifecycle), desired.tenant, desired.adopt)

"""Differences between a body and what is there, as changes of manifest fields.

A known field is compared as `domain/fields.py` says; what has a free form is compared by its structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.fields import SOURCE_FIELDS, field_at, manifest_path, rank
from reconciler.domain.forms import Form, Object, alike
from reconciler.domain.json_values import Path, at, differing, empty, leaves, same
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import writable

_OBJECTS: Final[frozenset[Path]] = frozenset({("sku",), ("tags",), ("properties",), ("properties", "model")})
"""The objects of a body whose fields are known; ARM spells these names alike everywhere."""


def body_changes(
    observed: ObservedDeployment, body: JsonObject, *, gone: Iterable[Path] = (), forgetful: bool = False
) -> tuple[FieldChange, ...]:
    """What sending `body` would change, by manifest path, in the order in which a plan shows it.

    What the body leaves out does not count, but for what is `gone` from it on purpose. `forgetful` says that
    ARM has taken this body before: a value of free form that it does not answer is no difference then.
    """
    before = writable(observed)
    changes = list(_between(before, body, (), forgetful=forgetful))
    for path in gone:
        found, field = at(before, path), field_at(path)
        unset = empty(found) or found == "" if field is None else field.is_unset(found)
        if not unset:
            changes.append(_change(path, found, None))
    return _in_order(changes)


def fields_of(body: JsonObject) -> tuple[FieldChange, ...]:
    """Every field of a body as a change from nothing, for a create."""
    return _in_order(_change(path, None, value) for path, value in leaves(body))


def _in_order(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    return tuple(sorted(changes, key=lambda change: rank(change.path)))


def _change(path: Path, before: JsonValue, after: JsonValue) -> FieldChange:
    return FieldChange(path=manifest_path(path), before=before, after=after)


def _between(before: JsonObject, after: JsonObject, path: Path, *, forgetful: bool) -> Iterator[FieldChange]:
    for name, wanted in after.items():
        here = (*path, name)
        found = at(before, (name,))
        if wanted is found or empty(wanted):
            continue
        if here in _OBJECTS and isinstance(wanted, Mapping):
            inner = found if isinstance(found, Mapping) else {}
            yield from _between(inner, wanted, here, forgetful=forgetful)
            continue
        field = field_at(here)
        if field is None or isinstance(field.form, Object):
            answered = field is None or field.returned
            silent = empty(found) and path != ("tags",) and (forgetful or not answered)
            if not silent:
                form = None if field is None else field.form
                yield from _free(form, here, found, wanted, forgetful=forgetful)
        elif field.path == "model.source":
            answers = (at(before, (other,)) for other in SOURCE_FIELDS)
            given = next((value for value in answers if value), None) if empty(found) else found
            if given is not None and not field.agrees(given, wanted):
                yield _change(here, given, wanted)
        elif not field.agrees(found, wanted):
            yield _change(here, found, wanted)


def _free(
    form: Form | None, path: Path, found: JsonValue, wanted: JsonValue, *, forgetful: bool
) -> Iterator[FieldChange]:
    if not isinstance(wanted, Mapping) or empty(found):
        yield from _differs(path, found, wanted)
        return
    if not isinstance(found, Mapping):
        yield _change(path, found, wanted)
        return
    stated = _without_empty(_shared(wanted, found) if forgetful else wanted)
    for below in differing(_shared(found, stated), stated):
        before, after = at(found, below), at(stated, below)
        if not alike(_part(form, below), before, after):
            yield from _differs((*path, *below), before, after)


def _part(form: Form | None, path: Path) -> Form | None:
    """The form of a value inside; None where that is ARM's alone to know."""
    for name in path:
        form = form.part(name) if isinstance(form, Object) else None
    return form


def _differs(path: Path, found: JsonValue, wanted: JsonValue) -> Iterator[FieldChange]:
    """One value, or every value of an object that is new."""
    if isinstance(wanted, Mapping) and empty(found):
        yield from (_change(leaf, None, value) for leaf, value in leaves(wanted, path) if not empty(value))
    elif not same(found, wanted):
        yield _change(path, found, wanted)


def _shared(value: JsonObject, other: JsonObject) -> JsonObject:
    """What `value` says of the names that `other` has too, in the names of `other` or its own."""
    spelled = {name.lower(): name for name in other}
    shared: dict[str, JsonValue] = {}
    for name, inner in value.items():
        known = name if name in other else spelled.get(name.lower())
        counterpart = None if known is None else other[known]
        if known is None or empty(inner) or empty(counterpart):
            continue
        both = isinstance(inner, Mapping) and isinstance(counterpart, Mapping)
        shared[known] = _shared(inner, counterpart) if both else inner  # type: ignore[arg-type]
    return shared


def _without_empty(value: JsonObject) -> JsonObject:
    """Also without what is empty once its own nulls are gone: `{a: {b: null}}` says nothing of `a`."""
    inner = {
        name: _without_empty(item) if isinstance(item, Mapping) else item
        for name, item in value.items()
        if not empty(item)
    }
    return {name: item for name, item in inner.items() if not empty(item)}

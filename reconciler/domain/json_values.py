"""Arithmetic on JSON values: compare two, lay one over another, take a path out, write one canonically.

Everything here returns a new value; what is passed in is never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.domain.deployment import JsonObject, JsonValue

Path = tuple[str, ...]
"""Names from the root of a body down to a value."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(value: JsonValue) -> str:
    """The one text of a JSON value: sorted keys, no blanks, ASCII."""
    return _ENCODER.encode(value)


def same(json_value: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal as JSON: `1` is `1.0`, but neither `true` nor `"1"`."""
    if (
        type(json_value) is str
    ):  # nearly every value is one, and to be a mapping or a list takes longer to ask
        return json_value == other
    if isinstance(json_value, bool) or isinstance(other, bool):
        return json_value is other
    if isinstance(json_value, Mapping) and isinstance(other, Mapping):
        return json_value.keys() == other.keys() and all(
            same(value, other[name]) for name, value in json_value.items()
        )
    if _is_list(json_value) and _is_list(other):
        return len(json_value) == len(other) and all(map(same, json_value, other))  # type: ignore[arg-type]
    return json_value == other


def _is_list(value: JsonValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def empty(value: JsonValue) -> bool:
    """Whether a value says nothing: ARM leaves nulls out of its answers, an empty object declares nothing."""
    return value is None or (not value and isinstance(value, Mapping))


def at(body: JsonValue, path: Path) -> JsonValue:
    """The value at `path`, names compared without case; None where there is none."""
    here = body
    for name in path:
        if type(here) is not dict and not isinstance(here, Mapping):
            return None
        if name in here:
            here = here[name]
        else:
            wanted = name.lower()
            here = next((value for key, value in here.items() if key.lower() == wanted), None)
    return here


def has(body: JsonObject, path: Path) -> bool:
    """Whether there is a value at `path`."""
    here: JsonValue = body
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return False
        here = here[name]
    return True


def without(body: JsonObject, path: Path) -> JsonObject:
    """`body` less the value at `path`; names are compared without case. `body` itself where it has none."""
    head, *rest = path
    name = head if head in body else next((item for item in body if item.lower() == head.lower()), None)
    if name is None:
        return body
    if not rest:
        return {key: value for key, value in body.items() if key != name}
    inner = body[name]
    if not isinstance(inner, Mapping):
        return body
    less = without(inner, tuple(rest))
    return body if less is inner else {**body, name: less}


def put(body: JsonObject, path: Path, value: JsonValue) -> JsonObject:
    """`body` with `value` at `path`."""
    head, *rest = path
    if not rest:
        return {**body, head: value}
    inner = body.get(head)
    return {**body, head: put(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}


def laid_over(
    below: JsonObject,
    above: JsonObject,
    agree: Callable[[Path, JsonValue, JsonValue], bool] = lambda _, below, above: same(below, above),
    path: Path = (),
) -> JsonObject:
    """`above` over `below`: mappings merge, lists and scalars are replaced where they do not `agree`.

    Names are ARM's, so their case does not count. What agrees keeps the spelling of `below`, and an object in
    which everything agrees stays the very object that it is.
    """
    spelled = {name.lower(): name for name in below}
    changed: dict[str, JsonValue] = {}
    renamed: set[str] = set()
    for name, value in above.items():
        known = spelled.get(name.lower())
        if known is None:
            changed[name] = value
            continue
        found, here = below[known], (*path, name)
        if type(value) is not str and isinstance(found, Mapping) and isinstance(value, Mapping):
            inner = laid_over(found, value, agree, here)
            if inner is not found:
                changed[known] = inner
        elif not agree(here, found, value):
            changed[name] = value
            if known != name:
                renamed.add(known)
    if not changed:
        return below
    return {name: value for name, value in below.items() if name not in renamed} | changed


def leaves(value: JsonValue, path: Path = ()) -> list[tuple[Path, JsonValue]]:
    """Every value below `value` that is no object, or an empty one, with its path."""
    if isinstance(value, Mapping) and value:
        return [leaf for name, inner in value.items() for leaf in leaves(inner, (*path, name))]
    return [(path, value)]


def unset_paths(value: JsonObject, path: Path = ()) -> Iterator[Path]:
    """The paths that hold a null: in a declared body they are to go."""
    for name, inner in value.items():
        if inner is None:
            yield (*path, name)
        elif type(inner) is not str and isinstance(inner, Mapping):
            yield from unset_paths(inner, (*path, name))


def differing(before: JsonValue, after: JsonValue) -> list[Path]:
    """The paths at which two values of free form differ; a list differs as a whole.

    The one place that asks DeepDiff. It compares Python values, to which 1 and true are equal, so it is given
    each scalar with its JSON type.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415 -- 180 ms of import, paid only where free values differ

    found = DeepDiff(_typed(before), _typed(after), view="tree", threshold_to_diff_deeper=0)
    paths = (item.path(output_format="list") for items in found.values() for item in items)
    return list(dict.fromkeys(tuple(path) for path in paths))


def _typed(value: JsonValue) -> JsonValue:
    """Objects stay; a list or a scalar becomes its canonical text, in which numbers have one form."""
    if isinstance(value, Mapping):
        return {name: _typed(inner) for name, inner in value.items()}
    return canonical(_numbers(value))


def _numbers(value: JsonValue) -> JsonValue:
    """Whole numbers as such: ARM may answer 1 as 1.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _numbers(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_numbers(inner) for inner in value]
    return value

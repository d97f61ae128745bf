"""Differences between a body and what is there, as changes of manifest fields.

DeepDiff lives and dies in this module: it sees one pair at a time, only where the pair differs at all,
and only after the spellings that ARM does not distinguish have been made alike. It would otherwise pair
deployments by likeness and report case as change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.domain.deployment import DesiredDeployment, JsonObject, JsonValue
from reconciler.domain.marks import REMOVAL_TAG
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment
from reconciler.plan.actions import FieldChange
from reconciler.plan.body import ABSENT_MEANS, as_declared, put_body, writable

Path = tuple[str, ...]

# Values that are names of ARM resources or of ARM's own enumerations: ARM compares them without case.
_CASE_BLIND: frozenset[Path] = frozenset(
    {
        ("properties", "model", "format"),
        ("properties", "model", "name"),
        ("properties", "model", "source"),
        ("properties", "model", "sourceAccount"),
        ("properties", "raiPolicyName"),
        ("properties", "versionUpgradeOption"),
        ("properties", "spilloverDeploymentName"),
        ("properties", "parentDeploymentName"),
        ("properties", "serviceTier"),
        ("properties", "deploymentState"),
    }
)
_SOURCE: Path = ("properties", "model", "source")
_SOURCE_ACCOUNT: Path = ("properties", "model", "sourceAccount")


def field_changes(
    desired: DesiredDeployment, observed: ObservedDeployment, fleet: str
) -> tuple[FieldChange, ...]:
    """What a PUT of `desired` would change, our marks included; empty when there is nothing to write."""
    if as_declared(desired, observed, fleet):
        return ()
    return body_changes(observed, put_body(desired, observed, fleet))


def body_changes(observed: ObservedDeployment, body: JsonObject) -> tuple[FieldChange, ...]:
    """What sending `body` would change, by manifest path; what the body leaves out does not count."""
    there = writable(observed)
    before, after = _reduced(there, body, ()), _spelled(body, ())
    changes = [*_taken_back(there, body)]
    if before != after:
        changes += _changes(before, after, there, body)
    return tuple(sorted(changes, key=lambda change: _rank(change.path)))


def _taken_back(there: JsonObject, body: JsonObject) -> Iterator[FieldChange]:
    """The one thing that a body may leave out in order to remove it: our mark about removal."""
    path = ("tags", REMOVAL_TAG)
    found = _at(there, path)
    if found is not None and "tags" in body and _at(body, path) is None:
        yield FieldChange(path=_dotted(path), before=found, after=None)


def fields_of(body: JsonObject) -> tuple[FieldChange, ...]:
    """Every field of a body as a change from nothing, for a create."""
    changes = (FieldChange(path=_dotted(path), before=None, after=value) for path, value in _leaves(body, ()))
    return tuple(sorted(changes, key=lambda change: _rank(change.path)))


def _changes(
    before: JsonObject, after: JsonObject, raw_before: JsonObject, raw_after: JsonObject
) -> Iterator[FieldChange]:
    left, right = _unlike(before, after)
    paths = _scalar_paths(left, right, ())
    for path in dict.fromkeys(_deep_paths(left, right) if paths is None else paths):
        value = _at(raw_after, path)
        if isinstance(value, Mapping) and _says_nothing(_at(raw_before, path)):
            yield from (
                FieldChange(path=_dotted(leaf), before=None, after=inner)
                for leaf, inner in _leaves(value, path)
            )
        else:
            yield FieldChange(path=_dotted(path), before=_at(raw_before, path), after=value)


def _deep_paths(before: JsonObject, after: JsonObject) -> Iterator[Path]:
    from deepdiff import DeepDiff  # noqa: PLC0415 -- 180 ms of import, paid only where shapes differ

    found = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    for items in found.values():
        for item in items:
            yield _to_list(item.path(output_format="list"))


def _scalar_paths(left: JsonObject, right: JsonObject, path: Path) -> list[Path] | None:
    """Where nothing but scalars of one type changed: their paths. None where only DeepDiff can tell."""
    if left.keys() != right.keys():
        return None
    paths: list[Path] = []
    for name, here in left.items():
        there = right[name]
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            below = _scalar_paths(here, there, (*path, name))
            if below is None:
                return None
            paths += below
        elif isinstance(here, str | int) and type(here) is type(there):
            paths.append((*path, name))
        else:
            return None
    return paths


def _unlike(before: JsonObject, after: JsonObject) -> tuple[JsonObject, JsonObject]:
    """Both less what is equal in both: DeepDiff walks everything it is given, at a millisecond a pair."""
    names = [name for name in {**before, **after} if name not in before or name not in after]
    left = {name: before[name] for name in names if name in before}
    right = {name: after[name] for name in names if name in after}
    for name, here in before.items():
        there = after.get(name)
        if name in left or here == there:
            continue
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            left[name], right[name] = _unlike(here, there)
        else:
            left[name], right[name] = here, there
    return left, right


def _reduced(before: JsonObject, after: JsonObject, path: Path) -> JsonObject:
    """Of `before` only what `after` states, in its names, and in the one spelling that both can share."""
    by_name = {name.lower(): value for name, value in before.items()}
    reduced: dict[str, JsonValue] = {}
    for name, wanted in after.items():
        here = (*path, name)
        found = by_name.get(name.lower())
        if found is None and not _says_nothing(wanted):
            found = _implied(here, wanted, by_name)
        if _says_nothing(found):
            continue
        if isinstance(wanted, Mapping) and isinstance(found, Mapping):
            reduced[name] = _reduced(found, wanted, here)
        else:
            reduced[name] = _one_spelling(found, here)
    return reduced


def _implied(path: Path, wanted: JsonValue, siblings: Mapping[str, JsonValue]) -> JsonValue:
    """What an absent property amounts to.

    ARM has two fields for the source of a model and may return neither (not known; no recording has one):
    the other one counts as this one, and an absent one is no difference.
    """
    if path in {_SOURCE, _SOURCE_ACCOUNT}:
        other = siblings.get("sourceaccount" if path == _SOURCE else "source")
        return wanted if other is None else other
    match path:
        case ("properties", name):
            return ABSENT_MEANS.get(name)
        case _:
            return None


def _says_nothing(value: JsonValue) -> bool:
    """ARM leaves nulls out of its answers; an empty object declares nothing."""
    return value is None or (isinstance(value, Mapping) and not value)


def _spelled(body: JsonObject, path: Path) -> JsonObject:
    return {
        name: _spelled(value, (*path, name))
        if isinstance(value, Mapping)
        else _one_spelling(value, (*path, name))
        for name, value in body.items()
        if not _says_nothing(value)
    }


def _one_spelling(value: JsonValue, path: Path) -> JsonValue:
    if isinstance(value, str):
        if path == ("sku", "name"):
            return SkuName(value).name.lower()
        return value.lower() if path in _CASE_BLIND else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Sequence):
        return [_one_spelling(item, ()) for item in value]
    return value


def _to_list(path: Sequence[str | int]) -> Path:
    """The path up to the first list: a list is replaced as a whole, so it changes as a whole."""
    keys: list[str] = []
    for step in path:
        if isinstance(step, int):
            break
        keys.append(step)
    return tuple(keys)


def _at(body: JsonObject, path: Path) -> JsonValue:
    here: JsonValue = body
    for name in path:
        if not isinstance(here, Mapping):
            return None
        here = next((value for key, value in here.items() if key.lower() == name.lower()), None)
    return here


def _leaves(value: JsonValue, path: Path) -> Iterator[tuple[Path, JsonValue]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path, value


def _dotted(path: Path) -> str:
    """A body's path as the manifest spells it."""
    path = _SOURCE if path == _SOURCE_ACCOUNT else path
    return ".".join(path[1:] if path[:1] == ("properties",) else path)


_ORDER = ("model", "sku", "versionUpgradeOption", "raiPolicyName", "spilloverDeploymentName")


def _rank(path: str) -> tuple[bool, int, str]:
    """Model and SKU first, tags last, the rest by name between them."""
    head = path.partition(".")[0]
    return (head == "tags", _ORDER.index(head) if head in _ORDER else len(_ORDER), path)

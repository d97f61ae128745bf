"""What the schema objects to becomes findings with a place, an expectation and a fix.

pydantic's `loc` is a route already; its texts are never shown, for they speak of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.diagnostics import Diagnostic, Place, Route, listing
from reconciler.manifest.scalars import LEAVE_OUT, nearest
from reconciler.manifest.schema import schema_of
from reconciler.manifest.tree import Map, Text, described, shortened

M = TypeVar("M", bound=BaseModel)

Locate = Callable[[Route, bool], Place | None]
"""From a route and "the key, not the value" to a place."""

# In one mapping with more unknown names than this, nobody reads what each could have meant.
_SUGGESTIONS: Final = 100

# So many fields stand beside a suggestion, which is most of what its reader needs.
_SHOWN: Final = 12

# Names that people paste from ARM, Bicep, Terraform or az, and what they are called here.
_KNOWN_ELSEWHERE: Final[Mapping[tuple[str, str], str]] = {
    ("model", "sourceAccount"): "write `source`: which of ARM's two fields is sent depends on the tenants",
    ("account", "location"): "write `region`",
    ("account", "resourceGroupName"): "write `resourceGroup`",
    ("account", "accountName"): "write `name`",
    ("account", "subscriptionId"): "write `subscription`, with an alias of the Fleet or the GUID",
    ("source", "name"): "write `account`",
    ("entry", "properties"): "what ARM has in `properties` stands directly in the entry here",
    ("entry", "capacity"): "write it below `sku`: sku: {capacity: …}",
    ("entry", "version"): "write it below `model`: model: {version: …}",
    ("entry", "scaleSettings"): "write `sku`: ARM has refused scaleSettings since api-version 2023-05-01",
    ("entry", "currentCapacity"): "write `sku: {capacity: …}`: ARM mirrors it here",
    ("entry", "rai_policy_name"): "write `raiPolicyName`",
    ("entry", "preventDestroy"): "write it below `lifecycle`: lifecycle: {preventDestroy: …}",
    ("entry", "ignoreChanges"): "write it below `lifecycle`: lifecycle: {ignoreChanges: […]}",
}


def checked(model: type[M], tree: Map, locate: Locate) -> tuple[M | None, tuple[Diagnostic, ...]]:
    """The typed value of a tree, and one finding per objection.

    A field that does not exist is no reason to know nothing of the others: such a tree is typed without
    it, and whether the finding stays an error is the Fleet's to say.
    """
    try:
        return model.model_validate(tree), ()
    except ValidationError as problem:
        errors = problem.errors(include_url=False)
    found = tuple(
        _finding(error, model, locate, suggest=number < _SUGGESTIONS) for number, error in enumerate(errors)
    )
    if any(error["type"] != "extra_forbidden" for error in errors):
        return None, tuple(_misspelt_once(found, errors, model))
    try:
        return model.model_validate(_without(tree, [error["loc"] for error in errors])), found
    except ValidationError:  # a check of the whole may miss what was misspelt; that has been said
        return None, found


def _misspelt_once(
    found: Sequence[Diagnostic], errors: Sequence[Any], model: type[BaseModel]
) -> Iterator[Diagnostic]:
    """A required field that stands there misspelt is one finding: that it is missing, at what stands there.

    The other one, of an unknown field, a Fleet may lower; without the field nothing can be made of the text.
    """
    unknown = {
        tuple(error["loc"]): each
        for each, error in zip(found, errors, strict=True)
        if error["type"] == "extra_forbidden"
    }
    meant = {
        (route[:-1], nearest(str(route[-1]), known_fields(model, route[:-1]))): route
        for route in list(unknown)[:_SUGGESTIONS]
    }
    said: set[Route] = set()
    kept: list[tuple[Route, Diagnostic]] = []
    for item, error in zip(found, errors, strict=True):
        route = tuple(error["loc"])
        existing = meant.get((route[:-1], str(route[-1]))) if error["type"] == "missing" else None
        if existing is None:
            kept.append((route, item))
        else:
            said.add(existing)
            message = f"{item.message}: {unknown[existing].message}"
            place, fix = unknown[existing].place, f"write `{route[-1]}`"
            kept.append((route, replace(item, message=message, place=place, label="", fix=fix)))
    return (each for route, each in kept if route not in said)


def _without(tree: Map, routes: Sequence[Route]) -> Map:
    """A copy of a tree that lacks the values at some routes."""
    copy: Any = deepcopy(tree)
    for route in routes:
        here = copy
        for step in route[:-1]:
            here = here[step]
        here.pop(route[-1], None)
    return copy  # type: ignore[no-any-return]


def missing(route: Route, message: str, fix: str, place: Place | None) -> Diagnostic:
    """A required field that is absent; `place` is what lacks it."""
    label = f"needs `{_dotted(route)}`"
    return Diagnostic(code="missing-field", message=message, place=place, label=label, fix=fix)


def _finding(error: Any, model: type[BaseModel], locate: Locate, *, suggest: bool) -> Diagnostic:  # noqa: ANN401 -- ErrorDetails
    route: Route = tuple(str(step) if isinstance(step, str) else step for step in error["loc"])
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            meaning = _schema_at(model, route).get("description", "")
            fix = f"add `{route[-1]}`" + (
                f": {meaning[0].lower()}{meaning[1:].rstrip('.')}" if meaning else ""
            )
            return missing(route[-1:], f"`{_dotted(route)}` is missing", fix, locate(route[:-1], True))
        case "extra_forbidden":
            return _unknown(route, model, locate(route, True), suggest=suggest)
        case "literal_error" if isinstance(value, Text) and not value.null:
            return _not_listed(route, value, model, locate(route, False))
        case "wrong-type" | "invalid-value" as code:
            return _error(code, context["message"], route, context["fix"], locate(route, False))
        case kind:
            return _wrong_shape(kind, route, value, locate(route, False))


def _error(code: str, message: str, route: Route, fix: str, place: Place | None) -> Diagnostic:
    text = f"`{_dotted(route)}`: {message}" if route else message
    return Diagnostic(code=code, message=text, place=place, fix=fix)


def _unknown(route: Route, model: type[BaseModel], place: Place | None, *, suggest: bool) -> Diagnostic:
    name, known = str(route[-1]), known_fields(model, route[:-1])
    named = [step for step in route[:-1] if isinstance(step, str)]
    owner = "entry" if not named or named[-1] in {"deployments", "defaults"} else named[-1]
    fix = _KNOWN_ELSEWHERE.get((owner, name))
    if fix is None:
        near = nearest(name, known) if suggest else None
        fields = sorted(known)
        fix = (
            f"did you mean `{near}`? Fields here are {listing(fields, _SHOWN)}"
            if near
            else f"fields here are {', '.join(fields)}"
        )
        if near is None and owner == "entry":
            fix += "; what only ARM knows goes below extraProperties"
    root = "a manifest" if "kind" in known else "a deployment"
    where = f"`{_dotted(route[:-1])}`" if route[:-1] else root
    message = f"`{shortened(name)}` is not a field of {where}"
    return Diagnostic(code="unknown-field", message=message, place=place, fix=fix)


def _not_listed(route: Route, value: Text, model: type[BaseModel], place: Place | None) -> Diagnostic:
    schema = _schema_at(model, route)
    choices = [schema, *schema.get("anyOf", ())]
    allowed = [str(word) for choice in choices for word in choice.get("enum", ())]
    allowed = allowed or [str(schema.get("const", ""))]
    near = nearest(value, allowed)
    words = ", ".join(allowed[:-1]) + f" or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
    return Diagnostic(
        code="invalid-value",
        message=f"`{_dotted(route)}` is `{shortened(value)}`; allowed is {words}",
        place=place,
        label=words,
        fix=f"write {near}" if near else f"write {words}",
    )


def _wrong_shape(kind: str, route: Route, value: object, place: Place | None) -> Diagnostic:
    needed, fix = {
        "list_type": ("a list", "write `[…]`, or one `- item` per line"),
        "literal_error": ("one word", "write one value"),
    }.get(kind, ("a mapping", "write `field: value` on lines of their own, indented further"))
    if isinstance(value, Text) and value.null:
        fix = LEAVE_OUT
    return _error("wrong-type", f"{described(value)} stands where {needed} is needed", route, fix, place)


def known_fields(model: type[BaseModel], route: Route) -> tuple[str, ...]:
    """The names of the fields that a mapping at `route` may have."""
    return tuple(_schema_at(model, route).get("properties", ()))


_schema = lru_cache(maxsize=16)(schema_of)


def _schema_at(model: type[BaseModel], route: Route) -> Mapping[str, Any]:
    """The part of a model's JSON Schema that speaks about `route`; empty where it says nothing."""
    whole = _schema(model)
    here: Mapping[str, Any] = whole
    for step in route:
        inner = here.get("items") if isinstance(step, int) else here.get("properties", {}).get(step)
        if inner is None and not isinstance(step, int):
            inner = here.get("additionalProperties")
        here = _resolved(inner, whole)
    return here


def _resolved(schema: object, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference; of alternatives the first that is a mapping of fields."""
    if not isinstance(schema, Mapping):
        return {}
    for choice in schema.get("anyOf", ()):
        found = _resolved(choice, whole)
        if "properties" in found:
            return found
    if "$ref" not in schema:
        return schema
    target: Mapping[str, Any] = whole.get("$defs", {}).get(schema["$ref"].rsplit("/", 1)[-1], {})
    return {**target, **schema}


def _dotted(route: Route) -> str:
    """A route for a sentence: ``spec.deployments[0].sku``."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{shortened(step, 40)}" for step in route)
    return "".join(parts).removeprefix(".")

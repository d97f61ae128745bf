"""Partial values never say more than what is so: whatever the unknown turns out to be, they agree with it.

A small evaluator of its own makes of random expressions what ARM would, every parameter known. The one under
test knows only some of them; what it says must fit, and with all of them known it must say the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.export.expressions.evaluation import TemplateScope
from reconciler.export.expressions.evaluator import Surroundings
from reconciler.export.expressions.values import Choice, Hole, Unknown, Value, unknown

Tree = Any
"""A literal, or (name, *arguments): `p` reads a parameter, `.` a property, `fn` is a lambda of one name."""

PARAMETERS = ("a", "b", "flag", "items", "object")


# -- the reference: everything is known, and what ARM refuses is an error -------------------------


class Refused(Exception):  # noqa: N818 -- ARM would refuse it
    """ARM would not evaluate this."""


def reference(tree: Tree, world: Mapping[str, Any], bound: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- JSON
    bound = bound or {}
    if not isinstance(tree, tuple):
        return tree
    name, *arguments = tree
    match name:
        case "p":
            return world[arguments[0]]
        case "lambdaVariables":
            return bound[arguments[0]]
        case "if":
            condition = _is(reference(arguments[0], world, bound), bool)
            return reference(arguments[1 if condition else 2], world, bound)
        case "filter" | "map":
            items = _is(reference(arguments[0], world, bound), list)
            _, variable, body = arguments[1]
            made = [reference(body, world, {**bound, variable: one}) for one in items]
            if name == "map":
                return made
            return [one for one, kept in zip(items, made, strict=True) if _is(kept, bool)]
        case _:
            return REFERENCE[name](*(reference(one, world, bound) for one in arguments))


def _is(value: Any, *kinds: type) -> Any:  # noqa: ANN401 -- JSON
    if type(value) not in kinds:
        raise Refused
    return value


def _property(value: Any, key: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        return value[key]
    if isinstance(value, list) and type(key) is int and 0 <= key < len(value):
        return value[key]
    raise Refused


def _try_get(value: Any, key: Any) -> Any:  # noqa: ANN401 -- JSON
    if value is None:
        return None
    _is(value, dict, list)
    try:
        return _property(value, key)
    except Refused:
        return None


def _text(value: Any) -> str:  # noqa: ANN401 -- JSON
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(_is(value, str, int))


def _union(one: Any, other: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(one, list):
        made: list[Any] = []
        for item in [*one, *_is(other, list)]:
            if not any(_equal(item, known) for known in made):
                made.append(item)
        return made
    merged = dict(_is(one, dict))
    for key, value in _is(other, dict).items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = _union(merged[key], value) if both else value
    return merged


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 -- JSON
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _contains(where: Any, what: Any) -> bool:  # noqa: ANN401 -- JSON
    if isinstance(where, dict):
        return _is(what, str) in where
    if isinstance(where, list):
        return any(_equal(one, what) for one in where)
    return _text(what) in _is(where, str)


def _empty(value: Any) -> bool:  # noqa: ANN401 -- JSON
    return value is None or not _is(value, str, list, dict)


def _concat(one: Any, other: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    return _text(one) + _text(other)


def _coalesce(*values: Any) -> Any:  # noqa: ANN401 -- JSON
    return next((one for one in values if one is not None), None)


def _first(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if not _is(value, str, list):
        if value == []:
            raise Refused
        return ""
    return value[0]


REFERENCE: Mapping[str, Callable[..., Any]] = {
    "property": _property,
    "tryGet": _try_get,
    "union": _union,
    "contains": _contains,
    "empty": _empty,
    "concat": _concat,
    "coalesce": _coalesce,
    "first": _first,
    "equals": _equal,
    "length": lambda value: len(_is(value, str, list, dict)),
    "not": lambda value: not _is(value, bool),
    "and": lambda one, other: [_is(one, bool), _is(other, bool)] == [True, True],
    "or": lambda one, other: [_is(one, bool), _is(other, bool)] != [False, False],
    "toUpper": lambda value: _is(value, str).upper(),
    "add": lambda one, other: _is(one, int) + _is(other, int),
    "mod": lambda one, other: _mod(_is(one, int), _is(other, int)),
    "createArray": lambda *values: list(values),
    "createObject": lambda key, value: {_is(key, str): value},
    "objectKeys": lambda value: list(_is(value, dict)),
    "flatten": lambda value: [item for one in _is(value, list) for item in _is(one, list)],
    "format": lambda pattern, value: _is(pattern, str).replace("{0}", _text(value)),
}


def _mod(one: int, other: int) -> int:
    if other == 0:
        raise Refused
    return abs(one) % abs(other) * (-1 if one < 0 else 1)


# -- random expressions --------------------------------------------------------------------------

KEYS = st.sampled_from(["k", "name"])
TEXTS = st.sampled_from(["", "x", "name"])
DEPTH = 2


def texts(depth: int) -> st.SearchStrategy[Tree]:
    leaves = st.one_of(TEXTS, st.sampled_from([("p", "a"), ("p", "b")]))
    if depth == 0:
        return leaves
    text, flag = texts(depth - 1), flags(depth - 1)
    return st.one_of(
        leaves,
        st.tuples(st.just("concat"), text, text),
        st.tuples(st.just("toUpper"), text),
        st.tuples(st.just("format"), st.just("m-{0}-z"), text | numbers(depth - 1)),
        st.tuples(st.just("if"), flag, text, text),
        st.tuples(st.just("coalesce"), st.tuples(st.just("tryGet"), objects(depth - 1), KEYS), text),
        st.tuples(st.just("first"), lists(depth - 1) | text),
        st.tuples(st.just("property"), objects(depth - 1), KEYS),
    )


def numbers(depth: int) -> st.SearchStrategy[Tree]:
    leaves = st.integers(-3, 3)
    if depth == 0:
        return leaves
    return st.one_of(
        leaves,
        st.tuples(st.just("length"), lists(depth - 1) | texts(depth - 1) | objects(depth - 1)),
        st.tuples(st.sampled_from(["add", "mod"]), numbers(depth - 1), numbers(depth - 1)),
    )


def flags(depth: int) -> st.SearchStrategy[Tree]:
    leaves = st.one_of(st.booleans(), st.just(("p", "flag")))
    if depth == 0:
        return leaves
    flag, text, held, items = flags(depth - 1), texts(depth - 1), objects(depth - 1), lists(depth - 1)
    return st.one_of(
        leaves,
        st.tuples(st.just("not"), flag),
        st.tuples(st.sampled_from(["and", "or"]), flag, flag),
        *(st.tuples(st.just("equals"), one, one) for one in (text, held, items)),
        st.tuples(st.just("empty"), text | held | items),
        st.tuples(st.just("contains"), held, KEYS),
        st.tuples(st.just("contains"), items | text, text),
    )


def lists(depth: int) -> st.SearchStrategy[Tree]:
    leaves = st.just(("p", "items"))
    if depth == 0:
        return leaves
    items, text = lists(depth - 1), texts(depth - 1)
    item = ("lambdaVariables", "i")
    return st.one_of(
        leaves,
        st.tuples(st.just("createArray"), text, text),
        st.tuples(st.sampled_from(["union", "concat"]), items, items),
        st.tuples(st.just("objectKeys"), objects(depth - 1)),
        st.tuples(st.just("flatten"), st.tuples(st.just("createArray"), items, items)),
        st.tuples(st.just("if"), flags(depth - 1), items, items),
        st.builds(lambda one, other: ("filter", one, ("fn", "i", ("equals", item, other))), items, text),
        st.builds(lambda one, other: ("map", one, ("fn", "i", ("concat", item, other))), items, text),
    )


def objects(depth: int) -> st.SearchStrategy[Tree]:
    leaves = st.just(("p", "object"))
    if depth == 0:
        return leaves
    held = objects(depth - 1)
    return st.one_of(
        leaves,
        st.tuples(st.just("createObject"), KEYS, texts(depth - 1) | held),
        st.tuples(st.just("union"), held, held),
        st.tuples(st.just("if"), flags(depth - 1), held, held),
    )


TREES: st.SearchStrategy[Tree] = st.one_of(
    texts(DEPTH), numbers(DEPTH), flags(DEPTH), lists(DEPTH), objects(DEPTH)
)
HELD = st.one_of(TEXTS, st.none(), st.dictionaries(KEYS, TEXTS, max_size=2))
WORLDS = st.fixed_dictionaries(
    {
        "a": TEXTS,
        "b": TEXTS,
        "flag": st.booleans(),
        "items": st.lists(TEXTS, max_size=3),
        "object": st.dictionaries(KEYS, HELD, max_size=3),
    }
)


def written(tree: Tree) -> str:
    """A tree as ARM's text."""
    if tree is None or isinstance(tree, bool):
        return f"{json.dumps(tree)}()"
    if isinstance(tree, str):
        return "'" + tree.replace("'", "''") + "'"
    if not isinstance(tree, tuple):
        return str(tree)
    name, *arguments = tree
    match name:
        case "p":
            return f"parameters('{arguments[0]}')"
        case "property" if isinstance(arguments[1], str):
            return f"{_based(arguments[0])}.{arguments[1]}"
        case "property":
            return f"{_based(arguments[0])}[{written(arguments[1])}]"
        case "fn":
            return f"lambda('{arguments[0]}', {written(arguments[1])})"
        case _:
            return f"{name}({', '.join(map(written, arguments))})"


def _based(tree: Tree) -> str:
    """Something that a property can be read of: a literal cannot stand there."""
    return written(tree) if isinstance(tree, tuple) else f"coalesce({written(tree)})"


def evaluated(tree: Tree, given_values: Mapping[str, Value]) -> Value:
    around = Surroundings(subscription=unknown("s"), resource_group=unknown("g"), location=unknown("l"))
    return TemplateScope(template={}, given=given_values, around=around).value(f"[{written(tree)}]")


def admits(said: Value, truth: Any) -> bool:  # noqa: ANN401 -- JSON
    """Whether a partial value leaves room for what is so."""
    if isinstance(said, Unknown):
        if len(said.parts) == 1 and isinstance(said.parts[0], Hole):
            return True
        pattern = "".join(".*" if isinstance(one, Hole) else re.escape(one) for one in said.parts)
        return isinstance(truth, str) and re.fullmatch(pattern, truth, re.DOTALL) is not None
    if isinstance(said, Choice):
        return admits(said.yes, truth) or admits(said.no, truth)
    if isinstance(said, dict):
        return (
            isinstance(truth, dict)
            and said.keys() == truth.keys()
            and all(admits(one, truth[name]) for name, one in said.items())
        )
    if isinstance(said, list):
        return isinstance(truth, list) and len(said) == len(truth) and all(map(admits, said, truth))
    return type(said) is type(truth) and said == truth


WORLD = {"a": "x", "b": "", "flag": True, "items": ["x"], "object": {"k": "x"}}
NESTED_UNION = (
    "length",
    (
        "property",
        (
            "union",
            ("createObject", "k", ("p", "object")),
            ("createObject", "k", ("createObject", "name", "x")),
        ),
        "k",
    ),
)
SAME_CONDITION = ("if", ("p", "flag"), ("if", ("p", "flag"), "x", "name"), "k")


@settings(max_examples=800, deadline=None)
@given(tree=TREES, world=WORLDS)
@example(tree=("coalesce", ("tryGet", ("p", "object"), "name"), "x"), world={"object": {"k": None}})
def test_with_everything_known_it_says_what_the_reference_says(tree: Tree, world: dict[str, Any]) -> None:
    try:
        truth = reference(tree, world)
    except (Refused, KeyError):
        return
    said = evaluated(tree, world)
    assert admits(said, truth), (written(tree), world, said, truth)
    if not _null_over(tree):
        assert said == truth, (written(tree), world, said, truth)


def _null_over(tree: Tree) -> bool:
    """Whether it could lay null over something, of which nobody wrote down what ARM makes."""
    return isinstance(tree, tuple) and (tree[0] == "union" or any(map(_null_over, tree[1:])))


@settings(max_examples=2_000, deadline=None)
@example(tree=NESTED_UNION, world=WORLD, hidden={"object"})
@example(tree=SAME_CONDITION, world=WORLD, hidden={"flag"})
@given(tree=TREES, world=WORLDS, hidden=st.sets(st.sampled_from(PARAMETERS), min_size=1))
def test_what_is_partly_known_leaves_room_for_whatever_is_so(
    tree: Tree, world: dict[str, Any], hidden: set[str]
) -> None:
    try:
        truth = reference(tree, world)
    except (Refused, KeyError):
        return
    known = {name: unknown(f"parameters('{name}')") if name in hidden else world[name] for name in world}
    said = evaluated(tree, known)
    assert admits(said, truth), (written(tree), world, said, truth)


@settings(max_examples=800, deadline=None)
@given(tree=TREES, world=WORLDS, leaf=KEYS)
def test_one_unknown_leaf_leaves_room_for_whatever_is_so(
    tree: Tree, world: dict[str, Any], leaf: str
) -> None:
    world = {**world, "object": {**world["object"], leaf: "what is so"}}
    try:
        truth = reference(tree, world)
    except (Refused, KeyError):
        return
    partial: dict[str, Any] = {**world, "object": {**world["object"], leaf: unknown("leaf")}}
    said = evaluated(tree, partial)
    assert admits(said, truth), (written(tree), partial, said, truth)

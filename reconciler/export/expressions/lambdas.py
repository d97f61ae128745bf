"""Functions that apply an expression to each item: filter, map, sort and their kin.

Meanings: "Lambda functions for ARM templates", learn.microsoft.com. What an item comes to may be unknown;
only what has to be looked at to say which items there are must be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

from reconciler.export.expressions.grammar import FunctionCall, Literal, Node
from reconciler.export.expressions.structures import Function, as_bool, as_items, as_mapping, as_text
from reconciler.export.expressions.values import (
    Choice,
    Undecided,
    Value,
    called,
    choice,
    digest,
    truth,
    unknown,
)

if TYPE_CHECKING:
    from reconciler.export.expressions.evaluation import TemplateScope

_MOST_DOUBTS: Final = 5
"""Items of which a filter may not know whether they stay."""

OVER_ITEMS: Final = frozenset({"filter", "map", "reduce", "sort", "toobject", "groupby", "mapvalues"})


def _lambda(node: Node, scope: TemplateScope) -> Callable[..., Value]:
    """The function that a `lambda('name', …, expression)` is.

    More values than names are left out, as an index may be.
    """
    if not isinstance(node, FunctionCall) or node.name != "lambda" or not node.arguments:
        raise Undecided
    *written, body = node.arguments
    names = [name.value for name in written if isinstance(name, Literal) and isinstance(name.value, str)]
    if len(names) != len(written):
        raise Undecided

    def called_with(*values: Value) -> Value:
        if len(values) < len(names):
            raise Undecided
        bound = {**scope.bound, **dict(zip(names, values, strict=False))}
        return replace(scope.deeper(), bound=bound).of(body)

    return called_with


def over_items(name: str, items: Value, rest: tuple[Node, ...], scope: TemplateScope) -> Value:
    """A function of a list (or object) and of lambdas."""
    if isinstance(items, Choice):
        return items.each(lambda each: over_items(name, each, rest, scope))
    try:
        if name == "reduce":
            start, step = rest
            return _reduce(items, _lambda(step, scope), scope.of(start))
        return _FUNCTIONS[name](items, *[_lambda(node, scope) for node in rest])
    except (Undecided, ValueError, TypeError):
        words = ", ".join(_words(item) for item in rest)
        here = f"{scope.label}{scope.copies}{scope.bound}"
        mark = f" #{digest(here)}" if scope.label or scope.copies or scope.bound else ""
        return unknown(f"{called(name, [items])}".removesuffix(")") + f", {words}){mark}")


def _words(node: Node) -> str:
    """An expression as text, so that different ones stay different."""
    match node:
        case Literal(value):
            return f"'{value}'" if isinstance(value, str) else str(value)
        case FunctionCall(name, arguments):
            return f"{name}({', '.join(map(_words, arguments))})"
        case _:
            key = node.key.value if isinstance(node.key, Literal) else f"[{_words(node.key)}]"
            return f"{_words(node.value)}.{key}"


def _filter(items: Value, keep: Callable[..., Value]) -> Value:
    kept: Value = []
    doubts = 0
    for number, item in reversed(list(enumerate(as_items(items)))):
        answer = truth(keep(item, number))
        doubts += isinstance(answer, str)
        if doubts > _MOST_DOUBTS:
            raise Undecided
        if answer is True:
            kept = _before(item, kept)
        elif isinstance(answer, str):
            kept = choice(answer, _before(item, kept), kept)
    return kept


def _before(value: Value, items: Value) -> Value:
    """A list with one more item at its start, in each case."""
    if isinstance(items, Choice):
        return items.each(lambda each: _before(value, each))
    return [value, *as_items(items)]


def _reduce(items: Value, together: Callable[..., Value], total: Value) -> Value:
    for number, item in enumerate(as_items(items)):
        total = together(total, item, number)
    return total


def _sort(items: Value, first: Callable[..., Value]) -> Value:
    def compared(value: Value, other: Value) -> int:
        if as_bool(first(value, other)):
            return -1
        return 1 if as_bool(first(other, value)) else 0

    return sorted(as_items(items), key=cmp_to_key(compared))


def _to_object(items: Value, key_of: Callable[..., Value], *value_of: Callable[..., Value]) -> Value:
    return {
        as_text(key_of(item, number)): value_of[0](item, number) if value_of else item
        for number, item in enumerate(as_items(items))
    }


def _group_by(items: Value, key_of: Callable[..., Value]) -> Value:
    groups: dict[str, list[Value]] = {}
    for number, item in enumerate(as_items(items)):
        groups.setdefault(as_text(key_of(item, number)), []).append(item)
    return dict(groups)


_FUNCTIONS: Final[dict[str, Function]] = {
    "filter": _filter,
    "map": lambda items, made: [made(item, number) for number, item in enumerate(as_items(items))],
    "sort": _sort,
    "toobject": _to_object,
    "groupby": _group_by,
    "mapvalues": lambda items, made: {name: made(item) for name, item in as_mapping(items).items()},
}

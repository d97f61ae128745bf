"""ARM's expression language: text becomes a tree, within bounds.

Only the grammar is here; what functions mean is in `evaluation`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 24_576
"""Characters of one expression (ARM's own limit)."""

DEEPEST: Final = 40

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d{1,18})|(?P<name>[A-Za-z_$][\w$]*)|(?P<sign>\??[.\[]|[(),\]?]))"
)


class BadExpressionError(ValueError):
    """The text is no expression that we understand."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: str | int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function with its arguments; the name is in lower case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """A property or an item of a value; a `safe` one of nothing is null."""

    value: Node
    key: Node
    safe: bool = False


Node = Literal | FunctionCall | Access


def inner(text: str) -> str | None:
    """What stands between the brackets of an expression; None for a text that is none."""
    if text.startswith("[") and text.endswith("]") and not text.startswith("[["):
        return text[1:-1]
    return None


def parse(text: str) -> Node:
    """The tree of an expression without its brackets; raises BadExpressionError."""
    if len(text) > LONGEST:
        raise BadExpressionError(f"it is longer than {LONGEST} characters")
    parser = _Parser(_tokens(text))
    tree = parser.expression(0)
    if parser.peek():
        raise BadExpressionError("there is more after its end")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise BadExpressionError(f"character {at + 1} cannot stand there")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadExpressionError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        kind, text = self._next()
        if (kind, text) != ("sign", sign):
            raise BadExpressionError(f"{sign} is missing")

    def expression(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise BadExpressionError(f"it is nested deeper than {DEEPEST} levels")
        kind, text = self._next()
        node: Node
        if kind == "text":
            node = Literal(text[1:-1].replace("''", "'"))
        elif kind == "number":
            node = Literal(int(text))
        elif kind == "name":
            node = self._call(text, depth)
        else:
            raise BadExpressionError(f"{text} cannot stand there")
        return self._accessed(node, depth)

    def _call(self, name: str, depth: int) -> Node:
        while self.peek() == ".":  # a function of the user's own namespace
            self._next()
            name = f"{name}.{self._next()[1]}"
        self._expect("(")
        arguments: list[Node] = []
        while self.peek() != ")":
            if arguments:
                self._expect(",")
            arguments.append(self.expression(depth + 1))
        self._expect(")")
        return FunctionCall(name.lower(), tuple(arguments))

    def _accessed(self, node: Node, depth: int) -> Node:
        steps = 0
        while self.peek() in {".", "[", "?.", "?["}:
            steps += 1
            if steps > DEEPEST:
                raise BadExpressionError(f"it follows more than {DEEPEST} properties")
            sign = self._next()[1]
            key: Node
            if sign.endswith("."):
                kind, name = self._next()
                if kind != "name":
                    raise BadExpressionError("a property's name is missing")
                key = Literal(name)
            else:
                key = self.expression(depth + 1)
                self._expect("]")
            node = Access(node, key, safe=sign.startswith("?"))
        return node

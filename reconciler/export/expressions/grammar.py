"""ARM's expression language: text becomes a tree, within bounds.

Only the grammar is here; what functions mean is in `evaluation`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    if parser.peek()[1]:
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


class Tokens:
    """The tokens of a text, each with its kind, read one after another; BadExpressionError past the last."""

    def __init__(self, tokens: Sequence[tuple[str, str]], at: int = 0) -> None:
        self._tokens = tokens
        self._at = at

    def peek(self) -> tuple[str, str]:
        """The next token; two empty texts past the last."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def next(self) -> tuple[str, str]:
        """The next token, which is taken."""
        if self._at >= len(self._tokens):
            raise BadExpressionError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def expect(self, sign: str) -> None:
        """The sign that must come next."""
        if self.next() != ("sign", sign):
            raise BadExpressionError(f"{sign} is missing")


class _Parser(Tokens):
    def expression(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise BadExpressionError(f"it is nested deeper than {DEEPEST} levels")
        kind, text = self.next()
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
        while self.peek()[1] == ".":  # a function of the user's own namespace
            self.next()
            name = f"{name}.{self.next()[1]}"
        self.expect("(")
        arguments: list[Node] = []
        while self.peek()[1] != ")":
            if arguments:
                self.expect(",")
            arguments.append(self.expression(depth + 1))
        self.expect(")")
        return FunctionCall(name.lower(), tuple(arguments))

    def _accessed(self, node: Node, depth: int) -> Node:
        steps = 0
        while self.peek()[1] in {".", "[", "?.", "?["}:
            steps += 1
            if steps > DEEPEST:
                raise BadExpressionError(f"it follows more than {DEEPEST} properties")
            sign = self.next()[1]
            key: Node
            if sign.endswith("."):
                kind, name = self.next()
                if kind != "name":
                    raise BadExpressionError("a property's name is missing")
                key = Literal(name)
            else:
                key = self.expression(depth + 1)
                self.expect("]")
            node = Access(node, key, safe=sign.startswith("?"))
        return node

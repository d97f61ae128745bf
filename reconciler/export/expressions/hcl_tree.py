"""Trees of python-hcl2, read without knowing the parser: nodes, tokens, and the text they came from."""

from __future__ import annotations

import json
import re
from typing import Any

from reconciler.export.expressions.values import Value, unknown

_WORD = re.compile(r"\w")
Tree = Any
"""A lark tree or token: `data` and `children`, or text."""


def kind(node: Tree) -> str | None:
    """The name of a tree's node; None for a token."""
    data = getattr(node, "data", None)
    return None if data is None else str(data)


def text(node: Tree) -> str | None:
    """The text of a token; None for a tree."""
    return str(node).strip() if kind(node) is None else None


def significant(node: Tree) -> list[Tree]:
    """The children that mean something: no line ends, no comments."""
    children = getattr(node, "children", [])
    return [child for child in children if kind(child) != "new_line_or_comment" and text(child) != ""]


def bare(node: Tree) -> Tree:
    """What a term consists of where that is one thing; else the node itself."""
    inner = significant(node)
    return inner[0] if kind(node) == "expr_term" and len(inner) == 1 else node


def call_of(node: Tree) -> tuple[str, list[Tree]]:
    """The name of the function that is called, and its arguments."""
    name, *parts = significant(node)
    given = next((part for part in parts if kind(part) == "arguments"), None)
    return str(name.children[0]), [item for item in significant(given) if kind(item) is not None]


def words_of(node: Tree) -> str:
    """An expression as it was written, on one line."""
    found: list[str] = []
    left = [node]
    while left:
        item = left.pop()
        if kind(item) is None:
            apart = found and _WORD.match(found[-1][-1:]) and _WORD.match(str(item)[:1])
            found += [" ", str(item)] if apart else [str(item)]
        else:
            left.extend(reversed(significant(item)))
    return "".join(found).strip()


def deeper_than(node: Tree, most: int) -> bool:
    """Whether a tree has more levels than so many."""
    level = [node]
    for _ in range(most):
        level = [child for item in level for child in getattr(item, "children", ())]
        if not level:
            return False
    return True


def unescaped(written: str) -> str:
    if written in {"$${", "%%{"}:
        return written[1:]
    plain = re.sub(r"([$%])\1\{", r"\1{", written)
    try:
        return str(json.loads(f'"{plain}"')) if "\\" in plain else plain
    except ValueError:
        return plain


def heredoc(written: str, *, trim: bool) -> Value:
    lines = written.splitlines()[1:-1]
    if any(sign in line for line in lines for sign in ("${", "%{")):
        return unknown("a heredoc with a template in it")
    if trim:
        margin = min((len(item) - len(item.lstrip()) for item in lines if item.strip()), default=0)
        lines = [item[margin:] for item in lines]
    return "".join(f"{line}\n" for line in lines)

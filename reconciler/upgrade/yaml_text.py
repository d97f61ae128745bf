"""Small pieces of YAML, written into a text that somebody else has laid out.

Everything works on character offsets of the text as it was read (see `manifest.tree`). What cannot be done
without guessing raises `Unwritable`, and the caller says so.
"""

from __future__ import annotations

import json
import re
from typing import Final

from reconciler.manifest.merge import laid_over
from reconciler.manifest.tree import Items, Map, Node, Text
from reconciler.upgrade.splices import Splice

# What every YAML reader takes for text when it is written without quotes, also inside brackets.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._/@-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_BARE: Final = re.compile(r"-?\d+|true|false")
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
_ALIAS: Final = re.compile(r"\s*:\s*(\*[^\s,\]}]+)")


class Unwritable(ValueError):  # noqa: N818 -- a fact about the text, which the report tells
    """The text is laid out in a way in which this edit cannot be made safely; the message says why."""


def quoted(value: str, *, like: str = "") -> str:
    """A scalar; in the style of `like`, the token that it replaces, where that style can hold it."""
    if like[:1] == "'":
        return "'" + value.replace("'", "''") + "'"
    plain_before = bool(like) and like[:1] not in {'"', "|", ">"}
    bare = plain_before and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value) is not None
    if bare or (not like and _PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        return value
    return json.dumps(value, ensure_ascii=False)


def body(text: str, node: Node) -> int:
    """Where a value itself begins, behind its anchor."""
    found = _PROPERTIES.match(text, node.start, node.end)
    return node.start if found is None else found.end()


def replaced(text: str, node: Text, value: Text) -> Splice:
    """The splice that puts another value where a scalar stands; its anchor stays."""
    start = body(text, node)
    written = str(value) if value.plain else quoted(value, like=text[start : node.end])
    return Splice(start, node.end, written)


def flow(node: Node | str, *, json_style: bool = False) -> str:
    """A value on one line, as YAML or, where the text around it is JSON, as JSON."""
    if isinstance(node, Map):
        pairs = (
            f"{_key(key, json_style=json_style)}: {flow(value, json_style=json_style)}"
            for key, value in node.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(node, Items):
        return "[" + ", ".join(flow(item, json_style=json_style) for item in node) + "]"
    if isinstance(node, Text) and node.plain and _BARE.fullmatch(node):
        return str(node)
    return json.dumps(str(node), ensure_ascii=False) if json_style else quoted(str(node))


def _key(key: str, *, json_style: bool) -> str:
    return json.dumps(key, ensure_ascii=False) if json_style else quoted(key)


def line_break(text: str) -> str:
    """The line break that the text uses."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def is_flow(text: str, node: Map | Items) -> bool:
    """Whether a collection is written in brackets."""
    start = body(text, node)
    return text[start : start + 1] in {"{", "["}


def column(text: str, offset: int) -> int:
    """How many characters stand before `offset` on its line."""
    return offset - (max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1)


def end_of_line(text: str, offset: int) -> int:
    """Where the line of `offset` ends, before its break."""
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


def end_of_value(text: str, node: Node) -> int:
    """Where the last visible character of a value is, one past it; a block ends where its last value does."""
    if isinstance(node, Text) or is_flow(text, node):
        return node.end
    last = node.start
    for child in node.values() if isinstance(node, Map) else node:
        if node.start <= child.start <= node.end:  # not what an alias or a merge key brought in
            last = max(last, end_of_value(text, child))
    if isinstance(node, Map):
        for key in node:
            if isinstance(key, Text) and node.start <= key.start <= node.end:
                rest = _ALIAS.match(text, key.end)  # `<<: *base`, `model: *m`
                last = max(last, key.end + 1 if rest is None else rest.end())
    return last


def insert_key(text: str, into: Map, key: str, value: str) -> Splice:
    """One more pair in a mapping, behind those that are there; `value` fits on one line."""
    if is_flow(text, into):
        start = body(text, into)
        json_style = text[start + 1 : into.end].lstrip()[:1] == '"'
        if json_style and value[:1] not in {'"', "{", "["} and not _BARE.fullmatch(value):
            value = json.dumps(value)
        close = into.end - 1
        before = text[start + 1 : close].rstrip()
        comma = "" if not before else " " if before.endswith(",") else ", "
        at = start + 1 + len(before)
        if "#" in text[at - column(text, at) : at]:
            raise Unwritable("there is a comment inside the braces")
        return Splice(at, at, f"{comma}{_key(key, json_style=json_style)}: {value}")
    own = [child for child in into if isinstance(child, Text) and into.start <= child.start <= into.end]
    if not own:
        raise Unwritable("the mapping has no line of its own")
    indent = " " * column(text, own[0].start)
    if (
        text[own[0].start - len(indent) : own[0].start].strip(" -?")
        or "\t" in text[: own[0].start][-len(indent) :]
    ):
        raise Unwritable("the mapping does not begin on a line of its own")
    end = end_of_line(text, end_of_value(text, into))
    return Splice(end, end, f"{line_break(text)}{indent}{quoted(key)}: {value}")


def dash_of(text: str, item: Node) -> int:
    """Where the dash of an item of a block sequence stands."""
    before = text[: item.start].rstrip(" \t\r\n")
    if not before.endswith("-"):
        raise Unwritable("the entry has no dash of its own")
    dash = len(before) - 1
    if text[dash - column(text, dash) : dash].strip(" "):
        raise Unwritable("the entry's dash does not begin its line")
    return dash


def insert_item(text: str, after: Node, tree: Map, *, comment: str, inside: Items) -> Splice:
    """One more item of a sequence, behind `after`; `comment` goes over it where lines are free."""
    if is_flow(text, inside):
        json_style = text[after.start : after.end].lstrip("{ \t\r\n")[:1] == '"'
        return Splice(after.end, after.end, f", {flow(tree, json_style=json_style)}")
    indent = " " * column(text, dash_of(text, after))
    end = end_of_line(text, end_of_value(text, after))
    lines = [f"{indent}# {line}" for line in comment.splitlines()]
    for number, (key, value) in enumerate(tree.items()):
        lines.append(f"{indent}{'  ' if number else '- '}{quoted(key)}: {flow(value)}")
    return Splice(end, end, "".join(f"{line_break(text)}{line}" for line in lines))


def remove_item(text: str, item: Node, inside: Items) -> Splice:
    """Take an item out of a sequence, with its own lines; the last one leaves an empty list."""
    if is_flow(text, inside):
        number = next(index for index, each in enumerate(inside) if each is item)
        if number + 1 < len(inside):
            return Splice(item.start, inside[number + 1].start, "")
        return Splice(inside[number - 1].end if number else item.start, item.end, "")
    if len(inside) == 1:
        before = text[: inside.start].rstrip()
        if not before.endswith(":"):
            raise Unwritable("there is something between the list and its key")
        return Splice(len(before), end_of_value(text, item), " []")
    dash = dash_of(text, item)
    start = dash - column(text, dash)
    end = end_of_line(text, end_of_value(text, item))
    found = _BREAK.match(text, end)
    if found is None:  # the file's last line has no break: take the one before
        start = len(text[:start].rstrip("\r\n"))
        return Splice(start, end, "")
    return Splice(start, found.end(), "")


def alias_after(text: str, key: Text) -> tuple[int, int] | None:
    """Where an alias stands as the value of a key; None where the value is written out."""
    found = _ALIAS.match(text, key.end)
    return None if found is None else found.span(1)


def stated_in(text: str, entry: Map, top: str, leaves: Map | Text) -> list[Splice]:
    """The splices that make an entry itself state `top`: a scalar, or `leaves` below it."""
    if isinstance(leaves, Text):
        return [_leaf(text, entry, top, leaves)]
    key, stated = entry.written(top), entry.get(top)
    if key is None or not entry.start <= key.start <= entry.end:
        # Not written here. What a merge key brings in is replaced as a whole, so all of it is written.
        value = laid_over(stated, leaves) if isinstance(stated, Map) else leaves
        return [insert_key(text, entry, top, flow(value))]
    alias = alias_after(text, key)
    if alias is not None:
        inner = flow(leaves)[1:-1]
        return [Splice(*alias, f"{{<<: {text[slice(*alias)]}, {inner}}}")]
    if not isinstance(stated, Map):
        raise Unwritable(f"{top} is not a mapping")
    return [_leaf(text, stated, leaf, value) for leaf, value in leaves.items() if isinstance(value, Text)]


def _leaf(text: str, into: Map, leaf: str, value: Text) -> Splice:
    key, stated = into.written(leaf), into.get(leaf)
    if key is None or not into.start <= key.start <= into.end:
        return insert_key(text, into, leaf, flow(value))
    alias = alias_after(text, key)
    if alias is not None:
        return Splice(*alias, flow(value))
    if not isinstance(stated, Text):
        raise Unwritable(f"{leaf} is not text")
    return replaced(text, stated, value)

"""Files that other tools wrote: JSON or YAML, read whole or not at all, and never without bounds.

ARM's templates may contain comments; two equal keys, numbers that are none and bottomless nesting are
refused with a sentence, because two readers could understand them differently. What is in them is looked at
as ARM means it: names in any case, numbers as text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.errors import UsageProblem
from reconciler.manifest.compose import compose
from reconciler.manifest.entry import EntryFields
from reconciler.manifest.findings import checked
from reconciler.manifest.objections import UNSEEN
from reconciler.manifest.scalars import json_value
from reconciler.manifest.tree import Items, Map, Node, Text

MAX_SOURCE: Final = 16 << 20
"""Bytes of all that is read of another tool's files."""

DEEPEST: Final = 60
_DIGITS: Final = 20
_LONGEST_KEY: Final = 1000
"""Characters of a key with its quotes; YAML takes 1024 on one line."""
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """The JSON object of a file, and the name it is spoken of by."""

    name: str
    document: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignText:
    """A file of whatever format: what it holds, as values; YAML may hold several."""

    name: str
    values: tuple[JsonValue, ...]


class _Refused(ValueError):  # noqa: N818 -- becomes a sentence at once
    """Why a text is not the JSON that we take."""


def read_file(path: Path, stdin: BinaryIO | None = None) -> ForeignFile:
    """The JSON object in a file, `-` being `stdin`; UsageProblem for anything else."""
    return parse_json(spoken(path), read_bytes(path, stdin))


def parse_json(name: str, content: bytes) -> ForeignFile:
    """A JSON object; UsageProblem for anything else."""
    try:
        value = _json(_decoded(content))
    except _Refused as why:
        raise _unreadable(name, why) from why
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number or truth value")
        raise _unreadable(name, f"it holds {kind}, not an object")
    return ForeignFile(name=name, document=value)


def read_any(path: Path, stdin: BinaryIO | None = None) -> ForeignText:
    """What a JSON or YAML file holds; UsageProblem for anything else."""
    name, content = spoken(path), read_bytes(path, stdin)
    try:
        text = _decoded(content)
        start = text.lstrip()[:2]
        if start[:1] in {"{", "["} or start in {"//", "/*"} or path.suffix == ".json":
            return ForeignText(name=name, values=(_json(text),))
        composed = compose(name, text)
    except _Refused as why:
        raise _unreadable(name, why) from why
    if composed.findings:
        raise _unreadable(name, f"it is not YAML ({composed.findings[0].message})")
    return ForeignText(name=name, values=tuple(_typed(root, "") for _, root in composed.roots))


def spoken(path: Path) -> str:
    """What a file is called in sentences."""
    return "standard input" if str(path) == "-" else str(path)


def _unreadable(name: str, why: _Refused | str) -> UsageProblem:
    return UsageProblem(
        f"{name} cannot be read: {why}. An ARM template is what `bicep build` writes, its parameters what "
        "`bicep build-params` does, a Terraform state what `terraform state pull` prints: all of them JSON "
        "in UTF-8"
    )


def _typed(node: object, key: str) -> JsonValue:
    """A value typed as YAML 1.2 types plain scalars; a version stays as written."""
    if isinstance(node, Map):
        return {str(name): _typed(inner, str(name)) for name, inner in node.items()}
    if isinstance(node, Items):
        return [_typed(inner, key) for inner in node]
    if isinstance(node, Text) and key.lower() == "version" and not node.null:
        return str(node)
    return json_value(node)


def read_bytes(path: Path, stdin: BinaryIO | None = None) -> bytes:
    """The whole of a file; UsageProblem where there is none, or it is too large."""
    name = spoken(path)
    try:
        if str(path) == "-":
            content = stdin.read(MAX_SOURCE + 1) if stdin is not None else b""
        elif path.is_file():
            with path.open("rb") as stream:
                content = stream.read(MAX_SOURCE + 1)
        else:
            raise UsageProblem(
                f"{name} is not there, or is not a regular file; name a JSON file, or - for stdin"
            )
    except (OSError, ValueError) as problem:
        raise UsageProblem(f"{name!r} cannot be opened: {problem}") from problem
    if len(content) > MAX_SOURCE:
        raise UsageProblem(
            f"{name} is larger than {MAX_SOURCE >> 20} MiB, the most that is read; take the part with the "
            "deployments out of it"
        )
    return content


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _Refused("it is not UTF-8") from problem


def _json(text: str) -> JsonValue:
    """The value of a JSON text, which may contain comments."""
    try:
        value = _loads(text)
    except json.JSONDecodeError:
        bare = _TOKENS.sub(lambda found: found[0] if found[0][0] == '"' else " ", text)
        try:
            value = _loads(bare)
        except json.JSONDecodeError as problem:
            raise _Refused(f"it is not JSON ({problem.msg}, line {problem.lineno})") from problem
    _inspect(value)
    return value


def _loads(text: str) -> JsonValue:
    try:
        return json.loads(  # type: ignore[no-any-return]
            text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except RecursionError as problem:
        raise _Refused(f"it is nested deeper than {DEEPEST} levels") from problem


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise _Refused(f"an object has the key {twice[:60]!r} twice")
    return found


def _constant(word: str) -> float:
    raise _Refused(f"{word} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise _Refused(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refused("it has a number that is too large")
    return value


def _inspect(value: JsonValue) -> None:
    """Depth and text, level by level: the value may be as deep as the parser could go."""
    level: list[JsonValue] = [value]
    for _ in range(DEEPEST):
        below: list[JsonValue] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and any("\ud800" <= letter <= "\udfff" for letter in item):
                raise _Refused("it has half of a surrogate pair")
        if not below:
            return
        level = below
    raise _Refused(f"it is nested deeper than {DEEPEST} levels")


# -- looking at values ----------------------------------------------------------------------------


def part(resource: JsonObject, name: str) -> JsonObject:
    """An inner object, by its name in any case; empty where there is none."""
    value = at(resource, name)
    return value if isinstance(value, Mapping) else {}


def at(resource: JsonObject, name: str) -> JsonValue:
    """A property by its name in any case; ARM's own spelling has drifted."""
    wanted = name.lower()
    return next((value for key, value in resource.items() if key.lower() == wanted), None)


def unseen(value: JsonValue) -> bool:
    """Whether a value contains what no manifest may contain."""
    return any(UNSEEN.search(text) for text in _texts(value))


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list | tuple):
        yield from (text for inner in value for text in _texts(inner))


def _keys(value: JsonValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    yield from (key for each in inner for key in _keys(each))


def fits(tree: Mapping[str, JsonValue]) -> bool:
    """Whether the format takes these fields of an entry."""
    if any(len(json.dumps(key, ensure_ascii=False)) > _LONGEST_KEY for key in _keys(tree)):
        return False
    return not unseen(tree) and not checked(EntryFields, _tree_of(tree), lambda _route, _key: None)[1]


def _tree_of(value: Mapping[str, JsonValue]) -> Map:
    """A mapping as it would be read from a file."""
    return Map.at({Text.at(key): _node_of(inner) for key, inner in value.items()})


def _node_of(value: JsonValue) -> Node:
    if isinstance(value, Mapping):
        return _tree_of(value)
    if isinstance(value, str):
        return Text.at(value)
    if isinstance(value, list | tuple):
        return Items([_node_of(inner) for inner in value])
    return Text.at(json.dumps(value), plain=True)


def word(value: JsonValue) -> str:
    """Text, or a whole number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if text.strip() else ""


def text_or_none(value: object) -> str | None:
    """A text that is not empty, and nothing else."""
    return value if isinstance(value, str) and value else None


def whole(value: JsonValue) -> int | None:
    """A capacity: ARM may answer with a double, templates with a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len("99999999999"):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def depth(value: JsonValue) -> int:
    """Levels of nesting; readers have bounded it already."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + max(map(depth, inner), default=0)


def shown(value: JsonValue) -> str:
    """A value as JSON, of bearable length."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def odd(value: JsonValue) -> bool:
    """Whether something stands where an object does."""
    return value is not None and not isinstance(value, Mapping)

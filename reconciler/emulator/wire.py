"""What crosses the wire: one request as read, one answer as it will be sent.

Rule of this module: everything below it is plain JSON in ARM's own spelling. The whole emulator is an edge,
so a body is a `Json` dictionary and never a class of ours; a class here would start to disagree with the
wire.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object in wire shape."""


@cache
def world_facts(name: str) -> Json:
    """What a file of `world/` holds, read once per process (see `world/PROVENANCE.md`)."""
    text = (Path(__file__).parent / "world" / f"{name}.json").read_text(encoding="utf-8")
    facts: Json = json.loads(text)
    return facts


class Kept(dict[str, Any]):
    """An object that is sent again and again and never changes: it is encoded once."""

    _head: Json | None = None
    _rest: "Kept"
    last: tuple[str, "Kept"] | None = None
    """Where it was last shown, and as what."""

    @classmethod
    def headed(cls, head: Json, rest: "Kept") -> "Kept":
        """The members of `head`, at least one, then those of `rest`, which is encoded once for all heads."""
        found = cls({**head, **rest})
        found._head, found._rest = head, rest
        return found

    @cached_property
    def text(self) -> str:
        return encoded(self) if self._head is None else f"{encoded(self._head)[:-1]},{self._rest.text[1:]}"


encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""JSON as it goes over the wire. `json.dumps` makes an encoder each time; a list has hundreds of them."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request: names of headers and query parameters are lower case, values untouched."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_query: str
    content: bytes
    origin: str
    """Scheme and host as the client called them; operation URLs and nextLinks point back there."""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(part for part in self.path.split("/") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer before the headers that every answer has are added."""

    status: int
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    from_provider: bool = True
    """False when the front door answered: no x-envoy header then, and x-ms-failure-cause on errors."""


@lru_cache(maxsize=4096)
def normal_location(text: str) -> str:
    """Fold any spelling of a region ("East US 2", "EASTUS2") into ARM's name for it ("eastus2")."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def at(body: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - a JSON value has no narrower type
    """Value at a path of property names, None as soon as one is absent or not an object."""
    value: Any = body
    for name in names:
        # the second question alone takes ten times as long
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def without_nulls(body: Json) -> Json:
    """Drop null members, on every level of objects: ARM reads null as absent."""
    return {
        name: without_nulls(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if value is not None
    }


def overlay(below: Json, above: Mapping[str, Any]) -> Json:
    """Lay one object over another: objects merge, everything else is replaced."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(under, dict) and isinstance(value, Mapping):
            merged[name] = overlay(under, value)
        else:
            merged[name] = value
    return merged

"""One request's turn at the state: what a handler is given.

Rule of this module: a handler reaches the world through its turn and through nothing else - no module state,
no machine clock, no environment - so two turns with equal state and request give equal answers, fresh ids
apart.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from reconciler.emulator import clock, errors
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Answer, Json, Request, at, without_nulls

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes; the size of a request that ARM accepts."""

_DEEPEST_BODY = 64
_Item = TypeVar("_Item", bound=Json)
_SKIP_TOKEN = re.compile(r"^[0-9]{1,9}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a bearer token stands for."""

    tenant: str
    client: str
    oid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A request admitted by the front door, with the state it may change."""

    store: Store
    request: Request
    now: datetime
    caller: Caller
    version: str
    args: Mapping[str, str]
    ticket: str
    """Names this request: its own in-flight mark does not stand in its way."""
    collided: bool = False
    """Whether it arrived while another write of the same account was being processed."""
    action: str = ""
    """The right that the operation took, as the Activity Log names it."""
    forced: Json | None = None
    """What a scripted fault demands of the long operation this request starts."""

    @property
    def is_inner(self) -> bool:
        """Whether a template asks for this write, and no caller: it takes no right of its own."""
        return not self.action

    def _sent(self) -> Json:
        """The properties of the body as they were sent, nulls too."""
        found = at(json_object(self.request.content), "properties") if self.request.content else None
        return found if isinstance(found, dict) else {}

    def nulls(self, within: str = "") -> tuple[str, ...]:
        """Names of the properties that the body has as null, or of the members of one of them."""
        sent = self._sent().get(within) if within else self._sent()
        return tuple(name for name, value in sent.items() if value is None) if isinstance(sent, dict) else ()

    def cleared(self) -> frozenset[str]:
        """Properties that the body un-sets: by an empty text, and by null unless nulls are ignored."""
        unset = ("",) if self.store.switch("nulls") == "ignored" else ("", None)
        return frozenset(name for name, value in self._sent().items() if value in unset)

    def body(self, shapes: Mapping[str, type] = MappingProxyType({})) -> Json:
        """The request body as an object without nulls, its properties of the types that `shapes` says.

        Raises Refusal: InvalidRequestContent when it is anything else, UnsupportedMediaType when not JSON.
        """
        kind = self.request.headers.get("content-type", "")
        if self.request.content and "json" not in kind.lower():
            raise errors.refusal("unsupported_media_type", found=kind.partition(";")[0] or "<null>")
        found = without_nulls(json_object(self.request.content))
        expect(found, shapes)
        return found

    def system_data(self, before: Json | None = None) -> Json:
        """`systemData` of a resource that this turn makes, or writes where `before` was (recorded)."""
        stamp = {"By": self.caller.client, "ByType": "Application", "At": clock.stamp(self.now)}
        created = before or {f"created{part}": value for part, value in stamp.items()}
        return {**created, **{f"lastModified{part}": value for part, value in stamp.items()}}

    def page(
        self,
        items: Sequence[_Item],
        *,
        size: int | None = None,
        keep: tuple[str, ...] = (),
        shown: Callable[[_Item], Json] | None = None,
        from_provider: bool = True,
    ) -> Answer:
        """A list: `{"value": […], "nextLink"?}` with the page that the request asks for.

        `size` is ARM's own; the switch `pageSize` comes before it. Without either the list is one page. A
        nextLink is an absolute URL on the host the client called, and opaque; `keep` are query parameters
        that it repeats. `shown` makes of an item what the page has of it.
        """
        size = self.store.switch("pageSize") or size
        start, end = 0, len(items)
        more: Json = {}
        if size:
            token = self.request.query.get("$skiptoken", "0")
            if _SKIP_TOKEN.match(token) is None:
                raise errors.refusal(
                    "invalid_content", parser_text="The skip token is not one of this service"
                )
            start, end = int(token), int(token) + size
            if end < len(items):
                query = {name: self.request.query.get(name) for name in keep}
                version = self.request.query.get("api-version", "")
                kept = "".join(
                    f"&{name}={quote(value)}" for name, value in query.items() if value is not None
                )
                address = f"{self.request.origin}{self.request.path}?api-version={version}{kept}"
                more["nextLink"] = f"{address}&$skiptoken={end}"
        page = items[start:end]
        value = list(page if shown is None else map(shown, page))
        return Answer(status=200, body={"value": value, **more}, from_provider=from_provider)

    @property
    def subscription(self) -> str:
        return self.args["subscription"]


def json_object(content: bytes) -> Json:
    """Parse a body that has to be a JSON object of moderate depth."""
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise errors.refusal("invalid_content", parser_text=str(error)[:200].replace("'", "")) from error
    if not isinstance(value, dict):
        raise errors.refusal(
            "invalid_content", parser_text="Expected an object at the root of the request body"
        )
    _bounded(value, _DEEPEST_BODY)
    return value


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _bounded(value: object, left: int) -> None:
    if left == 0:
        raise errors.refusal(
            "invalid_content", parser_text=f"The reader's MaxDepth of {_DEEPEST_BODY} has been exceeded"
        )
    if (
        isinstance(value, str)
        and not value.isascii()
        and any("\ud800" <= letter <= "\udfff" for letter in value)
    ):
        raise errors.refusal("invalid_content", parser_text="Unpaired surrogate in a string")
    if isinstance(value, dict):
        for name, item in value.items():
            _bounded(name, left - 1)
            _bounded(item, left - 1)
    elif isinstance(value, list):
        for item in value:
            _bounded(item, left - 1)


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def expect(body: Json, shapes: Mapping[str, type]) -> None:
    """Refuse a body in which a property has another JSON type than its table says; paths are dotted.

    Raises Refusal InvalidRequestContent naming the path. An int is never a boolean here, and tags are texts.
    """
    for path, wanted in shapes.items():
        value = at(body, *_names(path))
        if value is None:
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise errors.refusal(
                "invalid_content",
                parser_text=f"Error converting value to type {wanted.__name__}. Path {path}.",
            )
    for name, value in (body.get("tags") or {}).items() if "tags" in shapes else ():
        if not isinstance(value, str):
            raise errors.refusal(
                "invalid_content", parser_text=f"Error converting value to type str. Path tags.{name}."
            )

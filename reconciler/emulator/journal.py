"""The journal: what was really asked and answered, for tests to assert on.

Rule of this module: no token enters it - not from headers, not from the token endpoint's form - and no
signature of an operation's address.
"""

import json
from typing import Any

from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, Request

_SECRET_HEADERS = frozenset(
    {"authorization", "x-ms-authorization-auxiliary", "cookie", "proxy-authorization", "x-emulator-control"}
    | {"api-key", "x-api-key"}
)
_SIGNATURES = frozenset({"s", "h", "sig"})
KEPT = 20_000
"""Entries kept; older ones are forgotten."""


def entry(request: Request, *, started: str) -> Json:
    """A request as the journal shows it: token headers reduced to what kind and how many they were."""
    headers = {
        name: _redacted(value) if name in _SECRET_HEADERS else value
        for name, value in request.headers.items()
    }
    return {
        "method": request.method,
        "path": request.path,
        "query": {name: "***" if name in _SIGNATURES else value for name, value in request.query.items()},
        "headers": headers,
        "body": _body(request),
        "start": started,
    }


def _redacted(value: str) -> str:
    """The scheme of each token ("Bearer"), nothing of a token that stands alone."""
    words = [part.split() for part in value.split(",")]
    return ", ".join(f"{word[0]} ***" if len(word) > 1 else "***" for word in words)


def _body(request: Request) -> Any:  # noqa: ANN401 - JSON as it was sent
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return None
    text = request.content.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text[:1000]


def write(store: Store, entry_: Json, *, status: int | str, ended: str) -> None:
    """Append one exchange; `status` is a number, or words when no answer went out."""
    last = store.setting("journal").get("last", 0) + 1
    store.put("setting", "journal", {"last": last})
    store.put("journal", f"{last:09d}", {"number": last, **entry_, "status": status, "end": ended})
    store.delete("journal", f"{last - KEPT:09d}")

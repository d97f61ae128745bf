"""Scripted faults: the nth request that matches meets what a test ordered.

Rule of this module: a fault fires by counting and never by chance, so that a failing run is repeated by
repeating it.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.emulator.store import Store
from reconciler.emulator.wire import Answer, Json, Kept, Request, encoded

_MATCH = {"method", "path", "nth", "times", "query"}
THEN: Mapping[str, type] = {
    "status": int,
    "headers": dict,
    "body": dict,
    "patch": dict,
    "text": str,
    "repeat": int,
    "gzip": bool,
    "truncate": int,
    "delayMs": int,
    "dripMs": int,
    "dripHeadMs": int,
    "reset": str,
    "close": bool,
    "applied": bool,
    "lro": str,
    "settles": str,
    "error": dict,
}
"""What `then` may hold, with the JSON type of each."""

Fields = list[tuple[str, str]]
"""Header names and values in the order of sending; a name may occur twice."""

_CHUNK = 1 << 20
_LEAST = {"status": 100, "repeat": 1, "truncate": 0, "delayMs": 0, "dripMs": 0, "dripHeadMs": 0}
_LONGEST_DELAY_MS = 600_000
_MOST_REPEATS = 1_000_000_000


class FaultError(ValueError):
    """A fault that cannot be scripted; the text says what is allowed."""


def script(store: Store, fault: Json) -> Json:
    """Remember a fault after checking it; raises FaultError."""
    match, then = fault.get("match", {}), fault.get("then", {})
    _check_names("match", match, _MATCH)
    _check_names("then", then, set(THEN))
    _check_match(match)
    for name, value in then.items():
        _check_then(name, value)
    if then.get("reset", "before") not in {"before", "after"}:
        raise FaultError(f"then.reset must be 'before' or 'after', found {then['reset']!r}")
    number = len(store.scan("fault")) + 1
    document: Json = {"number": number, "match": match, "then": then, "seen": 0, "fired": 0}
    store.put("fault", f"{number:06d}", document)
    return document


def _check_match(match: Json) -> None:
    for name in ("method", "path", "query"):
        if not isinstance(match.get(name, ""), str):
            raise FaultError(f"match.{name} must be a string, found {match[name]!r}")
    for name in ("nth", "times"):
        _whole(f"match.{name}", match.get(name, 1), 1)
    try:
        re.compile(str(match.get("path", "")))
    except re.error as error:
        raise FaultError(f"match.path is not a regular expression: {error}") from error


def _check_then(name: str, value: object) -> None:
    if name in _LEAST:
        _whole(f"then.{name}", value, _LEAST[name])
    elif not isinstance(value, THEN[name]):
        kind = {dict: "an object", str: "a string", bool: "true or false"}[THEN[name]]
        raise FaultError(f"then.{name} must be {kind}, found {value!r}")
    if name == "repeat" and isinstance(value, int) and value > _MOST_REPEATS:
        raise FaultError(f"then.repeat must be at most {_MOST_REPEATS}, found {value}")


def _whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise FaultError(f"{name} must be a whole number of at least {least}, found {value!r}")


def _check_names(where: str, given: object, allowed: set[str]) -> None:
    if not isinstance(given, dict):
        raise FaultError(f"{where} must be an object with {', '.join(sorted(allowed))}")
    if unknown := sorted(set(given) - allowed):
        raise FaultError(f"{where}.{unknown[0]} is unknown; allowed are {', '.join(sorted(allowed))}")


def fired_by(store: Store, request: Request) -> Json:
    """What the first scripted fault that this request sets off demands; empty when none does.

    Every matching fault counts the request, also those that do not fire.
    """
    demanded: Json | None = None
    for fault in store.scan("fault"):
        if not _matches(fault["match"], request):
            continue
        fault["seen"] += 1
        first = fault["match"].get("nth", 1)
        fires = first <= fault["seen"] < first + fault["match"].get("times", 1)
        if fires and demanded is None:
            fault["fired"] += 1
            demanded = fault["then"]
        store.put("fault", f"{fault['number']:06d}", fault)
    return demanded or {}


def _matches(match: Mapping[str, Any], request: Request) -> bool:
    method = str(match.get("method", request.method)).upper()
    path = str(match.get("path", ""))
    query = str(match.get("query", ""))
    return (
        method == request.method
        and re.search(path, request.path, re.IGNORECASE) is not None
        and re.search(re.escape(query), request.raw_query, re.IGNORECASE) is not None
    )


def delay_seconds(then: Mapping[str, Any]) -> float:
    return min(int(then.get("delayMs", 0)), _LONGEST_DELAY_MS) / 1000


def answer(then: Mapping[str, Any]) -> Answer | None:
    """The answer a fault puts in place of the real one, None if it leaves it alone."""
    if "status" not in then:
        return None
    return Answer(status=int(then["status"]), body=then.get("body"), from_provider=False)


def is_replaced(then: Mapping[str, Any]) -> bool:
    """Whether the request never reaches the provider: its answer is another one, or lost."""
    return ("reset" in then or "status" in then) and not is_after(then)


def is_after(then: Mapping[str, Any]) -> bool:
    """Whether the request takes effect although its answer is replaced or lost."""
    return then.get("reset") == "after" or then.get("applied") is True


def is_undone(then: Mapping[str, Any]) -> bool:
    """Whether the request is answered as if it had taken effect, and has not."""
    return then.get("applied") is False and "status" not in then


def patched(body: Json, patch: Mapping[str, Any]) -> Json:
    """A body with a merge patch (RFC 7396) laid over it: null takes a member away."""
    merged = dict(body)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            under = merged.get(name)
            merged[name] = patched(under if isinstance(under, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def altered_headers(fields: Sequence[tuple[str, str]], wanted: Mapping[str, Any]) -> Fields:
    """Headers with a fault's laid over them: null takes one away, a list sends it several times."""
    replaced = {name.lower() for name in wanted}
    kept = [(name, value) for name, value in fields if name.lower() not in replaced]
    for name, value in wanted.items():
        values = value if isinstance(value, list) else [value]
        kept += [(name, str(item)) for item in values if item is not None]
    return kept


def altered_content(body: Json | None, then: Mapping[str, Any]) -> bytes:
    """The bytes of an answer: the fault's text as it stands, else the body as JSON."""
    if "text" in then:
        return _repeated(str(then["text"]).encode("utf-8", "surrogatepass"), then)
    if body is None:
        return b""
    shown = patched(body, then["patch"]) if "patch" in then else body
    return _text(shown).encode("utf-8", "replace")


def _text(body: Json) -> str:
    """JSON; what is in the list of a page and was encoded before is not encoded again."""
    items = body.get("value")
    if not isinstance(items, list) or not all(isinstance(item, Kept) for item in items):
        return encoded(body)
    around = encoded({**body, "value": []})
    return around.replace('"value":[]', f'"value":[{",".join(item.text for item in items)}]', 1)


def _repeated(text: bytes, then: Mapping[str, Any]) -> bytes:
    times = int(then.get("repeat", 1))
    if not then.get("gzip"):
        return text * times
    return b"".join(_squeezed(text, times))


def _squeezed(text: bytes, times: int) -> Iterator[bytes]:
    """A gzip stream of a text many times over, without ever holding the text."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    per_chunk = max(1, min(times, _CHUNK // max(1, len(text))))
    whole, rest = divmod(times, per_chunk)
    chunk = text * per_chunk
    for _ in range(whole):
        yield packer.compress(chunk)
    yield packer.compress(text * rest)
    yield packer.flush()

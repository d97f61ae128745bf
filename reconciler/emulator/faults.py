"""Scripted faults: the nth request that matches meets what a test ordered.

Rule of this module: a fault fires by counting and never by chance, so that a failing run is repeated by
repeating it.
"""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.store import Store
from reconciler.emulator.wire import Answer, Json, Request

_MATCH = {"method", "path", "nth", "times", "query"}
_THEN = {"status", "headers", "body", "reset", "delayMs", "truncate", "lro", "error", "applied"}
_LONGEST_DELAY_MS = 600_000


class FaultError(ValueError):
    """A fault that cannot be scripted; the text says what is allowed."""


def script(store: Store, fault: Json) -> Json:
    """Remember a fault after checking it; raises FaultError."""
    match, then = fault.get("match", {}), fault.get("then", {})
    _check_names("match", match, _MATCH)
    _check_names("then", then, _THEN)
    for name in ("method", "path", "query"):
        if not isinstance(match.get(name, ""), str):
            message = f"match.{name} must be a string, found {match[name]!r}"
            raise FaultError(message)
    for name in ("headers", "body"):
        if not isinstance(then.get(name, {}), dict):
            message = f"then.{name} must be an object, found {then[name]!r}"
            raise FaultError(message)
    try:
        re.compile(str(match.get("path", "")))
    except re.error as error:
        message = f"match.path is not a regular expression: {error}"
        raise FaultError(message) from error
    for name, value, least in (
        ("match.nth", match.get("nth", 1), 1),
        ("match.times", match.get("times", 1), 1),
        ("then.delayMs", then.get("delayMs", 0), 0),
        ("then.truncate", then.get("truncate", 0), 0),
        ("then.status", then.get("status", 500), 100),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            message = f"{name} must be a whole number of at least {least}, found {value!r}"
            raise FaultError(message)
    if then.get("reset", "before") not in {"before", "after"}:
        message = f"then.reset must be 'before' or 'after', found {then['reset']!r}"
        raise FaultError(message)
    number = len(store.scan("fault")) + 1
    document: Json = {"number": number, "match": match, "then": then, "seen": 0, "fired": 0}
    store.put("fault", f"{number:06d}", document)
    return document


def _check_names(where: str, given: object, allowed: set[str]) -> None:
    if not isinstance(given, dict):
        message = f"{where} must be an object with {', '.join(sorted(allowed))}"
        raise FaultError(message)
    if unknown := sorted(set(given) - allowed):
        message = f"{where}.{unknown[0]} is unknown; allowed are {', '.join(sorted(allowed))}"
        raise FaultError(message)


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
    body = then.get("body")
    headers = {str(name): str(value) for name, value in (then.get("headers") or {}).items()}
    return Answer(
        status=int(then["status"]),
        body=body if isinstance(body, dict) else None,
        headers=headers,
        from_provider=False,
    )


def is_after(then: Mapping[str, Any]) -> bool:
    """Whether the request takes effect although its answer is replaced or lost."""
    return then.get("reset") == "after" or then.get("applied") is True

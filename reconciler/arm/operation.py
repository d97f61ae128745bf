"""Long-running operations: which address to follow, and what each look at it means.

Rule of this module: everything that decides where an operation stands is in these functions, without I/O.
An operation whose *status* cannot be read has not failed: the deployment itself is looked at then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.arm.classify import fault_in
from reconciler.arm.origin import Origin, acceptable
from reconciler.arm.printable import printable
from reconciler.arm.retry import retry_after
from reconciler.arm.strict_json import NotUnderstood, parse
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import OperationRef, OperationState, OperationStatus

# The only ends (Azure/azure-resource-manager-rpc, async-api-reference); any other text is "still going".
_ENDS: Mapping[str, OperationStatus] = {
    "succeeded": OperationStatus.SUCCEEDED,
    "failed": OperationStatus.FAILED,
    "canceled": OperationStatus.CANCELED,
    "cancelled": OperationStatus.CANCELED,
}
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def address(headers: Mapping[str, str], status: int) -> tuple[str, bool] | None:
    """The address that an answer to a write names, and whether it ends by a status in the body.

    Azure-AsyncOperation wins; Location counts only with a 202, elsewhere it names the resource.
    """
    followed = headers.get("azure-asyncoperation")
    if followed is not None:
        return followed, True
    location = headers.get("location") if status == 202 else None
    return None if location is None else (location, False)


def reference(
    headers: Mapping[str, str], status: int, target: DeploymentId, home: Origin
) -> tuple[OperationRef | None, str]:
    """The operation that a write's answer lets us follow, and a warning where its address is refused."""
    found = address(headers, status)
    if found is None:
        return None, ""
    url, ends_by_status = found
    if acceptable(url, home):
        return OperationRef(url=url, ends_by_status=ends_by_status, target=target), ""
    return None, (
        f"{target}: ARM named an address for this operation that is not one of {home} "
        f"({printable(url.split('?', 1)[0], 80) or 'an empty one'}); it was not requested, since a token "
        "goes to no other place. The deployment itself is looked at instead"
    )


def state_of(
    asked: OperationRef, *, status: int, headers: Mapping[str, str], body: bytes, home: Origin
) -> OperationState:
    """Where the operation stands after one look."""
    pause = retry_after(headers)
    if status in _PASSING:
        return OperationState(status=OperationStatus.RUNNING, retry_after=pause)
    if not 200 <= status < 300:
        return OperationState(status=OperationStatus.UNREADABLE)
    found = _ended_by_status(status, body) if asked.ends_by_status else _ended_by_location(status, body)
    if found.status is not OperationStatus.RUNNING:
        return found
    # A look may name another address, of the kind that is being followed.
    url = headers.get("azure-asyncoperation" if asked.ends_by_status else "location")
    if url is None or url == asked.url:
        return OperationState(status=OperationStatus.RUNNING, retry_after=pause)
    if not acceptable(url, home):
        return OperationState(status=OperationStatus.UNREADABLE)
    return OperationState(status=OperationStatus.RUNNING, retry_after=pause, next=replace(asked, url=url))


def _ended_by_status(status: int, body: bytes) -> OperationState:
    """Azure-AsyncOperation: 200 with a status; a 202 without a body is taken for "still going"."""
    if status == 202 and not body:
        return OperationState(status=OperationStatus.RUNNING)
    try:
        found = parse(body)
    except NotUnderstood:
        return OperationState(status=OperationStatus.UNREADABLE)
    word = found.get("status") if isinstance(found, dict) else None
    if not isinstance(word, str) or not word:
        return OperationState(status=OperationStatus.UNREADABLE)
    end = _ENDS.get(word.lower(), OperationStatus.RUNNING)
    if end in {OperationStatus.FAILED, OperationStatus.CANCELED}:
        return _failure(end, word, status, found)
    return OperationState(status=end)


def _ended_by_location(status: int, body: bytes) -> OperationState:
    """Location: 202 until done. An error in the final body is the operation's own."""
    if status == 202:
        return OperationState(status=OperationStatus.RUNNING)
    try:
        found = parse(body) if body else None
    except NotUnderstood:
        return OperationState(status=OperationStatus.UNREADABLE)
    if fault_in(status, found) is not None:
        return _failure(OperationStatus.FAILED, "Failed", status, found)
    return OperationState(status=OperationStatus.SUCCEEDED)


def _failure(end: OperationStatus, word: str, status: int, found: object) -> OperationState:
    """ARM's own code and message; the innermost code says more than the wrapper's."""
    fault = fault_in(status, found)
    if fault is None:
        return OperationState(status=end, code=printable(word, 100))
    inner = next((code for code, _ in reversed(fault.details)), "")
    return OperationState(status=end, code=inner or fault.code or printable(word, 100), message=fault.text)

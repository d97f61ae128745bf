"""What came of a request, as a value: understood, refused by ARM, or without an answer that can be used.

Rule of this module: a result is small. It holds no answer and no body, however long it is waited with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from reconciler.arm.call import Call
from reconciler.arm.classify import ArmFault
from reconciler.arm.origin import Origin, acceptable
from reconciler.arm.printable import excerpt, printable, request_id
from reconciler.arm.retry import RETRY_COST
from reconciler.arm.strict_json import NotUnderstood
from reconciler.arm.transport import Answer
from reconciler.domain.operation import Deferred
from reconciler.errors import ArmContractBroken, ArmError, ArmRejected, ArmUnreachable, Throttled

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Understanding(Protocol[T_co]):
    """Makes a value of a 2xx answer and its JSON (None where it had no body); may raise Unreadable."""

    def __call__(self, answer: Answer, body: object, /) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """ARM answered, and this is what it said."""

    value: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """ARM said no. `fault` and `gateway` tell what a 404 is about; None where nothing was sent at all."""

    error: ArmRejected
    fault: ArmFault | None = None
    gateway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer that can be used: a write may or may not have been done.

    `again`: whether the next attempt may end otherwise. `asked` are the seconds that ARM wants one to wait.
    """

    error: ArmUnreachable | ArmContractBroken
    again: bool = True
    asked: float | None = None
    cost: float = RETRY_COST


def resource(body: object) -> Mapping[str, object]:
    """A body that must be an object; raises Unreadable."""
    if not isinstance(body, dict):
        raise NotUnderstood("it is empty" if body is None else "it is JSON, but not an object")
    return body


def value_of(result: Ok[T] | Rejected | Lost) -> T:
    """The value; raises the ArmError that came instead."""
    if isinstance(result, Ok):
        return result.value
    raise result.error


def of_gateway(answer: Answer) -> bool:
    """Whether the error is the gateway's own: then it is about what is above the resource."""
    return answer.headers.get("x-ms-failure-cause", "").lower() == "gateway"


def counts(result: Rejected | Lost | Deferred) -> int:
    """Whether a result counts as a failed attempt: another version or another token is none."""
    return int(isinstance(result, Lost) or (isinstance(result, Deferred) and result.error is not None))


def not_sent(call: Call, why: str, seconds: float | None) -> Rejected:
    """A request that a throttled subscription keeps here."""
    error = Throttled(
        f"not sent: the subscription is throttled; {why}",
        operation=call.operation,
        target=call.target,
        status=429,
        code="TooManyRequests",
        retry_after=seconds,
    )
    return Rejected(error=error)


def endless(call: Call, why: str) -> ArmContractBroken:
    """A list that cannot be read to its end, which makes it none."""
    words = f"the list cannot be read to its end: {why}"
    return ArmContractBroken(words, operation=call.operation, target=call.target)


def redirected(answer: Answer) -> str:
    """The words for a redirect."""
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname
    except ValueError:
        host = None
    return (
        f"ARM redirected ({answer.status}) to {printable(host or 'nowhere', 80)}; redirects are never "
        "followed, since a token would go with them. Check --endpoint and the proxy"
    )


def outcome_unknown(error: ArmError) -> ArmUnreachable:
    """A write whose answer was lost or made no sense may have been done all the same."""
    return ArmUnreachable(
        f"{error.args[0]}; whether it was done is not known",
        operation=error.operation,
        target=error.target,
        request_id=error.request_id,
    )


def broken(call: Call, answer: Answer, words: str, *, again: bool) -> Lost:
    """An answer that cannot be used."""
    error = ArmContractBroken(
        words,
        operation=call.operation,
        target=call.target,
        excerpt=excerpt(answer.body),
        request_id=request_id(answer.headers.get("x-ms-request-id")),
    )
    return Lost(error=error, again=again)


def no_next_page(link: str, followed: set[str], most: int, home: Origin) -> str | None:
    """Why the next page of a list cannot be asked for; None where it can."""
    if not acceptable(link, home):
        where = printable(link.split("?", 1)[0], 80)
        return f"its next page is not at {home} but at {where}; it was not requested"
    if link in followed:
        return "its next page is one that was read already"
    return f"it has more than {most} pages" if len(followed) >= most - 1 else None

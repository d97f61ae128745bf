"""What is asked of ARM, before it has an address, tokens or a turn, and what came of it, as a value.

Rule of this module: a call says everything that decides how it may be sent, and nothing is sent from here. A
result is understood, refused by ARM, or without an answer that can be used. It is small: it holds no answer
and no body, however long it is waited with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from reconciler.arm import addresses
from reconciler.arm.auth import Who
from reconciler.arm.classify import ArmFault
from reconciler.arm.origin import Origin, acceptable
from reconciler.arm.printable import excerpt, printable, request_id
from reconciler.arm.retry import RETRY_COST
from reconciler.arm.strict_json import NotUnderstood
from reconciler.arm.transport import Answer, Pool
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import UNWATCHED, Deferred, SendObserver
from reconciler.errors import ArmContractBroken, ArmError, ArmRejected, ArmUnreachable, Throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One logical request. `operation` and `target` are our words for messages; the url may be signed.

    `url` is where `path` is not: a path is below the endpoint, in `api_version` or, where that is empty, in
    the one that is spoken about its `resource_type`. `item` is an id of which ARM may say that it is absent;
    that is an answer then, without a body. `attempt` counts from 1. `send_by` is the monotonic time after
    which it must not be sent any more.
    """

    operation: str
    target: str
    subscription: str
    method: str = "GET"
    resource_type: str = ""
    path: str = ""
    api_version: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = field(default="", repr=False)
    item: str = ""
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    source_tenants: tuple[str, ...] = ()
    observer: SendObserver = field(default=UNWATCHED, repr=False)
    attempt: int = 1
    pool: Pool | None = field(default=None, repr=False)
    send_by: float | None = None

    @property
    def who(self) -> Who:
        """Whose tokens it takes."""
        return Who(
            target=self.target,
            subscription=self.subscription,
            method=self.method,
            source_tenants=self.source_tenants,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What may be told of one exchange: no header, no query, no body. `seconds` is its duration."""

    method: str
    path: str
    status: int | None
    request_id: str | None
    seconds: float


def about(deployment: DeploymentId, operation: str, method: str = "GET") -> Call:
    """A call about one deployment."""
    return Call(
        operation=operation,
        target=str(deployment),
        subscription=deployment.account.subscription,
        method=method,
        resource_type="deployments",
        path=addresses.of_deployment(deployment),
        item=str(deployment) if method == "GET" else "",
    )


def of_account(
    account: AccountId, operation: str, what: str = "", *, resource_type: str | None = None
) -> Call:
    """A question about an account, or about `what` it holds."""
    usual = f"accounts/{what}" if what else "accounts"
    return Call(
        operation=operation,
        target=str(account),
        subscription=account.subscription,
        resource_type=usual if resource_type is None else resource_type,
        path=addresses.of_account(account, what),
    )


def of_subscription(subscription: str, operation: str, what: str, path: str = "") -> Call:
    """A question about a subscription: by default, what the provider has in it."""
    return Call(
        operation=operation,
        target=subscription,
        subscription=subscription,
        resource_type=what,
        path=path or addresses.of_provider(subscription, what),
    )


def of_region(subscription: str, region: Region, operation: str, what: str) -> Call:
    """A question about a region's `usages` or `models`."""
    return Call(
        operation=operation,
        target=f"{subscription} in {region}",
        subscription=subscription,
        resource_type=f"locations/{what}",
        path=addresses.of_region(subscription, region, what),
    )


def encoded(body: object) -> bytes:
    """A body as it is sent; any mapping is an object."""
    return json.dumps(body, allow_nan=False, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


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

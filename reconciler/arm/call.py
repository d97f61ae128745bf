"""What is asked of ARM, before it has an address, tokens or a turn.

Rule of this module: a call says everything that decides how it may be sent, and nothing is sent from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.arm import addresses
from reconciler.arm.auth import Who
from reconciler.arm.transport import Pool
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.operation import UNWATCHED, SendObserver


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
    set_aside: Callable[[bytes], None] | None = None
    """Takes a long list unread (`late.may_wait`), which then counts as an empty one."""
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


def of_account(account: AccountId, operation: str, resource_type: str, path: str) -> Call:
    """A question about an account."""
    return Call(
        operation=operation,
        target=str(account),
        subscription=account.subscription,
        resource_type=resource_type,
        path=path,
    )


def of_subscription(subscription: str, operation: str, resource_type: str, path: str) -> Call:
    """A question about a subscription."""
    return Call(
        operation=operation,
        target=subscription,
        subscription=subscription,
        resource_type=resource_type,
        path=path,
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

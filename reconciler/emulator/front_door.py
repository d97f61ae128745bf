"""ARM's gateway: who is calling, may they, how often, does the operation exist - then the provider's handler.

Rule of this module: every refusal made here is a front-door error, and nothing behind it runs without a
token of the subscription's tenant.
"""

import math
import re
from datetime import datetime

from reconciler.emulator import (
    auth,
    clock,
    data_plane,
    directory,
    errors,
    offers,
    retail,
    routes,
    versions,
    writable,
)
from reconciler.emulator.route import Route
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller, Turn
from reconciler.emulator.wire import Answer, Json, Request

_CONTROL = re.compile(r"[\x00-\x1f]")
_GLOBAL = 15
"""All principals of a subscription together may do so many times as much."""


_BUCKETS = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}
"""Tokens that a full bucket holds and how many come back per second, as documented, for each subscription and
principal."""
_BUCKET_OF = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
"""Other methods count as writes."""


def public(store: Store, request: Request, now: datetime) -> Answer | None:
    """Answers that need no token; None when the request is not one of them.

    That an api-version is missing is told to everybody (reported), and a control character in the path is
    refused before there is an error to read (reported of a carriage return behind a name, March 2023).
    """
    if _CONTROL.search(request.path):
        return Answer(status=400, from_provider=False)
    if request.method == "GET" and request.path.lower() == "/api/retail/prices":
        return retail.answer(request)
    if request.method == "POST" and (answered := data_plane.answer(store, request, now)) is not None:
        return answered
    match (request.method, tuple(part.lower() for part in request.segments)):
        case ("GET", ("metadata", "endpoints")):
            return directory.metadata(request)
        case ("POST", (tenant, "oauth2", "v2.0", "token")) | ("POST", (tenant, "oauth2", "token")):
            return directory.token(store, request, tenant, now)
        case ("GET", (tenant, *_, ".well-known", "openid-configuration")):
            return directory.discovery(request, tenant)
        case _ if not request.query.get("api-version"):
            raise errors.refusal("missing_api_version")
        case _:
            return None


def admit(
    store: Store, request: Request, now: datetime, caller: Caller, *, ticket: str, forced: Json | None
) -> tuple[Route, Turn]:
    """The operation and its turn; raises the front door's refusal."""
    found = routes.find(request.method, request.segments)
    if found is None:
        raise errors.refusal("not_modelled", gap=f"{request.method} {request.path[:300]}")
    route, args = found
    if "subscription" in args:
        subscription = auth.require_tenant(store, caller, args["subscription"])
        if route.action:
            auth.require_right(store, caller, route.action, route.scope(request.path))
        if route.since and subscription.get("registered", True) is not True:
            raise errors.refusal("subscription_not_registered")
        writable.require(store, subscription, request.method, request.path)
    version = _version(route, request, args)
    turn = Turn(
        store=store,
        request=request,
        now=now,
        caller=caller,
        version=version,
        args=args,
        ticket=ticket,
        action=route.action,
        forced=forced,
    )
    return route, turn


def limits(store: Store, request: Request, now: datetime, caller: Caller) -> dict[str, str]:
    """Draw one token from the caller's bucket; the result is the headers that tell what is left.

    Raises 429 SubscriptionRequestsThrottled with Retry-After when the bucket is empty. The switch
    `throttling: off` counts without refusing, and tells of a full bucket, for clients heed what is left. Time
    is the virtual clock's, so a test empties and refills a bucket without waiting.
    """
    segments = request.segments
    is_of_one = len(segments) > 1 and segments[0].lower() == "subscriptions"
    subscription = segments[1] if is_of_one else None
    name = _BUCKET_OF.get(request.method, "writes")
    size, refill = _BUCKETS[name]
    where = (subscription or caller.tenant).lower()
    own = _level(store, now, f"{where}/{caller.client}/{name}", size, refill)
    every = _level(store, now, f"{where}//{name}", size * _GLOBAL, refill * _GLOBAL)
    is_off = store.switch("throttling") == "off"
    if min(own, every) < 1 and not is_off:
        wait = max(1, math.ceil((1 - min(own, every)) / refill))
        # types without names, in capitals, as the text of a recorded 429 prints them
        types = "/".join(part for index, part in enumerate(segments) if index % 2 == 0 or "." in part)
        operation = f"{request.method}/{types.upper()}/"
        raise errors.refusal(
            "throttled", subscription=subscription or caller.tenant, operation=operation, seconds=wait
        )
    own, every = max(0.0, own - 1), max(0.0, every - 1)
    moment = clock.stamp(now)
    store.put("bucket", f"{where}/{caller.client}/{name}", {"level": own, "at": moment})
    store.put("bucket", f"{where}//{name}", {"level": every, "at": moment})
    if is_off:
        own, every = size, size * _GLOBAL
    scope = "subscription" if subscription else "tenant"
    return {
        f"x-ms-ratelimit-remaining-{scope}-{name}": str(int(own)),
        f"x-ms-ratelimit-remaining-{scope}-global-{name}": str(int(every)),
    }


def _level(store: Store, now: datetime, key: str, size: int, refill: int) -> float:
    found: Json | None = store.get("bucket", key)
    if found is None:
        return float(size)
    passed = max(0.0, (now - clock.parse(found["at"])).total_seconds())
    return min(float(size), float(found["level"]) + passed * refill)


def _version(route: Route, request: Request, args: dict[str, str]) -> str:
    version = request.query["api-version"].lower()
    if not route.since:
        if not versions.well_formed(version):
            raise errors.refusal(
                "no_registered_provider",
                location="",
                version=version,
                kind="resourceGroups",
                versions="2025-04-01, 2021-04-01",
                locations="",
            )
        return version
    known = versions.supported(route.since)
    if version not in known:
        location = args.get("location", "")
        raise errors.refusal(
            "no_registered_provider",
            location=location,
            version=version,
            kind=route.kind,
            versions=", ".join(known),
            locations=", ".join(offers.locations()),
        )
    return version

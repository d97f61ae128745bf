"""ARM's gateway: who is calling, may they, how often, does the operation exist - then the provider's handler.

Rule of this module: every refusal made here is a front-door error, and nothing behind it runs without a
token of the subscription's tenant.
"""

from datetime import datetime

from reconciler.emulator import (
    auth,
    data_plane,
    directory,
    errors,
    offers,
    retail,
    routes,
    throttling,
    versions,
)
from reconciler.emulator.route import Route
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller, Turn
from reconciler.emulator.wire import Answer, Json, Request


def public(store: Store, request: Request, now: datetime) -> Answer | None:
    """Answers that need no token; None when the request is not one of them."""
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
        case _:
            return None


def admit(
    store: Store, request: Request, now: datetime, caller: Caller, *, ticket: str, forced: Json | None
) -> tuple[Route, Turn]:
    """The operation and its turn; raises the front door's refusal."""
    found = routes.find(request.method, request.segments)
    if found is None:
        raise _unknown(request)
    route, args = found
    if "subscription" in args:
        subscription = auth.require_tenant(store, caller, args["subscription"])
        if route.action:
            auth.require_right(store, caller, route.action, request.path)
        _require_registered(subscription, route)
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
    """Draw one token from the caller's bucket; raises 429. Without a known caller nothing is counted."""
    segments = request.segments
    named = len(segments) > 1 and segments[0].lower() == "subscriptions"
    return throttling.draw(store, now, caller, segments[1] if named else None, request)


def _unknown(request: Request) -> errors.Refusal:
    return errors.not_modelled(f"{request.method} {request.path[:300]}")


def _require_registered(subscription: Json, route: Route) -> None:
    if route.since and subscription.get("registered", True) is not True:
        raise errors.subscription_not_registered()


def _version(route: Route, request: Request, args: dict[str, str]) -> str:
    version = request.query.get("api-version", "").lower()
    if not version:
        raise errors.missing_api_version()
    if not route.since:
        if not versions.well_formed(version):
            raise errors.no_registered_provider(
                "", version, "resourceGroups", ("2025-04-01", "2021-04-01"), ()
            )
        return version
    known = versions.supported(route.since)
    if version not in known:
        location = args.get("location", "")
        raise errors.no_registered_provider(location, version, route.kind, known, offers.locations())
    return version

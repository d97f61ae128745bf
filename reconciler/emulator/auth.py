"""Who asks, for which tenant, and what they may do.

Rule of this module: a token is good for the one tenant it was issued for. What lies in another tenant is
reached by an auxiliary token of that tenant, or not at all. Only tokens issued here are accepted; they are
kept as digests.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from reconciler.emulator import clock, errors
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Caller
from reconciler.emulator.wire import Json

TOKEN_SECONDS = 3599
MOST_AUXILIARY = 3
"""ARM takes at most three auxiliary tokens in one request."""

_OBJECTS = uuid.UUID("6f7265ba-0000-4000-8000-00000000aaaa")
_ACCOUNT_ID = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourcegroups/[^/]+/providers/microsoft\.cognitiveservices"
    r"/accounts/[^/]+$",
    re.IGNORECASE,
)
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_READ_ACCOUNT = "Microsoft.CognitiveServices/accounts/read"


def object_id(client: str) -> str:
    """The service principal of an application id, the same for ever."""
    return str(uuid.uuid5(_OBJECTS, client))


def issue(store: Store, now: datetime, tenant: str, client: str) -> str:
    """A fresh token shaped like a JWT, unsigned: clients may read its tid, appid, oid and exp."""
    expires = now + timedelta(seconds=TOKEN_SECONDS)
    head = {"alg": "none", "typ": "JWT"}
    claims = {
        "iss": f"https://sts.windows.net/{tenant}/",
        "aud": "https://management.azure.com/",
        "tid": tenant,
        "appid": client,
        "oid": object_id(client),
        "exp": int(expires.timestamp()),
        "jti": uuid.uuid4().hex,
    }
    token = f"{_encoded(head)}.{_encoded(claims)}.emulator"
    store.put("token", _digest(token), {"tenant": tenant, "client": client, "expires": clock.stamp(expires)})
    return token


def _encoded(part: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def authenticate(store: Store, now: datetime, headers: Mapping[str, str]) -> Caller:
    """The caller named by the Authorization header; raises the 401 that fits otherwise."""
    header = headers.get("authorization", "")
    if not header:
        raise errors.refusal("authentication_failed")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.refusal("authentication_failed", header="malformed")
    return _caller(store, now, token.strip())


def _caller(store: Store, now: datetime, token: str) -> Caller:
    known = store.require("token", _digest(token), lambda: errors.refusal("invalid_token"))
    expires = clock.parse(known["expires"])
    if expires < now:
        raise errors.refusal("expired_token", expiry=_spoken(expires), moment=_spoken(now))
    return Caller(tenant=known["tenant"], client=known["client"], oid=object_id(known["client"]))


def _spoken(moment: datetime) -> str:
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {half}"


def auxiliary(store: Store, now: datetime, headers: Mapping[str, str]) -> dict[str, Caller]:
    """Callers by tenant from `x-ms-authorization-auxiliary`: joined by commas, each with its Bearer."""
    header = headers.get("x-ms-authorization-auxiliary", "")
    callers: dict[str, Caller] = {}
    for part in (piece.strip() for piece in header.split(",")[:MOST_AUXILIARY]):
        scheme, _, token = part.partition(" ")
        if scheme.lower() == "bearer" and token:
            caller = _caller(store, now, token.strip())
            callers[caller.tenant] = caller
    return callers


def require_tenant(store: Store, caller: Caller, subscription: str) -> Json:
    """The subscription's document, if it exists and the caller's token is of its tenant."""
    if _GUID.match(subscription) is None and store.get("subscription", subscription.lower()) is None:
        raise errors.refusal("subscription_malformed", subscription=subscription)
    found = store.require(
        "subscription",
        subscription.lower(),
        lambda: errors.refusal("subscription_not_found", subscription=subscription),
    )
    if found["tenantId"] != caller.tenant:
        raise errors.refusal(
            "wrong_tenant", token_tenant=caller.tenant, subscription_tenant=found["tenantId"]
        )
    return found


def may(store: Store, client: str, action: str, scope: str) -> bool:
    """Whether an identity may do an action; one for which no role was posted may do everything."""
    return any(
        fnmatchcase(action.lower(), allowed.lower())
        for actions in roles_at(store, client, scope)
        for allowed in actions
    )


def roles_at(store: Store, client: str, scope: str) -> list[list[str]]:
    """The actions of each role that an identity has at a scope, inherited ones too."""
    roles = [role for role in store.scan("role") if role["clientId"].lower() == client.lower()]
    if not roles:
        return [["*"]]
    inner = scope.lower().rstrip("/") + "/"
    return [role["actions"] for role in roles if inner.startswith(role["scope"].lower().rstrip("/") + "/")]


def require_right(store: Store, caller: Caller, action: str, scope: str) -> None:
    if not may(store, caller.client, action, scope):
        raise errors.refusal(
            "not_authorized", client=caller.client, oid=caller.oid, action=action, scope=scope
        )


def require_linked_account(
    store: Store, callers: Mapping[str, Caller], caller: Caller, *, action: str, scope: str, linked: str
) -> None:
    """Check an account id in a body as ARM checks a linked scope.

    `callers` are the auxiliary identities by tenant. Raises LinkedAuthorizationFailed: in the wording of a
    missing tenant, or, when the account does not exist or may not be read, in the wording of an invalid
    linked scope.
    """
    tenant = tenant_of_linked(store, linked)
    reader = caller if tenant in {None, caller.tenant} else callers.get(str(tenant))
    if reader is None:
        raise errors.refusal(
            "linked_tenant_not_authorized",
            action=action,
            scope=scope,
            tenant=caller.tenant,
            subscription=linked.split("/")[2],
        )
    exists = tenant is not None and store.get("account", linked.lower()) is not None
    if not exists or not may(store, reader.client, _READ_ACCOUNT, linked):
        raise errors.refusal(
            "linked_scope_invalid",
            client=reader.client,
            oid=reader.oid,
            action=action,
            linked_action=_READ_ACCOUNT,
            linked_scope=linked,
        )


def tenant_of_linked(store: Store, linked: str) -> str | None:
    """Tenant of the subscription in which a linked account lies, None if that cannot be told."""
    match = _ACCOUNT_ID.match(linked)
    found = store.get("subscription", match["subscription"].lower()) if match else None
    return None if found is None else str(found["tenantId"])

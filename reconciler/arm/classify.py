"""What an ARM error means: its code decides, nested codes too, and the HTTP status only after them.

Rule of this module: one table. A code that it does not know is printed as received and judged by status: 4xx
is a refusal, 5xx says nothing about whether the request was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.arm.api_version import NOT_REGISTERED
from reconciler.arm.printable import excerpt, printable
from reconciler.arm.strict_json import NotUnderstood, parse
from reconciler.errors import (
    ApiVersionUnknown,
    ArmRejected,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    Throttled,
    ValidationRefused,
)


class Kind(Enum):
    """What to do about an error; the classes of the reliability laws, section 4."""

    QUEUE = auto()
    THROTTLE = auto()
    TRANSIENT = auto()
    SIGN_IN = auto()
    RIGHTS = auto()
    QUOTA = auto()
    ABSENT = auto()
    STALE = auto()
    REFUSED = auto()
    OUR_BUG = auto()


# Codes as the error catalogue lists them (recorded, or quoted in public issues); compared without case.
_BY_CODE: Mapping[str, Kind] = {
    code.lower(): kind
    for kind, codes in {
        Kind.QUEUE: ("RequestConflict", "AnotherOperationInProgress", "AccountProvisioningStateInvalid"),
        Kind.THROTTLE: ("TooManyRequests", "SubscriptionRequestsThrottled", "ResourceRequestsThrottled"),
        Kind.TRANSIENT: (
            "GatewayTimeout",
            "ServiceUnavailable",
            "BadGatewayConnection",
            "InternalServerError",
            "ServerTimeout",
        ),
        Kind.RIGHTS: (
            "AuthorizationFailed",
            "LinkedAuthorizationFailed",
            "RequestDisallowedByPolicy",
            "RequestDisallowedByAzure",
            "ReadOnlyDisabledSubscription",
            "ScopeLocked",
        ),
        Kind.QUOTA: ("InsufficientQuota", "ResourceQuotaExceeded"),
    }.items()
    for code in codes
}
_BY_STATUS: Mapping[int, Kind] = {
    401: Kind.SIGN_IN,
    403: Kind.RIGHTS,
    404: Kind.ABSENT,
    405: Kind.OUR_BUG,
    406: Kind.OUR_BUG,
    408: Kind.TRANSIENT,
    412: Kind.STALE,
    415: Kind.OUR_BUG,
    429: Kind.THROTTLE,
    501: Kind.OUR_BUG,
}
_SETTLING = re.compile(r"\bin state Accepted\b", re.IGNORECASE)
_TRY_AFTER = re.compile(r"try again after '?([0-9]{1,6})'? seconds", re.IGNORECASE)
_DEEPEST = 5
_MOST_DETAILS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFault:
    """An error as ARM sent it. `code` is empty where the answer had no envelope of ARM's.

    `details` are the nested ``(code, message)`` pairs, outermost first. Messages are not yet printable.
    """

    status: int
    code: str
    message: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """What it means."""
        for code in (self.code, *(code for code, _ in self.details)):
            known = _BY_CODE.get(code.lower())
            if known is not None:
                return known
        if self.status in {400, 409} and _SETTLING.search(self.message):
            return Kind.QUEUE
        return _BY_STATUS.get(self.status, Kind.TRANSIENT if self.status >= 500 else Kind.REFUSED)

    @property
    def seconds_in_text(self) -> float | None:
        """The wait that a 429's message names; some come without the header."""
        match = _TRY_AFTER.search(self.message)
        return float(match[1]) or None if match else None

    @property
    def text(self) -> str:
        """ARM's message with what its details add, printable."""
        more = [f"{code}: {message}" for code, message in self.details if message != self.message]
        return printable(" · ".join([self.message, *more]))


def fault_in(status: int, body: object) -> ArmFault | None:
    """The error that a JSON body carries, with or without ARM's `error` wrapper; None where it has none.

    Some providers leave the wrapper out or write `Code` and `Message` (a recorded 412 does the first).
    """
    if not isinstance(body, Mapping):
        return None
    wrapped = _member(body, "error")
    inner = wrapped if isinstance(wrapped, Mapping) else body if status >= 400 else None
    if isinstance(wrapped, str) and wrapped:
        return ArmFault(status=status, code=printable(wrapped, 100), message=_text(body, "message"))
    if inner is None:
        return None
    code, message = _text(inner, "code"), _text(inner, "message")
    if inner is body and not code and not message:
        return None
    details = (*_nested(inner, 0), *_policies(inner))[:_MOST_DETAILS]
    return ArmFault(status=status, code=printable(code, 100), message=message, details=details)


def fault_of(status: int, body: bytes) -> ArmFault:
    """The error in the body of an answer of 400 and more; without ARM's envelope, one with an empty code."""
    try:
        found = fault_in(status, parse(body))
    except NotUnderstood:
        found = None
    return found or ArmFault(status=status, code="", message=excerpt(body))


def _nested(error: Mapping[object, object], depth: int) -> Iterator[tuple[str, str]]:
    """The pairs of `details` and `innererror`, outermost first."""
    if depth >= _DEEPEST:
        return
    details = _member(error, "details")
    inner = _member(error, "innererror")
    children = [*(details if isinstance(details, list) else ()), inner]
    for child in children:
        if isinstance(child, Mapping):
            code, message = _text(child, "code"), _text(child, "message")
            if code:
                yield printable(code, 100), message
            yield from _nested(child, depth + 1)


def _policies(error: Mapping[object, object]) -> Iterator[tuple[str, str]]:
    """The assignments and definitions of a policy's denial, which only `additionalInfo` names."""
    listed = _member(error, "additionalinfo")
    for item in listed if isinstance(listed, list) else ():
        info = _member(item, "info") if isinstance(item, Mapping) else None
        if not isinstance(info, Mapping):
            continue
        named = [
            f"{what} '{name}'"
            for what in ("assignment", "definition")
            if (name := _text(info, f"policy{what}displayname") or _text(info, f"policy{what}name"))
        ]
        if named:
            yield "PolicyViolation", ", ".join(named)


def _member(found: Mapping[object, object], name: str) -> object:
    return next((value for key, value in found.items() if isinstance(key, str) and key.lower() == name), None)


def _text(found: Mapping[object, object], name: str) -> str:
    value = _member(found, name)
    return value if isinstance(value, str) else ""


def rejection(
    fault: ArmFault,
    *,
    operation: str,
    target: str,
    request_id: str | None = None,
    retry_after: float | None = None,
    note: str = "",
) -> ArmRejected:
    """The exception for an error that ARM made; `note` is put behind ARM's own message."""
    unknown = fault.code.lower() == NOT_REGISTERED.lower()
    kind = ApiVersionUnknown if unknown else _EXCEPTIONS.get(fault.kind, InvalidRequest)
    message = fault.text or f"HTTP {fault.status} without a message"
    if fault.kind is Kind.OUR_BUG:
        note = "The tool sent something that ARM does not know: a bug of the tool, please report it"
    return kind(
        f"{message} {note}".strip(),
        operation=operation,
        target=target,
        status=fault.status,
        code=fault.code or f"HTTP {fault.status}",
        request_id=request_id,
        details=tuple((code, printable(text)) for code, text in fault.details),
        retry_after=retry_after,
    )


_EXCEPTIONS: Mapping[Kind, type[ArmRejected]] = {
    Kind.QUEUE: Conflict,
    Kind.THROTTLE: Throttled,
    Kind.SIGN_IN: Forbidden,
    Kind.RIGHTS: Forbidden,
    Kind.QUOTA: QuotaExceeded,
    Kind.ABSENT: NotFound,
}
"""Of what is not here, the request itself was wrong."""

_GONE = frozenset({"resourcenotfound", "parentresourcenotfound"})
_QUOTED_ID = re.compile(r"'(/subscriptions/[^']+)'", re.IGNORECASE)


def says_item_is_absent(fault: ArmFault, item: str, *, gateway: bool = False) -> bool:
    """Whether a 404 says that the resource with the id `item` itself is absent, and nothing above it.

    The provider says `NotFound` and quotes the id (recorded, 2025-06-01); a missing account, group or
    subscription is told by the gateway, in other codes.
    """
    if gateway or fault.status != 404 or fault.code.lower() != "notfound":
        return False
    quoted = [name.rstrip("/").lower() for name in _QUOTED_ID.findall(fault.message)]
    return not quoted or item.lower() in quoted


def says_account_is_gone(fault: ArmFault, account: str, name: str) -> bool:
    """Whether a 404 says that this very account (its id and its name) is gone.

    The gateway quotes an id below a missing parent and `type/name` for a missing account (recorded). A
    missing group or subscription may be a matter of the wrong tenant and says nothing.
    """
    if fault.status != 404 or fault.code.lower() not in _GONE:
        return False
    text = fault.message.lower()
    return f"'{account.lower()}'" in text or f"accounts/{name.lower()}'" in text


# ARM's own word for a failed validation: the first is what the service answers (azapi's documentation,
# "Preflight validation"), the second is how a deployment of a template wraps the same finding.
_VERDICTS = frozenset({"resourcevalidationfailed", "invalidtemplatedeployment"})
# A wrapper between the verdict and the provider's own code.
_WRAPPERS = frozenset({"preflightvalidationcheckfailed"})


def verdict_in(fault: ArmFault, *, operation: str, target: str) -> ValidationRefused | None:
    """The refusal that an answer of `validateResources` carries.

    None where it says nothing about the writes: a missing right, a throttle or a gap of the endpoint.
    """
    if fault.code.lower() not in _VERDICTS:
        return None
    inner = [(code, text) for code, text in fault.details if code.lower() not in _WRAPPERS]
    code, message = inner[0] if inner else (fault.code, fault.message)
    return ValidationRefused(
        printable(message), operation=operation, target=target, code=printable(code, 100)
    )

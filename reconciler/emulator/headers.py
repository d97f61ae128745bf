"""The headers that every answer of ARM carries, from the recordings of June 2026.

Rule of this module: errors of the front door say `x-ms-failure-cause` and neither who called nor how many
calls are left; answers of the provider say how long it took (recorded, June 2026).
"""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconciler.emulator import faults
from reconciler.emulator.turn import Caller
from reconciler.emulator.wire import Answer, Request

_REGION = "eastus2"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CORRELATION = re.compile(r"^[\x21-\x7e]{1,128}$")


def complete(
    answer: Answer,
    request: Request,
    *,
    now: datetime,
    caller: Caller | None,
    rates: Mapping[str, str],
    length: int,
    then: Mapping[str, Any],
) -> list[tuple[bytes, bytes]]:
    """All headers of an answer, in lower case as ASGI wants them; `then` is what a fault makes of them."""
    request_id = str(uuid.uuid4())
    sent = request.headers.get("x-ms-correlation-request-id", "")
    correlation = sent if _CORRELATION.match(sent) else str(uuid.uuid4())
    edge = f"Ref A: {uuid.uuid4().hex.upper()} Ref B: EMU000000000000 Ref C: {now:%Y-%m-%dT%H:%M:%SZ}"
    found = {
        "Date": f"{_DAYS[now.weekday()]}, {now.day:02d} {_MONTHS[now.month - 1]} {now:%Y %H:%M:%S} GMT",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Cache": "CONFIG_NOCACHE",
        "X-MSEdge-Ref": edge,
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"{_REGION.upper()}:{now:%Y%m%dT%H%M%SZ}:{request_id}",
    }
    turned_away = answer.status >= 400 and not answer.from_provider
    if caller is not None and not turned_away:
        found["x-ms-operation-identifier"] = (
            f"tenantId={caller.tenant},objectId={caller.oid}/{_REGION}/{uuid.uuid4()}"
        )
    if answer.from_provider:
        found["x-envoy-upstream-service-time"] = "17"
    if answer.body is not None or "text" in then:
        found["Content-Type"] = "application/json; charset=utf-8"
    if answer.status != 204:
        found["Content-Length"] = str(length)
    if then.get("gzip"):
        found["Content-Encoding"] = "gzip"
    found |= {**({} if turned_away else rates), **answer.headers}
    fields = faults.altered_headers(list(found.items()), then.get("headers") or {})
    return [(_clean(name).lower(), _clean(value)) for name, value in fields]


def _clean(text: str) -> bytes:
    """Header bytes; what cannot be in a header (line ends above all) becomes a question mark."""
    return re.sub(r"[^\x20-\x7e]", "?", text).encode("ascii")

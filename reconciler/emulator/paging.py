"""Pages of a list: where a switch asks for them, and of a region's models since 2026-09-01 (recorded).

Rule of this module: a nextLink is an absolute URL on the host the client called, and opaque.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from reconciler.emulator import errors
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json

_TOKEN = re.compile(r"^[0-9]{1,9}$")


def page(turn: Turn, items: Sequence[Json], *, size: int | None = None, keep: tuple[str, ...] = ()) -> Json:
    """The envelope `{"value": […], "nextLink"?}` of the page that the request asks for.

    `size` is ARM's own; the switch `pageSize` comes before it. Without either the list is one page.
    `keep` are query parameters that the link to the next page repeats.
    """
    size = turn.store.setting("switches").get("pageSize") or size
    if not size:
        return {"value": list(items)}
    token = turn.request.query.get("$skiptoken", "0")
    if _TOKEN.match(token) is None:
        raise errors.invalid_content("The skip token is not one of this service")
    start = int(token)
    body: Json = {"value": list(items[start : start + size])}
    if start + size < len(items):
        version = turn.request.query.get("api-version", "")
        address = f"{turn.request.origin}{turn.request.path}?api-version={version}"
        kept = "".join(
            f"&{name}={quote(turn.request.query[name])}" for name in keep if name in turn.request.query
        )
        body["nextLink"] = f"{address}{kept}&$skiptoken={start + size}"
    return body

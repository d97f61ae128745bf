"""Pages of a list: only when a switch asks for them, since no recorded list of this provider has a nextLink.

Rule of this module: a nextLink is an absolute URL on the host the client called, and opaque.
"""

import re

from reconciler.emulator import errors
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json

_TOKEN = re.compile(r"^[0-9]{1,9}$")


def page(turn: Turn, items: list[Json]) -> Json:
    """The envelope `{"value": […], "nextLink"?}` of the page that the request asks for."""
    size = turn.store.setting("switches").get("pageSize")
    if not size:
        return {"value": items}
    token = turn.request.query.get("$skiptoken", "0")
    if _TOKEN.match(token) is None:
        raise errors.invalid_content("The skip token is not one of this service")
    start = int(token)
    body: Json = {"value": items[start : start + size]}
    if start + size < len(items):
        version = turn.request.query.get("api-version", "")
        address = f"{turn.request.origin}{turn.request.path}?api-version={version}"
        body["nextLink"] = f"{address}&$skiptoken={start + size}"
    return body

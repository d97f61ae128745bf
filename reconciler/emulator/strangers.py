"""Who may speak to a served emulator: programs of this machine, and nobody's web page.

Rule of this module: it looks at headers alone, before anything of the state is touched. A page of the web can
send a form to any address, but it cannot choose `Host`, hide `Origin` or add a header of its own; a name that
was pointed at this machine (DNS rebinding) shows itself in `Host`.
"""

import hmac
import re
from urllib.parse import urlsplit

from reconciler.emulator import errors
from reconciler.emulator.wire import Request

HEADER = "x-emulator-control"

_LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$", re.IGNORECASE)
_CLOUDS = re.compile(
    r"^([\w-]+\.)+(azure\.com|azure\.cn|azure\.us|windows\.net|microsoftonline\.(com|us)|chinacloudapi\.cn)"
    r"(:\d{1,5})?$",
    re.IGNORECASE,
)
"""Azure's own names: somebody pointed them at this machine in its hosts file, no stranger can."""

_SAME_SITE = frozenset({"same-origin", "same-site", "none"})


def refusal(request: Request, control_token: str | None) -> errors.Refusal | None:
    """Why a request is not answered; None when it is. Without a token (in-process) everything is."""
    if control_token is None:
        return None
    host = request.headers.get("host", "")
    is_control = request.segments[:1] == ("_emulator",)
    if _LOOPBACK.match(host) is None and (is_control or _CLOUDS.match(host) is None):
        return errors.refusal(
            "stranger",
            text=f"Host {host[:100]!r} is not this machine; call the emulator as "
            "127.0.0.1, [::1] or localhost",
        )
    # a browser says where a page came from; no other client sends these headers
    origin = request.headers.get("origin")
    is_of_another = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
    if is_of_another or request.headers.get("sec-fetch-site", "none").lower() not in _SAME_SITE:
        return errors.refusal("stranger", text="A web page of another site cannot use the emulator")
    if not is_control or request.method == "GET":
        return None
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), control_token.encode()):
        return errors.refusal(
            "stranger",
            text=f"{request.method} {request.path[:100]} needs the header {HEADER} with the controlToken that"
            " `emulator serve` printed; RECONCILER_EMULATOR_CONTROL_TOKEN fixes it",
        )
    return None

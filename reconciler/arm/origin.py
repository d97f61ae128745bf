"""Which addresses a token may be sent to: those of one origin, and no others.

Rule of this module: an address is taken apart by one strict pattern. What the pattern does not know, such
as userinfo, backslashes, other schemes or letters beyond ASCII, is foreign, however a library would read it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

LONGEST_URL = 8 * 1024
"""Real signed operation addresses exceed 3 KiB."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>[/?][\x21-\x5b\x5d-\x7e]*)?",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Scheme, host and port, in lower case and with the port spelled out."""

    scheme: str
    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether the address cannot leave this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def usual(self) -> bool:
        """Whether it is https at its usual port."""
        return self.scheme == "https" and self.port == _DEFAULT_PORTS["https"]

    def __str__(self) -> str:
        usual = _DEFAULT_PORTS[self.scheme] == self.port
        return f"{self.scheme}://{self.host}" + ("" if usual else f":{self.port}")


def origin_of(url: str) -> Origin | None:
    """The origin of an absolute http(s) address; None for anything that is not plainly one."""
    match = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if match is None or "#" in url:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
    return Origin(scheme=scheme, host=match["host"].lower(), port=port) if 0 < port < 65536 else None


def acceptable(url: str, home: Origin) -> bool:
    """Whether `url` may be requested with our token: the same origin as `home`, https or loopback."""
    found = origin_of(url)
    return found == home and (home.scheme == "https" or home.loopback)


def endpoint_origin(endpoint: str) -> Origin | None:
    """The origin of an ARM endpoint: https, or http on this machine, and nothing behind the host."""
    plain = endpoint.removesuffix("/")
    found = origin_of(plain)
    if found is None or "/" in plain.split("://", 1)[1] or "?" in plain:
        return None
    return found if found.scheme == "https" or found.loopback else None

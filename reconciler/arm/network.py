"""The way out of a company's network: which proxy, and whose certificates are believed.

Rule of this module: one rule for ARM and for sign-in. The variables are read here and by nobody else, each
setting is reported with the name of what set it, and what cannot be obeyed is said before anything is sent.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import httpx

from reconciler.arm.origin import Origin
from reconciler.arm.printable import printable
from reconciler.errors import UsageProblem

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""In this order, after --ca-file: the first that is set counts, for ARM and for sign-in alike."""

_SCHEMES = ("http", "https", "socks5", "socks5h")
_PROXY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^@/?#\s]*@)?(?P<host>\[[0-9a-f:.%]+\]|[^:/?#\s@\[\]]+)"
    r"(?::(?P<port>[^/?#\s@]*))?/?",
    re.IGNORECASE,
)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A proxy and the variable that names it. `url` may hold a password: it is never printed."""

    url: str = field(repr=False)
    variable: str
    shown: str

    def __str__(self) -> str:
        return f"{self.shown} (from {self.variable})"


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the environment and --ca-file say. `environ` is read when it is asked, not before."""

    ca_file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    # -- proxies -------------------------------------------------------------------------------------------

    def route(self, to: Origin) -> Route | None:
        """The proxy for an origin; None for the direct way. Raises UsageProblem for one that is none."""
        if to.loopback:
            return None
        for name in (f"{to.scheme}_proxy", "all_proxy"):
            found = self._variable(name)
            if found is None:
                continue
            if bypassed(self._value("no_proxy"), to.host, to.port):
                return None
            return _route(*found)
        return None

    def proxy_fix(self, route: Route | None) -> str:
        """What to do about a proxy that refuses."""
        if route is None:
            return "Check the proxy"
        return (
            f"Correct {route.variable} (a sign-in goes in front: http://USER:PASSWORD@HOST:PORT), or list "
            "the host in NO_PROXY to go around it"
        )

    def _variable(self, name: str) -> tuple[str, str] | None:
        """The variable that is set, in lower case first, as curl and requests do; an empty one is not set."""
        for spelled in (name, name.upper()):
            if self.environ.get(spelled, "").strip():
                return spelled, self.environ[spelled].strip()
        return None

    def _value(self, name: str) -> str:
        found = self._variable(name)
        return found[1] if found else ""

    # -- certificates --------------------------------------------------------------------------------------

    @cached_property
    def authorities(self) -> tuple[str, str] | None:
        """The file of certificate authorities that is believed beside the usual ones, and what names it."""
        if self.ca_file is not None:
            return "--ca-file", str(self.ca_file)
        return next(
            ((name, self.environ[name]) for name in CA_VARIABLES if self.environ.get(name, "").strip()), None
        )

    def tls(self, to: Origin) -> ssl.SSLContext:
        """The context for an origin; plain http has one that trusts nobody, since none is used."""
        return self._nobody if to.scheme == "http" else self.context

    @cached_property
    def _nobody(self) -> ssl.SSLContext:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """One for all connections: making one loads the usual authorities, which costs some 75 ms."""
        context = httpx.create_ssl_context(trust_env=False)
        folder = self.environ.get("SSL_CERT_DIR", "")
        if folder:
            context.load_verify_locations(capath=folder)
        if self.authorities is not None:
            name, path = self.authorities
            try:
                context.load_verify_locations(cafile=path)
            except (OSError, ssl.SSLError) as problem:
                raise UsageProblem(
                    f"{name} {printable(path, 200)} cannot be read as PEM certificates ({problem}). Name a "
                    "file that holds the certificate authority of the endpoint or of the proxy"
                ) from problem
        return context

    def tls_fix(self) -> str:
        """What to do about a certificate that is not accepted."""
        if self.authorities is None:
            return (
                "Where a proxy opens TLS, or the authority is a private one, name its PEM file with "
                "--ca-file, SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
            )
        return (
            f"The authorities of {self.authorities[0]} were trusted too: check that this file holds the "
            "right one, or name another with --ca-file"
        )


def bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Whether NO_PROXY lists a host: by name, suffix, address, network (CIDR), with or without a port."""
    plain = host.strip("[]").lower()
    try:
        address = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        address = None
    return any(_lists(entry, plain, port, address) for entry in re.split(r"[,\s]+", no_proxy) if entry)


def _lists(
    entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if entry == "*":
        return True
    name = entry.lower()
    # `host:443`, `[::1]:443`; a bare IPv6 address has colons of its own
    if (match := re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]+):([0-9]{1,5})", name)) is not None:
        name = match[1]
        if int(match[2]) != port:
            return False
    try:
        network = ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        suffix = name.lstrip("*").lstrip(".")
        return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))
    return address is not None and address.version == network.version and address in network


def _route(variable: str, value: str) -> Route:
    match = _PROXY.fullmatch(value)
    if match is None:
        raise _no_proxy(variable, "it is not the address of a proxy")
    scheme = (match["scheme"] or "http").lower()
    if scheme == "socks":
        scheme = "socks5"
    if scheme not in _SCHEMES:
        raise _no_proxy(variable, f"{printable(scheme, 20)}:// is not a known kind of proxy")
    port = match["port"]
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:9]) <= _HIGHEST_PORT):
        raise _no_proxy(variable, f"{printable(port, 20)!r} is not a port")
    rest = value.partition("://")[2] or value
    if scheme.startswith("socks") and not (find_spec("socksio") and find_spec("socks")):
        raise UsageProblem(
            f"{variable} names a SOCKS proxy, which takes an extra package. Run `pip install "
            f"'aoai-reconciler[socks]'`, name an HTTP proxy in {variable}, or list the host in NO_PROXY"
        )
    shown = f"{scheme}://{printable(match['host'], 120)}" + (f":{port}" if port else "")
    url = f"{scheme}://{rest}"
    try:
        httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError) as problem:
        raise _no_proxy(variable, "it is not the address of a proxy") from problem
    return Route(url=url, variable=variable, shown=shown)


def _no_proxy(variable: str, why: str) -> UsageProblem:
    return UsageProblem(
        f"{variable} cannot be used: {why}. Allowed are {', '.join(f'{item}://' for item in _SCHEMES)} with "
        "HOST:PORT, for example http://proxy.example:3128. Unset it, or list the host in NO_PROXY"
    )

"""azure-identity, kept at arm's length: which credential, asked in its own thread, and its errors in words.

Rule of this module: the library is imported when the first token is asked for (it costs a third of a
second), and nothing of its errors gets out but names and reasons without secrets.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from typing import Any, Protocol

from reconciler.arm.federated import federated_credential
from reconciler.arm.network import Network
from reconciler.arm.origin import origin_of
from reconciler.arm.printable import printable
from reconciler.errors import CredentialError, UsageProblem

KINDS = ("default", "cli", "environment", "workload-identity", "managed-identity")

_SECRET_VARIABLES = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
)
_TRIED = re.compile(r"^\s*(\w+Credential): *(.*)$", re.MULTILINE)
_REASON = 160
_TLS = re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLError|certificate verify failed")
_PROXY_SIGN_IN = re.compile(r"\b407\b|Proxy Authentication Required")
# What Entra and its gateways say while they cannot (AADSTS90033 is "transient", 90019 "busy").
_PASSING = re.compile(
    r"\b50[0234] |Service Unavailable|temporarily_unavailable|AADSTS900(?:33|19)\b", re.IGNORECASE
)
_ADVICE = {
    "default": "sign in with `az login`, or set the variables of a service principal",
    "cli": "run `az login --tenant {tenant}`",
    "environment": "set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate",
    "workload-identity": "set AZURE_CLIENT_ID, and AZURE_FEDERATED_TOKEN_FILE outside GitHub Actions and "
    "Azure Pipelines; trust the issuer in {tenant}",
    "managed-identity": "run where a managed identity is; AZURE_CLIENT_ID names a user-assigned one",
}


class AccessToken(Protocol):
    """What azure-identity returns."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int:
        """Seconds since 1970."""


class Credential(Protocol):
    """A synchronous credential of azure-identity's kind."""

    def get_token(self, *scopes: str, tenant_id: str | None = None, claims: str | None = None) -> AccessToken:
        """Get a token; may block for long."""


def azure_credential(kind: str, authority: str, tenant: str | None, network: Network) -> Credential:
    """A new credential for one tenant (None: the credential's own), which goes out as ARM's client does."""
    from azure import identity  # noqa: PLC0415 -- see the rule of this module

    for library in (
        "azure",
        "msal",
        "urllib3",
    ):  # their failures come as exceptions, their chatter not at all
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    out = {"transport": _transport(network)}
    # Which tenants are asked is decided by the fleet, not by the library's allow-list.
    common: dict[str, Any] = {"authority": authority, "additionally_allowed_tenants": ["*"], **out}
    match kind:
        case "default":
            return identity.DefaultAzureCredential(**common)
        case "cli":
            return identity.AzureCliCredential(
                tenant_id=tenant or "", additionally_allowed_tenants=["*"], process_timeout=30
            )
        case "environment":
            return identity.EnvironmentCredential(**common)
        case "workload-identity":
            return federated_credential(authority, tenant, os.environ, network, out)
        case "managed-identity":
            return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"), **out)
        case _:
            raise UsageProblem(f"--credential {kind!r} is unknown; there are {', '.join(KINDS)} and emulator")


def _transport(network: Network) -> Any:  # noqa: ANN401 -- a type that only azure-core has
    """Azure-core's own transport, by our proxies and with our certificates instead of its reading of both."""
    import requests  # noqa: PLC0415 -- comes with azure-core
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 -- urllib3's own
            super().init_poolmanager(*args, ssl_context=network.context, **settings)

        def proxy_manager_for(self, proxy: str, **settings: object) -> object:
            return super().proxy_manager_for(proxy, ssl_context=network.context, **settings)

    class Session(requests.Session):
        def merge_environment_settings(
            self, url: str, proxies: object, stream: object, verify: object, cert: object
        ) -> dict[str, object]:
            del proxies
            to = origin_of(url.partition("?")[0])
            route = None if to is None else network.route(to)
            ways = {} if to is None or route is None else {to.scheme: route.url}
            return {"proxies": ways, "stream": stream, "verify": verify or True, "cert": cert}

    session = Session()
    session.trust_env = False
    session.mount("https://", Adapter())
    return RequestsTransport(session=session)


async def get_token(
    credential: Credential, scope: str, tenant: str | None, claims: str | None
) -> tuple[str, int]:
    """Ask in a daemon thread: one that hangs in a library is left behind and does not hold up the exit."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, int]] = loop.create_future()

    def deliver(found: tuple[str, int] | None, problem: BaseException | None) -> None:
        if answer.done():
            return
        if found is not None:
            answer.set_result(found)
        elif problem is not None:
            answer.set_exception(problem)

    def ask() -> None:
        found: tuple[str, int] | None = None
        trouble: BaseException | None = None
        try:
            demanded = {} if claims is None else {"claims": claims}
            got = credential.get_token(scope, tenant_id=tenant, **demanded)
            found = (got.token, got.expires_on)
        except BaseException as problem:  # noqa: BLE001 -- carried over to the task that waits, whatever it is
            trouble = problem
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, found, trouble)

    threading.Thread(target=ask, name=f"sign-in {tenant or ''}".strip(), daemon=True).start()
    return await answer


def credential_errors() -> tuple[type[Exception], ...]:
    """What a credential may raise: its own errors, ValueError for settings that are missing or malformed."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415 -- see the rule of this module

    return (AzureError, ValueError, OSError)


def chain_of(credential: Credential) -> tuple[Credential, ...]:
    """The credentials that a chain asks one after the other; a single one is its own chain."""
    links = getattr(credential, "credentials", None)
    return tuple(links) if isinstance(links, tuple | list) and links else (credential,)


def name_of(credential: Credential, reason: str) -> str:
    """The credential's name; a chain keeps one that it could not even make under another name."""
    own = type(credential).__name__
    meant = re.match(r"\w+Credential", reason) if own.startswith("Failed") else None
    return meant[0] if meant else own


def reason_of(problem: Exception) -> str:
    """Why one credential has no token, without secrets, in a line."""
    return printable(without_secrets(str(problem)), 2 * _REASON)


def refusal(problem: Exception, kind: str, tenant: str | None, network: Network) -> CredentialError:
    """A failed sign-in: tenant, each credential tried with its reason, what to do next."""
    text = without_secrets(str(problem))
    where = f"tenant {tenant}" if tenant else "the credential's own tenant"
    tried = [f"{name} ({printable(reason, _REASON)})" for name, reason in _TRIED.findall(text)]
    fix = _ADVICE.get(kind, "choose another credential").format(tenant=tenant or "TENANT")
    if _TLS.search(text):
        fix = network.tls_fix()
    elif _PROXY_SIGN_IN.search(text):
        fix = "the proxy wants a sign-in (407): put it in front of the host in HTTPS_PROXY, or set NO_PROXY"
    return CredentialError(
        f"no token for {where}",
        tenant=tenant or "",
        fix=fix,
        detail="; ".join(tried) or f"--credential {kind} ({printable(text, 2 * _REASON)})",
        transient=_transient(problem),
    )


def _transient(problem: Exception) -> bool:
    """Whether the same sign-in may succeed a moment later: no answer, or one that says so."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError  # noqa: PLC0415

    status = getattr(problem, "status_code", None)
    passing = isinstance(status, int) and (status in {408, 429} or status >= 500)
    text = str(problem)
    if _TLS.search(text) or _PROXY_SIGN_IN.search(text):
        return False
    return (
        passing
        or isinstance(problem, ServiceRequestError | ServiceResponseError)
        or bool(_PASSING.search(text))
    )


def without_secrets(text: str) -> str:
    """The text without any value that the environment holds as a secret."""
    for name in _SECRET_VARIABLES:
        value = os.environ.get(name, "")
        if value:
            text = text.replace(value, "***")
    return text

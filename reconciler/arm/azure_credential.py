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
from typing import Protocol

from reconciler.arm.federated import federated_credential
from reconciler.arm.printable import printable
from reconciler.errors import UsageProblem

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
        ...


class Credential(Protocol):
    """A synchronous credential of azure-identity's kind."""

    def get_token(self, *scopes: str, tenant_id: str | None = None) -> AccessToken:
        """Get a token; may block for long."""
        ...


def azure_credential(kind: str, authority: str, tenant: str | None) -> Credential:
    """A new credential for one tenant (None: the credential's own)."""
    from azure import identity  # noqa: PLC0415 -- see the rule of this module

    for library in (
        "azure",
        "msal",
        "urllib3",
    ):  # their failures come as exceptions, their chatter not at all
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    anywhere = ["*"]  # which tenants are asked is decided by the fleet, not by the library's allow-list
    match kind:
        case "default":
            return identity.DefaultAzureCredential(authority=authority, additionally_allowed_tenants=anywhere)
        case "cli":
            return identity.AzureCliCredential(
                tenant_id=tenant or "", additionally_allowed_tenants=anywhere, process_timeout=30
            )
        case "environment":
            return identity.EnvironmentCredential(authority=authority, additionally_allowed_tenants=anywhere)
        case "workload-identity":
            return federated_credential(authority, tenant, os.environ)
        case "managed-identity":
            return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))
        case _:
            raise UsageProblem(f"--credential {kind!r} is unknown; there are {', '.join(KINDS)} and emulator")


async def get_token(credential: Credential, scope: str, tenant: str | None) -> tuple[str, int]:
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
            got = credential.get_token(scope, tenant_id=tenant)
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


def refusal(problem: Exception, kind: str, tenant: str | None) -> str:
    """The words for a failed sign-in: tenant, each credential tried and its reason, what to do next."""
    text = without_secrets(str(problem))
    where = f"tenant {tenant}" if tenant else "the credential's own tenant"
    tried = [f"{name} ({printable(reason, _REASON)})" for name, reason in _TRIED.findall(text)]
    said = "; ".join(tried) or f"--credential {kind} ({printable(text, 2 * _REASON)})"
    fix = _ADVICE.get(kind, "choose another credential").format(tenant=tenant or "TENANT")
    return f"no token for {where}. Tried: {said}. Fix: {fix}"


def without_secrets(text: str) -> str:
    """The text without any value that the environment holds as a secret."""
    for name in _SECRET_VARIABLES:
        value = os.environ.get(name, "")
        if value:
            text = text.replace(value, "***")
    return text

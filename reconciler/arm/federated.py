"""Workload identity where a build system vouches for the job: GitHub Actions, Azure Pipelines, or a file.

Rule of this module: an assertion lives minutes and an apply may last an hour, so each sign-in asks the build
system for a new one. Nothing is kept, and the request goes to an https address alone, without redirects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.arm.network import Network
from reconciler.arm.origin import origin_of
from reconciler.arm.strict_json import NotUnderstood, parse_object

if TYPE_CHECKING:
    from reconciler.arm.azure_credential import Credential

AUDIENCES: Mapping[str, str] = {
    "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "login.chinacloudapi.cn": "api://AzureADTokenExchangeChina",
}
"""What a federated credential expects in each cloud (Entra's documentation); else api://AzureADTokenExchange."""

_LIMIT = 30.0


def federated_credential(
    authority: str,
    tenant: str | None,
    environ: Mapping[str, str],
    network: Network,
    out: Mapping[str, Any],
) -> Credential:
    """The credential of the build system that this runs in; ValueError where a variable is missing.

    `out` are azure-identity's settings for the way out.
    """
    from azure import identity  # noqa: PLC0415 -- a third of a second, needed here only

    common = {"authority": authority, "additionally_allowed_tenants": ["*"], **out}
    if not environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        if environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
            return identity.ClientAssertionCredential(
                tenant or _needed(environ, "AZURE_TENANT_ID"),
                _needed(environ, "AZURE_CLIENT_ID"),
                github_assertion(authority, environ, network=network),
                **common,
            )
        if environ.get("SYSTEM_OIDCREQUESTURI"):
            return identity.AzurePipelinesCredential(
                tenant_id=tenant or _needed(environ, "AZURESUBSCRIPTION_TENANT_ID"),
                client_id=_needed(environ, "AZURESUBSCRIPTION_CLIENT_ID"),
                service_connection_id=_needed(environ, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
                system_access_token=_needed(environ, "SYSTEM_ACCESSTOKEN"),
                **common,
            )
    return identity.WorkloadIdentityCredential(tenant_id=tenant, **common)


def github_assertion(
    authority: str,
    environ: Mapping[str, str],
    *,
    network: Network,
    transport: httpx.BaseTransport | None = None,
) -> Callable[[], str]:
    """A function that asks GitHub for a new identity token of the job, at every call."""
    url = httpx.URL(_needed(environ, "ACTIONS_ID_TOKEN_REQUEST_URL"))
    secret = _needed(environ, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if url.scheme != "https":
        raise ValueError(f"ACTIONS_ID_TOKEN_REQUEST_URL is not an https address: {url.scheme}://{url.host}")
    asked = url.copy_merge_params({"audience": AUDIENCES.get(authority, "api://AzureADTokenExchange")})

    def ask() -> str:
        origin = origin_of(str(asked).partition("?")[0])
        route = None if origin is None else network.route(origin)
        try:
            with httpx.Client(
                transport=transport,
                timeout=_LIMIT,
                follow_redirects=False,
                trust_env=False,
                proxy=None if route is None else route.url,
                verify=network.context,
            ) as client:
                answer = client.get(asked, headers={"Authorization": f"Bearer {secret}"})
            found = parse_object(answer.content).get("value")
        except (httpx.HTTPError, NotUnderstood) as problem:
            raise ValueError(f"GitHub gave the job no identity token: {type(problem).__name__}") from problem
        if answer.status_code != httpx.codes.OK or not isinstance(found, str):
            raise ValueError(f"GitHub gave the job no identity token: HTTP {answer.status_code}")
        return found

    return ask


def _needed(environ: Mapping[str, str], name: str) -> str:
    found = environ.get(name, "")
    if not found:
        fix = (
            "`permissions: id-token: write` gives it" if name.startswith("ACTIONS_") else "set it in the job"
        )
        raise ValueError(f"{name} is not set; {fix}")
    return found

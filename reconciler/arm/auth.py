"""Where tokens come from: azure-identity for a cloud, the emulator itself for an emulator.

Rule of this module: one tenant, one token. A token is fetched once for all who wait for it, kept until five
minutes before its end, and never kept beyond a refusal by ARM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from reconciler.arm.azure_credential import (
    Credential,
    azure_credential,
    chain_of,
    credential_errors,
    get_token,
    name_of,
    reason_of,
    refusal,
)
from reconciler.arm.clouds import CLOUDS
from reconciler.arm.exchange import Exchange, NoAnswer
from reconciler.arm.origin import endpoint_origin
from reconciler.arm.printable import printable
from reconciler.arm.strict_json import Unreadable, parse_object
from reconciler.arm.token import Token
from reconciler.clock import Clock, SystemClock
from reconciler.errors import CredentialError, UsageProblem

if TYPE_CHECKING:
    import httpx

__all__ = ["Attempt", "AzureTokens", "EmulatorTokens", "Token", "TokenSource", "attempts"]

SIGN_IN_LIMIT = 60.0
"""Seconds; a sign-in that takes longer is a failed one."""

EMULATOR_TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
"""Whom to sign in with where a fleet names no tenant; the emulator's 401 tells the right one."""

_EARLY = 300.0
_AT_LEAST = 60.0
_FAILURE_KEPT = 60.0  # or each of five hundred accounts would wait a minute for the same refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One credential that was asked: `client` is whom it signs in as, None where `reason` says why not."""

    name: str
    client: str | None = None
    reason: str = ""


async def attempts(tokens: TokenSource, tenant: str | None) -> tuple[Attempt, ...]:
    """Every credential that is asked for a token of `tenant`, the last one having it if any has."""
    if isinstance(tokens, AzureTokens):
        return await tokens.attempts(tenant)
    name = type(tokens).__name__
    try:
        return (Attempt(name=name, client=(await tokens.token(tenant)).client),)
    except CredentialError as problem:
        return (Attempt(name=name, reason=str(problem)),)


class TokenSource(Protocol):
    """Something that has tokens for ARM, by tenant."""

    async def token(self, tenant: str | None, *, fresh: bool = False) -> Token:
        """A token for `tenant` (None: the credential's own); `fresh` after ARM refused the one at hand.

        Raises CredentialError.
        """
        ...


class _Kept:
    """Tokens by tenant; one fetch at a time for each."""

    def __init__(self, clock: Clock, fetch: Callable[[str | None, bool], Awaitable[Token]]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._tokens: dict[str, tuple[float, Token]] = {}
        self._failures: dict[str, tuple[float, CredentialError]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, tenant: str | None, *, fresh: bool) -> Token:
        key = (tenant or "").lower()
        async with self._locks.setdefault(key, asyncio.Lock()):
            now = self._clock.monotonic()
            good_until, token = self._tokens.get(key, (0.0, None))
            if token is not None and not fresh and now < good_until:
                return token
            kept_until, failure = self._failures.get(key, (0.0, None))
            if failure is not None and now < kept_until:
                raise CredentialError(str(failure), tenant=failure.tenant) from failure
            return await self._renewed(key, tenant, fresh=fresh)

    async def _renewed(self, key: str, tenant: str | None, *, fresh: bool) -> Token:
        self._tokens.pop(key, None)
        try:
            token = await self._fetch(tenant, fresh)
        except CredentialError as failure:
            self._failures[key] = (self._clock.monotonic() + _FAILURE_KEPT, failure)
            raise
        # A machine whose clock is ahead sees every token as expired: it is kept a minute all the same.
        lifetime = max(_AT_LEAST, token.expires_in - _EARLY)
        self._tokens[key] = (self._clock.monotonic() + lifetime, token)
        return token


class AzureTokens:
    """Tokens of one of azure-identity's credentials.

    `kind` is default, cli, environment, workload-identity or managed-identity. `make` is what builds the
    credential of a tenant; azure-identity is not imported before the first token is asked for.
    """

    def __init__(
        self,
        *,
        kind: str = "default",
        cloud: str = "AzureCloud",
        clock: Clock | None = None,
        make: Callable[[str | None], Credential] | None = None,
    ) -> None:
        chosen = CLOUDS.get(cloud)
        if chosen is None:
            raise UsageProblem(f"cloud {cloud!r} is unknown; there are {', '.join(CLOUDS)}")
        self._kind = kind
        self._clock = clock or SystemClock()
        self._scope = chosen.scope
        self._make = make or (lambda tenant: azure_credential(kind, chosen.authority, tenant))
        self._credentials: dict[str | None, Credential] = {}
        self._kept = _Kept(self._clock, self._fetch)

    async def token(self, tenant: str | None, *, fresh: bool = False) -> Token:
        """A token for ARM of this cloud; see TokenSource."""
        return await self._kept.token(tenant, fresh=fresh)

    async def attempts(self, tenant: str | None) -> tuple[Attempt, ...]:
        """Each credential of the chain in its order, up to the one that has a token for `tenant`."""
        found: list[Attempt] = []
        try:
            links = chain_of(self._make(tenant))
        except credential_errors() as problem:
            return (Attempt(name=self._kind, reason=refusal(problem, self._kind, tenant)),)
        for link in links:
            name = type(link).__name__
            try:
                async with asyncio.timeout(SIGN_IN_LIMIT):
                    secret, _ = await get_token(link, self._scope, tenant)
            except TimeoutError:
                found.append(Attempt(name=name, reason=f"no answer within {SIGN_IN_LIMIT:.0f} s"))
            except credential_errors() as problem:
                reason = reason_of(problem)
                found.append(Attempt(name=name_of(link, reason), reason=reason))
            else:
                return (*found, Attempt(name=name, client=Token(secret).client))
        return tuple(found)

    async def _fetch(self, tenant: str | None, fresh: bool) -> Token:
        if fresh:  # a credential keeps tokens of its own; only a new one asks the authority again
            self._credentials.pop(tenant, None)
        try:
            async with asyncio.timeout(SIGN_IN_LIMIT):
                return await self._ask(tenant)
        except TimeoutError as problem:
            raise CredentialError(
                f"sign-in for tenant {tenant or 'of the credential'} with --credential {self._kind} took "
                f"longer than {SIGN_IN_LIMIT:.0f} s. Sign in beforehand, or choose one credential instead "
                "of a chain",
                tenant=tenant or "",
            ) from problem

    async def _ask(self, tenant: str | None) -> Token:
        try:
            credential = self._credentials.get(tenant)
            if credential is None:
                credential = self._credentials[tenant] = self._make(tenant)
            secret, expires_on = await get_token(credential, self._scope, tenant)
        except credential_errors() as problem:
            raise CredentialError(refusal(problem, self._kind, tenant), tenant=tenant or "") from problem
        return Token(secret, expires_on - self._clock.now().timestamp())


class EmulatorTokens:
    """Tokens that an emulator on this machine issues to anybody; they open nothing else."""

    def __init__(
        self,
        endpoint: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_file: Path | None = None,
        client_id: str = "reconciler",
        clock: Clock | None = None,
    ) -> None:
        home = endpoint_origin(endpoint)
        if home is None or not home.loopback:
            raise UsageProblem(
                f"{printable(endpoint, 120)} is not an address on this machine, and the emulator's tokens "
                "are asked for nowhere else. Allowed are http(s)://127.0.0.1:PORT and localhost"
            )
        self._home = home
        self._transport = transport
        self._ca_file = ca_file
        self._client_id = client_id
        self._kept = _Kept(clock or SystemClock(), self._fetch)

    async def token(self, tenant: str | None, *, fresh: bool = False) -> Token:
        """A token of the emulator; see TokenSource."""
        return await self._kept.token(tenant, fresh=fresh)

    async def _fetch(self, tenant: str | None, fresh: bool) -> Token:
        del fresh  # the emulator issues a new one each time
        name = tenant or EMULATOR_TENANT
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": "any"}
        exchange = Exchange(self._home, transport=self._transport, ca_file=self._ca_file)
        try:
            answer = await exchange.send(
                "POST",
                f"{self._home}/{quote(name, safe='')}/oauth2/v2.0/token",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                content=urlencode(form).encode(),
            )
            found = parse_object(answer.body)
        except (NoAnswer, Unreadable) as problem:
            raise CredentialError(
                f"the emulator at {self._home} gave no token for tenant {name}: {problem}. Is it running?",
                tenant=name,
            ) from problem
        finally:
            await exchange.close()
        secret, seconds = found.get("access_token"), found.get("expires_in")
        if answer.status != 200 or not isinstance(secret, str) or not isinstance(seconds, int | float):
            said = printable(str(found.get("error_description") or f"HTTP {answer.status}"), 200)
            raise CredentialError(
                f"the emulator at {self._home} gave no token for tenant {name}: {said}. The tenants it knows "
                "are those of its world's subscriptions",
                tenant=name,
            )
        return Token(secret, float(seconds))

"""Where tokens come from: azure-identity for a cloud, the emulator itself for an emulator.

Rule of this module: one tenant, one token. A token is fetched once for all who wait for it, kept until five
minutes before its end, and never kept beyond a refusal by ARM.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from reconciler.arm.addresses import CLOUDS
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
from reconciler.arm.network import Network
from reconciler.arm.origin import endpoint_origin
from reconciler.arm.printable import printable
from reconciler.arm.strict_json import NotUnderstood, parse_object
from reconciler.arm.transport import Answer, NoAnswer, Transport
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
_AGAIN_AFTER = (1.0, 4.0)
"""Seconds before a sign-in is tried again that failed in passing; a whole plan hangs on it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. `expires_in` is in seconds from when it was had."""

    _secret: str = field(repr=False)
    expires_in: float = 3600.0

    def reveal(self) -> str:
        """The secret itself."""
        return self._secret

    @property
    def client(self) -> str:
        """The application or object id inside a JWT, for messages; "unknown" where there is none."""
        return printable(self._claim("appid") or self._claim("azp") or self._claim("oid") or "unknown", 60)

    def _claim(self, name: str) -> str:
        parts = self._secret.split(".")
        if len(parts) != 3:
            return ""
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return ""
        value = claims.get(name) if isinstance(claims, dict) else None
        return value if isinstance(value, str) else ""

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "***"


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

    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        """A token for `tenant` (None: the credential's own); `fresh` after ARM refused the one at hand.

        `claims` is what ARM demands of the new one (a claims challenge), as JSON. Raises CredentialError.
        """


class _Kept(ABC):
    """Tokens by tenant; one fetch at a time for each."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock or SystemClock()
        self._tokens: dict[str, tuple[float, Token]] = {}
        self._failures: dict[str, tuple[float, CredentialError]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        """A token for ARM; see TokenSource."""
        key = (tenant or "").lower()
        async with self._locks.setdefault(key, asyncio.Lock()):
            now = self._clock.monotonic()
            good_until, token = self._tokens.get(key, (0.0, None))
            if token is not None and not fresh and now < good_until:
                return token
            kept_until, failure = self._failures.get(key, (0.0, None))
            if failure is not None and now < kept_until:
                raise failure.again() from failure
            self._tokens.pop(key, None)
            try:
                token = await self._tried(tenant, claims, fresh=fresh)
            except CredentialError as failure:
                self._failures[key] = (self._clock.monotonic() + _FAILURE_KEPT, failure)
                raise
            # A machine whose clock is ahead sees every token as expired: it is kept a minute all the same.
            lifetime = max(_AT_LEAST, token.expires_in - _EARLY)
            self._tokens[key] = (self._clock.monotonic() + lifetime, token)
            return token

    async def _tried(self, tenant: str | None, claims: str | None, *, fresh: bool) -> Token:
        for pause in _AGAIN_AFTER:
            try:
                return await self._fetch(tenant, fresh, claims)
            except CredentialError as failure:
                if not failure.transient:
                    raise
                await self._clock.sleep(pause)
        return await self._fetch(tenant, fresh, claims)

    @abstractmethod
    async def _fetch(self, tenant: str | None, fresh: bool, claims: str | None) -> Token:
        """A new token; what is kept is none of its business."""


class AzureTokens(_Kept):
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
        network: Network | None = None,
        make: Callable[[str | None], Credential] | None = None,
    ) -> None:
        chosen = CLOUDS.get(cloud)
        if chosen is None:
            raise UsageProblem(f"cloud {cloud!r} is unknown; there are {', '.join(CLOUDS)}")
        super().__init__(clock)
        self.cloud = chosen
        self._kind = kind
        self._scope = chosen.scope
        self._network = network or Network()
        self._make = make or (lambda tenant: azure_credential(kind, chosen.authority, tenant, self._network))
        self._credentials: dict[str | None, Credential] = {}

    async def attempts(self, tenant: str | None) -> tuple[Attempt, ...]:
        """Each credential of the chain in its order, up to the one that has a token for `tenant`."""
        found: list[Attempt] = []
        try:
            links = chain_of(self._make(tenant))
        except credential_errors() as problem:
            return (
                Attempt(name=self._kind, reason=str(refusal(problem, self._kind, tenant, self._network))),
            )
        for link in links:
            name = type(link).__name__
            try:
                async with asyncio.timeout(SIGN_IN_LIMIT):
                    secret, _ = await get_token(link, self._scope, tenant, None)
            except TimeoutError:
                found.append(Attempt(name=name, reason=f"no answer within {SIGN_IN_LIMIT:.0f} s"))
            except credential_errors() as problem:
                reason = reason_of(problem)
                found.append(Attempt(name=name_of(link, reason), reason=reason))
            else:
                return (*found, Attempt(name=name, client=Token(secret).client))
        return tuple(found)

    async def _fetch(self, tenant: str | None, fresh: bool, claims: str | None) -> Token:
        if fresh and claims is None:  # it keeps tokens of its own; only a new one asks the authority again
            self._credentials.pop(tenant, None)
        try:
            async with asyncio.timeout(SIGN_IN_LIMIT):
                return await self._ask(tenant, claims)
        except TimeoutError as problem:
            raise CredentialError(
                f"sign-in for tenant {tenant or 'of the credential'} with --credential {self._kind} took "
                f"longer than {SIGN_IN_LIMIT:.0f} s",
                tenant=tenant or "",
                fix="sign in beforehand, or choose one credential instead of a chain",
            ) from problem

    async def _ask(self, tenant: str | None, claims: str | None) -> Token:
        try:
            credential = self._credentials.get(tenant)
            if credential is None:
                credential = self._credentials[tenant] = self._make(tenant)
            secret, expires_on = await get_token(credential, self._scope, tenant, claims)
        except credential_errors() as problem:
            if claims is not None:
                raise self._challenged(tenant, claims, problem) from problem
            raise refusal(problem, self._kind, tenant, self._network) from problem
        return Token(secret, expires_on - self._clock.now().timestamp())

    def _challenged(self, tenant: str | None, claims: str, problem: Exception) -> CredentialError:
        """A credential that cannot sign in as strongly as ARM demands (Conditional Access)."""
        challenge = base64.b64encode(claims.encode()).decode()
        where = f" --tenant {tenant}" if tenant else ""
        return CredentialError(
            f"ARM demands a stronger sign-in for tenant {tenant or 'of the credential'} (a claims "
            f"challenge), and --credential {self._kind} has none",
            tenant=tenant or "",
            fix=f"run `az login{where} --scope {self._scope} --claims-challenge {challenge}`",
            detail=reason_of(problem),
        )


class EmulatorTokens(_Kept):
    """Tokens that an emulator on this machine issues to anybody; they open nothing else."""

    def __init__(
        self,
        endpoint: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        network: Network | None = None,
        client_id: str = "reconciler",
        clock: Clock | None = None,
    ) -> None:
        home = endpoint_origin(endpoint)
        if home is None or not home.loopback:
            raise UsageProblem(
                f"{printable(endpoint, 120)} is not an address on this machine, and the emulator's tokens "
                "are asked for nowhere else. Allowed are http(s)://127.0.0.1:PORT and localhost"
            )
        super().__init__(clock)
        self._home = home
        self._inner = transport
        self._network = network or Network()
        self._client_id = client_id

    async def _fetch(self, tenant: str | None, fresh: bool, claims: str | None) -> Token:
        del fresh, claims  # the emulator issues a new one each time, and asks for nothing more
        name = tenant or EMULATOR_TENANT
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": "any"}
        transport = Transport(self._home, self._network, inner=self._inner)
        try:
            answer = await transport.send(
                "POST",
                f"{self._home}/{quote(name, safe='')}/oauth2/v2.0/token",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                content=urlencode(form).encode(),
            )
        finally:
            await transport.close()
        return self._read(name, answer)

    def _read(self, tenant: str, answer: Answer | NoAnswer) -> Token:
        def failed(why: str, fix: str, *, transient: bool = False) -> CredentialError:
            return CredentialError(
                f"the emulator at {self._home} gave no token for tenant {tenant}: {why}",
                tenant=tenant,
                fix=fix,
                transient=transient,
            )

        if isinstance(answer, NoAnswer):
            raise failed(answer.reason, "start the emulator", transient=not answer.hopeless)
        try:
            found = parse_object(answer.body)
        except NotUnderstood as problem:
            passing = answer.status >= 500
            raise failed(str(problem), "see what runs at this address", transient=passing) from problem
        secret, seconds = found.get("access_token"), found.get("expires_in")
        if answer.status != 200 or not isinstance(secret, str) or not isinstance(seconds, int | float):
            said = printable(str(found.get("error_description") or f"HTTP {answer.status}"), 200)
            fix = "name a tenant of the emulator's world: those of its subscriptions"
            raise failed(said, fix, transient=answer.status >= 500)
        return Token(secret, float(seconds))

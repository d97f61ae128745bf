"""Whose tokens go with a request, and what is done about a token that ARM refuses.

Rule of this module: a refused token is renewed once, and no other one; a claims challenge is answered with a
token that has those claims. Sending again is not decided here: a write is looked at first.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from reconciler.arm.classify import ArmFault
from reconciler.arm.settings import ArmSettings, home_of
from reconciler.arm.tokens import Token, TokenSource
from reconciler.errors import UsageProblem

MOST_AUXILIARY = 3
"""ARM takes no more tokens of other tenants in one request."""

_RIGHT_TENANT = re.compile(r"must match the tenant 'https://sts\.[a-z.]+/([0-9a-f-]{36})/'", re.IGNORECASE)
_AUXILIARY_WORDS = re.compile(r"auxiliary|linked", re.IGNORECASE)
_CLAIMS = re.compile(r'claims="([A-Za-z0-9+/_=-]{1,8192})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whose tokens a request takes: those of the subscription's tenant, and of the tenants of its sources."""

    target: str
    subscription: str
    method: str = "GET"
    source_tenants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The tokens of one request, each with its tenant (None: the credential's own)."""

    tenant: str | None
    bearer: Token
    auxiliary: tuple[tuple[str, Token], ...] = ()

    def __str__(self) -> str:
        """For messages: tenants and client ids."""
        tokens = ((self.tenant or "of the credential", self.bearer), *self.auxiliary)
        return ", ".join(f"tenant {name} as client {token.client}" for name, token in tokens)


class Auth:
    """Tokens by tenant. A subscription's tenant is the declared one, else what ARM said, else the default."""

    def __init__(self, tokens: TokenSource, *, declared: Mapping[str, str], default: str | None) -> None:
        self._tokens = tokens
        self._declared = {name.lower(): tenant for name, tenant in declared.items()}
        self._default = default
        self._learned: dict[str, str] = {}
        self._renewed: dict[tuple[str | None, str], Token] = {}
        """By tenant and method: tokens that were renewed after a refusal and not taken since."""

    @classmethod
    def of(cls, settings: ArmSettings, tokens: TokenSource) -> Self:
        """As the settings say; raises UsageProblem where the tokens may not go to the endpoint."""
        home = home_of(settings.endpoint, tokens)
        default = None if home.loopback else settings.default_tenant
        return cls(tokens, declared=settings.tenants, default=default)

    def tenant_of(self, subscription: str) -> str | None:
        """The tenant whose token a subscription wants; None leaves it to the credential."""
        key = subscription.lower()
        return self._declared.get(key) or self._learned.get(key) or self._default

    async def sign(self, who: Who) -> Signature:
        """The tokens for a request; raises CredentialError, and UsageProblem for too many tenants."""
        if len(who.source_tenants) > MOST_AUXILIARY:
            raise UsageProblem(
                f"{who.target} needs tokens of {len(who.source_tenants)} other tenants; ARM takes "
                f"{MOST_AUXILIARY}. Deploy from source accounts in fewer tenants"
            )
        tenant = self.tenant_of(who.subscription)
        bearer = await self._tokens.token(tenant)
        others = [(name, await self._tokens.token(name)) for name in who.source_tenants]
        return Signature(tenant=tenant, bearer=bearer, auxiliary=tuple(others))

    def taken(self, who: Who, used: Signature) -> None:
        """ARM took these tokens; a later refusal of them may be answered with a renewal again."""
        for tenant in (used.tenant, *(tenant for tenant, _ in used.auxiliary)):
            self._renewed.pop((tenant, who.method), None)

    async def renew(self, who: Who, fault: ArmFault, challenge: str, used: Signature) -> bool:
        """After a 401: whether the same request would go with another token now.

        A renewed token that is refused in its turn is not renewed again. `challenge` is the answer's
        WWW-Authenticate. Raises CredentialError.
        """
        if self._learn(who.subscription, fault):
            return True
        another = False
        for tenant, token in self._refused(fault, challenge, used):
            if await self._tokens.token(tenant) != token:
                another = True  # somebody else had it renewed meanwhile
                continue
            if self._renewed.get((tenant, who.method)) == token:
                continue
            claims = claims_in(challenge)
            demanded = {} if claims is None else {"claims": claims}
            fresh = await self._tokens.token(tenant, fresh=True, **demanded)
            self._renewed[tenant, who.method] = fresh
            another = True
        return another

    def _learn(self, subscription: str, fault: ArmFault) -> bool:
        """Remember the tenant that a 401 names, unless the fleet declares one; whether it is news."""
        key = subscription.lower()
        named = _RIGHT_TENANT.search(fault.message)
        if named is None or key in self._declared:
            return False
        known, right = self.tenant_of(subscription), named[1].lower()
        if known is not None and known.lower() == right:
            return False
        self._learned[key] = right
        return True

    def _refused(
        self, fault: ArmFault, challenge: str, used: Signature
    ) -> tuple[tuple[str | None, Token], ...]:
        """Which of the tokens the 401 is about: a named one, all of the sources', else the primary one."""
        said = f"{fault.code} {fault.message} {challenge}"
        named = tuple((tenant, token) for tenant, token in used.auxiliary if tenant.lower() in said.lower())
        if named:
            return named
        if used.auxiliary and _AUXILIARY_WORDS.search(said):
            return used.auxiliary
        return ((used.tenant, used.bearer),)


def claims_in(challenge: str) -> str | None:
    """The claims, as JSON, that a WWW-Authenticate demands (Conditional Access); None where it does not."""
    found = _CLAIMS.search(challenge)
    if found is None or "insufficient_claims" not in challenge:
        return None
    text = found[1].replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None

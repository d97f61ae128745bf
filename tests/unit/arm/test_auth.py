"""Whose tokens go with a request, and which of them is renewed when ARM refuses one."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from reconciler.arm.auth import Auth, Signature, Who, claims_in
from reconciler.arm.classify import ArmFault
from reconciler.arm.tokens import Token
from reconciler.errors import UsageProblem
from tests.unit.arm.identities import jwt
from tests.unit.arm.scripted import OTHER_SUBSCRIPTION, SUBSCRIPTION, TENANT

T = TypeVar("T")
SOURCES = tuple(f"dddddddd-0000-0000-0000-00000000000{number}" for number in range(4))
NAMED = "eeeeeeee-0000-0000-0000-000000000005"
REFUSED = ArmFault(status=401, code="InvalidAuthenticationToken", message="expired")
WRONG_TENANT = ArmFault(
    status=401,
    code="InvalidAuthenticationTokenTenant",
    message=f"It must match the tenant 'https://sts.windows.net/{NAMED}/' associated with this subscription.",
)


@dataclass
class Numbered:
    """Tokens `<tenant>/<number>`, each made when it is asked for; `made` has what was demanded of each."""

    made: list[tuple[str | None, str | None]] = field(default_factory=list)
    held: dict[str | None, Token] = field(default_factory=dict)

    async def token(self, tenant: str | None, *, fresh: bool = False, claims: str | None = None) -> Token:
        if fresh or tenant not in self.held:
            self.made.append((tenant, claims))
            self.held[tenant] = Token(f"{tenant}/{len(self.made)}")
        return self.held[tenant]


def who(*sources: str, method: str = "PUT", subscription: str = SUBSCRIPTION) -> Who:
    return Who(target="account/chat", subscription=subscription, method=method, source_tenants=sources)


def asked(question: Callable[[Auth, Numbered], Awaitable[T]]) -> T:
    async def within() -> T:
        tokens = Numbered()
        return await question(Auth(tokens, declared={SUBSCRIPTION.upper(): TENANT}, default=None), tokens)

    return asyncio.run(within())


def test_a_request_carries_the_token_of_its_subscription_and_one_of_each_source() -> None:
    async def signed(auth: Auth, _: Numbered) -> Signature:
        return await auth.sign(who(*SOURCES[:3]))

    found = asked(signed)
    assert (found.tenant, found.bearer.reveal()) == (TENANT, f"{TENANT}/1")
    assert [(name, token.reveal()) for name, token in found.auxiliary] == [
        (name, f"{name}/{number}") for number, name in enumerate(SOURCES[:3], start=2)
    ]


def test_more_than_three_other_tenants_are_refused_before_any_token_is_had() -> None:
    async def signed(auth: Auth, tokens: Numbered) -> list[tuple[str | None, str | None]]:
        with pytest.raises(UsageProblem) as found:
            await auth.sign(who(*SOURCES))
        assert str(found.value) == (
            "account/chat needs tokens of 4 other tenants; ARM takes 3. "
            "Deploy from source accounts in fewer tenants"
        )
        return tokens.made

    assert asked(signed) == []


def test_a_signature_names_tenants_and_clients_and_no_secret() -> None:
    bearer, other = Token(jwt(appid="one")), Token(jwt(appid="two"))
    signature = Signature(tenant=TENANT, bearer=bearer, auxiliary=((SOURCES[0], other),))
    assert str(signature) == f"tenant {TENANT} as client one, tenant {SOURCES[0]} as client two"
    assert str(Signature(tenant=None, bearer=bearer)) == "tenant of the credential as client one"


def test_a_refused_token_is_renewed_once_until_arm_takes_it() -> None:
    async def refused(auth: Auth, tokens: Numbered) -> list[bool]:
        asking, found = who(), []
        for taken in (False, False, True, False):
            used = await auth.sign(asking)
            if taken:
                auth.taken(asking, used)
            found.append(await auth.renew(asking, REFUSED, "", used))
        assert len(tokens.made) == 3
        return found

    assert asked(refused) == [True, False, True, False]


def test_a_read_that_took_a_token_says_nothing_of_a_write_that_did_not() -> None:
    async def refused(auth: Auth, _: Numbered) -> list[bool]:
        write, read = who(method="PUT"), Who(target="x", subscription=SUBSCRIPTION)
        used = await auth.sign(write)
        found = [await auth.renew(write, REFUSED, "", used)]
        used = await auth.sign(write)
        auth.taken(read, used)
        return [*found, await auth.renew(write, REFUSED, "", used)]

    assert asked(refused) == [True, False]
    assert Who(target="x", subscription=SUBSCRIPTION).method == "GET"


def test_a_token_that_somebody_else_had_renewed_is_used_as_it_is() -> None:
    async def refused(auth: Auth, tokens: Numbered) -> tuple[bool, int]:
        used = await auth.sign(who())
        await tokens.token(TENANT, fresh=True)
        return await auth.renew(who(), REFUSED, "", used), len(tokens.made)

    assert asked(refused) == (True, 2)


@pytest.mark.parametrize(
    ("code", "message", "challenge", "renewed", "reason"),
    [
        ("Linked", f"of {SOURCES[1]}", "", [1], "named in the message"),
        ("Linked", f"of {SOURCES[1].upper()}", "", [1], "in any case"),
        (f"Of{SOURCES[0]}", "", f'realm="{SOURCES[1]}"', [0, 1], "in code and challenge"),
        ("Expired", "an auxiliary token", "", [0, 1], "all of the sources"),
        ("LinkedAuthorizationFailed", "no", "", [0, 1], "the same in other words"),
        ("Expired", "no", "linked", [0, 1], "said by the challenge"),
        ("ExpiredAuxil", "iary", "", [], "words are not read across: the primary one"),
        ("Expired", "no", "", [], "nothing points elsewhere: the primary one"),
    ],
)
@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_only_the_token_that_is_meant_is_renewed(
    code: str, message: str, challenge: str, renewed: list[int], reason: str, spelled: Callable[[str], str]
) -> None:
    """F-022. However the fleet spells the tenants of its sources."""

    async def refused(auth: Auth, tokens: Numbered) -> list[str | None]:
        asking = who(*map(spelled, SOURCES[:2]))
        used = await auth.sign(asking)
        assert await auth.renew(asking, ArmFault(status=401, code=code, message=message), challenge, used)
        return [tenant for tenant, _ in tokens.made[3:]]

    assert asked(refused) == ([spelled(SOURCES[number]) for number in renewed] or [TENANT]), reason


def test_of_several_refused_tokens_each_is_looked_at() -> None:
    """One was renewed by somebody else, one before and in vain; the third is still to be renewed."""

    async def refused(auth: Auth, tokens: Numbered) -> tuple[bool, list[str | None]]:
        asking, linked = who(*SOURCES[:3]), ArmFault(status=401, code="Linked", message="no")
        used = await auth.sign(asking)
        await auth.renew(asking, ArmFault(status=401, code="x", message=SOURCES[0]), "", used)
        used = await auth.sign(asking)
        await tokens.token(SOURCES[1], fresh=True)
        before = len(tokens.made)
        another = await auth.renew(asking, linked, "", used)
        return another, [tenant for tenant, _ in tokens.made[before:]]

    assert asked(refused) == (True, [SOURCES[2]])


def test_what_a_challenge_demands_is_demanded_of_the_new_token() -> None:
    async def refused(auth: Auth, tokens: Numbered) -> list[tuple[str | None, str | None]]:
        used = await auth.sign(who())
        text = base64.b64encode(b'{"a":1}').decode()
        await auth.renew(who(), REFUSED, f'error="insufficient_claims", claims="{text}"', used)
        return tokens.made

    assert asked(refused) == [(TENANT, None), (TENANT, '{"a":1}')]


@pytest.mark.parametrize(
    ("declared", "default", "tokens", "reason"),
    [
        (None, None, [None, NAMED], "nobody said it"),
        (None, TENANT, [TENANT, NAMED], "the default is another"),
        (None, NAMED.upper(), [NAMED.upper()] * 2, "the default is the same: its token is renewed"),
        (TENANT, None, [TENANT] * 2, "what is declared holds: its token is renewed"),
    ],
)
def test_the_tenant_that_arm_names_is_learned_where_it_is_news(
    declared: str | None, default: str | None, tokens: list[str | None], reason: str
) -> None:
    async def within() -> list[str | None]:
        made = Numbered()
        auth = Auth(made, declared={} if declared is None else {SUBSCRIPTION: declared}, default=default)
        used = await auth.sign(who())
        assert await auth.renew(who(), WRONG_TENANT, "", used)
        await auth.sign(who(subscription=SUBSCRIPTION.upper()))
        assert auth.tenant_of(OTHER_SUBSCRIPTION) == default
        return [tenant for tenant, _ in made.made]

    assert asyncio.run(within()) == tokens, reason


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ('{"a":1}', '{"a":1}'),
        ('{"b":12}', '{"b":12}'),
        ('{"c":"xyz"}', '{"c":"xyz"}'),
        ('{"d":"???>>>"}', '{"d":"???>>>"}'),
    ],
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_claims_are_read_in_both_alphabets_with_padding_or_without(
    text: str, claims: str, encode: Callable[[bytes], bytes], *, padded: bool
) -> None:
    """Microsoft's "Claims challenges" shows padded base64; RFC 6750 leaves it to the server."""
    shown = encode(text.encode()).decode()
    header = f'Bearer error="insufficient_claims", claims="{shown if padded else shown.rstrip("=")}"'
    assert claims_in(header) == claims


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        'error="insufficient_claims"',
        'error="invalid_token", claims="e30="',
        'error="insufficient_claims", claims="e30"=',
        'error="insufficient_claims", claims="e"',
        'error="insufficient_claims", claims="e=30"',
        'error="insufficient_claims", claims="_w=="',
    ],
)
def test_a_challenge_without_claims_that_can_be_read_demands_none(challenge: str) -> None:
    found = claims_in(challenge)
    assert found in {None, "{}"}
    assert (found == "{}") is ('claims="e30"=' in challenge)

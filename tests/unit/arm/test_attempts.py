"""Which credential of a chain answered, and what its predecessors said; rights as ARM tells them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from azure.core.exceptions import ClientAuthenticationError

from reconciler.arm.azure_credential import AccessToken, Credential
from reconciler.arm.tokens import Attempt, AzureTokens, EmulatorTokens, attempts
from reconciler.domain.rights import Grant
from reconciler.errors import ArmContractBroken
from tests.unit.arm.scripted import ACCOUNT, ENDPOINT, ask, reply, wire


@dataclass(frozen=True)
class Got:
    token: str
    expires_on: int = 2_000_000_000


class Answering:
    """A credential that has a token."""

    def get_token(self, *scopes: str, tenant_id: str | None = None, claims: str | None = None) -> AccessToken:
        del scopes, tenant_id, claims
        return Got(token="head.eyJhcHBpZCI6Im15LWFwcCJ9.tail")


class Silent:
    """A credential that has none, and quotes a secret."""

    def get_token(self, *scopes: str, tenant_id: str | None = None, claims: str | None = None) -> AccessToken:
        del scopes, tenant_id, claims
        raise ClientAuthenticationError(message="no token\nwith s3cr3t-canary")


class FailedDACCredential(Silent):
    """What azure-identity keeps in the place of one that it could not make."""

    def get_token(self, *scopes: str, tenant_id: str | None = None, claims: str | None = None) -> AccessToken:
        del scopes, tenant_id, claims
        raise ClientAuthenticationError(message="WorkloadIdentityCredential is not configured")


@dataclass(frozen=True)
class Chain(Answering):
    """A chain as azure-identity makes them."""

    credentials: tuple[Credential, ...]


def tried(make: Callable[[str | None], Credential]) -> tuple[Attempt, ...]:
    return asyncio.run(attempts(AzureTokens(kind="default", make=make), "tenant"))


def test_each_credential_of_a_chain_is_named_up_to_the_one_that_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-098: and no secret of the environment is in it."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s3cr3t-canary")
    chain = Chain(credentials=(Silent(), FailedDACCredential(), Answering(), Silent()))
    found = tried(lambda _: chain)
    assert [(one.name, one.client) for one in found] == [
        ("Silent", None),
        ("WorkloadIdentityCredential", None),
        ("Answering", "my-app"),
    ]
    assert "canary" not in str(found)
    assert "\n" not in found[0].reason


def test_a_single_credential_is_its_own_chain() -> None:
    assert tried(lambda _: Answering()) == (Attempt(name="Answering", client="my-app"),)


def test_where_none_answers_all_are_named() -> None:
    assert [one.client for one in tried(lambda _: Chain(credentials=(Silent(), Silent())))] == [None, None]


def test_a_credential_that_cannot_even_be_made_is_an_attempt_too() -> None:
    def make(_: str | None) -> Credential:
        message = "tenant_id is required"
        raise ValueError(message)

    (found,) = tried(make)
    assert (found.name, found.client) == ("default", None)
    assert "tenant_id is required" in found.reason


def test_an_emulator_that_does_not_answer_says_so() -> None:
    silent = wire(lambda: reply(404, {}))
    (found,) = asyncio.run(attempts(EmulatorTokens("http://127.0.0.1:1", transport=silent), None))
    assert found.client is None
    assert "gave no token" in found.reason


def test_rights_are_asked_at_the_account_in_their_own_provider_s_version() -> None:
    permission = {"actions": ["*/read"], "notActions": ["x"], "dataActions": [], "notDataActions": []}
    seen = ask(
        wire(lambda: reply(200, {"value": [permission, {"actions": ["*"]}]})),
        lambda arm: arm.list_rights(ACCOUNT),
    )
    assert seen.value == (
        Grant(actions=("*/read",), not_actions=("x",)),
        Grant(actions=("*",)),
    )
    (request,) = seen.wire.requests
    assert str(request.url) == (
        f"{ENDPOINT}{ACCOUNT}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    )


def test_rights_that_are_no_texts_are_no_answer() -> None:
    seen = ask(wire(lambda: reply(200, {"value": [{"actions": [1]}]})), lambda arm: arm.list_rights(ACCOUNT))
    assert isinstance(seen.problem, ArmContractBroken)

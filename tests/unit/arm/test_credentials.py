"""Sign-in word by word: what each failure says, what is kept for how long, what the emulator is sent."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from azure import identity
from azure.core.exceptions import ClientAuthenticationError

from reconciler.arm.azure_credential import KINDS, azure_credential, get_token, refusal
from reconciler.arm.network import Network
from reconciler.arm.tokens import AzureTokens, EmulatorTokens, Token
from reconciler.errors import CredentialError, UsageProblem
from tests.simulated.time import VirtualClock, run
from tests.unit.arm.identities import Access, Credential, Hasty, Standing, in_an_hour, jwt
from tests.unit.arm.scripted import TENANT, Maker, reply, wire

AUTHORITY = "login.microsoftonline.com"
LIBRARIES = ("azure", "msal", "urllib3")
HOME = "http://127.0.0.1:8080"
NETWORK = Network(environ={})
OURS = {"transport": "RequestsTransport"}
"""Which goes out by our proxies and our certificates."""

# -- the words of a refusal ----------------------------------------------------------------------------------

ADVICE = {
    "default": "sign in with `az login`, or set the variables of a service principal",
    "cli": f"run `az login --tenant {TENANT}`",
    "environment": "set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate",
    "workload-identity": (
        "set AZURE_CLIENT_ID, and AZURE_FEDERATED_TOKEN_FILE outside GitHub Actions and Azure Pipelines; "
        f"trust the issuer in {TENANT}"
    ),
    "managed-identity": "run where a managed identity is; AZURE_CLIENT_ID names a user-assigned one",
    "something": "choose another credential",
}


@pytest.mark.parametrize("kind", ADVICE)
def test_a_refusal_says_where_what_was_tried_and_what_to_do(kind: str) -> None:
    """F-098."""
    found = str(refusal(ValueError("not set"), kind, TENANT, NETWORK))
    assert found == (
        f"no token for tenant {TENANT}. Tried: --credential {kind} (not set). Fix: {ADVICE[kind]}"
    )


def test_every_credential_of_a_chain_is_named_with_its_reason() -> None:
    chain = "no\n\tEnvironmentCredential: not set\n  AzureCliCredential:  please log in\nSee more."
    assert str(refusal(ValueError(chain), "cli", None, NETWORK)) == (
        "no token for the credential's own tenant. Tried: EnvironmentCredential (not set); "
        "AzureCliCredential (please log in). Fix: run `az login --tenant TENANT`"
    )


def test_long_reasons_are_cut() -> None:
    def cut(text: str) -> bool:
        return "…" in str(refusal(ValueError(text), "cli", None, NETWORK))

    assert (cut("x" * 320), cut("x" * 321)) == (False, True)
    assert (cut("ACredential: " + "x" * 160), cut("ACredential: " + "x" * 161)) == (False, True)


@pytest.mark.parametrize(
    "name",
    [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_PASSWORD",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "IDENTITY_HEADER",
        "MSI_SECRET",
        "SYSTEM_ACCESSTOKEN",
    ],
)
def test_no_secret_of_the_environment_gets_into_a_refusal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-128."""
    monkeypatch.setenv(name, "canary")
    assert "(the ***!)" in str(refusal(ValueError("the canary!"), "cli", None, NETWORK))


# -- azure-identity ------------------------------------------------------------------------------------------


def made(kind: str, tenant: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a credential of azure-identity is made with."""
    given: dict[str, Any] = {}

    def take(**words: Any) -> object:  # noqa: ANN401
        given.update(words)
        if "transport" in given:
            given["transport"] = type(given["transport"]).__name__
        return object()

    for name in ("DefaultAzure", "AzureCli", "Environment", "WorkloadIdentity", "ManagedIdentity"):
        monkeypatch.setattr(identity, f"{name}Credential", take)
    azure_credential(kind, AUTHORITY, tenant, NETWORK)
    return given


@pytest.mark.parametrize(
    ("kind", "tenant", "wanted"),
    [
        ("default", TENANT, {"authority": AUTHORITY, "additionally_allowed_tenants": ["*"], **OURS}),
        ("environment", TENANT, {"authority": AUTHORITY, "additionally_allowed_tenants": ["*"], **OURS}),
        (
            "cli",
            TENANT,
            {"tenant_id": TENANT, "additionally_allowed_tenants": ["*"], "process_timeout": 30},
        ),
        ("cli", None, {"tenant_id": "", "additionally_allowed_tenants": ["*"], "process_timeout": 30}),
        (
            "workload-identity",
            TENANT,
            {"authority": AUTHORITY, "tenant_id": TENANT, "additionally_allowed_tenants": ["*"], **OURS},
        ),
        ("managed-identity", TENANT, {"client_id": "user-assigned", **OURS}),
    ],
)
def test_each_credential_is_made_for_its_cloud_and_tenant(
    kind: str, tenant: str | None, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "user-assigned")
    assert made(kind, tenant, monkeypatch) == wanted


def test_the_libraries_say_nothing_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-128: at debug level they write whole requests."""
    for library in LIBRARIES:
        monkeypatch.setattr(logging.getLogger(library), "level", logging.DEBUG)
    made("default", None, monkeypatch)
    assert [logging.getLogger(library).level for library in LIBRARIES] == [51, 51, 51]


def test_an_unknown_kind_is_told_with_those_that_there_are() -> None:
    assert KINDS == ("default", "cli", "environment", "workload-identity", "managed-identity")
    with pytest.raises(UsageProblem) as found:
        azure_credential("password", AUTHORITY, None, NETWORK)
    assert str(found.value) == (
        "--credential 'password' is unknown; there are default, cli, environment, workload-identity, "
        "managed-identity and emulator"
    )


@pytest.mark.parametrize(("tenant", "name"), [(TENANT, f"sign-in {TENANT}"), (None, "sign-in")])
def test_the_thread_of_a_sign_in_has_a_name(tenant: str | None, name: str) -> None:
    class Naming:
        def get_token(self, *_: str, tenant_id: str | None = None, claims: str | None = None) -> Access:
            del tenant_id, claims
            return Access(threading.current_thread().name, 0)

    assert asyncio.run(get_token(Naming(), "scope", tenant, None)) == (name, 0)


# -- what is kept --------------------------------------------------------------------------------------------


def test_an_unknown_cloud_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UsageProblem) as found:
        AzureTokens(cloud="Mars")
    assert str(found.value) == (
        "cloud 'Mars' is unknown; there are AzureCloud, AzureUSGovernment, AzureChinaCloud"
    )


@pytest.mark.parametrize(
    ("tenant", "who"), [(TENANT, TENANT), (None, "of the credential")], ids=["named", "not named"]
)
def test_a_slow_sign_in_is_told_with_its_tenant_and_what_to_do(tenant: str | None, who: str) -> None:
    """F-098."""
    released = threading.Event()

    class Hanging:
        def get_token(self, *_: str, tenant_id: str | None = None, claims: str | None = None) -> Access:
            del tenant_id, claims
            released.wait()
            return Access("late", 0)

    async def fetched() -> CredentialError:
        with pytest.raises(CredentialError) as found:
            await AzureTokens(make=lambda _: Hanging(), clock=VirtualClock()).token(tenant)
        return found.value

    try:
        error = run(fetched())
    finally:
        released.set()
    assert error.tenant == (tenant or "")
    assert str(error) == (
        f"sign-in for tenant {who} with --credential default took longer than 60 s. Fix: sign in beforehand, "
        "or choose one credential instead of a chain"
    )


def test_the_edges_of_keeping() -> None:
    """A token is not used in its last second, a failure not told after its minute."""
    clock = Standing()
    now = int(clock.now().timestamp())
    credential = Credential(
        ClientAuthenticationError("no"),
        Access("short", now),
        ClientAuthenticationError("no"),
        Access("x", now),
    )
    times = (0.0, 59.9, 60.0, 119.9, 120.0, 179.9, 180.0)

    async def fetched() -> list[str]:
        tokens, found = AzureTokens(make=lambda _: credential, clock=clock), []
        for clock.seconds in times:
            try:
                found.append((await tokens.token(None)).reveal())
            except CredentialError as failure:
                found.append(f"no{failure.tenant}")
        return found

    assert asyncio.run(fetched()) == ["no", "no", "short", "short", "no", "no", "x"]


def test_a_refused_token_is_not_kept_although_no_other_could_be_had() -> None:
    """F-021: ARM refused it, so it is not offered again."""
    clock = Standing()
    credentials = [Credential(in_an_hour("refused")), Credential(ClientAuthenticationError("no"))]

    async def fetched() -> list[str]:
        tokens = AzureTokens(make=lambda _: credentials.pop(0), clock=clock)
        found = [(await tokens.token(None)).reveal()]
        for fresh in (True, False):
            with pytest.raises(CredentialError):
                await tokens.token(None, fresh=fresh)
        return found

    assert asyncio.run(fetched()) == ["refused"]


# -- the emulator's ------------------------------------------------------------------------------------------


NAME_ONE = "name a tenant of the emulator's world: those of its subscriptions"


class Open(httpx.AsyncBaseTransport):
    """A transport that knows whether it was closed."""

    closed = False

    def __init__(self, answer: Maker) -> None:
        self._inner = wire(answer)
        self.requests = self._inner.requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        self.closed = True


def signed_in(answer: Maker, tenant: str | None = TENANT) -> tuple[Token, Open]:
    over = Open(answer)

    async def fetched() -> Token:
        return await EmulatorTokens(HOME, transport=over, clock=VirtualClock()).token(tenant)

    return run(fetched()), over


def test_the_emulator_is_asked_as_entra_is_asked() -> None:
    token, over = signed_in(lambda: reply(200, {"access_token": "x", "expires_in": 1234}))
    (request,) = over.requests
    assert token.expires_in == 1234.0
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["reconciler"],
        "client_secret": ["any"],
    }
    assert over.closed


def test_without_a_tenant_the_one_of_the_emulators_first_world_is_asked() -> None:
    _, over = signed_in(lambda: reply(200, {"access_token": "x", "expires_in": 1}), None)
    assert over.requests[0].url.path.startswith("/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda: reply(400, {"error_description": "AADSTS90002: no"}),
            f"AADSTS90002: no. Fix: {NAME_ONE}",
        ),
        (
            lambda: reply(500, {}),
            f"HTTP 500. Fix: {NAME_ONE}",
        ),
        (
            lambda: reply(500, {"error_description": "x" * 201}),
            f"{'x' * 199}…. Fix: {NAME_ONE}",
        ),
        (
            lambda: reply(200, b"<html>"),
            "it is not JSON (Expecting value at character 0). Fix: see what runs at this address",
        ),
    ],
)
def test_an_emulator_that_gives_no_token_is_told_with_its_words(answer: Maker, said: str) -> None:
    with pytest.raises(CredentialError) as found:
        signed_in(answer)
    assert str(found.value) == f"the emulator at {HOME} gave no token for tenant {TENANT}: {said}"
    assert found.value.tenant == TENANT


def given() -> httpx.Response:
    return reply(200, {"access_token": "x", "expires_in": 60})


def refused(by: httpx.RequestError) -> Callable[[], httpx.Response]:
    def raising() -> httpx.Response:
        raise by

    return raising


@pytest.mark.parametrize(
    ("answers", "times", "reason"),
    [
        ([lambda: reply(500, {})] * 3, [0.0, 1.0, 5.0], "three times, the pauses growing"),
        ([lambda: reply(500, {}), given], [0.0, 1.0], "a fault of its own: once more"),
        ([lambda: reply(500, b"<html>"), given], [0.0, 1.0], "however it says so"),
        ([refused(httpx.ConnectError("no")), given], [0.0, 1.0], "not there yet"),
        ([lambda: reply(499, {})], [0.0], "our fault"),
        ([lambda: reply(499, b"<html>")], [0.0], "our fault, however it says so"),
        ([refused(httpx.UnsupportedProtocol("no"))], [0.0], "the next one would end alike"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_sign_in_is_tried_again_where_that_may_help(
    answers: list[Callable[[], httpx.Response]], times: list[float], reason: str
) -> None:
    """F-144."""
    asked: list[float] = []

    class Script(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            del request
            asked.append(VirtualClock().monotonic())
            return answers[len(asked) - 1]()

    async def fetched() -> None:
        with contextlib.suppress(CredentialError):
            await EmulatorTokens(HOME, transport=Script(), clock=VirtualClock()).token(TENANT)

    run(fetched())
    assert asked == times, reason


def test_where_no_emulator_runs_it_is_said_to_start_it() -> None:
    """Without a transport or a network of its own it uses this machine's."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens

        async def fetched() -> CredentialError:
            tokens = EmulatorTokens(f"http://127.0.0.1:{taken.getsockname()[1]}", clock=Hasty())
            with pytest.raises(CredentialError) as found:
                await tokens.token(TENANT)
            return found.value

        assert asyncio.run(fetched()).fix == "start the emulator"


@pytest.mark.parametrize(
    ("tenant", "who", "where"), [(TENANT, TENANT, f" --tenant {TENANT}"), (None, "of the credential", "")]
)
def test_a_demand_that_no_credential_meets_says_which_sign_in_would(
    tenant: str | None, who: str, where: str
) -> None:
    """F-145."""
    credential = Credential(ClientAuthenticationError("no"))

    async def fetched() -> CredentialError:
        with pytest.raises(CredentialError) as found:
            await AzureTokens(kind="cli", make=lambda _: credential).token(tenant, fresh=True, claims="{}")
        return found.value

    failure = asyncio.run(fetched())
    assert failure.tenant == (tenant or "")
    assert (
        f"ARM demands a stronger sign-in for tenant {who} (a claims challenge), and --credential cli has none"
        in (str(failure))
    )
    assert failure.fix == (
        f"run `az login{where} --scope https://management.azure.com/.default --claims-challenge e30=`"
    )


def test_a_credential_is_made_again_only_when_its_token_was_refused() -> None:
    """One that has to meet a demand keeps the account that it signed in with."""
    clock, made = Standing(), list[str | None]()

    def make(tenant: str | None) -> Credential:
        made.append(tenant)
        return Credential(*[Access("x", int(clock.now().timestamp()))] * 4)

    async def fetched() -> list[int]:
        tokens, counts = AzureTokens(make=make, clock=clock), []
        for clock.seconds, fresh, claims in ((0.0, False, None), (60.0, False, None), (61.0, True, "{}")):
            await tokens.token(TENANT, fresh=fresh, claims=claims)
            counts.append(len(made))
        await tokens.token(TENANT, fresh=True)
        return [*counts, len(made)]

    assert asyncio.run(fetched()) == [1, 1, 1, 2]


def test_an_address_elsewhere_is_told_with_what_is_allowed() -> None:
    """F-135."""
    for endpoint, shown in (("https://e.example", "https://e.example"), ("x" * 121, "x" * 119 + "…")):
        with pytest.raises(UsageProblem) as found:
            EmulatorTokens(endpoint)
        assert str(found.value) == (
            f"{shown} is not an address on this machine, and the emulator's tokens are asked for nowhere "
            "else. Allowed are http(s)://127.0.0.1:PORT and localhost"
        )


def test_tokens_of_the_emulator_are_kept_by_the_clock_they_are_given() -> None:
    over = wire(lambda: reply(200, {"access_token": "x", "expires_in": 3600}))

    async def fetched() -> None:
        tokens = EmulatorTokens(HOME, transport=over, clock=VirtualClock())
        for _ in range(2):
            await tokens.token(TENANT)
            await asyncio.sleep(3299)
        await tokens.token(TENANT)
        await tokens.token(TENANT, fresh=True)

    run(fetched())
    assert len(over.requests) == 3


# -- the token itself ----------------------------------------------------------------------------------------


def test_a_token_is_not_even_in_the_repr_of_its_fields() -> None:
    """F-128."""
    (secret, lifetime) = Token.__dataclass_fields__.values()
    assert (secret.repr, lifetime.default) == (False, 3600.0)


@pytest.mark.parametrize("length", range(1, 40))
def test_a_claim_is_read_whatever_the_length_of_its_text(length: int) -> None:
    """Base64 in a JWT leaves its padding out."""
    assert Token(jwt(appid="a" * length)).client == "a" * length


def test_a_long_claim_is_cut() -> None:
    assert Token(jwt(appid="a" * 60)).client == "a" * 60
    assert Token(jwt(appid="a" * 61)).client == "a" * 59 + "…"

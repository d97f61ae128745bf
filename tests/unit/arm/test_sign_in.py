"""Tokens on their way: which one, renewed when, and never shown."""

import asyncio
import base64
import logging
import threading

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from reconciler.arm.client import ArmClient, ArmSettings
from reconciler.arm.network import Network
from reconciler.arm.tokens import EMULATOR_TENANT, Attempt, AzureTokens, EmulatorTokens, Token, attempts
from reconciler.clock import SystemClock
from reconciler.domain.operation import OperationRef, OperationStatus
from reconciler.errors import CredentialError, Forbidden, UsageProblem
from tests.simulated.time import VirtualClock, run
from tests.unit.arm.identities import Access, Credential, Hasty, Standing, in_an_hour, jwt
from tests.unit.arm.scripted import (
    CHAT,
    OPERATION,
    SOURCE_TENANT,
    SUBSCRIPTION,
    TENANT,
    CountedTokens,
    Maker,
    ask,
    put,
    refusal,
    reply,
    resource,
    wire,
)

RIGHT_TENANT = "cccccccc-0000-0000-0000-000000000003"
EXPIRED = "The access token expiry UTC time '1/1/2026' is earlier than current UTC time '1/2/2026'."
WRONG = (
    "The access token is from the wrong issuer 'https://sts.windows.net/x/'. It must match the tenant "
    f"'https://sts.windows.net/{RIGHT_TENANT}/' associated with this subscription."
)


def expired(message: str = EXPIRED) -> httpx.Response:
    return refusal(401, "ExpiredAuthenticationToken", message)


def test_an_expired_token_is_renewed_once_and_the_request_repeated() -> None:
    """F-021."""
    seen = ask(wire(expired, lambda: reply(200, resource())), lambda arm: arm.get_deployment(CHAT))
    assert seen.value is not None
    assert seen.tokens.fetched == [TENANT, TENANT]
    sent = [request.headers["Authorization"] for request in seen.wire.requests]
    assert sent == [f"Bearer CANARY-{TENANT}/1", f"Bearer CANARY-{TENANT}/2"]


def test_a_write_with_an_expired_token_is_looked_at_again_and_sent_once_with_a_new_one() -> None:
    """F-021, F-137, P1: a renewal takes seconds, in which somebody else may write."""
    over = wire(expired, lambda: reply(201, resource()))
    over.there = resource()
    seen = ask(over, lambda arm: put(arm, {}))
    assert seen.value.deployment is not None
    assert (over.methods, len(over.looks)) == (["PUT", "PUT"], 2)
    assert seen.tokens.fetched == [TENANT, TENANT]


CHALLENGE = base64.b64encode(b'{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').decode()


def challenged() -> httpx.Response:
    header = f'Bearer realm="", error="insufficient_claims", claims="{CHALLENGE}"'
    return refusal(401, "InvalidAuthenticationToken", "more", headers={"WWW-Authenticate": header})


def test_a_claims_challenge_is_answered_once_with_a_token_that_has_the_claims() -> None:
    """F-145."""
    credential = Credential(in_an_hour("weak"), in_an_hour("strong"))
    over = wire(challenged, lambda: reply(200, resource()))

    async def asked() -> list[str | None]:
        tokens = AzureTokens(make=lambda _: credential)
        async with ArmClient(
            ArmSettings(endpoint="https://management.azure.com"), tokens, SystemClock(), transport=over
        ) as arm:
            assert await arm.get_deployment(CHAT) is not None
        return credential.claims

    assert asyncio.run(asked()) == [None, base64.b64decode(CHALLENGE).decode()]
    assert [request.headers["Authorization"] for request in over.requests] == ["Bearer weak", "Bearer strong"]


def test_a_claims_challenge_that_the_credential_cannot_meet_says_what_to_run() -> None:
    """F-145."""
    credential = Credential(in_an_hour("weak"), ClientAuthenticationError("no"))

    async def asked() -> CredentialError:
        tokens = AzureTokens(kind="cli", make=lambda _: credential)
        settings = ArmSettings(endpoint="https://management.azure.com", tenants={SUBSCRIPTION: TENANT})
        async with ArmClient(settings, tokens, SystemClock(), transport=wire(challenged)) as arm:
            with pytest.raises(CredentialError) as found:
                await arm.get_deployment(CHAT)
        return found.value

    fix = asyncio.run(asked()).fix
    assert f"az login --tenant {TENANT} --scope" in fix
    assert f"--claims-challenge {CHALLENGE}" in fix


@pytest.mark.parametrize("kind", ["credential", "emulator"])
def test_a_sign_in_that_fails_in_passing_is_tried_again(kind: str) -> None:
    """F-144: a 503 of the authority once must not block a whole plan."""
    passing = HttpResponseError("Service Unavailable")
    passing.status_code = 503
    credential = Credential(passing, passing, in_an_hour("found"))
    over = wire(lambda: reply(503, {}), lambda: reply(200, {"access_token": "found", "expires_in": 3600}))

    async def fetched() -> str:
        tokens: AzureTokens | EmulatorTokens = AzureTokens(make=lambda _: credential, clock=Hasty())
        if kind == "emulator":
            tokens = EmulatorTokens("http://127.0.0.1:8080", transport=over, clock=Hasty())
        return (await tokens.token(TENANT)).reveal()

    assert asyncio.run(fetched()) == "found"


def test_a_second_401_is_forbidden_and_says_whose_token_it_was_but_not_the_token() -> None:
    """F-022."""
    over = wire(expired)
    over.there = resource()
    seen = ask(over, lambda arm: put(arm, {}, SOURCE_TENANT))
    assert isinstance(seen.problem, Forbidden)
    assert len(seen.wire.requests) == 2
    assert TENANT in seen.words
    assert SOURCE_TENANT in seen.words
    assert "CANARY" not in seen.words


@pytest.mark.parametrize(
    ("message", "renewed", "reason"),
    [
        (f"The auxiliary token of tenant {SOURCE_TENANT} expired.", [SOURCE_TENANT], "the tenant is named"),
        ("The auxiliary token expired.", [SOURCE_TENANT], "auxiliary is all that is said"),
        (EXPIRED, [TENANT], "nothing points elsewhere: the primary one"),
    ],
)
def test_only_the_refused_token_is_renewed(message: str, renewed: list[str], reason: str) -> None:
    """F-022."""
    over = wire(lambda: expired(message), lambda: reply(201, resource()))
    over.there = resource()
    seen = ask(over, lambda arm: put(arm, {}, SOURCE_TENANT))
    assert seen.value.deployment is not None
    assert seen.tokens.fetched[2:] == renewed, reason


def test_a_token_that_expires_while_polling_is_renewed() -> None:
    """F-073."""
    reference = OperationRef(url=OPERATION, ends_by_status=True, target=CHAT)
    seen = ask(wire(expired, lambda: reply(200, {"status": "Creating"})), lambda arm: arm.poll(reference))
    assert seen.value.status is OperationStatus.RUNNING
    assert seen.tokens.fetched == [TENANT, TENANT]


def test_many_requests_refused_at_once_renew_the_token_once() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1.0)
        first = request.headers["Authorization"].endswith("/1")
        return expired() if first else reply(200, resource())

    async def question(arm: ArmClient) -> int:
        found = await asyncio.gather(*(arm.get_deployment(CHAT) for _ in range(8)))
        return len([one for one in found if one is not None])

    seen = ask(wire(lambda: answer), question)
    assert seen.value == 8
    assert seen.tokens.fetched == [TENANT, TENANT]


def test_the_tenant_that_arm_names_is_learned_where_the_fleet_names_none() -> None:
    over = wire(
        lambda: refusal(401, "InvalidAuthenticationTokenTenant", WRONG), lambda: reply(200, resource())
    )

    async def question(arm: ArmClient) -> None:
        await arm.get_deployment(CHAT)
        await arm.get_deployment(CHAT)

    seen = ask(over, question, tenants={}, default_tenant=TENANT)
    assert seen.problem is None
    assert seen.tokens.fetched == [TENANT, RIGHT_TENANT]
    assert len(over.requests) == 3


def test_a_declared_tenant_is_not_overruled() -> None:
    over = wire(lambda: refusal(401, "InvalidAuthenticationTokenTenant", WRONG))
    seen = ask(over, lambda arm: arm.get_deployment(CHAT))
    assert isinstance(seen.problem, Forbidden)
    assert RIGHT_TENANT not in seen.tokens.fetched
    assert RIGHT_TENANT in seen.words


def test_the_correlation_id_goes_with_every_request() -> None:
    over = wire(lambda: reply(200, resource()))
    assert ask(over, lambda arm: arm.get_deployment(CHAT), correlation_id="run-7").succeeded()
    assert over.requests[0].headers["x-ms-correlation-request-id"] == "run-7"


# -- azure-identity ------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_once_per_tenant_and_kept() -> None:
    made: list[str | None] = []

    def make(tenant: str | None) -> Credential:
        made.append(tenant)
        return Credential(in_an_hour(f"for {tenant}"))

    async def fetched() -> list[str]:
        tokens = AzureTokens(make=make)
        several = await asyncio.gather(*(tokens.token(name) for name in ("A", "a", "b", None)))
        return [token.reveal() for token in several]

    assert asyncio.run(fetched()) == ["for A", "for A", "for b", "for None"]
    assert made == ["A", "b", None]


def test_the_scope_is_the_clouds_own() -> None:
    credential = Credential(in_an_hour("x"))

    async def fetched() -> Token:
        return await AzureTokens(cloud="AzureUSGovernment", make=lambda _: credential).token(TENANT)

    assert asyncio.run(fetched()).reveal() == "x"
    assert credential.asked == [(("https://management.usgovcloudapi.net/.default",), TENANT)]


def test_a_fresh_token_comes_from_a_new_credential() -> None:
    """A credential keeps its tokens: asking the old one again would bring the refused token back."""
    credentials = [Credential(in_an_hour("old")), Credential(in_an_hour("new"))]

    async def fetched() -> tuple[str, str, str]:
        tokens = AzureTokens(make=lambda _: credentials.pop(0))
        first = await tokens.token(None)
        fresh = await tokens.token(None, fresh=True)
        return first.reveal(), fresh.reveal(), (await tokens.token(None)).reveal()

    assert asyncio.run(fetched()) == ("old", "new", "new")


@pytest.mark.parametrize(
    ("lifetime", "kept_for", "reason"),
    [
        (3600, 3300, "until five minutes before its end"),
        (200, 60, "a short one for a minute"),
        (-90_000, 60, "a clock a day ahead must not ask for each request (F-097)"),
    ],
)
def test_a_token_is_kept_as_long_as_it_is_good(lifetime: int, kept_for: int, reason: str) -> None:
    clock = Standing()
    credential = Credential(*[Access(str(n), int(clock.now().timestamp()) + lifetime) for n in range(2)])

    async def fetched() -> list[str]:
        tokens = AzureTokens(make=lambda _: credential, clock=clock)
        found = [await tokens.token(None)]
        clock.seconds = kept_for - 1
        found.append(await tokens.token(None))
        clock.seconds = kept_for + 1
        found.append(await tokens.token(None))
        return [token.reveal() for token in found]

    assert asyncio.run(fetched()) == ["0", "0", "1"], reason


CHAIN = """DefaultAzureCredential failed to retrieve a token from the included credentials.
Attempted credentials:
\tEnvironmentCredential: EnvironmentCredential authentication unavailable. Environment variables are not set.
\tAzureCliCredential: Please run 'az login' to set up an account; secret was CANARY-SECRET
To mitigate this issue, please refer to the guidelines at https://aka.ms/x?y=CANARY-QUERY."""


def failing(problem: Exception, kind: str = "default") -> CredentialError:
    async def fetched() -> CredentialError:
        with pytest.raises(CredentialError) as found:
            await AzureTokens(kind=kind, make=lambda _: Credential(problem)).token(TENANT)
        return found.value

    return asyncio.run(fetched())


def test_a_failed_sign_in_names_tenant_and_each_credential_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-098, F-128."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "CANARY-SECRET")
    error = failing(ClientAuthenticationError(CHAIN))
    assert error.tenant == TENANT
    for words in (TENANT, "EnvironmentCredential", "AzureCliCredential", "az login"):
        assert words in str(error)
    assert "CANARY" not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "problem",
    [ValueError("'tenant_id' is malformed"), OSError("no such file"), ClientAuthenticationError("no")],
)
def test_every_failure_of_a_credential_is_a_credential_error(problem: Exception) -> None:
    """F-098."""
    error = failing(problem, "workload-identity")
    assert "workload-identity" in str(error)
    assert error.__cause__ is problem


def test_a_bug_inside_a_credential_is_not_hidden() -> None:
    async def fetched() -> None:
        await AzureTokens(make=lambda _: Credential(KeyError("ours"))).token(None)

    with pytest.raises(KeyError, match="ours"):
        asyncio.run(fetched())


def test_a_failed_sign_in_is_not_repeated_for_everybody_who_waits() -> None:
    """F-098: five hundred accounts do not wait a minute each."""
    clock = Standing()
    credential = Credential(ClientAuthenticationError("no"), in_an_hour("later"))

    async def fetched() -> tuple[int, str]:
        tokens = AzureTokens(make=lambda _: credential, clock=clock)
        several = await asyncio.gather(*(tokens.token(None) for _ in range(9)), return_exceptions=True)
        clock.seconds = 61.0
        failures = sum(isinstance(one, CredentialError) for one in several)
        return failures, (await tokens.token(None)).reveal()

    assert asyncio.run(fetched()) == (9, "later")
    assert len(credential.asked) == 2


def test_a_sign_in_that_hangs_ends_after_a_minute() -> None:
    """F-098: and its thread does not keep the process alive."""
    released = threading.Event()

    class Hanging:
        def get_token(self, *_: str, tenant_id: str | None = None, claims: str | None = None) -> Access:
            del tenant_id, claims
            released.wait()
            return Access("late", 0)

    async def fetched() -> tuple[str, float]:
        with pytest.raises(CredentialError) as found:
            await AzureTokens(kind="cli", make=lambda _: Hanging(), clock=VirtualClock()).token(TENANT)
        waiting = [thread for thread in threading.enumerate() if thread.name.startswith("sign-in")]
        assert all(thread.daemon for thread in waiting)
        return str(found.value), VirtualClock().monotonic()

    try:
        words, seconds = run(fetched())
    finally:
        released.set()
    assert seconds == 60.0
    assert TENANT in words
    assert "--credential cli" in words


def test_each_credential_of_a_chain_is_told_up_to_the_one_that_has_a_token() -> None:
    """One says why not, one hangs, one signs in; the one behind it is not asked."""
    released = threading.Event()
    refused = Credential(ClientAuthenticationError("no settings in the environment"))
    having, unasked = Credential(in_an_hour(jwt(appid="app-1"))), Credential()

    class Hanging:
        def get_token(self, *_: str, tenant_id: str | None = None, claims: str | None = None) -> Access:
            del tenant_id, claims
            released.wait()
            return Access("late", 0)

    class Chain(Credential):
        credentials = (refused, Hanging(), having, unasked)

    async def told() -> tuple[Attempt, ...]:
        return await attempts(AzureTokens(make=lambda _: Chain(), clock=VirtualClock()), TENANT)

    try:
        found = run(told())
    finally:
        released.set()
    assert [(one.name, one.reason) for one in found] == [
        ("Credential", "no settings in the environment"),
        ("Hanging", "no answer within 60 s"),
        ("Credential", ""),
    ]
    assert [one.client for one in found] == [None, None, "app-1"]
    assert unasked.asked == []


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("default", "DefaultAzureCredential"),
        ("cli", "AzureCliCredential"),
        ("environment", "EnvironmentCredential"),
        ("workload-identity", "WorkloadIdentityCredential"),
        ("managed-identity", "ManagedIdentityCredential"),
    ],
)
def test_each_kind_is_azure_identitys_own(kind: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.arm.azure_credential import azure_credential  # noqa: PLC0415 -- beside what it tests

    monkeypatch.setenv("AZURE_CLIENT_ID", "id")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/dev/null")
    credential = azure_credential(kind, "login.microsoftonline.com", TENANT, Network())
    assert type(credential).__name__ == wanted


@pytest.mark.parametrize(("kind", "cloud"), [("password", "AzureCloud"), ("default", "emulator")])
def test_an_unknown_kind_or_cloud_is_a_usage_problem(kind: str, cloud: str) -> None:
    async def fetched() -> None:
        await AzureTokens(kind=kind, cloud=cloud).token(None)

    with pytest.raises(UsageProblem, match="there are"):
        asyncio.run(fetched())


# -- the emulator's ------------------------------------------------------------------------------------------


def emulator_token(over: httpx.AsyncBaseTransport, tenant: str | None = TENANT) -> Token:
    async def fetched() -> Token:
        tokens = EmulatorTokens("http://127.0.0.1:8080", transport=over, clock=VirtualClock())
        return await tokens.token(tenant)

    return run(fetched())


def test_the_emulator_is_asked_at_its_own_address() -> None:
    over = wire(lambda: reply(200, {"access_token": "CANARY", "expires_in": 3599}))
    assert emulator_token(over).reveal() == "CANARY"
    assert str(over.requests[0].url) == f"http://127.0.0.1:8080/{TENANT}/oauth2/v2.0/token"
    assert b"grant_type=client_credentials" in over.requests[0].content


def test_without_a_tenant_the_emulators_first_one_is_asked() -> None:
    over = wire(lambda: reply(200, {"access_token": "x", "expires_in": 3599}))
    emulator_token(over, None)
    assert EMULATOR_TENANT in str(over.requests[0].url)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: reply(
            400, {"error": "invalid_request", "error_description": "AADSTS90002: Tenant not found."}
        ),
        lambda: reply(200, {"access_token": 5, "expires_in": 1}),
        lambda: reply(200, b"<html>"),
        lambda: httpx.ConnectError("refused"),
    ],
)
def test_an_emulator_without_a_token_is_a_credential_error(answer: Maker) -> None:
    with pytest.raises(CredentialError, match=TENANT) as found:
        emulator_token(wire(answer))
    assert "127.0.0.1" in str(found.value)


@pytest.mark.parametrize(
    "endpoint", ["https://management.azure.com", "http://10.0.0.1", "https://localhost.evil", ""]
)
def test_the_emulators_tokens_are_asked_for_on_this_machine_only(endpoint: str) -> None:
    """F-135, F-136."""
    with pytest.raises(UsageProblem, match="this machine"):
        EmulatorTokens(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "tokens", "words"),
    [
        ("http://127.0.0.1:8080", AzureTokens(), "real credentials are not used"),
        ("https://127.0.0.1:8080", AzureTokens(), "real credentials are not used"),
        ("https://management.azure.com", EmulatorTokens("http://127.0.0.1"), "open nothing"),
        ("http://management.azure.com", CountedTokens(), "not an ARM endpoint"),
        ("https://me:CANARY@management.azure.com", CountedTokens(), "not an ARM endpoint"),
        ("https://management.azure.com/subscriptions", CountedTokens(), "not an ARM endpoint"),
    ],
)
def test_tokens_and_endpoint_must_belong_together(
    endpoint: str, tokens: AzureTokens | EmulatorTokens | CountedTokens, words: str
) -> None:
    """F-135."""
    with pytest.raises(UsageProblem, match=words):
        ArmClient(ArmSettings(endpoint=endpoint), tokens, VirtualClock())


def test_no_tenant_of_the_environment_is_used_with_an_emulator() -> None:
    """AZURE_TENANT_ID names a real tenant, which no emulator knows."""
    over = wire(lambda: reply(200, resource()))
    seen = ask(
        over,
        lambda arm: arm.get_deployment(CHAT),
        endpoint="http://127.0.0.1",
        tenants={},
        default_tenant=TENANT,
    )
    assert seen.tokens.fetched == [None]


# -- the token itself ----------------------------------------------------------------------------------------


def test_a_token_is_never_printed(caplog: pytest.LogCaptureFixture) -> None:
    """F-128."""
    token = Token("CANARY")
    logging.getLogger("reconciler.arm").warning("%s %r", token, [token])
    assert f"{token} {token!r} {[token]}" == "*** *** [***]"
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize(
    ("secret", "client"),
    [
        (jwt(appid="app-1", oid="o"), "app-1"),
        (jwt(azp="app-2"), "app-2"),
        (jwt(oid="person"), "person"),
        (jwt(appid=5), "unknown"),
        ("opaque", "unknown"),
        ("a.%%%.c", "unknown"),
        ("a.WzFd.c", "unknown"),
    ],
)
def test_a_tokens_client_is_read_for_messages(secret: str, client: str) -> None:
    assert Token(secret).client == client


def test_the_tenant_of_a_subscription_is_found_in_any_case() -> None:
    over = wire(lambda: reply(200, resource()))
    seen = ask(over, lambda arm: arm.get_deployment(CHAT), tenants={SUBSCRIPTION.upper(): TENANT})
    assert seen.tokens.fetched == [TENANT]

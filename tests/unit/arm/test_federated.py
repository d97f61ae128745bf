"""Signing in where a build system vouches for the job."""

from collections.abc import Callable

import httpx
import pytest

from reconciler.arm.federated import federated_credential, github_assertion
from reconciler.arm.network import Network

NETWORK = Network(environ={})
AUTHORITY = "login.microsoftonline.com"
TENANT = "aaaaaaaa-0000-0000-0000-000000000001"
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example/idtoken?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "CANARY-request",
    "AZURE_CLIENT_ID": "bbbbbbbb-0000-0000-0000-000000000002",
}
PIPELINES = {
    "SYSTEM_OIDCREQUESTURI": "https://dev.azure.example/oidc",
    "SYSTEM_ACCESSTOKEN": "CANARY-access",
    "AZURESUBSCRIPTION_CLIENT_ID": "bbbbbbbb-0000-0000-0000-000000000002",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "cccccccc-0000-0000-0000-000000000003",
}


def assertion(
    answer: Callable[[httpx.Request], httpx.Response], authority: str = AUTHORITY
) -> tuple[Callable[[], str], list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    return github_assertion(authority, GITHUB, network=NETWORK, transport=httpx.MockTransport(handle)), seen


def test_each_sign_in_asks_github_for_a_new_assertion_because_one_lives_minutes() -> None:
    numbers = iter(range(9))
    ask, seen = assertion(lambda _: httpx.Response(200, json={"value": f"id-token-{next(numbers)}"}))
    assert [ask(), ask()] == ["id-token-0", "id-token-1"]
    assert dict(seen[0].url.params) == {"api-version": "2.0", "audience": "api://AzureADTokenExchange"}
    assert seen[0].headers["Authorization"] == "Bearer CANARY-request"


def test_a_sovereign_cloud_has_an_audience_of_its_own() -> None:
    ask, seen = assertion(lambda _: httpx.Response(200, json={"value": "t"}), "login.microsoftonline.us")
    ask()
    assert seen[0].url.params["audience"] == "api://AzureADTokenExchangeUSGov"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
            "a redirect would carry the token away",
        ),
        (httpx.Response(403, json={"message": "no"}), "refused"),
        (httpx.Response(200, json={"value": 7}), "no text"),
        (httpx.Response(200, text="<html>"), "no JSON"),
    ],
)
def test_no_identity_token_is_one_sentence_without_the_secret(answer: httpx.Response, reason: str) -> None:
    ask, seen = assertion(lambda _: answer)
    with pytest.raises(ValueError, match="GitHub gave the job no identity token") as raised:
        ask()
    assert "CANARY" not in str(raised.value), reason
    assert len(seen) == 1


def test_the_request_token_goes_to_https_only() -> None:
    plain = GITHUB | {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://pipelines.example/"}
    with pytest.raises(ValueError, match="not an https address"):
        github_assertion(AUTHORITY, plain, network=NETWORK)


@pytest.mark.parametrize(
    ("environ", "credential"),
    [
        (GITHUB, "ClientAssertionCredential"),
        (PIPELINES, "AzurePipelinesCredential"),
        (GITHUB | {"AZURE_FEDERATED_TOKEN_FILE": "/run/token"}, "WorkloadIdentityCredential"),
    ],
)
def test_the_build_system_that_is_there_vouches_and_a_file_wins(
    environ: dict[str, str], credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():  # azure-identity reads some of them itself
        monkeypatch.setenv(name, value)
    assert type(federated_credential(AUTHORITY, TENANT, environ, NETWORK, {})).__name__ == credential


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        (GITHUB, "AZURE_CLIENT_ID"),
        (GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        (PIPELINES, "SYSTEM_ACCESSTOKEN"),
    ],
)
def test_a_missing_variable_is_named(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(ValueError, match=f"{missing} is not set"):
        federated_credential(
            AUTHORITY,
            TENANT,
            {name: text for name, text in environ.items() if name != missing},
            NETWORK,
            {},
        )

"""An endpoint that does not know our api-version (F-020)."""

import httpx
import pytest

from reconciler.arm.api_version import lost_in, newest_usable, offered
from reconciler.arm.client import ArmClient
from reconciler.errors import InvalidRequest
from tests.unit.arm.scripted import ACCOUNT, CHAT, ask, put, refusal, reply, resource, wire

LISTED = "2025-09-01, 2025-07-01-preview, 2024-10-01, 2021-10-01"


def refused(versions: str = LISTED) -> str:
    return (
        "No registered resource provider found for location 'eastus2' and API version '2026-09-01' for type "
        f"'accounts/deployments'. The supported api-versions are '{versions}'. The locations are 'x'."
    )


def unknown_version() -> httpx.Response:
    return refusal(400, "NoRegisteredProviderFound", refused())


def test_the_offered_versions_are_read_from_arms_words() -> None:
    assert offered(refused()) == ("2025-09-01", "2025-07-01-preview", "2024-10-01", "2021-10-01")
    assert offered("something else") == ()


@pytest.mark.parametrize(
    ("versions", "wanted", "reason"),
    [
        (LISTED, "2025-09-01", "the newest stable one"),
        ("2026-10-01-preview, 2024-10-01", "2024-10-01", "no preview"),
        ("2022-12-01, 2021-10-01", None, "none of them can say a capacity"),
        ("", None, "nothing offered"),
        ("2026-09-01, 2025-09-01", None, "ours is offered: the location is what is missing"),
        ("latest, 2024-10-01", "2024-10-01", "only dates are versions"),
    ],
)
def test_the_newest_usable_version_is_taken(versions: str, wanted: str | None, reason: str) -> None:
    assert newest_usable(refused(versions), "2026-09-01") == wanted, reason


def test_what_an_older_version_cannot_carry_is_named() -> None:
    assert lost_in("2025-06-01") == "serviceTier, deploymentState, routing"
    assert "spilloverDeploymentName" in lost_in("2024-10-01")
    assert "tags (the owner mark is one)" in lost_in("2023-05-01")
    assert "parentDeploymentName" in lost_in("2023-05-01")
    assert lost_in("2026-09-01") == ""


def test_the_client_settles_on_a_version_once_and_warns_once() -> None:
    over = wire(unknown_version, lambda: reply(200, resource()))

    async def question(arm: ArmClient) -> None:
        await arm.get_deployment(CHAT)
        await put(arm, {})

    seen = ask(over, question)
    assert seen.problem is None
    versions = [request.url.params["api-version"] for request in over.requests]
    assert versions == ["2026-09-01", "2025-09-01", "2025-09-01", "2025-09-01"]
    assert len(seen.warnings) == 1
    assert "serviceTier" in seen.warnings[0]


def test_the_look_before_a_write_settles_the_version_of_both() -> None:
    over = wire(unknown_version, lambda: reply(200, resource()), lambda: reply(201, resource()))
    seen = ask(over, lambda arm: put(arm, {}))
    assert seen.value.deployment is not None
    assert [request.method for request in over.requests] == ["GET", "GET", "PUT"]
    assert {request.url.params["api-version"] for request in over.requests[1:]} == {"2025-09-01"}


def test_other_types_settle_for_themselves_and_in_silence() -> None:
    over = wire(unknown_version, lambda: reply(200, {"id": str(ACCOUNT), "location": "eastus2"}))
    seen = ask(over, lambda arm: arm.get_account(ACCOUNT))
    assert seen.value.id == ACCOUNT
    assert seen.warnings == []


def test_a_version_that_the_user_chose_is_kept_and_the_refusal_lists_the_others() -> None:
    """F-020."""
    over = wire(unknown_version)
    seen = ask(over, lambda arm: arm.get_deployment(CHAT), api_version="2025-12-01")
    assert isinstance(seen.problem, InvalidRequest)
    assert "2026-09-01" in seen.words
    assert "2024-10-01" in seen.words
    assert len(over.requests) == 1


def test_an_endpoint_that_refuses_what_it_offered_is_not_asked_for_ever() -> None:
    over = wire(unknown_version)
    seen = ask(over, lambda arm: arm.get_deployment(CHAT))
    assert isinstance(seen.problem, InvalidRequest)
    assert len(over.requests) == 2


def test_a_chosen_version_that_loses_fields_is_said_before_anything_is_written() -> None:
    over = wire(lambda: reply(200, resource()))
    seen = ask(over, lambda arm: arm.get_deployment(CHAT), api_version="2025-06-01")
    (warning,) = seen.warnings
    assert "2025-06-01 was chosen, which cannot carry serviceTier, deploymentState, routing" in warning
    assert "a write may reset what is set there" in warning

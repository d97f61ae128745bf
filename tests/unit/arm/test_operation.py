"""Long-running operations: which address, and where it stands."""

import json

import pytest

from reconciler.arm.operation import address, reference, state_of
from reconciler.arm.origin import Origin
from reconciler.domain.operation import OperationRef, OperationState, OperationStatus
from tests.unit.arm.scripted import CHAT, OPERATION

HOME = Origin(scheme="https", host="arm.example", port=443)
FOLLOWED = OperationRef(url=OPERATION, ends_by_status=True, target=CHAT)
LOCATED = OperationRef(url=OPERATION, ends_by_status=False, target=CHAT)
RUNNING, SUCCEEDED, FAILED, CANCELED, UNREADABLE = OperationStatus


def look(
    body: object = None,
    *,
    status: int = 200,
    asked: OperationRef = FOLLOWED,
    headers: dict[str, str] | None = None,
) -> OperationState:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return state_of(asked, status=status, headers=headers or {}, body=content, home=HOME)


@pytest.mark.parametrize(
    ("headers", "status", "found", "reason"),
    [
        ({}, 201, None, "no header: the item itself is polled (F-062)"),
        ({"azure-asyncoperation": OPERATION}, 201, (OPERATION, True), "the usual form"),
        ({"location": OPERATION}, 202, (OPERATION, False), "Location with a 202 (F-064)"),
        ({"location": OPERATION}, 201, None, "Location with a 201 names the resource"),
        ({"location": "x", "azure-asyncoperation": OPERATION}, 202, (OPERATION, True), "both (F-063)"),
    ],
)
def test_the_right_header_is_followed(
    headers: dict[str, str], status: int, found: tuple[str, bool] | None, reason: str
) -> None:
    assert address(headers, status) == found, reason


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/op?s=CANARY",
        "https://arm.example:8443/op?s=CANARY",
        "http://arm.example/op?s=CANARY",
        "https://user:CANARY@arm.example/op",
        "https://arm.example.evil.example/op?s=CANARY",
        "/op?s=CANARY",
        "",
        "https://arm.example/" + "x" * 9000,
    ],
)
def test_a_foreign_operation_address_is_not_followed_and_warned_of_once(url: str) -> None:
    """F-066, F-067."""
    found, warning = reference({"azure-asyncoperation": url}, 201, CHAT, HOME)
    assert found is None
    assert "https://arm.example" in warning
    assert "CANARY" not in warning.replace("user:CANARY@", "")
    assert len(warning) < 700


def test_an_operation_of_the_endpoint_is_followed_verbatim() -> None:
    assert reference({"azure-asyncoperation": OPERATION}, 201, CHAT, HOME) == (FOLLOWED, "")


def test_an_answer_without_an_address_is_nothing_to_warn_of() -> None:
    """F-062."""
    assert reference({}, 201, CHAT, HOME) == (None, "")


def test_a_refused_address_is_named_without_its_query() -> None:
    """F-066, F-128."""

    def warned(url: str) -> str:
        return reference({"azure-asyncoperation": url}, 201, CHAT, HOME)[1]

    def words(shown: str) -> str:
        return (
            f"{CHAT}: ARM named an address for this operation that is not one of https://arm.example "
            f"({shown}); it was not requested, since a token goes to no other place. The deployment "
            "itself is looked at instead"
        )

    assert warned("https://evil.example/op?s=CANARY?t=CANARY") == words("https://evil.example/op")
    assert warned("") == words("an empty one")
    assert "…" in warned("https://evil.example/" + "x" * 60)
    assert "…" not in warned("https://evil.example/" + "x" * 59)


def test_the_address_is_not_in_any_repr() -> None:
    """I-14, F-128."""
    assert "CANARY" not in repr(FOLLOWED) + repr(OperationState(status=RUNNING, next=FOLLOWED))


@pytest.mark.parametrize(
    ("word", "wanted", "reason"),
    [
        ("Succeeded", SUCCEEDED, "the end"),
        ("SUCCEEDED", SUCCEEDED, "any case (F-057)"),
        ("Failed", FAILED, "F-055"),
        ("Canceled", CANCELED, "F-057"),
        ("cancelled", CANCELED, "F-057"),
        ("Creating", RUNNING, "recorded"),
        ("Updating", RUNNING, "recorded"),
        ("Accepted", RUNNING, "recorded"),
        ("InProgress", RUNNING, "ARM's guideline"),
        ("Frobnicating", RUNNING, "F-058"),
        ("Succeeded ", RUNNING, "not the word itself"),
    ],
)
def test_only_four_words_end_an_operation(word: str, wanted: OperationStatus, reason: str) -> None:
    """F-057, F-058."""
    assert look({"status": word}).status is wanted, reason


@pytest.mark.parametrize(
    "body",
    [{}, {"status": None}, {"status": 3}, {"status": ""}, {"status": ["Succeeded"]}, [], None, b"<html>"],
)
def test_a_status_that_is_not_there_is_unreadable(body: object) -> None:
    """F-059: the item is looked at instead."""
    assert look(body) == OperationState(status=UNREADABLE)


@pytest.mark.parametrize("status", [199, 300, 301, 302, 400, 401, 403, 404, 405, 409, 410])
def test_an_operation_that_may_not_be_read_has_not_failed(status: int) -> None:
    """F-060."""
    assert look({"error": {"code": "NotFound", "message": "x"}}, status=status).status is UNREADABLE
    assert look({"status": "Succeeded"}, status=status).status is UNREADABLE, "nor has it succeeded"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_trouble_leaves_it_running(status: int) -> None:
    """F-061."""
    found = look(b"", status=status, headers={"retry-after": "7"})
    assert found == OperationState(status=RUNNING, retry_after=7.0)


def test_a_failure_carries_arms_own_words_innermost_code_first() -> None:
    """F-055."""
    error = {
        "code": "DeploymentFailed",
        "message": "outer",
        "details": [{"code": "InsufficientQuota", "message": "none left"}],
    }
    found = look({"status": "Failed", "error": error})
    assert (found.status, found.code) == (FAILED, "InsufficientQuota")
    assert found.message == "outer · InsufficientQuota: none left"


def test_a_failure_without_an_error_still_has_a_code() -> None:
    """F-055."""
    assert look({"status": "Canceled"}) == OperationState(status=CANCELED, code="Canceled")
    nameless = {"error": {"message": "x"}}
    assert look(nameless, asked=LOCATED) == OperationState(status=FAILED, code="Failed", message="x")


def test_a_failing_word_is_printable() -> None:
    assert look({"status": "Failed", "error": {"code": "a\x1b[31mb", "message": "x\ny"}}).code == "ab"


@pytest.mark.parametrize(
    ("status", "body", "wanted", "reason"),
    [
        (202, None, RUNNING, "still going"),
        (202, {"status": "Succeeded"}, RUNNING, "the code decides, not the body"),
        (200, None, SUCCEEDED, "F-064"),
        (204, None, SUCCEEDED, "F-064"),
        (200, {"id": "x"}, SUCCEEDED, "the resource"),
        (200, {"error": {"code": "Bad", "message": "x"}}, FAILED, "F-046"),
        (200, b"<html>", UNREADABLE, "a proxy's page is no end"),
        (404, None, UNREADABLE, "F-060"),
        (503, None, RUNNING, "F-061"),
    ],
)
def test_a_location_is_followed_by_status_code(
    status: int, body: object, wanted: OperationStatus, reason: str
) -> None:
    """F-060, F-064."""
    assert look(body, status=status, asked=LOCATED).status is wanted, reason


def test_a_202_without_a_body_is_still_going() -> None:
    """F-064."""
    assert look(None, status=202).status is RUNNING


def test_the_latest_retry_after_counts() -> None:
    """F-065."""
    assert look({"status": "Creating"}, headers={"retry-after": "17"}).retry_after == 17.0
    assert look({"status": "Creating"}).retry_after is None


def test_a_new_address_replaces_the_old_one() -> None:
    """F-074."""
    there = OPERATION.replace("0d1e2f", "other")
    found = look({"status": "Creating"}, headers={"azure-asyncoperation": there})
    assert found.next == OperationRef(url=there, ends_by_status=True, target=CHAT)
    located = look(None, status=202, asked=LOCATED, headers={"location": there})
    assert located.next == OperationRef(url=there, ends_by_status=False, target=CHAT)


def test_the_same_address_again_is_no_news() -> None:
    assert look({"status": "Creating"}, headers={"azure-asyncoperation": OPERATION}).next is None


def test_a_location_beside_a_followed_status_is_not_taken_for_the_next_address() -> None:
    assert look({"status": "Creating"}, headers={"location": OPERATION + "x"}).next is None


def test_a_new_foreign_address_ends_the_following() -> None:
    """F-066, F-074."""
    found = look({"status": "Creating"}, headers={"azure-asyncoperation": "https://evil.example/op"})
    assert found == OperationState(status=UNREADABLE)

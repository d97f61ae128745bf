"""What an error means: code first, nested codes too, status last."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.arm.classify import (
    ArmFault,
    Kind,
    fault_in,
    rejection,
    says_account_is_gone,
    says_item_is_absent,
)
from reconciler.errors import (
    ArmRejected,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    Throttled,
)
from tests.unit.arm.scripted import ACCOUNT, CHAT

RECORDINGS = Path(__file__).parents[2] / "recordings"


def fault(status: int, code: str, message: str = "no", **more: Any) -> ArmFault:  # noqa: ANN401 -- JSON
    found = fault_in(status, {"error": {"code": code, "message": message, **more}})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "code", "kind", "reason"),
    [
        (409, "RequestConflict", Kind.QUEUE, "the account is busy (F-032)"),
        (409, "requestconflict", Kind.QUEUE, "case does not matter (F-049)"),
        (400, "AccountProvisioningStateInvalid", Kind.QUEUE, "the account settles (F-079)"),
        (409, "AnotherOperationInProgress", Kind.QUEUE, "as it says"),
        (429, "", Kind.THROTTLE, "the status says enough"),
        (429, "SomethingNew", Kind.THROTTLE, "an unknown code goes by status"),
        (503, "TooManyRequests", Kind.THROTTLE, "the code wins over the status"),
        (400, "InsufficientQuota", Kind.QUOTA, "F-018"),
        (429, "InsufficientQuota", Kind.QUOTA, "waiting brings no quota (F-018)"),
        (400, "ResourceQuotaExceeded", Kind.QUOTA, "its kin"),
        (401, "ExpiredAuthenticationToken", Kind.SIGN_IN, "F-021"),
        (403, "AuthorizationFailed", Kind.RIGHTS, "F-023"),
        (403, "LinkedAuthorizationFailed", Kind.RIGHTS, "F-024"),
        (403, "RequestDisallowedByPolicy", Kind.RIGHTS, "a policy"),
        (409, "ScopeLocked", Kind.RIGHTS, "a lock, whatever status it comes with (F-036)"),
        (403, "", Kind.RIGHTS, "the status says enough"),
        (404, "NotFound", Kind.ABSENT, "F-026"),
        (404, "SubscriptionNotFound", Kind.ABSENT, "F-027"),
        (408, "", Kind.TRANSIENT, "F-031"),
        (500, "InternalServerError", Kind.TRANSIENT, "F-043"),
        (500, "SomethingNew", Kind.TRANSIENT, "an unknown code goes by status"),
        (499, "SomethingNew", Kind.REFUSED, "an unknown code goes by status"),
        (502, "", Kind.TRANSIENT, "F-044"),
        (503, "SomethingNew", Kind.TRANSIENT, "F-044"),
        (504, "GatewayTimeout", Kind.TRANSIENT, "F-044"),
        (200, "GatewayTimeout", Kind.TRANSIENT, "inside a 200 the code still says so (F-046)"),
        (200, "SomethingNew", Kind.REFUSED, "F-046"),
        (412, "PreconditionFailed", Kind.STALE, "F-035"),
        (400, "DeploymentModelNotSupported", Kind.REFUSED, "F-019"),
        (409, "FlagMustBeSetForRestore", Kind.REFUSED, "an unknown 409 is no queue (F-033)"),
        (410, "", Kind.REFUSED, "F-034"),
        (413, "", Kind.REFUSED, "too large"),
        (423, "", Kind.REFUSED, "F-036"),
        (405, "", Kind.OUR_BUG, "F-030"),
        (406, "", Kind.OUR_BUG, "F-030"),
        (415, "", Kind.OUR_BUG, "F-030"),
        (501, "", Kind.OUR_BUG, "F-030: no repetition helps"),
    ],
)
def test_an_error_is_classified(status: int, code: str, kind: Kind, reason: str) -> None:
    assert ArmFault(status=status, code=code, message="no").kind is kind, reason


def test_a_nested_code_decides_where_the_outer_one_says_nothing() -> None:
    nested = fault(
        400,
        "InvalidTemplateDeployment",
        details=[{"code": "Outer", "details": [{"code": "InsufficientQuota", "message": "none left"}]}],
    )
    assert nested.kind is Kind.QUOTA
    assert nested.details == (("Outer", ""), ("InsufficientQuota", "none left"))
    assert "InsufficientQuota: none left" in nested.text


def test_an_account_still_in_state_accepted_is_a_queue() -> None:
    text = "Call to Microsoft.CognitiveServices/accounts failed. Error message: Account acc in state Accepted"
    assert fault(400, "SomethingElse", text).kind is Kind.QUEUE
    assert fault(403, "SomethingElse", text).kind is Kind.RIGHTS


def test_inner_errors_are_read_and_bounded() -> None:
    deep: dict[str, Any] = {"code": "L9", "message": "deep"}
    for level in range(9, 0, -1):
        deep = {"code": f"L{level}", "innererror": deep, "details": [{"code": "x"}] * 50}
    found = fault(400, "Top", innererror=deep)
    assert len(found.details) == 20
    assert {code for code, _ in found.details} <= {"L1", "L2", "L3", "L4", "L5", "x"}


def test_an_error_nested_five_deep_is_still_found() -> None:
    deep: dict[str, Any] = {"code": "InsufficientQuota", "message": "none left"}
    for _ in range(4):
        deep = {"code": "Wrapper", "details": [deep]}
    assert fault(400, "Top", details=[deep]).kind is Kind.QUOTA


@pytest.mark.parametrize(
    ("status", "body", "code", "reason"),
    [
        (412, {"code": "PreconditionFailed", "message": "etag"}, "PreconditionFailed", "recorded unwrapped"),
        (400, {"Code": "Bad", "Message": "x"}, "Bad", "in capitals"),
        (400, {"Error": {"Code": "Bad"}}, "Bad", "wrapped in capitals"),
        (400, {"error": "invalid_request", "message": "x"}, "invalid_request", "OAuth's shape"),
        (200, {"error": {"code": "Bad", "message": "x"}}, "Bad", "F-046"),
    ],
)
def test_every_known_envelope_is_read(status: int, body: object, code: str, reason: str) -> None:
    found = fault_in(status, body)
    assert found is not None, reason
    assert found.code == code, reason


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"code": "fine", "message": "a resource may have these"}),
        (200, {"error": None, "status": "Succeeded"}),
        (400, {"unrelated": True}),
        (400, []),
        (400, None),
    ],
)
def test_what_is_no_error_is_none(status: int, body: object) -> None:
    assert fault_in(status, body) is None


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [
        (409, "RequestConflict", Conflict),
        (429, "X", Throttled),
        (401, "X", Forbidden),
        (403, "X", Forbidden),
        (400, "InsufficientQuota", QuotaExceeded),
        (404, "NotFound", NotFound),
        (412, "X", InvalidRequest),
        (400, "X", InvalidRequest),
        (405, "X", InvalidRequest),
    ],
)
def test_each_kind_has_its_exception(status: int, code: str, wanted: type[ArmRejected]) -> None:
    error = rejection(fault(status, code), operation="write", target="t", request_id="r", retry_after=3.0)
    assert type(error) is wanted
    assert (error.status, error.code, error.request_id, error.retry_after) == (status, code, "r", 3.0)


def test_an_error_shows_operation_target_code_message_and_request_id() -> None:
    error = rejection(
        fault(400, "InvalidCapacity", "should be at least 1"),
        operation="write deployment",
        target="acc/chat",
        request_id="abc-1",
    )
    assert (
        str(error) == "write deployment acc/chat: 400 InvalidCapacity: should be at least 1 (request abc-1)"
    )


def test_our_own_mistake_is_called_one() -> None:
    """F-030."""
    assert "report it" in str(rejection(fault(405, "MethodNotAllowed"), operation="o", target="t"))


def test_a_429_may_say_its_seconds_in_the_text_alone() -> None:
    recorded = json.loads((RECORDINGS / "generic_arm_errors.json").read_text())["interactions"]
    bodies = [(i["response"]["status"], i["response"]["body"]) for i in recorded if "body" in i["response"]]
    found = [fault_in(status, body) for status, body in bodies if status == 429]
    assert [one.seconds_in_text for one in found if one] == [6.0, 324.0]


def absent(code: str, message: str, cause: str = "", status: int = 404) -> bool:
    return says_item_is_absent(fault(status, code, message), str(CHAT), gateway=cause == "gateway")


@pytest.mark.parametrize(
    ("found", "wanted", "reason"),
    [
        (absent("NotFound", f"Specified resource '{CHAT}' cannot be found."), True, "recorded, 2025-06-01"),
        (absent("NotFound", f"Specified resource '{str(CHAT).upper()}' cannot be found."), True, "F-049"),
        (absent("NotFound", "gone"), True, "the provider's word without an id"),
        (
            absent("NotFound", f"Specified resource '{ACCOUNT}' cannot be found."),
            False,
            "it names the account",
        ),
        (absent("NotFound", "gone", cause="gateway"), False, "not the provider's word"),
        (absent("ResourceNotFound", "gone"), False, "the account's code (F-027)"),
        (absent("ParentResourceNotFound", "gone"), False, "F-027"),
        (absent("ResourceGroupNotFound", "gone"), False, "F-027"),
        (absent("SubscriptionNotFound", "gone"), False, "F-027"),
        (absent("NotFound", "gone", status=403), False, "no 404"),
    ],
)
def test_absence_is_believed_only_of_the_very_item(found: bool, wanted: bool, reason: str) -> None:
    """F-026."""
    assert found is wanted, reason


@pytest.mark.parametrize(
    ("code", "message", "wanted", "reason"),
    [
        (
            "ResourceNotFound",
            "The Resource 'Microsoft.CognitiveServices/accounts/acc' under …",
            True,
            "recorded",
        ),
        (
            "ParentResourceNotFound",
            f"… because the parent resource '{ACCOUNT}' could not be found.",
            True,
            "",
        ),
        ("ResourceNotFound", "The Resource 'Microsoft.CognitiveServices/accounts/acc2' …", False, "another"),
        ("SubscriptionNotFound", f"'{ACCOUNT}'", False, "may be the wrong tenant"),
        ("ResourceGroupNotFound", f"'{ACCOUNT}'", False, "may be the wrong tenant"),
    ],
)
def test_an_account_is_gone_only_where_the_code_says_this_very_account(
    code: str, message: str, wanted: bool, reason: str
) -> None:
    """F-027."""
    assert says_account_is_gone(fault(404, code, message), str(ACCOUNT), ACCOUNT.name) is wanted, reason


def test_a_denial_names_the_assignment_and_the_definition_of_its_policy() -> None:
    """F-145; the shape is that of Microsoft.Authorization's policy errors."""
    info = {
        "policyAssignmentDisplayName": "Approved models only",
        "policyAssignmentName": "a1",
        "policyDefinitionName": "d1",
    }
    body = {
        "error": {
            "code": "RequestDisallowedByPolicy",
            "message": "Resource 'chat' was disallowed by policy.",
            "additionalInfo": [{"type": "PolicyViolation", "info": info}, 7, {"info": "x"}],
        }
    }
    found = fault_in(403, body)
    assert found is not None
    assert found.text.endswith("PolicyViolation: assignment 'Approved models only', definition 'd1'")
    assert found.kind is Kind.RIGHTS

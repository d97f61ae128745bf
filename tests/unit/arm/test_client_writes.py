"""Writes over a scripted wire: sent once, and honest about what is not known."""

import json
from types import MappingProxyType

import httpx
import pytest

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted
from reconciler.errors import (
    ArmContractBroken,
    ArmError,
    ArmUnreachable,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    Throttled,
    UsageProblem,
)
from tests.unit.arm import scripted
from tests.unit.arm.scripted import (
    ACCOUNT,
    CHAT,
    ELSEWHERE,
    OPERATION,
    SOURCE_TENANT,
    TENANT,
    Maker,
    Raw,
    Seen,
    Wire,
    ask,
    refusal,
    reply,
    resource,
    wire,
)

BODY: JsonObject = {"sku": {"name": "Standard", "capacity": 10}}


def put(over: Wire, *source_tenants: str) -> Seen[Accepted]:
    over.there = resource()
    return ask(over, lambda arm: scripted.put(arm, BODY, *source_tenants))


def delete(over: Wire) -> Seen[Accepted]:
    over.there = resource()
    return ask(over, scripted.delete)


def test_a_put_sends_the_body_and_reads_the_answer() -> None:
    seen = put(wire(lambda: reply(201, resource())))
    assert seen.value.deployment is not None
    assert (seen.value.operation, seen.value.request_id, seen.value.warning) == (None, "request-1", "")
    request = seen.wire.requests[0]
    assert (request.method, json.loads(request.content)) == ("PUT", BODY)
    assert request.headers["Content-Type"] == "application/json"


def test_a_read_only_client_sends_no_write_whoever_asks() -> None:
    """I-04, F-133: a plan for a stranger cannot write."""
    over = wire(lambda: reply(200, resource()))
    assert ask(over, lambda arm: arm.get_deployment(CHAT), read_only=True).succeeded()
    with pytest.raises(RuntimeError, match="read-only"):
        ask(over, lambda arm: scripted.put(arm, BODY), read_only=True)
    with pytest.raises(RuntimeError, match="read-only"):
        ask(over, scripted.delete, read_only=True)
    assert set(over.methods) == {"GET"}


def test_any_mapping_is_sent_as_an_object() -> None:
    over = wire(lambda: reply(201, resource()))
    body = MappingProxyType({"tags": MappingProxyType({"a": "b"})})
    over.there = resource()
    assert ask(over, lambda arm: scripted.put(arm, body)).succeeded()
    assert json.loads(over.requests[0].content) == {"tags": {"a": "b"}}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: httpx.ConnectError("refused"), "F-004"),
        (lambda: httpx.ReadError("reset"), "F-005"),
        (lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."), "F-015"),
        (lambda: httpx.ReadTimeout(""), "F-007"),
        (lambda: reply(408, b""), "F-031"),
        (lambda: refusal(500, "InternalServerError"), "F-043"),
        (lambda: reply(502, b"<html>"), "F-044"),
        (lambda: reply(503, b"", {"Retry-After": "5"}), "F-044"),
        (lambda: refusal(504, "GatewayTimeout"), "F-044"),
        (lambda: reply(201, b"<html>signed out</html>"), "F-011"),
        (lambda: reply(201, b""), "F-011"),
        (lambda: reply(200, b'{"id":'), "F-011"),
        (lambda: reply(200, b'{"a": 1, "a": 2}'), "F-014"),
        (lambda: httpx.Response(201, headers={"content-length": "99"}, stream=Raw(b"{}")), "F-009"),
        (lambda: reply(200, {"error": {"code": "GatewayTimeout", "message": "x"}}), "F-046"),
    ],
)
def test_a_put_whose_fate_is_unknown_is_sent_once_and_called_unknown(answer: Maker, reason: str) -> None:
    seen = put(wire(answer))
    assert isinstance(seen.problem, ArmUnreachable), reason
    assert "whether it was done is not known" in seen.words
    assert len(seen.wire.requests) == 1
    assert seen.seconds == 0.0


@pytest.mark.parametrize(
    "answer", [lambda: httpx.ReadError("reset"), lambda: reply(503, b""), lambda: reply(200, b"<html>")]
)
def test_a_delete_whose_fate_is_unknown_is_sent_once(answer: Maker) -> None:
    """F-006."""
    seen = delete(wire(answer))
    assert isinstance(seen.problem, ArmUnreachable)
    assert seen.wire.methods == ["DELETE"]


def test_an_answer_about_another_deployment_is_rejected() -> None:
    """F-048."""
    seen = put(wire(lambda: reply(200, resource(DeploymentId(account=ACCOUNT, name="other")))))
    assert isinstance(seen.problem, ArmContractBroken)
    assert len(seen.wire.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind", "reason"),
    [
        (409, "RequestConflict", Conflict, "F-032"),
        (400, "AccountProvisioningStateInvalid", Conflict, "F-079"),
        (409, "FlagMustBeSetForRestore", InvalidRequest, "F-033"),
        (400, "InsufficientQuota", QuotaExceeded, "F-018"),
        (400, "DeploymentModelNotSupported", InvalidRequest, "F-019"),
        (403, "AuthorizationFailed", Forbidden, "F-023"),
        (404, "ParentResourceNotFound", NotFound, "F-027"),
        (405, "MethodNotAllowed", InvalidRequest, "F-030"),
        (410, "Gone", InvalidRequest, "F-034"),
        (412, "PreconditionFailed", InvalidRequest, "F-035"),
        (409, "ScopeLocked", Forbidden, "F-036"),
        (423, "Locked", InvalidRequest, "F-036"),
    ],
)
def test_a_refusal_is_told_at_once_with_arms_words(
    status: int, code: str, kind: type[ArmError], reason: str
) -> None:
    seen = put(wire(lambda: refusal(status, code, "ARM's own words", {"Retry-After": "5"})))
    assert type(seen.problem) is kind, reason
    assert f"{status} {code}: ARM's own words" in seen.words
    assert "request-1" in seen.words
    assert len(seen.wire.requests) == 1


def test_a_conflict_says_how_long_arm_wants_one_to_wait() -> None:
    seen = put(wire(lambda: refusal(409, "RequestConflict", headers={"Retry-After": "12"})))
    assert isinstance(seen.problem, Conflict)
    assert seen.problem.retry_after == 12.0


def test_a_throttled_write_is_sent_again_after_the_pause() -> None:
    """F-037: a 429 proves that nothing was done."""
    throttled = refusal(429, "TooMany", headers={"Retry-After": "7"})
    seen = put(wire(lambda: throttled, lambda: reply(201, resource())))
    assert seen.value.deployment is not None
    assert seen.wire.methods == ["PUT", "PUT"]
    assert seen.wire.times[1] == pytest.approx(7.35)


def test_a_write_that_stays_throttled_ends_as_throttled() -> None:
    """F-042."""
    seen = put(wire(lambda: refusal(429, "TooMany", headers={"Retry-After": "1"})))
    assert isinstance(seen.problem, Throttled)
    assert len(seen.wire.requests) == 4


@pytest.mark.parametrize("status", [202, 203, 204, 206])
def test_an_unusual_success_is_accepted_without_a_body(status: int) -> None:
    """F-047: the engine looks at the item."""
    seen = put(wire(lambda: reply(status, b"")))
    assert (seen.value.operation, seen.value.deployment) == (None, None)


def test_a_202_may_bring_the_resource() -> None:
    """Recorded for accounts: PATCH 202 with a body."""
    seen = put(wire(lambda: reply(202, resource(state="Accepted"), {"Location": OPERATION})))
    assert seen.value.deployment is not None
    assert seen.value.deployment.provisioning_state == "Accepted"
    assert seen.value.operation is not None
    assert not seen.value.operation.ends_by_status


def test_a_long_write_names_its_operation_and_first_wait() -> None:
    """F-065: the first answer's Retry-After counts, too."""
    headers = {"Azure-AsyncOperation": OPERATION, "Retry-After": "10"}
    seen = put(wire(lambda: reply(201, resource(state="Creating"), headers)))
    assert seen.value.operation is not None
    assert (seen.value.operation.url, seen.value.retry_after) == (OPERATION, 10.0)


def test_a_foreign_operation_is_left_out_and_warned_of() -> None:
    """F-066."""
    headers = {"Azure-AsyncOperation": "https://evil.example/op?s=CANARY"}
    seen = put(wire(lambda: reply(201, resource(state="Creating"), headers)))
    assert seen.value.operation is None
    assert "evil.example" in seen.value.warning
    assert "CANARY" not in seen.value.warning
    assert len(seen.wire.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: reply(200, b""), "recorded"),
        (lambda: reply(204, b""), "F-028"),
        (lambda: reply(202, b""), "specified"),
        (lambda: refusal(404, "NotFound", f"Specified resource '{CHAT}' cannot be found."), "F-028"),
        (
            lambda: refusal(
                404, "ResourceNotFound", "The Resource 'Microsoft.CognitiveServices/accounts/acc' …"
            ),
            "F-027: this very account is gone",
        ),
        (lambda: refusal(404, "ParentResourceNotFound", f"parent resource '{ACCOUNT}' could not …"), "F-027"),
    ],
)
def test_a_delete_of_what_is_not_there_is_done(answer: Maker, reason: str) -> None:
    seen = delete(wire(answer))
    assert seen.value.operation is None, reason
    assert seen.value.request_id == "request-1"


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "ResourceGroupNotFound", "ResourceNotFound"])
def test_a_delete_is_not_done_where_the_tenant_may_be_wrong(code: str) -> None:
    """F-027."""
    seen = delete(wire(lambda: refusal(404, code, "could not be found")))
    assert isinstance(seen.problem, NotFound)


def test_a_long_delete_is_followed() -> None:
    """F-064."""
    seen = delete(wire(lambda: reply(202, b"", {"Location": OPERATION})))
    assert seen.value.operation is not None


# -- source tenants ------------------------------------------------------------------------------------------


def test_a_token_of_the_source_tenant_goes_along_only_where_one_is_named() -> None:
    over = wire(lambda: reply(201, resource()))
    assert put(over, SOURCE_TENANT, SOURCE_TENANT.upper()).succeeded()
    assert put(over).succeeded()
    with_source, without = over.requests
    assert with_source.headers["x-ms-authorization-auxiliary"] == f"Bearer CANARY-{SOURCE_TENANT}/2"
    assert with_source.headers["Authorization"] == f"Bearer CANARY-{TENANT}/1"
    assert "x-ms-authorization-auxiliary" not in without.headers


def test_two_source_tenants_are_joined_each_with_its_bearer() -> None:
    over = wire(lambda: reply(201, resource()))
    assert put(over, "t1", "t2").succeeded()
    assert (
        over.requests[0].headers["x-ms-authorization-auxiliary"] == "Bearer CANARY-t1/2, Bearer CANARY-t2/3"
    )


def test_three_source_tenants_are_as_many_as_arm_takes() -> None:
    over = wire(lambda: reply(201, resource()))
    assert put(over, "t1", "t2", "t3").succeeded()
    assert over.requests[0].headers["x-ms-authorization-auxiliary"].count("Bearer ") == 3


def test_a_fourth_source_tenant_is_refused_before_anything_is_sent() -> None:
    over = wire(lambda: reply(201, resource()))
    seen = put(over, "t1", "t2", "t3", "t4")
    assert isinstance(seen.problem, UsageProblem)
    assert over.requests == []


def test_a_source_that_may_not_be_read_is_explained() -> None:
    """F-024."""
    body = {"properties": {"model": {"name": "m", "sourceAccount": str(ELSEWHERE)}}}
    over = wire(
        lambda: refusal(403, "LinkedAuthorizationFailed", "not authorized to access linked subscription")
    )
    over.there = resource()
    seen = ask(over, lambda arm: scripted.put(arm, body, SOURCE_TENANT))
    assert isinstance(seen.problem, Forbidden)
    for named in (
        str(ELSEWHERE),
        SOURCE_TENANT,
        "Cognitive Services OpenAI Contributor",
        "linked subscription",
    ):
        assert named in seen.words

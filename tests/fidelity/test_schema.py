"""Answers against the OpenAPI document of their api-version: every status once, and whatever is asked."""

import copy
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.route import Route
from reconciler.emulator.routes import ROUTES
from tests.emulator.arm import ACCOUNT, SUB_A, Arm, deployment, fleet, gpt_4o
from tests.fidelity import openapi
from tests.fidelity.openapi import BROKEN, UNDECLARED, VERSIONS, Operation
from tests.fidelity.tour import ESTIMATE, MODEL, POLICY, S0, Stop, tour


@cache
def stops(version: str) -> tuple[Stop, ...]:
    return tuple(tour(version))


def pairs(version: str) -> list[tuple[Operation, Stop]]:
    found = [(openapi.find(version, stop.method, stop.path), stop) for stop in stops(version)]
    return [(operation, stop) for operation, stop in found if operation is not None]


def documented() -> list[tuple[str, str, str]]:
    return [
        (version, operation.name, status)
        for version in VERSIONS
        for operation in openapi.operations(version)
        for status in operation.statuses
    ]


@pytest.mark.parametrize(("version", "name", "status"), documented())
def test_each_documented_status_is_produced_and_valid(version: str, name: str, status: str) -> None:
    of_operation = [(op, stop) for op, stop in pairs(version) if op.name == name]
    produced = [
        (operation, stop)
        for operation, stop in of_operation
        if status == (str(stop.reply.status) if str(stop.reply.status) in operation.statuses else "default")
    ]
    assert produced, f"{name} never answered {status}"
    for operation, stop in produced:
        assert unlisted(operation, stop.reply.status, stop.reply.content) == []


def unlisted(operation: Operation, status: int, content: bytes) -> list[str]:
    found = openapi.violations(operation, status, content)
    return [text for text in found if not any(listed in text for listed in BROKEN)]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tour_leaves_no_exchange_unjudged(version: str) -> None:
    assert len(pairs(version)) == len(stops(version)) > 40


@pytest.mark.parametrize("version", VERSIONS)
def test_listed_violations_and_no_others_occur(version: str) -> None:
    texts = [
        text
        for operation, stop in pairs(version)
        for text in openapi.violations(operation, stop.reply.status, stop.reply.content)
    ]
    assert {listed for listed in BROKEN if any(listed in text for text in texts)} == set(BROKEN)
    assert [text for text in texts if not any(listed in text for listed in BROKEN)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_listed_undeclared_properties_and_no_others_are_answered(version: str) -> None:
    found = {
        f"{operation.name} {place}"
        for operation, stop in pairs(version)
        if stop.reply.content
        for place in openapi.undeclared(operation, stop.reply.status, stop.reply.json)
    }
    since = {place for place in UNDECLARED if version >= "2024-10-01" or not place.endswith(".costs")}
    assert found == since


WORDS = st.sampled_from(
    [
        *(
            "OpenAI",
            "gpt-4o",
            "2024-11-20",
            "Standard",
            "GlobalStandard",
            "ProvisionedManaged",
            "S0",
            "AIServices",
        ),
        *("Microsoft.DefaultV2", "NoAutoUpgrade", "swedencentral", ACCOUNT, "", "\u00e9"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS
KEYS = st.sampled_from(
    [
        *("sku", "name", "capacity", "tags", "properties", "model", "format", "version", "source"),
        *("sourceAccount", "raiPolicyName", "versionUpgradeOption", "spilloverDeploymentName", "location"),
        *("kind", "identity", "skuName", "workloads", "requestPerMinute", "contentFilters", "restore"),
        *(
            "endpoint",
            "capabilities",
            "dateCreated",
            "publicNetworkAccess",
            "provisioningState",
            "etag",
            "id",
        ),
        *("rateLimits", "callRateLimit", "mode", "systemData", "type", "customSubDomainName", "networkAcls"),
    ]
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
PLAUSIBLE = st.sampled_from(
    [
        gpt_4o(5),
        gpt_4o(50, sku="ProvisionedManaged"),
        S0,
        ESTIMATE,
        {"tags": {"a": "b"}},
        {"sku": {"capacity": 7}},
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> object:
    """A body that would be accepted somewhere, with up to two members replaced by anything; or anything."""
    if draw(st.integers(0, 3)) == 0:
        return draw(ANYTHING)
    body = copy.deepcopy(draw(PLAUSIBLE))
    for _ in range(draw(st.integers(0, 2))):
        places = [body, *(part for part in body.values() if isinstance(part, dict))]
        draw(st.sampled_from(places))[draw(KEYS)] = draw(ANYTHING)
    return body


COVERED = [route for route in ROUTES if route.since and "operationResults" not in route.pattern]
NAMES = {
    "{subscription}": SUB_A,
    "{group}": "rg",
    "{account}": "acc",
    "{location}": "swedencentral",
    "{policy}": "strict",
}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(COVERED),
            bodies(),
            st.sampled_from(["chat", "ptu", "new", "a b", "x" * 70]),
            st.sampled_from(VERSIONS),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_asked_in_whatever_order_no_answer_breaks_its_document(
    steps: list[tuple[Route, object, str, str]],
) -> None:
    arm = prepared()
    for route, body, name, version in steps:
        segments = (NAMES.get(part, name if part.startswith("{") else part) for part in route.pattern)
        path = "/" + "/".join(segments)
        query = f"?{MODEL}" if path.endswith("modelCapacities") else ""
        reply = arm.arm(route.method, f"{quote(path)}{query}", body, version=version)
        assert reply.status < 500 or reply.code == "EmulatorGap", reply.content
        operation = openapi.find(version, route.method, path)
        if operation is not None:
            assert unlisted(operation, reply.status, reply.content) == [], (route.method, path, body)


def prepared() -> Arm:
    arm = fleet(settings={"throttling": "off"})
    arm.arm("PUT", deployment(), gpt_4o(3))
    arm.arm("PUT", POLICY, {"properties": {"basePolicyName": "Microsoft.DefaultV2"}})
    return arm


SENSELESS = [
    ("PUT", deployment("new"), {"sku": "Standard"}, "a sku that is text"),
    ("PUT", deployment("new"), {"properties": []}, "properties that are a list"),
    ("PUT", deployment("new"), gpt_4o(1) | {"tags": {"a": 1}}, "a tag that is a number"),
    ("PATCH", deployment(), {"properties": {}}, "a patch of what PATCH does not take"),
    ("PUT", f"{ACCOUNT}-x", S0 | {"location": 7}, "a location that is a number"),
]


@pytest.mark.parametrize(("method", "path", "body", "reason"), SENSELESS, ids=[case[3] for case in SENSELESS])
def test_a_body_that_the_document_rules_out_is_refused(
    method: str, path: str, body: object, reason: str
) -> None:
    reply = prepared().arm(method, path, body, version="2025-06-01")
    assert (reply.status, reply.code) == (400, "InvalidRequestContent"), reason


def test_a_deleted_resource_is_gone_for_every_operation() -> None:
    arm = prepared()
    assert arm.arm("DELETE", deployment()).status == 200
    assert [
        arm.arm("GET", deployment()).status,
        arm.arm("GET", f"{deployment()}/skus").status,
        arm.arm("PATCH", deployment(), {"tags": {}}).status,
        arm.arm("DELETE", deployment()).status,
    ] == [404, 404, 404, 204]


@pytest.mark.parametrize("route", COVERED, ids=lambda route: f"{route.method} {'/'.join(route.pattern[-2:])}")
def test_no_operation_of_the_provider_answers_without_a_token(route: Route) -> None:
    segments = (NAMES.get(part, "chat" if part.startswith("{") else part) for part in route.pattern)
    reply = fleet().call(route.method, f"/{'/'.join(segments)}?api-version=2025-06-01", bearer="")
    assert reply.status == 401
    assert route.method == "HEAD" or reply.code == "AuthenticationFailed"

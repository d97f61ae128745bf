"""Whatever is sent, the answer is one of ARM's and never a traceback."""

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, VERSION, Arm, deployment, fleet, gpt_4o

BODIES = [
    ("not JSON", b"{"),
    ("empty", b""),
    ("a list", b"[]"),
    ("a number", b"1"),
    ("not UTF-8", b"\xff\xfe"),
    ("NaN", b'{"sku": {"capacity": NaN}}'),
    ("a number too large for a float", b'{"sku": {"capacity": 1e999}}'),
    ("five thousand digits", b'{"sku": {"capacity": ' + b"1" * 5000 + b"}}"),
    ("deep nesting", b'{"a":' * 2000 + b"1" + b"}" * 2000),
    ("very deep nesting", b"[" * 100_000),
    ("an unpaired surrogate", b'{"properties": {"raiPolicyName": "\\ud800"}}'),
    ("capacity as text", b'{"sku": {"name": "Standard", "capacity": "10"}}'),
    ("capacity as boolean", b'{"sku": {"name": "Standard", "capacity": true}}'),
    ("capacity as fraction", b'{"sku": {"name": "Standard", "capacity": 1.5}}'),
    ("sku as text", b'{"sku": "Standard"}'),
    ("model as list", b'{"properties": {"model": []}}'),
    ("tags that are no text", b'{"tags": {"a": {"b": 1}}}'),
]


@pytest.mark.parametrize(("reason", "content"), BODIES, ids=[reason for reason, _ in BODIES])
@pytest.mark.parametrize("path", [deployment(), f"{ACCOUNT}-new", f"{ACCOUNT}/raiPolicies/mine"])
def test_a_malformed_body_is_invalid_request_content(reason: str, content: bytes, path: str) -> None:
    arm = fleet()
    headers = {"content-type": "application/json", "authorization": f"Bearer {arm.token}"}
    reply = arm.call("PUT", f"{path}?api-version={VERSION}", content=content, headers=headers, bearer="")
    assert reply.status in {400, 200, 201, 501}, reason
    if path == deployment():
        assert reply.status == 400, reason


def test_a_body_over_four_mebibytes_is_refused() -> None:
    arm = fleet()
    reply = arm.call("PUT", deployment(), content=b" " * (4 * 1024 * 1024 + 1), bearer=arm.token)
    assert (reply.status, reply.code) == (413, "RequestContentTooLarge")


@pytest.mark.parametrize("path", ["/", "//", "/subscriptions/%00", "/%ff%fe", "/a/b/c", "/subscriptions/x/y"])
def test_odd_paths_are_answered(path: str) -> None:
    reply = fleet().arm("GET", path)
    assert reply.status in ({400} if "%00" in path else {404, 501})


def test_what_is_not_modelled_is_a_loud_501_that_names_it() -> None:
    reply = fleet().arm("POST", f"{ACCOUNT}/privateEndpointConnections/x/approve")
    assert (reply.status, reply.code) == (501, "EmulatorGap")
    assert f"POST {ACCOUNT}/privateEndpointConnections/x/approve" in reply.message


def test_post_on_a_deployment_is_a_gap_and_no_guess() -> None:
    reply = fleet().arm("POST", deployment(), gpt_4o())
    assert (reply.status, reply.code) == (501, "EmulatorGap")


def test_below_an_absent_account_and_group_the_front_door_answers() -> None:
    arm = fleet()
    absent = arm.arm("GET", f"{ACCOUNT}x")
    assert (absent.status, absent.code) == (404, "ResourceNotFound")
    assert absent.headers["x-ms-failure-cause"] == "gateway"
    assert "x-envoy-upstream-service-time" not in absent.headers
    parent = arm.arm("PUT", deployment(account=f"{ACCOUNT}x"), gpt_4o())
    assert (parent.status, parent.code) == (404, "ParentResourceNotFound")
    assert parent.message == (
        "Failed to perform 'write' on resource(s) of type 'accounts/deployments', because the parent"
        " resource"
        f" '{ACCOUNT}x' could not be found."
    )
    group = arm.arm("GET", ACCOUNT.replace("/rg/", "/nowhere/"))
    assert (group.status, group.message) == (404, "Resource group 'nowhere' could not be found.")


def test_an_unknown_location_is_refused_with_the_known_ones() -> None:
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/atlantis/models"
    reply = fleet().arm("GET", path)
    assert (reply.status, reply.code) == (400, "NoRegisteredProviderFound")
    assert "location 'atlantis'" in reply.message


def test_header_injection_through_a_correlation_id_is_not_possible() -> None:
    arm = fleet()
    reply = arm.arm("GET", ACCOUNT, headers={"x-ms-correlation-request-id": "a\r\nSet-Cookie: b"})
    assert "\n" not in reply.headers["x-ms-correlation-request-id"]


CONTROLS = [
    ("world", {"planets": []}, "unknown key 'planets'"),
    ("world", {"accounts": {}}, "accounts must be a list"),
    ("world", {"accounts": [{"id": "x"}]}, "is not an account's ARM id"),
    ("world", {"accounts": [{"id": ACCOUNT, "location": "atlantis"}]}, "location 'atlantis' is unknown"),
    (
        "world",
        {"accounts": [{"id": ACCOUNT, "location": "eastus", "kind": "Vase"}]},
        "ARM has no kind 'Vase'",
    ),
    ("world", {"deployments": [{"id": deployment(account=f"{ACCOUNT}y")}]}, "is not in the world"),
    ("world", {"usages": {"a/b": [{"limit": 1}]}}, "no name.value"),
    ("world", {"models": {"eastus": [{}]}}, "has no object 'model'"),
    ("world", {"roles": [{"clientId": "a", "scope": "/"}]}, "must be a list of strings"),
    ("world", {"subscriptions": [{"subscriptionId": 7}]}, "must be a non-empty string"),
    ("faults", {"match": {"path": "("}, "then": {}}, "not a regular expression"),
    ("faults", {"match": {"where": "x"}, "then": {}}, "match.where is unknown"),
    ("faults", {"match": {"nth": 0}, "then": {}}, "match.nth must be a whole number of at least 1"),
    ("faults", {"then": {"reset": "sideways"}}, "then.reset must be"),
    ("clock", {"advanceSeconds": "soon"}, "must be a number"),
    ("clock", {"advanceSeconds": 1e12}, "was not moved"),
    ("clock", {"set": "tomorrow"}, "was not moved"),
    ("clock", {"set": "1066-10-14T00:00:00Z"}, "stays within 2000"),
    ("lro", {"polls": -1}, "polls must be"),
    ("lro", {"for": "ever"}, "allowed are"),
    ("settings", {"skuChange": "maybe"}, "must be one of"),
    ("settings", {"gravity": 1}, "unknown switch 'gravity'"),
    ("settings", {"pageSize": 0}, "pageSize must be"),
]


@pytest.mark.parametrize(("name", "body", "says"), CONTROLS, ids=[f"{n}: {s}" for n, _, s in CONTROLS])
def test_a_mistake_on_the_control_surface_says_what_is_allowed(name: str, body: object, says: str) -> None:
    reply = fleet().control(name, body)
    assert reply.status == 400
    assert says in reply.message


def test_an_unknown_control_lists_the_known_ones() -> None:
    reply = Arm().control("nothing", {})
    assert reply.status == 404
    assert "POST world" in reply.message


def test_a_body_that_does_not_say_json_is_refused() -> None:
    arm = fleet()
    path = f"{deployment()}?api-version={VERSION}"
    reply = arm.call("PUT", path, content=b"{}", headers={"content-type": "text/plain"}, bearer=arm.token)
    assert (reply.status, reply.code) == (415, "UnsupportedMediaType")

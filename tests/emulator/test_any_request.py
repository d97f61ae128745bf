"""A law: whatever is asked, the answer is JSON or empty, of a known status, and the state stays usable."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.route import Route
from reconciler.emulator.routes import ROUTES
from tests.emulator.arm import ACCOUNT, SUB_A, deployment, fleet, gpt_4o

WORDS = st.sampled_from(
    [
        *("sku", "name", "capacity", "properties", "model", "format", "version", "source", "sourceAccount"),
        *("tags", "location", "kind", "scaleSettings", "raiPolicyName", "identity", "workloads", "skuName"),
        *("scope", "resources", "provider", "type", "gpt-4o", "OpenAI", "Standard", ACCOUNT),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
MODEL = st.fixed_dictionaries(
    {"format": WORDS | VALUES, "name": WORDS | VALUES}, optional={"version": VALUES}
)
SHAPED = st.fixed_dictionaries(
    {"sku": st.fixed_dictionaries({"name": WORDS | VALUES}, optional={"capacity": VALUES})},
    optional={
        "properties": st.fixed_dictionaries({"model": MODEL | VALUES}, optional={"raiPolicyName": VALUES})
    },
)
NAMES = st.sampled_from(["chat", "new", "a b", "\u00e9", "x" * 80, ".."])
STATUSES = {200, 201, 202, 204, 400, 403, 404, 405, 409, 412, 501}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    route=st.sampled_from(ROUTES),
    body=VALUES | SHAPED,
    name=NAMES,
    version=st.sampled_from(["2026-07-01", "2023-05-01", "2022-03-01", "2020-10-01", "soon"]),
)
def test_any_body_on_any_operation_gets_an_answer_of_arm(
    route: Route, body: object, name: str, version: str
) -> None:
    arm = fleet()
    arm.arm("PUT", deployment(), gpt_4o())
    values = {"{subscription}": SUB_A, "{group}": "rg", "{account}": "acc", "{location}": "eastus2"}
    path = "/" + "/".join(values.get(part, name if part.startswith("{") else part) for part in route.pattern)
    reply = arm.arm(route.method, quote(path), body, version=version)
    assert reply.status in STATUSES
    if reply.content:
        assert isinstance(reply.json, dict)
    assert arm.arm("GET", f"{ACCOUNT}/deployments").status in {200, 404, 409}

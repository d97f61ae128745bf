"""A law: whatever is asked, the answer is JSON or empty, of a known status, and the state stays usable."""

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.further_routes import ROUTES as FURTHER
from reconciler.emulator.route import Route
from reconciler.emulator.routes import ROUTES
from tests.emulator.arm import ACCOUNT, SUB_A, deployment, fleet, gpt_4o

WORDS = st.sampled_from(
    [
        *("sku", "name", "capacity", "properties", "model", "format", "version", "source", "sourceAccount"),
        *("tags", "location", "kind", "scaleSettings", "raiPolicyName", "identity", "workloads", "skuName"),
        *("template", "parameters", "outputs", "value", "deployments", "skus", "keyName", "subdomainName"),
        *("[parameters('x')]", "[format('{0}']", "copy", "count", "dependsOn", "condition", "$filter"),
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


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    route=st.sampled_from([*ROUTES, *FURTHER]),
    body=VALUES | SHAPED,
    name=NAMES,
    version=st.sampled_from(
        ["2026-09-15-preview", "2026-07-01", "2023-05-01", "2022-03-01", "2020-10-01", "soon"]
    ),
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


TEMPLATES = st.fixed_dictionaries(
    {"resources": VALUES | st.lists(st.dictionaries(WORDS, VALUES, max_size=5), max_size=3)},
    optional={"parameters": VALUES, "variables": VALUES, "outputs": VALUES},
)
QUERIES = st.text(st.sampled_from("eqandor '(),tolower$filter contains=2026-06-22TZ:/*"), max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(template=TEMPLATES | VALUES, parameters=VALUES, verb=st.sampled_from(["validate", "whatIf", ""]))
def test_any_template_gets_an_answer_of_arm(template: object, parameters: object, verb: str) -> None:
    arm = fleet()
    path = f"/subscriptions/{SUB_A}/resourceGroups/rg/providers/Microsoft.Resources/deployments/main"
    body = {"properties": {"template": template, "parameters": parameters}}
    reply = arm.arm("POST" if verb else "PUT", f"{path}/{verb}".rstrip("/"), body, version="2024-11-01")
    assert reply.status in STATUSES, reply.content


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=QUERIES)
def test_any_filter_gets_an_answer(text: str) -> None:
    arm = fleet()
    log = f"/subscriptions/{SUB_A}/providers/Microsoft.Insights/eventtypes/management/values"
    metrics = f"{ACCOUNT}/providers/Microsoft.Insights/metrics"
    for path in (
        f"{log}?$filter={quote(text)}",
        f"{metrics}?metricnames=ModelRequests&timespan={quote(text)}",
        f"{metrics}?metricnames=ModelRequests&$filter={quote(text)}",
        f"/subscriptions/{SUB_A}/resources?$filter={quote(text)}",
    ):
        assert arm.arm("GET", path, version="2024-02-01").status in {200, 400}
    prices = arm.call("GET", f"/api/retail/prices?$filter={quote(text)}", bearer="")
    assert prices.status in {200, 400}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=VALUES, path=st.sampled_from(["openai/v1/chat/completions", "openai/deployments/chat/embeddings"])
)
def test_any_call_of_the_data_plane_gets_an_answer(body: object, path: str) -> None:
    arm = fleet()
    _ = arm.token
    reply = arm.call("POST", f"/acc.openai.azure.com/{path}?api-version=2024-10-21", body)
    assert reply.status in {200, 400, 404}

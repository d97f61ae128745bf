"""Random worlds in ARM's own shape: everything that may be there before anybody declares it."""

from typing import Any

from hypothesis import strategies as st

from reconciler.arm import wire_deployment
from reconciler.domain.ids import AccountId, Region
from reconciler.domain.sku import KNOWN_SKUS
from reconciler.domain.state import Listed, ObservedAccount, Reading

SUBSCRIPTIONS = ("11111111-1111-1111-1111-111111111111", "2e222222-2222-2222-2222-222222222222")
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
_ODD_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
_NAMES = st.one_of(
    st.sampled_from(
        ["chat", "gpt-4o", "a.b_c", "null", "0613", "1e3", "yes", "2024-08-06", "x", "Ä y", "~", "-"]
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/"), min_size=1, max_size=8),
)


def _source(account: str) -> str:
    group = f"/subscriptions/{SUBSCRIPTIONS[1]}/resourceGroups/rg-ft"
    return f"{group}/providers/Microsoft.CognitiveServices/accounts/{account}"


_MODELS = st.fixed_dictionaries(
    {
        "format": st.sampled_from(["OpenAI", "openai", "Mistral AI", "Black Forest Labs"]),
        "name": st.sampled_from(["gpt-4o", "gpt-35-turbo", "gpt-4.1", "made-up", "Gpt-4o", "o1", TUNED]),
    },
    optional={
        "version": st.sampled_from(["2024-11-20", "0613", "1", "1e3", "2023-07-01-preview"]),
        "publisher": st.sampled_from(["OpenAI", "Mistral AI", "0"]),
        "source": st.sampled_from([_source("aoai-ft"), "nonsense", ""]),
        "sourceAccount": st.sampled_from([_source("aoai-ft"), _source("other")]),
        "callRateLimit": st.just({"count": 1}),
        "newThing": st.just(1),
    },
)
_SKUS = st.fixed_dictionaries(
    {"name": st.sampled_from([*KNOWN_SKUS, "standard", "LowPriority", "ProvisionedStandard"])},
    optional={
        "capacity": st.one_of(st.integers(0, 2_147_483_647), st.none(), st.sampled_from([25, 40, 50.0])),
        "tier": st.sampled_from(["Free", "", None]),
    },
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**18), st.floats(0.1, 1e6), _ODD_TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_ODD_TEXT, inner, max_size=3)),
    max_leaves=6,
)
_PROPERTIES = st.fixed_dictionaries(
    {"model": _MODELS, "currentCapacity": st.just(1), "capabilities": st.just({"chatCompletion": "true"})},
    optional={
        "versionUpgradeOption": st.sampled_from(
            [
                "NoAutoUpgrade",
                "noautoupgrade",
                "OnceNewDefaultVersionAvailable",
                "OnceCurrentVersionExpired",
                "Later",
            ]
        ),
        "raiPolicyName": st.sampled_from(["Microsoft.DefaultV2", "strict policy", "0", ""]),
        "spilloverDeploymentName": st.sampled_from(["chat", "gpt-4o", "not there"]),
        "parentDeploymentName": st.sampled_from(["chat", "0613"]),
        "capacitySettings": st.sampled_from([{}, {"designatedCapacity": 1}, {"priority": -1}, {"more": [1]}]),
        "serviceTier": st.sampled_from(["Default", "Priority", "priority", "Fast"]),
        "deploymentState": st.sampled_from(["Running", "Paused"]),
        "routing": st.one_of(st.just({"mode": "cost", "models": [{"name": "a", "version": "1"}]}), _JSON),
        "dynamicThrottlingEnabled": st.sampled_from([True, False, None]),
        "speculativeDecoding": _JSON,
        "notYetInvented": _JSON,
    },
)
_TAGS = st.dictionaries(
    st.one_of(st.sampled_from(["team", "cost center", "no", "4711", "a:b"]), _ODD_TEXT.filter(bool)),
    _ODD_TEXT,
    max_size=3,
)
_MARKS = st.sampled_from(
    [
        {},
        {},
        {},
        {"reconciler-fleet": "rival"},
        {"Reconciler-Spec": "0123456789ab"},
        {"reconciler-on-removal": "retain"},
        {"reconciler-fleet": "contoso", "reconciler-on-removal": "refuse"},
    ]
)
_STATES = st.sampled_from(["Succeeded"] * 6 + ["Failed", "Canceled", "Disabled", "Deleting"])


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, Any]:
    """One deployment as ARM answers it, without its id."""
    properties = {**draw(_PROPERTIES), "provisioningState": draw(_STATES)}
    resource: dict[str, Any] = {"properties": properties, "etag": '"1"', "systemData": {}}
    if draw(st.integers(0, 19)):
        resource["sku"] = draw(_SKUS)
    tags = {**draw(_TAGS), **draw(_MARKS)}
    if tags:
        resource["tags"] = tags
    return resource


@st.composite
def worlds(draw: st.DrawFn) -> dict[AccountId, Reading]:
    """Up to three accounts; some deployments stand in several of them, word for word."""
    shared = draw(st.lists(st.tuples(_NAMES, deployments()), max_size=2))
    found: dict[AccountId, Reading] = {}
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["aoai", "Contoso.AI", "null"])) + str(number // 2)
        group = draw(st.sampled_from(["rg", "RG(old).x"]))
        account = AccountId(
            subscription=draw(st.sampled_from(SUBSCRIPTIONS)), resource_group=group, name=name
        )
        own = draw(st.lists(st.tuples(_NAMES, deployments()), max_size=3))
        unique = {name.lower(): (name, body) for name, body in (*shared, *own)}
        there = [
            wire_deployment.deployment_in({**body, "id": f"{account}/deployments/{name}"}, account)
            for name, body in unique.values()
        ]
        facts = ObservedAccount(id=account, region=Region(draw(st.sampled_from(["eastus2", "Nowhere East"]))))
        found[account] = Listed(account=facts, deployments=tuple({one.id: one for one in there}.values()))
    return found

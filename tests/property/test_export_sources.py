"""Written in the words of any tool and exported, a fleet comes back as it was."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.ids import AccountId
from reconciler.export import Setting, manifests_of
from reconciler.export.sources.reading import Files, estate_of

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
)
KIND = "Microsoft.CognitiveServices/accounts/deployments"

Body = dict[str, Any]
Fleet = Mapping[str, Body]
"""ARM bodies by name."""

NAMES = st.from_regex(r"[a-z][a-z0-9-]{1,12}[a-z0-9]", fullmatch=True)
TEXTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,11}", fullmatch=True)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "raiPolicyName": TEXTS,
        "versionUpgradeOption": st.sampled_from(
            ["NoAutoUpgrade", "OnceCurrentVersionExpired", "OnceNewDefaultVersionAvailable"]
        ),
        "dynamicThrottlingEnabled": st.just(True),
    },
)
BODIES = st.builds(
    lambda model, sku, more: {"sku": sku, "properties": {"model": model, **more}},
    st.fixed_dictionaries({"format": st.sampled_from(["OpenAI", "Meta"]), "name": TEXTS, "version": TEXTS}),
    st.fixed_dictionaries(
        {"name": st.sampled_from(["Standard", "GlobalStandard"]), "capacity": st.integers(1, 5000)}
    ),
    PROPERTIES,
)
FLEETS = st.dictionaries(NAMES, BODIES, min_size=1, max_size=4)


def template(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    """Each value through a parameter, a variable, a loop and a lambda."""
    models = [{"name": name, **body} for name, body in fleet.items()]
    turn = "variables('sorted')[copyIndex()]"
    one = {
        "type": KIND,
        "name": f"[format('{{0}}/{{1}}', parameters('account'), {turn}.name)]",
        "copy": {"name": "each", "count": "[length(variables('sorted'))]"},
        "sku": f"[{turn}.sku]",
        "properties": f"[union({turn}.properties, createObject())]",
    }
    return {
        "contentVersion": "1.0.0.0",
        "parameters": {"account": {"defaultValue": "acc"}, "models": {"defaultValue": models}},
        "variables": {"sorted": "[map(parameters('models'), lambda('one', lambdaVariables('one')))]"},
        "resources": [one],
    }


def nested(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    inner = {
        "parameters": {"account": {}},
        "resources": {
            name.replace("-", "_"): {
                "type": KIND,
                "name": f"[concat(parameters('account'), '/{name}')]",
                **body,
            }
            for number, (name, body) in enumerate(fleet.items())
        },
    }
    properties = {
        "expressionEvaluationOptions": {"scope": "inner"},
        "parameters": {"account": {"value": "acc"}},
        "template": inner,
    }
    return {
        "contentVersion": "1.0.0.0",
        "resources": [{"type": "Microsoft.Resources/deployments", "name": "m", "properties": properties}],
    }


def az_list(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    return [{"id": f"{ACCOUNT}/deployments/{name}", "name": name, **body} for name, body in fleet.items()]


def azurerm(name: str, body: Body) -> Body:
    properties = dict(body["properties"])
    return {
        "id": f"{ACCOUNT}/deployments/{name}",
        "name": name,
        "cognitive_account_id": ACCOUNT,
        "model": [properties["model"]],
        "sku": [{**body["sku"], "tier": "", "size": "", "family": ""}],
        "rai_policy_name": properties.get("raiPolicyName", ""),
        "version_upgrade_option": properties.get("versionUpgradeOption"),
        "dynamic_throttling_enabled": properties.get("dynamicThrottlingEnabled", False),
    }


def state(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    instances = [{"index_key": name, "attributes": azurerm(name, body)} for name, body in fleet.items()]
    one = {"mode": "managed", "type": "azurerm_cognitive_deployment", "name": "d", "instances": instances}
    return {"version": 4, "lineage": "x", "resources": [one]}


def azapi(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    instances = [
        {
            "attributes": {
                "id": f"{ACCOUNT}/deployments/{name}",
                "type": f"{KIND}@2025-06-01",
                "body": json.dumps(body),
            }
        }
        for name, body in fleet.items()
    ]
    one = {"mode": "managed", "type": "azapi_resource", "name": "d", "instances": instances}
    return {"version": 4, "lineage": "x", "resources": [one]}


def show(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    kind = "azurerm_cognitive_deployment"
    resources = [
        {"address": f"{kind}.{name}", "type": kind, "name": name, "values": azurerm(name, body)}
        for name, body in fleet.items()
    ]
    root = {"root_module": {"child_modules": [{"resources": resources}]}}
    return {"format_version": "1.0", "terraform_version": "1.9", "values": root}


def plan(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    kind = "azurerm_cognitive_deployment"
    changes = [
        {
            "address": f"{kind}.{name}",
            "type": kind,
            "change": {"actions": ["update"], "after": azurerm(name, body), "after_unknown": {}},
        }
        for name, body in fleet.items()
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9",
        "planned_values": {},
        "resource_changes": changes,
    }


def aso(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    items = [
        {
            "apiVersion": "cognitiveservices.azure.com/v20250601",
            "kind": "Deployment",
            "metadata": {"name": f"k-{name}"},
            "spec": {"azureName": name, "owner": {"armId": ACCOUNT}, **body},
        }
        for name, body in fleet.items()
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def crossplane(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    items = []
    for name, body in fleet.items():
        properties = dict(body["properties"])
        model = properties.pop("model")
        provider = {"cognitiveAccountId": ACCOUNT, "model": [model], "sku": [body["sku"]], **properties}
        items.append(
            {
                "apiVersion": "cognitiveservices.azure.upbound.io/v1beta2",
                "kind": "Deployment",
                "metadata": {"name": "k", "annotations": {"crossplane.io/external-name": name}},
                "spec": {"forProvider": provider},
            }
        )
    return {"apiVersion": "v1", "kind": "List", "items": items}


def ai_yaml(fleet: Fleet) -> Any:  # noqa: ANN401 -- JSON
    return {
        "deployments": [
            {"name": name, "sku": body["sku"], **body["properties"]} for name, body in fleet.items()
        ]
    }


WRITERS: dict[str, tuple[Callable[[Fleet], Any], bool]] = {
    "template": (template, False),
    "nested template": (nested, False),
    "az list": (az_list, True),
    "state": (state, True),
    "azapi state": (azapi, True),
    "terraform show": (show, True),
    "terraform plan": (plan, True),
    "ASO": (aso, True),
    "Crossplane": (crossplane, True),
    "ai.yaml": (ai_yaml, False),
}
"""How a fleet is written, and whether the file names its account."""


def entry(name: str, body: Body, *, observed: bool) -> Body:
    """The entry of a manifest that says what a body says; of what ARM answers, without what it fills in."""
    properties = dict(body["properties"])
    model = {
        key: value for key, value in properties.pop("model").items() if (key, value) != ("format", "OpenAI")
    }
    if observed:
        properties.setdefault("versionUpgradeOption", "OnceCurrentVersionExpired")
        if properties["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable":
            del properties["versionUpgradeOption"]
        if properties.get("raiPolicyName") == "Microsoft.DefaultV2":
            del properties["raiPolicyName"]
    return {"name": name, "model": model, "sku": body["sku"], **properties}


@pytest.mark.parametrize("source", WRITERS)
@settings(max_examples=30)
@given(fleet=FLEETS)
def test_a_fleet_comes_back_as_it_was(source: str, fleet: Fleet) -> None:
    write, names_account = WRITERS[source]
    setting = Setting() if names_account else Setting(account=AccountId.parse(ACCOUNT))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.json"
        path.write_text(json.dumps(write(fleet)), "utf-8")
        made = manifests_of(estate_of(Files(any_kind=(path,)), setting), fleet="f", today=date(2026, 6, 22))
    documents = [one for one in yaml.safe_load_all(made.stream) if one["kind"] == "DeploymentSet"]
    (declared,) = documents
    address = declared["spec"]["account"]
    assert (address["resourceGroup"], address["name"]) == ("rg", "acc")
    observed = source == "az list"
    expected = [entry(name, body, observed=observed) for name, body in fleet.items()]
    by_name = {one["name"]: one for one in declared["spec"]["deployments"]}
    assert by_name == {one["name"]: one for one in expected}
    assert (made.tally.certain, made.tally.whole) == (len(fleet), True)

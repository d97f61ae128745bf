"""Whatever a source says reaches the manifest or a sentence, also where the exporter knows less than it does.

Each test takes one property out of what the exporter knows, and then looks for every value of a source in the
manifests, and for the name of what is not there in the sentences.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.fields import own_properties
from reconciler.export import Exported, Setting, draft, manifests_of
from reconciler.export.sources import azd, kubernetes, terraform_resource
from reconciler.export.sources.reading import Files, estate_of

ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/acc"
)
MODEL = {
    "format": "Maker",
    "name": "gpt-a",
    "version": "1234",
    "publisher": "pub-a",
    "callRateLimit": {"count": 31},
    "oddModel": "m-odd",
}
SKU = {
    "name": "Standard",
    "capacity": 4711,
    "tier": "tier-a",
    "size": "size-a",
    "family": "family-a",
    "odd": "s-odd",
}
PROPERTIES: dict[str, Any] = {
    "versionUpgradeOption": "NoAutoUpgrade",
    "raiPolicyName": "policy-a",
    "spilloverDeploymentName": "spill-a",
    "parentDeploymentName": "parent-a",
    "capacitySettings": {"designatedCapacity": 12, "priority": 13},
    "serviceTier": "Priority",
    "deploymentState": "Paused",
    "dynamicThrottlingEnabled": True,
    "speculativeDecoding": {"draft": "spec-a"},
    "modelProviderData": {"industry": "ind-a", "organizationName": "org-a", "countryCode": "LI"},
    "provisioningState": "Frozen",
    "currentCapacity": 4712,
    "capabilities": {"chat": "cap-a"},
    "rateLimits": [{"key": "rate-a"}],
    "somethingNew": {"deep": ["new-a"]},
}


def template() -> dict[str, Any]:
    one = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": "acc/chat",
        "sku": SKU,
        "tags": {"team": "tag-a", "bad\u200b": "tag-b"},
        "kind": "kind-a",
        "zones": ["zone-a"],
        "properties": {**PROPERTIES, "model": MODEL},
    }
    return {"contentVersion": "1.0.0.0", "resources": [one]}


def state(kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    one = {"mode": "managed", "type": kind, "name": "x", "instances": [{"attributes": attributes}]}
    return {"version": 4, "lineage": "x", "resources": [one]}


def azurerm(*, block: str) -> dict[str, Any]:
    renamed = {
        ("type" if name == "name" and block == "scale" else name): value for name, value in SKU.items()
    }
    return state(
        "azurerm_cognitive_deployment",
        {
            "id": f"{ACCOUNT}/deployments/chat",
            "name": "chat",
            "cognitive_account_id": ACCOUNT,
            "model": [{key: value for key, value in MODEL.items() if key != "callRateLimit"}],
            block: [renamed],
            "rai_policy_name": "policy-a",
            "version_upgrade_option": "NoAutoUpgrade",
            "dynamic_throttling_enabled": True,
            "something_new": "new-a",
        },
    )


def azapi() -> dict[str, Any]:
    body = {key: value for key, value in template()["resources"][0].items() if key not in {"type", "name"}}
    attributes = {
        "id": f"{ACCOUNT}/deployments/chat",
        "type": "Microsoft.CognitiveServices/accounts/deployments@2025-06-01",
        "body": body,
        "something_new": "new-a",
    }
    return state("azapi_resource", attributes)


def aso() -> dict[str, Any]:
    spec = {
        "owner": {"armId": ACCOUNT},
        "sku": SKU,
        "properties": {**PROPERTIES, "model": MODEL},
        "odd": "odd-a",
    }
    return {
        "apiVersion": "cognitiveservices.azure.com/v20250601",
        "kind": "Deployment",
        "metadata": {"name": "chat"},
        "spec": spec,
    }


def crossplane() -> dict[str, Any]:
    provider = {
        "cognitiveAccountId": ACCOUNT,
        "model": [MODEL],
        "sku": [SKU],
        "raiPolicyName": "policy-a",
        "versionUpgradeOption": "NoAutoUpgrade",
        "dynamicThrottlingEnabled": True,
        "something": "new-a",
    }
    return {
        "apiVersion": "cognitiveservices.azure.upbound.io/v1beta1",
        "kind": "Deployment",
        "metadata": {"name": "chat"},
        "spec": {"forProvider": provider, "deletionPolicy": "Orphan"},
    }


def ai_yaml() -> dict[str, Any]:
    return {"deployments": [{"name": "chat", "model": MODEL, "sku": SKU, **PROPERTIES}]}


def project() -> dict[str, Any]:
    more = {key: value for key, value in MODEL.items() if key not in {"callRateLimit", "oddModel"}}
    models = [{**more, "sku": SKU, "something": "new-a"}]
    return {"resources": {"project": {"type": "ai.project", "models": models}}}


def az_list() -> dict[str, Any]:
    """As `az cognitiveservices account deployment show` prints one, less what ARM alone fills in."""
    kind = "Microsoft.CognitiveServices/accounts/deployments"
    body = {key: value for key, value in template()["resources"][0].items() if key not in {"type", "name"}}
    filled_in = {"provisioningState", "currentCapacity", "capabilities", "rateLimits"}
    properties = {key: value for key, value in body["properties"].items() if key not in filled_in}
    properties["model"] = {key: value for key, value in MODEL.items() if key != "callRateLimit"}
    return {"id": f"{ACCOUNT}/deployments/chat", "type": kind, **body, "properties": properties}


def attributes() -> dict[str, Any]:
    (held,) = azurerm(block="sku")["resources"][0]["instances"]
    return dict(held["attributes"])


def show() -> dict[str, Any]:
    one = {"type": "azurerm_cognitive_deployment", "mode": "managed", "values": attributes()}
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [one]}},
    }


def plan() -> dict[str, Any]:
    change = {"actions": ["create"], "after": attributes(), "after_unknown": {}}
    one = {"type": "azurerm_cognitive_deployment", "mode": "managed", "change": change}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {},
        "resource_changes": [one],
    }


def hcl_azurerm() -> dict[str, Any]:
    return {"azurerm_cognitive_deployment": {k: v for k, v in attributes().items() if k != "id"}}


def hcl_azapi() -> dict[str, Any]:
    (held,) = azapi()["resources"][0]["instances"]
    more = {
        "type": held["attributes"]["type"],
        "name": "chat",
        "parent_id": ACCOUNT,
        "something_new": "new-a",
    }
    return {"azapi_resource": {**more, "body": held["attributes"]["body"]}}


def hcl(source: Mapping[str, Mapping[str, Any]]) -> str:
    """Terraform's language: lists of one mapping are blocks."""
    lines = []
    for kind, arguments in source.items():
        lines.append(f'resource "{kind}" "d" {{')
        for name, value in arguments.items():
            if isinstance(value, list):
                lines += [f"{name} {{", *(f"  {k} = {json.dumps(v)}" for k, v in value[0].items()), "}"]
            else:
                lines.append(f"{name} = {json.dumps(value)}")
        lines.append("}")
    return "\n".join(lines) + "\n"


SOURCES: dict[str, dict[str, Any]] = {
    "template": template(),
    "azurerm": azurerm(block="sku"),
    "azurerm-3": azurerm(block="scale"),
    "azapi": azapi(),
    "aso": aso(),
    "crossplane": crossplane(),
    "ai.yaml": ai_yaml(),
    "ai.project": project(),
    "az list": az_list(),
    "terraform show": show(),
    "terraform plan": plan(),
    "terraform source": hcl_azurerm(),
    "terraform source of azapi": hcl_azapi(),
}
_FRAME = frozenset(
    {
        "type", "mode", "id", "cognitive_account_id", "contentVersion", "version", "lineage", "apiVersion",
        "armId", "cognitiveAccountId", "format_version", "terraform_version", "actions", "parent_id",
    }
)  # fmt: skip
_CONTAINERS = frozenset(
    {
        "resources", "instances", "attributes", "body", "properties", "spec", "forProvider", "deployments",
        "models", "model", "sku", "tags", "scale", "project",
    }
)  # fmt: skip


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 -- JSON
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def exported(tmp_path: Path, name: str) -> Exported:
    if name.startswith("terraform source"):
        path = tmp_path
        (path / "main.tf").write_text(hcl(SOURCES[name]), "utf-8")
    else:
        path = tmp_path / "source.json"
        path.write_text(json.dumps(SOURCES[name]), "utf-8")
    return manifests_of(estate_of(Files(any_kind=(path,)), Setting()), fleet="f", today=date(2026, 6, 22))


def silent(made: Exported, source: dict[str, Any]) -> list[str]:
    """The values of a source that are neither in a manifest nor, with what is around them, in a sentence."""
    lines = made.stream.splitlines()
    manifest = " ".join(line for line in lines if not line.lstrip().startswith("#"))
    sentences = " ".join([*made.notes, *(line for line in lines if line.lstrip().startswith("#"))])
    missing = []
    for path, value in leaves(source):
        if (path[-1] in _FRAME and path[-2:-1] != ("model",)) or path in {("resources", "name"), ("kind",)}:
            continue
        stated = json.dumps(value) in manifest or f" {value}" in manifest
        around = [json.dumps(name)[1:-1] for name in path if name not in _CONTAINERS]
        named = any(name in sentences for name in around)
        if not (stated or named):
            missing.append(".".join(path))
    return missing


@pytest.mark.parametrize("name", SOURCES)
def test_everything_that_a_source_says_is_stated_or_named(name: str, tmp_path: Path) -> None:
    assert silent(exported(tmp_path, name), SOURCES[name]) == []


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("field", [one.name for one in own_properties()])
def test_a_field_that_the_format_does_not_know_is_stated_or_named(
    field: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = tuple(one for one in own_properties() if one.name != field)
    monkeypatch.setattr(draft, "own_properties", lambda: fewer)
    made = exported(tmp_path, name)
    assert silent(made, SOURCES[name]) == []
    if field in json.dumps(SOURCES[name]):
        assert field in made.stream


KNOWLEDGE: list[tuple[Any, str, str, str]] = [
    *(
        (terraform_resource, table, key, name)
        for table in ("PROPERTIES", "MODEL", "SKU")
        for key in getattr(terraform_resource, table)
        for name in ("azurerm", "terraform show", "terraform plan", "terraform source")
    ),
    *((terraform_resource, "SCALE", key, "azurerm-3") for key in terraform_resource.SCALE),
    *((kubernetes, "CROSSPLANE_PROPERTIES", key, "crossplane") for key in kubernetes.CROSSPLANE_PROPERTIES),
    *((azd, "MODEL", key, "ai.project") for key in azd.MODEL),
    *((draft, "SKU", key, name) for key in draft.SKU for name in SOURCES),
]


@pytest.mark.parametrize(("room", "table", "key", "name"), KNOWLEDGE)
def test_a_property_that_a_reader_does_not_know_is_stated_or_named(
    room: Any,  # noqa: ANN401 -- a module
    table: str,
    key: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = getattr(room, table)
    rows = whole.items() if isinstance(whole, Mapping) else whole
    kept: Any = [row for row in rows if key != (row[0] if isinstance(whole, Mapping) else row)]
    monkeypatch.setattr(room, table, dict(kept) if isinstance(whole, Mapping) else tuple(kept))
    assert silent(exported(tmp_path, name), SOURCES[name]) == []


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_left_out_makes_the_export_less_than_whole(name: str, tmp_path: Path) -> None:
    made = exported(tmp_path, name)
    assert made.tally.left_out > 0
    assert not made.tally.whole

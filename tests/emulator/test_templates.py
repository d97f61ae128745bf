"""Template deployments of accounts and deployments: what Bicep and az send, and what comes of it."""

import json
from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet
from tests.emulator.templates import GROUP, MAIN, VERSION, template

MADE = ACCOUNT.removesuffix("acc") + "made"


def request(body: dict[str, Any], **parameters: object) -> dict[str, Any]:
    given = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"mode": "Incremental", "template": body, "parameters": given}}


def empty() -> Arm:
    arm = fleet()
    arm.arm("PUT", GROUP, {"location": "swedencentral"}, version="2021-04-01")
    return arm


def ended(arm: Arm, started: Reply) -> Any:  # noqa: ANN401 - JSON
    for _ in range(5):
        path = started.headers["azure-asyncoperation"].removeprefix("http://127.0.0.1")
        found = arm.call("GET", path, bearer=arm.token).json
        if found["status"] != "Running":
            return found
    raise AssertionError(found)


def test_a_template_makes_an_account_and_its_deployments_in_the_order_of_their_needs() -> None:
    arm = empty()
    started = arm.arm("PUT", MAIN, request(template(), accountName="made"), version=VERSION)
    assert (started.status, started.json["properties"]["provisioningState"]) == (201, "Accepted")
    assert ended(arm, started) == {"status": "Succeeded"}
    found = arm.arm("GET", MAIN, version=VERSION).json["properties"]
    assert found["provisioningState"] == "Succeeded"
    assert found["outputs"]["endpoint"]["value"] == "https://made.cognitiveservices.azure.com/"
    listed = arm.arm("GET", f"{MADE}/deployments").json["value"]
    assert {(i["name"], i["properties"]["provisioningState"]) for i in listed} == {
        ("chat", "Succeeded"),
        ("ptu", "Succeeded"),
    }
    ids = [
        item["properties"]["targetResource"]["id"]
        for item in arm.arm("GET", f"{MAIN}/operations", version=VERSION).json["value"]
    ]
    assert ids == [MADE, deployment("chat", MADE), deployment("ptu", MADE)]
    assert arm.arm("POST", f"{MAIN}/exportTemplate", version=VERSION).json["template"] == template()


def test_the_same_template_again_changes_nothing_and_what_if_says_so() -> None:
    arm = empty()
    asked = request(template(), accountName="made")
    first = arm.arm("POST", f"{MAIN}/whatIf", asked, version=VERSION).json
    assert [change["changeType"] for change in first["properties"]["changes"]] == ["Create"] * 3
    assert arm.arm("GET", MADE).status == 404, "it was taken back"
    arm.arm("PUT", MAIN, asked, version=VERSION)
    again = arm.arm("POST", f"{MAIN}/whatIf", asked, version=VERSION).json
    assert [change["changeType"] for change in again["properties"]["changes"]] == ["NoChange"] * 3
    grown = request(template(20), accountName="made")
    changes = arm.arm("POST", f"{MAIN}/whatIf", grown, version=VERSION).json["properties"]["changes"]
    assert [change["changeType"] for change in changes] == ["NoChange", "Modify", "NoChange"]
    assert changes[1]["before"]["sku"]["capacity"] == 10
    assert arm.arm("PUT", MAIN, asked, version=VERSION).status == 200


def test_validation_says_what_the_provider_would_and_makes_nothing() -> None:
    arm = empty()
    good = arm.arm("POST", f"{MAIN}/validate", request(template(), accountName="made"), version=VERSION)
    assert good.status == 200
    bad = arm.arm("POST", f"{MAIN}/validate", request(template(10**6), accountName="made"), version=VERSION)
    assert (bad.status, bad.code) == (400, "InvalidTemplateDeployment")
    assert bad.json["error"]["details"][0]["code"] == "InsufficientQuota"
    assert arm.arm("GET", MADE).status == 404


def test_what_validation_finds_is_refused_at_once_and_nothing_is_made() -> None:
    arm = empty()
    refused = arm.arm("PUT", MAIN, request(template(10**6), accountName="made"), version=VERSION)
    assert (refused.status, refused.code) == (400, "InvalidTemplateDeployment")
    assert refused.json["error"]["details"][0]["code"] == "InsufficientQuota"
    assert arm.arm("GET", MAIN, version=VERSION).status == 404
    assert arm.arm("GET", MADE).status == 404


def test_a_conflict_is_told_by_the_operation_and_leaves_what_was_made_before() -> None:
    arm = empty()
    busy = MADE.replace("/made", "/busy")
    world = {"id": busy, "location": "swedencentral", "properties": {"provisioningState": "Accepted"}}
    arm.control("world", {"accounts": [world]})
    asked = template(10)
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    late = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2025-06-01",
        "name": "busy/chat",
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": model},
    }
    asked["resources"].append(late)
    started = arm.arm("PUT", MAIN, request(asked, accountName="made"), version=VERSION)
    result = ended(arm, started)
    assert (result["status"], result["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert result["error"]["details"][0]["code"] == "RequestConflict"
    assert arm.arm("GET", MAIN, version=VERSION).json["properties"]["provisioningState"] == "Failed"
    assert arm.arm("GET", MADE).status == 200


def test_copies_conditions_symbolic_names_and_modules_are_followed() -> None:
    arm = empty()
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    copies = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2025-06-01",
        "copy": {"name": "many", "count": "[length(parameters('names'))]", "mode": "serial", "batchSize": 1},
        "name": "[format('acc/{0}', parameters('names')[copyIndex()])]",
        "sku": {"name": "GlobalStandard", "capacity": "[add(copyIndex(), 1)]"},
        "properties": {"model": model},
    }
    never = {**copies, "copy": None, "name": "acc/never", "condition": "[equals(1, 2)]"}
    inner = {"parameters": {"names": {"type": "array"}}, "resources": {"several": copies}}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "module",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": inner,
            "parameters": {"names": {"value": "[createArray('aa', 'bb')]"}},
        },
    }
    whole = {"resources": {"never": never, "module": module}}
    assert ended(arm, arm.arm("PUT", MAIN, request(whole), version=VERSION))["status"] == "Succeeded"
    listed = arm.arm("GET", f"{ACCOUNT}/deployments").json["value"]
    assert [(item["name"], item["sku"]["capacity"]) for item in listed] == [("aa", 1), ("bb", 2)]
    names = [item["name"] for item in arm.arm("GET", MAIN.rpartition("/")[0], version=VERSION).json["value"]]
    assert set(names) == {"main", "module"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidTemplate"),
        (request({"resources": [{"type": "Microsoft.Storage/storageAccounts", "name": "x"}]}), "EmulatorGap"),
        (request({"parameters": {"p": {"type": "string"}}, "resources": []}), "InvalidTemplate"),
        (request({"resources": [], "outputs": {"o": {"value": "[magic()]"}}}), "InvalidTemplate"),
        (request({"resources": [], "outputs": {"o": {"value": "[format('{0}']"}}}), "InvalidTemplate"),
        (request({"resources": [], "outputs": {"o": {"value": "[variables('none')]"}}}), "InvalidTemplate"),
        (
            request(
                {
                    "resources": [
                        {"type": "Microsoft.CognitiveServices/accounts", "name": "a", "dependsOn": ["b"]},
                        {"type": "Microsoft.CognitiveServices/accounts", "name": "b", "dependsOn": ["a"]},
                    ]
                }
            ),
            "InvalidTemplate",
        ),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_at_once(body: object, code: str) -> None:
    for path in (f"{MAIN}/validate", f"{MAIN}/whatIf"):
        assert empty().arm("POST", path, body, version=VERSION).code == code
    assert empty().arm("PUT", MAIN, body, version=VERSION).code == code


def test_a_deployments_entry_goes_and_what_it_made_stays() -> None:
    arm = empty()
    arm.arm("PUT", MAIN, request(template(), accountName="made"), version=VERSION)
    assert arm.arm("HEAD", MAIN, version=VERSION).status == 204
    assert arm.arm("DELETE", MAIN, version=VERSION).status == 204
    assert arm.arm("GET", MAIN, version=VERSION).code == "DeploymentNotFound"
    assert arm.arm("GET", MADE).status == 200


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[concat('a', string(1), 'b')]", "a1b"),
        ("[if(empty(''), 'yes', 'no')]", "yes"),
        ("[union(createObject('a', 1), createObject('b', 2)).b]", 2),
        ("[json('{\"a\": [1, 2]}').a[1]]", 2),
        ("[[literal]", "[literal]"),
        ("[replace('it''s', '''', '-')]", "it-s"),
        ("[take(guid('x'), 8)]", None),
        ("[tryGet(createObject('a', 1), 'b')]", None),
        ("[subscription().subscriptionId]", SUB_A),
        ("[join(split('a-b', '-'), '+')]", "a+b"),
        ("[coalesce(null(), 'x')]", "x"),
    ],
)
def test_expressions_of_bicep_are_evaluated(expression: str, value: object) -> None:
    arm = empty()
    body = request({"resources": [], "outputs": {"o": {"type": "string", "value": expression}}})
    found = arm.arm("PUT", MAIN, body, version=VERSION)
    assert found.status == 201, found.content
    said = found.json["properties"]["outputs"]["o"]["value"]
    assert value is None or said == value
    assert json.dumps(said)


def at_subscription(name: str) -> str:
    return f"/subscriptions/{SUB_A}/providers/Microsoft.Resources/deployments/{name}"


def with_module(sku: str) -> dict[str, Any]:
    """A subscription's template as Bicep writes it: a group, and a module in it."""
    group, names = "Microsoft.Resources/resourceGroups", "variables('name')"
    account = {
        "type": "Microsoft.CognitiveServices/accounts",
        "apiVersion": "2025-06-01",
        "name": "made",
        "location": "[resourceGroup().location]",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "made"},
    }
    chat = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2025-06-01",
        "name": "made/chat",
        "sku": {"name": sku, "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}},
    }
    outputs = {"endpoint": {"type": "string", "value": "[reference('made').endpoint]"}}
    inner = {"resources": [account, chat], "outputs": outputs}
    place = f"format('/subscriptions/{{0}}/resourceGroups/{{1}}', subscription().subscriptionId, {names})"
    module = f"extensionResourceId({place}, 'Microsoft.Resources/deployments', 'ai')"
    outer = f"[reference({module}, '2022-09-01').outputs.endpoint.value]"
    return {
        "variables": {"name": "fresh"},
        "resources": [
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2022-09-01",
                "name": "ai",
                "resourceGroup": f"[{names}]",
                "properties": {"mode": "Incremental", "template": inner},
                "dependsOn": [f"[subscriptionResourceId('{group}', {names})]"],
            },
            {
                "type": group,
                "apiVersion": "2021-04-01",
                "name": f"[{names}]",
                "location": "swedencentral",
                "tags": {"made": "here"},
            },
        ],
        "outputs": {"endpoint": {"type": "string", "value": outer}},
    }


def test_a_template_of_a_subscription_makes_a_group_and_what_is_in_it() -> None:
    arm, main = fleet(), at_subscription("main")
    asked = {"location": "swedencentral", **request(with_module("Standard"))}
    tried = arm.arm("POST", f"{main}/validate", asked, version=VERSION)
    fresh = f"/subscriptions/{SUB_A}/resourceGroups/fresh"
    assert (tried.status, arm.arm("GET", fresh, version="2021-04-01").status) == (200, 404)
    started = arm.arm("PUT", main, asked, version=VERSION)
    assert (started.status, ended(arm, started)) == (201, {"status": "Succeeded"})
    assert arm.arm("GET", fresh, version="2021-04-01").json["tags"] == {"made": "here"}
    found = arm.arm("GET", main, version=VERSION).json
    assert (found["id"], found["properties"]["outputs"]["endpoint"]["value"]) == (
        *(main, "https://made.openai.azure.com/"),
    )
    account = f"{fresh}/providers/Microsoft.CognitiveServices/accounts/made"
    assert arm.arm("GET", f"{account}/deployments/chat").status == 200
    listed = arm.arm("GET", at_subscription("main").rpartition("/")[0], version=VERSION).json["value"]
    assert [item["name"] for item in listed] == ["main"]
    inner = f"{fresh}/providers/Microsoft.Resources/deployments/ai"
    assert arm.arm("GET", inner, version=VERSION).status == 200


def test_a_template_of_a_subscription_tells_what_a_module_would_be_refused() -> None:
    asked = {"location": "swedencentral", **request(with_module("DeveloperTier"))}
    found = fleet().arm("POST", f"{at_subscription('main')}/validate", asked, version=VERSION)
    assert (found.status, found.code) == (400, "InvalidTemplateDeployment")
    assert found.json["error"]["details"][0]["code"] == "InvalidResourceProperties"


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        ("group", "Microsoft.Resources/resourceGroups"),
        ("subscription", "Microsoft.CognitiveServices/accounts"),
    ],
)
def test_a_resource_that_does_not_live_there_is_named(above: str, kind: str) -> None:
    where = MAIN if above == "group" else at_subscription("main")
    body = {"resources": [{"type": kind, "apiVersion": "2021-04-01", "name": "x", "location": "eastus"}]}
    found = empty().arm("PUT", where, request(body), version=VERSION)
    assert (found.status, kind in found.message) == (501, True)


def test_a_template_against_a_policy_is_refused_in_words_of_its_own() -> None:
    assignment = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments/places"
    policy = {"assignmentId": assignment, "scope": f"/subscriptions/{SUB_A}", "allowedLocations": ["eastus"]}
    arm = fleet(policies=[policy])
    asked = {"location": "swedencentral", **request(with_module("Standard"))}
    found = arm.arm("PUT", at_subscription("main"), asked, version=VERSION)
    assert (found.status, found.code) == (400, "InvalidTemplateDeployment")
    assert "because of policy violation" in found.message
    assert found.json["error"]["details"][0]["code"] == "RequestDisallowedByPolicy"


def beside(*names: str, **more: object) -> list[dict[str, Any]]:
    """Deployments of one account, each of which waits for what `more` says by its name."""
    common = {"type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2025-06-01"}
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    rest = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
    waits = {name: {"dependsOn": more[name]} for name in names if name in more}
    return [{**common, "name": f"acc/{name}", **rest, **waits.get(name, {})} for name in names]


FIRST = "[resourceId('Microsoft.CognitiveServices/accounts/deployments', 'acc', 'one')]"


@pytest.mark.parametrize(
    ("resources", "status"),
    [
        (beside("one", "two"), "Failed"),
        (beside("one", "two", two=[FIRST]), "Succeeded"),
        (beside("one", "two", "three", two=[FIRST], three=["acc/two"]), "Succeeded"),
        (beside("one", "two", "three", two=[FIRST], three=[FIRST]), "Failed"),
    ],
)
def test_deployments_of_an_account_that_do_not_wait_for_each_other_collide(
    resources: list[dict[str, Any]], status: str
) -> None:
    arm = empty()
    started = arm.arm("PUT", MAIN, request({"resources": resources}), version=VERSION)
    found = ended(arm, started)
    assert (started.status, found["status"]) == (201, status)
    if status == "Failed":
        detail = found["error"]["details"][0]
        assert (detail["code"], "Another operation" in detail["message"]) == ("RequestConflict", True)


@pytest.mark.parametrize(("mode", "status"), [("serial", "Succeeded"), ("parallel", "Failed")])
def test_copies_of_a_deployment_have_to_be_made_one_by_one(mode: str, status: str) -> None:
    arm = empty()
    copied = {**beside("x")[0], "name": "[format('acc/d{0}', copyIndex())]"}
    copied["copy"] = {"name": "many", "count": 2, "mode": mode, "batchSize": 1}
    after = beside("last", last=["many"])
    started = arm.arm("PUT", MAIN, request({"resources": [copied, *after]}), version=VERSION)
    assert ended(arm, started)["status"] == status


@pytest.mark.parametrize("name", ["acc/", "acc", "acc/chat/more"])
def test_a_name_has_as_many_segments_as_its_type(name: str) -> None:
    body = {"resources": [{**beside("x")[0], "name": name}]}
    found = empty().arm("PUT", MAIN, request(body), version=VERSION)
    assert (found.status, found.code) == (400, "InvalidTemplate")
    assert f"The template resource '{name}' for type" in found.message
    assert found.json["error"]["additionalInfo"][0]["type"] == "TemplateViolation"


@pytest.mark.parametrize(
    ("day", "code"),
    [("2023-11-20", "InvalidCapacity"), ("2024-10-02", "InvalidCapacity"), ("2026-06-01", "")],
)
def test_a_templates_sku_had_to_say_its_size(day: str, code: str) -> None:
    sizes = {"name": "Standard", "usageName": "OpenAI.Standard.gpt-x", "capacity": {"maximum": 3}}
    offered = {
        "kinds": ["OpenAI"],
        "model": {"format": "OpenAI", "name": "gpt-x", "version": "1", "skus": [sizes]},
    }
    arm = fleet(models={"swedencentral": [offered]})
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    arm.sign_in_again()
    resource = {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "apiVersion": "2023-05-01",
        "name": "acc/chat",
        "sku": {"name": "Standard"},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-x", "version": "1"}},
    }
    found = arm.arm(
        "PUT", MAIN, request({**template(), "parameters": {}, "resources": [resource]}), version=VERSION
    )
    details = found.json.get("error", {}).get("details", [{"code": "", "message": ""}])
    assert details[0]["code"] == code
    told = "The specified capacity ' ' of account deployment should be greater than 0 and no more than 3."
    assert details[0]["message"] == (told if code else "")


def test_what_a_module_cannot_make_is_wrapped_by_it() -> None:
    arm = empty()
    account = {
        "type": "Microsoft.CognitiveServices/accounts",
        "apiVersion": "2025-06-01",
        "name": "made",
        "location": "swedencentral",
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "properties": {"apiProperties": {"statisticsEnabled": False}},
    }
    inner = {**template(), "parameters": {}, "outputs": {}, "resources": [account]}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "module",
        "properties": {"mode": "Incremental", "template": inner},
    }
    asked = request({**template(), "parameters": {}, "outputs": {}, "resources": [module]})
    error = ended(arm, arm.arm("PUT", MAIN, asked, version=VERSION))["error"]
    assert (error["code"], error["target"]) == ("DeploymentFailed", MAIN)
    wrapped = error["details"][0]
    assert (wrapped["code"], wrapped["target"].rpartition("/")[2]) == ("ResourceDeploymentFailure", "module")
    assert wrapped["details"][0]["details"][0]["code"] == "ApiPropertiesInvalid"

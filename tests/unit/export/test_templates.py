"""ARM templates: what can be said of them is, and what cannot is a placeholder that validate points at."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reconciler.domain.deployment import JsonValue
from reconciler.errors import UsageProblem
from reconciler.export import Estate, Found, Setting
from reconciler.export.foreign import ForeignFile, read_file
from reconciler.export.sources.template import template_estate

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "templates"
KIND = "Microsoft.CognitiveServices/accounts/deployments"
MODEL: dict[str, JsonValue] = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
PLACED = Setting(subscription=SUBSCRIPTION, resource_group="rg-ai")


def resource(name: str = "acc/chat", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON on its way in
    body = {"sku": {"name": "Standard", "capacity": 10}, "properties": {"model": MODEL}}
    return {"type": KIND, "name": name, **body, **more}


def template(*resources: Any, given: dict[str, Any] | None = None, **more: Any) -> Estate:  # noqa: ANN401 -- JSON on its way in  # noqa: ANN401 -- JSON on its way in
    document = {"resources": list(resources), **more}
    parameters = [] if given is None else [file(parameters={k: {"value": v} for k, v in given.items()})]
    return template_estate(file(**document), parameters, PLACED)


def file(**document: Any) -> ForeignFile:  # noqa: ANN401 -- JSON on its way in
    return ForeignFile(name="main.json", document=json.loads(json.dumps(document)))


def only(estate: Estate) -> Found:
    (account,) = estate.accounts
    (found,) = account.deployments
    return found


def names(estate: Estate) -> list[str]:
    return [f"{one.name}/{found.name}" for one in estate.accounts for found in one.deployments]


EXPRESSIONS: list[tuple[str, JsonValue]] = [
    ("[toLower(concat('GPT', '-', string(4), 'O'))]", "gpt-4o"),
    ("[format('{0}-{1:}', 'a', 'b')]", None),
    ("[format('{1}-{0}', 'a', 2)]", "2-a"),
    ("[if(equals(parameters('p'), 'v'), 'yes', uniqueString('x'))]", "yes"),
    ("[if(and(false(), parameters('missing')), 'a', 'b')]", "b"),
    ("[coalesce(null(), tryGet(parameters('o'), 'a', 'c'), 'd')]", "d"),
    ("[parameters('O').A.b[1]]", "two"),
    ("[variables('it''s')]", None),
    ("[variables('nested')[0].x]", "v"),
    ("[substring('abcdef', 1, 3)]", "bcd"),
    ("[substring('abc', 1, 30)]", None),
    ("[join(split('a,b', ','), '+')]", "a+b"),
    ("[last(createArray('a', 'b'))]", "b"),
    ("[string(div(-7, 2))]", "-3"),
    ("[string(length(union(createObject('a', 1), createObject('b', 2))))]", "2"),
    ("[[literal]", "[literal]"),
    ("[resourceGroup().name]", "rg-ai"),
    ("[subscription().subscriptionId]", SUBSCRIPTION),
    ("[reference('x').y]", None),
    ("[utcNow()]", None),
    ("[contoso.shout('a')]", None),
    ("[parameters(]", None),
    ("[variables('circle')]", None),
    ("[filter(createArray('a', 'bb'), lambda('x', greater(length(lambdaVariables('x')), 1)))[0]]", "bb"),
    ("[join(map(range(0, 3), lambda('i', string(mul(lambdaVariables('i'), 2)))), ',')]", "0,2,4"),
    (
        (
            "[join(map(createArray('a', 'b'), "
            "lambda('x', 'i', concat(lambdaVariables('x'), string(lambdaVariables('i'))))), '')]"
        ),
        "a0b1",
    ),
    (
        (
            "[string(reduce(createArray(1, 2, 3), 0, "
            "lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b')))))]"
        ),
        "6",
    ),
    (
        (
            "[first(sort(createArray('b', 'a'), "
            "lambda('x', 'y', less(lambdaVariables('x'), lambdaVariables('y')))))]"
        ),
        "a",
    ),
    ("[toObject(createArray('a'), lambda('x', lambdaVariables('x')), lambda('x', 'made')).a]", "made"),
    ("[groupBy(createArray('aa', 'b'), lambda('x', string(length(lambdaVariables('x')))))['2'][0]]", "aa"),
    ("[mapValues(createObject('k', 'v'), lambda('x', toUpper(lambdaVariables('x')))).k]", "V"),
    ("[join(flatten(createArray(createArray('a'), createArray('b', 'c'))), '')]", "abc"),
    ("[join(objectKeys(createObject('a', 1, 'b', 2)), '+')]", "a+b"),
    ("[intersection(createArray('a', 'b'), createArray('b'))[0]]", "b"),
    ("[string(length(objectKeys(intersection(createObject('a', 1, 'b', 2), createObject('b', 2)))))]", "1"),
    ("[shallowMerge(createArray(createObject('a', 'x'), createObject('a', 'y'))).a]", "y"),
    ("[string(mod(-7, 3))]", "-1"),
    ("[format('{0:D3}-{1:N0}', 7, 1234567)]", "007-1,234,567"),
    ("[format('{{{0}}}', 'a')]", "{a}"),
    ("[coalesce(tryGet(variables('partly'), 'name'), 'x')]", "known"),
    ("[coalesce(tryGet(variables('partly'), 'absent'), 'x')]", "x"),
    ("[if(contains(variables('partly'), 'name'), variables('partly').name, 'x')]", "known"),
    ("[union(variables('partly'), createObject('more', 1)).name]", "known"),
    ("[union(variables('partly'), createObject('open', 'now')).open]", "now"),
    ("[if(equals(utcNow(), 'x'), variables('partly').name, 'known')]", "known"),
    ("[if(empty(concat('a', utcNow())), 'x', 'y')]", "y"),
    ("[if(parameters('missing'), 'x', 'y')]", None),
    ("[own.twice('ab')]", "abab"),
    ("[own.twice('ab', 'more')]", None),
    ("[coalesce(variables('partly')?.absent, 'x')]", "x"),
    ("[tryIndexFromEnd(createArray('a', 'b'), 1)]", "b"),
    ("[indexFromEnd(createArray('a', 'b'), 2)]", "a"),
    ("[base64ToString(base64('ab'))]", "ab"),
    ("[resourceGroup().location]", None),
]


@pytest.mark.parametrize(("expression", "comes_to"), EXPRESSIONS)
def test_an_expression_is_evaluated_or_left_open_and_never_guessed(
    expression: str, comes_to: JsonValue
) -> None:
    estate = template(
        resource(properties={"model": {**MODEL, "name": expression}}),
        parameters={"p": {"defaultValue": "v"}, "o": {"defaultValue": {"a": {"b": ["one", "two"]}}}},
        variables={
            "nested": [{"x": "[parameters('p')]"}],
            "circle": "[variables('circle')]",
            "partly": {"name": "known", "open": "[utcNow()]"},
        },
        functions=[
            {
                "namespace": "own",
                "members": {
                    "twice": {
                        "parameters": [{"name": "text", "type": "string"}],
                        "output": {"value": "[concat(parameters('text'), parameters('text'))]"},
                    }
                },
            }
        ],
    )
    found = only(estate)
    model = found.resource["properties"]["model"]  # type: ignore[index,call-overload]
    assert model.get("name") == comes_to  # type: ignore[union-attr]
    assert ("model.name" in found.open) is (comes_to is None)


def test_parameters_win_over_defaults_and_a_missing_one_is_open() -> None:
    declared = {"capacity": {"type": "int", "defaultValue": 1}, "rai": {"type": "string"}}
    one = resource(sku={"name": "Standard", "capacity": "[parameters('capacity')]"})
    one["properties"] = {"model": MODEL, "raiPolicyName": "[parameters('rai')]"}
    found = only(template(one, parameters=declared, given={"Capacity": 70}))
    assert found.resource["sku"] == {"name": "Standard", "capacity": 70}
    assert found.open == {"raiPolicyName": "parameters('rai')"}


def test_a_loop_makes_one_deployment_a_turn() -> None:
    looped = resource(
        "[format('acc/{0}-{1}', parameters('models')[copyIndex()], copyIndex('m', 1))]",
        copy={"name": "m", "count": "[length(parameters('models'))]"},
    )
    found = template(looped, parameters={"models": {"defaultValue": ["a", "b"]}})
    assert names(found) == ["acc/a-1", "acc/b-2"]


def test_loops_of_variables_and_properties_are_run() -> None:
    estate = template(
        resource("[variables('names')[1]]", tags={"copy": [{"name": "t", "count": 1, "input": "x"}]}),
        variables={"copy": [{"name": "names", "count": 2, "input": "[concat('acc/', copyIndex('names'))]"}]},
    )
    assert names(estate) == ["acc/1"]


def test_a_loop_of_unknown_length_is_named_and_left_out() -> None:
    looped = resource(copy={"name": "many", "count": "[length(parameters('x'))]"})
    estate = template(looped, resource("acc/other"))
    assert names(estate) == ["acc/other"]
    assert any("the loop many" in text for text in estate.left_out)


def test_a_false_condition_leaves_out_and_an_unknown_one_is_told() -> None:
    off = resource("acc/off", condition="[equals(1, 2)]")
    maybe = resource("acc/maybe", condition="[parameters('deploy')]")
    estate = template(off, maybe)
    assert names(estate) == ["acc/maybe"]
    assert only(estate).condition == "parameters('deploy')"
    assert any("off" in note for note in estate.notes)


def test_children_of_an_account_and_symbolic_names_are_found() -> None:
    account = {
        "type": "Microsoft.CognitiveServices/accounts",
        "name": "[parameters('n')]",
        "location": "Sweden Central",
        "resources": [resource("chat", type="deployments")],
    }
    estate = template_estate(
        file(
            languageVersion="2.0",
            parameters={"n": {"defaultValue": "acc"}},
            resources={"old": {**account, "existing": True}, "new": account},
        ),
        [],
        PLACED,
    )
    assert (names(estate), estate.accounts[0].region) == (["acc/chat"], "Sweden Central")


def nested(scope: str, *resources: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON on its way in  # noqa: ANN401 -- JSON on its way in
    properties = {"expressionEvaluationOptions": {"scope": scope}, "template": {"resources": list(resources)}}
    properties |= more
    return {"type": "Microsoft.Resources/deployments", "name": "inner", "properties": properties}


def test_a_nested_template_has_its_own_parameters_and_may_be_elsewhere() -> None:
    inside = nested("inner", resource("[concat(parameters('a'), '/chat')]"))
    inside["properties"]["parameters"] = {"a": {"value": "[parameters('outer')]"}}
    inside["resourceGroup"] = "rg-other"
    estate = template(inside, parameters={"outer": {"defaultValue": "acc"}})
    assert (names(estate), estate.accounts[0].resource_group) == (["acc/chat"], "rg-other")


def test_an_outer_scope_shares_the_parameters_above() -> None:
    inside = nested("outer", resource("[concat(parameters('a'), '/chat')]"))
    assert names(template(inside, parameters={"a": {"defaultValue": "acc"}})) == ["acc/chat"]


def test_a_linked_template_is_named() -> None:
    linked = {"type": "Microsoft.Resources/deployments", "name": "far", "properties": {"templateLink": {}}}
    assert any("linked template of far" in text for text in template(linked, resource()).left_out)


def test_accounts_whose_names_are_equally_unknown_are_one() -> None:
    name = "[format('oai{0}/{1}', uniqueString(resourceGroup().id), 'NAME')]"
    estate = template(resource(name.replace("NAME", "a")), resource(name.replace("NAME", "b")))
    (account,) = estate.accounts
    assert account.name is None
    assert [one.name for one in account.deployments] == ["a", "b"]
    assert account.open["name"].startswith("oai${uniquestring(")


NOT_FOUND: list[tuple[dict[str, Any], str]] = [
    ({"$schema": "https://x/deploymentParameters.json#", "parameters": {}}, "--parameters"),
    ({"terraform_version": "1.9"}, "--from-tfstate"),
    ({"a": 1}, "bicep build"),
    ({"resources": []}, "declares no resource of type"),
    ({"resources": [resource("a/off", condition=False)]}, "off (False)"),
]


@pytest.mark.parametrize(("document", "says"), NOT_FOUND)
def test_a_file_without_deployments_is_told_what_it_is_and_what_to_do(
    document: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageProblem) as told:
        template_estate(file(**document), [], PLACED)
    assert says in str(told.value)


def doubled(form: str) -> dict[str, Any]:
    names_ = [f"v{number}" for number in range(50)]
    steps = {new: form.replace("V", old) for old, new in pairwise(names_)}
    return {"v0": "[uniqueString('x')]", **steps}


@pytest.mark.parametrize(
    "variables",
    [
        doubled("[concat(variables('V'), variables('V'))]"),
        doubled("[createArray(variables('V'), variables('V'))]"),
        {"v49": "[padLeft('x', 2000000000)]"},
        {"v49": "[" + "not(" * 5000},
        {"v49": "[" + "9" * 30 + "]"},
    ],
)
def test_a_template_that_grows_without_end_is_cut_short(variables: dict[str, Any]) -> None:
    found = only(
        template(resource(properties={"model": {"name": "[variables('v49')]"}}), variables=variables)
    )
    assert "model.name" in found.open or found.resource


def test_a_template_that_works_without_end_is_refused() -> None:
    loop: Any = "x"
    for name in "abc":
        loop = {"copy": [{"name": name, "count": 800, "input": loop}]}
    with pytest.raises(UsageProblem, match="steps to evaluate"):
        template(resource(tags="[variables('v')]"), variables={"v": loop})


# What an evaluator of the corpus's own makes of the same files, with default parameters.
DECLARED: list[tuple[str, str | None, str, str, int]] = [
    ("foundry-private-network", "eastus", "gpt-4o-mini", "2024-07-18", 1),
    ("foundry-basic-agent", "westus", "gpt-4o", "2024-11-20", 30),
    ("foundry-standard-agent", "eastus", "gpt-4o", "2024-05-13", 1),
]


@pytest.mark.parametrize(("name", "region", "model", "version", "capacity"), DECLARED)
def test_templates_that_others_published_come_to_what_they_declare(
    name: str, region: str, model: str, version: str, capacity: int
) -> None:
    estate = template_estate(read_file(CORPUS / f"{name}.json"), [], Setting())
    found = only(estate)
    assert estate.accounts[0].region == region
    assert found.name == model
    assert found.resource["properties"] == {"model": {"name": model, "format": "OpenAI", "version": version}}
    assert found.resource["sku"] == {"name": "GlobalStandard", "capacity": capacity}


def test_a_published_template_that_is_switched_off_says_how_to_switch_it_on() -> None:
    template_file = read_file(CORPUS / "langgraph.json")
    with pytest.raises(UsageProblem, match="aiFoundryEnabled"):
        template_estate(template_file, [], Setting())
    on = file(parameters={"aiFoundryEnabled": {"value": True}})
    (account,) = template_estate(template_file, [on], Setting()).accounts
    assert [(one.name, one.resource["sku"]) for one in account.deployments] == [
        ("gpt-5", {"name": "GlobalStandard", "capacity": 1000}),
        ("gpt-4o", {"name": "GlobalStandard", "capacity": 450}),
        ("text-embedding-3-small", {"name": "GlobalStandard", "capacity": 1000}),
        ("text-embedding-3-large", {"name": "GlobalStandard", "capacity": 1000}),
    ]


def test_a_published_module_without_values_is_all_placeholders() -> None:
    found = only(template_estate(read_file(CORPUS / "bicep-registry-deployment.json"), [], Setting()))
    assert found.name == "<parameters('name')>"
    assert found.open == {"name": "parameters('name')", "model": "parameters('model')"}


@pytest.mark.parametrize("given", [None, {"pw": "hush"}])
@pytest.mark.parametrize("kind", ["securestring", "secureString", "secureObject"])
def test_a_secure_parameter_is_never_written_down(kind: str, given: dict[str, Any] | None) -> None:
    secret = {"pw": {"type": kind, "defaultValue": "hush"}}
    tags = {"a": "[parameters('pw')]", "b": "[concat('x', parameters('pw'))]"}
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"p": {"value": "[parameters('pw')]"}},
            "template": {
                "parameters": {"p": {"type": "string"}},
                "resources": [resource(tags={"c": "[parameters('p')]"})],
            },
        },
    }
    made = template(resource(tags=tags), nested, given=given, parameters=secret)
    found = [one for account in made.accounts for one in account.deployments]
    assert len(found) == 2
    assert "hush" not in repr(made)
    assert found[0].open["tags.a"] == "parameters('pw'), which is secure"


def test_a_loop_over_nothing_is_told_as_what_is_switched_off() -> None:
    loop = {"name": "each", "count": "[length(parameters('wanted'))]"}
    empty = {"wanted": {"type": "array", "defaultValue": []}}
    with pytest.raises(UsageProblem, match=r"loop runs 0 times, for each \(\[length.*--parameters"):
        template(resource(copy=loop), parameters=empty)
    made = template(resource("acc/other"), resource(copy=loop), parameters=empty)
    assert any("each ([length" in note for note in made.notes)
    assert names(template(resource(copy=loop), parameters=empty, given={"wanted": [1]})) == ["acc/chat"]

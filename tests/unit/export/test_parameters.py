"""Parameter files, merged in order; azd's placeholders as azd fills them in."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, Found
from reconciler.export.sources.given import Setting, azd_environment, named_values
from reconciler.export.sources.reading import Files, estate_of

TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {
        "name": {"type": "string", "defaultValue": "chat"},
        "cap": {"type": "int", "defaultValue": 1},
        "rai": {"type": "string", "nullable": True},
        "tags": {"type": "object", "defaultValue": {}},
    },
    "resources": [
        {
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "name": "[format('acc/{0}', parameters('name'))]",
            "sku": {"name": "Standard", "capacity": "[parameters('cap')]"},
            "tags": "[parameters('tags')]",
            "properties": {
                "model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"},
                "raiPolicyName": "[parameters('rai')]",
            },
        }
    ],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("main.json").write_text(json.dumps(TEMPLATE), "utf-8")
    return tmp_path


def parameters(file: str, /, **values: Any) -> Path:  # noqa: ANN401 -- JSON
    document = {"parameters": {key: {"value": value} for key, value in values.items()}}
    Path(file).write_text(json.dumps(document), "utf-8")
    return Path(file)


def read(*files: Path, **setting: Any) -> Estate:  # noqa: ANN401 -- JSON
    return estate_of(Files(any_kind=(Path("main.json"),), parameters=files), Setting(**setting))


def only(estate: Estate) -> Found:
    ((found,),) = [one.deployments for one in estate.accounts]
    return found


def capacity(estate: Estate) -> object:
    sku = only(estate).resource["sku"]
    return sku["capacity"] if isinstance(sku, dict) else None


def test_files_are_merged_in_order_and_names_have_no_case() -> None:
    made = read(parameters("a.json", cap=5, name="first"), parameters("b.json", CAP=7))
    assert (only(made).name, capacity(made)) == ("first", 7)


def test_a_value_by_name_wins_and_is_typed_by_the_template() -> None:
    made = read(parameters("a.json", cap=5), values=named_values(["cap=12", "name=007"], "--set"))
    assert (only(made).name, capacity(made)) == ("007", 12)


@pytest.mark.parametrize("how", ["file", "values", "assumed"])
def test_a_name_that_the_template_does_not_have_is_refused_with_the_nearest(how: str) -> None:
    files = [parameters("a.json", cpa=5)] if how == "file" else []
    setting = {} if how == "file" else {how: {"cpa": "5"}}
    with pytest.raises(UsageProblem, match=r"cpa.*did you mean cap"):
        read(*files, **setting)


def test_azd_a_default_holds_where_nothing_is_set_and_is_told() -> None:
    made = read(parameters("p.json", cap="${CAP=80}"))
    assert capacity(made) == 80
    assert "azd variables that are set nowhere: CAP" in made.notes[0]


def test_azd_an_unset_variable_means_that_the_parameter_is_absent() -> None:
    made = read(parameters("p.json", name="${DEPLOY_NAME}", rai="${RAI}"))
    assert only(made).name == "chat"
    assert only(made).open == {}
    assert "DEPLOY_NAME, RAI" in made.notes[0]


def test_azd_what_is_set_is_filled_in_and_typed() -> None:
    environment = {"CAP": "30", "SUFFIX": "eu"}
    made = read(parameters("p.json", cap="${CAP=80}", name="chat-${SUFFIX}"), environment=environment)
    assert (only(made).name, capacity(made)) == ("chat-eu", 30)
    assert made.notes == ()


def test_azd_a_text_around_an_unset_variable_stays_open() -> None:
    assert only(read(parameters("p.json", name="chat-${SUFFIX}"))).name == "<chat-${SUFFIX}>"


def test_azd_values_inside_objects_are_filled_in() -> None:
    made = read(parameters("p.json", tags={"env": "${ENV=dev}"}))
    assert only(made).resource["tags"] == {"env": "dev"}


def test_a_value_that_lives_in_a_vault_is_not_known() -> None:
    document = {"parameters": {"rai": {"reference": {"secretName": "x"}}}}
    Path("p.json").write_text(json.dumps(document), "utf-8")
    assert "p.json takes from elsewhere" in only(read(Path("p.json"))).open["raiPolicyName"]


@pytest.mark.parametrize("named", [".azure/dev", ".azure"])
def test_an_azd_environment_is_read_by_name_or_as_the_default_one(named: str) -> None:
    Path(".azure/dev").mkdir(parents=True)
    Path(".azure/config.json").write_text('{"defaultEnvironment": "dev"}', "utf-8")
    lines = [
        'CAP="30"',
        "PLAIN=a b # why",
        "export SINGLE='x'",
        "# comment",
        'JSON="{\\"a\\":1}"',
        "odd line",
    ]
    Path(".azure/dev/.env").write_text("\n".join(lines), "utf-8")
    Path(".azure/dev/config.json").write_text('{"infra": {"parameters": {"rai": "strict"}}}', "utf-8")
    variables, kept = azd_environment(Path(named))
    assert variables == {"CAP": "30", "PLAIN": "a b", "SINGLE": "x", "JSON": '{"a":1}'}
    made = read(parameters("p.json", cap="${CAP}"), environment=variables, kept=kept)
    assert (capacity(made), only(made).resource["properties"]["raiPolicyName"]) == (30, "strict")  # type: ignore[index,call-overload]


def test_a_folder_that_is_no_azd_environment_is_told() -> None:
    with pytest.raises(UsageProblem, match="azd env list"):
        azd_environment(Path("nowhere"))


def test_bicep_parameters_that_are_written_out_need_no_bicep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    Path("main.bicepparam").write_text(
        "using 'main.bicep'\n\n// how much\nparam cap = 40 /* units */\nparam name = 'it\\'s'\n"
        "param tags = {\n  owner: 'a'\n  'x y': [1, true\n null]\n}\n"
        "param rai = readEnvironmentVariable('RAI')\n",
        "utf-8",
    )
    found = only(read(Path("main.bicepparam")))
    assert (found.name, found.resource["sku"]) == ("it's", {"name": "Standard", "capacity": 40})
    assert found.resource["tags"] == {"owner": "a", "x y": [1, True, None]}
    assert "raiPolicyName" in found.open


def test_a_property_called_param_begins_no_parameter() -> None:
    Path("main.bicepparam").write_text("param tags = {\n  param: 'x'\n}\nparam cap = 3\n", "utf-8")
    found = only(read(Path("main.bicepparam")))
    assert found.resource["tags"] == {"param": "x"}
    assert found.resource["sku"] == {"name": "Standard", "capacity": 3}


def test_bicep_itself_needs_the_executable_and_says_how_to_get_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    Path("main.bicep").write_text("param x string", "utf-8")
    with pytest.raises(UsageProblem, match=r"bicep build main.bicep --outfile main.json"):
        estate_of(Files(any_kind=(Path("main.bicep"),)), Setting())


@pytest.fixture
def with_bicep(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `bicep` that prints what a file beside its argument holds."""
    (folder / "bin").mkdir()
    script = folder / "bin" / "bicep"
    script.write_text('#!/bin/sh\n/bin/cat "$3.out" || { echo "BCP001: no" >&2; exit 1; }\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    return folder


@pytest.mark.usefixtures("with_bicep")
def test_bicep_is_built_where_there_is_an_executable() -> None:
    Path("main.bicep").write_text("…", "utf-8")
    Path("main.bicep.out").write_text(json.dumps(TEMPLATE), "utf-8")
    assert only(estate_of(Files(any_kind=(Path("main.bicep"),)), Setting())).name == "chat"


@pytest.mark.usefixtures("with_bicep")
def test_a_bicepparam_file_brings_its_template_along() -> None:
    Path("main.bicepparam").write_text("using 'main.bicep'", "utf-8")
    given = {"parameters": {"cap": {"value": 9}}}
    built = {"templateJson": json.dumps(TEMPLATE), "parametersJson": json.dumps(given)}
    Path("main.bicepparam.out").write_text(json.dumps(built), "utf-8")
    made = estate_of(Files(parameters=(Path("main.bicepparam"),)), Setting())
    assert capacity(made) == 9


@pytest.mark.usefixtures("with_bicep")
def test_what_bicep_says_is_passed_on() -> None:
    Path("main.bicep").write_text("…", "utf-8")
    with pytest.raises(UsageProblem, match="BCP001"):
        estate_of(Files(any_kind=(Path("main.bicep"),)), Setting())

"""The JSON Schema says to editors what reading says to people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler.domain.sku import KNOWN_SKUS
from reconciler.manifest.fleet import LOWERABLE
from reconciler.manifest.schema import json_schema
from reconciler.manifest.structure import STRUCTURAL
from tests.unit.manifest.reading import EVERYTHING, a_fleet, a_set, complete_entry, one_entry

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it: version 1.2, which has no dates."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def objections(text: str) -> list[str]:
    """What the schema objects to in one document, read as any editor would."""
    return [error.message for error in VALIDATOR.iter_errors(yaml.load(text, Loader=EditorLoader))]  # noqa: S506 -- a SafeLoader


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("manifests/**/*.yaml"), *ROOT.glob("tests/manifests/good/*.yaml")]), ids=str
)
def test_good_manifests_satisfy_the_schema(path: Path) -> None:
    texts = path.read_text(encoding="utf-8")
    documents = [document for document in yaml.load_all(texts, Loader=EditorLoader) if document is not None]
    assert documents
    assert [error.message for document in documents for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "text",
    [
        one_entry(EVERYTHING),
        complete_entry("tags: {a: 5, b: true}"),
        one_entry("model: {name: m, version: 0613, source: /subscriptions/x}\nsku: {name: NewSku}"),
        a_fleet("rules: {model-retired: error}"),
        complete_entry("raiPolicyName: null\nrouting: null\nserviceTier: ~\ntags: {a: null}"),
    ],
)
def test_what_reading_takes_the_schema_takes(text: str) -> None:
    assert objections(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (complete_entry("capcity: 5"), "an unknown field"),
        (complete_entry(capacity="ten"), "no number"),
        (complete_entry(capacity="10.5"), "no whole number"),
        (complete_entry("deploymentState:"), "null"),
        (complete_entry("versionUpgradeOption: Never"), "no such word"),
        (a_set().replace("DeploymentSet", "Deployment"), "no such kind"),
        (a_set().replace("v1", "v2"), "another version of the format"),
        (a_set().replace("resourceGroup: rg-ai, ", ""), "a missing field"),
        (a_fleet("{}", name="Contoso"), "a name with capitals"),
    ],
)
def test_what_reading_refuses_the_schema_refuses(text: str, reason: str) -> None:
    assert objections(text), reason


def test_every_field_is_described() -> None:
    definitions = json_schema()["$defs"]
    silent = [
        f"{name}.{field}"
        for name, definition in definitions.items()
        for field, schema in definition["properties"].items()
        if not (
            schema.get("description") or definitions[schema["$ref"].rsplit("/", 1)[-1]].get("description")
        )
    ]
    assert silent == []


def test_no_mapping_takes_unknown_fields() -> None:
    open_ones = [
        name
        for name, definition in json_schema()["$defs"].items()
        if definition.get("additionalProperties") is not False
    ]
    assert open_ones == []


def test_editors_are_offered_every_known_sku() -> None:
    choices = json_schema()["$defs"]["SkuEntry"]["properties"]["name"]["anyOf"]
    assert [choice["enum"] for choice in choices if "enum" in choice] == [list(KNOWN_SKUS)]


def test_only_codes_of_reading_can_be_lowered_where_text_is_understood() -> None:
    assert STRUCTURAL.keys() >= LOWERABLE


def test_reading_manifests_imports_no_rule() -> None:
    program = (
        "import sys; from reconciler.manifest import load; "
        "print([name for name in sys.modules if name.startswith('reconciler.manifest.rules')])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

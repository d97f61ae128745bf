"""Documents made from the program say what the program says today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler.catalogue.load import catalogue
from reconciler.domain.sku import KNOWN_SKUS
from reconciler.manifest import rules
from tools.build_docs import DOCUMENTS, ROOT, outdated

SCHEMA = json.loads((ROOT / "docs" / "reference" / "manifest.schema.json").read_text("utf-8"))
OURS = sorted((ROOT / "manifests").rglob("*.yaml"))


def test_no_document_is_out_of_date() -> None:
    assert outdated() == []


def test_every_code_has_an_entry_with_its_severity() -> None:
    page = DOCUMENTS["docs/diagnostics.md"]()
    for code in rules.CODES:
        explanation = rules.explain(code)
        assert explanation is not None
        assert f"\n## {code}\n" in page
        assert f"| [`{code}`](#{code}) | {explanation.severity.value} |" in page


def test_every_row_of_a_generated_table_says_something() -> None:
    """Pydantic drops a field's description that repeats that of its type."""
    rows = [line for page in DOCUMENTS.values() for line in page().splitlines() if line.startswith("| ")]
    assert rows
    assert [row for row in rows if row.rstrip(" |") != row.removesuffix(" |")] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_manifests_of_this_repository_name_the_schema_and_fit_it(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "docs" / "reference" / "manifest.schema.json"
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_editors_are_offered_models_skus_and_regions() -> None:
    model = SCHEMA["$defs"]["ModelEntry"]["properties"]
    assert set(catalogue().models()) <= set(model["name"]["examples"])
    assert "2024-11-20" in model["version"]["examples"]
    region = SCHEMA["$defs"]["AccountEntry"]["properties"]["region"]
    assert {one.name for one in catalogue().regions()} <= set(region["examples"])
    assert all(
        f'"{sku}"' in json.dumps(SCHEMA["$defs"]["SkuEntry"]["properties"]["name"]) for sku in KNOWN_SKUS
    )


def test_the_schema_refuses_what_the_validator_refuses() -> None:
    document = yaml.safe_load(OURS[0].read_text("utf-8"))
    document["spec"]["no-such-field"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_every_published_schema_says_which_it_is_and_the_editor_guides_entry_is_whole() -> None:
    ids = [
        json.loads(path.read_text("utf-8"))["$id"]
        for path in sorted((ROOT / "docs" / "reference").glob("*.schema.json"))
    ]
    assert "urn:reconciler:manifest:v1" in ids
    assert len(set(ids)) == len(ids) > 4
    guide = (ROOT / "docs" / "how-to" / "editors.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", guide, flags=re.DOTALL)]
    (entry,) = [block for block in blocks if "fileMatch" in block]
    assert {"name", "description", "fileMatch", "url"} == entry.keys()

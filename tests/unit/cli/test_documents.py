"""Everything that a command prints with `-o json` is the document that `schema --document` describes."""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import shutil
from collections.abc import Iterator

import pytest

from reconciler.cli import run
from reconciler.domain.document import Document
from reconciler.report.documents import DOCUMENTS
from tests.docs.pages import ROOT
from tests.e2e.desk import STATE, controlled
from tests.e2e.documents import must_fit, printed_by

CALL = ["--prompt-tokens", "1000", "--generated-tokens", "200"]
COMMANDS = [
    ["validate"],
    ["plan", "--cost", "--check-capacity"],
    ["apply", "--yes"],
    ["plan", "--cost"],
    ["drift"],
    ["show", "--cost"],
    ["quota"],
    ["lifecycle"],
    ["lifecycle", "--fail-within", "200"],
    ["cost"],
    ["capacity", "--model", "gpt-4.1", "--ptus", "50"],
    ["capacity", "propose"],
    ["upgrade", "--within", "400"],
    ["doctor"],
    ["explain"],
    ["explain", "not-there"],
    ["size", "--model", "gpt-4.1", "--rpm", "60", *CALL],
    ["size", "--model", "gpt-4.1", "--rpm", "60", "--sku", "ProvisionedManaged", *CALL],
    ["size", "--model", "gpt-4.1", "--capacity", "100"],
    ["size", "--model", "gpt-4.1", "--capacity", "100", *CALL],
    ["size", "--model", "gpt-5", "--rpm", "60", *CALL],
    *(["catalog", one] for one in ("models", "regions", "skus", "capacity", "quota", "prices", "refresh")),
    ["catalog", "skus", "--model", "gpt-4.1"],
    ["catalog", "prices", "--refresh", "--cloud", "emulator", "--region", "eastus2"],
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command prints in a copy of this repository's own fleet, on one emulator, in this order."""
    folder = tmp_path_factory.mktemp("fleet")
    shutil.copytree(ROOT / "manifests", folder / "manifests")
    found: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        asyncio.run(controlled(folder / STATE, "POST", "lro", {"polls": 0}))
        for words in COMMANDS:
            out = folder / f"{len(found)}.json"
            run([*words, "-q", "-o", "json", "--output-file", str(out)])
            found[" ".join(words)] = out.read_text("utf-8")
    return found


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_a_command_prints_is_its_document(words: list[str], printed: dict[str, str]) -> None:
    text = printed[" ".join(words)]
    must_fit(words, text)
    assert "error" not in json.loads(text)


def test_no_document_is_without_a_command_that_prints_it() -> None:
    printed_ones = {printed_by(words) for words in COMMANDS} | {"error"}
    assert printed_ones == set(DOCUMENTS)


def below(kind: type[Document]) -> Iterator[type[Document]]:
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def test_every_key_that_is_written_out_for_a_document_is_one_of_its_keys() -> None:
    """`from_value` takes what a value has, which no type can say: an unknown key would be dropped."""
    calls = []
    for path in sorted((ROOT / "reconciler").rglob("*.py")):
        if ".from_value(" in (text := path.read_text("utf-8")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            calls += [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    kinds = {kind.__name__: kind for kind in below(Document)}
    made = [
        (ast.unparse(call.func.value).rpartition(".")[2], {word.arg for word in call.keywords if word.arg})
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "from_value"
    ]
    assert len(made) > 30
    assert [(name, keys - kinds[name].model_fields.keys()) for name, keys in made] == [
        (name, set()) for name, _ in made
    ]

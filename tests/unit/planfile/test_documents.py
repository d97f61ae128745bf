"""The documents that other programs read: their schemas, and that what is printed is what they say."""

import json
from dataclasses import fields
from typing import Any, get_args

import jsonschema
import pytest

from reconciler.cli import run
from reconciler.cli.parser import know as schema_command
from reconciler.domain.document import Document
from reconciler.domain.offer_json import OfferDocument
from reconciler.domain.state import Offer, QuotaPool
from reconciler.engine.outcome import Outcome
from reconciler.plan import actions
from reconciler.planfile.documents import KINDS, ActionDocument, Ending
from reconciler.planfile.observation import UsageDocument
from reconciler.report.documents import DOCUMENTS, json_schema


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_valid_and_its_id_has_the_version_of_the_format(name: str) -> None:
    schema: Any = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    printed: list[Any] = [
        one
        for one in (schema, *(schema.get("$defs", {}).values()))
        if "formatVersion" in one.get("properties", {})
    ]
    assert printed
    for one in printed:
        assert schema["$id"] == f"urn:reconciler:{name}:{one['properties']['formatVersion']['const']}"
        assert "formatVersion" in one["required"]
    assert str(schema["description"]).startswith("What ")


@pytest.mark.parametrize("name", [*DOCUMENTS, "manifest"])
def test_the_command_prints_the_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--document", name]) == 0
    printed = json.loads(capsys.readouterr().out)
    if name != "manifest":
        assert printed == json_schema(name)
    else:
        assert run(["schema"]) == 0
        assert printed == json.loads(capsys.readouterr().out)


def test_the_command_knows_every_document() -> None:
    assert set(schema_command.DOCUMENTS) == {*DOCUMENTS, "manifest"}


def test_new_keys_do_not_break_a_reader() -> None:
    schema: Any = json_schema("plan")
    closed = [one for one in (schema, *schema.get("$defs", {}).values()) if "additionalProperties" in one]
    assert closed == []
    assert Small.read('{"id": "x", "newer": 1}').id == "x"


def test_the_words_of_the_documents_are_those_of_the_program() -> None:
    assert set(KINDS) == set(actions.KINDS)
    assert set(get_args(Ending)) == {outcome.value for outcome in Outcome}


def test_no_fact_that_a_plan_is_made_from_is_missing_in_a_shards_file() -> None:
    """A field that is added to an offer or a pool and not to its document would be lost in a merge."""
    assert len(OfferDocument.model_fields) == len(fields(Offer))
    assert len(UsageDocument.model_fields) == len(fields(QuotaPool))


SAID = [
    ("[" * 100_000, "its brackets are nested too deep"),
    ('{"fleet": ' * 300 + "1" + "}" * 300, "its brackets are nested too deep"),
    ("{", "it is not JSON: EOF while parsing an object at line 1 column 1"),
    ("", "it is not JSON: EOF while parsing a value at line 1 column 0"),
    ("[]", "it must be an object"),
    ("{}", "`id` is missing"),
    ('{"id": "\\ud800"}', "it is not JSON"),
    ('{"id": 1}', "`id` must be text"),
    ('{"id": ' + "9" * 5000 + "}", "it is not JSON: number out of range"),
]


class Small(Document):
    """A document with one key."""

    id: str


@pytest.mark.parametrize(("text", "told"), SAID, ids=[told for _, told in SAID])
def test_what_is_wrong_with_a_document_is_said_in_our_words(text: str, told: str) -> None:
    """Python's own, "maximum recursion depth exceeded", tell nobody anything."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the words are compared below
        Small.read(text)
    assert str(caught.value).startswith(told)
    assert "pydantic" not in str(caught.value)
    assert "recursion" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("order", "1", "`order` must be a whole number"),
        ("order", True, "`order` must be a whole number"),
        ("action", "destroy", "`action` must be one of 'create', 'update'"),
        ("changes", {}, "`changes` must be a list"),
        ("changes", [1], "`changes[0]` must be an object"),
        ("changes", [{"path": 1}], "`changes[0].path` must be text"),
        ("body", "x", "`body` must be an object"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(key: str, value: object, told: str) -> None:
    action: dict[str, Any] = {
        "id": "x",
        "account": "x",
        "deployment": "x",
        "region": None,
        "action": "create",
        "reason": "x",
        "explanation": "",
        "changes": [],
        "body": None,
        "dependsOn": [],
        "etag": None,
        "fingerprint": "x",
        "order": 0,
    }
    assert ActionDocument.read(json.dumps(action)).order == 0
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the words are compared below
        ActionDocument.read(json.dumps({**action, key: value}))
    assert str(caught.value).startswith(told)

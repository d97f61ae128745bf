"""Every form that the table of fields may give a value: what a manifest may write, what an editor sees."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import create_model

from reconciler.domain.fields import Field
from reconciler.domain.forms import Inner, ListOf, Object, OneOf, Scalar
from reconciler.manifest.compose import SharedValues, values_of
from reconciler.manifest.fields import Strict, lines_of
from reconciler.manifest.findings import checked
from reconciler.manifest.schema import schema_of
from reconciler.manifest.tree import Map

ROWS = (
    Field("aName", Scalar.NAME, "About a name.", "", default="Usual", nullable=True),
    Field("version", Scalar.VERSION, "About a version.", ""),
    Field("text", Scalar.TEXT, "About a text.", ""),
    Field("size", Scalar.WHOLE, "About a size.", "", nullable=True),
    Field("flag", Scalar.FLAG, "About a flag.", ""),
    Field("word", OneOf(("One", "Two")), "About a word.", "", default="One"),
    Field("names", ListOf(Scalar.NAME), "About names.", ""),
    Field("anything", Object(), "About anything.", "", nullable=True),
    Field(
        "aB2c",
        Object("Inside", "What is inside.", (Inner("xY1z", Scalar.FLAG, "Within.", True),)),
        "Out.",
        "",
    ),
)
MODEL = create_model("Made", __base__=Strict, **lines_of(ROWS))


def typed(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    """What a mapping says, and the codes of what is wrong with it."""
    read = values_of(text, SharedValues())
    assert read is not None
    tree = read[0][1]
    assert isinstance(tree, Map)
    found, wrong = checked(MODEL, tree, lambda _route, _on_key: None)
    said = None if found is None else found.model_dump(by_alias=True, exclude_unset=True)
    return said, [one.code for one in wrong]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aName: chat", {"aName": "chat"}),
        ("aName: null", {"aName": None}),
        ("version: 1.0", {"version": "1.0"}),
        ("text: ''", {"text": ""}),
        ("size: 5", {"size": 5}),
        ("size: ~", {"size": None}),
        ("flag: true", {"flag": True}),
        ("word: Two", {"word": "Two"}),
        ("names: [a, b]", {"names": ["a", "b"]}),
        ("anything: {a: [1, {b: null}]}", {"anything": {"a": [1, {"b": None}]}}),
        ("anything: null", {"anything": None}),
        ("aB2c: {xY1z: false}", {"aB2c": {"xY1z": False}}),
    ],
)
def test_what_a_form_allows_is_taken(text: str, said: dict[str, Any]) -> None:
    assert typed(text) == (said, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("aName: ''", "invalid-value"),
        ("version: null", "wrong-type"),
        ("text: null", "wrong-type"),
        ("size: '5'", "wrong-type"),
        ("flag: null", "wrong-type"),
        ("flag: yes", "wrong-type"),
        ("word: two", "invalid-value"),
        ("names: a", "wrong-type"),
        ("names: ['']", "invalid-value"),
        ("anything: a", "wrong-type"),
        ("aB2c: null", "wrong-type"),
        ("aB2c: {xy1z: true}", "unknown-field"),
    ],
)
def test_what_a_form_does_not_allow_is_refused(text: str, code: str) -> None:
    assert typed(text)[1] == [code]


def test_an_editor_is_told_of_null_where_it_unsets_and_of_what_arm_fills_in() -> None:
    shown = schema_of(MODEL)["properties"]
    assert list(shown) == [row.name for row in ROWS]
    assert {name for name, one in shown.items() if {"type": "null"} in one.get("anyOf", ())} == {
        "aName",
        "size",
        "anything",
    }
    assert {name: one["examples"] for name, one in shown.items() if "examples" in one} == {"aName": ["Usual"]}
    assert schema_of(MODEL)["$defs"]["Inside"] == {
        "additionalProperties": False,
        "title": "Inside",
        "description": "What is inside.",
        "properties": {"xY1z": {"description": "Within.", "examples": [True], "type": "boolean"}},
        "type": "object",
    }

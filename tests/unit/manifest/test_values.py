"""Texts read for their values alone: what is sound reads as `compose` reads it, what is odd is left to it."""

from __future__ import annotations

import pytest

from reconciler.manifest.compose import MAX_DEPTH, MAX_NODES, SharedValues, compose, values_of
from reconciler.manifest.tree import Items, Map, Node, Text
from tests.unit.manifest.reading import complete_entry, line_of, one_entry, only, read, the_deployment


def same(one: Node, other: Node) -> bool:
    """Whether two trees hold the same values in the same order, with and without quotes alike."""
    match one, other:
        case Text(), Text():
            return one == other and one.plain == other.plain
        case Map(), Map():
            pairs = zip([*one, *one.values()], [*other, *other.values()], strict=True)
            return len(one) == len(other) and all(same(a, b) for a, b in pairs)
        case Items(), Items():
            return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
        case _:
            return False


@pytest.mark.parametrize(
    "text",
    [
        complete_entry('tags: {a: \'x\', b: "y\\n", c: null, d: "null", e: ~}'),
        complete_entry("extraProperties:\n  note: |\n    two\n    lines\n  list: [1, [2, {}], []]\n"),
        "# nothing but a comment\n",
        "",
        "a: 1\n---\n# a comment\n{b: '2'}\n...\n",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        'a: {"<<": 1, "=": 2}\n',
    ],
)
def test_a_sound_text_has_the_values_that_compose_finds(text: str) -> None:
    found, composed = values_of(text, SharedValues()), compose("a.yaml", text)
    assert found is not None
    assert [number for number, _ in found] == [number for number, _ in composed.roots]
    assert all(same(a, b) for (_, a), (_, b) in zip(found, composed.roots, strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: 2\n", "an anchor"),
        ("a: *x\n", "an alias"),
        ("a: !!int 1\n", "a tag"),
        ("a: !x {}\n", "a tag of a mapping"),
        ("<<: {a: 1}\n", "a merge"),
        ("a: =\n", "YAML 1.1's default value"),
        ("a: 1\na: 2\n", "a key twice"),
        ("{a: 1}: 2\n", "a mapping as a key"),
        ('a: "\\u200b"\n', "an escape of what cannot be seen"),
        ("a: [1\n", "no YAML"),
        ("---\n---\na: 1\n", "an empty document"),
        ("just text\n", "a document that is no collection"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too deep"),
        ("a: [" + "1," * MAX_NODES + "]\n", "too long"),
    ],
)
def test_an_odd_text_is_left_to_compose(text: str, reason: str) -> None:
    assert values_of(text, SharedValues()) is None, reason


def test_equal_scalars_and_small_mappings_of_all_texts_are_one_object() -> None:
    shared = SharedValues()
    roots = [values_of(f"{{name: {name}, sku: {{name: Standard}}}}", shared) for name in ("one", "two")]
    one, two = (found[0][1] for found in roots if found is not None)
    assert isinstance(one, Map)
    assert isinstance(two, Map)
    assert one["sku"] is two["sku"]
    assert one["name"] is not two["name"]


def test_quotes_make_another_value() -> None:
    found = values_of("[{a: 1}, {a: '1'}]", SharedValues())
    assert found is not None
    plain, quoted = found[0][1]
    assert plain is not quoted


def test_a_finding_in_a_text_that_was_read_for_its_values_has_its_place() -> None:
    loaded = read(complete_entry(capacity="ten"))
    assert only(loaded).code == "wrong-type"
    assert line_of(loaded) == 9


def test_entries_that_say_the_same_share_what_was_made_of_them_and_nothing_else() -> None:
    model = "model: {name: gpt-4.1, version: v}\nsku: {name: GlobalStandard, capacity: 10}\n"
    text = one_entry(model) + one_entry(model).replace("chat", "talk").partition("deployments:\n")[2]
    one, two = read(text).understood.deployments
    assert (one.id.name, two.id.name) == ("chat", "talk")
    assert one.spec is two.spec
    places = [each.provenance.place(("sku", "capacity")) for each in (one, two)]
    assert [place.route[2] for place in places if place is not None] == [0, 1]


def test_a_capacity_in_quotes_is_wrong_beside_the_same_without() -> None:
    sound = complete_entry()
    wrong = sound.partition("deployments:\n")[2].replace("capacity: 10", 'capacity: "10"')
    found = only(read(sound + wrong.replace("chat", "talk")))
    assert (found.code, found.place.route if found.place else ()) == (
        "wrong-type",
        ("spec", "deployments", 1, "sku", "capacity"),
    )
    assert the_deployment(read(sound)).spec.sku.capacity

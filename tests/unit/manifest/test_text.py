"""What YAML may not do to a manifest; rows F-101 to F-112 of the fault matrix."""

from __future__ import annotations

import time

import pytest
import yaml

from reconciler.manifest.compose import MAX_ALIASES, MAX_DEPTH, MAX_NODES, compose
from reconciler.manifest.tree import Map, Text
from tests.unit.manifest.reading import (
    complete_entry,
    line_of,
    one_entry,
    only,
    read,
    the_deployment,
    underlined,
)

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 7)
)


def test_f101_an_alias_bomb_is_stopped_before_it_is_built() -> None:
    began = time.process_time()
    found = only(read(BOMB))
    assert time.process_time() - began < 1
    assert found.code == "yaml-limit"
    assert f"{MAX_NODES:,} nodes" in found.message


def test_f101_aliases_are_counted_one_by_one() -> None:
    text = "a: &a 1\nb: [" + ", ".join(["*a"] * (MAX_ALIASES + 1)) + "]\n"
    found = only(read(text))
    assert found.code == "yaml-limit"
    assert f"{MAX_ALIASES} aliases" in found.message


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["libyaml", "pure"])
@pytest.mark.parametrize("opener", ["[", "{a: ", "- "], ids=["lists", "mappings", "block lists"])
def test_f102_deep_nesting_ends_the_reading_at_once(loader: type[object], opener: str) -> None:
    began = time.process_time()
    composed = compose("deep.yaml", opener * 50_000, loader=loader)
    assert time.process_time() - began < 1
    assert [found.code for found in composed.findings] == ["yaml-limit"]
    assert not composed.whole


def test_f102_the_deepest_allowed_nesting_is_read() -> None:
    composed = compose("deep.yaml", "[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert composed.findings == ()


def test_f102_aliases_cannot_be_stacked_beyond_the_depth() -> None:
    half = MAX_DEPTH // 2 + 1
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * half}*a{']' * half}\n"
    found = only(read(text))
    assert (found.code, line_of(read(text))) == ("yaml-limit", 2)


def test_f103_an_alias_inside_its_own_anchor_is_an_error() -> None:
    loaded = read("a: &a [1, *a]\n")
    assert only(loaded).code == "yaml-limit"
    assert "inside the value that it names" in only(loaded).message
    assert underlined(loaded) == "*a"


def test_f104_a_repeated_key_is_shown_with_both_places() -> None:
    loaded = read(complete_entry("tags:\n  team: a\n  cost: b\n  team: c\n"))
    found = only(loaded)
    assert found.code == "duplicate-key"
    first = loaded.sources.span(found.related[0].place)
    assert first is not None
    assert (first.line, line_of(loaded)) == (11, 13)


def test_f104_many_repeated_keys_take_no_quadratic_time() -> None:
    keys = [f"k{number}: 1" for number in range(20_000)]
    began = time.process_time()
    composed = compose("keys.yaml", "\n".join(keys + keys[-5_000:]))
    assert len(composed.findings) == 5_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("kind: Fleet\nmetadata:\n\tname: x\n", 3, "a tab in the indent"),
        ("kind: Fleet\n  spec: {}\n", 2, "a bad indent"),
        ("kind: [Fleet\n", 2, "a bracket left open"),
        ('kind: "Fleet\n', 2, "a quote left open"),
        ("kind: Fleet\n@x\n", 2, "a character that begins no value"),
        ("kind: *nothing\n", 1, "an alias without an anchor"),
        ("%YAML 3.0\n---\nkind: Fleet\n", 1, "a YAML of the future"),
    ],
)
def test_f106_broken_yaml_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    loaded = read(text)
    syntax = [found for found in loaded.diagnostics if found.code == "yaml-syntax"]
    assert [line_of(loaded, found) for found in syntax] == [line], reason
    assert syntax[0].fix


def test_f106_a_tab_is_named_in_the_fix() -> None:
    assert "tabs" in only(read("kind: Fleet\nmetadata:\n\tname: x\n")).fix


def test_f107_a_byte_order_mark_is_no_part_of_the_text() -> None:
    loaded = read(b"\xef\xbb\xbf" + complete_entry().encode())
    assert the_deployment(loaded).id.name == "chat"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_f107_other_unicode_encodings_are_refused_by_name(codec: str) -> None:
    found = only(read(complete_entry().encode(codec)))
    assert found.code == "encoding"
    assert "UTF-8" in found.fix


def test_f107_latin_1_is_refused_where_it_differs() -> None:
    loaded = read(complete_entry("tags: {team: café}").encode("latin-1"))
    assert only(loaded).code == "encoding"
    assert line_of(loaded) == 10
    assert "0xE9" in only(loaded).message


@pytest.mark.parametrize(
    ("key", "kept"),
    [("8", "8"), ("on", "on"), ("true", "true"), ("2024-08-06", "2024-08-06"), ('"a b"', "a b")],
)
def test_f109_keys_that_look_like_other_things_stay_text(key: str, kept: str) -> None:
    loaded = read(complete_entry(f"tags: {{{key}: x}}"))
    assert the_deployment(loaded).spec.tags == {kept: "x"}


@pytest.mark.parametrize("key", ["[a, b]", "{a: b}"])
def test_f109_lists_and_mappings_are_no_keys(key: str) -> None:
    loaded = read(complete_entry(f"tags:\n  ? {key}\n  : x\n"))
    assert only(loaded).code == "wrong-type"
    assert "keys are text" in only(loaded).message


MERGING = """
base: &base {{region: eastus, tier: a}}
more: &more {{tier: b, size: s}}
result:
  tier: own
  <<: {sources}
"""


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("*base", {"tier": "own", "region": "eastus"}),
        ("[*base, *more]", {"tier": "own", "region": "eastus", "size": "s"}),
        ("{region: inline}", {"tier": "own", "region": "inline"}),
    ],
)
def test_f110_merge_keys_lay_other_mappings_under_the_explicit_keys(
    sources: str, expected: dict[str, str]
) -> None:
    composed = compose("merge.yaml", MERGING.format(sources=sources))
    (_, root), *_ = composed.roots
    assert isinstance(root, Map)
    assert composed.findings == ()
    assert root["result"] == expected


def test_f110_of_several_merged_mappings_the_first_wins() -> None:
    composed = compose("m.yaml", "a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, *b]}\n")
    (_, root), *_ = composed.roots
    assert isinstance(root, Map)
    assert root["c"] == {"x": "1"}


def test_f110_a_merged_value_is_shown_where_it_stands() -> None:
    fields = """
        extraProperties: {shared: &shared {capacity: ten}}
        model: {name: gpt-4.1}
        sku:
          <<: *shared
          name: GlobalStandard
        """
    loaded = read(one_entry(fields))
    assert (line_of(loaded), underlined(loaded)) == (8, "ten")


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [("5", "wrong-type", "no mapping"), ("[*base, 5]", "wrong-type", "not all are mappings")],
)
def test_f110_only_mappings_can_be_merged(value: str, code: str, reason: str) -> None:
    composed = compose("merge.yaml", MERGING.format(sources=value))
    assert [found.code for found in composed.findings] == [code], reason


def test_f110_two_merge_keys_are_a_repeated_key() -> None:
    composed = compose("merge.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n")
    assert [found.code for found in composed.findings] == ["duplicate-key"]


def test_f110_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    composed = compose("merge.yaml", 'a: {"<<": 1}\n')
    (_, root), *_ = composed.roots
    assert isinstance(root, Map)
    assert root["a"] == {"<<": "1"}


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system [echo]",
        "!!binary aGVsbG8=",
        "!!set {a, b}",
        "!Custom x",
        "!!str 5",
        "! x",
        "!<tag:example.com,2000:x> y",
    ],
)
def test_f111_tags_are_refused_with_their_line(value: str) -> None:
    loaded = read(complete_entry(f"raiPolicyName: {value}"))
    tags = [found for found in loaded.diagnostics if found.code == "yaml-tag"]
    assert [line_of(loaded, found) for found in tags] == [10]


def test_f111_a_lone_equals_sign_is_refused() -> None:
    loaded = read(complete_entry("raiPolicyName: ="))
    assert only(loaded).code == "yaml-tag"
    assert line_of(loaded) == 10


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "NUL"),
        ("\x1b", "ESCAPE"),
        ("\x85", "NEXT LINE"),
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u2028", "LINE SEPARATOR"),
        ("\U000e0041", "TAG LATIN CAPITAL LETTER A"),
    ],
)
@pytest.mark.parametrize("where", ["      raiPolicyName: a{}b\n", "# comment {}\n"], ids=["value", "comment"])
def test_f112_characters_that_cannot_be_seen_are_refused(character: str, name: str, where: str) -> None:
    found = only(read(complete_entry() + where.format(character)))
    assert found.code == "control-character"
    assert name in found.message


@pytest.mark.parametrize("escape", [r"\0", r"\e", r"\u202e", r"\x07", r"\N"])
def test_f112_they_are_refused_as_escapes_too(escape: str) -> None:
    loaded = read(complete_entry(f'tags: {{team: "a{escape}b"}}'))
    assert only(loaded).code == "control-character"
    assert line_of(loaded) == 10


def test_f112_line_feeds_tabs_and_joiners_are_text() -> None:
    loaded = read(complete_entry('tags: {a: "x\\ny\\tz", b: "\u0915\u094d\u200d\u0937"}'))
    assert the_deployment(loaded).spec.tags == {"a": "x\ny\tz", "b": "\u0915\u094d\u200d\u0937"}


def test_positions_count_characters_whatever_their_size() -> None:
    loaded = read(complete_entry("tags: {ключ-😀: [x]}"))
    assert underlined(loaded) == "[x]"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_file_ends_them(line_break: str) -> None:
    loaded = read(complete_entry(capacity="ten").replace("\n", line_break))
    assert (line_of(loaded), underlined(loaded)) == (9, "ten")


def test_both_parsers_build_the_same_trees_with_the_same_positions() -> None:
    text = complete_entry("tags: {a: 'x', b: \"y\\n\"}\nextraProperties:\n  note: |\n    two\n    lines\n")
    fast, slow = (compose("a.yaml", text, loader=each) for each in (yaml.CSafeLoader, yaml.SafeLoader))

    def flat(node: object) -> list[tuple[str, int, int, bool]]:
        if isinstance(node, Text):
            return [(str(node), node.start, node.end, node.plain)]
        inner = [*node, *node.values()] if isinstance(node, Map) else node
        return [leaf for item in inner for leaf in flat(item)] if isinstance(inner, list) else []

    assert flat(fast.roots[0][1]) == flat(slow.roots[0][1])

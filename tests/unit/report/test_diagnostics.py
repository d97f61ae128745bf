"""Diagnostics as text, JSON and annotations."""

import pytest

from reconciler.diagnostics import Diagnostic, Place, Related, Severity
from reconciler.report.diagnostics import render_github, render_text, to_json
from reconciler.report.style import Style
from tests.unit.report.findings import CHAT, NOTHING, Texts, at, finding
from tests.unit.report.golden_text import as_golden
from tests.unit.report.values import EVIL

PLAIN = Style(width=80)


def every_kind() -> list[Diagnostic]:
    return [
        finding(message="libyaml is missing", code="yaml-limit", severity=Severity.INFO),
        finding(
            at(2, 23, 25, file="other.yaml"),
            code="duplicate-deployment",
            message="`chat` is declared twice in aoai-swc",
            related=(Related(message="first declared here", place=at(3, 13, 17)),),
        ),
        finding(
            at(3, 4, 6, file="other.yaml", end_line=4), severity=Severity.WARNING, message="over two lines"
        ),
        finding(
            at(5, 19, 21),
            label="must be 50 or more, in steps of 50",
            source="provisioned throughput table, catalogue of 2025-03",
            fix="use 50 or 100",
        ),
        finding(Place(file="zz.yaml"), code="encoding", message="the file is UTF-16, manifests are UTF-8"),
    ]


@pytest.mark.parametrize(
    ("name", "style"),
    [("diagnostics.txt", PLAIN), ("diagnostics-colour.txt", Style(width=80, colour=True))],
)
def test_findings_show_line_caret_source_and_fix_as_in_the_golden_text(name: str, style: Style) -> None:
    assert as_golden(name, render_text(every_kind(), CHAT, style=style, files=3, deployments=7))


def test_order_is_by_file_line_and_column_whatever_came_first() -> None:
    places = [at(9, 1, 2, file="b.yaml"), at(10, 1, 2, file="a.yaml"), at(2, 9, 10, file="a.yaml")]
    text = render_text([finding(place, message=str(place)) for place in places], NOTHING, style=PLAIN)
    heads = [line.split(": ")[0] for line in text.splitlines() if "error[" in line]
    assert heads == ["a.yaml:2:9", "a.yaml:10:1", "b.yaml:9:1"]


def test_of_very_many_findings_the_first_are_shown_and_all_are_counted() -> None:
    many = [finding(at(10_000 - number, 1, 2), message=f"no {number}") for number in range(10_000)]
    text = render_text(many, NOTHING, style=PLAIN)
    assert text.count("error[") == 50
    assert "chat.yaml:1:1" in text
    assert "chat.yaml:51:1" not in text
    assert "and 9950 more" in text
    assert "Invalid: 10,000 errors" in text


def test_what_is_said_of_several_lines_is_told_once_with_all_their_places() -> None:
    text = render_text([finding(at(n, 1, 2)) for n in range(1, 4)], NOTHING, style=PLAIN)
    assert text.count("error[") == 1
    assert "  = also: chat.yaml:2:1, chat.yaml:3:1\n" in text
    assert "Invalid: 3 errors" in text


def test_json_lists_the_first_and_counts_all() -> None:
    found = to_json([finding(at(1 + n, 1, 2)) for n in range(60)], NOTHING, files=1, deployments=2)
    listed = found["diagnostics"]
    assert isinstance(listed, list)
    assert len(listed) == 50
    assert found["summary"] == {"errors": 60, "warnings": 0, "infos": 0, "files": 1, "deployments": 2}


def test_json_has_the_pinned_keys() -> None:
    one = finding(at(5, 19, 21), related=(Related(message="here", place=at(1, 1, 2)),))
    found = to_json([one], CHAT, files=1, deployments=1)["diagnostics"]
    assert isinstance(found, list)
    pinned = {
        "code",
        "severity",
        "message",
        "fix",
        "source",
        "file",
        "line",
        "column",
        "endLine",
        "endColumn",
    }
    assert pinned | {"path", "related"} <= set(found[0])
    assert (found[0]["line"], found[0]["column"], found[0]["endLine"], found[0]["endColumn"]) == (
        5,
        19,
        5,
        21,
    )
    assert found[0]["path"] == ["spec", "deployments", 0, "sku", "capacity"]
    assert found[0]["related"][0]["message"] == "here"


def test_json_of_a_finding_without_a_place_has_nulls() -> None:
    found = to_json([finding()], CHAT, files=0, deployments=0)["diagnostics"]
    assert isinstance(found, list)
    assert found[0]["file"] is None
    assert found[0]["line"] is None


def test_valid_manifests_are_called_valid_with_their_numbers() -> None:
    assert render_text([], NOTHING, style=PLAIN, files=1, deployments=0) == (
        "Valid: nothing found in 1 file, 0 deployments\n"
    )


def test_without_a_file_nothing_is_said_to_have_been_looked_at() -> None:
    assert render_text([], NOTHING, style=PLAIN, files=0, deployments=0) == (
        "Valid: no manifest in 0 files, 0 deployments\n"
    )


def test_warnings_alone_do_not_make_manifests_invalid() -> None:
    text = render_text([finding(severity=Severity.WARNING)], NOTHING, style=PLAIN, files=1, deployments=1)
    assert text.endswith("Valid: 1 warning in 1 file, 1 deployment\n")


def test_a_silenced_finding_is_neither_shown_nor_counted() -> None:
    assert "0 error" not in render_text([finding(severity=Severity.OFF)], NOTHING, style=PLAIN)
    assert "capacity" not in render_text([finding(severity=Severity.OFF)], NOTHING, style=PLAIN)


CARETS: list[tuple[str, str, int, int, str]] = [
    ("a wide character takes two columns", "你: 60", 4, 6, "你: 60\n    ^^"),
    ("a control character is shown escaped", "\tx: 1", 2, 3, "\\tx: 1\n  ^"),
    ("an empty span has one caret", "x:", 3, 3, "x:\n  ^"),
]


@pytest.mark.parametrize(
    ("reason", "line", "start", "end", "expected"), CARETS, ids=[case[0] for case in CARETS]
)
def test_the_caret_stands_under_what_is_meant(
    reason: str, line: str, start: int, end: int, expected: str
) -> None:
    text = render_text([finding(at(1, start, end))], Texts(chat=[line]), style=PLAIN)
    shown = [part.removeprefix("1 | ").removeprefix("  | ") for part in excerpt(text)]
    assert "\n".join(shown) == expected, reason


def excerpt(text: str) -> list[str]:
    """The line that is shown and the carets below it."""
    lines = text.splitlines()
    edge = lines.index("  |")
    return lines[edge + 1 : edge + 3]


def test_an_endless_line_is_cut_around_what_is_meant() -> None:
    line = "x" * 5_000_000 + "MEANT" + "y" * 5_000_000
    text = render_text([finding(at(1, 5_000_001, 5_000_006))], Texts(chat=[line]), style=PLAIN)
    shown, carets = excerpt(text)
    assert len(shown) <= PLAIN.width
    assert shown.index("MEANT") == carets.index("^^^^^")
    assert carets.count("^") == 5


def test_a_label_without_room_behind_the_carets_stands_below_them() -> None:
    line, label = f"{' ' * 60}18", "must be 15 PTU or more, in steps of 5"
    text = render_text([finding(at(1, 61, 63), label=label)], Texts(chat=[line]), style=PLAIN)
    lines = text.splitlines()
    below = lines.index(f"  | {' ' * 60}^^") + 1
    assert lines[below].split(maxsplit=1) == ["|", label]
    assert all(len(shown) <= PLAIN.width for shown in lines)


def test_ten_annotations_are_written_as_they_are() -> None:
    text = render_github([finding(at(n, 1, 2)) for n in range(1, 11)], NOTHING)
    assert text.count("::error ") == 10
    assert "more" not in text


def test_of_eleven_annotations_the_tenth_counts_the_rest() -> None:
    warnings = [finding(at(n, 1, 2), severity=Severity.WARNING) for n in range(1, 11)]
    lines = render_github([*warnings, finding(at(99, 1, 2))], NOTHING).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("::error file=chat.yaml,line=99,")
    assert lines[9] == "::warning title=reconciler::and 2 more (2 warnings)"


def test_an_annotation_carries_place_code_message_and_fix() -> None:
    one = finding(at(5, 19, 21), message="60 is 100% wrong: no", fix="use 50", severity=Severity.INFO)
    assert render_github([one], CHAT) == (
        "::notice file=chat.yaml,line=5,endLine=5,col=19,endColumn=21,title=capacity-increment::"
        "60 is 100%25 wrong: no%0Afix: use 50\n"
    )


def test_an_annotation_cannot_be_left_by_a_name_or_a_message() -> None:
    evil = finding(Place(file=f"a,line=1::{EVIL}"), message=EVIL, fix=EVIL, label=EVIL, source=EVIL)
    lines = render_github([evil], NOTHING).splitlines()
    assert len(lines) == 1
    properties = lines[0].removeprefix("::error ").split("::")[0]
    assert [part.split("=")[0] for part in properties.split(",")] == ["file", "title"]
    assert "%0D" not in lines[0]

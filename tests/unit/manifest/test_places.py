"""From a symbolic place to line and column."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Place, Route, Span
from reconciler.manifest.load import LoadedManifests
from tests.unit.manifest.reading import a_fleet, a_set, read, read_all

SET = a_set(deployments="{name: chat, model: {name: gpt-4.1}, sku: {name: Standard, capacity: 10}}")


def shown(loaded: LoadedManifests, route: Route, *, on_key: bool = False, document: int = 0) -> str:
    """The characters at a route."""
    span = loaded.sources.span(Place(file="<stdin>", document=document, route=route, on_key=on_key))
    assert span is not None
    line = loaded.sources.line("<stdin>", span.line)
    assert line is not None
    return line[span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("route", "on_key", "expected"),
    [
        (("kind",), False, "DeploymentSet"),
        (("kind",), True, "kind"),
        (("spec", "deployments", 0, "sku", "capacity"), False, "10"),
        (("spec", "deployments", 0, "sku"), False, "{name: Standard, capacity: 10}"),
        (("spec", "deployments", 0, "sku", "nothing"), False, "{name: Standard, capacity: 10}"),
        (
            ("spec", "deployments", 7),
            False,
            "- {name: chat, model: {name: gpt-4.1}, sku: {name: Standard, capacity: 10}}",
        ),
        (("spec",), True, "spec"),
        ((), False, "apiVersion: reconciler.aoai/v1"),
    ],
)
def test_a_route_leads_to_its_value_its_key_or_the_nearest_ancestor(
    route: Route, on_key: bool, expected: str
) -> None:
    assert shown(read(SET), route, on_key=on_key) == expected


def test_documents_are_counted_with_the_empty_ones() -> None:
    loaded = read_all(a_fleet("{}"), "", SET)
    assert shown(loaded, ("kind",), document=2) == "DeploymentSet"
    assert loaded.sources.span(Place(file="<stdin>", document=1)) is None


def test_a_place_in_a_file_that_was_not_read_has_no_span() -> None:
    loaded = read(SET)
    assert loaded.sources.span(Place(file="other.yaml")) is None
    assert loaded.sources.line("other.yaml", 1) is None


def test_a_span_that_is_given_is_taken_as_it_is() -> None:
    span = Span(line=3, column=4, end_line=3, end_column=9)
    assert read(SET).sources.span(Place(file="<stdin>", span=span)) == span


@pytest.mark.parametrize("number", [0, -1, 1_000])
def test_a_line_that_does_not_exist_is_none(number: int) -> None:
    assert read(SET).sources.line("<stdin>", number) is None


def test_a_text_over_several_lines_has_a_span_over_several_lines() -> None:
    loaded = read('kind: "a\n  b"\n')
    span = loaded.sources.span(Place(file="<stdin>", route=("kind",)))
    assert span == Span(line=1, column=7, end_line=2, end_column=5)

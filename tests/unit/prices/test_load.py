"""Price lists in files: written, read back, and refused in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.errors import UsageProblem
from reconciler.prices.load import LARGEST, list_text, read_list, shipped
from tools.build_prices import PACKED, TABLES, build

ROW: Mapping[str, object] = {
    "meter": "PTU",
    "unit": "1/Hour",
    "price": 1.60,
    "regions": ["eastus2"],
    "uses": [{"kind": "ptu_hour", "sku": "ProvisionedManaged", "format": "OpenAI"}],
}
GOOD: Mapping[str, object] = {
    "format": 1,
    "title": "our agreement",
    "asOf": "2026-11-01",
    "currency": "USD",
    "prices": [ROW],
}


def written(folder: Path, document: object) -> Path:
    path = folder / "prices.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def test_a_list_reads_back_as_it_was_written(tmp_path: Path) -> None:
    rows = [row for row in shipped().rows if row.source == shipped().lists[-1]]
    text = list_text(rows[0].source, rows)
    assert list(read_list(written(tmp_path, text))) == rows


def test_an_own_price_is_exact_whether_it_is_in_quotes_or_not(tmp_path: Path) -> None:
    (row,) = read_list(written(tmp_path, GOOD), own=True)
    assert str(row.price) == "1.6"
    assert row.source.own


WRONG: list[tuple[Mapping[str, object], str]] = [
    ({"format": 2}, "`format` must be one of 1"),
    ({"asOf": "yesterday"}, "`asOf` is not what belongs there"),
    ({"currency": "dollars"}, "`currency` is not what"),
    ({"prices": [{}]}, r"`prices\[0\].uses` is missing"),
    ({"prices": [{**ROW, "price": -1}]}, r"`prices\[0\].price` is not what"),
    ({"prices": [{**ROW, "price": "cheap"}]}, r"`prices\[0\].price` is not what"),
    ({"prices": [{**ROW, "regions": []}]}, r"`prices\[0\].regions` is not what"),
    ({"prices": "none"}, "`prices` must be a list"),
]


@pytest.mark.parametrize(("change", "why"), WRONG)
def test_a_list_that_is_wrong_says_in_what(tmp_path: Path, change: Mapping[str, object], why: str) -> None:
    path = written(tmp_path, {**GOOD, **change})
    with pytest.raises(UsageProblem, match=why):
        read_list(path)


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "1", "[" * 100_000])
def test_no_text_at_all_is_a_traceback(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageProblem):
        read_list(written(tmp_path, text))


def test_a_list_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="No such file"):
        read_list(tmp_path / "nowhere.json")
    with pytest.raises(UsageProblem, match="larger"):
        read_list(written(tmp_path, " " * (LARGEST + 1)))


def test_the_packed_prices_are_those_of_the_tables() -> None:
    packed = json.loads(PACKED.read_text("utf-8"))
    assert packed == json.loads(json.dumps(build(TABLES)))

"""This project's side of the comparison with the official SDK, run again; the SDK's side is kept."""

import json
import tomllib
from dataclasses import asdict
from itertools import chain
from typing import Any

import pytest

from tests.differential.ours import ours
from tests.differential.page import KEPT, PAGE, ROOT, differs, page
from tests.differential.rows import ROWS, Row

KEPT_OUTCOMES: dict[str, Any] = json.loads(KEPT.read_text("utf-8"))
BOTH: dict[str, Any] = KEPT_OUTCOMES["rows"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_bad_server_finds_us_as_the_page_says(row: Row) -> None:
    """F-005, F-006, F-021, F-028, F-037, F-040, F-041, F-043, F-045, F-054, F-058, F-060, F-066, F-068,
    F-075, F-123, F-124.
    """
    outcome = ours(row)
    assert asdict(outcome) == BOTH[row.row]["ours"], "run make differential"
    assert outcome.ended != "still going"
    assert not outcome.leaked


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_difference_has_a_reason_and_nothing_else_has(row: Row) -> None:
    assert differs(BOTH[row.row]) == bool(row.why)


def test_the_page_is_what_is_kept() -> None:
    assert list(BOTH) == [row.row for row in ROWS]
    assert PAGE.read_text("utf-8") == page(KEPT_OUTCOMES), "run python tools/differential.py"


def test_the_sdk_is_no_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(chain(project["dependencies"], *project["optional-dependencies"].values()))
    assert wanted
    assert [name for name in wanted if name.startswith(("azure-mgmt", "azure-core"))] == []

"""The observed fleet as a table."""

import pytest

from reconciler.domain.state import ObservedState
from reconciler.report.show import document, render_markdown, render_text
from reconciler.report.style import Style
from tests.unit.report.golden_text import as_golden
from tests.unit.report.samples import there
from tests.unit.report.values import observed


@pytest.mark.parametrize(("name", "width"), [("show-200.txt", 200), ("show-80.txt", 80)])
def test_the_table_reads_as_in_the_golden_text(name: str, width: int) -> None:
    assert as_golden(name, render_text(there(), style=Style(width=width)))


def test_the_markdown_reads_as_in_the_golden_text() -> None:
    assert as_golden("show.md", render_markdown(there()))


def test_json_keeps_what_arm_said_and_names_what_could_not_be_read() -> None:
    shown = document(there()).to_json()
    deployments, unreadable = shown["deployments"], shown["unreadable"]
    assert isinstance(deployments, list)
    assert isinstance(unreadable, list)
    assert deployments[1] == {
        "id": str(observed("batch").id),
        "account": "aoai-swc",
        "region": "swedencentral",
        "deployment": "batch",
        "model": "gpt-4o",
        "version": "2024-11-20",
        "sku": "GlobalBatch",
        "capacity": None,
        "state": "Creating",
        "owner": None,
    }
    assert [one["code"] for one in unreadable if isinstance(one, dict)] == [
        "ResourceNotFound",
        "AuthorizationFailed",
    ]


def test_an_empty_fleet_is_said_to_be_empty() -> None:
    assert render_text(ObservedState(), style=Style()) == "0 deployments in 0 accounts\n"


def test_an_account_that_could_not_be_read_is_not_counted_as_read() -> None:
    assert render_text(there(), style=Style(width=200)).endswith("3 deployments in 2 accounts\n")

"""docs/faults.md tells which test shows which row of the fault matrix."""

from tools.build_faults import LAST, PAGE, citations, page, unknown


def test_the_page_is_what_the_tests_cite() -> None:
    assert PAGE.read_text("utf-8") == page(citations()), "run python -m tools.build_faults"


def test_no_test_cites_a_row_that_does_not_exist() -> None:
    assert unknown(citations()) == []


def test_every_row_has_a_test() -> None:
    found = citations()
    assert [row for row in range(1, LAST + 1) if not found.get(row)] == []

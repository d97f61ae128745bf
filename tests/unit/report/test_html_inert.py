"""What a stranger wrote is text in HTML, in whatever report and wherever it stands."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.report.html.markup import ATTRIBUTES, ELEMENTS, Markup, tag
from reconciler.report.html.markup import text as escaped
from reconciler.report.html.page import SHEET
from tests.unit.report.hostile import ANYTHING, HOSTILE, obeyed, pages
from tests.unit.report.pages import lifecycle_source, lifespan
from tests.unit.report.reading_html import Reading

PIECES = st.sampled_from(
    ["<", ">", '"', "'", "&", "&lt;", "/", "=", "script", "<!--", "]]>", "\x00", "\u202e", " ", "x"]
)
HARD = ANYTHING | st.lists(PIECES, max_size=12).map("".join) | st.sampled_from(HOSTILE)


def foreign(source: str) -> list[str]:
    """Whatever in a page is not of our own making: elements, attributes, addresses, comments."""
    reading = Reading(source)
    found = [one.name for one in reading.elements if one.name not in ELEMENTS]
    for one in reading.elements:
        found += [name for name in one.attributes if name not in ATTRIBUTES]
        found += (
            [str(one.attributes)]
            if one.get("href") and not re.fullmatch("#[a-z0-9-]+", one.get("href"))
            else []
        )
        found += (
            [one.name] if one.name in {"script", "img", "iframe", "base", "link", "object", "form"} else []
        )
    return found + reading.comments


def elements(source: str) -> Counter[tuple[str, tuple[str, ...]]]:
    """How many there are of each element with its attributes; names decide their order."""
    return Counter(Reading(source).shape)


HARMLESS = [elements(page) for page in pages("harmless")]


@settings(max_examples=50)
@given(HARD)
def test_f131_no_element_attribute_or_address_is_a_strangers(text: str) -> None:
    assert [foreign(page) for page in pages(text)] == [[] for _ in HARMLESS]


@settings(max_examples=50)
@given(HARD.filter(lambda text: text.strip()))
def test_f131_a_page_has_the_same_elements_whatever_is_written(text: str) -> None:
    assert [elements(page) for page in pages(text)] == HARMLESS


@pytest.mark.parametrize("text", HOSTILE)
def test_f131_hostile_text_is_read_as_it_was_written_with_what_is_invisible_escaped(text: str) -> None:
    (shown,) = Reading(tag("p", text).source).all("p")
    assert shown.text == " ".join(Reading(tag("p", text).source).text.split())
    assert "<script>" not in tag("p", text).source
    if text.isascii() and text.isprintable() and not text.startswith("##"):
        assert "".join(shown.inside) == text
        assert Reading(tag("p", "x", aria_label=text).source).elements[0].get("aria-label") == text


@settings(max_examples=50)
@given(HARD)
def test_f130_no_line_of_a_page_is_an_order_or_hides_a_character(text: str) -> None:
    assert [line for page in pages(text) for line in obeyed(page)] == []
    for page in pages(text):
        page.encode("utf-8")  # a lone surrogate could not be written


@pytest.mark.parametrize("page", pages("x"))
def test_the_policy_allows_one_sheet_by_its_digest_and_nothing_else(page: str) -> None:
    (policy,) = [one for one in Reading(page).all("meta") if one.get("http-equiv")]
    inside = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = b64encode(sha256(inside.encode()).digest()).decode()
    assert policy.get("http-equiv") == "Content-Security-Policy"
    assert policy.get("content") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.count("<style") == 1
    assert page.index("Content-Security-Policy") < page.index("<style")


def test_the_sheet_loads_nothing() -> None:
    assert not re.search(r"url\(|@import|@font-face|//", SHEET)


def test_an_element_of_no_report_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="<script> is not one of the elements"):
        tag("script", "alert(1)")


@pytest.mark.parametrize("name", ["onclick", "style", "src"])
def test_an_attribute_of_no_report_is_a_mistake_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is not one of the attributes"):
        tag("p", **{name: "x"})


@pytest.mark.parametrize("to", ["http://a.example", "javascript:x", "//a", "#", "#a b", "a#b", '#"><b>'])
def test_a_link_that_leaves_the_page_is_a_mistake_of_ours(to: str) -> None:
    """F-131."""
    with pytest.raises(ValueError, match="links within itself"):
        tag("a", "x", href=to)


def test_markup_is_made_by_elements_alone_and_text_stays_text() -> None:
    """F-131."""
    assert tag("p", tag("code", "<b>"), "&", Markup("<i>")) == Markup("<p><code>&lt;b&gt;</code>&amp;<i></p>")


def test_an_absent_attribute_is_left_out() -> None:
    assert tag("td", "x", class_=None, scope="row").source == '<td scope="row">x</td>'


def test_a_text_longer_than_anybody_reads_is_cut_and_says_so() -> None:
    """F-131."""
    assert escaped("y" * 2_500).source == "y" * 2_000 + "… (500 more characters)"


def test_the_same_values_give_the_same_bytes() -> None:
    assert pages("x") == pages("x")


def test_a_retirement_at_the_end_of_time_is_drawn_at_the_edge() -> None:
    page = Reading(lifecycle_source(lifespan(retires=date.max), lifespan("old", date.min)))
    assert {one.get("cx") for one in page.all("circle")} == {"0.00%", "100.00%"}

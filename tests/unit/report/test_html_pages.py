"""What each HTML report says, in which order, and how much of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from reconciler.catalogue.facts import Stage
from reconciler.domain.deployment import ModelRef
from reconciler.domain.sku import SkuName
from reconciler.plan.drift import DriftReport
from reconciler.plan.plan import Plan, Verdict
from reconciler.report.html.fleet_map import Holding, amount_of
from reconciler.report.html.page import SHEET
from reconciler.report.html.plan import render_html as plan_html
from reconciler.report.steps import no_units
from tests.unit.plan.states import name_of
from tests.unit.report.pages import (
    NOON,
    drift_source,
    lifecycle_source,
    lifespan,
    occasion,
    plan_page,
    plan_source,
    show_source,
)
from tests.unit.report.reading_html import Reading
from tests.unit.report.samples import APPLICATION, PERSON, everything, found, there, thousand
from tests.unit.report.values import (
    UNREAD,
    blocked,
    body,
    change,
    create,
    delete,
    desired,
    fleet,
    keep,
    observed,
    plan,
    pool,
    refusal,
    replacement,
    update,
)

PAGES = [
    plan_source(everything(), (lifespan(),)),
    drift_source(found(), there()),
    show_source(there(), lifespan()),
    lifecycle_source(lifespan(), lifespan("b", None, stage=None)),
]


def grown(name: str, before: int, after: int, sku: str = "GlobalStandard", model: str = "gpt-4o") -> Plan:
    one = update(
        desired(name, sku=sku, capacity=after, model=model),
        observed(name, sku=sku, capacity=before, model=model),
        change("sku.capacity", before, after),
        writes=(body(model=model, version="2024-11-20", sku=sku, capacity=after),),
    )
    return plan(one)


def cells(page: Reading) -> list[list[str]]:
    """The fleet map's rows below its heading."""
    rows: list[list[str]] = []
    within = False
    for one in page.elements:
        within = within or one.get("class") == "map"
        if within and one.name == "tr":
            rows.append([])
        elif within and rows and one.name in {"th", "td"}:
            rows[-1].append(one.text)
        if rows and rows[-1] and rows[-1][0] == "all models" and len(rows[-1]) == len(rows[0]):
            break
    return rows[1:]


# -- the frame -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", PAGES)
def test_the_head_says_fleet_cloud_what_was_asked_when_by_what_and_whether_complete(source: str) -> None:
    page = Reading(source)
    facts = dict(zip([one.text for one in page.all("dt")], [one.text for one in page.all("dd")], strict=True))
    assert page.all("h1")[0].text == "Fleet contoso"
    assert facts["Cloud"] == "contoso"
    assert facts["Made"] == "2026-11-25 12:00:00 UTC"
    assert facts["Tool"] == "reconciler 1.2.3"
    assert facts["Asked"] == "reconciler plan"
    assert facts["Complete"] == ("no, see above" if "could not be read" in page.text else "yes")
    assert page.all("time")[0].get("datetime") == f"{NOON:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("source", PAGES)
def test_headings_descend_by_one_ids_are_unique_and_links_arrive(source: str) -> None:
    page = Reading(source)
    levels = [int(one.name[1]) for one in page.elements if re.fullmatch("h[1-4]", one.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    ids = [one.get("id") for one in page.elements if one.get("id")]
    assert len(ids) == len(set(ids))
    assert {one.get("href")[1:] for one in page.all("a")} <= set(ids)
    assert {one.get("aria-labelledby") for one in page.all("section")} <= set(ids)


@pytest.mark.parametrize("source", PAGES)
def test_every_table_has_a_caption_and_scopes_and_every_box_can_be_reached(source: str) -> None:
    page = Reading(source)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(one.text for one in page.all("caption"))
    assert {one.get("scope") for one in page.all("th")} <= {"col", "row"}
    assert all(one.get("tabindex") == "0" and one.get("aria-label") for one in page.all("div", "box"))
    assert page.elements[0].get("lang") == "en"


@pytest.mark.parametrize("source", PAGES)
def test_every_drawing_has_words_or_stands_beside_them(source: str) -> None:
    for one in Reading(source).all("svg"):
        assert one.get("aria-label") or one.get("aria-hidden") or one.text


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


WASHED = ("blue", "green", "amber", "red", "violet")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in SHEET.split("@media", 2)[:2]
)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa_on_every_ground_it_stands_on(scheme: dict[str, str]) -> None:
    grounds = ("ground", "raised")
    pairs = [(ink, ground) for ink in ("ink", "quiet", *WASHED) for ground in grounds]
    pairs += [(ink, f"{wash}-wash") for wash in WASHED for ink in ("ink", "blue", "quiet", wash)]
    for ink, ground in pairs:
        dark, light = sorted((luminance(scheme[ink]), luminance(scheme[ground])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


# -- the plan ------------------------------------------------------------------------------------------


def test_what_forbids_and_what_destroys_comes_before_every_change() -> None:
    page = plan_page(replace(everything(), refusals=(refusal(),)), lifespan())
    assert page.sections[:4] == ["refused", "blocked", "destroyed", "changes"]
    assert page.sections[4:] == ["map", "quota", "retirements", "unchanged"]
    assert "--max-deletes 4" in page.section("refused").text


def test_a_change_is_shown_with_its_field_and_both_sides() -> None:
    page = plan_page(grown("chat", 10, 50))
    (row,) = [one.text for one in page.all("tr") if one.text.startswith("sku.capacity")]
    assert row == "sku.capacity1050 units (+40), 10,000 -> 50,000 TPM"


def test_an_action_is_named_in_words_with_its_reason_and_what_it_waits_for() -> None:
    heads = [one.text for one in plan_page(everything()).all("h4")]
    assert "+ createchat-mininot-there · write 1" in heads
    assert any("after chat-mini, aoai-eus2/old" in one for one in heads)


def test_a_blocked_deployment_says_its_fix() -> None:
    page = plan_page(plan(blocked(desired("swap"))))
    assert "Fix: declare the new one beside it" in page.section("changes").text
    assert page.section("blocked").text == "Blockedaoai-swc/swap blocked, replace-forbidden"


def test_a_plan_that_writes_in_two_steps_shows_both() -> None:
    first = body(model="gpt-4o", version="2024-11-20", sku="GlobalStandard", capacity=50)
    second = body(model="gpt-4.1", version="2025-04-14", sku="GlobalStandard", capacity=50)
    both = update(desired("chat"), observed("chat"), change("sku.capacity", 10, 50), writes=(first, second))
    text = plan_page(plan(both)).section("changes").text
    assert "Write 1 of 2" in text
    assert "Write 2 of 2" in text
    assert "gpt-4ogpt-4.1" in text


def test_a_plan_with_nothing_to_do_says_so_and_folds_what_stays() -> None:
    page = plan_page(plan(keep(observed("a"), desired("a"))))
    assert "nothing to do Nothing to do: 1 declared deployment in sync." in page.text
    assert page.sections == ["map", "unchanged"]
    assert page.all("summary")[0].text == "Show 1 deployment"


def test_an_incomplete_plan_says_so_at_its_top() -> None:
    page = plan_page(plan(unread=(UNREAD,)))
    header = page.all("header")[0].text
    assert "Incomplete: shut could not be read" in header
    assert "no rights; fix: ask for the right" in header


# -- the map -------------------------------------------------------------------------------------------


def test_rate_units_ptus_and_batch_tokens_are_never_added() -> None:
    page = Reading(
        show_source(
            fleet(
                observed("a", capacity=10),
                observed("b", capacity=20),
                observed("c", sku="ProvisionedManaged", capacity=50),
                observed("d", sku="GlobalBatch", capacity=7),
                observed("e", model="other", sku="DataZoneProvisionedManaged", capacity=15),
            )
        )
    )
    mixed = "30,000 TPM50 PTU7 thousand enqueued tokens4 deployments"
    assert cells(page) == [
        ["gpt-4o", mixed, mixed],
        ["other", "15 PTU1 deployment", "15 PTU1 deployment"],
        ["all models", "65 PTU5 deployments", "65 PTU5 deployments"],
    ]


def test_a_plan_maps_both_sides_of_what_moves() -> None:
    assert cells(plan_page(grown("chat", 10, 50)))[0][1] == "10,000 → 50,000 TPM1 deployment"


def test_a_map_of_a_plan_has_what_is_created_deleted_replaced_blocked_and_kept() -> None:
    made = replace(
        create(desired("new", model="m-new")),
        writes=(body(model="m-new", version="1", sku="GlobalStandard", capacity=5),),
    )
    swapped = replace(
        replacement(desired("swap", model="m-after"), observed("swap", model="m-before")),
        writes=(body(model="m-after", version="1", sku="ProvisionedManaged", capacity=25),),
    )
    page = plan_page(
        plan(
            made,
            delete(observed("old", model="m-old")),
            swapped,
            keep(observed("k", model="m-kept")),
            blocked(desired("b")),
        )
    )
    assert {row[0]: row[1] for row in cells(page)} == {
        "m-new": "0 → 5,000 TPM1 deployment",
        "m-old": "10,000 → 0 TPM0 deployments",
        "m-before": "10,000 → 0 TPM0 deployments",
        "m-after": "0 → 25 PTU1 deployment",
        "m-kept": "10,000 TPM1 deployment",
        "gpt-4o": "10,000 TPM1 deployment",
        "all models": "0 → 25 PTU4 deployments",
    }


AMOUNTS = [
    ("GlobalStandard", 5, ("TPM", 5_000), "a rate whose worth is known"),
    ("ProvisionedManaged", 5, ("PTU", 5), "provisioned"),
    ("Surprise", 5, ("units of Surprise", 5), "a SKU that nobody knows adds to nothing else"),
    ("GlobalStandard", None, ("of unknown capacity", 1), "ARM did not say"),
]


@pytest.mark.parametrize(("sku", "capacity", "expected", "reason"), AMOUNTS)
def test_an_amount_is_in_what_it_buys(
    sku: str, capacity: int | None, expected: tuple[str, int], reason: str
) -> None:
    held = Holding(region="x", model=ModelRef(name="gpt-4o"), sku=SkuName(sku), capacity=capacity)
    assert amount_of(held, thousand) == expected, reason


def test_a_rate_of_unknown_worth_stays_in_units() -> None:
    held = Holding(region="x", model=ModelRef(name="new"), sku=SkuName("Standard"), capacity=3)
    assert amount_of(held, no_units) == ("rate units", 3)


# -- quota and retirements -----------------------------------------------------------------------------


def bars(page: Reading) -> dict[str, tuple[str, str]]:
    return {one.get("class"): (one.get("x"), one.get("width")) for one in page.all("rect")}


def test_a_bar_shows_what_was_used_what_is_taken_and_what_is_above_the_limit() -> None:
    page = plan_page(plan(quota=(pool(limit=100, before=50, peak=200, after=150, verdict=Verdict.EXCEEDS),)))
    assert bars(page) == {
        "track": ("0.00%", "50.00%"),
        "kept": ("0.00%", "25.00%"),
        "blue": ("25.00%", "50.00%"),
        "red": ("50.00%", "25.00%"),
    }
    (mark,) = page.all("line", "mark")
    assert mark.get("x1") == "100.00%"
    assert "limit100before50peak200after150free0used150 %! exceeds the limit" in page.section("quota").text
    assert page.all("svg")[0].get("aria-label") == (
        "of 100 used 50 before, 200 at the peak, 150 after: exceeds the limit"
    )


def test_a_bar_shows_what_is_freed() -> None:
    page = plan_page(plan(quota=(pool(limit=100, before=80, peak=80, after=20),)))
    assert bars(page)["kept"] == ("0.00%", "20.00%")
    assert bars(page)["green"] == ("20.00%", "60.00%")
    assert "= fits" in page.section("quota").text


def test_a_pool_that_could_not_be_read_is_unverified_and_draws_nothing() -> None:
    quiet = pool(limit=None, before=None, peak=None, after=None, verdict=Verdict.UNVERIFIED)
    page = plan_page(plan(quota=(quiet,)))
    assert page.all("rect") == []
    assert "limit?before?peak?after?free?used?? unverified" in page.section("quota").text


def test_a_pool_that_is_too_small_stands_first_in_its_region() -> None:
    page = plan_page(plan(quota=(pool("a"), pool("z", verdict=Verdict.EXCEEDS))))
    names = [one.text for one in page.all("code") if one.text in {"a", "z"}]
    assert names == ["z", "a"]


def test_retirements_stand_on_a_line_of_time_with_words_beside_them() -> None:
    page = Reading(
        lifecycle_source(
            lifespan("late", date(2027, 11, 1)),
            lifespan("gone", date(2026, 11, 1), model="gpt-4", stage=Stage.RETIRED, successor="gpt-4o"),
            lifespan("soon", date(2027, 1, 1), model="o1"),
            lifespan("odd", None, stage=None),
        )
    )
    rows = [one.text for one in page.all("li") if "gpt" in one.text or "o1" in one.text]
    assert rows == [
        "gpt-4 2024-11-20 retired 2026-11-01, 24 days ago aoai-swc/gone; successor gpt-4o",
        "o1 2024-11-20 within 90 days 2027-01-01, in 37 days aoai-swc/soon",
        "gpt-4o 2024-11-20 later 2027-11-01, in 341 days aoai-swc/late",
    ]
    places = [float(one.get("cx").rstrip("%")) for one in page.all("circle")]
    assert places == sorted(places)
    assert [one.get("class") for one in page.all("circle")] == ["red", "amber", "green"]
    assert "Retirement not known: aoai-swc/odd." in page.section("retirements").text


@pytest.mark.parametrize("last", [date(2026, 12, 1), date(2027, 6, 1), date(2028, 6, 1), date(2040, 1, 1)])
def test_a_line_of_time_has_few_enough_dates_for_a_phone(last: date) -> None:
    page = Reading(lifecycle_source(lifespan(retires=last), lifespan("b", date(2024, 1, 1))))
    assert 2 <= len(page.all("text")) <= 5


def test_deployments_of_one_version_that_end_together_are_one_row() -> None:
    page = Reading(lifecycle_source(*(lifespan(f"d{number}") for number in range(9))))
    assert len(page.all("circle")) == 1
    assert "aoai-swc/d5 and 3 more" in page.section("retirements").text


def test_lifecycle_counts_by_the_limit_that_was_asked_for() -> None:
    page = Reading(lifecycle_source(lifespan(), limit=365))
    assert page.all("dl", "tiles")[0].text == "within 365 days1"


def test_lifecycle_says_when_an_account_could_not_be_read() -> None:
    page = Reading(lifecycle_source(lifespan(), complete=False))
    assert "its rows are what is declared" in page.all("header")[0].text


# -- drift and show ------------------------------------------------------------------------------------


def test_drift_says_cause_severity_fields_when_and_who_with_people_hidden() -> None:
    page = Reading(drift_source(found()))
    heads = [one.text for one in page.all("h4")]
    assert "changed-outsidechaterror · last touched by a…@contoso.com at 2026-11-20T08:15:00Z" in heads
    assert "sku.capacity8050" in [one.text for one in page.all("tr")]
    assert PERSON not in page.text
    assert APPLICATION in page.text


def test_drift_shows_people_where_they_were_asked_for() -> None:
    assert PERSON in Reading(drift_source(found(), show_people=True)).text


def test_no_drift_is_said_in_words() -> None:
    page = Reading(drift_source(DriftReport(items=(), synced=(name_of("a"), name_of("b"), name_of("c")))))
    assert "no drift Drift: none; 3 in sync." in page.text


@pytest.mark.parametrize("source", [drift_source(found()), show_source(there())])
def test_an_account_that_could_not_be_read_stands_above_everything(source: str) -> None:
    page = Reading(source)
    assert page.sections[0] == "unread"
    assert "could not be read" in page.all("header")[0].text


def test_show_lists_every_deployment_with_its_state_in_words() -> None:
    page = Reading(show_source(there()))
    rows = [one.text for one in page.all("tr")]
    assert "batchaoai-swcswedencentralgpt-4o2024-11-20GlobalBatch?~ Creatingnone" in rows
    assert "chataoai-swcswedencentralgpt-4o2024-11-20GlobalStandard10Succeededcontoso" in rows


# -- links and large fleets ----------------------------------------------------------------------------


def test_accounts_lead_to_the_portal_where_the_cloud_has_one_and_nowhere_else() -> None:
    about = replace(occasion("plan"), portal="https://portal.azure.com")
    page = Reading(plan_html(plan(create(desired("a"))), about, units=no_units))
    (link,) = [one for one in page.all("a") if one.get("href").startswith("https")]
    assert link.get("href") == (
        "https://portal.azure.com/#resource/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/"
        "rg-ai/providers/Microsoft.CognitiveServices/accounts/aoai-swc/overview"
    )
    without = plan_html(plan(create(desired("a"))), occasion("plan"), units=no_units)
    assert "https://" not in without


def test_more_than_ten_accounts_are_folded_and_indexed_below_map_and_quota() -> None:
    few, many = (
        plan_html(
            plan(*(create(desired("a", f"acc-{n:02}")) for n in range(number)), quota=(pool(),)),
            occasion("plan"),
            units=no_units,
        )
        for number in (10, 11)
    )
    assert few.index('id="changes"') < few.index('id="map"') < few.index('id="quota"')
    assert many.index('id="map"') < many.index('id="quota"') < many.index('id="changes"')
    assert many.count('<details class="account">') == 11
    assert 'href="#account-11"' in many
    assert '<details class="account">' not in few


def test_what_there_is_none_of_has_no_tile() -> None:
    page = plan_html(plan(create(desired("a"))), occasion("plan"), units=no_units)
    assert page.count('class="tile ') == 1


def test_what_was_left_out_stands_in_the_summary_in_words() -> None:
    page = plan_page(plan(create(desired("a")), left_out=4))
    assert "Plan: 1 to create. Left out by the selection: 4 declared deployments, not looked at." in page.text

"""What moved after the facts were compiled is laid over them, line by line, with its own source."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pytest

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.load import catalogue
from reconciler.domain.sku import SkuName
from tools.build_catalogue import DATA, read_facts
from tools.catalogue_lifecycle import lifecycle
from tools.catalogue_source import ARM, LATEST, Facts, Tables
from tools.catalogue_updates import SOURCES, lay_over, read_updates

UPDATES = DATA / "updates.jsonl"


@lru_cache(maxsize=1)
def lines() -> list[dict[str, Any]]:
    return read_updates(UPDATES)


def documented(fact: str) -> list[dict[str, Any]]:
    return [one for one in lines() if one["fact"] == fact and one["version"] and one["value"]]


@pytest.mark.parametrize("line", documented("retirement_date"), ids=lambda one: f"{one['model']}")
def test_a_moved_date_is_the_one_that_counts(line: dict[str, Any]) -> None:
    life = catalogue().lifecycle(line["model"], line["version"])
    assert life is not None
    assert life.retires is not None
    assert str(life.retires) <= line["value"], "the schedule's date, or an earlier one that ARM gives"
    assert life.source.as_of == "2026-10-05"


@pytest.mark.parametrize("line", documented("replacement"), ids=lambda one: f"{one['model']}")
def test_a_new_successor_is_named(line: dict[str, Any]) -> None:
    life = catalogue().lifecycle(line["model"], line["version"])
    assert life is not None
    assert life.successor == line["value"]


@pytest.mark.parametrize("line", documented("arm.offer"), ids=lambda one: str(one["model"]))
def test_every_offer_that_arm_listed_has_its_sizes(line: dict[str, Any]) -> None:
    value = line["value"]
    tuned = value["scope"] == "Finetune"
    sizes = catalogue().offer(line["model"], line["version"], SkuName(value["sku"]), fine_tuned=tuned)
    assert sizes is not None
    assert sizes.maximum == value["capacity"]["maximum"]
    assert sizes.step == value["capacity"].get("step", 1)


def test_a_date_that_a_source_took_back_is_no_date() -> None:
    life = catalogue().lifecycle("gpt-realtime-2", "2026-05-06")
    assert life is not None
    assert (life.retires, life.successor) == (None, "gpt-realtime-2.1")


def test_the_host_and_the_pool_of_claude_differ_by_version() -> None:
    known, sku = catalogue(), SkuName("GlobalStandard")
    hosts = [known.hosting("claude-opus-5-5", version) for version in ("1", "2")]
    assert [host.on for host in hosts if host] == ["anthropic", "azure"]
    assert known.pool("claude-opus-5-5", "1", sku) == "AIServices.GlobalStandard.claude-opus-5-5"
    assert known.pool("claude-opus-5-5", "2", sku) == "AIServices.GlobalStandard.claude-opus-5-5.Azure"
    dated = known.hosting("claude-haiku-4-5", "20251001")
    assert dated is not None
    assert dated.on == "anthropic"
    assert known.hosting("gpt-5.4", "2026-03-05") is None


def test_what_arm_announces_is_kept_with_its_day() -> None:
    life = catalogue().lifecycle("gpt-4o", "2024-05-13")
    assert life is not None
    assert life.announced is not None
    told = life.announced
    assert (told.model, told.version, told.starts) == ("gpt-5.6-sol", "2026-07-09", date(2026, 11, 24))


def dated(documented: str, arm: str, *, arm_as_of: str) -> Facts:
    """One model version with a documented date and one of ARM's."""
    status = {
        "source": "arm",
        "as_of": arm_as_of,
        "regions": ["eastus2"],
        "lifecycle_status": "GenerallyAvailable",
        "inference_deprecation": arm,
        "default_version": True,
    }
    life = {"stage": "GA", "retirement_date": documented, "source": "docs"}
    return {
        "sources": {"docs": {"as_of": "2026-10-05"}, "arm": {"as_of": arm_as_of}},
        "layers": {
            LATEST: {"models": {"m": {"versions": {"1": {"lifecycle": life}}}}},
            ARM: {"models": {"m": {"versions": {"1": {"status": [status]}}}}},
        },
    }


@pytest.mark.parametrize(
    ("documented", "arm", "arm_as_of", "retires", "disputed", "reason"),
    [
        ("2027-06-01", "2027-05-01", "2026-10-05", "2027-05-01", "2027-06-01", "as new: the earlier counts"),
        ("2027-05-01", "2027-06-01", "2026-10-05", "2027-05-01", "2027-06-01", "whoever said it"),
        ("2027-06-01", "2027-05-01", "2026-04-23", "2027-06-01", None, "an older list of ARM is no dispute"),
        ("2027-06-01", "2027-06-01", "2026-10-05", "2027-06-01", None, "they agree"),
        ("2027-06-01", "2099-12-31", "2026-10-05", "2027-06-01", None, "ARM's word for no date"),
    ],
)
def test_of_two_sources_of_one_day_the_earlier_date_warns(
    documented: str, arm: str, arm_as_of: str, retires: str, disputed: str | None, reason: str
) -> None:
    facts = dated(documented, arm, arm_as_of=arm_as_of)
    packed = lifecycle(facts, Tables(facts), "m", "1")
    assert (packed.get("retires"), packed.get("disputed_with")) == (retires, disputed), reason


def test_a_fact_that_nothing_reads_stops_the_build() -> None:
    facts = read_facts()
    line = {**lines()[0], "fact": "arm.mood"}
    with pytest.raises(KeyError, match=r"arm\.mood"):
        lay_over(facts, [line])


def test_every_line_names_a_source_and_a_date() -> None:
    assert {one["source"] for one in lines()} == set(SOURCES)
    assert all(date.fromisoformat(one["date"]) for one in lines())


def test_a_new_model_lives_as_long_as_its_offers_where_nothing_else_is_said() -> None:
    life = catalogue().lifecycle("claude-opus-5-5", "2")
    assert life is not None
    assert (life.retires, life.stage) == (date(2027, 9, 18), Stage.GA)


def test_documentation_and_arm_of_one_day_disagree_in_the_open() -> None:
    life = catalogue().lifecycle("gpt-realtime-2.1", "2026-07-07")
    assert life is not None
    assert (life.retires, life.disputed_with) == (date(2027, 6, 25), date(2027, 7, 31))
    assert str(life.source) == "model retirement schedule (Microsoft docs), 2026-10-05"
    assert str(life.disputed_source) == "ARM model list of eastus2, 2026-10-05"

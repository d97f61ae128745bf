"""Who moved a version, through the command line, on the emulator (2.1): row by row, in plan and in drift."""

import pytest

from reconciler.domain.marks import MODEL_TAG
from tests.e2e.dated import Season, entry, offered

NEVER = "versionUpgradeOption: NoAutoUpgrade"
EXPIRES = "versionUpgradeOption: OnceCurrentVersionExpired"


def voice(version: str, *lines: str, capacity: int = 10) -> str:
    return entry("voice", "gpt-audio-mini", version, *lines, capacity=capacity)


# -- the manifest states another version than at the last apply ------------------------------------------

OLDER, NEWER = "2025-10-06", "2025-12-15"
WAYS = [(NEWER, OLDER), (OLDER, NEWER)]


@pytest.mark.parametrize("lines", [(), (NEVER,), (EXPIRES,)], ids=["no option", "never", "once expired"])
@pytest.mark.parametrize(("first", "then"), WAYS, ids=["back", "on"])
def test_a_version_that_the_manifest_changes_is_written_whichever_way_it_goes(
    first: str, then: str, lines: tuple[str, ...], season: Season
) -> None:
    season.apply(voice(first, *lines))
    season.declare(voice(then, *lines))
    assert list(season.items()) == ["voice pending"]
    (step,) = season.steps().values()
    assert (step["action"], step["changes"][0]) == (
        "update",
        {"path": "model.version", "before": first, "after": then},
    )
    assert season.applied()["voice"]["outcome"] == "succeeded"
    assert season.model("voice") == ("gpt-audio-mini", then)
    assert season.planned() == ("none", "in-sync")
    assert season.items() == {}


@pytest.mark.parametrize(("first", "then"), [("9", "5"), ("5", "9")])
def test_so_it_is_for_another_maker_whose_versions_are_numbers(first: str, then: str, season: Season) -> None:
    llama = "Llama-3.3-70B-Instruct"
    season.apply(entry("llama", llama, first, form="Meta"))
    season.declare(entry("llama", llama, then, form="Meta"))
    assert season.planned() == ("update", "version-changed")
    assert season.applied()["llama"]["outcome"] == "succeeded"
    assert season.model("llama") == (llama, then)
    assert season.items() == {}


@pytest.mark.parametrize(
    "sku", ["Standard", "DataZoneStandard", "GlobalBatch", "ProvisionedManaged", "DataZoneProvisionedManaged"]
)
def test_so_it_is_on_every_sku(sku: str, season: Season) -> None:
    season.lists(*offered("twice", "2024-08-06", "2024-11-20", sku=sku))
    season.apply(entry("one", "twice", "2024-11-20", sku=sku))
    season.declare(entry("one", "twice", "2024-08-06", sku=sku))
    assert season.applied()["one"]["outcome"] == "succeeded"
    assert season.model("one") == ("twice", "2024-08-06")
    assert season.planned() == ("none", "in-sync")


@pytest.mark.parametrize(
    ("first", "then", "capacity", "told"),
    [
        (NEWER, OLDER, 20, "10 -> 20 units (+10), 100,000 TPM"),
        (OLDER, NEWER, 5, "10 -> 5 units (-5), 5,000 TPM"),
    ],
)
def test_the_tokens_beside_a_new_version_are_those_of_the_declared_one(
    first: str, then: str, capacity: int, told: str, season: Season
) -> None:
    """A unit of the older one is 5,000 tokens a minute, of the newer one 1,000."""
    season.apply(voice(first))
    season.declare(voice(then, capacity=capacity))
    assert told in season.run("plan").out
    season.run("apply", "--yes")
    rates = {one["key"]: one["count"] for one in season.live("voice")["properties"]["rateLimits"]}
    assert f"{rates['token']:,} TPM" in told


def test_another_model_is_what_legality_says_and_pending_in_drift(season: Season) -> None:
    season.apply(voice(NEWER))
    season.declare(entry("voice", "gpt-4.1", "2025-04-14"))
    assert list(season.items()) == ["voice pending"]
    assert season.planned() == ("blocked", "replace-forbidden")


# -- the service upgraded it ---------------------------------------------------------------------------


def test_a_newer_version_of_a_pay_as_you_go_deployment_is_the_services_upgrade(season: Season) -> None:
    season.apply(voice(OLDER))
    season.switch(autoUpgrade="on")
    assert season.planned() == ("none", "auto-upgraded")
    assert season.model("voice") == ("gpt-audio-mini", NEWER)
    assert list(season.items()) == ["voice auto-upgraded"]


DYING = entry("chat", "gpt-4o", "2024-05-13")
SUCCESSOR = ("gpt-5.6-sol", "2026-07-09")


def replaced_by_name(season: Season, *lines: str) -> None:
    """ARM announced gpt-5.6-sol for gpt-4o 2024-05-13, and its day has come."""
    season.given("chat", {"name": "gpt-4o", "version": "2024-05-13"})
    season.adopt(DYING + "".join(f"      {line}\n" for line in lines))
    season.at("2026-11-24")


def test_the_announced_replacement_is_an_upgrade_that_is_reported_and_fails_where_the_fleet_says_so(
    season: Season,
) -> None:
    replaced_by_name(season)
    assert season.planned() == ("none", "auto-upgraded")
    assert season.model("chat") == SUCCESSOR
    told = season.run("plan").out
    assert "1 declared deployment upgraded by the service" in " ".join(told.split())
    ran = season.drift()
    assert ran.code == 0
    assert "the service moved it to gpt-5.6-sol 2026-07-09, as its versionUpgradeOption allows" in ran.out
    season.stating(drift="{autoUpgraded: error}")
    assert season.drift().code == 2
    assert season.run("apply", "--yes").code == 0


def test_it_is_never_replaced_by_the_model_that_is_going_even_where_replacing_is_allowed(
    season: Season,
) -> None:
    allowed = "lifecycle: {replace: allowed, modelChange: replace}"
    replaced_by_name(season, allowed)
    assert season.planned("--replace-failed", "--take-over") == ("none", "auto-upgraded")
    bigger = DYING.replace("capacity: 10", "capacity: 20") + f"      {allowed}\n"
    season.declare(bigger)
    assert season.planned() == ("update", "capacity-changed")
    assert season.applied()["chat"]["outcome"] == "succeeded"
    assert season.model("chat") == SUCCESSOR
    assert season.planned() == ("none", "auto-upgraded")


def test_what_runs_written_into_the_manifest_changes_nothing_but_the_marks(season: Season) -> None:
    replaced_by_name(season)
    season.declare(entry("chat", *SUCCESSOR))
    (step,) = season.steps().values()
    assert {one["path"].partition(".")[0] for one in step["changes"]} == {"tags"}
    assert season.applied()["chat"]["outcome"] == "succeeded"
    assert season.items() == {}


def test_a_person_who_moves_it_to_another_model_is_not_the_service(season: Season) -> None:
    season.given("chat", {"name": "gpt-4o", "version": "2024-05-13"})
    season.adopt(DYING)
    season.at("2026-10-06")
    there = season.live("chat")
    moved = {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}
    one = {name: there[name] for name in ("id", "sku", "tags")} | {"properties": {"model": moved}}
    season.desk.control("POST", "world", {"deployments": [one]})
    assert season.planned() == ("blocked", "replace-forbidden")
    assert list(season.items()) == ["chat changed-outside"]


def preview(season: Season) -> None:
    """A preview that eastus2 lists, with an end, a successor, and a week between its move and its end."""
    (first,) = offered("first", "1", sku="GlobalStandard", deprecationDate="2026-07-15T00:00:00Z")
    moves = {
        "targetModelName": "next",
        "targetModelVersion": "2",
        "autoUpgradeStartDate": "2026-07-05T00:00:00Z",
        "upgradeOnExpiryLeadTimeDays": 7,
    }
    model = {**first["model"], "lifecycleStatus": "Preview", "replacementConfig": moves}
    season.lists({**first, "model": model})


@pytest.mark.parametrize("option", [NEVER, EXPIRES])
@pytest.mark.parametrize("day", ["2026-07-08", "2026-07-16"], ids=["the day of its move", "after its end"])
def test_a_preview_that_is_ended_by_force_is_the_services_doing_whatever_the_option(
    day: str, option: str, season: Season
) -> None:
    preview(season)
    season.apply(entry("chat", "first", "1", option, "lifecycle: {replace: allowed}"))
    season.at("2026-07-07")
    assert season.planned() == ("none", "in-sync")
    season.at(day)
    assert season.planned() == ("none", "auto-upgraded")
    assert season.model("chat") == ("next", "2")
    (item,) = season.items().values()
    forced = "as it does with every preview that ends" in item["explanation"]
    assert (item["cause"], forced) == ("auto-upgraded", option is NEVER)
    assert season.drift().code == 0


# -- somebody moved it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sku", "declared", "moved", "lines"),
    [
        ("GlobalStandard", NEWER, OLDER, ()),
        ("GlobalStandard", OLDER, NEWER, (NEVER,)),
        ("GlobalBatch", OLDER, NEWER, ()),
        ("ProvisionedManaged", OLDER, NEWER, ()),
        ("GlobalProvisionedManaged", NEWER, OLDER, (EXPIRES,)),
    ],
    ids=["an older version", "the option forbids it", "batch", "provisioned, newer", "provisioned, older"],
)
def test_a_version_that_somebody_moved_is_put_back(
    sku: str, declared: str, moved: str, lines: tuple[str, ...], season: Season
) -> None:
    season.lists(*offered("twice", OLDER, NEWER, sku=sku))
    season.apply(entry("voice", "twice", declared, *lines, sku=sku))
    _, before = season.model("voice")
    season.rewrite("voice", version=moved)
    assert list(season.items()) == ["voice changed-outside"]
    (step,) = season.steps().values()
    assert step["action"] == "update"
    assert "somebody moved it" in step["explanation"]
    assert season.applied()["voice"]["outcome"] == "succeeded"
    assert season.model("voice")[1] == before
    assert season.items() == {}


def test_a_provisioned_model_that_somebody_moved_to_its_successor_is_put_back(season: Season) -> None:
    season.apply(entry("ptu", "gpt-4o", "2024-11-20", sku="GlobalProvisionedManaged", capacity=100))
    season.rewrite("ptu", name="gpt-5.1", version="2025-11-13")
    assert list(season.items()) == ["ptu changed-outside"]
    assert season.planned() == ("update", "model-migration")


# -- marks -------------------------------------------------------------------------------------------------


def by_the_earlier_release(season: Season) -> None:
    """Its marks: all of today's but that of the model."""
    season.apply(voice(OLDER))
    season.rewrite("voice", tags={MODEL_TAG: None})


def test_nothing_is_written_only_to_renew_a_mark_unless_somebody_asks_for_it(season: Season) -> None:
    by_the_earlier_release(season)
    assert season.planned() == ("none", "in-sync")
    assert season.items() == {}
    assert season.planned("--renew-marks") == ("update", "mark-outdated")
    assert season.applied("--renew-marks")["voice"]["outcome"] == "succeeded"
    assert season.live("voice")["tags"][MODEL_TAG] == f"gpt-audio-mini@{OLDER}"


def test_the_earlier_releases_spec_mark_decides_where_it_is_equal(season: Season) -> None:
    by_the_earlier_release(season)
    season.rewrite("voice", version=NEWER)
    assert season.planned() == ("none", "auto-upgraded")
    assert list(season.items()) == ["voice auto-upgraded"]


def test_where_it_is_not_equal_the_plan_says_that_it_cannot_tell_and_renews_the_mark(season: Season) -> None:
    by_the_earlier_release(season)
    season.rewrite("voice", version=NEWER)
    season.declare(voice(OLDER, capacity=12))
    (step,) = season.steps().values()
    assert (step["action"], step["changes"][0]["path"]) == ("update", "model.version")
    assert "its marks do not tell whether the manifest was changed" in step["explanation"]
    assert season.applied()["voice"]["outcome"] == "succeeded"
    assert season.live("voice")["tags"][MODEL_TAG] == f"gpt-audio-mini@{OLDER}"

"""What a null takes away, what may not be deleted while it is named, what ARM keeps to itself (2.3)."""

import pytest

from tests.e2e.dated import Season, entry
from tests.e2e.watch import ACCOUNT

PAYGO = entry("paygo", "gpt-4.1", "2025-04-14")
SPILLOVER = "spilloverDeploymentName"
KEPT = {"omitted": "kept"}
IGNORED = {**KEPT, "nulls": "ignored"}
REFUSED = {**KEPT, "nulls": "refused"}

# how the server takes it, what the report says, the writes sent
SERVERS = [
    ({}, "leaving it out", 1),
    (KEPT, "an explicit null", 2),
    (IGNORED, "an empty text", 3),
    (REFUSED, "an empty text", 3),
]


def reserved(*lines: str, capacity: int = 15) -> str:
    return entry(
        "reserved", "gpt-4.1", "2025-04-14", *lines, sku="GlobalProvisionedManaged", capacity=capacity
    )


def chat(*lines: str, capacity: int = 10) -> str:
    return entry("chat", "gpt-4.1", "2025-04-14", *lines, capacity=capacity)


@pytest.mark.parametrize(("switches", "told", "sent"), SERVERS)
def test_a_null_is_tried_in_each_form_once_and_what_it_named_goes_afterwards(
    switches: dict[str, str], told: str, sent: int, season: Season
) -> None:
    season.switch(**switches)
    season.apply(PAYGO, reserved(f"{SPILLOVER}: paygo"))
    season.declare(reserved(f"{SPILLOVER}: null"))
    season.desk.forget_requests()
    ends = season.applied()
    assert {name: one["outcome"] for name, one in ends.items()} == {
        "reserved": "succeeded",
        "paygo": "succeeded",
    }
    assert ends["reserved"]["note"] == f"{SPILLOVER}: un-set by {told}"
    assert season.desk.writes() == {"acc/reserved": ("PUT",) * sent, "acc/paygo": ("DELETE",)}
    assert SPILLOVER not in season.live("reserved")["properties"]
    assert season.planned() == ("none", "in-sync")


def test_what_no_form_takes_away_is_failed_and_never_called_removed(season: Season) -> None:
    season.apply(PAYGO, reserved(f"{SPILLOVER}: paygo"))
    stays = {"patch": {"properties": {SPILLOVER: "paygo"}}}
    match = {"method": "GET", "path": "/deployments/reserved$", "times": 99}
    season.desk.control("POST", "faults", {"match": match, "then": stays})
    season.declare(reserved(f"{SPILLOVER}: null"))
    ends = season.applied()
    assert {name: one["outcome"] for name, one in ends.items()} == {"reserved": "failed", "paygo": "skipped"}
    error = ends["reserved"]["error"]
    assert error["code"] == "NotUnset"
    assert f"ARM keeps {SPILLOVER} ('paygo')" in error["message"]
    assert season.live("paygo")


# field, what it is, what it is un-set by, what is there afterwards
FIELDS = [
    ("parentDeploymentName", "paygo", None),
    ("raiPolicyName", "Microsoft.Default", "Microsoft.DefaultV2"),
    ("versionUpgradeOption", "NoAutoUpgrade", "OnceNewDefaultVersionAvailable"),
    ("serviceTier", "Priority", None),
]


@pytest.mark.parametrize("switches", [{}, KEPT, IGNORED], ids=["left out", "null", "empty"])
@pytest.mark.parametrize(("field", "value", "after"), FIELDS)
def test_every_nullable_field_is_taken_away_whatever_the_server_makes_of_it(
    field: str, value: str, after: str | None, switches: dict[str, str], season: Season
) -> None:
    season.switch(**switches)
    season.apply(PAYGO, chat(f"{field}: {value}"))
    season.declare(PAYGO, chat(f"{field}: null"))
    assert season.steps()["chat"]["changes"][0]["after"] is None
    assert season.applied()["chat"]["outcome"] == "succeeded"
    assert season.live("chat")["properties"].get(field) == after
    assert season.steps()["chat"]["action"] == "none"


BELOW = [
    ("tags: {costCenter: '4711', keep: x}", "tags: {costCenter: null, keep: x}"),
    ("extraProperties: {ours: 1, keep: x}", "extraProperties: {ours: null, keep: x}"),
]


@pytest.mark.parametrize("switches", [{}, KEPT, IGNORED], ids=["left out", "null", "empty"])
@pytest.mark.parametrize(("before", "after"), BELOW, ids=["tags", "extraProperties"])
def test_a_null_below_tags_or_extra_properties_takes_that_value_alone(
    before: str, after: str, switches: dict[str, str], season: Season
) -> None:
    season.switch(unknownProperties="kept", **switches)
    season.apply(chat(before))
    season.declare(chat(after))
    assert season.applied()["chat"]["outcome"] == "succeeded"
    there = season.live("chat")
    found = {**there["tags"], **there["properties"]}
    assert (found.get("keep"), "costCenter" in found, "ours" in found) == ("x", False, False)
    assert season.planned() == ("none", "in-sync")


def test_a_tilde_is_a_null_and_an_empty_text_is_told_which_of_the_two_to_write(season: Season) -> None:
    season.apply(PAYGO, chat("serviceTier: Priority"))
    season.declare(PAYGO, chat("serviceTier: ~"))
    assert season.steps()["chat"]["changes"][0] == {
        "path": "serviceTier",
        "before": "Priority",
        "after": None,
    }
    season.declare(PAYGO, chat("serviceTier: ''"))
    ran = season.run("plan")
    assert ran.code == 1
    assert "fix: write null to un-set the field, or leave the line out" in ran.out


def test_a_line_that_is_gone_means_not_managed_and_what_it_names_stays(season: Season) -> None:
    season.apply(PAYGO, reserved(f"{SPILLOVER}: paygo"))
    season.declare(reserved())
    step = season.steps()["paygo"]
    assert (step["action"], step["reason"]) == ("blocked", "still-referenced")
    assert step["explanation"] == f"it would be deleted while it is named by reserved ({SPILLOVER})"
    assert step["fix"] == f"write `{SPILLOVER}: null` in the entry of reserved"
    assert season.applied()["reserved"]["outcome"] == "succeeded"
    assert season.live("paygo")
    season.declare(reserved(capacity=20))
    assert season.applied()["reserved"]["outcome"] == "succeeded", "and the next change of size too"


NAMING = [(SPILLOVER, "spillover"), ("parentDeploymentName", "parent")]


@pytest.mark.parametrize(("field", "word"), NAMING, ids=[word for _, word in NAMING])
@pytest.mark.parametrize("mark", [None, "others"], ids=["nobody's", "another fleet's"])
def test_what_somebody_elses_deployment_names_is_not_deleted_either(
    field: str, word: str, mark: str | None, season: Season
) -> None:
    del word
    season.apply(PAYGO, chat())
    tags = {"reconciler-fleet": mark} if mark else {}
    theirs = {
        "sku": {"name": "GlobalProvisionedManaged", "capacity": 15},
        "tags": tags,
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"},
            field: "PayGo",
        },
    }
    season.stranger("PUT", "theirs", theirs)
    season.declare(chat())
    step = season.steps()["paygo"]
    assert step["reason"] == "still-referenced"
    assert step["explanation"] == f"it would be deleted while it is named by theirs ({field})"
    assert step["fix"] == f"nobody declares theirs here: un-set its {field}, or delete it, first"
    season.declare(
        chat(), PAYGO.replace("GlobalStandard", "DataZoneStandard") + "      lifecycle: {replace: allowed}\n"
    )
    assert season.steps()["paygo"]["reason"] == "still-referenced", "a replacement deletes too"


# -- what ARM keeps to itself ----------------------------------------------------------------------------

WHO = "{{industry: {industry}, organizationName: Contoso, countryCode: US}}"


def claude(industry: str = "technology", capacity: int = 10) -> str:
    data = f"modelProviderData: {WHO.format(industry=industry)}"
    return entry("claude", "claude-opus-5-5", "2", data, capacity=capacity, form="Anthropic")


@pytest.mark.parametrize("answered", ["returned", "hidden"])
def test_provider_data_goes_with_every_put_is_consented_to_and_never_missed(
    answered: str, season: Season
) -> None:
    season.at("2026-10-06")
    season.switch(modelProviderData=answered)
    season.declare(claude())
    (step,) = season.steps().values()
    assert "accepts the provider's Marketplace offer in your name" in step["explanation"]
    note = season.applied()["claude"]["note"] or ""
    assert ("does not answer it" in note) == (answered == "hidden")
    assert ("modelProviderData" in season.live("claude")["properties"]) == (answered == "returned")
    assert season.planned() == ("none", "in-sync")
    assert season.items() == {}
    season.declare(claude(capacity=11))
    season.desk.forget_requests()
    assert season.applied()["claude"]["outcome"] == "succeeded"
    (put,) = (one for one in season.desk.control("GET", "requests")["requests"] if one["method"] == "PUT")
    assert put["body"]["properties"]["modelProviderData"]["organizationName"] == "Contoso"
    season.declare(claude("finance", capacity=11))
    assert season.planned()[0] == "update", "another answer is another declaration, echoed or not"


def test_claude_without_provider_data_is_said_before_anything_is_sent(season: Season) -> None:
    season.at("2026-10-06")
    season.declare(entry("claude", "claude-opus-5-5", "2", form="Anthropic"))
    ran = season.run("plan")
    assert ran.code == 1
    assert "error[model-provider-data]: `claude-opus-5-5` needs modelProviderData" in ran.out
    season.declare(claude("Chocolate"))
    ran = season.desk.reconciler("validate", "fleet.yaml")
    assert ran.code == 0
    assert "warning[model-provider-data]: industry `Chocolate`" in ran.out


def test_an_extra_property_that_arm_drops_is_a_note_at_once_and_no_drift(season: Season) -> None:
    """Before, this took 75 s, ended AcceptedNotApplied, and was drift for ever."""
    season.declare(chat("extraProperties: {brandNew: {a: 1}}"))
    item = season.applied()["chat"]
    assert (item["outcome"], item["attempts"]) == ("succeeded", 1)
    assert "brandNew" in item["note"]
    assert season.planned() == ("none", "in-sync")
    assert season.items() == {}


# -- spelling and types ------------------------------------------------------------------------------------


def test_what_differs_in_letter_case_alone_goes_back_as_it_was_spelt(season: Season) -> None:
    season.apply(PAYGO, reserved(f"{SPILLOVER}: PayGo", "raiPolicyName: microsoft.defaultv2"))
    there = season.live("reserved")["properties"]
    season.declare(PAYGO, reserved(f"{SPILLOVER}: PAYGO", "raiPolicyName: Microsoft.DefaultV2", capacity=20))
    paths = {one["path"] for one in season.steps()["reserved"]["changes"]}
    assert not paths & {SPILLOVER, "raiPolicyName"}
    assert season.applied()["reserved"]["outcome"] == "succeeded"
    after = season.live("reserved")["properties"]
    assert (after[SPILLOVER], after["raiPolicyName"]) == (there[SPILLOVER], there["raiPolicyName"])


@pytest.mark.parametrize(("found", "wanted"), [("1", "true"), ("1", "'1'"), ("true", "'true'")])
def test_a_number_a_boolean_and_a_text_are_three_values(found: str, wanted: str, season: Season) -> None:
    season.switch(unknownProperties="kept")
    season.apply(chat(f"extraProperties: {{ours: {found}}}"))
    season.declare(chat(f"extraProperties: {{ours: {wanted}}}"))
    assert season.planned() == ("update", "settings-changed")


def test_a_source_keeps_arms_spelling_when_it_is_adopted(season: Season) -> None:
    tuned = "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef"
    trainer = ACCOUNT.replace("resourceGroups/rg", "resourcegroups/RG").removesuffix("acc") + "trainer"
    season.given("tuned", {"name": tuned, "version": "1", "source": trainer})
    source = "{subscription: prod, resourceGroup: rg, account: ACCOUNT}"

    def declared(account: str) -> str:
        line = f"source: {source.replace('ACCOUNT', account)}"
        return entry("tuned", tuned, "1").replace('version: "1"', f'version: "1", {line}')

    season.adopt(declared("trainer"))
    assert season.live("tuned")["properties"]["model"]["source"] == trainer
    assert season.planned() == ("none", "in-sync")
    season.declare(declared("another"))
    (step,) = season.steps().values()
    assert (step["action"], step["reason"]) == ("blocked", "replace-forbidden")
    assert [one["path"] for one in step["changes"] if not one["path"].startswith("tags.")] == ["model.source"]

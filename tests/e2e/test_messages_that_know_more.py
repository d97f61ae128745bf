"""What is looked up before anything is blamed: deleted accounts, counters, names; what a failure leaves."""

from pathlib import Path

import pytest

from reconciler.domain.ids import AccountId, Region
from reconciler.domain.platform import DeletedAccount
from tests.e2e.dated import Season, entry
from tests.e2e.desk import Ran
from tests.e2e.served import served, the_world
from tests.e2e.watch import ACCOUNT, FLEET

POOL = "OpenAI.Standard.gpt4.1"
GONE = DeletedAccount(id=AccountId.parse(ACCOUNT), region=Region("eastus2"))
ALWAYS = 99


def chat(capacity: int, *lines: str, sku: str = "Standard") -> str:
    return entry("chat", "gpt-4.1", "2025-04-14", *lines, sku=sku, capacity=capacity)


def flat(ran: Ran) -> str:
    return " ".join(ran.out.split())


def refusing(season: Season, code: str, message: str, path: str = "chat") -> None:
    """ARM refuses every PUT of a deployment."""
    season.desk.control(
        "POST",
        "faults",
        {
            "match": {"method": "PUT", "path": f"/deployments/{path}$", "times": ALWAYS},
            "then": {"status": 400, "body": {"error": {"code": code, "message": message}}},
        },
    )


# -- soft-deleted accounts -------------------------------------------------------------------------------


def test_a_missing_account_that_is_soft_deleted_is_named_with_the_commands_that_restore_or_purge_it(
    season: Season, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded emulator makes the accounts that are declared; a served one does not."""
    season.apply(chat(10))
    season.switch(nestedDelete="accepted")
    season.stranger("DELETE", "../")
    with served(tmp_path / ".reconciler/emulator.db", the_world(tmp_path / "world.json")) as url:
        monkeypatch.setenv("RECONCILER_ENDPOINT", url)
        (step,) = season.steps().values()
        assert (step["action"], step["reason"]) == ("blocked", "account-missing")
        assert "it was deleted on 2026-06-22 and is soft-deleted in eastus2" in step["explanation"]
        assert f"restore it: {GONE.command('recover')}" in step["fix"]
        assert f"purge it: {GONE.command('purge')}" in step["fix"]
        ran = season.drift()
        assert ran.code == 1
        assert f"fix: restore it: {GONE.command('recover')}" in flat(ran)


def test_quota_that_nobody_visible_holds_is_told_with_the_deleted_accounts_that_may(season: Season) -> None:
    season.apply(chat(600))
    season.switch(nestedDelete="accepted")
    season.stranger("DELETE", "../")
    elsewhere = FLEET.replace("name: acc,", "name: two,")
    season.manifest.write_text(elsewhere + chat(10), "utf-8")
    told = flat(season.run("quota"))
    assert "used by two/chat 10 600 in other accounts" in told.replace(";", "")
    assert "soft-deleted accounts keep their quota until they are purged: acc" in told
    assert f"fix: {GONE.command('purge')}" in told
    (pool,) = season.run("quota", "-o", "json").json["pools"]
    assert (pool["elsewhere"], pool["deletedAccounts"]) == (600, [ACCOUNT])
    season.manifest.write_text(elsewhere + chat(500), "utf-8")
    (refusal,) = season.run("plan", "-o", "json").json["refusals"]
    assert "outside this run 600; soft-deleted accounts keep their quota" in refusal["message"]
    assert f"purge acc ({GONE.command('purge')})" in refusal["fix"]


def test_where_the_fleet_holds_everything_nobody_asks_for_deleted_accounts(season: Season) -> None:
    season.apply(chat(600))
    season.desk.forget_requests()
    assert season.run("quota").code == 0
    season.declare(chat(2000))
    assert season.run("plan").code == 1
    paths = [one["path"] for one in season.desk.control("GET", "requests")["requests"]]
    assert not any(path.endswith("deletedAccounts") for path in paths)


# -- refusals over quota ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "wanted", "fix"),
    [
        ("715-123420", 1, "Quota is not what it lacks"),
        ("InsufficientQuota", 1, "There is room now"),
    ],
)
def test_a_refusal_over_quota_is_compared_with_the_counters_first(
    code: str, wanted: int, fix: str, season: Season
) -> None:
    season.apply(chat(600))
    refusing(season, code, "An error occurred. Please reach out to support for additional assistance.")
    season.declare(chat(600 + wanted))
    item = season.applied()["chat"]
    assert item["note"] == f"used now: {POOL} 600 of 1000, and {wanted} more was asked for"
    assert fix in item["error"]["fix"]


@pytest.mark.parametrize("code", ["715-123420", "InsufficientQuota"])
def test_where_the_counters_agree_quota_is_what_it_lacks(code: str, season: Season) -> None:
    """What the plan read is out of date by the time of the write."""
    season.apply(chat(600))
    refusing(season, code, "An error occurred.")
    earlier = {"name": {"value": POOL}, "unit": "Count", "currentValue": 600, "limit": 5000}
    match = {"method": "GET", "path": "/usages$", "times": 1}
    season.desk.control(
        "POST", "faults", {"match": match, "then": {"status": 200, "body": {"value": [earlier]}}}
    )
    season.declare(chat(1100))
    item = season.applied()["chat"]
    assert item["note"] == f"used now: {POOL} 600 of 1000, and 500 more were asked for"
    assert "quota" in item["error"]["fix"]


# -- names ------------------------------------------------------------------------------------------------

PROPERTY = "InvalidResourceProperties"
SKU = "The specified SKU 'Standard' of account deployment is not supported by the model"


def test_a_name_that_leads_nowhere_is_told_before_the_write_and_looked_up_after_a_refusal(
    season: Season,
) -> None:
    reserved = entry(
        "reserved",
        "gpt-4.1",
        "2025-04-14",
        "spilloverDeploymentName: nobody",
        sku="GlobalProvisionedManaged",
        capacity=15,
    )
    season.declare(reserved)
    (step,) = season.steps().values()
    assert "acc has no deployment nobody, which spilloverDeploymentName names" in step["explanation"]
    item = season.applied()["reserved"]
    assert (item["outcome"], item["error"]["code"]) == ("failed", PROPERTY)
    assert item["note"] == "looked up: acc does not have spilloverDeploymentName: nobody"
    assert item["error"]["fix"].startswith("make it in that account first, or correct the name")


def test_what_is_there_is_not_blamed(season: Season) -> None:
    paygo = entry("paygo", "gpt-4.1", "2025-04-14")
    season.apply(paygo)
    refusing(season, PROPERTY, SKU)
    season.declare(paygo, chat(15, "spilloverDeploymentName: paygo", sku="GlobalProvisionedManaged"))
    item = season.applied()["chat"]
    assert item["note"] == "looked up: acc has paygo"
    assert "sku-not-offered" in item["error"]["fix"]


# -- what a failed operation leaves ----------------------------------------------------------------------

ADVICE = [
    ("OutOfOrder", ""),
    ("InternalServerError", ""),
    ("AnthropicOrganizationCreationException", "modelProviderData"),
    ("MarketplaceSubscriptionCannotBeCompleted", "billing owner"),
    ("MarketplacePurchaseEligibilityFailed", "billing owner"),
    ("OperationNotAllowed", "state"),
    ("InvalidModelProviderData", "modelProviderData"),
]


@pytest.mark.parametrize(("code", "words"), ADVICE)
def test_after_a_failed_operation_the_fix_tells_the_cause_and_names_the_flag(
    code: str, words: str, flying: Season
) -> None:
    flying.desk.control("POST", "lro", {"polls": 1, "for": "all"})
    fault = {
        "match": {"method": "PUT", "path": "/deployments/chat$"},
        "then": {"lro": "Failed", "error": {"code": code, "message": "no"}},
    }
    flying.desk.control("POST", "faults", fault)
    flying.declare(chat(10))
    item = flying.applied()["chat"]
    assert (item["outcome"], item["error"]["code"]) == ("failed", code)
    assert words in item["error"]["fix"]
    assert "--replace-failed" in item["error"]["fix"]
    (step,) = flying.steps().values()
    assert (step["reason"], "--replace-failed" in step["fix"]) == ("failed-state", True)


def test_the_flag_makes_it_anew(flying: Season) -> None:
    test_after_a_failed_operation_the_fix_tells_the_cause_and_names_the_flag("OutOfOrder", "", flying)
    assert flying.planned("--replace-failed") == ("replace", "failed-state")
    assert flying.applied("--replace-failed")["chat"]["outcome"] == "succeeded"

"""Each cause of drift, staged on the emulator and found by the command line; and what is no drift."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.plan.causes import Cause
from tests.e2e.desk import Desk
from tests.e2e.watch import Watch

TUNED = "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef"
CHAT = """
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 50}
      raiPolicyName: Microsoft.DefaultV2
"""
OLDER = """
    - name: older
      model: {name: gpt-audio-mini, version: "2025-10-06"}
      sku: {name: GlobalStandard, capacity: 10}
"""
TRIAL = f"""
    - name: trial
      model: {{name: {TUNED}, version: "1"}}
      sku: {{name: DeveloperTier, capacity: 10}}
"""


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.chdir(tmp_path)
    return Watch(Desk(tmp_path))


# -- the stages ----------------------------------------------------------------------------------------


def somebody_resizes(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.change("chat", capacity=99)


def the_service_upgrades(watch: Watch) -> None:
    watch.apply(OLDER)
    watch.desk.control("POST", "settings", {"autoUpgrade": "on"})


def a_trial_runs_out(watch: Watch) -> None:
    watch.apply(TRIAL)
    watch.later(hours=25)


def a_model_retires(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.later(days=1500)


def somebody_deletes(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.stranger("DELETE", "chat")


def an_entry_was_never_applied(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.declare(CHAT, CHAT.replace("name: chat", "name: fresh"))


def a_manifest_changes(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.declare(CHAT.replace("capacity: 50", "capacity: 60"))


def an_operation_ends_badly(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.desk.control("POST", "faults", {"match": {"method": "PUT"}, "then": {"lro": "Failed"}})
    watch.desk.control("POST", "lro", {"polls": 1, "for": "all"})
    watch.change("chat", capacity=51)
    watch.later(hours=1)
    watch.drift()


def somebody_adds(watch: Watch) -> None:
    watch.apply(CHAT)
    there = watch.stranger("GET", "chat")
    watch.stranger(
        "PUT", "extra", {"sku": there["sku"], "properties": {"model": there["properties"]["model"]}}
    )


STAGES: dict[Cause, tuple[Callable[[Watch], None], str, str, int]] = {
    Cause.CHANGED_OUTSIDE: (somebody_resizes, "chat", "error", 2),
    Cause.AUTO_UPGRADED: (the_service_upgrades, "older", "warning", 0),
    Cause.EXPIRED: (a_trial_runs_out, "trial", "error", 2),
    Cause.RETIRED: (a_model_retires, "chat", "warning", 0),
    Cause.DELETED_OUTSIDE: (somebody_deletes, "chat", "error", 2),
    Cause.MISSING: (an_entry_was_never_applied, "fresh", "error", 2),
    Cause.PENDING: (a_manifest_changes, "chat", "info", 0),
    Cause.FAILED_STATE: (an_operation_ends_badly, "chat", "error", 2),
    Cause.UNDECLARED: (somebody_adds, "extra", "warning", 0),
}


def test_there_is_a_stage_for_every_cause() -> None:
    assert set(STAGES) == set(Cause)


@pytest.mark.parametrize("cause", STAGES)
def test_a_staged_cause_is_found_alone_with_its_severity_and_exit_code(cause: Cause, watch: Watch) -> None:
    stage, name, severity, code = STAGES[cause]
    stage(watch)
    ran = watch.drift("-o", "json")
    found = [(one["deployment"], one["cause"], one["severity"]) for one in ran.json["items"]]
    assert found == [(name, cause.value, severity)], ran
    assert ran.code == code, ran


@pytest.mark.parametrize("cause", STAGES)
def test_a_cause_that_is_ignored_is_counted_and_is_no_drift(cause: Cause, watch: Watch) -> None:
    STAGES[cause][0](watch)
    ran = watch.drift("-o", "json", "--ignore", cause.value)
    assert ran.code == 0, ran
    assert (ran.json["items"], ran.json["ignored"]) == ([], 1)


def test_a_change_outside_names_field_author_and_time(watch: Watch) -> None:
    somebody_resizes(watch)
    (item,) = watch.items().values()
    assert item["changes"] == [{"path": "sku.capacity", "before": 99, "after": 50}]
    assert item["who"] == "night-shift-script"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", item["when"])


def test_an_unknown_cause_is_wrong_usage_and_the_causes_are_named(watch: Watch) -> None:
    ran = watch.drift("--ignore", "weather")
    assert ran.code == 64
    assert all(cause.value in ran.err for cause in Cause)


# -- who did it ----------------------------------------------------------------------------------------


LOG = "/providers/Microsoft.Insights/eventtypes/management/values"


def asked(watch: Watch) -> list[str]:
    """The requests to the Activity Log since the last page."""
    return [one["path"] for one in watch.desk.control("GET", "requests")["requests"] if LOG in one["path"]]


def test_a_deletion_names_who_and_when_and_one_request_asked_for_it(watch: Watch) -> None:
    watch.apply(CHAT, OLDER)
    watch.stranger("DELETE", "chat")
    watch.stranger("DELETE", "older")
    watch.desk.forget_requests()
    items = watch.items()
    assert set(items) == {"chat deleted-outside", "older deleted-outside"}
    assert len(asked(watch)) == 1, "one subscription, one request"
    (who,) = {item["who"] for item in items.values()}
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", who), (
        "the log has applications by their id"
    )
    for item in items.values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", item["when"])


def test_where_nothing_is_missing_or_changed_the_log_is_not_asked(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.declare(CHAT.replace("capacity: 50", "capacity: 60"))
    watch.desk.forget_requests()
    assert list(watch.items()) == ["chat pending"]
    assert asked(watch) == []


def test_without_the_log_nothing_is_called_a_deletion(watch: Watch) -> None:
    somebody_deletes(watch)
    watch.desk.forget_requests()
    ran = watch.drift("-o", "json", "--no-activity-log")
    assert [(one["cause"], one["who"]) for one in ran.json["items"]] == [("missing", None)]
    assert ran.json["unverified"] == []
    assert ran.code == 2
    assert asked(watch) == []


def test_without_the_right_to_read_the_log_the_report_says_unverified_once(watch: Watch) -> None:
    watch.apply(CHAT, OLDER)
    watch.stranger("DELETE", "chat")
    watch.stranger("DELETE", "older")
    role = {"clientId": "reconciler", "scope": "/", "actions": ["Microsoft.CognitiveServices/*"]}
    watch.desk.control("POST", "world", {"roles": [role]})
    ran = watch.drift()
    assert ran.code == 2, ran
    assert ran.out.count("unverified") == 1
    assert "Microsoft.Insights/eventtypes/values/read" in " ".join(ran.out.split())
    document = watch.drift("-o", "json").json
    assert {one["cause"] for one in document["items"]} == {"missing"}
    assert [one["code"] for one in document["unverified"]] == ["AuthorizationFailed"]


def test_an_entry_that_was_never_applied_is_pending_where_others_show_newer_manifests(watch: Watch) -> None:
    watch.apply(CHAT)
    watch.declare(CHAT.replace("capacity: 50", "capacity: 60"), CHAT.replace("name: chat", "name: fresh"))
    ran = watch.drift("-o", "json")
    assert {one["deployment"]: one["cause"] for one in ran.json["items"]} == {
        "chat": "pending",
        "fresh": "pending",
    }
    assert ran.code == 0


# -- who says how grave ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", STAGES)
def test_the_fleet_or_the_command_says_which_causes_fail(cause: Cause, watch: Watch) -> None:
    STAGES[cause][0](watch)
    assert watch.drift("--fail-on", cause.value).code == 2
    assert watch.drift("--fail-on", "none").code == 0
    others = ",".join(other for other in Cause if other is not cause)
    assert watch.drift("--fail-on", others).code == 0
    text = watch.manifest.read_text("utf-8")
    camel = re.sub("-(.)", lambda found: found[1].upper(), cause.value)
    for word in (cause.value, camel):
        for level, code in (("error", 2), ("warning", 0), ("info", 0), ("off", 0)):
            stated = text.replace("cloud: emulator", f"cloud: emulator\n  drift: {{{word}: {level}}}")
            watch.manifest.write_text(stated, "utf-8")
            ran = watch.drift("-o", "json")
            assert ran.code == code, (word, level, ran)
            assert [one["severity"] for one in ran.json["items"]] == ([] if level == "off" else [level])


def test_a_cause_that_does_not_exist_is_pointed_at(watch: Watch) -> None:
    watch.declare(CHAT)
    text = watch.manifest.read_text("utf-8")
    watch.manifest.write_text(
        text.replace("cloud: emulator", "cloud: emulator\n  drift: {deletedOutsid: info}"),
        "utf-8",
    )
    ran = watch.drift()
    assert ran.code == 1
    assert "there is no cause of drift `deletedOutsid`" in ran.out
    assert "did you mean `deleted-outside`?" in ran.out
    ran = watch.drift("--fail-on", "weather")
    assert ran.code == 64
    assert "deleted-outside" in ran.err


# -- no cry of wolf ------------------------------------------------------------------------------------


def test_what_was_just_applied_has_not_drifted(watch: Watch) -> None:
    watch.apply(CHAT, OLDER, TRIAL)
    ran = watch.drift("-o", "json")
    assert (ran.code, ran.json["items"], ran.json["inSync"]) == (0, [], 3)


def test_another_spelling_and_an_undeclared_field_are_no_drift(watch: Watch) -> None:
    watch.apply(CHAT)
    there = watch.stranger("GET", "chat")
    properties = {
        "model": there["properties"]["model"],
        "raiPolicyName": "microsoft.defaultv2",
        "versionUpgradeOption": "NoAutoUpgrade",
    }
    tags = {name.upper(): value for name, value in there["tags"].items()}
    watch.stranger("PUT", "chat", {"sku": there["sku"], "tags": tags, "properties": properties})
    ran = watch.drift()
    assert ran.code == 0, ran


def test_an_upgrade_that_the_manifest_allows_is_told_and_is_no_drift(watch: Watch) -> None:
    """F-088."""
    watch.apply(OLDER + "      versionUpgradeOption: OnceNewDefaultVersionAvailable\n")
    watch.desk.control("POST", "settings", {"autoUpgrade": "on"})
    ran = watch.drift("-o", "json")
    assert [(one["cause"], one["severity"]) for one in ran.json["items"]] == [("auto-upgraded", "info")]
    assert ran.code == 0


# -- since a plan --------------------------------------------------------------------------------------


def test_since_a_plan_only_what_moved_after_it_is_told(watch: Watch) -> None:
    watch.apply(CHAT, OLDER)
    watch.change("older", capacity=20)
    assert watch.desk.reconciler("plan", "fleet.yaml", "-q", "--out", "saved.json").code == 0
    quiet = watch.drift("--since-plan", "saved.json", "-o", "json")
    assert (quiet.code, quiet.json["items"], quiet.json["since"]["asItSaw"]) == (0, [], 1)
    watch.change("chat", capacity=99)
    assert list(watch.items("--since-plan", "saved.json")) == ["chat changed-outside"]
    assert len(watch.items()) == 2


def test_since_a_plan_a_change_that_no_manifest_states_is_told_too(watch: Watch) -> None:
    watch.apply(CHAT)
    assert watch.desk.reconciler("plan", "fleet.yaml", "-q", "--out", "saved.json").code == 0
    there = watch.stranger("GET", "chat")
    properties = {key: there["properties"][key] for key in ("model", "raiPolicyName")}
    body = {"sku": there["sku"], "tags": {**there["tags"], "seen": "1"}, "properties": properties}
    watch.stranger("PUT", "chat", body)
    assert watch.drift().code == 0
    ran = watch.drift("--since-plan", "saved.json", "-o", "json")
    assert ran.code == 2
    assert "no manifest states" in ran.json["items"][0]["explanation"]


def test_an_apply_of_the_plan_itself_is_no_drift_since_it(watch: Watch) -> None:
    watch.declare(CHAT)
    assert watch.desk.reconciler("plan", "fleet.yaml", "-q", "--out", "saved.json").code == 0
    assert watch.desk.reconciler("apply", "saved.json", "-q").code == 0
    assert watch.drift("--since-plan", "saved.json").code == 0


def test_a_plan_of_another_fleet_or_no_plan_at_all_is_refused(watch: Watch) -> None:
    watch.apply(CHAT)
    assert watch.desk.reconciler("plan", "fleet.yaml", "-q", "--out", "saved.json").code == 0
    watch.manifest.write_text(
        watch.manifest.read_text().replace("name: watched}\nspec:\n  cloud", "name: o}\nspec:\n  cloud")
    )
    ran = watch.drift("--since-plan", "saved.json")
    assert ran.code == 64, ran
    assert "'watched'" in ran.err
    ran = watch.drift("--since-plan", "fleet.yaml")
    assert ran.code == 64
    assert "not a plan file" in ran.err
    ran = watch.drift("--since-plan", "saved.json", "--target", "*")
    assert ran.code == 64


# -- for machines --------------------------------------------------------------------------------------


def test_the_machines_are_told_the_same(watch: Watch) -> None:
    watch.apply(CHAT, OLDER)
    watch.change("chat", capacity=99)
    suite = ET.fromstring(watch.drift("-o", "junit").out)  # noqa: S314 -- our own
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {"chat": ["failure"], "older": []}
    lines = watch.drift("-o", "github").out.splitlines()
    assert lines[0].startswith("::error file=fleet.yaml,line=")
    assert "sku.capacity is 99, declared 50" in lines[0]
    target = watch.desk.folder / "drift.prom"
    assert watch.drift("-o", "prometheus", "--output-file", str(target)).code == 2
    told = target.read_text()
    assert 'reconciler_drift_items{fleet="watched",cause="changed-outside"} 1' in told
    assert 'account="acc",deployment="chat",cause="changed-outside",severity="error"} 1' in told
    assert json.loads(watch.drift("-o", "json").out)["summary"]["changed-outside"] == 1


def test_an_account_that_cannot_be_read_is_an_error_everywhere(watch: Watch) -> None:
    watch.apply(CHAT)
    role = {"clientId": "reconciler", "scope": "/", "actions": ["Microsoft.Storage/*"]}
    watch.desk.control("POST", "world", {"roles": [role]})
    ran = watch.drift("-o", "junit")
    assert ran.code == 1, ran
    assert '<testcase name="chat" classname="acc">\n<error type="AuthorizationFailed"' in ran.out
    told = watch.drift("-o", "prometheus").out
    assert 'reconciler_accounts_unreadable{fleet="watched"} 1' in told
    assert "reconciler_last_success_timestamp_seconds{" not in told

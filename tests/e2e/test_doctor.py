"""`reconciler doctor` as a user runs it, and the rights that a run really uses."""

import asyncio
from pathlib import Path

import pytest

from reconciler.clock import SystemClock
from reconciler.domain.rights import RIGHTS, Need
from reconciler.emulator import routes
from tests.e2e.desk import Desk, Ran

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: examined}
spec:
  cloud: emulator
  subscriptions:
    prod: {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
    lab: {id: 22222222-2222-2222-2222-222222222222, tenant: bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: examined}
spec:
  account: {subscription: prod, resourceGroup: rg, name: acc, region: eastus2}
  deployments:
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
      raiPolicyName: Microsoft.DefaultV2
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: ProvisionedManaged, capacity: 25}
    - name: tuned
      model:
        name: gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef
        version: "1"
        source: {subscription: lab, resourceGroup: rg, account: lab-acc}
      sku: {name: GlobalStandard, capacity: 10}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    return Desk(tmp_path)


def found(ran: Ran) -> dict[str, str]:
    """The gravest status by check."""
    order = ["ok", "unverified", "warning", "failed"]
    told: dict[str, str] = {}
    for check in ran.json["checks"]:
        told[check["name"]] = max(told.get(check["name"], "ok"), check["status"], key=order.index)
    return told


def give(desk: Desk, *actions: str) -> None:
    role = {"clientId": "reconciler", "scope": "/", "actions": list(actions)}
    desk.control("POST", "world", {"roles": [role]})


def actions_of(*needs: Need) -> list[str]:
    return [right.action for right in RIGHTS if right.need in needs]


def test_everything_is_examined_and_well_on_an_emulator(desk: Desk) -> None:
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "--for", "apply", "-o", "json")
    assert ran.code == 0, ran
    assert set(found(ran).values()) == {"ok"}
    assert set(found(ran)) == {
        *("program", "catalogue", "manifests", "cloud", "sign-in", "clock", "api-version"),
        *("account", "deployments", "content filters", "fine-tuned models", "rights to write"),
        *("source account", "quota", "offers"),
    }
    tenants = [check["subject"] for check in ran.json["checks"] if check["name"] == "sign-in"]
    assert tenants == [
        "tenant aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
        "tenant bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb",
    ]


def test_the_shipped_roles_are_enough_and_no_more_is_asked_for(desk: Desk) -> None:
    desk.reconciler("plan", "fleet.yaml", "-q")
    give(desk, *actions_of(Need.PLAN, Need.CHECKS, Need.DOCTOR))
    assert desk.reconciler("plan", "fleet.yaml", "-q").code == 0
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json")
    assert (ran.code, found(ran)["rights to write"]) == (0, "warning")
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json", "--for", "apply")
    assert (ran.code, found(ran)["rights to write"]) == (1, "failed")
    give(desk, *actions_of(*Need))
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json", "--for", "apply")
    assert ran.code == 0, ran
    assert desk.reconciler("apply", "fleet.yaml", "-q", "--yes").code == 0


def test_the_table_of_rights_is_what_a_run_really_uses(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command, with operations that are polled, in ARM's own words for what was asked."""

    async def sleep(_: SystemClock, seconds: float) -> None:
        await asyncio.sleep(0 if seconds < 30 else seconds)

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    desk.control("POST", "lro", {"polls": 2, "for": "all"})
    assert desk.reconciler("apply", "fleet.yaml", "-q", "--yes").code == 0
    for command in ("plan", "drift", "show", "lifecycle", "quota", "doctor"):
        desk.reconciler(command, "fleet.yaml", "-q")
    desk.reconciler("capacity", "fleet.yaml", "-q", "--model", "gpt-5-mini", "--regions", "eastus2")
    manifest = desk.folder / "fleet.yaml"
    beside = desk.folder / "beside.yaml"
    beside.write_text(manifest.read_text().replace("name: acc,", "name: accord,"))
    desk.reconciler("quota", "beside.yaml", "-q")
    gone = manifest.read_text().replace("    - name: reserved", "    - name: other")
    manifest.write_text(gone)
    desk.reconciler("plan", "fleet.yaml", "-q", "--check-policies", "--max-deletes", "9")
    assert desk.reconciler("apply", "fleet.yaml", "-q", "--yes", "--max-deletes", "9").code == 0
    used = set()
    for request in desk.control("GET", "requests")["requests"]:
        match = routes.find(request["method"], tuple(part for part in request["path"].split("/") if part))
        used |= set() if match is None else {match[0].action}
    only_of_what_drifted = set(actions_of(Need.DRIFT))
    assert used | only_of_what_drifted == {right.action for right in RIGHTS}


def test_a_right_that_is_lacking_fails_with_what_to_do(desk: Desk) -> None:
    desk.reconciler("plan", "fleet.yaml", "-q")
    give(desk, "Microsoft.CognitiveServices/accounts/read")
    ran = desk.reconciler("doctor", "fleet.yaml", "-q")
    assert ran.code == 1
    assert "failed      deployments: acc:" in ran.out
    assert "it lacks Microsoft.CognitiveServices/accounts/deployments/read" in ran.out
    assert "unverified  rights to write: acc:" in ran.out


def test_without_manifests_cloud_and_sign_in_are_examined(desk: Desk) -> None:
    ran = desk.reconciler("doctor", "-q", "--cloud", "emulator", "-o", "json")
    assert ran.code == 0, ran
    assert found(ran)["manifests"] == "unverified"
    assert found(ran)["sign-in"] == "ok"
    assert "account" not in found(ran)
    assert desk.reconciler("doctor", "no-such-folder").code == 64


def test_broken_manifests_are_one_finding_among_others(desk: Desk) -> None:
    (desk.folder / "fleet.yaml").write_text(FLEET.replace("capacity: 25", "capacity: 26"))
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json")
    assert (ran.code, found(ran)["manifests"], found(ran)["account"]) == (1, "failed", "ok")


def test_an_endpoint_that_knows_only_an_older_version_is_a_warning(desk: Desk) -> None:
    message = (
        "No registered resource provider found for location 'eastus2' and API version '2026-09-01' for type "
        "'accounts/deployments'. The supported api-versions are '2025-06-01, 2024-10-01'."
    )
    refusal = {"status": 400, "body": {"error": {"code": "NoRegisteredProviderFound", "message": message}}}
    desk.reconciler("plan", "fleet.yaml", "-q")
    match = {"method": "GET", "path": "/deployments$", "nth": 1, "times": 1}
    desk.control("POST", "faults", {"match": match, "then": refusal})
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json")
    assert (ran.code, found(ran)["api-version"]) == (0, "warning")


def test_no_bit_of_a_token_is_told(desk: Desk) -> None:
    for words in (["-v"], ["-o", "json"], ["-v", "--log-json"]):
        ran = desk.reconciler("doctor", "fleet.yaml", *words)
        assert "eyJ" not in ran.out + ran.err
        assert "Bearer" not in ran.out + ran.err


def test_the_time_limit_ends_the_examination_and_what_was_found_is_told(desk: Desk) -> None:
    desk.reconciler("plan", "fleet.yaml", "-q")
    slow = {"match": {"method": "GET", "path": "/accounts/acc$"}, "then": {"delayMs": 60_000}}
    desk.control("POST", "faults", slow)
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json", "--timeout", "1")
    assert ran.code == 1, ran
    assert found(ran)["time limit"] == "failed"
    assert found(ran)["sign-in"] == "ok"


def test_an_api_version_in_which_nothing_was_answered_is_not_called_known(desk: Desk) -> None:
    desk.reconciler("plan", "fleet.yaml", "-q")
    refusal = {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}
    desk.control("POST", "faults", {"match": {"method": "GET", "path": "/accounts/"}, "then": refusal})
    ran = desk.reconciler("doctor", "fleet.yaml", "-q", "-o", "json")
    assert (ran.code, found(ran)["api-version"]) == (1, "unverified")

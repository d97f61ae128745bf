"""`reconciler export` as a user runs it, on the embedded emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"


def account_id(name: str, *, subscription: str = ONE, group: str = "rg-a") -> str:
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.CognitiveServices/accounts/{name}"
    )


def deployment(account: str, name: str = "chat") -> dict[str, Any]:
    return {
        "id": f"{account}/deployments/{name}",
        "sku": {"name": "GlobalStandard", "capacity": 10},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-5.1", "version": "2025-11-13"}},
    }


FIRST, SECOND, FOREIGN = (
    account_id("first"),
    account_id("second", group="rg-b"),
    account_id("far", subscription=TWO),
)


pytestmark = pytest.mark.usefixtures("desk")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an emulator of two tenants; one account has no deployments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    tenants = {ONE: "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", TWO: "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"}
    world = {
        "subscriptions": [{"subscriptionId": s, "tenantId": t} for s, t in tenants.items()],
        "accounts": [
            {"id": one, "location": "eastus2"} for one in (FIRST, SECOND, FOREIGN, account_id("empty"))
        ],
        "deployments": [deployment(FIRST), deployment(SECOND), deployment(FOREIGN, "far-chat")],
    }
    (tmp_path / "world.json").write_text(json.dumps(world), "utf-8")
    assert run(["emulator", "load", "world.json"]) == 0
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> tuple[str, str]:
    capsys.readouterr()
    assert run(["export", "--cloud", "emulator", *words]) == code, capsys.readouterr()
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_export_validate_plan_apply_plan(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(capsys, 0, "--subscription", ONE, "--fleet", "contoso", "--out-dir", "fleet")
    assert out.split() == [f"fleet/{name}.yaml" for name in ("fleet", "templates", "first", "second")]
    assert "account empty has no deployments" in err
    assert run(["validate", "fleet"]) == 0
    for verb, actions in ((["plan"], {"adopt"}), (["apply", "--yes"], {"adopt"}), (["plan"], {"none"})):
        capsys.readouterr()
        assert run([*verb, "fleet", "-o", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert {one["action"] for one in document["actions"]} == actions


def test_another_tenants_subscription_is_read_with_its_own_token_and_named_with_its_tenant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, _ = told(capsys, 0, "--account", FOREIGN)
    assert (
        f"{{id: {TWO}, tenant: bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb}}" in " ".join(out.split())
        or "bbbbbbbb" in out
    )
    assert "- name: far-chat" in out


def test_without_a_choice_everything_readable_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, 0)
    assert "name: first" in out
    assert "name: second" in out


def test_a_resource_group_narrows(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, 0, "--subscription", ONE, "--resource-group", "RG-B")
    assert "name: second" in out
    assert "name: first" not in out


def test_an_account_that_cannot_be_read_fails_the_command_and_stands_in_the_fleet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, err = told(capsys, 1, "--account", FIRST, "--account", account_id("missing"))
    assert "- name: chat" in out
    assert "account missing could not be read" in " ".join(out.replace("#", "").split())
    assert "account missing could not be read" in err


def test_files_are_not_replaced_unasked(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, 0, "--account", FIRST, "--out-dir", "fleet")
    (desk / "fleet" / "first.yaml").write_text("mine\n", "utf-8")
    (desk / "fleet" / "stray.yaml").write_text("", "utf-8")
    _, err = told(capsys, 64, "--account", FIRST, "--out-dir", "fleet")
    assert "--force" in err
    assert (desk / "fleet" / "first.yaml").read_text("utf-8") == "mine\n"
    _, err = told(capsys, 0, "--account", FIRST, "--out-dir", "fleet", "--force")
    assert "stray.yaml" in err
    assert "kind: DeploymentSet" in (desk / "fleet" / "first.yaml").read_text("utf-8")
    assert not list((desk / "fleet").glob(".*"))


def test_a_file_that_is_named_is_not_replaced_unasked_either(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = desk / "mine.yaml"
    mine.write_text("mine\n", "utf-8")
    _, err = told(capsys, 64, "--account", FIRST, "--output-file", "mine.yaml")
    assert "--force" in err
    assert mine.read_text("utf-8") == "mine\n"
    told(capsys, 0, "--account", FIRST, "--output-file", "mine.yaml", "--force")
    assert "kind: DeploymentSet" in mine.read_text("utf-8")
    told(capsys, 0, "--account", FIRST, "--output-file", "/dev/null")


def test_export_writes_nothing_to_arm(capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys, 0, "--fleet-id", ONE)
    assert told(capsys, 0, "--fleet-id", ONE) == before


WRONG: list[tuple[list[str], str]] = [
    (["--subscription", "prod"], "GUID"),
    (["--account", "aoai"], "ARM id of an account"),
    (["--fleet", "My Fleet"], "lower-case"),
    (["--fleet-id", "mine"], "is not a GUID"),
    (["--parameters", "p.json"], "--from-arm-template"),
    (["--from", "-", "--from-tfstate", "-"], "give - once"),
    (["--from", "world.json"], "nothing that deployments are exported from"),
    (["--set", "a=b"], "give --from PATH"),
    (["--assume", "a=b"], "give --from PATH"),
    (["--location", "eastus2"], "give --from PATH"),
    (["--azd-env", ".azure"], "give --from PATH"),
    (["--from", "world.json", "--set", "novalue"], "not NAME=VALUE"),
    (["--from", "world.json", "--azd-env", "nowhere"], "holds no .env"),
    (["--from-tfstate", "absent"], "not there"),
    (["--out-dir", "x", "--output-file", "y"], "one of them"),
]


@pytest.mark.parametrize(("words", "says"), WRONG)
def test_wrong_usage_is_told_with_the_fix(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = told(capsys, 64, *words)
    assert out == ""
    assert says in err


def test_what_was_named_and_is_empty_gives_a_fleet_alone_and_a_warning(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job that exports every night must not fail because somebody cleaned up."""
    out, err = told(capsys, 0, "--account", account_id("empty"))
    assert "warning: no account with deployments was found" in err
    assert "# account empty has no deployments" in out
    (desk / "fleet.yaml").write_text(out, "utf-8")
    assert run(["validate", "fleet.yaml"]) == 0
    assert run(["emulator", "reset"]) == 0
    bare = {"subscriptions": [{"subscriptionId": ONE, "tenantId": ONE}]}
    (desk / "bare.json").write_text(json.dumps(bare), "utf-8")
    assert run(["emulator", "load", "bare.json"]) == 0
    told(capsys, 0, "--subscription", ONE, "--out-dir", "nightly")
    assert [one.name for one in (desk / "nightly").iterdir()] == ["fleet.yaml"]


@pytest.mark.parametrize(
    "words",
    [
        ["--account", account_id("empty"), "--account", account_id("missing")],
        ["--subscription", ONE, "--resource-group", "misspelt"],
        ["--resource-group", "misspelt"],
        ["--subscription", "99999999-9999-9999-9999-999999999999"],
    ],
)
def test_nothing_found_where_that_may_be_a_mistake_is_a_failure(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """I-16: an empty answer is no proof where something was not read, or was found by its name only."""
    out, err = told(capsys, 1, *words)
    assert out == ""
    assert "nothing to export" in err

"""`capacity`, `capacity propose`, `plan --check-capacity` and `apply --capacity-wait` on the emulator.

The emulator's capacity is made up and always the same in one hour of its clock, which starts anew here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run

MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg-ai
    name: aoai-contoso
    region: REGION
  deployments:
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      # bought for the winter
      sku: {name: ProvisionedManaged, capacity: 100}
"""
CLOUD = ("--cloud", "emulator", "-q")
SUBSCRIPTION = ("--subscription", "11111111-1111-1111-1111-111111111111")


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fleet.yaml"
    path.write_text(MANIFEST.replace("REGION", "eastus2"), "utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    assert run([*words, *CLOUD]) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(capsys, code, *words, "-o", "json"))
    return found


def places(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["region"], row["sku"]): row for row in found["rows"]}


@pytest.fixture
def full(manifest: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A region that has less than 100 PTU of the model on the SKU, and more than nothing elsewhere."""
    found = document(
        capsys,
        0,
        "capacity",
        str(manifest),
        "--model",
        "gpt-4.1",
        "--sku",
        "ProvisionedManaged",
        "--ptus",
        "100",
    )
    short = [row for row in found["rows"] if row["verdict"] == "short-capacity" and row["offered"]]
    region: str = short[0]["region"]
    elsewhere = MANIFEST.replace("REGION", region).replace("aoai-contoso", "aoai-full")
    manifest.write_text(elsewhere, "utf-8")
    return region


def test_the_rows_have_the_keys_that_programs_rely_on(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, 0, "capacity", str(manifest), "--model", "gpt-4.1", "--regions", "eastus2")
    assert found["askedAt"].endswith("Z")
    keys = {"region", "sku", "offered", "minimum", "step", "quotaLeft", "available", "verdict", "source"}
    assert all(keys <= set(row) for row in found["rows"])
    assert {row["region"] for row in found["rows"]} == {"eastus2"}


def test_quota_is_counted_after_the_plan_of_the_manifests_that_are_named(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("capacity", "--model", "gpt-4.1", "--sku", "ProvisionedManaged", "--regions", "eastus2")
    assert manifest.exists()
    alone = places(document(capsys, 0, *wanted, *SUBSCRIPTION))["eastus2", "ProvisionedManaged"]
    after = places(document(capsys, 0, *wanted, str(manifest)))["eastus2", "ProvisionedManaged"]
    assert alone["quotaLeft"] - after["quotaLeft"] == 100


def test_a_zone_and_a_size_narrow_the_search(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(
        capsys, 0, "capacity", str(manifest), "--model", "gpt-4.1", "--zone", "eu", "--ptus", "90"
    )
    assert {row["sku"] for row in found["rows"]} <= {
        "ProvisionedManaged", "DataZoneProvisionedManaged", "GlobalProvisionedManaged"
    }  # fmt: skip
    assert "eastus2" not in {row["region"] for row in found["rows"]}
    regional = places(found)["swedencentral", "ProvisionedManaged"]
    assert (regional["size"], regional["step"]) == (100, 25)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_form_says_when_it_was_asked_and_that_it_is_no_promise(
    manifest: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    text = told(
        capsys, 0, "capacity", str(manifest), "--model", "gpt-4.1", "--regions", "eastus2", "-o", form
    )
    assert "no promise" in text
    assert "2026-06-22T" in text


@pytest.mark.parametrize(
    "words",
    [
        ("--model", "gpt-4.1", "--ptus", "1", "--units", "1"),
        ("--model", "gpt-4.1", "--zone", "MARS"),
        ("--model", "gpt-4.1", "--regions", "eastus99"),
        ("--model", "no-such-model"),
        ("--model", "gpt-4.1", "--subscription", "prod"),
        (),
    ],
)
def test_what_cannot_be_looked_for_is_wrong_usage(
    manifest: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert told(capsys, 64, "capacity", str(manifest), *words) == ""


def test_without_manifests_a_subscription_has_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["capacity", "--model", "gpt-4.1", *CLOUD]) == 64
    assert "--subscription" in capsys.readouterr().err


def test_a_plan_says_of_each_provisioned_write_whether_there_is_room(
    full: str, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (action,) = document(capsys, 0, "plan", str(manifest), "--check-capacity")["actions"]
    assert action["capacity"] == "short"
    assert action["capacityCheck"]["needed"] == 100
    assert action["capacityCheck"]["elsewhere"]
    text = told(capsys, 0, "plan", str(manifest), "--check-capacity")
    assert f"short: aoai-full/reserved needs 100 PTU on ProvisionedManaged in {full}" in text
    assert "room elsewhere" in text
    assert "no promise" in text
    for form in ("markdown", "html"):
        assert "no promise" in told(capsys, 0, "plan", str(manifest), "--check-capacity", "-o", form)


def test_a_plan_that_is_not_asked_says_nothing_of_capacity(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (action,) = document(capsys, 0, "plan", str(manifest))["actions"]
    assert "capacity" not in action


def test_the_proposal_is_an_edit_that_keeps_the_rest_of_the_file(
    full: str, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, 2, "capacity propose", str(manifest))
    (item,) = found["items"]
    assert item["move"] in {"sku", "size"}
    (edit,) = found["edits"]
    assert "# bought for the winter" in edit["after"]
    assert "-      sku: {name: ProvisionedManaged, capacity: 100}" in told(
        capsys, 2, "capacity propose", str(manifest), "-o", "diff"
    )
    assert full in told(capsys, 2, "capacity propose", str(manifest))
    manifest.write_text(edit["after"], "utf-8")
    assert document(capsys, 0, "capacity propose", str(manifest))["items"][0]["move"] == "nothing"


def test_a_target_that_names_nothing_provisioned_is_nothing_to_propose(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest.write_text(manifest.read_text("utf-8").replace("ProvisionedManaged", "GlobalStandard"), "utf-8")
    assert "nothing to propose" in told(capsys, 0, "capacity propose", str(manifest))


def test_a_region_that_turns_a_write_away_is_waited_for_and_the_fix_names_the_way(
    full: str, manifest: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"settings": {"capacityShortage": "refused"}}), "utf-8")
    assert run(["emulator", "load", str(world)]) == 0
    capsys.readouterr()
    text = told(capsys, 1, "apply", str(manifest), "--yes", "--capacity-wait", "1")
    assert "InsufficientCapacity" in text
    assert "reconciler capacity" in text
    assert full in text

"""`reconciler upgrade`: what it proposes, what it writes, and what it leaves alone."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run

FLEET = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {{name: season}}
spec:
  cloud: emulator
  subscriptions:
    prod: {{id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}}
{more}---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {{name: eastus2}}
spec:
  account: {{subscription: prod, resourceGroup: rg, name: acct, region: eastus2}}
  deployments:
    # The chat of the shop.
    - name: chat # on call: platform
      model: {{name: gpt-4o, version: "2024-05-13"}}
      sku: {{name: GlobalStandard, capacity: 10}}
    - name: ptu
      model: {{name: gpt-4o, version: 2024-05-13}}
      sku: {{name: DataZoneProvisionedManaged, capacity: 50}}
      spilloverDeploymentName: chat
"""
JUNE = ["--offline", "--as-of", "2026-10-06", "--within", "120"]


@pytest.fixture
def manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "manifests" / "fleet.yaml"
    file.parent.mkdir()
    file.write_text(FLEET.format(more=""), "utf-8")
    return file


def proposed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:  # noqa: ANN401 -- any JSON
    capsys.readouterr()
    run(["upgrade", *words, "-o", "json"])
    return json.loads(capsys.readouterr().out)


def test_a_proposal_names_target_source_and_date_and_changes_no_file(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = manifests.read_bytes()
    assert run(["upgrade", *JUNE, "--target", "*/*/chat"]) == 2
    text = capsys.readouterr().out
    assert "acct/chat  gpt-4o 2024-05-13 -> gpt-5.6-sol 2026-07-09, beside" in text
    assert "target by model retirement schedule (Microsoft docs), " in text
    assert "+    - name: chat-gpt-5.6-sol" in text
    assert manifests.read_bytes() == before


@pytest.mark.usefixtures("manifests")
def test_a_version_and_a_provisioned_model_change_in_place_another_model_goes_beside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {item["id"].rsplit("/", 1)[1]: item for item in proposed(capsys, *JUNE)["items"]}
    assert found["chat"]["strategy"] == "beside"
    assert found["chat"]["edit"] == {
        "path": "deployments",
        "before": None,
        "after": "chat-gpt-5.6-sol: gpt-5.6-sol 2026-07-09",
    }
    assert found["ptu"]["strategy"] == "in-place"
    assert found["ptu"]["line"] == 20


@pytest.mark.usefixtures("manifests")
def test_the_document_has_the_pinned_keys(capsys: pytest.CaptureFixture[str]) -> None:
    document = proposed(capsys, *JUNE)
    assert document.keys() == {"formatVersion", "items", "summary"}
    item = document["items"][0]
    keys = "id file line from to source asOf retires strategy checks edit reason"
    assert list(item) == keys.split()
    assert item["from"] == {"model": "gpt-4o", "version": "2024-05-13"}
    assert item["checks"].keys() == {"offered", "sizeLegal", "quota", "capacity"}
    assert item["file"] == "manifests/fleet.yaml"


def test_write_edits_the_file_keeps_its_mode_and_a_second_run_waits_for_the_cut_over(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests.chmod(0o640)
    assert run(["upgrade", *JUNE, "--target", "*/*/chat", "--write"]) == 0
    text = manifests.read_text("utf-8")
    assert "    # Takes the place of chat: gpt-4o 2024-05-13 retires on 2026-" in text
    assert "    - name: chat # on call: platform\n" in text
    assert manifests.stat().st_mode & 0o777 == 0o640
    capsys.readouterr()
    assert run(["upgrade", *JUNE, "--target", "*/*/chat"]) == 0
    assert "waiting for the cut-over" in capsys.readouterr().out


def test_finish_removes_the_old_entry_once_nothing_names_it(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["upgrade", *JUNE, "--target", "*/*/chat", "--write"])
    capsys.readouterr()
    assert run(["upgrade", *JUNE, "--target", "*/*/chat", "--finish"]) == 1
    assert (
        "still named by ptu (spilloverDeploymentName); point it to chat-gpt-5.6-sol"
        in capsys.readouterr().out
    )
    spilling = manifests.read_text("utf-8").replace(
        "spilloverDeploymentName: chat", "spilloverDeploymentName: chat-gpt-5.6-sol"
    )
    manifests.write_text(spilling, "utf-8")
    assert run(["upgrade", *JUNE, "--target", "*/*/chat", "--finish", "--write"]) == 0
    assert "name: chat #" not in manifests.read_text("utf-8")


@pytest.mark.usefixtures("manifests")
def test_the_command_that_finishes_names_the_target_that_was_given_by_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without it nothing knows which of the two entries is the successor."""
    chosen = ["upgrade", *JUNE, "--target", "*/*/chat", "--to", "gpt-4.1@2025-04-14"]
    for words in (["--write"], []):
        assert run([*chosen, *words]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "then run `reconciler upgrade --finish --to gpt-4.1@2025-04-14 --write`" in shown


def test_the_fleets_preference_comes_before_the_documented_successor(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prefer = '  upgrade: {prefer: [{from: gpt-4o, to: gpt-4.1, version: "2025-04-14"}]}\n'
    manifests.write_text(FLEET.format(more=prefer), "utf-8")
    item = proposed(capsys, *JUNE)["items"][0]
    assert (item["to"], item["source"]) == (
        {"model": "gpt-4.1", "version": "2025-04-14"},
        "Fleet.spec.upgrade.prefer",
    )


@pytest.mark.usefixtures("manifests")
def test_to_wins_over_everything_and_a_model_that_is_not_offered_there_is_not_proposed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert proposed(capsys, *JUNE, "--to", "gpt-4.1@2025-04-14")["items"][0]["source"] == "--to"
    unsolved = proposed(capsys, *JUNE, "--to", "whisper@001")["items"][0]
    assert unsolved["to"] is None
    assert "whisper 001 is not offered on GlobalStandard" in unsolved["reason"]


@pytest.mark.usefixtures("manifests")
def test_with_arm_the_plan_of_the_edits_is_part_of_the_proposal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upgrade", *JUNE[1:], "--target", "*/*/chat", "-o", "markdown"]) in {1, 2}
    text = capsys.readouterr().out
    assert text.startswith("## Models that retire\n")
    row = "| `acct/chat` | `gpt-4o 2024-05-13` | `gpt-5.6-sol 2026-07-09` | `beside` | `2026-12-09` |"
    assert row in text
    assert "Plan for fleet" in text


def test_a_file_that_changed_meanwhile_is_not_written_over(
    manifests: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = Path.read_bytes
    late = manifests.read_bytes() + b"# somebody else\n"
    monkeypatch.setattr(Path, "read_bytes", lambda self: late if self.name == "fleet.yaml" else read(self))
    assert run(["upgrade", *JUNE, "--target", "*/*/chat", "--write"]) == 1
    assert "changed while it was edited; nothing was written" in capsys.readouterr().err
    assert "gpt-5.6-sol" not in manifests.read_text("utf-8")


@pytest.mark.usefixtures("manifests")
def test_nothing_to_do_is_0_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upgrade", "--offline", "--as-of", "2026-01-01", "--within", "1"]) == 0
    assert capsys.readouterr().out == "Upgrade: no declared model retires within 1 day.\n"


@pytest.mark.usefixtures("manifests")
@pytest.mark.parametrize(
    ("words", "told"), [(["--to", "@1"], "--to '@1' is not MODEL"), (["--accept-live"], "Leave one out")]
)
def test_wrong_usage_is_64(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upgrade", *JUNE, *words]) == 64
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("manifests")
def test_the_diff_is_one_that_git_apply_takes(capsys: pytest.CaptureFixture[str]) -> None:
    run(["upgrade", *JUNE, "-o", "diff"])
    text = capsys.readouterr().out
    assert text.startswith("--- a/manifests/fleet.yaml\n+++ b/manifests/fleet.yaml\n@@ ")


def test_standard_input_cannot_be_written_back(
    manifests: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(manifests.read_bytes())))
    assert run(["upgrade", "-", *JUNE, "--target", "*/*/chat", "--write"]) == 64
    assert "standard input cannot be written back" in capsys.readouterr().err


def test_an_edit_that_would_make_the_manifests_wrong_is_not_solved_and_the_others_are_made(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reserved deployment would move to a model that its spillover deployment does not have."""
    more = "    - {name: think, model: {name: o1, version: 2024-12-17}, "
    more += "sku: {name: GlobalStandard, capacity: 9}}\n"
    manifests.write_text(manifests.read_text("utf-8") + more, "utf-8")
    chosen = ["--target", "*/*/ptu", "--target", "*/*/think"]
    items = {one["id"].rsplit("/", 1)[1]: one for one in proposed(capsys, *JUNE, *chosen, "--write")["items"]}
    assert "with it the manifests are wrong (spillover-model: " in items["ptu"]["reason"]
    assert (items["ptu"]["edit"], items["think"]["edit"] is None) == (None, False)
    assert "think-gpt-5.6-sol" in manifests.read_text("utf-8")
    once = manifests.read_bytes()
    assert run(["upgrade", *JUNE, "--target", "*/*/ptu", "--write"]) == 1
    assert manifests.read_bytes() == once
    assert run(["upgrade", *JUNE, "--target", "*/*/ptu", "--write", "--force"]) == 0
    assert manifests.read_bytes() != once


def test_a_reserved_deployment_and_the_one_it_spills_over_to_move_together(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["upgrade", *JUNE, "--write"]) == 0
    assert "from then on it spills over to chat-gpt-5.6-sol" in " ".join(capsys.readouterr().out.split())
    assert "spilloverDeploymentName: chat-gpt-5.6-sol\n" in manifests.read_text("utf-8")
    assert run(["validate", "-q"]) == 0
    assert run(["upgrade", *JUNE, "--finish", "--write"]) == 0
    assert "name: chat #" not in manifests.read_text("utf-8")


POLICY = """\
apiVersion: reconciler.aoai/v1
kind: Policy
metadata: {name: models}
spec:
  rules:
    - {id: models, message: a model that security has looked at, require: {models: ["gpt-4o*"]}}
"""


@pytest.mark.parametrize("asking", [["--offline"], []], ids=["offline", "with ARM"])
def test_edits_that_a_policy_from_outside_forbids_are_not_written(
    asking: list[str], manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("models.yaml").write_text(POLICY, "utf-8")
    before = manifests.read_bytes()
    chosen = ["upgrade", *JUNE[1:], *asking, "--policy", "models.yaml", "--target", "*/*/chat"]
    for words in (["-o", "markdown"], ["-o", "markdown", "--write"]):
        assert run([*chosen, *words]) == 1
        assert "policy/models" in capsys.readouterr().out
    assert run([*chosen, "-o", "diff"]) == 1
    assert capsys.readouterr().out == ""
    assert manifests.read_bytes() == before


def test_what_would_spill_over_to_a_deployment_that_is_not_made_is_not_moved_either(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skus = POLICY.replace('models: ["gpt-4o*"]', "skus: [DataZoneProvisionedManaged]")
    Path("skus.yaml").write_text(skus, "utf-8")
    before = manifests.read_bytes()
    items = proposed(capsys, *JUNE, "--policy", "skus.yaml", "--write")["items"]
    assert {one["id"].rsplit("/", 1)[1]: one["edit"] for one in items} == {"chat": None, "ptu": None}
    assert "chat-gpt-5.6-sol, which it is to spill over to, is not made" in items[1]["reason"]
    assert manifests.read_bytes() == before


@pytest.mark.usefixtures("manifests")
def test_the_plan_of_a_chosen_deployment_has_the_one_that_comes_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["upgrade", *JUNE[1:], "--target", "*/*/chat", "-o", "markdown"])
    assert "create  chat-gpt-5.6-sol" in capsys.readouterr().out


def test_severities_of_the_command_line_hold_for_the_edited_manifests(
    manifests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without that `--rule` could make an edit wrong that nobody would hear of."""
    assert run(["upgrade", *JUNE, "--target", "*/*/ptu", "--rule", "spillover-model=warning"]) == 2
    assert "in place" in capsys.readouterr().out
    assert manifests.exists()

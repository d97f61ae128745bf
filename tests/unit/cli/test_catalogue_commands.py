"""`catalog`, `size` and `lifecycle` as a user runs them: answers with sources, and no ARM."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from reconciler.cli import run
from reconciler.clock import SystemClock
from tests.unit.cli.programs import imported_by

MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg-ai
    name: aoai-contoso
    region: swedencentral
  deployments:
    - name: chat
      model: {name: gpt-5.4, version: "2026-03-05"}
      sku: {name: GlobalStandard, capacity: 10}
      versionUpgradeOption: NoAutoUpgrade
    - name: gone
      model: {name: gpt-5-chat, version: "2025-08-07"}
      sku: {name: GlobalStandard, capacity: 10}
    - name: unheard-of
      model: {name: gpt-77, version: "1"}
      sku: {name: GlobalStandard, capacity: 10}
      versionUpgradeOption: OnceCurrentVersionExpired
"""


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run([*words, "-o", "json"]) == 0, capsys.readouterr().err
    return cast("dict[str, Any]", json.loads(capsys.readouterr().out))


def text(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("what", ["models", "regions", "skus", "capacity"])
@pytest.mark.parametrize("filters", [[], ["--model", "GPT-4O-mini"], ["--sku", "globalstandard"]])
def test_every_answer_names_sources_with_dates(
    what: str, filters: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = text(capsys, "catalog", what, *filters)
    assert "[1] " in told
    assert "catalogue of 2026-11-28" in told


def test_unknown_is_a_question_mark_and_null(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "catalog", "models", "--model", "grok-4")["models"]
    assert found[0]["retires"] is None
    assert "?" in text(capsys, "catalog", "models", "--model", "grok-4")


def test_a_model_comes_with_its_dates(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, "catalog", "models", "--model", "gpt-4o", "--version", "2024-11-20")["models"]
    assert row["default"] is True
    assert (row["stage"], row["retires"], row["successor"]) == ("Legacy", "2027-04-14", "gpt-5.1")
    assert (row["source"], row["asOf"]) == ("model retirement schedule (Microsoft docs)", "2026-09-02")


def test_regions_come_in_any_spelling_with_their_data_zone(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, "catalog", "regions", "--region", "Sweden Central")["regions"]
    assert (row["region"], row["dataZone"], row["asOf"]) == ("swedencentral", "EU", "2026-07-15")
    assert len(answer(capsys, "catalog", "regions")["regions"]) == 36
    (uk,) = answer(capsys, "catalog", "regions", "--region", "uksouth")["regions"]
    assert uk["dataZone"] is None


def test_regions_of_a_model_are_listed_per_sku(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "catalog", "regions", "--model", "gpt-4o", "--sku", "ProvisionedManaged")["offers"]
    tuned = [row for row in found if row["fineTuned"]]
    assert tuned[0]["regions"]["listed"] == ["northcentralus", "swedencentral"]
    assert "northcentralus, swedencentral" in text(capsys, "catalog", "regions", "--model", "gpt-4o")


def test_the_nine_skus_say_what_one_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "catalog", "skus")["skus"]
    assert len(found) == 9
    by_name = {row["sku"]: row["capacityOneIs"] for row in found}
    assert by_name["ProvisionedManaged"] == "1 PTU"
    assert by_name["GlobalBatch"] == "1,000 enqueued tokens"


def test_capacity_tells_sizes_units_and_throughput(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["catalog", "capacity", "--model", "gpt-4.1", "--version", "2025-04-14"]
    found = {(row["sku"], row["fineTuned"]): row for row in answer(capsys, *words)["offers"]}
    regional = found["ProvisionedManaged", False]
    assert (regional["capacity"]["minimum"], regional["capacity"]["step"]) == (25, 25)
    assert "50 in steps of 50" in regional["capacity"]["note"]
    assert regional["throughput"]["inputTpmPerPtu"] == 3000
    standard = found["GlobalStandard", False]
    assert standard["capacity"]["tokensPerMinutePerUnit"] == 1000
    assert standard["throughput"] is None
    told = text(capsys, *words)
    assert "1,000 TPM + 1 RPM" in told
    assert "note: gpt-4.1 2025-04-14 on ProvisionedManaged: the 2026-09-23 documentation says 50" in told


def test_default_quotas_are_told_as_defaults_with_source_and_date(capsys: pytest.CaptureFixture[str]) -> None:
    told = text(capsys, "catalog", "quota", "--model", "GPT-4.1")
    assert "[1] quotas and limits page (Microsoft docs), 2026-07-15" in told
    assert "Tier 1  Tier 2" in told
    assert re.search(r"gpt-4.1 +GlobalStandard +1M +3M", told)
    assert re.search(r"gpt-4.1 +GlobalBatch +5B", told)
    assert "not what you have" in told


def test_one_tier_shows_requests_beside_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    told = text(capsys, "catalog", "quota", "--tier", "1", "--model", "gpt-4o")
    assert re.search(r"gpt-4o +DataZoneStandard +300 in 10 s +300,000", told)
    images = text(capsys, "catalog", "quota", "--tier", "1", "--model", "gpt-image-1")
    assert re.search(r"9 in 60 s +not counted", images)


def test_default_quotas_are_json_numbers_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "catalog", "quota", "--model", "gpt-image-1", "--sku", "GlobalStandard")
    (row,) = found["quotas"]
    assert row["limits"][0] == {"tier": "Tier 1", "requests": 9, "seconds": 60, "tokensPerMinute": None}
    assert (row["source"], row["asOf"]) == ("quotas and limits page (Microsoft docs)", "2026-07-15")
    assert {one["limit"]: one["value"] for one in found["limits"]}["max-fine-tuned-deployments"] == 10


def test_a_sku_without_documented_defaults_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    told = text(capsys, "catalog", "quota", "--sku", "ProvisionedManaged")
    assert told.startswith("No default quota is documented for that")


def test_nothing_found_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    told = text(capsys, "catalog", "skus", "--model", "whisper", "--sku", "ProvisionedManaged")
    assert told == "Nothing in the catalogue matches; that is no proof that Azure has nothing.\n"


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["--model", "gpt-4o-mni"], "Did you mean gpt-4o-mini?"),
        (["--model", "zzz"], "lists all"),
        (["--model", "gpt-4o", "--version", "1"], "Known: 2024-05-13"),
        (["--version", "1"], "give --model too"),
        (["--sku", "GlobalStandrd"], "Did you mean GlobalStandard?"),
        (["--region", "swedencentrl"], "Did you mean swedencentral?"),
    ],
)
def test_unknown_names_are_wrong_usage_with_the_nearest(
    words: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["catalog", "models", *words]) == 64
    assert fix in capsys.readouterr().err


@pytest.mark.parametrize("command", [["catalog", "models"], ["size", "--model", "gpt-5.2", "--rpm", "1"]])
def test_asking_the_catalogue_loads_nothing_that_talks_to_arm(command: list[str]) -> None:
    assert imported_by(*command, "--help") & {"httpx", "azure", "yaml"} == set()


SIZE = ["size", "--model", "gpt-5.2", "--prompt-tokens", "200", "--generated-tokens", "20"]


def test_size_gives_the_pinned_fields(capsys: pytest.CaptureFixture[str]) -> None:
    sku = ["--rpm", "1000", "--sku", "DataZoneProvisionedManaged"]
    found = answer(capsys, *SIZE, *sku)
    assert (found["rawPtu"], found["deployablePtu"], found["minimum"], found["step"]) == (105.88, 110, 15, 5)
    assert found["source"] == "provisioned throughput table (Microsoft docs), 2026-09-23"


def test_size_puts_the_levels_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    told = text(capsys, *SIZE, "--rpm", "1000", "--cache-rate", "0.5")
    rows = [line.split() for line in told.splitlines() if "Managed" in line]
    assert rows == [
        ["ProvisionedManaged", "76.47", "100", "50", "50"],
        ["DataZoneProvisionedManaged", "76.47", "80", "15", "5"],
        ["GlobalProvisionedManaged", "76.47", "80", "15", "5"],
    ]
    assert "formula: (calls x" in told
    assert "throughput: provisioned throughput table (Microsoft docs), 2026-09-23" in told


def test_the_reverse_says_what_is_carried_and_what_can_be_deployed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = answer(capsys, *SIZE, "--capacity", "110")
    assert found["callsPerMinute"] == 1038
    assert [(row["sku"], row["deployable"]) for row in found["skus"]] == [
        ("ProvisionedManaged", False),
        ("DataZoneProvisionedManaged", True),
        ("GlobalProvisionedManaged", True),
    ]
    told = text(capsys, *SIZE, "--capacity", "110")
    assert "110 PTU carry 1038 calls a minute" in told
    assert "not a size; 100 or 150 is" in told


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ([*SIZE, "--rpm", "1", "--capacity", "1"], "give --rpm to size a workload, or --capacity"),
        ([*SIZE, "--rpm", "1", "--sku", "Standard"], "not a provisioned SKU"),
        ([*SIZE, "--rpm", "1", "--version", "9"], "Known: 2025-12-11"),
        ([*SIZE, "--rpm", "1", "--image-tokens", "9"], "no weight for image tokens"),
        ([*SIZE, "--rpm", "1", "--model", "gpt-4"], "no throughput per PTU is published"),
        ([*SIZE, "--rpm", "1", "--prompt-tokens", "0", "--generated-tokens", "0"], "needs nothing"),
    ],
)
def test_what_cannot_be_sized_is_wrong_usage(
    words: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 64
    assert fix in capsys.readouterr().err


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    path = tmp_path / "set.yaml"
    path.write_text(MANIFEST, "utf-8")
    return str(path)


class FixedClock(SystemClock):
    """The day on which the facts in these tests were looked up."""

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.cli.commands.offline.the_clock", FixedClock)


QUIET = ["--rule", "model-retired=warning"]


def test_lifecycle_lists_every_deployment_soonest_first(
    manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "lifecycle", manifest, "--offline", *QUIET)
    assert [row["deployment"] for row in found["deployments"]] == ["gone", "chat", "unheard-of"]
    gone, chat, unheard = found["deployments"]
    assert (gone["stage"], gone["retires"], gone["successor"]) == ("Retired", "2026-06-29", "gpt-chat-latest")
    assert (chat["retires"], chat["asOf"], chat["observed"]) == ("2027-09-02", "2026-09-02", False)
    assert (unheard["retires"], unheard["daysLeft"], unheard["source"]) == (None, None, None)
    upgrades = [row["upgrade"] for row in found["deployments"]]
    assert upgrades == ["(on a new default)", "never", "at retirement"]
    assert (gone["daysLeft"], chat["daysLeft"]) == (-148, 282)
    assert found["summary"] == {"deployments": 3, "failing": 0, "unknown": 1}


@pytest.mark.parametrize(
    ("days", "excluded", "code", "reason"),
    [
        (0, "*/nobody", 1, "one is retired already"),
        (281, "*/gone", 0, "the next ends a day later, and what is unknown does not fail"),
        (282, "*/gone", 1, "the next ends on that very day"),
    ],
)
def test_lifecycle_fails_within_the_days_that_are_given(
    manifest: str, days: int, excluded: str, code: int, reason: str
) -> None:
    words = ["lifecycle", manifest, "--offline", *QUIET, "--exclude", excluded, "--fail-within", str(days)]
    assert run(words) == code, reason


def test_lifecycle_of_invalid_manifests_is_their_diagnostics(
    manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(manifest).read_text("utf-8")
    Path(manifest).write_text(text.replace("GlobalStandard", "GlobalStandrd"), "utf-8")
    assert run(["lifecycle", manifest, "--offline"]) == 1
    assert "error[unknown-sku]" in capsys.readouterr().out


def test_lifecycle_reads_what_is_there_unless_offline(
    manifest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["lifecycle", manifest, *QUIET, "--cloud", "emulator"]
    found = answer(capsys, *words)
    assert [row["observed"] for row in found["deployments"]] == [False, False, False]

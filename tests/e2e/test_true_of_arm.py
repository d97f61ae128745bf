"""True of ARM through the command line, on the emulator: who moved a version, what migrates in place."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import Desk
from tests.e2e.watch import Watch


def audio(version: str, capacity: int = 10) -> str:
    return f"""
    - name: voice
      model: {{name: gpt-audio-mini, version: "{version}"}}
      sku: {{name: GlobalStandard, capacity: {capacity}}}
"""


def reserved(model: str, version: str, capacity: int = 100, sku: str = "GlobalProvisionedManaged") -> str:
    return f"""
    - name: reserved
      model: {{name: {model}, version: "{version}"}}
      sku: {{name: {sku}, capacity: {capacity}}}
"""


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.chdir(tmp_path)
    return Watch(Desk(tmp_path))


def planned(watch: Watch) -> dict[str, Any]:
    ran = watch.desk.reconciler("plan", "fleet.yaml", "-q", "-o", "json")
    (step,) = ran.json["actions"]
    found: dict[str, Any] = step
    return found


def live(watch: Watch, name: str) -> tuple[str, str]:
    model = watch.stranger("GET", name)["properties"]["model"]
    return model["name"], model["version"]


def moved_by_hand(watch: Watch, name: str, version: str) -> None:
    """Somebody moves the version in a portal: all that was there, and another version."""
    there = watch.stranger("GET", name)
    model = {**there["properties"]["model"], "version": version}
    watch.stranger(
        "PUT", name, {"sku": there["sku"], "tags": there.get("tags", {}), "properties": {"model": model}}
    )


@pytest.mark.parametrize("capacity", [10, 20])
@pytest.mark.parametrize(("first", "then"), [("2025-12-15", "2025-10-06"), ("2025-10-06", "2025-12-15")])
def test_a_version_that_the_manifest_changes_is_written_whichever_way_it_goes(
    first: str, then: str, capacity: int, watch: Watch
) -> None:
    watch.apply(audio(first))
    watch.declare(audio(then, capacity))
    assert list(watch.items()) == ["voice pending"]
    step = planned(watch)
    assert step["action"] == "update", step
    watch.apply(audio(then, capacity))
    assert live(watch, "voice") == ("gpt-audio-mini", then)
    assert planned(watch)["action"] == "none"
    assert watch.items() == {}


def test_an_older_version_that_somebody_set_is_put_back(watch: Watch) -> None:
    watch.apply(audio("2025-12-15"))
    moved_by_hand(watch, "voice", "2025-10-06")
    assert list(watch.items()) == ["voice changed-outside"]
    assert planned(watch)["action"] == "update"
    watch.apply(audio("2025-12-15"))
    assert live(watch, "voice") == ("gpt-audio-mini", "2025-12-15")


def test_a_newer_version_of_a_pay_as_you_go_deployment_is_the_services_upgrade(watch: Watch) -> None:
    watch.apply(audio("2025-10-06"))
    moved_by_hand(watch, "voice", "2025-12-15")
    assert list(watch.items()) == ["voice auto-upgraded"]
    step = planned(watch)
    assert (step["action"], step["reason"]) == ("none", "auto-upgraded")


def test_a_newer_version_that_the_option_forbids_is_put_back(watch: Watch) -> None:
    pinned = audio("2025-10-06") + "      versionUpgradeOption: NoAutoUpgrade\n"
    watch.apply(pinned)
    there = watch.stranger("GET", "voice")
    properties = {
        "model": {**there["properties"]["model"], "version": "2025-12-15"},
        "versionUpgradeOption": "NoAutoUpgrade",
    }
    watch.stranger("PUT", "voice", {"sku": there["sku"], "tags": there["tags"], "properties": properties})
    assert list(watch.items()) == ["voice changed-outside"]
    assert planned(watch)["action"] == "update"


def test_a_provisioned_model_that_somebody_moved_to_its_replacement_is_put_back(watch: Watch) -> None:
    watch.apply(reserved("gpt-4o", "2024-11-20"))
    there = watch.stranger("GET", "reserved")
    model = {"format": "OpenAI", "name": "gpt-5.1", "version": "2025-11-13"}
    watch.stranger(
        "PUT", "reserved", {"sku": there["sku"], "tags": there["tags"], "properties": {"model": model}}
    )
    watch.later(hours=1)
    assert live(watch, "reserved") == ("gpt-5.1", "2025-11-13")
    assert list(watch.items()) == ["reserved changed-outside"]
    step = planned(watch)
    assert (step["action"], step["reason"]) == ("update", "model-migration")


def test_a_provisioned_model_changes_in_place_with_one_write(watch: Watch) -> None:
    watch.apply(reserved("gpt-4o", "2024-11-20"))
    watch.declare(reserved("gpt-4o-mini", "2024-07-18"))
    step = planned(watch)
    assert (step["action"], step["reason"]) == ("update", "model-migration")
    watch.desk.forget_requests()
    watch.apply(reserved("gpt-4o-mini", "2024-07-18"))
    assert watch.desk.writes() == {"acc/reserved": ("PUT",)}
    assert live(watch, "reserved") == ("gpt-4o-mini", "2024-07-18")


def test_a_provisioned_model_and_its_capacity_change_with_two_writes(watch: Watch) -> None:
    watch.apply(reserved("gpt-4o", "2024-11-20"))
    watch.declare(reserved("gpt-4o-mini", "2024-07-18", 150))
    watch.desk.forget_requests()
    watch.apply(reserved("gpt-4o-mini", "2024-07-18", 150))
    assert watch.desk.writes() == {"acc/reserved": ("PUT", "PUT")}
    assert planned(watch)["action"] == "none"

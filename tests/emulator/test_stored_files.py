"""What notes and logs in public files showed (the thirteenth trial), kind by kind."""

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, Reply, deployment, fleet
from tests.emulator.partners import CLAUDE, PROVIDED, claude


def put(
    arm: Arm, name: str, version: str | None, sku: str = "GlobalStandard", maker: str = "OpenAI"
) -> Reply:
    model = {"format": maker, "name": name, **({"version": version} if version else {})}
    return arm.arm("PUT", deployment(), {"sku": {"name": sku, "capacity": 1}, "properties": {"model": model}})


def at(day: str, location: str, **world: object) -> Arm:
    account = {"id": ACCOUNT, "location": location, "kind": "AIServices"}
    arm = fleet(accounts=[account], **world)
    assert arm.control("clock", {"at": f"{day}T12:00:00Z"}).status == 200
    return arm


@pytest.mark.parametrize(
    ("name", "version", "day", "since"),
    [
        ("gpt-35-turbo", "0125", "2025-12-15", "11/14/2025"),
        ("gpt-4", "0613", "2025-07-01", "06/06/2025"),
        ("dall-e-3", "3.0", "2026-03-15", "03/04/2026"),
    ],
)
def test_what_ended_where_a_list_is_whole_has_ended_where_it_is_not(
    name: str, version: str, day: str, since: str
) -> None:
    found = put(at(day, "eastus"), name, version, "Standard")
    assert (found.status, found.code) == (400, "ServiceModelDeprecated")
    assert found.message == (
        f"The model 'Format:OpenAI,Name:{name},Version:{version}' has been deprecated since {since} 00:00:00."
    )


def test_what_no_list_has_or_a_world_lists_otherwise_is_not_supported() -> None:
    assert put(at("2025-12-15", "eastus"), "gpt-35-turbo", "9999", "Standard").code == (
        "DeploymentModelNotSupported"
    )
    arm = at("2025-12-15", "eastus", models={"eastus": [CLAUDE]})
    assert put(arm, "gpt-35-turbo", "0125", "Standard").code == "DeploymentModelNotSupported"
    whole = at("2025-12-15", "swedencentral")
    assert put(whole, "gpt-4o-audio", "1", "Standard").code == "DeploymentModelNotSupported"


def test_gpt_4o_mini_is_closed_since_the_summer_of_2026_and_lasts() -> None:
    assert put(at("2026-07-20", "japaneast"), "gpt-4o-mini", "2024-07-18").status == 201
    for day in ("2026-09-01", "2026-10-20"):
        arm = at(day, "japaneast")
        assert put(arm, "gpt-4o-mini", "2024-07-18").code == "ServiceModelDeprecating"
        path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/japaneast/models"
        listed = [item["model"] for item in arm.arm("GET", path).json["value"]]
        mini = next(model for model in listed if model["name"] == "gpt-4o-mini")
        assert mini["deprecation"]["inference"] == "2027-04-14T00:00:00Z"
        assert mini["lifecycleStatus"] == "Deprecating"


def test_a_model_without_a_version_is_printed_without_one() -> None:
    found = put(at("2026-03-10", "westus3"), "no-such-model", None, maker="Microsoft")
    assert found.message == (
        "The model 'Format:Microsoft,Name:no-such-model' of account deployment is not supported."
    )


def test_a_subscription_held_back_is_told_so_after_what_a_partner_wants_to_know() -> None:
    arm = at("2026-08-31", "eastus2", models={"eastus2": [CLAUDE]}, settings={"standing": "held"})
    assert arm.arm("PUT", deployment(), claude()).code == "InvalidModelProviderData"
    found = arm.arm("PUT", deployment(), claude(**PROVIDED))
    assert (found.status, found.code) == (400, "715-123420")
    assert found.message == "Our system has detected this request as unusual activity for your account."


def test_a_deployment_that_can_be_paused_says_that_it_runs_since_the_summer_of_2026() -> None:
    for day, state in (("2026-06-23", None), ("2026-06-25", "Running")):
        made = put(at(day, "eastus2"), "gpt-4.1-mini", "2025-04-14")
        assert made.json["properties"].get("deploymentState") == state


def test_lists_of_models_come_by_account_kind() -> None:
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices/locations/eastus2/models"
    kinds = [item["kind"] for item in fleet().arm("GET", path).json["value"]]
    assert kinds == sorted(kinds, key=lambda kind: {"OpenAI": 0, "AIServices": 1}.get(kind, 2))

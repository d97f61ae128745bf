"""What the service ends on its own: idle fine-tuned deployments, DeveloperTier ones."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, deployment, fleet

PROVIDER = f"/subscriptions/{SUB_A}/providers/Microsoft.CognitiveServices"
PTU = "ProvisionedManaged"
TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"


def at(arm: Arm, moment: str) -> None:
    """Set the clock and sign in again: tokens last an hour of it."""
    arm.sign_in_again()
    assert arm.control("clock", {"at": moment}).json["now"].startswith(moment[:10])


def idle(sku: str, name: str) -> dict[str, Any]:
    version = "1" if name == TUNED else "2024-11-20"
    model = {"format": "OpenAI", "name": name, "version": version}
    return {"sku": {"name": sku, "capacity": 50}, "properties": {"model": model}}


@pytest.mark.parametrize(
    ("sku", "name", "after_14_days", "after_15_days"),
    [
        ("Standard", TUNED, 200, 404),
        ("GlobalStandard", TUNED, 200, 404),
        (PTU, TUNED, 200, 200),
        ("GlobalStandard", "gpt-4o", 200, 200),
        (PTU, "gpt-4o", 200, 200),
    ],
)
def test_inactivity_deletes_a_fine_tuned_standard_deployment_after_fifteen_days_and_no_other(
    sku: str, name: str, after_14_days: int, after_15_days: int
) -> None:
    arm = fleet(deployments=[{"id": deployment("idle"), **idle(sku, name)}])
    at(arm, "2026-07-06T00:00:00Z")
    assert arm.arm("GET", deployment("idle")).status == after_14_days
    at(arm, "2026-07-07T01:00:00Z")
    assert arm.arm("GET", deployment("idle")).status == after_15_days


def test_what_inactivity_deleted_gives_its_quota_back_and_a_write_begins_the_days_anew() -> None:
    arm = fleet(deployments=[{"id": deployment("idle"), **idle("GlobalStandard", TUNED)}])

    def used() -> int:
        pools = arm.arm("GET", f"{PROVIDER}/locations/swedencentral/usages").json["value"]
        return next(
            int(p["currentValue"]) for p in pools if p["name"]["value"] == "OpenAI.FineTuned.Deployments"
        )

    assert used() == 1
    at(arm, "2026-07-06T00:00:00Z")
    assert arm.arm("PATCH", deployment("idle"), {"tags": {"kept": "yes"}}).status == 200
    at(arm, "2026-07-20T00:00:00Z")
    assert (arm.arm("GET", deployment("idle")).status, used()) == (200, 1)
    at(arm, "2026-07-21T01:00:00Z")
    assert (arm.arm("GET", deployment("idle")).status, used()) == (404, 0)


def test_a_developer_tier_deployment_lives_one_day() -> None:
    model = {
        "format": "OpenAI",
        "name": TUNED.replace("gpt-4o-mini-2024-07-18", "gpt-4.1-2025-04-14"),
        "version": "1",
    }
    body = {"sku": {"name": "DeveloperTier", "capacity": 1}, "properties": {"model": model}}
    arm = fleet()
    arm.control("lro", {"polls": 0})
    path = deployment(account=f"{ACCOUNT}-us")
    arm.control("world", {"accounts": [{"id": f"{ACCOUNT}-us", "location": "eastus2"}]})
    assert arm.arm("PUT", path, body).status == 201
    arm.control("clock", {"advanceSeconds": 86400 + 1})
    assert Arm(arm.emulator).arm("GET", path).status == 404


def test_expiry_can_be_switched_off() -> None:
    arm = fleet(settings={"expiry": "off"})
    arm.arm("PUT", deployment(), idle("Standard", TUNED))
    arm.control("clock", {"advanceSeconds": 40 * 86400})
    assert Arm(arm.emulator).arm("GET", deployment()).status == 200

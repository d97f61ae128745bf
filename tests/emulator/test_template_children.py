"""What a template makes below an account besides deployments, and what refers to it too early."""

from typing import Any

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, fleet
from tests.emulator.templates import MAIN, VERSION

PLACES = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/policyAssignments/places"


def below(kind: str, name: str, **properties: object) -> dict[str, Any]:
    return {
        "type": f"Microsoft.CognitiveServices/accounts/{kind}",
        "apiVersion": "2025-06-01",
        "name": f"acc/{name}",
        "properties": properties,
    }


LISTED = below("raiBlocklists", "words", description="what is not said")
POLICY = below(
    "raiPolicies",
    "strict",
    basePolicyName="Microsoft.Default",
    customBlocklists=[{"blocklistName": "words", "blocking": True, "source": "Prompt"}],
)


def deploy(arm: Arm, *resources: dict[str, Any], what: str = "") -> Any:  # noqa: ANN401 - a reply
    body = {"properties": {"mode": "Incremental", "template": {"resources": list(resources)}}}
    return arm.arm("POST" if what else "PUT", f"{MAIN}{what}", body, version=VERSION)


def test_a_template_makes_what_is_below_an_account() -> None:
    arm = fleet()
    changes = deploy(arm, LISTED, what="/whatIf").json["properties"]["changes"]
    assert [(item["changeType"], item["resourceId"]) for item in changes] == [
        ("Create", f"{ACCOUNT}/raiBlocklists/words")
    ]
    assert arm.arm("GET", f"{ACCOUNT}/raiBlocklists/words").status == 404
    assert deploy(arm, LISTED).status == 201
    found = arm.arm("GET", f"{ACCOUNT}/raiBlocklists/words").json
    assert found["properties"]["description"] == "what is not said"


def test_a_block_list_is_not_there_yet_for_the_policy_of_its_own_template() -> None:
    arm = fleet()
    early = deploy(arm, LISTED, POLICY)
    assert (early.status, early.code) == (400, "InvalidTemplateDeployment")
    detail = early.json["error"]["details"][0]
    assert detail["code"] == "Resource has invalid blocklist reference"
    direct = arm.arm("PUT", f"{ACCOUNT}/raiPolicies/strict", {"properties": POLICY["properties"]})
    assert direct.code == detail["code"]
    assert [deploy(arm, resource).status for resource in (LISTED, POLICY)] == [201, 200]
    assert arm.arm("GET", f"{ACCOUNT}/raiPolicies/strict").status == 200


@pytest.mark.parametrize(("day", "version"), [("2023-04-17", ""), ("2026-04-17", ',"version":"1.0.0"')])
def test_a_policy_prints_itself_without_spaces_and_since_2024_with_a_version(day: str, version: str) -> None:
    scope = f"/subscriptions/{SUB_A}"
    policy = {"assignmentId": PLACES, "displayName": "p", "scope": scope, "allowedLocations": ["eastus"]}
    arm = fleet(policies=[policy])
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    account = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "westus", "properties": {}}
    found = arm.arm("PUT", f"{ACCOUNT}-other", account, version="2023-05-01")
    assert found.message == (
        "Resource 'acc-other' was disallowed by policy. Policy identifiers:"
        f' \'[{{"policyAssignment":{{"name":"p","id":"{PLACES}"}},'
        f'"policyDefinition":{{"name":"definition","id":""{version}}}}}]\'.'
    )


def test_a_control_character_in_a_path_is_refused_without_an_error_to_read() -> None:
    found = fleet().arm("POST", f"{ACCOUNT}%0D/listKeys")
    assert (found.status, found.content) == (400, b"")

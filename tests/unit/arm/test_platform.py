"""What ARM knows beside deployments: asked for as documented, bounded, and tolerant of what is new."""

from datetime import UTC, datetime

import httpx
import pytest

from reconciler.domain.deployment import ModelRef
from reconciler.domain.platform import Compliance, PolicyQuestion
from reconciler.engine.ports import Platform
from reconciler.errors import ArmContractBroken
from tests.unit.arm.scripted import ACCOUNT, CHAT, ENDPOINT, SUBSCRIPTION, ask, refusal, reply, wire

SINCE, UNTIL = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)


def the_port(arm: Platform) -> Platform:
    """mypy holds that the client is the engine's port."""
    return arm


def event(number: int, what: str = "delete", **more: object) -> dict[str, object]:
    return {
        "resourceId": str(CHAT),
        "operationName": {"value": f"Microsoft.CognitiveServices/accounts/deployments/{what}"},
        "status": {"value": "Succeeded", "localizedValue": "x"},
        "caller": "somebody@example.com",
        "eventTimestamp": f"2026-11-{number:02}T00:00:00Z",
        "unknown": [1],
        **more,
    }


def test_the_activity_log_is_asked_for_a_provider_and_a_time_and_read_newest_first() -> None:
    over = wire(lambda: reply(200, {"value": [event(1), event(3, "write"), {"caller": None}]}))
    found = ask(over, lambda arm: the_port(arm).list_activity(SUBSCRIPTION, SINCE, UNTIL)).value
    assert [(one.at[:10], one.deletes, one.writes) for one in found.events] == [
        ("2026-11-03", False, True),
        ("2026-11-01", True, False),
    ]
    assert found.complete
    url = over.requests[0].url
    assert url.path.endswith("/providers/Microsoft.Insights/eventtypes/management/values")
    assert dict(url.params) == {
        "api-version": "2015-04-01",
        "$filter": "eventTimestamp ge '2026-09-01T00:00:00Z' and eventTimestamp le '2026-11-28T00:00:00Z' "
        "and resourceProvider eq 'Microsoft.CognitiveServices'",
    }


def test_an_activity_log_without_end_is_read_so_far_and_called_incomplete() -> None:
    numbers = iter(range(1, 10_000))

    def page() -> httpx.Response:
        return reply(200, {"value": [event(1)], "nextLink": f"{ENDPOINT}/next/{next(numbers)}"})

    found = ask(wire(page), lambda arm: arm.list_activity(SUBSCRIPTION, SINCE, UNTIL)).value
    assert (len(found.events), found.complete) == (20, False)


def test_deleted_accounts_are_told_with_their_group_and_region() -> None:
    name = (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/eastus2"
        "/resourceGroups/rg/deletedAccounts/acc"
    )
    item = {"id": name, "location": "eastus2", "properties": {"deletionDate": "2026-11-27T10:00:00Z"}}
    over = wire(lambda: reply(200, {"value": [item]}))
    (found,) = ask(over, lambda arm: arm.list_deleted_accounts(SUBSCRIPTION)).value
    assert (found.id, found.region.name, found.deleted_at) == (ACCOUNT, "eastus2", "2026-11-27T10:00:00Z")
    strange = ask(wire(lambda: reply(200, {"value": [{"id": "x"}]})), lambda a: a.list_deleted_accounts("s"))
    assert isinstance(strange.problem, ArmContractBroken)


def test_capacity_is_asked_for_one_model_version_and_told_by_region_and_sku() -> None:
    def item(sku: str, available: object) -> dict[str, object]:
        return {
            "name": sku,
            "location": "eastus2",
            "properties": {"skuName": sku, "availableCapacity": available},
        }

    over = wire(lambda: reply(200, {"value": [item("ProvisionedManaged", 0.0), item("X", None)]}))
    model = ModelRef(name="gpt-4o", version="2024-11-20")
    (found,) = ask(over, lambda arm: arm.list_capacities(SUBSCRIPTION, model)).value
    assert (found.region.name, found.sku.name, found.available) == ("eastus2", "ProvisionedManaged", 0.0)
    params = over.requests[0].url.params
    assert (params["modelFormat"], params["modelName"], params["modelVersion"]) == (
        "OpenAI",
        "gpt-4o",
        "2024-11-20",
    )


def test_policies_are_asked_by_a_post_that_writes_nothing_and_only_where_it_may_be_sent() -> None:
    answer = {
        "results": {
            "chat": {
                "evaluationOutcome": "NonCompliant",
                "nonCompliantAssignments": [
                    {"assignmentId": "a", "policyDefinitionId": "d", "effect": "Deny", "extra": 1},
                    {"assignmentId": "b", "effect": "Audit"},
                ],
            },
            "new": {"evaluationOutcome": "Perhaps"},
        }
    }
    over = wire(lambda: reply(200, answer))
    asked = [PolicyQuestion(name="chat", model={"name": "gpt-4o"}, rai_policy="strict")]
    found = ask(over, lambda a: a.evaluate_policies(ACCOUNT, asked), read_only=True, may_ask=True).value
    assert found["chat"].compliance is Compliance.NON_COMPLIANT
    assert [one.denies for one in found["chat"].findings] == [True, False]
    assert found["new"].compliance is Compliance.UNKNOWN
    assert over.requests[0].url.params["api-version"] == "2026-03-15-preview"
    with pytest.raises(RuntimeError, match="read-only"):
        ask(over, lambda a: a.evaluate_policies(ACCOUNT, asked), read_only=True)


def test_a_right_that_is_missing_is_the_error_that_it_is() -> None:
    over = wire(lambda: refusal(403, "AuthorizationFailed", "no"))
    seen = ask(over, lambda arm: arm.list_activity(SUBSCRIPTION, SINCE, UNTIL))
    assert "AuthorizationFailed" in seen.words

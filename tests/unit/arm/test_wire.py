"""ARM's answers as values; recorded ones first."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.arm import wire, wire_deployment
from reconciler.arm.strict_json import NotUnderstood
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName
from tests.unit.arm.scripted import ACCOUNT, CHAT, ELSEWHERE, SUBSCRIPTION, resource

RECORDINGS = Path(__file__).parents[2] / "recordings"


def recorded(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDINGS / name).read_text())["interactions"]
    return found


def recorded_items(name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = recorded(name)[0]["response"]["body"]["value"]
    return items


@pytest.mark.parametrize(
    "name",
    ["deployment_crud_2022-03-01.json", "deployment_crud_2023-05-01.json", "deployment_crud_2025-06-01.json"],
)
def test_every_recorded_deployment_is_read(name: str) -> None:
    count = 0
    for exchange in recorded(name):
        body = exchange["response"].get("body")
        if not isinstance(body, dict) or "/deployments/" not in str(body.get("id", "")):
            continue
        found = wire_deployment.deployment(body, DeploymentId.parse(body["id"]))
        assert found.model_name
        assert found.provisioning_state in {"Succeeded", "Creating"}
        names = {"id", "name", "type", "etag", "systemData"}
        assert found.resource == {name: value for name, value in body.items() if name not in names}
        count += 1
    assert count >= 2


def test_a_recorded_deployment_has_all_that_a_plan_compares() -> None:
    bodies = [exchange["response"].get("body") for exchange in recorded("deployment_crud_2025-06-01.json")]
    body = next(b for b in bodies if isinstance(b, dict) and "/deployments/" in str(b.get("id")))
    found = wire_deployment.deployment(body, DeploymentId.parse(body["id"]))
    assert (found.model_format, found.model_name, found.model_version) == ("OpenAI", "gpt-4o", "2024-11-20")
    assert (found.sku, found.capacity, found.tags) == (SkuName("Standard"), 1, {})
    assert found.etag == body["etag"]
    assert found.system.last_modified_by == "user@example.com"
    assert found.system.last_modified_by_type == "User"


def test_recorded_quotas_are_read_negative_room_included() -> None:
    pools = [wire.pool(item) for item in recorded_items("location_usages_eastus2_2025-06-01.json")]
    assert len(pools) == 202
    assert any(pool.used > pool.limit for pool in pools)
    assert all(pool.label for pool in pools)


def test_recorded_models_keep_both_offers_of_one_sku() -> None:
    items = recorded_items("location_models_eastus2_2025-06-01.json")
    offers = [offer for item in items for offer in wire.offers(item)]
    mini = [o for o in offers if o.model_name == "gpt-4o-mini" and o.sku == SkuName("GlobalStandard")]
    assert {offer.for_fine_tuned for offer in mini} == {True, False}
    assert all(offer.account_kind and offer.pool for offer in offers)


def test_recorded_ranges_exist_for_provisioned_skus_only() -> None:
    items = recorded_items("location_models_eastus2_2025-06-01.json")
    offers = [offer for item in items for offer in wire.offers(item)]
    with_step = {offer.sku.name for offer in offers if offer.step is not None}
    assert with_step
    assert all("Provisioned" in name for name in with_step)


def test_the_skus_own_date_of_retirement_wins_over_the_models() -> None:
    model = {
        "format": "OpenAI",
        "name": "m",
        "version": "1",
        "deprecation": {"inference": "2027-01-01T00:00:00Z"},
        "skus": [{"name": "Standard", "deprecationDate": "2026-01-01T00:00:00Z"}, {"name": "GlobalStandard"}],
    }
    dates = [offer.retires for offer in wire.offers({"kind": "OpenAI", "model": model})]
    assert dates == ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]


def test_a_model_without_skus_offers_nothing() -> None:
    assert wire.offers({"model": {"format": "Meta", "name": "m"}}) == ()


def test_unknown_properties_skus_and_states_are_kept() -> None:
    """F-050."""
    body = resource(state="Frobnicating", brandNew={"deep": [1]})
    body["sku"]["name"] = "QuantumStandard"
    found = wire_deployment.deployment(body, CHAT)
    assert (found.provisioning_state, found.sku) == ("Frobnicating", SkuName("QuantumStandard"))
    assert not found.settled
    assert found.resource["properties"] == body["properties"]


@pytest.mark.parametrize("state", ["absent", None])
def test_a_missing_state_means_succeeded(state: str | None) -> None:
    """Azure/azure-resource-manager-rpc: a missing provisioningState counts as Succeeded."""
    body = resource()
    if state is None:
        body["properties"]["provisioningState"] = None
    else:
        del body["properties"]["provisioningState"]
    assert wire_deployment.deployment(body, CHAT).provisioning_state == "Succeeded"


def test_a_deployment_may_be_as_bare_as_its_id() -> None:
    found = wire_deployment.deployment({"id": str(CHAT)}, CHAT)
    assert (found.model_name, found.sku, found.capacity, found.etag) == (None, None, None, None)


def test_ids_are_the_same_in_any_case() -> None:
    """F-049."""
    found = wire_deployment.deployment({**resource(), "id": str(CHAT).upper()}, CHAT)
    assert found.id == CHAT
    assert found.id.name == "CHAT"


@pytest.mark.parametrize(
    "other",
    [
        str(DeploymentId(account=ACCOUNT, name="chat2")),
        str(DeploymentId(account=ELSEWHERE, name="chat")),
        str(ACCOUNT),
        "chat",
        "",
    ],
)
def test_an_answer_about_another_resource_is_rejected(other: str) -> None:
    """F-048."""
    with pytest.raises(wire.Misdirected):
        wire_deployment.deployment({**resource(), "id": other}, CHAT)


def test_an_item_of_another_account_is_rejected() -> None:
    """F-048, in a list."""
    with pytest.raises(wire.Misdirected):
        wire_deployment.deployment_in(resource(DeploymentId(account=ELSEWHERE, name="chat")), ACCOUNT)


@pytest.mark.parametrize("spelling", ["etag", "eTag", "ETag"])
def test_the_tag_is_found_in_its_old_spelling(spelling: str) -> None:
    assert wire_deployment.deployment({**resource(), spelling: '"x"'}, CHAT).etag == '"x"'


@pytest.mark.parametrize("name", ["source", "sourceAccount"])
def test_either_property_tells_the_source(name: str) -> None:
    body = resource()
    body["properties"]["model"][name] = str(ELSEWHERE)
    assert wire_deployment.deployment(body, CHAT).model_source == str(ELSEWHERE)


def changed(path: tuple[str, ...], value: object) -> dict[str, Any]:
    body = resource()
    inner = body
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    inner[path[-1]] = value
    return body


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), 3),
        (("id",), None),
        (("sku",), "Standard"),
        (("sku", "capacity"), "10"),
        (("sku", "capacity"), 1.5),
        (("sku", "capacity"), True),
        (("sku", "name"), 5),
        (("properties",), []),
        (("properties", "provisioningState"), 1),
        (("properties", "model"), "gpt-4o"),
        (("properties", "model", "version"), 20241120),
        (("tags",), {"a": 1}),
        (("tags",), ["a"]),
        (("systemData",), "me"),
    ],
)
def test_a_wrong_type_is_never_guessed_at(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(NotUnderstood, match=path[-1]):
        wire_deployment.deployment(changed(path, value), CHAT)


def test_a_whole_number_may_come_as_a_double() -> None:
    assert wire_deployment.deployment(changed(("sku", "capacity"), 10.0), CHAT).capacity == 10


def test_an_account_is_read_in_its_region() -> None:
    body = {"id": str(ACCOUNT), "location": "East US 2", "kind": "AIServices", "properties": {}}
    found = wire.account(body, ACCOUNT)
    assert (found.region, found.kind, found.provisioning_state) == (
        Region("eastus2"),
        "AIServices",
        "Succeeded",
    )


@pytest.mark.parametrize("body", [{"id": str(ACCOUNT)}, {"location": "eastus2"}, {}])
def test_an_account_without_id_or_location_is_unreadable(body: dict[str, object]) -> None:
    with pytest.raises(NotUnderstood):
        wire.account(body, ACCOUNT)


@pytest.mark.parametrize("name", [".", "..", " "])
def test_an_account_whose_name_leads_elsewhere_is_rejected(name: str) -> None:
    """One such name in a list is ARM's mistake, and no wrong usage (F-048)."""
    with pytest.raises(wire.Misdirected):
        wire.account({"id": str(replace(ACCOUNT, name=name)), "location": "eastus2"})


def test_another_account_or_subscription_is_rejected() -> None:
    """F-048."""
    body = {"id": str(ELSEWHERE), "location": "eastus2"}
    with pytest.raises(wire.Misdirected):
        wire.account(body, ACCOUNT)
    with pytest.raises(wire.Misdirected):
        wire.account(body, SUBSCRIPTION)
    assert wire.account(body, ELSEWHERE.subscription.upper()).id == ELSEWHERE


def test_a_recorded_account_is_read() -> None:
    bodies = [exchange["response"].get("body") for exchange in recorded("deployment_crud_2025-06-01.json")]
    accounts = [
        b for b in bodies if isinstance(b, dict) and b.get("type") == "Microsoft.CognitiveServices/accounts"
    ]
    found = wire.account(accounts[0])
    assert found.id == AccountId.parse(accounts[0]["id"])
    assert found.region == Region("westus3")


@pytest.mark.parametrize(
    ("used", "limit", "wanted"),
    [(1, 2, (1, 2)), (1.0, 2.0, (1, 2)), (1.2, 2.9, (2, 2)), (-1, -1, (-1, -1))],
)
def test_doubles_in_quotas_never_make_room(used: float, limit: float, wanted: tuple[int, int]) -> None:
    pool = wire.pool({"name": {"value": "q"}, "currentValue": used, "limit": limit})
    assert (pool.used, pool.limit) == wanted
    assert pool.label == "q"


@pytest.mark.parametrize(
    ("body", "wanted", "reason"),
    [
        ({"value": []}, None, "the link is absent (F-051)"),
        ({"value": [], "nextLink": None}, None, "F-051"),
        ({"value": [], "nextLink": ""}, None, "F-051"),
        ({"value": [], "nextLink": "x"}, "x", "an empty page with a link (F-051)"),
    ],
)
def test_a_page_ends_or_goes_on(body: dict[str, object], wanted: str | None, reason: str) -> None:
    assert wire.page(body) == ([], wanted), reason


@pytest.mark.parametrize(
    "body", [{}, {"value": None}, {"value": {}}, {"value": [1]}, {"value": [], "nextLink": 3}]
)
def test_a_broken_page_is_unreadable(body: dict[str, object]) -> None:
    with pytest.raises(NotUnderstood):
        wire.page(body)

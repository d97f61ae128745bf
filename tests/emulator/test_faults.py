"""Scripted faults: they fire by counting, before or after the effect."""

import asyncio

import httpx
import pytest

from reconciler.emulator import ConnectionReset, Emulator
from tests.emulator.arm import ACCOUNT, Arm, Wall, deployment, fleet, gpt_4o


def scripted(then: dict[str, object], **match: object) -> Arm:
    arm = fleet()
    assert arm.control("faults", {"match": {"path": "/deployments/", **match}, "then": then}).status == 200
    return arm


def exists(arm: Arm) -> bool:
    arm.call("DELETE", "/_emulator/faults", bearer="")
    return arm.arm("GET", deployment()).status == 200


def test_the_nth_matching_request_and_as_many_as_told_are_answered_by_the_fault() -> None:
    body = {"error": {"code": "SubscriptionRequestsThrottled", "message": "later"}}
    then: dict[str, object] = {"status": 429, "headers": {"Retry-After": "7"}, "body": body}
    arm = scripted(then, method="GET", nth=2, times=2)
    replies = [arm.arm("GET", deployment()) for _ in range(4)]
    assert [reply.status for reply in replies] == [404, 429, 429, 404]
    assert (replies[1].headers["retry-after"], replies[1].json) == ("7", body)


def test_a_fault_leaves_other_methods_and_paths_alone() -> None:
    arm = scripted({"status": 500}, method="PUT")
    assert arm.arm("GET", deployment()).status == 404
    assert arm.arm("GET", ACCOUNT).status == 200
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 500


def test_a_failure_before_the_effect_leaves_nothing() -> None:
    arm = scripted({"status": 503}, method="PUT")
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 503
    assert not exists(arm)


def test_a_gateway_timeout_can_hide_a_write_that_happened() -> None:
    arm = scripted({"status": 504, "applied": True}, method="PUT")
    assert arm.arm("PUT", deployment(), gpt_4o()).status == 504
    assert exists(arm)


@pytest.mark.parametrize(("when", "happened"), [("before", False), ("after", True)])
def test_a_connection_is_lost_before_or_after_the_effect(when: str, happened: bool) -> None:
    arm = scripted({"reset": when}, method="PUT")
    with pytest.raises(ConnectionReset, match=r"PUT .*/deployments/chat"):
        arm.arm("PUT", deployment(), gpt_4o())
    assert exists(arm) is happened


def test_a_lost_connection_is_in_the_journal() -> None:
    arm = scripted({"reset": "after"}, method="PUT")
    with pytest.raises(ConnectionReset):
        arm.arm("PUT", deployment(), gpt_4o())
    last = arm.call("GET", "/_emulator/requests", bearer="").json["requests"][-1]
    assert (last["method"], last["status"], last["body"]["sku"]["capacity"]) == ("PUT", "reset", 10)


def test_an_answer_can_be_cut() -> None:
    arm = scripted({"truncate": 10}, method="PUT")
    reply = arm.arm("PUT", deployment(), gpt_4o())
    assert len(reply.content) == 10
    assert int(reply.headers["content-length"]) > 10
    assert exists(arm)


def test_an_answer_without_a_body_drips_to_its_end() -> None:
    """The application ended without an end of its answer."""
    asked = httpx.Request("DELETE", f"http://127.0.0.1{deployment()}?api-version=2026-07-01")
    arm = scripted({"status": 202, "dripMs": 5}, method="DELETE")
    asked.headers["authorization"] = f"Bearer {arm.token}"

    async def answered() -> httpx.Response:
        return await httpx.ASGITransport(app=arm.emulator).handle_async_request(asked)

    assert asyncio.run(answered()).status_code == 202


def test_a_delay_is_slept_and_then_answered() -> None:
    wall = Wall()
    arm = Arm(Emulator(wall=wall, sleep=wall.sleep))
    arm.control("faults", {"match": {"path": "/tenants"}, "then": {"delayMs": 1500}})
    _ = arm.token
    before = wall()
    assert arm.arm("GET", "/tenants", version="2022-01-01").status == 200
    assert wall() - before == pytest.approx(1.5)


def test_faults_can_be_listed_and_forgotten() -> None:
    arm = scripted({"status": 500})
    arm.arm("GET", deployment())
    listed = arm.call("GET", "/_emulator/faults", bearer="").json["faults"]
    assert [(fault["seen"], fault["fired"]) for fault in listed] == [(1, 1)]
    arm.call("DELETE", "/_emulator/faults", bearer="")
    assert arm.call("GET", "/_emulator/faults", bearer="").json["faults"] == []


def test_a_listing_can_be_cut_at_its_second_page() -> None:
    arm = fleet(settings={"pageSize": 1})
    for name in ("one", "two"):
        arm.arm("PUT", deployment(name), gpt_4o(1))
    fault = {"match": {"path": "/deployments$", "query": "skiptoken"}, "then": {"status": 500}}
    arm.control("faults", fault)
    first = arm.arm("GET", f"{ACCOUNT}/deployments").json
    path = first["nextLink"].removeprefix("http://127.0.0.1")
    assert arm.call("GET", path, bearer=arm.token).status == 500
    second = arm.call("GET", path, bearer=arm.token).json
    assert [item["name"] for item in first["value"] + second["value"]] == ["one", "two"]
    assert "nextLink" not in second


def test_a_provider_slower_than_a_minute_meets_the_gateways_timeout_and_yet_does_its_work() -> None:
    wall = Wall()
    arm = Arm(Emulator(wall=wall, sleep=wall.sleep))
    arm.control("world", {"accounts": [{"id": ACCOUNT, "location": "swedencentral"}]})
    arm.control("faults", {"match": {"method": "PUT"}, "then": {"delayMs": 90_000}})
    late = arm.arm("PUT", deployment(), gpt_4o())
    assert (late.status, late.code) == (504, "GatewayTimeout")
    assert late.headers["x-ms-failure-cause"] == "service"
    assert exists(arm)

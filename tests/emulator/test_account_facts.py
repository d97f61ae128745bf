"""What an account shows of itself by kind, sku and day: the index of facts."""

import json
from typing import Any

import pytest

from reconciler.emulator import account_faces, account_facts, account_kinds
from reconciler.emulator.wire import world_facts
from tests.emulator.arm import ACCOUNT, fleet
from tests.emulator.recordings import REPLAYS, Replay, replayed

ABOVE = ACCOUNT.removesuffix("acc")
FORMS_OF_2022 = ["VirtualNetworks", "CustomerManagedStorage", "CustomerManagedKey", "Container"]
FORMS_OF_2025 = ["DynamicThrottling", "VirtualNetworks", "CustomerManagedKey", "Container"]


@pytest.mark.parametrize(
    ("day", "kind", "sku", "names"),
    [
        ("2022-03-28", "FormRecognizer", "S0", FORMS_OF_2022),
        ("2025-10-28", "FormRecognizer", "S0", FORMS_OF_2025),
        ("2022-05-27", "Face", "E0", ["VirtualNetworks", "Container", "CustomerManagedKey", "Scenario"]),
        ("2022-05-27", "Face", "S0", ["VirtualNetworks", "Container", "Scenario"]),
        ("2021-11-28", "Face", "E0", ["VirtualNetworks", "Container", "CustomerManagedKey"]),
        ("2022-08-03", "Face", "S0", ["VirtualNetworks", "Container"]),
        ("2026-01-01", "ImmersiveReader", "S0", ["VirtualNetworks", "Container"]),
    ],
)
def test_an_account_has_the_capabilities_of_its_kind_its_sku_and_its_day(
    day: str, kind: str, sku: str, names: list[str]
) -> None:
    found = made_on(day, kind, sku)
    assert [capability["name"] for capability in found["capabilities"]] == names
    assert found["capabilities"][names.index("Container")]["value"].startswith(f"{kind}.*")


def made_on(day: str, kind: str, sku: str = "S0") -> dict[str, Any]:
    """The properties of an account made on a day."""
    arm = fleet()
    arm.control("clock", {"at": f"{day}T00:00:00Z"})
    body = {"kind": kind, "sku": {"name": sku}, "location": "eastus", "properties": {}}
    found: dict[str, Any] = arm.arm("PUT", f"{ABOVE}other", body).json["properties"]
    return found


@pytest.mark.parametrize(
    ("day", "first", "default"),
    [
        ("2022-03-28", ("formrecognizer.custom.train", 1, 60), 30),
        ("2023-07-25", ("container.billing", 500, 10), 5),
        ("2025-10-28", ("container.billing", 500, 10), 5),
    ],
)
def test_forms_are_limited_by_what_is_done_with_them(
    day: str, first: tuple[str, int, int], default: int
) -> None:
    rules = made_on(day, "FormRecognizer")["callRateLimit"]["rules"]
    assert (rules[0]["key"], rules[0]["count"], rules[0]["renewalPeriod"]) == first
    assert (rules[-1]["key"], rules[-1]["count"]) == ("default", default)


def test_a_limit_matches_more_paths_the_later_it_is() -> None:
    matched = {}
    for day in ("2023-07-25", "2025-10-28"):
        rules = made_on(day, "FormRecognizer")["callRateLimit"]["rules"]
        matched[day] = next(
            rule["matchPatterns"] for rule in rules if rule["key"] == "formrecognizer.analyze"
        )
    assert [len(patterns) for patterns in matched.values()] == [11, 16]


def test_a_free_account_of_forms_has_no_limits() -> None:
    assert "callRateLimit" not in made_on("2022-10-19", "FormRecognizer", "F0")


@pytest.mark.parametrize(
    ("day", "kind", "counts", "quota"),
    [
        ("2025-02-15", "TextAnalytics", [], [5000]),
        ("2024-12-15", "LUIS.Authoring", [5], []),
        ("2026-06-15", "ContentSafety", [10, 5, 5], [5000]),
    ],
)
def test_a_free_account_has_limits_and_quota_of_its_own(
    day: str, kind: str, counts: list[int], quota: list[int]
) -> None:
    found = made_on(day, kind, "F0")
    shown = [
        [rule["count"] for rule in found.get(part, {}).get("rules", ())]
        for part in ("callRateLimit", "quotaLimit")
    ]
    assert shown == [counts, quota]


@pytest.mark.parametrize(("day", "limits", "names"), [("2023-11-07", 65, 45), ("2025-05-19", 81, 42)])
def test_an_account_of_all_services_has_the_limits_and_addresses_of_each(
    day: str, limits: int, names: int
) -> None:
    found = made_on(day, "CognitiveServices")
    assert len(found["callRateLimit"]["rules"]) == limits
    assert len(found["endpoints"]) == names
    assert found["endpoints"]["TextTranslation-Global"] == "https://api.cognitive.microsofttranslator.com/"


@pytest.mark.parametrize("kind", account_kinds.SKUS)
@pytest.mark.parametrize("day", ["2021-10-01", "2024-01-01", "2026-10-05"])
def test_each_kind_has_facts_on_every_day(kind: str, day: str) -> None:
    facts = account_faces.facts(kind, account_kinds.SKUS[kind][-1], day, "eastus", {}, "one")
    assert facts["capabilities"]
    assert all(address.startswith("https://") for address in facts["endpoints"].values())
    assert "{kind}" not in json.dumps(facts)


@pytest.mark.parametrize(("day", "limits"), [("2021-11-28", [15, 500, 15]), ("2023-11-07", [10, 10])])
def test_an_account_of_face_had_other_limits_in_other_years(day: str, limits: list[int]) -> None:
    found = made_on(day, "Face", "E0")
    assert [rule["count"] for rule in found["callRateLimit"]["rules"]] == limits


def test_an_account_of_foundry_has_every_limit_of_july_2026() -> None:
    found = made_on("2026-07-16", "AIServices")
    limits = {rule["key"]: rule["count"] for rule in found["callRateLimit"]["rules"]}
    assert (len(limits), limits["voicelive.realtime"], limits["openai.moderations.post"]) == (135, 100, 120)
    assert found["endpoints"]["Voice Live Capabilities API"].startswith("https://")


@pytest.mark.parametrize(
    ("kind", "listed"),
    [("FormRecognizer", ["Free", "Standard", "DisconnectedTier"]), ("OpenAI", ["Standard"])],
)
def test_an_account_lists_the_skus_of_its_kind_with_their_tiers(kind: str, listed: list[str]) -> None:
    arm = fleet(accounts=[{"id": f"{ABOVE}one", "location": "eastus", "kind": kind}])
    found = arm.arm("GET", f"{ABOVE}one/skus").json["value"]
    assert [item["sku"]["tier"] for item in found] == listed


def test_an_account_has_the_addresses_of_the_day_it_is_asked_on_whoever_wrote_it_when() -> None:
    arm = fleet()
    arm.control("lro", {"polls": 0})
    body = {"kind": "OpenAI", "sku": {"name": "S0"}, "location": "eastus", "properties": {}}
    shown = []
    for day, method in (("2023-03-29", "PUT"), ("2023-05-30", "GET"), ("2024-11-30", "GET")):
        arm.control("clock", {"at": f"{day}T00:00:00Z"})
        arm.sign_in_again()
        found = arm.arm(method, f"{ABOVE}one", None if method == "GET" else body)
        shown.append("OpenAI Realtime API" in found.json["properties"]["endpoints"])
    assert shown == [False, False, True]


def test_a_part_that_was_not_recorded_on_a_day_is_that_of_the_nearest() -> None:
    halfway = [account_facts.part("Face", "S0", day, "capabilities") for day in ("2024-08-01", "2024-09-01")]
    assert [found["Scenario"].startswith("Face.Legacy") for found in halfway] == [True, False]


def test_each_row_of_the_index_names_its_source_and_limits_that_there_are() -> None:
    index = world_facts("accounts")
    assert {row["source"] for row in index["rows"]} == set(index["sources"])
    named = {key for row in index["rows"] for part in ("rules", "quota") for key in row.get(part) or ()}
    assert named == set(index["rules"])


@pytest.mark.parametrize(
    ("asked_on", "version", "day"),
    [
        ("2026-06-22T00:00:00Z", "2023-05-01", "2023-07-30"),
        ("2026-06-22T00:00:00Z", "2025-06-01", "2026-06-22"),
        ("2023-06-15T00:00:00Z", "2022-12-01", "2023-06-15"),
        ("2021-11-28T00:00:00Z", "2026-07-01", "2021-11-28"),
    ],
)
def test_a_version_two_years_older_than_the_day_shows_accounts_as_they_were_then(
    asked_on: str, version: str, day: str
) -> None:
    assert account_facts.as_of(asked_on, version) == day


@pytest.mark.parametrize(("day", "names"), [("2021-11-28", 9), ("2022-10-19", 16), ("2025-01-10", 12)])
def test_a_language_account_has_the_addresses_of_its_time(day: str, names: int) -> None:
    found = made_on(day, "TextAnalytics", "S")
    assert len(found["endpoints"]) == names
    assert set(found["endpoints"].values()) == {found["endpoint"]}


def test_an_openai_account_of_spring_2022_has_three_addresses_and_no_sizes() -> None:
    found = made_on("2022-03-29", "OpenAI")
    assert found["capabilities"] == [{"name": "VirtualNetworks"}]
    assert len(found["endpoints"]) == 3


def test_a_change_of_sku_brings_the_limits_of_the_new_one_and_is_counted() -> None:
    arm = fleet()
    arm.control("clock", {"at": "2022-09-29T00:00:00Z"})
    where = f"{ABOVE}other"
    body = {"kind": "ComputerVision", "sku": {"name": "S0"}, "location": "eastus"}
    assert "callRateLimit" not in arm.arm("PUT", where, body).json["properties"]
    seen = []
    for sku in ("S1", "F0", "S1"):
        reply = arm.arm("PATCH", where, {"sku": {"name": sku}})
        assert reply.status == 200
        shown = reply.json["properties"]
        counted = shown["skuChangeInfo"]
        downs, ups = counted["countOfDowngrades"], counted["countOfUpgradesAfterDowngrades"]
        seen.append(("callRateLimit" in shown, downs, ups))
    assert seen == [(True, 0, 0), (False, 1, 0), (True, 1, 1)]


@pytest.mark.parametrize(("method", "tags"), [("PATCH", {"b": "2"}), ("PUT", {"b": "2"})])
def test_a_write_replaces_all_tags_and_keeps_the_day_of_creation(method: str, tags: dict[str, str]) -> None:
    arm = fleet()
    where = f"{ABOVE}other"
    body = {"kind": "Face", "sku": {"name": "S0"}, "location": "eastus", "tags": {"a": "1"}}
    arm.control("lro", {"polls": 0})
    made = arm.arm("PUT", where, body).json["properties"]["dateCreated"]
    arm.control("clock", {"at": "2026-09-01T00:00:00Z"})
    arm.sign_in_again()
    written = arm.arm(method, where, {**({} if method == "PATCH" else body), "tags": tags}).json
    assert (written["tags"], written["properties"]["dateCreated"]) == (tags, made)


def test_an_account_that_can_be_in_no_network_has_no_private_endpoints() -> None:
    assert "privateEndpointConnections" not in made_on("2022-06-10", "CognitiveServices")
    assert made_on("2025-05-19", "CognitiveServices")["privateEndpointConnections"] == []


REDACTED = 12
"""Bytes that redaction took from each recorded account: two addresses of e-mail."""


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.file)
def test_an_account_has_the_length_that_was_recorded_before_its_lists_were_cut(replay: Replay) -> None:
    """The recorders kept two limits and two capabilities; Content-Length tells how long all of them are."""
    for interaction, reply in replayed(replay):
        recorded = interaction["response"]
        body = recorded.get("body") or {}
        if body.get("type") != "Microsoft.CognitiveServices/accounts":
            continue
        lists = {
            name: reply.json["properties"][name] for name in ("callRateLimit", "capabilities", "endpoints")
        }
        whole = json.dumps(body | {"properties": body["properties"] | lists}, separators=(",", ":"))
        headers = {name.lower(): value for name, value in recorded["headers"].items()}
        missing = int(headers["content-length"]) - len(whole) - REDACTED
        assert abs(missing) < 200 if body["kind"] == "AIServices" else missing == 0, interaction["index"]

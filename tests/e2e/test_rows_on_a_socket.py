"""Rows of the fault matrix whose proof is a whole command in front of a server on a real socket.

The emulator is a process of its own; `apply` runs here, so that its waits can be made to pass quickly.
"""

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run
from reconciler.clock import SystemClock
from tests.e2e.canaries import MANIFEST
from tests.e2e.served import FLEET, served, the_world
from tests.emulator.arm import CONTROLLED

SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: one}
spec:
  account: {subscription: prod, resourceGroup: rg, name: one, region: eastus2}
  deployments:
    - name: other
      model: {name: gpt-4.1-mini, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""
CHAT = """
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: CAPACITY}
"""
PROD, RESEARCH = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
TWO_TENANTS = {
    "subscriptions": [
        {"subscriptionId": "11111111-1111-1111-1111-111111111111", "tenantId": PROD},
        {"subscriptionId": "22222222-2222-2222-2222-222222222222", "tenantId": RESEARCH},
    ],
    "accounts": [
        {
            "id": f"/subscriptions/{name}/providers/Microsoft.CognitiveServices/accounts/{account}",
            "location": region,
        }
        for name, account, region in (
            ("11111111-1111-1111-1111-111111111111/resourceGroups/rg", "aoai-one", "swedencentral"),
            ("22222222-2222-2222-2222-222222222222/resourceGroups/rg-ft", "aoai-ft", "northcentralus"),
        )
    ],
}
THEIRS = {
    "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/one/deployments/chat",
    "sku": {"name": "GlobalStandard", "capacity": 12},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}},
}
QUICK = 1000
"""So many times faster pass the waits of the program; its work takes as long as it takes."""
ALWAYS = 10_000
HTML = "<html><body>Sign in to the hotel's network</body></html>"


def error(code: str, message: str = "no") -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What goes wrong with the deployment `chat` while it is created, updated or deleted, and its end.

    `looks`: at operations, by all writes of the run.
    """

    row: str
    why: str
    then: dict[str, object]
    outcome: str
    sent: int
    change: str = "create"
    method: str = ""
    path: str = "/deployments/chat$"
    times: int = 1
    says: str = ""
    lro: dict[str, object] = field(default_factory=dict)
    looks: int | None = None

    @property
    def verb(self) -> str:
        return "DELETE" if self.change == "delete" else "PUT"


LONG = {"polls": 1, "for": "all"}
CASES = [
    Case(row="F-004", why="reset before", then={"reset": "before"}, outcome="succeeded", sent=2),
    Case(row="F-005", why="reset after", then={"reset": "after"}, outcome="succeeded", sent=1),
    Case(
        row="F-005",
        why="reset after",
        then={"reset": "after"},
        change="update",
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-006",
        why="reset after",
        then={"reset": "after"},
        change="delete",
        outcome="succeeded",
        sent=1,
    ),
    Case(row="F-009", why="cut short", then={"truncate": 20}, outcome="succeeded", sent=1),
    Case(
        row="F-010",
        why="a list that is a page",
        then={"status": 200, "text": HTML},
        method="GET",
        path="one/deployments$",
        times=ALWAYS,
        outcome="skipped",
        sent=0,
        says="a sign-in page",
    ),
    Case(
        row="F-011",
        why="an answer that is a page",
        then={"status": 200, "applied": True, "text": HTML},
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-018",
        why="quota, with a Retry-After that helps nobody",
        then={"status": 400, "body": error("InsufficientQuota"), "headers": {"Retry-After": "5"}},
        times=ALWAYS,
        outcome="failed",
        sent=1,
        says="InsufficientQuota",
    ),
    Case(
        row="F-021",
        why="expired",
        then={"status": 401, "body": error("ExpiredAuthenticationToken")},
        outcome="succeeded",
        sent=2,
    ),
    Case(
        row="F-032",
        why="busy for a while",
        then={"status": 409, "body": error("RequestConflict")},
        times=3,
        outcome="succeeded",
        sent=4,
    ),
    Case(
        row="F-035",
        why="a precondition failed",
        then={"status": 412, "body": error("PreconditionFailed")},
        times=ALWAYS,
        change="update",
        outcome="stale",
        sent=1,
    ),
    Case(
        row="F-040",
        why="eleven days",
        then={"status": 429, "body": error("TooManyRequests"), "headers": {"Retry-After": "1000000"}},
        times=ALWAYS,
        outcome="failed",
        sent=1,
        says="1000000",
    ),
    Case(
        row="F-039",
        why="throttled, and no word of how long",
        then={"status": 429, "body": error("TooManyRequests")},
        outcome="succeeded",
        sent=2,
    ),
    Case(
        row="F-046",
        why="a 200 that is an error",
        then={"status": 200, "body": error("OutOfOrder")},
        times=ALWAYS,
        outcome="failed",
        sent=1,
        says="OutOfOrder",
    ),
    *(
        Case(
            row="F-047",
            why=f"a {status} that took effect",
            then={"status": status, "applied": True, "text": ""},
            outcome="succeeded",
            sent=1,
        )
        for status in (202, 204, 299)
    ),
    Case(
        row="F-073",
        why="expired while polling",
        then={"status": 401, "body": error("ExpiredAuthenticationToken")},
        method="GET",
        path="operationResults",
        lro=LONG,
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-044",
        why="a 504 that took effect",
        then={"status": 504, "applied": True},
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-055",
        why="its operation fails",
        then={"lro": "Failed", "settles": "Failed", "error": {"code": "OutOfOrder", "message": "no"}},
        lro=LONG,
        outcome="failed",
        sent=1,
        says="OutOfOrder",
    ),
    Case(
        row="F-056",
        why="an operation that fails by the clock, and a deployment that succeeds",
        then={
            "lro": "Failed",
            "settles": "Succeeded",
            "error": {"code": "GatewayTimeout", "message": "no"},
        },
        lro=LONG,
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-060",
        why="an operation that may not be read",
        then={"status": 403, "body": error("AuthorizationFailed")},
        method="GET",
        path="operationResults",
        times=ALWAYS,
        lro=LONG,
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-062",
        why="no address of an operation",
        then={"delayMs": 1},
        lro={**LONG, "headers": "absent"},
        looks=0,
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-064",
        why="only a Location",
        then={"headers": {"azure-asyncoperation": None}},
        lro={"polls": 2, "for": "all", "deletes": "long"},
        change="delete",
        looks=2,
        outcome="succeeded",
        sent=1,
    ),
    Case(
        row="F-068",
        why="an operation that succeeds, a deployment that does not",
        then={"lro": "Succeeded", "settles": "Failed"},
        lro=LONG,
        outcome="failed",
        sent=1,
    ),
    Case(
        row="F-069",
        why="accepted and ignored",
        then={"applied": False},
        change="update",
        outcome="failed",
        sent=1,
        says="sku.capacity",
    ),
    Case(
        row="F-075",
        why="failed at once, without an operation",
        then={"settles": "Failed", "lro": "Failed"},
        lro={**LONG, "polls": 0, "headers": "absent"},
        outcome="failed",
        sent=1,
    ),
    Case(
        row="F-076",
        why="the account is still being made",
        then={"status": 409, "body": error("AccountProvisioningStateInvalid", "in state Accepted")},
        times=3,
        outcome="succeeded",
        sent=4,
    ),
    Case(
        row="F-076",
        why="the account is never made",
        then={"status": 409, "body": error("AccountProvisioningStateInvalid", "in state Accepted")},
        times=ALWAYS,
        outcome="conflict",
        sent=-1,
    ),
]


class Emulator:
    """The served emulator's control surface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, name: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{name}", data=content, headers=CONTROLLED)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    def statuses(self, verb: str, path: str) -> list[object]:
        """What each such request was answered."""
        journal = self("requests")["requests"]
        return [
            one["status"] for one in journal if one["method"] == verb and path in one["path"].lower() + "$"
        ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("served")
    with served(folder / "emulator.db", the_world(folder / "world.json")) as url:
        yield Emulator(url)


@pytest.fixture
def emulator(server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """As new, and a program whose waits fly."""
    server("reset", {})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    skipped = 0.0

    def monotonic(_: SystemClock) -> float:
        return time.monotonic() + skipped

    async def sleep(clock: SystemClock, seconds: float) -> None:
        nonlocal skipped
        woken = monotonic(clock) + seconds
        await asyncio.sleep(max(0.0, seconds) / QUICK)
        skipped += max(0.0, woken - monotonic(clock))

    monkeypatch.setattr(SystemClock, "monotonic", monotonic)
    monkeypatch.setattr(SystemClock, "sleep", sleep)
    return server


def declare(capacity: int | None) -> None:
    chat = "" if capacity is None else CHAT.replace("CAPACITY", str(capacity))
    Path("fleet.yaml").write_text(FLEET + "---" + SET + chat.lstrip("\n"))


def applied(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, Any], str]:
    capsys.readouterr()
    code = run(["apply", "fleet.yaml", "--endpoint", emulator.url, "--yes", "-o", "json", *words])
    streams = capsys.readouterr()
    report = json.loads(streams.out)
    return code, {one["id"].rpartition("/")[2]: one for one in report["actions"]}, streams.err


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.change} {case.why}")
def test_a_write_meets_trouble_on_the_wire_and_is_reported_as_what_became_of_it(
    case: Case, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-01, I-07, F-004, F-005, F-006, F-009, F-010, F-011, F-018, F-021, F-032, F-035, F-039, F-040, F-044,
    F-046, F-047, F-055, F-056, F-060, F-062, F-064, F-068, F-069, F-073, F-075,
    F-076.
    """
    if case.change != "create":
        declare(10)
        assert applied(emulator, capsys)[0] == 0
    declare({"create": 10, "update": 20, "delete": None}[case.change])
    if case.lro:
        emulator("lro", case.lro)
    match = {"method": case.method or case.verb, "path": case.path, "times": case.times}
    before = len(emulator.statuses(case.verb, "/deployments/chat$"))
    emulator("faults", {"match": match, "then": case.then})
    code, ends, err = applied(emulator, capsys, "--timeout", "90000")
    chat = ends["chat"]
    assert chat["outcome"] == case.outcome, (chat, err)
    assert (code == 0) == (case.outcome == "succeeded")
    assert case.says in json.dumps(chat)
    sent = len(emulator.statuses(case.verb, "/deployments/chat$")) - before
    assert sent == case.sent or (case.sent < 0 and sent > 1), "writes sent"
    assert emulator("faults")["faults"][0]["fired"], "the fault took place"
    if case.looks is not None:
        assert len(emulator.statuses("GET", "operationresults/")) == case.looks
    if case.outcome == "succeeded":
        assert run(["plan", "fleet.yaml", "--endpoint", emulator.url, "--detailed-exitcode", "-q"]) == 0


def test_quota_that_somebody_took_fails_the_increase_and_the_decrease_stays_done(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-084."""
    declare(10)
    assert applied(emulator, capsys)[0] == 0
    text = Path("fleet.yaml").read_text()
    Path("fleet.yaml").write_text(text.replace("10}", "5}", 1).replace("10}", "50}", 1))
    taken = {"status": 400, "body": error("InsufficientQuota", "somebody was faster")}
    match = {"method": "PUT", "path": "/deployments/chat$", "times": ALWAYS}
    emulator("faults", {"match": match, "then": taken})
    code, ends, _ = applied(emulator, capsys)
    assert code == 3
    assert ends["other"]["outcome"] == "succeeded"
    assert (ends["chat"]["outcome"], ends["chat"]["error"]["code"]) == ("failed", "InsufficientQuota")
    assert emulator.statuses("PUT", "/deployments/other$")[-1] == 200, "and nobody undid it"


@pytest.mark.parametrize(("times", "outcome"), [(1, "succeeded"), (ALWAYS, "failed")])
def test_a_refused_auxiliary_token_is_had_anew_for_its_tenant_alone(
    times: int, outcome: str, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-022."""
    emulator("world", TWO_TENANTS)
    text = MANIFEST.replace("CLOUD", "emulator").replace("CAPACITY", "10").replace("PTUS", "25")
    Path("fleet.yaml").write_text(text)
    refused = error("InvalidAuthenticationToken", f"The auxiliary token of tenant {RESEARCH} has expired")
    match = {"method": "PUT", "path": "/deployments/tuned$", "times": times}
    emulator("faults", {"match": match, "then": {"status": 401, "body": refused}})
    _, ends, err = applied(emulator, capsys)
    assert ends["tuned"]["outcome"] == outcome, ends["tuned"]
    assert len(emulator.statuses("PUT", "/deployments/tuned$")) == 2
    assert len(emulator.statuses("POST", f"/{RESEARCH}/oauth2/")) == 2
    assert len(emulator.statuses("POST", f"/{PROD}/oauth2/")) == 1
    assert "eyJ" not in json.dumps(ends) + err
    if outcome == "failed":
        said = ends["tuned"]["error"]["message"]
        assert f"tenant {RESEARCH} as client reconciler" in said


def test_accounts_that_are_closed_or_not_there_are_never_written_to_and_the_others_are_done(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """I-03, I-11, F-023, F-027: `two` answers 403 and `three` does not exist."""
    declare(10)
    sets = [SET.replace("name: one", f"name: {name}") for name in ("two", "three")]
    Path("fleet.yaml").write_text("---".join([Path("fleet.yaml").read_text(), *sets]))
    closed = {"status": 403, "body": error("AuthorizationFailed")}
    match = {"method": "GET", "path": "accounts/two(/|$)", "times": ALWAYS}
    emulator("faults", {"match": match, "then": closed})
    capsys.readouterr()
    code = run(["apply", "fleet.yaml", "--endpoint", emulator.url, "--yes", "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    outcomes = {tuple(one["id"].split("/")[-3::2]): one["outcome"] for one in report["actions"]}
    assert outcomes == {
        ("one", "chat"): "succeeded",
        ("one", "other"): "succeeded",
        ("two", "other"): "skipped",
        ("three", "other"): "skipped",
    }
    assert code == 3
    written = [one["path"] for one in emulator("requests")["requests"] if one["method"] == "PUT"]
    assert len(written) == 2
    assert all("/accounts/one/" in path for path in written)


def test_what_somebody_changed_after_the_plan_was_saved_is_not_written_and_the_rest_is(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-080."""
    declare(10)
    assert applied(emulator, capsys)[0] == 0
    Path("fleet.yaml").write_text(Path("fleet.yaml").read_text().replace("capacity: 10}", "capacity: 20}"))
    where = ["--endpoint", emulator.url]
    assert run(["plan", "fleet.yaml", *where, "-q", "--out", "saved.plan"]) == 0
    emulator("world", {"deployments": [THEIRS]})
    capsys.readouterr()
    code = run(["apply", "saved.plan", *where, "-o", "json"])
    ends = {one["id"].rpartition("/")[2]: one for one in json.loads(capsys.readouterr().out)["actions"]}
    assert code == 3
    assert (ends["chat"]["outcome"], ends["other"]["outcome"]) == ("stale", "succeeded")
    assert len(emulator.statuses("PUT", "/deployments/chat$")) == 1, "that of the first apply"

"""`cost`, `plan --cost` and `show --cost`, as a user runs them on the embedded emulator."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run
from tests.e2e.desk import STATE, controlled

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec:
  cloud: emulator
  COSTS
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg-ai
    name: aoai-contoso
    region: eastus2
  deployments:
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: ProvisionedManaged, capacity: CAPACITY}
    - name: overflow
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 10}
"""


class Desk:
    """A folder with manifests, and the commands that are run in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "fleet.yaml"
        self._capsys = capsys

    def declare(self, capacity: int, costs: str = "") -> None:
        text = FLEET.replace("CAPACITY", str(capacity)).replace("COSTS", costs)
        self.file.write_text(text, "utf-8")

    def run(self, *words: str, code: int = 0) -> str:
        if words[0] == "apply":  # reserved units take seconds to be there
            asyncio.run(controlled(self.file.parent / STATE, "POST", "lro", {"polls": 0}))
        assert run([words[0], str(self.file), *words[1:]]) == code
        return self._capsys.readouterr().out

    def document(self, *words: str, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*words, "-o", "json", code=code))
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, capsys)
    made.declare(50)
    return made


def test_cost_is_the_bill_of_the_manifests_without_asking_arm(desk: Desk) -> None:
    text = desk.run("cost")
    assert "$73,000.00 a month" in text
    assert "50 regional PTU at $2.00/h" in text
    assert not Path(".reconciler").exists()


def test_the_document_of_cost_has_the_keys_that_programs_rely_on(desk: Desk) -> None:
    cost = desk.document("cost")["cost"]
    assert {"currency", "hoursPerMonth", "before", "after", "delta", "complete", "lines", "unknown"} <= set(
        cost
    )
    line = next(one for one in cost["lines"] if one["id"].endswith("/reserved"))
    assert set(line) == {"id", "meter", "unit", "quantity", "rate", "monthly", "source", "asOf"}
    assert (
        Decimal(line["quantity"]) * Decimal(line["rate"]) == Decimal(line["monthly"]) == Decimal("73000.00")
    )
    assert (cost["after"], cost["complete"]) == ("73000.00", False)
    (unknown,) = cost["unknown"]
    assert set(unknown) == {"id", "why"}
    assert "no workload" in unknown["why"]


def test_the_arithmetic_is_printed_for_who_asks(desk: Desk) -> None:
    assert "36,500 PTU-hours (50 PTU x 730 h) x $2.00 = $73,000.00" in desk.run("cost", "-v")
    assert "PTU-hours" not in desk.run("cost")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_every_form_carries_the_sum(desk: Desk, form: str) -> None:
    assert "73" in desk.run("cost", "-o", form)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_plan_with_nothing_to_do_says_that_the_cost_stays_and_what_it_is(desk: Desk, form: str) -> None:
    desk.run("apply", "--yes")
    assert "Nothing to do: 2 declared deployments in sync." in desk.run("plan")
    told = (
        "Nothing to do: 2 declared deployments in sync; cost stays at $73,000.00 a month, usage not counted."
    )
    assert told in " ".join(desk.run("plan", "--cost", "-o", form).split())


def test_many_rows_of_unknown_amount_are_one_and_the_sum_says_what_it_lacks(desk: Desk) -> None:
    text = desk.file.read_text("utf-8")
    name, _, entry = text.partition("    - name: overflow\n")
    desk.file.write_text(name + "".join(f"    - name: overflow-{n}\n{entry}" for n in range(9)), "utf-8")
    lines = [line for line in desk.run("cost").splitlines() if "overflow" in line or "deployments" in line]
    (row, doubt, *_) = [" ".join(line.split()) for line in lines]
    assert row == "9 deployments tokens ? paid by use, no workload declared"
    assert doubt.startswith("usage not counted: aoai-contoso/overflow-0, aoai-contoso/overflow-1, ")
    assert desk.run("cost", "-v").count("paid by use, no workload declared") == 9
    assert "cost: $73,000.00 a month, usage not counted (" in desk.run("cost")


def test_doubling_is_told_in_the_plan_and_in_its_last_line(desk: Desk) -> None:
    desk.run("apply", "--yes")
    desk.declare(100)
    text = desk.run("plan", "--cost")
    told = "cost: +$73,000.00 a month (50 -> 100 regional PTU at $2.00/h; list price of 2026-10-06; "
    assert told + "reservations cover 0)" in text
    assert text.splitlines()[-1].endswith("cost +$73,000.00 a month.")
    cost = desk.document("plan", "--cost")["cost"]
    assert (cost["before"], cost["after"], cost["delta"]) == ("73000.00", "146000.00", "73000.00")
    assert "+$73,000.00 a month" in desk.run("plan", "--cost", "-o", "markdown")
    assert "+$73,000.00 a month" in desk.run("plan", "--cost", "-o", "html")


def test_a_plan_says_nothing_about_money_unless_it_is_asked(desk: Desk) -> None:
    assert "cost" not in desk.run("plan").lower()
    assert "cost" not in desk.document("plan")


def test_a_saved_plan_with_costs_can_be_applied(desk: Desk) -> None:
    desk.file = Path(desk.file.name)
    desk.run("plan", "--cost", "--out", "saved.plan")
    desk.file = Path("saved.plan")
    assert "2 succeeded" in desk.run("apply")


def test_show_prices_what_is_there(desk: Desk) -> None:
    desk.run("apply", "--yes")
    assert "$73,000.00 a month" in desk.run("show", "--cost")
    assert desk.document("show", "--cost")["cost"]["after"] == "73000.00"
    assert "$73,000.00" in desk.run("show", "--cost", "-o", "markdown")
    assert "$73,000.00" in desk.run("show", "--cost", "-o", "html")


def test_the_guard_refuses_without_being_asked_for_costs_and_its_flag_lifts_it(desk: Desk) -> None:
    desk.declare(50, "guards: {maxMonthlyIncrease: 1000}")
    text = desk.run("plan", code=1)
    assert "max-monthly-increase" in text
    assert "fix: --max-monthly-increase 73000" in text
    desk.run("apply", "--yes", code=1)
    desk.run("apply", "--yes", "--max-monthly-increase", "73000")


def test_an_own_price_list_beside_the_fleet_wins(desk: Desk, tmp_path: Path) -> None:
    document = {
        "format": 1,
        "title": "our agreement",
        "asOf": "2026-01-01",
        "currency": "USD",
        "prices": [
            {
                "unit": "1/Hour",
                "price": "1.5",
                "regions": ["eastus2"],
                "uses": [{"kind": "ptu_hour", "sku": "ProvisionedManaged", "format": "OpenAI"}],
            }
        ],
    }
    (tmp_path / "own.json").write_text(json.dumps(document), "utf-8")
    desk.declare(50, "costs: {prices: own.json}")
    assert desk.document("cost")["cost"]["after"] == "54750.00"


def test_a_price_list_that_is_not_there_is_wrong_usage(desk: Desk) -> None:
    desk.declare(50, "costs: {prices: nowhere.json}")
    desk.run("cost", code=64)


def test_an_amount_is_plain_digits(desk: Desk) -> None:
    desk.run("plan", "--max-monthly-increase", "-5", code=64)
    desk.run("plan", "--max-monthly-increase", "1e9", code=64)


def test_the_known_prices_are_listed_with_their_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "prices", "--sku", "ProvisionedManaged", "--region", "westeurope"]) == 0
    assert "OpenAI models" in (text := capsys.readouterr().out)
    assert "2.72" in text
    assert "before discounts and taxes" in text
    assert run(["catalog", "prices", "--model", "gpt-4.1", "--region", "eastus2", "-o", "json"]) == 0
    prices = json.loads(capsys.readouterr().out)["prices"]
    assert {"sku": "GlobalStandard", "kind": "input", "rate": "2", "unit": "1M"}.items() <= next(
        one for one in prices if (one["sku"], one["kind"]) == ("GlobalStandard", "input")
    ).items()


def test_a_refresh_that_reaches_nobody_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILER_PRICES_ENDPOINT", "http://mirror.example")
    file = tmp_path / "prices.json"
    assert run(["catalog", "prices", "--refresh", "--region", "eastus2", "--overlay", str(file)]) == 64
    assert "RECONCILER_PRICES_ENDPOINT" in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:99999"),
        ("HTTPS_PROXY", "gopher://proxy.example"),
        ("HTTPS_PROXY", "http://["),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("REQUESTS_CA_BUNDLE", "/dev/null"),
    ],
)
def test_a_refresh_says_which_variable_of_the_network_it_cannot_obey(
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for other in ("https_proxy", "HTTPS_PROXY", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("RECONCILER_PRICES_ENDPOINT", "https://mirror.example")
    monkeypatch.setenv(name, value)
    file = str(tmp_path / "prices.json")
    assert run(["catalog", "prices", "--refresh", "--region", "eastus2", "--overlay", file]) == 64
    assert f"error: {name} " in capsys.readouterr().err


def test_a_refresh_goes_around_the_proxy_where_no_proxy_lists_a_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """NO_PROXY with IPv6 entries made the library raise InvalidURL."""
    monkeypatch.setenv("RECONCILER_PRICES_ENDPOINT", "https://[fd00::1]")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "10.96.0.0/12,fd00::/8,[::1]")
    words = ["--region", "eastus2", "--overlay", str(tmp_path / "prices.json"), "--timeout", "1"]
    assert run(["catalog", "prices", "--refresh", *words]) == 1
    assert "a bug in this program" not in capsys.readouterr().err


def test_a_refresh_needs_a_region(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    text = desk.file.read_text("utf-8").replace("    region: eastus2\n", "")
    desk.file.write_text(text, "utf-8")
    assert run(["catalog", "prices", "--refresh", str(desk.file)]) == 64
    assert "name --region" in capsys.readouterr().err
    assert run(["catalog", "prices", "--currency", "dollars"]) == 64


def test_counting_money_asks_nothing_more_of_arm(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def requests(*words: str) -> list[str]:
        assert run(["plan", str(desk.file), "-v", "--log-json", *words]) == 0
        logged = (json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
        told = [str(line.get("message", line.get("msg", ""))) for line in logged]
        return sorted(one.split("?")[0].split(" in ")[0] for one in told if "GET" in one)

    plain = requests()
    assert plain
    assert len(requests("--cost")) == len(plain)


def test_a_refresh_against_the_emulator_is_a_list_that_costs_go_by(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.json"
    words = ["catalog", "prices", "--refresh", str(desk.file), "--overlay", str(file), "--cloud", "emulator"]
    assert run(words) == 0
    assert "RECONCILER_PRICES_OVERLAY=" in capsys.readouterr().out
    asked = json.loads(file.read_text("utf-8"))["asOf"]
    monkeypatch.setenv("RECONCILER_PRICES_OVERLAY", str(file))
    line = next(one for one in desk.document("cost")["cost"]["lines"] if one["id"].endswith("/reserved"))
    assert (line["asOf"], line["monthly"]) == (asked, "73000.00")
    monkeypatch.setenv("RECONCILER_PRICES_OVERLAY", str(tmp_path / "nowhere.json"))
    desk.run("cost", code=64)


def test_the_price_of_a_reservation_is_for_its_term_not_for_an_hour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The list itself writes 1/Hour there."""
    assert run(["catalog", "prices", "--sku", "ProvisionedManaged", "--region", "eastus2"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if " reservation " in line]
    assert len(rows) == 2
    assert all("1/Hour" not in row for row in rows)
    assert "1 Month" in rows[0]
    assert "1 Year" in rows[1]

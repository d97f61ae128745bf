"""The manual says what the code has: every control call, switch, part of a fault; every row of the matrix."""

from pathlib import Path

import pytest

from reconciler.emulator import control, faults, provisioning, seeding
from reconciler.emulator.behaviours import behaviours
from tests.fidelity.differences import DIFFERENCES
from tests.fidelity.stagings import STAGINGS

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "emulator.md").read_text(encoding="utf-8")
FIDELITY = (DOCS / "fidelity.md").read_text(encoding="utf-8")
RULES = (*provisioning.DEFAULTS, "seconds")


@pytest.mark.parametrize("call", sorted(f"{method} {name}" for method, name in control.CONTROLS))
def test_every_control_call_is_in_the_manual(call: str) -> None:
    assert f"`{call}`" in MANUAL


@pytest.mark.parametrize("name", [*seeding.SWITCHES, "pageSize", *RULES, *faults.THEN])
def test_every_switch_rule_and_fault_is_in_the_manual(name: str) -> None:
    assert f"`{name}`" in MANUAL


def test_the_page_of_the_score_has_every_row_difference_and_assumption() -> None:
    missing = [f"| {staging.row} | {staging.says}" for staging in STAGINGS]
    missing += [f"| {listed.reason} |" for listed in DIFFERENCES]
    missing += [f"* {item.text}" for item in behaviours() if item.known == "assumed"]
    assert [line for line in missing if line not in FIDELITY] == []

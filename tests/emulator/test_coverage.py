"""Which operations of the documents in `tests/spec/` are there, and which the manual says are not."""

import json
import re

import pytest

from tests.emulator.arm import ACCOUNT, SUB_A, Arm, fleet
from tests.fidelity.openapi import SPEC, VERSIONS

_GROUP, _NAME = ACCOUNT.split("/")[4], ACCOUNT.rpartition("/")[2]


def _called(arm: Arm, method: str, path: str, version: str) -> int:
    for name, value in (
        ("subscriptionId", SUB_A),
        ("resourceGroupName", _GROUP),
        ("accountName", _NAME),
        ("location", "eastus"),
    ):
        path = path.replace(f"{{{name}}}", value)
    body: dict[str, object] | None = {} if method in {"PUT", "PATCH", "POST"} else None
    return arm.arm(method, re.sub(r"\{[^}]*\}", "thing", path), body, version=version).status


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_of_a_document_is_there_but_for_those_that_the_manual_names(version: str) -> None:
    arm = fleet()
    paths = json.loads((SPEC / f"{version}.json").read_text(encoding="utf-8"))["paths"]
    absent = {
        path
        for path, operations in paths.items()
        for method in operations
        if _called(arm, method.upper(), path, version) == 501
    }
    assert [
        path for path in absent if "commitmentPlans" not in path and "RaiBlocklistItems" not in path
    ] == []
    assert not any("/accounts/{accountName}/commitmentPlans" in path for path in absent)

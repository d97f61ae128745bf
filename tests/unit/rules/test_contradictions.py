"""Where the sources contradict each other: what a manifest written from either side is told."""

from __future__ import annotations

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment
from tests.unit.rules.declare import CHECKPOINT, TUNED, declared, deployment, find, findings, tuned

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_O4 = "o4-mini-2025-04-16.ft-0123456789abcdef0123456789abcdef"
_GPT4O = "gpt-4o-2024-08-06.ft-0123456789abcdef0123456789abcdef"
_Expected = dict[str, Severity]

_ROWS: list[tuple[str, DesiredDeployment, _Expected]] = [
    ("the SKU of old documentation", tuned("ProvisionedStandard", 25), {"sku-alias": _WARNING}),
    ("regional mini scaled to 40", tuned("ProvisionedManaged", 40), {"capacity-increment": _ERROR}),
    (
        "the old SKU scaled to 40",
        tuned("ProvisionedStandard", 40),
        {
            "sku-alias": _WARNING,
            "capacity-increment": _ERROR,
        },
    ),
    ("regional mini at 25", tuned("ProvisionedManaged", 25), {}),
    ("a SKU in lower case, as in the samples", tuned("standard", 1), {}),
    (
        "developer tier in lower case",
        tuned("developertier", 1, model=_O4),
        {"developer-tier-expires": _WARNING},
    ),
    (
        "developer tier of a base that only trains on it",
        tuned("DeveloperTier", 1),
        {
            "fine-tune-sku": _ERROR,
            "developer-tier-expires": _WARNING,
        },
    ),
    (
        "provisioned in the region of 2025",
        tuned("ProvisionedManaged", 25, "switzerlandwest"),
        {
            "fine-tune-region": _WARNING,
        },
    ),
    ("provisioned in the region of 2026", tuned("ProvisionedManaged", 25, "swedencentral"), {}),
    ("global standard outside the three regions of 2025", tuned("GlobalStandard", 1, "uksouth"), {}),
    (
        "regional gpt-4o where it is no longer listed",
        tuned("Standard", 1, "brazilsouth", _GPT4O),
        {
            "fine-tune-region": _WARNING,
        },
    ),
    (
        "regional o1 at 50",
        deployment("o1", "2024-12-17", "ProvisionedManaged", 50, "japaneast"),
        {
            "capacity-increment": _WARNING,
            "model-retired": _WARNING,
        },
    ),
    (
        "regional o1 at 25",
        deployment("o1", "2024-12-17", "ProvisionedManaged", 25, "japaneast"),
        {
            "capacity-increment": _WARNING,
            "model-retired": _WARNING,
        },
    ),
    (
        "regional o1 at 60",
        deployment("o1", "2024-12-17", "ProvisionedManaged", 60, "japaneast"),
        {
            "capacity-increment": _ERROR,
            "model-retired": _WARNING,
        },
    ),
    (
        "regional gpt-4.1 at ARM's 25",
        deployment("gpt-4.1", "2025-04-14", "ProvisionedManaged", 25),
        {
            "model-deprecating": _WARNING,
        },
    ),
    (
        "global mini in westus2 at 15",
        deployment("gpt-4o-mini", "2024-07-18", "GlobalProvisionedManaged", 15, "westus2"),
        {"capacity-minimum": _WARNING, "model-deprecating": _WARNING},
    ),
    ("the sample's model name", tuned(model="gpt-4omini-ft-model-name"), {"fine-tune-id": _ERROR}),
    (
        "two retirement dates in one table",
        deployment("gpt-realtime-mini", "2025-10-06"),
        {
            "model-retired": _WARNING,
        },
    ),
    (
        "Deprecated in ARM's words",
        deployment("gpt-4o-realtime-preview", "2024-12-17", region="eastus2"),
        {
            "model-retired": _ERROR,
        },
    ),
    (
        "Deprecated in the documentation's words",
        deployment("gpt-4o-mini", "2024-07-18"),
        {
            "model-deprecating": _WARNING,
        },
    ),
    ("a checkpoint at any size", tuned("ProvisionedManaged", 40, model=CHECKPOINT), {}),
]


@pytest.mark.parametrize(("reason", "one", "expected"), _ROWS, ids=[reason for reason, _, _ in _ROWS])
def test_what_a_manifest_is_told(reason: str, one: DesiredDeployment, expected: _Expected) -> None:
    assert {f.code: f.severity for f in findings(declared([one]))} == expected, reason


def test_a_fine_tuned_model_may_have_more_than_one_deployment() -> None:
    pair = [deployment(TUNED, "1", region="northcentralus", name=name) for name in ("one", "two")]
    assert findings(declared(pair)) == []


def test_ten_fine_tuned_deployments_are_the_documented_limit_of_2026() -> None:
    many = [deployment(CHECKPOINT, "1", name=f"t-{n:02}") for n in range(10)]
    assert find("too-many-deployments", *many) == []


def test_output_counts_four_input_tokens_for_models_that_once_counted_three() -> None:
    versions = {"gpt-4o": "2024-08-06", "gpt-4o-mini": "2024-07-18", "o1": "2024-12-17"}
    ratios = {name: ptu.output_ratio for name, v in versions.items() if (ptu := catalogue().ptu(name, v))}
    assert ratios == {"gpt-4o": 4, "gpt-4o-mini": 4, "o1": 4}

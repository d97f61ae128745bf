"""Regions of other clouds, what partners ask, and ids that documentation has left behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import JsonValue
from tests.unit.rules.declare import TUNED, declared, deployment, find, findings, tuned

ALL: dict[str, JsonValue] = {"industry": "finance", "organizationName": "Contoso", "countryCode": "DE"}


@pytest.mark.parametrize(
    ("region", "cloud", "codes", "reason"),
    [
        ("usgovvirginia", "AzureUSGovernment", set(), "at home"),
        ("chinaeast2", "AzureChinaCloud", set(), "at home"),
        ("eastus2", "AzureCloud", set(), "at home"),
        ("usgovvirginia", "AzureCloud", {"region-cloud"}, "Government under public"),
        ("chinaeast2", "AzureUSGovernment", {"region-cloud"}, "China under Government"),
        ("eastus2", "AzureChinaCloud", {"region-cloud"}, "public under China"),
        ("USGov Virginia", "AzureCloud", {"region-cloud"}, "in another spelling"),
        ("usgovvirginia", "emulator", set(), "the emulator takes all"),
        ("atlantis", "AzureCloud", {"unknown-region"}, "of no cloud"),
    ],
)
def test_a_region_belongs_to_one_cloud(region: str, cloud: str, codes: set[str], reason: str) -> None:
    state = declared([deployment(region=region)])
    state = replace(state, fleet=replace(state.fleet, cloud=cloud))
    spoken = {one.code for one in findings(state)}
    assert spoken & {"region-cloud", "unknown-region"} == codes, reason


@pytest.mark.parametrize(
    ("cloud", "region"),
    [
        *(
            ("AzureUSGovernment", f"us{name}")
            for name in ("govvirginia", "govarizona", "govtexas", "goviowa", "dodcentral", "dodeast")
        ),
        *(
            ("AzureChinaCloud", f"china{name}")
            for name in ("north", "north2", "north3", "east", "east2", "east3")
        ),
    ],
)
def test_every_region_of_another_cloud_is_told_with_its_cloud(cloud: str, region: str) -> None:
    [found] = find("region-cloud", deployment(region=region))
    assert f"is one of {cloud}, and" in found.message


@pytest.mark.parametrize(
    ("model_format", "data", "severities", "reason"),
    [
        ("Anthropic", ALL, [], "all three"),
        ("Anthropic", None, [Severity.ERROR], "nothing"),
        ("Anthropic", {"industry": "finance"}, [Severity.ERROR], "one of three"),
        ("Anthropic", ALL | {"industry": "space"}, [Severity.WARNING], "an industry nobody knows"),
        ("Anthropic", ALL | {"industry": "Finance"}, [Severity.WARNING], "upper case"),
        ("Anthropic", ALL | {"countryCode": "DEU"}, [Severity.WARNING], "three letters"),
        ("Anthropic", ALL | {"countryCode": "D1"}, [Severity.WARNING], "a digit"),
        ("OpenAI", None, [], "nobody asks"),
    ],
)
def test_what_a_partner_asks_is_there(
    model_format: str, data: dict[str, JsonValue] | None, severities: list[Severity], reason: str
) -> None:
    one = deployment("claude-opus-5-5", "2", model_format=model_format, provider=data)
    assert [finding.severity for finding in find("model-provider-data", one)] == severities, reason


@pytest.mark.parametrize(
    "name", [f"{TUNED}.ckpt", f"{TUNED}:ckpt-step-90", "gpt-4o-mini-2024-07-18.ft-abc.ckpt"]
)
def test_an_old_name_of_a_checkpoint_is_told_how_it_is_deployed(name: str) -> None:
    (found,) = find("fine-tune-id", tuned(model=name))
    assert found.severity is Severity.ERROR
    assert "ARM deploys it by its own id" in found.message
    assert "ftchkpt-<32 hex>" in found.fix


@pytest.mark.parametrize(
    ("suffix", "count"), [("support", 0), ("a" * 40, 0), ("a" * 41, 1), ("über", 1), ("with space", 1)]
)
def test_a_suffix_is_one_that_a_job_can_give(suffix: str, count: int) -> None:
    found = find("fine-tune-id", tuned(model=f"{TUNED}-{suffix}"))
    assert [one.severity for one in found] == [Severity.WARNING] * count

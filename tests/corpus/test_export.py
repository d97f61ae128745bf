"""What others declared is exported as a careful reader would: all that can be determined, and nothing else.

The table was written by reading the files. Those marked were put aside while the readers were written.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.errors import UsageProblem
from reconciler.export import Estate, Setting
from reconciler.export.foreign import read_file
from reconciler.export.sources.given import given_for
from reconciler.export.sources.reading import Files, estate_of

HERE = Path(__file__).parent / "templates"

Row = tuple[str, str, str, str | None, str, int]
"""Deployment, format, model, version, SKU, capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a file declares, read by a person; `account` is None where only Azure knows its name."""

    source: str
    parameters: str = ""
    values: dict[str, str] = field(default_factory=dict)
    account: str | None = None
    region: str | None = None
    rows: tuple[Row, ...]
    put_aside: bool = False


LANGGRAPH: tuple[Row, ...] = (
    ("gpt-5", "OpenAI", "gpt-5", "2025-08-07", "GlobalStandard", 1000),
    ("gpt-4o", "OpenAI", "gpt-4o", "2024-08-06", "GlobalStandard", 450),
    ("text-embedding-3-large", "OpenAI", "text-embedding-3-large", "1", "GlobalStandard", 1000),
    ("text-embedding-3-small", "OpenAI", "text-embedding-3-small", "1", "GlobalStandard", 1000),
)
TABLE: tuple[Declared, ...] = (
    Declared(
        source="foundry-private-network.json",
        account="foundrypnadisabled",
        region="eastus",
        rows=(("gpt-4o-mini", "OpenAI", "gpt-4o-mini", "2024-07-18", "GlobalStandard", 1),),
    ),
    Declared(
        source="foundry-basic-agent.json",
        region="westus",
        rows=(("gpt-4o", "OpenAI", "gpt-4o", "2024-11-20", "GlobalStandard", 30),),
    ),
    Declared(
        source="foundry-standard-agent.json",
        region="eastus",
        rows=(("gpt-4o", "OpenAI", "gpt-4o", "2024-05-13", "GlobalStandard", 1),),
    ),
    Declared(
        source="langgraph.json", values={"aiFoundryEnabled": "true"}, region="japaneast", rows=LANGGRAPH
    ),
    Declared(source="langgraph.json", parameters="langgraph.bicepparam", region="japaneast", rows=LANGGRAPH),
    Declared(
        source="langgraph.json",
        parameters="langgraph.bicepparam",
        values={"resourceToken": "abc123"},
        account="aiFoundry-abc123",
        region="japaneast",
        rows=LANGGRAPH,
    ),
    Declared(
        source="workshop-iot.json",
        parameters="workshop-iot.bicepparam",
        region="westus",
        rows=(
            ("gpt-4o", "OpenAI", "gpt-4o", "2024-05-13", "GlobalStandard", 10),
            ("gpt-4o-mini", "OpenAI", "gpt-4o-mini", "2024-07-18", "GlobalStandard", 10),
            ("text-embedding-3-small", "OpenAI", "text-embedding-3-small", "1", "Standard", 10),
        ),
        put_aside=True,
    ),
    Declared(
        source="hr-assist-agent.json",
        region="eastus",
        rows=(("gpt-4o-mini", "OpenAI", "gpt-4o-mini", "2024-07-18", "GlobalStandard", 200),),
        put_aside=True,
    ),
    Declared(
        source="contoso-ai.yaml",
        rows=(
            ("text-embedding-ada-002", "OpenAI", "text-embedding-ada-002", None, "Standard", 20),
            ("gpt-4", "OpenAI", "gpt-4o", None, "GlobalStandard", 200),
            ("gpt-4-evals", "OpenAI", "gpt-4o-mini", None, "GlobalStandard", 200),
        ),
        put_aside=True,
    ),
)


def read(source: str, parameters: str = "", values: dict[str, str] | None = None) -> Estate:
    files = Files(any_kind=(HERE / source,), parameters=(HERE / parameters,) if parameters else ())
    return estate_of(files, Setting(values=values or {}))


def rows_of(estate: Estate) -> list[Row]:
    found: list[Row] = []
    for account in estate.accounts:
        for one in account.deployments:
            properties, sku = one.resource["properties"], one.resource["sku"]
            assert isinstance(properties, dict)
            assert isinstance(sku, dict)
            model = properties["model"]
            found.append(
                (one.name, model["format"], model["name"], model.get("version"), sku["name"], sku["capacity"])
            )
            assert (one.open, one.condition, one.lost) == ({}, "", ())
    return found


@pytest.mark.parametrize("declared", TABLE, ids=lambda one: f"{one.source} {one.parameters}".strip())
def test_what_a_careful_reader_can_determine_is_exported(
    declared: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no bicep
    estate = read(declared.source, declared.parameters, declared.values)
    (account,) = estate.accounts
    assert (account.name, account.region) == (declared.account, declared.region)
    assert sorted(rows_of(estate)) == sorted(declared.rows)
    assert estate.left_out == ()


UNDETERMINED: list[tuple[str, str]] = [
    ("langgraph.json", "aiFoundryEnabled"),
    ("workshop-iot.json", "loop runs 0 times"),
    ("rag-postgres.parameters.json", "pass it as --parameters"),
    ("playgrounds.tfvars.example", "pass it as --parameters"),
    ("langgraph.bicepparam", "pass it as --parameters"),
]


@pytest.mark.parametrize(("source", "says"), UNDETERMINED)
def test_what_nobody_could_determine_says_what_is_missing(source: str, says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        read(source)


def test_the_azd_parameters_of_a_template_that_is_not_here_are_all_understood() -> None:
    """Each is a variable with or without a default; nothing in them needs more than `${NAME=default}`."""
    names = ("chatModelName", "chatDeploymentCapacity", "principalId")
    template = {
        "contentVersion": "1",
        "parameters": {"chatDeploymentCapacity": {"type": "int"}, "chatModelName": {}, "principalId": {}},
        "resources": [
            {
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "name": "a/chat",
                "tags": {name: f"[parameters('{name}')]" for name in names},
            }
        ],
    }
    file = read_file(HERE / "rag-postgres.parameters.json")
    given = given_for(template, [file], Setting(environment={"AZURE_OPENAI_CHAT_DEPLOYMENT_CAPACITY": "5"}))  # type: ignore[arg-type]
    assert given.values == {"chatDeploymentCapacity": 5, "chatModelName": "gpt-5.4"}
    assert list(given.unset) == ["chatModelName", "principalId"]

"""Azure's definition on approved models as a rule of ours: what is read, how, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run
from reconciler.errors import UsageProblem
from reconciler.manifest.load import load
from reconciler.policy.azure import approved_models, policy_document
from tests.unit.policy.build import broken, subject

GROK = "azureml://registries/azureml-xai/models/grok-4/versions/1"
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"


def assignment(**stated: Any) -> str:  # noqa: ANN401 -- JSON
    parameters = {
        "effect": {"value": stated.pop("effect", "Deny")},
        "allowedPublishers": {"value": stated.pop("publishers", ["OpenAI"])},
        "allowedAssetIds": {"value": stated.pop("assets", [GROK])},
    }
    return json.dumps({"displayName": "Approved models", "parameters": parameters, **stated})


def test_a_model_that_either_list_names_is_approved_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    document = policy_document(approved_models(assignment()), name="house", rule="approved")
    file.write_text(document, "utf-8")
    read = load([], policies=[str(file)])
    assert read.diagnostics == ()
    models = {
        "ours": subject("ours", model="gpt-5.4"),
        "listed": subject("listed", model="grok-4", version="1"),
        "other-version": subject("other-version", model="grok-4", version="2"),
        "other": subject("other", model="Llama-3.3-70B-Instruct", version="5"),
    }
    assert broken(read.policies, *models.values()) == ["other-version", "other"]


def test_the_rule_says_that_the_union_is_our_reading() -> None:
    document = policy_document(approved_models(assignment()), name="house", rule="approved")
    assert "# Our reading: a model is approved if its publisher or the model itself is listed." in document
    alone = policy_document(approved_models(assignment(assets=[])), name="house", rule="approved")
    assert "Our reading" not in alone


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ({"effect": "Deny"}, "error"),
        ({"effect": "deny"}, "error"),
        ({"effect": "Audit"}, "warning"),
        ({"effect": None}, "error"),
        ({"effect": "Deny", "enforcementMode": "DoNotEnforce"}, "warning"),
    ],
)
def test_the_effect_says_how_loud_the_rule_is(stated: dict[str, Any], severity: str) -> None:
    assert approved_models(assignment(**stated)).severity == severity


@pytest.mark.parametrize(
    ("scope", "subscription", "told"),
    [
        (SUBSCRIPTION, "11111111-1111-1111-1111-111111111111", ()),
        (f"{SUBSCRIPTION}/resourceGroups/rg", "11111111-1111-1111-1111-111111111111", ("resource group",)),
        ("/providers/Microsoft.Management/managementGroups/mg", None, ("management group",)),
    ],
)
def test_the_scope_becomes_the_subscription_that_it_is_about(
    scope: str, subscription: str | None, told: tuple[str, ...]
) -> None:
    found = approved_models(assignment(scope=scope))
    assert found.subscription == subscription
    assert all(word in note for word, note in zip(told, found.notes, strict=True))


def test_excluded_scopes_are_told_for_they_are_not_taken_over() -> None:
    assert approved_models(assignment(notScopes=["/a"])).notes == (
        "the excluded scopes (1) are not carried over",
    )


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"effect": "Deny", "allowedPublishers": ["OpenAI"], "allowedAssetIds": [GROK]}),
        json.dumps([json.loads(assignment())]),
        json.dumps({"properties": json.loads(assignment())}),
    ],
)
def test_parameters_alone_a_list_of_one_and_arms_own_form_say_the_same(text: str) -> None:
    found = approved_models(text)
    assert (found.publishers, found.models) == (("OpenAI",), ("grok-4@1",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (assignment(effect="Modify"), "unknown effect 'Modify'; known are Deny, Audit and Disabled"),
        (assignment(effect="Disabled"), "Azure judges nothing"),
        (assignment(publishers=[], assets=[]), "no model would be approved"),
        (assignment(assets=["gpt-4o"]), "names no model"),
        (assignment(publishers="OpenAI"), "must be a list of strings"),
        (assignment(publishers=["[parameters('p')]"]), "is not a name"),
        (json.dumps({"parameters": {"effect": {"value": "Deny"}}}), "not an assignment of the built-in"),
        ("[]", "a list of 0 assignments"),
        ("7", "neither an assignment nor its parameters"),
        ("{", "not JSON"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(UsageProblem, match=told.replace("(", r"\(")):
        approved_models(text)


def test_a_name_from_azure_cannot_leave_its_comment() -> None:
    document = policy_document(
        approved_models(assignment(displayName="x\nrules: []")), name="house", rule="approved"
    )
    assert document.splitlines()[0].endswith('"x\\nrules: []" of Azure\'s built-in definition')


def test_the_command_writes_the_rule_and_says_how_it_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "assignment.json"
    file.write_text(assignment(), "utf-8")
    assert run(["policy", "import", str(file), "--id", "house-models"]) == 0
    told = capsys.readouterr()
    assert "- id: house-models" in told.out
    assert "Azure does not document how they combine" in told.err
    file.write_text("[]", "utf-8")
    assert run(["policy", "import", str(file)]) == 64
    assert f"error: {file}: it is a list of 0 assignments" in capsys.readouterr().err

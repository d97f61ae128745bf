"""What plain scalars mean; rows F-113 to F-117 of the fault matrix."""

from __future__ import annotations

import pytest

from reconciler.domain.deployment import UNSET
from reconciler.domain.sku import RateUnits
from tests.unit.manifest.reading import (
    a_fleet,
    a_set,
    complete_entry,
    one_entry,
    only,
    read,
    read_all,
    state,
    the_deployment,
    underlined,
)


@pytest.mark.parametrize(
    "version",
    [
        "0613",
        "0125",
        "1106",
        "1",
        "001",
        "2024-08-06",
        "2024-13-45",
        "12:30:45",
        "1e3",
        "0x10",
        "yes",
        "1_000",
    ],
)
def test_f113_f115_a_version_is_the_text_as_written(version: str) -> None:
    fields = f"model: {{name: gpt-4.1, version: {version}}}\nsku: {{name: Standard}}"
    assert the_deployment(read(one_entry(fields))).spec.model.version == version


@pytest.mark.parametrize(("written", "amount"), [("0", 0), ("1", 1), ("50", 50), ("2147483647", 2147483647)])
def test_a_capacity_in_plain_digits_is_that_number(written: str, amount: int) -> None:
    capacity = the_deployment(read(complete_entry(capacity=written))).spec.sku.capacity
    assert capacity == RateUnits(amount)


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("1_000", "write 1000"),
        ("1,000", "write 1000"),
        ("0x10", "write 16"),
        ("0o17", "write 15"),
        ("0b11", "write 3"),
        ("010", "write 10"),
        ("+5", "write 5"),
        ("1e3", "write 1000"),
        ("10.0", "write 10"),
        ("10.5", "in digits"),
        ("1:30", "in digits"),
        ("-5", "in digits"),
        ("true", "in digits"),
        ("yes", "in digits"),
        (".nan", "in digits"),
        (".inf", "in digits"),
        ("-.inf", "in digits"),
        ("ten", "in digits"),
        ("\u0665\u0660", "in digits"),
        ('"50"', "write 50, without quotes"),
        ("'50'", "write 50, without quotes"),
        ("9" * 5_000, "in digits"),
        ("1" + "0" * 30, "in digits"),
    ],
)
def test_f114_f117_an_integer_is_plain_digits_only(written: str, fix: str) -> None:
    fields = f"model: {{name: gpt-4.1}}\nsku:\n  name: Standard\n  capacity: {written}"
    found = only(read(one_entry(fields)))
    assert found.code == "wrong-type"
    assert fix in found.fix


def test_f117_a_number_that_arm_cannot_hold_is_refused() -> None:
    found = only(read(complete_entry(capacity="2147483648")))
    assert found.code == "invalid-value"
    assert "2147483647" in found.message


@pytest.mark.parametrize(("written", "expected"), [("true", True), ("false", False)])
def test_f116_true_and_false_are_booleans(written: str, expected: bool) -> None:
    loaded = read(a_set(spec=f"adopt: {written}", deployments="{name: a, model: {name: m}, sku: {name: s}}"))
    assert state(loaded).deployments[0].adopt is expected


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("yes", "write true"),
        ("on", "write true"),
        ("True", "write true"),
        ("1", "write true"),
        ('"true"', "write true"),
        ("no", "write false"),
        ("off", "write false"),
        ("FALSE", "write false"),
        ("maybe", "write true or false"),
        ("[true]", "write true or false"),
    ],
)
def test_f116_nothing_else_is_a_boolean(written: str, fix: str) -> None:
    found = only(read(a_set(spec=f"adopt: {written}")))
    assert found.code == "wrong-type"
    assert found.fix.startswith(fix)


@pytest.mark.parametrize("null", ["", "~", "null", "Null", "NULL"])
@pytest.mark.parametrize("field", ["tags", "sku", "dynamicThrottlingEnabled", "deploymentState", "lifecycle"])
def test_f116_null_is_no_value_and_the_hint_is_to_leave_the_line_out(field: str, null: str) -> None:
    fields = f"model: {{name: gpt-4.1}}\n{field}: {null}"
    wrong = [found for found in read(one_entry(fields)).diagnostics if found.code == "wrong-type"]
    assert [found.fix.startswith("leave the line out") for found in wrong] == [True]


@pytest.mark.parametrize("null", ["~", "null", "Null", "NULL"])
@pytest.mark.parametrize(
    "field",
    [
        "versionUpgradeOption",
        "raiPolicyName",
        "spilloverDeploymentName",
        "parentDeploymentName",
        "capacitySettings",
        "serviceTier",
        "routing",
    ],
)
def test_a_null_unsets_a_field_that_arm_can_do_without(field: str, null: str) -> None:
    loaded = read(complete_entry(f"{field}: {null}"))
    assert loaded.diagnostics == ()
    assert the_deployment(loaded).spec.settings == {field: None}


def test_a_null_takes_a_tag_away_and_what_stands_below_extra_properties() -> None:
    loaded = read(complete_entry("tags: {a: null, b: x}\nextraProperties: {c: {d: ~, e: 1}}"))
    assert the_deployment(loaded).spec.tags == {"a": None, "b": "x"}
    assert the_deployment(loaded).spec.settings == {"c": {"d": None, "e": 1}}


@pytest.mark.parametrize(("written", "code"), [("", "wrong-type"), ('""', "invalid-value")])
@pytest.mark.parametrize("field", ["spilloverDeploymentName", "raiPolicyName"])
def test_no_value_and_an_empty_one_are_no_null_and_the_hint_says_how_to_unset(
    field: str, written: str, code: str
) -> None:
    found = only(read(complete_entry(f"{field}: {written}")))
    assert found.code == code
    assert "write null to un-set" in found.fix


def test_quoted_words_for_null_are_text() -> None:
    loaded = read(complete_entry('tags: {a: "null", b: "~", c: ""}'))
    assert the_deployment(loaded).spec.tags == {"a": "null", "b": "~", "c": ""}


def test_a_missing_value_is_shown_at_its_key() -> None:
    loaded = read(complete_entry("raiPolicyName:"))
    assert underlined(loaded) == "raiPolicyName"


def test_tag_values_are_the_text_as_written() -> None:
    loaded = read(complete_entry("tags: {a: 007, b: true, c: 1e3, d: 2024-01-01, e: no}"))
    expected = {"a": "007", "b": "true", "c": "1e3", "d": "2024-01-01", "e": "no"}
    assert the_deployment(loaded).spec.tags == expected


def test_extra_properties_are_typed_as_yaml_1_2_types_plain_scalars() -> None:
    fields = """
        extraProperties:
          a: {int: 5, negative: -5, float: 1.5, exponent: 1e3, yes: true, no: False, nothing: ~, empty: }
          b: ["5", yes, 0613, 0x10, 2024-08-06, text]
        """
    settings = the_deployment(read(complete_entry(fields))).spec.settings
    assert settings == {
        "a": {
            "int": 5,
            "negative": -5,
            "float": 1.5,
            "exponent": 1000.0,
            "yes": True,
            "no": False,
            "nothing": None,
            "empty": None,
        },
        "b": ["5", "yes", 613, "0x10", "2024-08-06", "text"],
    }


def test_f117_numbers_beyond_json_are_refused_in_extra_properties() -> None:
    found = only(read(complete_entry("extraProperties: {a: 1e999}")))
    assert found.code == "invalid-value"


@pytest.mark.parametrize(("written", "amount"), [("0", 0.0), ("30", 30.0), ("12.5", 12.5), ("100", 100.0)])
def test_a_percentage_may_have_decimals(written: str, amount: float) -> None:
    loaded = read(a_fleet(f"guards: {{maxDeletePercent: {written}}}"))
    assert state(loaded).fleet.guards.max_delete_percent == amount


@pytest.mark.parametrize(
    ("written", "code"),
    [("101", "invalid-value"), ("30%", "wrong-type"), ("-1", "wrong-type"), (".nan", "wrong-type")],
)
def test_a_percentage_is_between_0_and_100(written: str, code: str) -> None:
    assert only(read(a_fleet(f"guards: {{maxDeletePercent: {written}}}"))).code == code


def test_a_field_that_is_not_stated_is_unset() -> None:
    spec = the_deployment(read(one_entry("model: {name: gpt-4.1}\nsku: {name: Standard}"))).spec
    unstated = (spec.tags, spec.model.version, spec.sku.capacity, spec.text("raiPolicyName"))
    assert all(value is UNSET for value in unstated)
    assert spec.model.format == "OpenAI"


def test_documents_without_content_declare_nothing() -> None:
    assert state(read_all("# only a comment\n", "", a_fleet("cloud: emulator"), "\n")).deployments == ()

"""Laws that every rule keeps, and how severities are laid over them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Provenance, Severity, choice, listing
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, Fleet
from reconciler.domain.ids import DeploymentId
from reconciler.manifest import rules
from tests.unit.rules.cases import every_case
from tests.unit.rules.declare import (
    TODAY,
    account_id,
    declared,
    deployment,
    find,
    findings,
    source,
    tuned,
)

# One deployment set per rule that must make it speak; a new rule without an entry fails the law below.
_SPEAKS: dict[str, tuple[DesiredDeployment, ...]] = {
    "deployment-name": (deployment(name="my chat"),),
    "account-name": (deployment(account=account_id("my account")),),
    "unknown-sku": (deployment(sku="Hyper"),),
    "sku-alias": (tuned("ProvisionedStandard", 25),),
    "unknown-model": (deployment("gpt-4o-mni"),),
    "unknown-model-version": (deployment("gpt-4o", "2024-08-16"),),
    "model-provider-data": (
        deployment("claude-opus-5-5", "2", model_format="Anthropic", provider={"industry": "finance"}),
    ),
    "region-cloud": (deployment(region="usgovvirginia"),),
    "model-version-missing": (deployment(version=None),),
    "sku-not-offered": (deployment("whisper", "001", "GlobalStandard"),),
    "region-not-offered": (deployment("gpt-4o", "2024-11-20", "Standard", region="canadacentral"),),
    "unknown-region": (deployment(region="atlantis"),),
    "capacity-missing": (deployment(capacity=None),),
    "capacity-minimum": (deployment("gpt-4o", "2024-11-20", "ProvisionedManaged", 25),),
    "capacity-increment": (tuned("ProvisionedManaged", 40),),
    "capacity-maximum": (deployment("gpt-4o", "2024-11-20", "ProvisionedManaged", 30050),),
    "capacity-not-allowed": (deployment("Phi-4", "7", "GlobalStandard", 10, model_format="Microsoft"),),
    "fine-tune-region": (tuned("ProvisionedManaged", 25, "switzerlandwest"),),
    "fine-tune-sku": (tuned("DeveloperTier"),),
    "fine-tune-id": (tuned(model="gpt-4omini-ft-model-name"),),
    "source-missing": (tuned(region="westus2"),),
    "source-needless": (deployment(origin=source()),),
    "source-tenant": (tuned(origin=source()),),
    "source-same-account": (tuned(origin=source("aoai-contoso", "11111111-1111-1111-1111-111111111111")),),
    "spillover-missing": (deployment(spillover="overflow"),),
    "spillover-self": (deployment(spillover="chat"),),
    "spillover-sku": (deployment(spillover="overflow"),),
    "spillover-model": (
        deployment(sku="GlobalProvisionedManaged", capacity=15, spillover="overflow"),
        deployment("gpt-4o", "2024-11-20", name="overflow"),
    ),
    "parent-missing": (deployment(parent="root"),),
    "model-retired": (deployment("gpt-5-chat", "2025-08-07"),),
    "model-deprecating": (deployment("gpt-4o-mini", "2024-07-18"),),
    "model-retiring-soon": (deployment("whisper", "001", "Standard"),),
    "too-many-deployments": tuple(deployment(name=f"d-{n:02}") for n in range(33)),
    "upgrade-conflict": (deployment(upgrade="OnceCurrentVersionExpired"),),
    "developer-tier-expires": (tuned("DeveloperTier"),),
    "tag-limits": (deployment(tags={"a/b": "c"}),),
    "api-version-field": (deployment(tier="Priority"),),
    "reference-cycle": (deployment(name="aa", parent="bb"), deployment(name="bb", parent="aa")),
}
_EVERY = [rule.code for rule in rules.RULES]


def test_every_rule_has_a_case_that_makes_it_speak() -> None:
    assert set(_SPEAKS) == set(_EVERY)


@pytest.mark.parametrize("code", _EVERY)
def test_every_rule_speaks_in_full(code: str) -> None:
    found = find(code, *_SPEAKS[code])
    assert found
    for finding in found:
        assert finding.message
        assert finding.label
        assert finding.source
        assert finding.fix
        assert finding.place is not None
        assert not finding.message.endswith(".")


def test_no_rule_speaks_about_a_sound_set() -> None:
    sound = [
        deployment(),
        deployment(
            "gpt-5.4-mini", "2026-03-17", "GlobalProvisionedManaged", 15, name="big", spillover="chat"
        ),
        tuned("ProvisionedManaged", 25),
        tuned(
            "GlobalStandard",
            origin=source(tenant="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"),
            name="tuned-elsewhere",
        ),
    ]
    assert findings(declared(sound)) == []


def test_nothing_is_found_in_nothing() -> None:
    assert findings(DesiredState(fleet=Fleet())) == []


@pytest.mark.parametrize("code", _EVERY)
def test_an_override_sets_the_severity_of_every_finding(code: str) -> None:
    for wanted in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        state = declared(_SPEAKS[code], overrides={code: wanted})
        assert {finding.severity for finding in findings(state, code)} == {wanted}


@pytest.mark.parametrize("code", _EVERY)
def test_a_rule_that_is_off_is_silent_and_the_others_are_not(code: str) -> None:
    state = declared(_SPEAKS[code], overrides={code: Severity.OFF})
    others = [finding for finding in findings(declared(_SPEAKS[code])) if finding.code != code]
    assert findings(state) == others


def test_asking_for_errors_alone_finds_every_error() -> None:
    for case in every_case():
        found = rules.check(case.state, catalogue(), case.today)
        errors = rules.check(case.state, catalogue(), case.today, errors_only=True)
        assert _errors(errors) == _errors(found), case.title


def test_a_warning_that_the_fleet_calls_an_error_is_found_among_the_errors() -> None:
    state = declared(_SPEAKS["sku-alias"], overrides={"sku-alias": Severity.ERROR})
    found = rules.check(state, catalogue(), TODAY, errors_only=True)
    assert "sku-alias" in {one.code for one in found}
    quiet = rules.check(declared(_SPEAKS["sku-alias"]), catalogue(), TODAY, errors_only=True)
    assert "sku-alias" not in {one.code for one in quiet}


def _errors(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [one for one in found if one.severity is Severity.ERROR]


def test_given_severities_replace_those_of_the_fleet() -> None:
    state = declared(_SPEAKS["sku-alias"], overrides={"sku-alias": Severity.OFF})
    found = rules.check(state, catalogue(), TODAY, severities={"sku-alias": Severity.ERROR})
    assert [finding.severity for finding in found if finding.code == "sku-alias"] == [Severity.ERROR]


# The alias is read from the text as written, so without a text there is nothing to say about it.
@pytest.mark.parametrize("code", [code for code in _EVERY if code != "sku-alias"])
def test_deployments_without_any_text_behind_them_are_judged_too(code: str) -> None:
    bare = [
        DesiredDeployment(
            id=d.id, spec=d.spec, lifecycle=d.lifecycle, region=d.region, provenance=Provenance()
        )
        for d in _SPEAKS[code]
    ]
    state = declared(bare)
    assert findings(state, code)


def test_findings_do_not_depend_on_the_order_of_declaration() -> None:
    every = [d for group in _SPEAKS.values() for d in group[:2]]
    unique = list({d.id: d for d in every}.values())
    assert findings(declared(unique)) == findings(declared(unique[::-1]))


@pytest.mark.parametrize("code", _EVERY)
def test_what_others_declare_hides_no_finding(code: str) -> None:
    elsewhere = account_id("aaaa")
    others = [d for other, group in _SPEAKS.items() if other != code for d in group[:2]]
    silent = [one for one in others if not find(code, one)]
    before = [replace(one, id=DeploymentId(account=elsewhere, name=f"d-{n}")) for n, one in enumerate(silent)]
    together = find(code, *before, *_SPEAKS[code])
    assert [finding for finding in find(code, *_SPEAKS[code]) if finding not in together] == []


def test_every_code_of_the_program_is_explained() -> None:
    for code in rules.CODES:
        explanation = rules.explain(code)
        assert explanation is not None
        assert explanation.code == code
        assert len(explanation.text) > 80
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert rules.explain("no-such-code") is None


def test_structural_codes_and_rules_do_not_overlap() -> None:
    structural = {code for code in rules.CODES if (e := rules.explain(code)) and e.structural}
    assert structural.isdisjoint(_EVERY)
    assert structural | set(_EVERY) == rules.CODES
    assert len(_EVERY) == len(set(_EVERY))


def test_every_rule_is_a_function_of_its_own_name() -> None:
    assert [one.find.__name__.replace("_", "-") for one in rules.RULES] == _EVERY


def test_every_declared_rule_is_in_the_register() -> None:
    folder = Path(rules.__file__).parent
    written = [line for path in folder.glob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert sum(line.startswith("@rule(") for line in written) == len(rules.RULES)


def test_every_rule_has_a_bad_manifest() -> None:
    folder = Path(__file__).parents[2] / "manifests" / "bad"
    assert [code for code in _EVERY if not list(folder.glob(f"{code}*.yaml"))] == []


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcdefgh"), "a, b, c, d, e, f and 2 more"),
    ],
)
def test_long_lists_are_cut_and_counted(names: list[str], text: str) -> None:
    assert listing(names) == text


def test_choices_name_the_first_few() -> None:
    assert [choice(list("abcd")[:n]) for n in range(5)] == ["", "a", "a or b", "a, b or c", "a, b or c"]


@pytest.mark.parametrize("code", [one.code for one in rules.RULES if one.by_entry])
def test_where_an_entry_alone_decides_each_that_says_the_same_is_told_of(code: str) -> None:
    """One is asked for all that say the same; what is found is still found of every one, and in order."""
    wrong, sound = _SPEAKS[code][0], deployment(name="sound")
    many = [
        replace(
            one,
            id=replace(one.id, name=f"{one.id.name}-{number}"),
            provenance=Provenance(
                layers=tuple(
                    replace(layer, place=replace(layer.place, route=("spec", "deployments", number)))
                    for layer in one.provenance.layers
                )
            ),
        )
        for number, one in enumerate([wrong, sound, sound, wrong, sound, wrong])
    ]
    alone = [found for one in many for found in findings(declared([one]), code)]
    assert len(alone) % 3 == 0
    assert alone
    assert findings(declared(many), code) == alone

"""Edges that whole declarations seldom meet: the last day, the second of two, the nearest of three."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reconciler.catalogue.facts import LifecycleFacts, Sizes, Source, Stage
from reconciler.catalogue.load import catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Severity, did_you_mean
from reconciler.domain.fleet import Retirement
from reconciler.domain.ids import Region
from reconciler.manifest.rules.capacity import SizeFault, _fault
from reconciler.manifest.rules.lifecycle import Life
from reconciler.manifest.rules.region import nearest_first
from tests.manifests.checking import check_text
from tests.unit.rules.declare import CHECKPOINT, TODAY, TUNED, declared, deployment, find, findings, tuned

SOURCE = Source(id="a", title="one table", as_of="2026-09")
OTHER = Source(id="b", title="ARM's list", as_of="2026-04")


def sizes(minimum: int, step: int, maximum: int | None = None) -> Sizes:
    return Sizes(minimum=minimum, step=step, maximum=maximum, default=None, unit=None, source=SOURCE)


@pytest.mark.parametrize(
    ("these", "capacity", "fault", "reason"),
    [
        (sizes(15, 5), 15, None, "the minimum fits"),
        (sizes(15, 5), 14, SizeFault.MINIMUM, "one less does not"),
        (sizes(15, 5), 0, SizeFault.MINIMUM, "nothing is less than the minimum"),
        (sizes(15, 5), 16, SizeFault.INCREMENT, "between two sizes"),
        (sizes(15, 5, 100), 100, None, "the maximum fits"),
        (sizes(15, 5, 100), 105, SizeFault.MAXIMUM, "the next size is over the maximum"),
        (sizes(15, 5, 98), 98, SizeFault.INCREMENT, "a maximum that is no size is not over itself"),
        (sizes(15, 5, 98), 99, SizeFault.MAXIMUM, "one more is"),
        (sizes(1, 1, 1), 1, None, "the one size fits"),
        (sizes(1, 1, 1), 2, SizeFault.NOT_ALLOWED, "there is only one size"),
        (sizes(1, 1, 1), 0, SizeFault.MINIMUM, "and none is less than one"),
        (
            replace(sizes(25, 50), rivals=(sizes(50, 50),), contested=True),
            75,
            SizeFault.INCREMENT,
            "one of two",
        ),
        (replace(sizes(25, 25), rivals=(sizes(50, 50),), contested=True), 50, None, "both of two"),
        (replace(sizes(25, 25), rivals=(sizes(50, 50),)), 75, None, "a lesser rival refuses"),
    ],
)
def test_in_which_way_a_capacity_is_no_size(
    these: Sizes, capacity: int, fault: SizeFault | None, reason: str
) -> None:
    assert _fault(these, capacity) is fault, reason


def test_the_limit_of_one_deployment_holds_for_each_of_many() -> None:
    small = deployment("gpt-99", "1", "GlobalProvisionedManaged", 15, name="aa")
    large = deployment("gpt-99", "1", "GlobalProvisionedManaged", 100_001, name="zz")
    assert len(find("capacity-maximum", small, large)) == 1


def test_regions_come_by_geography_then_by_data_zone() -> None:
    regions = [Region(name) for name in ("westus", "uksouth", "francecentral", "swedencentral", "japaneast")]
    near = nearest_first(catalogue(), Region("swedencentral"), regions)
    assert [one.name for one in near] == ["swedencentral", "francecentral", "japaneast", "uksouth", "westus"]


def test_a_region_of_the_data_zone_comes_before_others_whatever_its_name() -> None:
    regions = [Region(name) for name in ("brazilsouth", "germanywestcentral", "swedencentral")]
    near = nearest_first(catalogue(), Region("swedencentral"), regions)
    assert [one.name for one in near] == ["swedencentral", "germanywestcentral", "brazilsouth"]


def test_regions_nobody_knows_are_far_and_near_nothing() -> None:
    regions = [Region(name) for name in ("westus", "atlantis", "eastus")]
    near = nearest_first(catalogue(), Region("eastus2"), regions)
    assert [one.name for one in near] == ["eastus", "westus", "atlantis"]
    lost = nearest_first(catalogue(), Region("atlantis"), [Region("westus"), Region("eastus")])
    assert [one.name for one in lost] == ["eastus", "westus"]


def test_two_regions_without_a_data_zone_share_none() -> None:
    regions = [Region(name) for name in ("uksouth", "brazilsouth", "canadaeast")]
    near = nearest_first(catalogue(), Region("canadacentral"), regions)
    assert [one.name for one in near] == ["canadaeast", "brazilsouth", "uksouth"]


@pytest.mark.parametrize(
    ("fail", "today", "severity", "reason"),
    [
        (1, date(2026, 12, 14), Severity.ERROR, "one day is within one day"),
        (21, TODAY, Severity.ERROR, "the last day counts"),
        (20, TODAY, Severity.WARNING, "a day earlier does not"),
        (0, date(2026, 12, 14), Severity.WARNING, "0 never fails"),
    ],
)
def test_from_which_day_a_retirement_fails(fail: int, today: date, severity: Severity, reason: str) -> None:
    limits = Retirement(fail_within_days=fail)
    state = declared([deployment("whisper", "001", "Standard")], retirement=limits)
    (found,) = findings(state, "model-retiring-soon", today)
    assert found.severity is severity, reason


def life(**changes: object) -> Life:
    facts = LifecycleFacts(
        stage=Stage.GA,
        retires=date(2027, 1, 1),
        disputed_with=date(2027, 2, 2),
        successor="gpt-next",
        source=SOURCE,
        arm_status=None,
        arm_retires=date(2027, 3, 3),
        arm_source=OTHER,
    )
    one = deployment()
    made = Life(deployment=one, what=subject(one.spec.model, catalogue()), facts=facts, successor=facts)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_every_other_date_that_was_said_is_told() -> None:
    assert life().source == (
        "one table, 2026-09 (the same table also says 2027-02-02; ARM's list, 2026-04 said 2027-03-03)"
    )


def test_nobody_is_sent_to_a_successor_from_its_last_day_on() -> None:
    assert life().fix(date(2026, 12, 31)) == "move to gpt-next"
    assert life().fix(date(2027, 1, 1)) == (
        "move to a newer model: gpt-next, which the table names, was to retire on 2027-01-01"
    )
    assert life(successor=None).fix(date(2030, 1, 1)) == "move to gpt-next"
    without = replace(life().facts, successor=None)
    assert life(facts=without).fix(TODAY) == "move to a newer version or model"


def test_a_base_of_which_nothing_is_listed_is_told_so() -> None:
    o3 = TUNED.replace("gpt-4o-mini-2024-07-18", "o3-mini-2025-01-31")
    (found,) = find("fine-tune-sku", tuned(model=o3))
    assert found.severity is Severity.WARNING
    assert found.message == "no source lists a SKU for fine-tuned `o3-mini` 2025-01-31"
    assert found.fix == "check that the base can be fine-tuned"
    other = tuned("GlobalProvisionedManaged", 15)
    assert len(find("fine-tune-sku", tuned(model=o3), replace(other, id=deployment(name="zz").id))) == 2


@pytest.mark.parametrize(
    ("name", "reason", "fix"),
    [
        ("a/", "it contains '/'", "write a-"),
        ("x" * 63 + "/", "it contains '/'", f"write {'x' * 63}-"),
        ("-ab", "it begins with '-'", "write ab"),
        ("_", "it has 1 character, 2 to 64 are allowed", "write chat-1"),
        ("a b/c d", "it contains ' ' '/'", "write a-b-c-d"),
    ],
)
def test_why_a_name_cannot_be_and_what_could(name: str, reason: str, fix: str) -> None:
    (found,) = find("deployment-name", deployment(name=name))
    assert found.message == f"`{name}` cannot name a deployment: {reason}"
    assert found.fix == fix


SET = """\
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account: {subscription: 11111111-1111-1111-1111-111111111111, resourceGroup: rg, name: aoai-contoso}
  deployments:
    - name: aa
      model: {name: gpt-5.4, verison: "2026-03-05"}
      sku: {name: GlobalStandard, capcity: 10}
    - name: bb
      model: {name: gpt-5.4-mini}
      sku: {name: GlobalStandard}
"""


def test_a_misspelt_field_is_not_also_missing_and_hides_no_other() -> None:
    found = [(one.code, one.message) for one in check_text(SET).findings]
    assert sum(code == "unknown-field" for code, _ in found) == 2
    missing = [message for code, message in found if code == "model-version-missing"]
    assert len(missing) == 1
    assert "gpt-5.4-mini" in missing[0]
    assert sum(code == "capacity-missing" for code, _ in found) == 1


@pytest.mark.parametrize(
    ("meant", "near", "fix"),
    [
        ("a", ("b",), "did you mean a?"),
        (None, (), ""),
        (None, ("b",), "the nearest known is b"),
        (None, ("b", "c"), "the nearest known are b and c"),
    ],
)
def test_hints_name_what_was_meant_or_what_is_near(
    meant: str | None, near: tuple[str, ...], fix: str
) -> None:
    assert did_you_mean(meant, near) == fix


@pytest.mark.parametrize(
    ("here", "there", "severity", "label", "reason"),
    [
        (("gpt-5.4", "a"), ("gpt-5.4", "b"), Severity.WARNING, "not quite the same model", "versions"),
        (("gpt-5.4", "a"), ("GPT-5.4", "a"), None, "", "the same in other case"),
        (("gpt-5.4", "a"), ("gpt-5.4", None), None, "", "one leaves its version to the service"),
        ((CHECKPOINT, "1"), ("gpt-5.4", "a"), Severity.WARNING, "not quite the same model", "no base here"),
        (("gpt-5.4", "a"), (CHECKPOINT, "1"), Severity.WARNING, "not quite the same model", "no base there"),
        ((TUNED, "1"), ("gpt-4o-mini", "a"), Severity.WARNING, "not quite the same model", "tuned and base"),
        (("gpt-5.4", "a"), ("gpt-5.1", "a"), Severity.ERROR, "serves another model", "another model"),
    ],
)
def test_how_bad_it_is_to_spill_over_to_another_model(
    here: tuple[str, str | None],
    there: tuple[str, str | None],
    severity: Severity | None,
    label: str,
    reason: str,
) -> None:
    sku = "GlobalProvisionedManaged"
    pair = (
        deployment(*here, sku, 15, name="chat", spillover="to"),
        deployment(*there, name="to"),
    )
    before = deployment(*there, sku, 15, name="ab", spillover="to")
    found = [one for one in find("spillover-model", before, *pair) if "`chat` serves" in one.message]
    wanted = [] if severity is None else [(severity, label)]
    assert [(one.severity, one.label) for one in found] == wanted, reason


@pytest.mark.parametrize("sku", ["Provisioned", "Provisioned_Image", "Provisioned_MultiModal", "LowPriority"])
def test_skus_that_arm_lists_but_does_not_offer_are_no_slips(sku: str) -> None:
    (found,) = find("unknown-sku", deployment(sku=sku))
    assert found.severity is Severity.WARNING
    assert found.message.startswith(
        f"SKU `{sku}` is listed by ARM but not offered to the public; the public "
    )


@pytest.mark.parametrize("character", "<>%&\\?/")
def test_no_tag_name_has_one_of_these(character: str) -> None:
    (found,) = find("tag-limits", deployment(tags={f"a{character}b": "c"}))
    assert found.message == f"tag name `a{character}b` contains {character}"
    assert find("tag-limits", deployment(tags={"a~b": "c"})) == []

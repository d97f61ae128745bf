"""What the catalogue answers, and that it answers None where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reconciler.catalogue.facts import Source, Stage
from reconciler.catalogue.load import catalogue
from reconciler.domain.deployment import UNSET
from reconciler.domain.ids import Region
from reconciler.domain.sku import KNOWN_SKUS, SkuName

CATALOGUE = catalogue()


@pytest.mark.parametrize(
    ("model", "version", "sku", "range_", "reason"),
    [
        ("gpt-4o-mini", "2024-07-18", "ProvisionedManaged", (25, 25), "ARM and documentation agree"),
        ("gpt-4o", "2024-08-06", "ProvisionedManaged", (50, 50), "ARM and documentation agree"),
        ("gpt-4o", "2024-08-06", "GlobalProvisionedManaged", (15, 5), "global sizes are finer"),
        ("gpt-4.1", "2025-04-14", "ProvisionedManaged", (25, 25), "ARM outranks documentation's 50/50"),
        ("Llama-3.3-70B-Instruct", "9", "GlobalProvisionedManaged", (100, 100), "only documented"),
        ("gpt-4o", "2024-11-20", "GlobalStandard", (1, 1), "ARM gives no range for standard SKUs"),
    ],
)
def test_sizes_follow_the_order_of_authority(
    model: str, version: str, sku: str, range_: tuple[int, int], reason: str
) -> None:
    sizes = CATALOGUE.offer(model, version, SkuName(sku))
    assert sizes is not None, reason
    assert (sizes.minimum, sizes.step) == range_, reason


def test_what_arm_overrules_is_still_told() -> None:
    sizes = CATALOGUE.offer("gpt-4.1", "2025-04-14", SkuName("ProvisionedManaged"))
    assert sizes is not None
    assert sizes.source.live
    assert "50 in steps of 50" in sizes.note


def test_tables_of_equal_standing_stay_rivals() -> None:
    sizes = CATALOGUE.offer("o1", "2024-12-17", SkuName("ProvisionedManaged"))
    assert sizes is not None
    assert sizes.contested
    assert [(s.minimum, s.step) for s in (sizes, *sizes.rivals)] == [(25, 50), (50, 50)]


def test_one_region_can_have_other_sizes_than_the_rest() -> None:
    sku = SkuName("GlobalProvisionedManaged")
    there = CATALOGUE.offer("gpt-4o-mini", "2024-07-18", sku, Region("West US 2"))
    elsewhere = CATALOGUE.offer("gpt-4o-mini", "2024-07-18", sku, Region("eastus2"))
    assert there is not None
    assert elsewhere is not None
    assert (there.minimum, there.step) == (25, 25)
    assert (elsewhere.minimum, elsewhere.step) == (15, 5)
    assert there.rivals == (elsewhere,)
    assert not there.contested


def test_names_versions_and_regions_are_compared_without_case() -> None:
    assert CATALOGUE.model("GPT-4O-MINI") == CATALOGUE.model("gpt-4o-mini")
    assert CATALOGUE.region("East US 2") == CATALOGUE.region("EASTUS2")
    assert CATALOGUE.lifecycle("gpt-4", "1106-PREVIEW") == CATALOGUE.lifecycle("gpt-4", "1106-Preview")
    assert CATALOGUE.lifecycle("gpt-4", "1106-PREVIEW") is not None


def test_what_is_not_known_is_none() -> None:
    nowhere = SkuName("GlobalStandard")
    assert CATALOGUE.model("gpt-99") is None
    assert CATALOGUE.offer("gpt-99", "1", nowhere) is None
    assert CATALOGUE.offer("gpt-4o", "2031-01-01", nowhere) is None
    assert CATALOGUE.offer("gpt-4o", "2024-11-20", SkuName("Hyper")) is None
    assert CATALOGUE.skus_for("gpt-99", "1") is None
    assert CATALOGUE.regions_for("gpt-99", "1", nowhere) is None
    assert CATALOGUE.fine_tune_skus("gpt-5", "2025-08-07") is None
    assert CATALOGUE.lifecycle("gpt-99", "1") is None
    assert CATALOGUE.ptu("whisper", "001") is None
    assert CATALOGUE.region("atlantis") is None
    assert CATALOGUE.sku(SkuName("Hyper")) is None


def test_a_model_with_sizes_but_no_list_of_skus_has_unknown_skus() -> None:
    assert CATALOGUE.offer("gpt-6-sol", "2026-09-22", SkuName("GlobalProvisionedManaged")) is not None
    assert CATALOGUE.skus_for("gpt-6-sol", "2026-09-22") is None


def test_a_refusal_in_a_table_is_a_fact() -> None:
    refused = CATALOGUE.refuses("Llama-3.3-70B-Instruct", "9", SkuName("ProvisionedManaged"))
    assert refused is not None
    assert CATALOGUE.refuses("Llama-3.3-70B-Instruct", "9", SkuName("GlobalStandard")) is None


def test_a_hint_of_a_later_snapshot_makes_missing_skus_doubtful() -> None:
    assert CATALOGUE.doubtful("gpt-5.1-codex-max", "2025-12-04", SkuName("DataZoneStandard"))
    assert not CATALOGUE.doubtful("gpt-5.1-codex-max", "2025-12-04", SkuName("GlobalBatch"))
    assert not CATALOGUE.doubtful("whisper", "001", SkuName("GlobalStandard"))


def test_absence_is_known_only_where_lists_are_complete() -> None:
    documented = CATALOGUE.regions_for("gpt-4o", "2024-11-20", SkuName("Standard"))
    assert documented is not None
    assert documented.absent(Region("swedencentral")) is False
    assert documented.absent(Region("canadacentral")) is True
    recorded = CATALOGUE.regions_for("gpt-oss-120b", "1", SkuName("DataZoneStandard"))
    assert recorded is not None
    assert recorded.absent(Region("eastus2")) is False
    assert recorded.absent(Region("swedencentral")) is True
    assert recorded.absent(Region("uksouth")) is None


def test_fine_tuned_offers_are_apart_from_those_of_the_base() -> None:
    sku = SkuName("GlobalStandard")
    base = CATALOGUE.unit("gpt-4o-mini", "2024-07-18", sku)
    tuned = CATALOGUE.unit("gpt-4o-mini", "2024-07-18", sku, fine_tuned=True)
    assert base is not None
    assert tuned is not None
    assert (base.requests_per_minute, tuned.requests_per_minute) == (10, 6)


def test_regional_provisioned_has_the_sizes_of_the_base_for_fine_tuned_models() -> None:
    sku = SkuName("ProvisionedManaged")
    base = CATALOGUE.offer("gpt-4o-mini", "2024-07-18", sku)
    tuned = CATALOGUE.offer("gpt-4o-mini", "2024-07-18", sku, fine_tuned=True)
    assert base is not None
    assert tuned is not None
    assert (tuned.minimum, tuned.step) == (base.minimum, base.step)


def test_the_newest_table_of_fine_tuned_regions_counts() -> None:
    where = CATALOGUE.fine_tune_regions("gpt-4o", "2024-08-06", SkuName("ProvisionedManaged"))
    assert where is not None
    assert [region.name for region in where.regions] == ["northcentralus", "swedencentral"]
    everywhere = CATALOGUE.fine_tune_regions("gpt-4o", "2024-08-06", SkuName("GlobalStandard"))
    assert everywhere is not None
    assert len(everywhere.regions) > 25


def test_developer_tier_is_for_the_four_bases_that_arm_lists() -> None:
    developer = SkuName("DeveloperTier")
    bases = {
        name
        for name in CATALOGUE.models()
        for version in CATALOGUE.versions(name)
        if developer in (CATALOGUE.fine_tune_skus(name, version) or ())
    }
    assert bases == {"gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o4-mini"}


@pytest.mark.parametrize(
    ("model", "version", "sku", "tokens", "requests"),
    [
        ("o1", "2024-12-17", "GlobalStandard", 6000, 1),
        ("o3-mini", "2025-01-31", "GlobalStandard", 10000, 1),
        ("gpt-4o", "2024-08-06", "Standard", 1000, 6),
        ("gpt-4o", "2024-08-06", "GlobalStandard", 1000, 10),
        ("whisper", "001", "Standard", None, 1),
    ],
)
def test_one_unit_of_capacity_differs_by_model_and_sku(
    model: str, version: str, sku: str, tokens: int | None, requests: int | None
) -> None:
    unit = CATALOGUE.unit(model, version, SkuName(sku))
    assert unit is not None
    assert (unit.tokens_per_minute, unit.requests_per_minute) == (tokens, requests)


def test_the_newest_document_gives_the_date_and_arm_stays_beside_it() -> None:
    life = CATALOGUE.lifecycle("gpt-4o", "2024-08-06", SkuName("Standard"))
    assert life is not None
    assert life.stage is Stage.DEPRECATED
    assert life.retires == date(2027, 4, 14)
    assert life.arm_retires == date(2026, 3, 31)
    assert life.arm_status == "Deprecating"


def test_deprecated_in_arms_words_is_retired() -> None:
    life = CATALOGUE.lifecycle("gpt-35-turbo", "0613")
    assert life is not None
    assert life.arm_status == "Deprecated"
    assert life.stage is Stage.RETIRED


def test_of_two_dates_in_one_table_the_earlier_counts() -> None:
    life = CATALOGUE.lifecycle("gpt-realtime-mini", "2025-10-06")
    assert life is not None
    assert (life.retires, life.disputed_with) == (date(2026, 9, 21), date(2027, 4, 6))
    assert life.also_said == "the same table also says 2027-04-06"


def test_another_table_that_says_another_date_is_named() -> None:
    life = CATALOGUE.lifecycle("gpt-realtime-mini", "2025-10-06")
    assert life is not None
    other = Source(id="other", title="another table", as_of="2026-05-01")
    assert replace(life, disputed_source=other).also_said == "another table, 2026-05-01 says 2027-04-06"
    assert replace(life, disputed_source=None).also_said == "the same table also says 2027-04-06"
    assert replace(life, disputed_with=None).also_said == ""


def test_fine_tuned_models_outlive_their_base() -> None:
    base = CATALOGUE.lifecycle("gpt-4o", "2024-08-06")
    tuned = CATALOGUE.lifecycle("gpt-4o", "2024-08-06", fine_tuned=True)
    assert base is not None
    assert tuned is not None
    assert tuned.retires == date(2027, 10, 1)
    assert base.retires is not None
    assert base.retires < tuned.retires


def test_throughput_counts_output_as_the_newest_table_says() -> None:
    ptu = CATALOGUE.ptu("gpt-4o-mini", "2024-07-18")
    assert ptu is not None
    assert (ptu.input_tpm, ptu.output_ratio, ptu.cached_weight) == (37000, 4, 0)


def test_newest_models_weigh_tokens_by_class() -> None:
    ptu = CATALOGUE.ptu("gpt-6-sol", "2026-09-22")
    assert ptu is not None
    assert ptu.output_ratio is None
    assert ptu.weights is not None
    assert (ptu.weights.cached_input, ptu.weights.output) == (0.1, 5)
    assert ptu.long_context_weights is not None


def test_without_a_version_the_default_one_speaks() -> None:
    model = CATALOGUE.model("gpt-4o-mini")
    assert model is not None
    assert model.default_version == "2024-07-18"
    sku = SkuName("ProvisionedManaged")
    assert CATALOGUE.offer("gpt-4o-mini", UNSET, sku) == CATALOGUE.offer("gpt-4o-mini", "2024-07-18", sku)


def test_data_zones_of_documentation_are_kept_apart_from_geography() -> None:
    zones = {name: (fact.data_zone if (fact := CATALOGUE.region(name)) else "?") for name in _ZONES}
    assert zones == _ZONES


_ZONES = {"eastus2": "US", "swedencentral": "EU", "japaneast": "APAC", "uksouth": None, "northeurope": None}


def test_every_public_sku_has_a_fact_and_only_some_take_fine_tuned_models() -> None:
    facts = [CATALOGUE.sku(SkuName(name)) for name in KNOWN_SKUS]
    assert all(fact is not None for fact in facts)
    tuned = {fact.sku.name for fact in facts if fact is not None and fact.fine_tuned}
    assert tuned == {"Standard", "GlobalStandard", "ProvisionedManaged", "DeveloperTier"}


def test_limits_carry_their_source() -> None:
    limit = CATALOGUE.limit("max-ptu-per-deployment")
    assert limit.value == 100_000
    assert limit.source.as_of == "2026-07-15"


def test_the_catalogue_is_read_once() -> None:
    assert catalogue() is catalogue()

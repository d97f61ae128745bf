"""ARM's own lists over the shipped catalogue: they add and correct, and take nothing away."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reconciler.arm.wire import offers
from reconciler.catalogue.load import catalogue, catalogue_with
from reconciler.catalogue.overlay import Overlay, read_overlay, to_document
from reconciler.catalogue.query import Catalogue
from reconciler.domain.ids import Region
from reconciler.domain.platform import Replacement
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Offer
from reconciler.errors import UsageProblem

RECORDINGS = Path(__file__).parents[2] / "recordings"
HERE, STANDARD, PTU = Region("swedencentral"), SkuName("Standard"), SkuName("ProvisionedManaged")
OFFER = Offer(
    model_format="OpenAI",
    model_name="gpt-4.1",
    model_version="2025-04-14",
    sku=PTU,
    pool="OpenAI.ProvisionedManaged",
    account_kind="OpenAI",
    minimum=25,
    step=25,
    maximum=30_000,
    retires="2026-10-14T00:00:00Z",
    lifecycle_status="GenerallyAvailable",
)
NEW = replace(OFFER, model_name="gpt-77", model_version="2027-01-01", retires="2029-01-01T00:00:00Z")


def overlay(*offers: Offer, region: Region = HERE, day: str = "2026-12-01") -> Overlay:
    return Overlay(day=date.fromisoformat(day), cloud="AzureCloud", offers={region: offers})


def over(tmp_path: Path, laid: Overlay) -> Catalogue:
    path = tmp_path / "overlay.json"
    path.write_text(json.dumps(to_document(laid)))
    return catalogue_with(path)


def test_an_overlay_reads_back_as_it_was_written() -> None:
    laid = overlay(OFFER, replace(NEW, minimum=None, step=None, maximum=None, retires=None))
    assert read_overlay(json.dumps(to_document(laid)).encode()) == laid


def test_a_model_that_no_source_knew_is_known_with_its_sizes_place_and_end(tmp_path: Path) -> None:
    assert catalogue().model("gpt-77") is None
    known = over(tmp_path, overlay(NEW))
    assert known.versions("GPT-77") == ("2027-01-01",)
    sizes = known.offer("gpt-77", "2027-01-01", PTU)
    assert sizes is not None
    assert (sizes.minimum, sizes.step, str(sizes.source)) == (
        25,
        25,
        "ARM model lists of swedencentral, refreshed into overlay.json, 2026-12-01",
    )
    places = known.regions_for("gpt-77", "2027-01-01", PTU)
    assert places is not None
    assert places.regions == (HERE,)
    life = known.lifecycle("gpt-77", "2027-01-01", PTU)
    assert life is not None
    assert life.retires == date(2029, 1, 1)


def test_other_sizes_hold_in_their_region_and_nowhere_else(tmp_path: Path) -> None:
    known = over(tmp_path, overlay(replace(OFFER, minimum=50, step=50)))
    here = known.offer("gpt-4.1", "2025-04-14", PTU, HERE)
    elsewhere = known.offer("gpt-4.1", "2025-04-14", PTU, Region("eastus2"))
    assert here is not None
    assert elsewhere is not None
    assert (here.minimum, elsewhere.minimum) == (50, 25)
    assert [rival.minimum for rival in here.rivals] == [25]


def test_a_region_that_was_not_listed_is_added_and_the_others_stay(tmp_path: Path) -> None:
    before = catalogue().regions_for("gpt-4.1", "2025-04-14", PTU)
    assert before is not None
    new = next(region for region in catalogue().regions() if region not in before.regions)
    after = over(tmp_path, overlay(OFFER, region=new)).regions_for("gpt-4.1", "2025-04-14", PTU)
    assert after is not None
    assert set(after.regions) == {*before.regions, new}


def test_a_later_source_is_not_overruled_by_an_older_list(tmp_path: Path) -> None:
    older = over(
        tmp_path, overlay(replace(OFFER, minimum=50, step=50, retires="2030-01-01"), day="2020-01-01")
    )
    sizes, life = (
        older.offer("gpt-4.1", "2025-04-14", PTU, HERE),
        older.lifecycle("gpt-4.1", "2025-04-14", PTU),
    )
    assert sizes is not None
    assert life is not None
    assert (sizes.minimum, life.arm_retires) == (25, date(2026, 10, 14))


def test_the_shipped_catalogue_stays_as_it_is(tmp_path: Path) -> None:
    over(tmp_path, overlay(NEW))
    assert catalogue().model("gpt-77") is None


BAD: Sequence[tuple[str, object]] = [
    ("no JSON", "{"),
    ("no object", []),
    ("another format", {"format": 2}),
    ("no regions", {"format": 1, "refreshed": "2026-01-01", "cloud": "AzureCloud"}),
    ("no date", {"format": 1, "refreshed": "soon", "cloud": "AzureCloud", "regions": {}}),
    ("a region that is no list", {"format": 1, "refreshed": "2026-01-01", "cloud": "x", "regions": {"a": 1}}),
    ("no offer", {"format": 1, "refreshed": "2026-01-01", "cloud": "x", "regions": {"a": [1]}}),
    (
        "a size that is no number",
        {
            "format": 1,
            "refreshed": "2026-01-01",
            "cloud": "x",
            "regions": {"a": [{**dict.fromkeys(("format", "model", "version", "sku"), "x"), "minimum": "1"}]},
        },
    ),
]


@pytest.mark.parametrize(("reason", "content"), BAD, ids=[reason for reason, _ in BAD])
def test_a_file_that_is_no_overlay_is_refused_with_what_to_do(
    reason: str, content: object, tmp_path: Path
) -> None:
    path = tmp_path / "overlay.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UsageProblem, match=r"cannot be used.*catalog refresh --overlay"):
        catalogue_with(path)
    assert reason


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"nowhere\.json"):
        catalogue_with(tmp_path / "nowhere.json")


def test_the_status_of_one_sku_is_not_that_of_another(tmp_path: Path) -> None:
    """Since 2026-09-01 ARM says lifecycleStatus per SKU."""
    model = replace(NEW, minimum=None, step=None, maximum=None)
    laid = overlay(
        replace(model, sku=STANDARD, lifecycle_status="Deprecating", retires="2027-01-01T00:00:00Z"),
        replace(model, sku=PTU, lifecycle_status="GenerallyAvailable"),
    )
    known = over(tmp_path, laid)
    standard = known.lifecycle("gpt-77", "2027-01-01", STANDARD)
    provisioned = known.lifecycle("gpt-77", "2027-01-01", PTU)
    assert standard is not None
    assert provisioned is not None
    assert (standard.arm_status, provisioned.arm_status) == ("Deprecating", "GenerallyAvailable")
    assert (standard.arm_retires, provisioned.arm_retires) == (date(2027, 1, 1), date(2029, 1, 1))


@pytest.mark.parametrize(
    ("scope", "tuned"), [("Finetune", True), ("finetune", True), ("Base", False), ("All", False), ("", False)]
)
def test_the_scope_says_whether_an_offer_is_for_fine_tuned_models(
    tmp_path: Path, scope: str, tuned: bool
) -> None:
    known = over(tmp_path, overlay(replace(NEW, scope=scope)))
    assert (known.offer("gpt-77", "2027-01-01", PTU, fine_tuned=True) is not None) is tuned
    assert (known.offer("gpt-77", "2027-01-01", PTU) is None) is tuned


def test_what_arm_upgrades_to_and_when_is_read(tmp_path: Path) -> None:
    said = Replacement(model="gpt-78", version="2028-01-01", starts="2028-06-01T00:00:00Z", lead_days=30)
    life = over(tmp_path, overlay(replace(NEW, replacement=said))).lifecycle("gpt-77", "2027-01-01", PTU)
    assert life is not None
    assert life.announced is not None
    assert (life.announced.model, life.announced.version) == ("gpt-78", "2028-01-01")
    assert life.announced.starts == date(2028, 6, 1)
    assert life.announced.source.id == "overlay"


def test_where_a_version_is_hosted_its_pool_and_its_publisher_are_read(tmp_path: Path) -> None:
    claude = replace(
        NEW, model_format="Anthropic", model_name="claude-77", sku=STANDARD, publisher="Anthropic"
    )
    laid = overlay(
        replace(claude, model_version="1", hosted_on="anthropic", pool="AIServices.Standard.claude-77"),
        replace(claude, model_version="2", hosted_on="azure", pool="AIServices.Standard.claude-77.Azure"),
    )
    known = over(tmp_path, laid)
    hosts = {version: known.hosting("claude-77", version) for version in ("1", "2")}
    assert {version: host and host.on for version, host in hosts.items()} == {"1": "anthropic", "2": "azure"}
    assert known.pool("claude-77", "2", STANDARD) == "AIServices.Standard.claude-77.Azure"
    model = known.model("claude-77")
    assert model is not None
    assert model.publisher == "Anthropic"


def test_the_new_fields_survive_the_file() -> None:
    said = Replacement(model="gpt-78", version="2028-01-01", starts="2028-06-01T00:00:00Z", lead_days=30)
    offer = replace(NEW, scope="Base", replacement=said, hosted_on="azure", publisher="OpenAI", asset="a")
    assert read_overlay(json.dumps(to_document(overlay(offer))).encode()) == overlay(offer)


def test_the_recorded_list_of_the_newest_api_version_arrives_with_its_new_fields(tmp_path: Path) -> None:
    recorded = json.loads((RECORDINGS / "location_models_eastus2_2026-09-01_excerpt.json").read_text("utf-8"))
    listed = [
        offer for item in recorded["interactions"][0]["response"]["body"]["value"] for offer in offers(item)
    ]
    known = over(tmp_path, overlay(*listed, region=Region("eastus2")))
    hosts = {version: known.hosting("claude-opus-5-5", version) for version in ("1", "2")}
    assert {version: host and host.on for version, host in hosts.items()} == {"1": "anthropic", "2": "azure"}
    assert {host.source.id for host in hosts.values() if host} == {"overlay"}
    global_standard = SkuName("GlobalStandard")
    assert known.pool("claude-opus-5-5", "2", global_standard) == (
        "AIServices.GlobalStandard.claude-opus-5-5.Azure"
    )
    life = known.lifecycle("gpt-4o", "2024-05-13", global_standard)
    assert life is not None
    assert life.announced is not None
    assert (life.announced.model, life.announced.version) == ("gpt-5.6-sol", "2026-07-09")
    assert (life.announced.starts, life.announced.source.id) == (date(2026, 11, 24), "overlay")
    by_sku = {one.sku.name: one.lifecycle_status for one in listed if one.model_name == "gpt-4o"}
    for sku, status in by_sku.items():
        facts = known.lifecycle("gpt-4o", "2024-05-13", SkuName(sku))
        assert facts is not None
        assert facts.arm_status == status

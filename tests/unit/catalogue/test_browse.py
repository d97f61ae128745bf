"""Listing the catalogue: filters leave out what a source speaks against, and unknown stays unknown."""

from __future__ import annotations

import time

from reconciler.catalogue.browse import Wanted, models, offers
from reconciler.catalogue.load import catalogue
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName

STANDARD, PROVISIONED = SkuName("Standard"), SkuName("ProvisionedManaged")


def test_every_version_of_every_model_is_listed() -> None:
    known = catalogue()
    listed = [(row.name, row.version) for row in models(known, Wanted())]
    assert {name for name, _ in listed} == set(known.models())
    assert len(listed) == len(set(listed))
    assert sum(1 for name, _ in listed if name == "gpt-4o") == 3


def test_every_listed_fact_has_a_source() -> None:
    for row in models(catalogue(), Wanted()):
        assert row.source is not None or (row.life is None and row.skus is None), row.name
    for offer in offers(catalogue(), Wanted()):
        assert offer.sizes or offer.regions or offer.refused or offer.fine_tuned, offer


def test_a_model_row_says_what_is_known() -> None:
    (row,) = models(catalogue(), Wanted(model="gpt-4o", version="2024-11-20"))
    assert (row.default, row.format) == (True, "OpenAI")
    assert row.life is not None
    assert str(row.life.retires) == "2027-04-14"
    assert row.skus is not None
    assert PROVISIONED in row.skus


def test_only_the_default_version_is_called_so() -> None:
    rows = list(models(catalogue(), Wanted(model="gpt-4o")))
    assert [row.version for row in rows if row.default] == ["2024-11-20"]


def test_a_sku_filter_leaves_models_without_it_out() -> None:
    names = {row.name for row in models(catalogue(), Wanted(sku=PROVISIONED))}
    assert "gpt-4o" in names
    assert "whisper" not in names


def test_a_region_filter_asks_for_the_sku_in_that_region() -> None:
    here = Region("canadacentral")
    with_any = {(r.name, r.version) for r in models(catalogue(), Wanted(region=here))}
    with_standard = {(r.name, r.version) for r in models(catalogue(), Wanted(region=here, sku=STANDARD))}
    assert ("gpt-4o", "2024-11-20") in with_any
    assert ("gpt-4o", "2024-11-20") not in with_standard
    assert with_standard < with_any


def test_offers_of_a_model_include_fine_tuned_ones_after_the_others() -> None:
    rows = list(offers(catalogue(), Wanted(model="gpt-4.1", version="2025-04-14")))
    assert [row.fine_tuned for row in rows] == sorted(row.fine_tuned for row in rows)
    assert {row.sku.name for row in rows if row.fine_tuned} >= {"DeveloperTier", "ProvisionedManaged"}
    assert "DeveloperTier" not in {row.sku.name for row in rows if not row.fine_tuned}


def test_offers_of_one_sku_and_region() -> None:
    wanted = Wanted(model="gpt-4o-mini", sku=PROVISIONED, region=Region("northcentralus"))
    found = [(r.fine_tuned, r.sizes.minimum, r.sizes.step) for r in offers(catalogue(), wanted) if r.sizes]
    assert found == [(False, 25, 25), (True, 25, 25)]


def test_sizes_are_those_of_the_region_that_is_asked_for() -> None:
    sku = SkuName("GlobalProvisionedManaged")
    (usual,) = offers(catalogue(), Wanted(model="gpt-4o-mini", sku=sku, region=Region("eastus2")))
    everywhere = [r for r in offers(catalogue(), Wanted(model="gpt-4o-mini", sku=sku)) if not r.fine_tuned]
    assert usual.sizes is not None
    assert everywhere[0].sizes is not None
    assert (usual.sizes.minimum, usual.sizes.step) == (15, 5)
    assert usual.ptu is not None
    assert usual.ptu.input_tpm == 37_000


def test_refusals_say_so_and_are_no_offers() -> None:
    refused = [row for row in offers(catalogue(), Wanted()) if row.refused is not None]
    for row in refused:
        listed = [one.skus or () for one in models(catalogue(), Wanted(model=row.name, version=row.version))]
        assert all(row.sku not in skus for skus in listed)


def test_the_shipped_catalogue_loads_within_30_milliseconds() -> None:
    taken = []
    for _ in range(5):
        catalogue.cache_clear()
        started = time.process_time()
        catalogue()
        taken.append(time.process_time() - started)
    assert min(taken) < 0.030

"""Default quotas: the documentation's rows, each with its source, and nothing where it has none."""

from __future__ import annotations

import pytest

from reconciler.catalogue import browse
from reconciler.catalogue.facts import DefaultQuota, QuotaLimit
from reconciler.catalogue.load import catalogue
from reconciler.domain.sku import SkuName
from tools.build_catalogue import read_facts


def row(model: str, sku: str, tier: str | None = None) -> DefaultQuota:
    (found,) = browse.quotas(catalogue(), model=model, sku=SkuName(sku), tier=tier)
    return found


def test_every_row_of_the_page_is_there_and_no_other() -> None:
    page = {
        (tier, *documented)
        for tier, rows in read_facts()["quota_tiers"]["tiers"].items()
        for documented in map(tuple, rows)
    }
    shipped = {
        (limit.scope, one.model, one.sku.name, limit.requests, limit.seconds, limit.tokens_per_minute)
        for one in catalogue().default_quotas()
        for limit in one.limits
        if limit.enqueued_tokens is None
    }
    assert shipped == page
    assert len(page) == 472


def test_a_tier_has_requests_and_tokens() -> None:
    limit = QuotaLimit(scope="Tier 1", requests=300, seconds=10, tokens_per_minute=300_000)
    assert row("GPT-4o", "DataZoneStandard", "Tier 1").limits == (limit,)
    assert (
        str(row("gpt-4o", "DataZoneStandard").source) == "quotas and limits page (Microsoft docs), 2026-07-15"
    )


def test_images_count_no_tokens() -> None:
    (limit,) = row("gpt-image-1", "GlobalStandard", "Tier 1").limits
    assert (limit.requests, limit.tokens_per_minute) == (9, None)


def test_a_documented_zero_is_a_zero_and_no_gap() -> None:
    (limit,) = row("gpt-5.5", "GlobalStandard", "Tier 1").limits
    assert (limit.requests, limit.tokens_per_minute) == (0, 0)


def test_batch_goes_by_type_of_subscription_and_a_misprint_is_mended() -> None:
    limits = {one.scope: one.enqueued_tokens for one in row("gpt-4.1-mini", "GlobalBatch").limits}
    assert limits["Enterprise and MCA-E"] == 15_000_000_000
    assert "Azure for Students, free trials" not in limits


@pytest.mark.parametrize("sku", ["ProvisionedManaged", "GlobalProvisionedManaged", "DeveloperTier"])
def test_what_the_page_is_silent_about_has_no_row(sku: str) -> None:
    assert not list(browse.quotas(catalogue(), model=None, sku=SkuName(sku), tier=None))


def test_batch_has_no_tiers() -> None:
    assert not list(browse.quotas(catalogue(), model=None, sku=SkuName("GlobalBatch"), tier="Tier 1"))

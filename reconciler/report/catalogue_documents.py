"""What `size` and `catalog` print with `-o json`, and what every document of the first format begins with."""

from __future__ import annotations

from datetime import date
from typing import Literal

from reconciler.catalogue.facts import Stage
from reconciler.domain.document import Document, Name, what


class FirstDocument(Document):
    """What these documents begin with."""

    format_version: Literal[1] = what("Version of this format.")


class SourcedDocument(Document):
    """A fact with who says it, and the day of it; null where nobody does."""

    source: str | None = None
    as_of: str | None = None


# -- size --------------------------------------------------------------------------------------------------


class EstimateDocument(FirstDocument):
    """What a workload needs on one SKU."""

    sku: Name
    raw_ptu: float = what("To two places.")
    deployable_ptu: int | None
    minimum: int | None
    step: int | None
    input_tpm_per_ptu: int
    tokens_per_second: float | None
    formula: str
    source: str
    sizes_source: str | None
    notes: tuple[str, ...]


class LegalDocument(Document):
    """Whether a SKU can be deployed with a number of PTUs, and the nearest sizes where it cannot."""

    sku: str
    deployable: bool | None
    below: int | None
    above: int | None
    minimum: int | None
    step: int | None


class CarriedDocument(FirstDocument):
    """What a number of PTUs carries: in calls where their tokens were given, else in tokens a minute."""

    capacity: int
    calls_per_minute: int | None = what("Rounded down.", default=None)
    input_tpm: int | None = what("Of nothing but input.", default=None)
    output_tpm: int | None = what("Of nothing but output.", default=None)
    output_ratio: float | None = what("Input tokens that one of output counts for.", default=None)
    tokens_per_second: float | None = None
    skus: tuple[LegalDocument, ...]
    input_tpm_per_ptu: int
    formula: str | None = None
    source: str
    notes: tuple[str, ...]


# -- catalog -----------------------------------------------------------------------------------------------


class CatalogModelDocument(SourcedDocument):
    """A model version."""

    model: str
    version: str | None
    default: bool
    format: str | None
    stage: Stage | None
    retires: date | None
    successor: str | None
    skus: tuple[Name, ...] | None
    skus_source: str | None


class CatalogRegionDocument(SourcedDocument):
    """A region; dataZone null where none is documented."""

    region: Name
    display_name: str
    geography: str
    data_zone: str | None
    account_kinds: tuple[str, ...]


class CatalogSkuDocument(SourcedDocument):
    """A SKU."""

    sku: Name
    display_name: str
    capacity_one_is: str
    fine_tuned_models: bool | None


class RivalDocument(SourcedDocument):
    """What another source says of the sizes."""

    minimum: int
    step: int


class SizesDocument(SourcedDocument):
    """Legal sizes, and what one unit buys."""

    minimum: int
    step: int
    maximum: int | None
    default: int | None
    unit: str | None
    tokens_per_minute_per_unit: int | None
    requests_per_minute_per_unit: int | None
    note: str | None
    rivals: tuple[RivalDocument, ...]


class ThroughputDocument(SourcedDocument):
    """What a PTU carries."""

    input_tpm_per_ptu: int
    output_ratio: float | None
    cached_input_weight: float | None
    output_weight: float | None
    tokens_per_second: float | None


class PlacesDocument(SourcedDocument):
    """Regions that list it; `complete` false where the list may have gaps."""

    listed: tuple[str, ...]
    complete: bool


class CatalogOfferDocument(SourcedDocument):
    """A model version on a SKU; null for what is not known."""

    model: str
    version: str | None
    sku: Name
    fine_tuned: bool
    offered: bool | None
    capacity: SizesDocument | None
    throughput: ThroughputDocument | None
    regions: PlacesDocument | None


class DefaultLimitDocument(Document):
    """A documented default: of a tier, or for batch of a type of subscription."""

    tier: str | None = None
    requests: int | None = None
    seconds: int | None = None
    tokens_per_minute: int | None = None
    subscription_type: str | None = None
    enqueued_tokens: int | None = None


class DefaultQuotaDocument(SourcedDocument):
    """The documented default quotas of a model on a SKU."""

    model: str
    sku: Name
    limits: tuple[DefaultLimitDocument, ...]


class CountLimitDocument(SourcedDocument):
    """A documented limit on a count."""

    limit: str
    value: int


class CatalogDocument(FirstDocument):
    """What `catalog models, regions, skus, capacity, quota -o json` print: the lists that were asked for."""

    catalogue: str = what("The day of the catalogue.")
    models: tuple[CatalogModelDocument, ...] = ()
    regions: tuple[CatalogRegionDocument, ...] = ()
    skus: tuple[CatalogSkuDocument, ...] = ()
    offers: tuple[CatalogOfferDocument, ...] = ()
    quotas: tuple[DefaultQuotaDocument, ...] = ()
    limits: tuple[CountLimitDocument, ...] = ()


class PriceListDocument(Document):
    """A list of prices; `own` where it is the Fleet's."""

    title: str
    as_of: str
    currency: str
    own: bool


class PriceDocument(SourcedDocument):
    """One rate, as decimal text, as published."""

    model: str | None
    version: str | None
    format: str | None
    sku: str
    kind: str
    rate: str
    unit: str
    term: str | None
    meter: str
    regions: tuple[str, ...]
    effective: date | None


class PricesDocument(FirstDocument):
    """What `catalog prices -o json` prints."""

    lists: tuple[PriceListDocument, ...]
    prices: tuple[PriceDocument, ...]


class CatalogRefreshDocument(FirstDocument):
    """What `catalog refresh -o json` prints: which lists of ARM it has written, and where."""

    overlay: str
    refreshed: date
    offers_by_region: dict[str, int]


class PricesRefreshDocument(FirstDocument):
    """What `catalog prices --refresh -o json` prints: which prices it has written, and where."""

    overlay: str
    refreshed: str
    currency: str
    regions: tuple[str, ...]
    prices: int
    not_understood: tuple[str, ...] = what("Meters that are not used.")

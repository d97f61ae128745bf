"""The shape of ``data/catalogue.json``: the layers of ``facts.yaml`` already merged, kept small.

Sources and sets of regions stand once in a table and are referred to by index. Written by
``tools/build_catalogue.py``, read by `load` and `query`, known to nobody else.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

FORMAT = 3


class PackedSource(TypedDict):
    """`as_of` is an ISO date, or year and month where no more is known."""

    id: str
    title: str
    as_of: str
    live: bool


class PackedSizes(TypedDict):
    """`per_unit` is what one unit of capacity buys a minute: tokens, requests; absent where unstated."""

    minimum: int
    step: int
    maximum: NotRequired[int]
    default: NotRequired[int]
    tokens: NotRequired[int]
    requests: NotRequired[int]
    source: int


class PackedOffer(TypedDict):
    """One SKU of one model version.

    `rivals` are sizes of equal standing that disagree; `local` are what ARM said in single regions.
    `status` is ARM's word for this SKU where it says one, `pool` its usageName where versions differ in it.
    `complete` says that a region outside `regions` is known not to be listed, not merely unheard of;
    `partial` that it is newer than the recordings of whole regions, so that nothing follows from those.
    """

    offered: NotRequired[bool]
    sizes: NotRequired[PackedSizes]
    rivals: NotRequired[list[PackedSizes]]
    local: NotRequired[dict[str, PackedSizes]]
    note: NotRequired[str]
    regions: NotRequired[int]
    complete: NotRequired[bool]
    partial: NotRequired[bool]
    source: int
    retires: NotRequired[str]
    retires_source: NotRequired[int]
    status: NotRequired[str]
    status_source: NotRequired[int]
    pool: NotRequired[str]


class PackedReplacement(TypedDict):
    """What ARM announces to upgrade to (`replacementConfig`); `starts` is the day of the first upgrades."""

    model: str
    version: NotRequired[str]
    starts: NotRequired[str]
    source: int


class PackedHosting(TypedDict):
    """Where a version of a partner's model is hosted: `azure`, or the partner's own name."""

    on: str
    source: int


class PackedLifecycle(TypedDict):
    """`stage` in the documentation's words, `status` in ARM's; each with its own date and source.

    `disputed_with` is a later date that a source of equal standing gives.
    """

    stage: NotRequired[str]
    retires: NotRequired[str]
    disputed_with: NotRequired[str]
    disputed_source: NotRequired[int]
    successor: NotRequired[str]
    source: NotRequired[int]
    status: NotRequired[str]
    status_source: NotRequired[int]
    tuned_retires: NotRequired[str]
    tuned_source: NotRequired[int]
    replacement: NotRequired[PackedReplacement]


class PackedWeights(TypedDict):
    """What one token of each class counts for, in input tokens."""

    input: float
    cached_input: NotRequired[float]
    cache_write: NotRequired[float]
    output: float
    image_input: NotRequired[float]


class PackedPtu(TypedDict):
    """Throughput of one PTU: input tokens a minute, and what other tokens count for.

    `longest_prompt` is in tokens: provisioned deployments of the model do not serve longer ones.
    """

    input_tpm: int
    output_ratio: NotRequired[float]
    cached_weight: NotRequired[float]
    short_context: NotRequired[PackedWeights]
    long_context: NotRequired[PackedWeights]
    longest_prompt: NotRequired[int]
    tokens_per_second: NotRequired[float]
    source: int


class PackedVersion(TypedDict):
    """`listed` says that some source lists all SKUs of the version, so that a missing one is meaningful.

    `doubtful` names SKUs of which a later source says something that no table confirms.
    """

    default: NotRequired[bool]
    listed: NotRequired[bool]
    doubtful: NotRequired[list[str]]
    skus: NotRequired[dict[str, PackedOffer]]
    tuned: NotRequired[dict[str, PackedOffer]]
    lifecycle: NotRequired[PackedLifecycle]
    ptu: NotRequired[PackedPtu]
    hosted: NotRequired[PackedHosting]


class PackedModel(TypedDict):
    """`any_version` holds what is documented for a model of which no version is known."""

    format: NotRequired[str]
    publisher: NotRequired[str]
    versions: NotRequired[dict[str, PackedVersion]]
    any_version: NotRequired[PackedVersion]
    source: NotRequired[int]


class PackedRegion(TypedDict):
    """One ARM location; `data_zone` absent where none is documented."""

    display_name: str
    geography: str
    data_zone: NotRequired[str]
    kinds: list[str]


class PackedSku(TypedDict):
    """One public deployment SKU."""

    display_name: str
    tuned: bool
    source: int


class PackedLimit(TypedDict):
    """A documented count limit."""

    value: int
    source: int


class PackedQuota(TypedDict):
    """Documented default quotas: by model and SKU, a value for each of `scopes`, None where none is given.

    A value is enqueued tokens, or requests, seconds and tokens a minute (None where they are not counted).
    """

    scopes: list[str]
    rates: NotRequired[dict[str, dict[str, list[list[int | None] | None]]]]
    batch: NotRequired[dict[str, dict[str, list[int | None]]]]
    source: int


class PackedCatalogue(TypedDict):
    """The whole file."""

    format: int
    date: str
    sources: list[PackedSource]
    region_sets: list[list[str]]
    regions: dict[str, PackedRegion]
    recorded_regions: list[str]
    skus: dict[str, PackedSku]
    limits: dict[str, PackedLimit]
    quota_tiers: PackedQuota
    batch_quota: PackedQuota
    training_regions: int
    training_source: int
    alias_source: int
    tuned_source: int
    zone_source: int
    models: dict[str, PackedModel]

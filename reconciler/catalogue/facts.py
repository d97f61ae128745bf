"""The answers the catalogue gives: frozen values, each with the source it was taken from.

None always means that no source says anything. Dates that a source gives are kept as dates; a source's
own date is text, because some are known to the month only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from. `live` means that ARM itself answered it."""

    id: str
    title: str
    as_of: str
    live: bool = False

    def __str__(self) -> str:
        return f"{self.title}, {self.as_of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A catalogue model in its own spelling. `format` None where no source gives it."""

    name: str
    format: str | None
    publisher: str | None
    versions: tuple[str, ...]
    default_version: str | None
    source: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What one unit of capacity buys a minute; not every model counts tokens (whisper, images)."""

    tokens_per_minute: int | None
    requests_per_minute: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRange:
    """Capacities of the form ``minimum + k * step``, up to `maximum` (None: not known)."""

    minimum: int
    step: int
    maximum: int | None

    def fits(self, capacity: int) -> bool:
        """Whether `capacity` is one of these sizes."""
        above = capacity - self.minimum
        return above >= 0 and above % self.step == 0 and (self.maximum is None or capacity <= self.maximum)

    def below(self, capacity: int) -> int | None:
        """The largest size under `capacity`; None if even the smallest is not under it."""
        if capacity <= self.minimum:
            return None
        most = capacity - 1 if self.maximum is None else min(capacity - 1, self.maximum)
        return self.minimum + (most - self.minimum) // self.step * self.step

    def above(self, capacity: int) -> int | None:
        """The smallest size over `capacity`; None if it would be over the maximum."""
        return self.round_up(capacity + 1)

    def round_up(self, capacity: float | Fraction) -> int | None:
        """The smallest size that is not under `capacity`; None if it would be over the maximum."""
        steps = max(0, -int(-(capacity - self.minimum) // self.step))
        size = self.minimum + steps * self.step
        return None if self.maximum is not None and size > self.maximum else size


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes(SizeRange):
    """The capacities that a source gives a deployment, whatever the rivals say.

    `rivals` are other answers that cannot be ruled out (another table, another region, another version):
    what fits only a rival is disputed, what fits none is wrong. `contested` says that a rival is of equal
    standing, so that fitting these sizes alone settles nothing. `note` tells what a lesser source says.
    """

    default: int | None
    unit: Unit | None
    source: Source
    note: str = ""
    rivals: tuple[Sizes, ...] = ()
    contested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The regions in which something is listed.

    Documentation leaves regions out, it does not invent them: `absent` is None where nothing follows
    from a region's absence, and no more than a reason to warn where something does.
    """

    regions: tuple[Region, ...]
    complete: bool
    recorded: frozenset[Region]
    source: Source

    def absent(self, region: Region) -> bool | None:
        """Whether `region` is known not to be listed; None if its lists were never seen."""
        if region in self.regions:
            return False
        return True if self.complete or region in self.recorded else None


class Stage(StrEnum):
    """Microsoft's words for a model's age. ARM's differ: its "Deprecated" is RETIRED here."""

    PREVIEW = "Preview"
    GA = "GA"
    LEGACY = "Legacy"
    DEPRECATED = "Deprecated"
    RETIRED = "Retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What ARM upgrades deployments of a model to (`replacementConfig`), and the day it begins."""

    model: str
    version: str | None
    starts: date | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Where a version of a partner's model is hosted: on `azure`, or by the partner (`anthropic`).

    Another host is another place where data is processed, and another quota pool.
    """

    on: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleFacts:
    """How long a model version still has, for one SKU if one was asked for.

    `retires` is what the newest source says and `source` that source; of two that are equally new the
    earlier date. `arm_status` is ARM's own word with its `arm_source`, for the SKU where it says one;
    `arm_retires` is the date ARM's list had for the SKU, often an older plan. `disputed_with` is a later date
    that `disputed_source` gives. `announced` is what ARM will upgrade to, and from when.
    """

    stage: Stage | None
    retires: date | None
    disputed_with: date | None
    successor: str | None
    source: Source
    arm_status: str | None
    arm_retires: date | None
    arm_source: Source | None
    disputed_source: Source | None = None
    announced: Announced | None = None

    @property
    def also_said(self) -> str:
        """The later date and who says it, for a sentence; empty where nobody does."""
        if self.disputed_with is None:
            return ""
        by = "the same table also" if self.disputed_source in {None, self.source} else self.disputed_source
        return f"{by} says {self.disputed_with}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWeights:
    """What one token of each class counts for, in input tokens."""

    input: float
    output: float
    cached_input: float | None = None
    cache_write: float | None = None
    image_input: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PtuFacts:
    """Throughput of one PTU.

    `input_tpm` is in input tokens a minute. Either `output_ratio` (input tokens that one output token
    counts for) and `cached_weight`, or `weights` are given, or neither; `longest_prompt` in tokens is the
    longest that provisioned deployments serve, `tokens_per_second` the latency target.
    """

    input_tpm: int
    output_ratio: float | None
    cached_weight: float | None
    weights: TokenWeights | None
    long_context_weights: TokenWeights | None
    longest_prompt: int | None
    tokens_per_second: float | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFact:
    """An ARM location. `data_zone` None where none is documented; `kinds` are the account kinds it has."""

    region: Region
    display_name: str
    geography: str
    data_zone: str | None
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuFact:
    """A public SKU. `fine_tuned` says whether fine-tuned models are documented for it."""

    sku: SkuName
    display_name: str
    fine_tuned: bool
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A documented count limit."""

    value: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimit:
    """What a quota tier (`Tier 1`), or for batch a type of subscription, has by default.

    Either `enqueued_tokens`, or `requests` in `seconds` and `tokens_per_minute`; None where the page counts
    no tokens, as for images.
    """

    scope: str
    requests: int | None = None
    seconds: int | None = None
    tokens_per_minute: int | None = None
    enqueued_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultQuota:
    """The documented default quota of a model on a SKU, per subscription and region.

    A subscription's own limit differs: it rises by itself, and increases are granted. ARM has it (`usages`).
    """

    model: str
    sku: SkuName
    limits: tuple[QuotaLimit, ...]
    source: Source

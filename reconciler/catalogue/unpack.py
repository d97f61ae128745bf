"""From packed rows to facts: one small function per kind of answer, no decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from reconciler.catalogue.facts import (
    Announced,
    DefaultQuota,
    LifecycleFacts,
    PtuFacts,
    QuotaLimit,
    Sizes,
    Source,
    Stage,
    TokenWeights,
    Unit,
)
from reconciler.catalogue.packed import (
    PackedLifecycle,
    PackedOffer,
    PackedPtu,
    PackedQuota,
    PackedSizes,
    PackedWeights,
)
from reconciler.domain.sku import SkuName

Sources = tuple[Source, ...]

# ARM's lifecycleStatus in the documentation's words; its "Deprecated" entries refuse new deployments.
_STAGE_OF_STATUS = {
    "preview": Stage.PREVIEW,
    "generallyavailable": Stage.GA,
    "stable": Stage.GA,
    "legacy": Stage.LEGACY,
    "deprecating": Stage.DEPRECATED,
    "deprecated": Stage.RETIRED,
}


def sizes(
    packed: PackedSizes,
    sources: Sources,
    *,
    note: str = "",
    rivals: tuple[Sizes, ...] = (),
    contested: bool = False,
) -> Sizes:
    """One range of capacities."""
    unit = None
    if "tokens" in packed or "requests" in packed:
        unit = Unit(tokens_per_minute=packed.get("tokens"), requests_per_minute=packed.get("requests"))
    return Sizes(
        minimum=packed["minimum"],
        step=packed["step"],
        maximum=packed.get("maximum"),
        default=packed.get("default"),
        unit=unit,
        source=sources[packed["source"]],
        note=note,
        rivals=rivals,
        contested=contested,
    )


def offered_sizes(offer: PackedOffer, sources: Sources, region: str | None) -> Sizes | None:
    """The sizes of an offer, in one region if ARM answered differently there."""
    if "sizes" not in offer:
        return None
    rivals = tuple(sizes(rival, sources) for rival in offer.get("rivals", ()))
    usual = sizes(offer["sizes"], sources, note=offer.get("note", ""), rivals=rivals, contested=bool(rivals))
    local = offer.get("local", {}).get(region or "")
    if local is None:
        return usual
    note = f"ARM's list of {region} differs from that of the other regions"
    return sizes(local, sources, note=note, rivals=(usual,))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def lifecycle(packed: PackedLifecycle, offer: PackedOffer | None, sources: Sources) -> LifecycleFacts | None:
    """The life of a catalogue model, with ARM's date for one SKU if an offer is given."""
    known = packed.get("source", packed.get("status_source"))
    if known is None:
        return None
    status = packed.get("status")
    stage = Stage(packed["stage"]) if "stage" in packed else _STAGE_OF_STATUS.get((status or "").lower())
    arm = packed.get("status_source")
    if offer is not None and "retires_source" in offer:
        arm = offer["retires_source"]
    facts = LifecycleFacts(
        stage=stage,
        retires=_day(packed.get("retires")),
        disputed_with=_day(packed.get("disputed_with")),
        disputed_source=_source(packed.get("disputed_source"), sources),
        successor=packed.get("successor"),
        source=sources[known],
        arm_status=status,
        arm_retires=_day(offer.get("retires")) if offer is not None else None,
        arm_source=_source(arm, sources),
        announced=_announced(packed, sources),
    )
    return facts if offer is None else _of_sku(facts, offer, sources)


def _of_sku(facts: LifecycleFacts, offer: PackedOffer, sources: Sources) -> LifecycleFacts:
    """ARM's word for one SKU; where it says that this one has ended, that is the end of the model there."""
    if "status_source" not in offer:
        return facts
    facts = replace(facts, arm_status=offer["status"], arm_source=sources[offer["status_source"]])
    if _STAGE_OF_STATUS.get(offer["status"].lower()) is not Stage.RETIRED:
        return facts
    return replace(
        facts,
        stage=Stage.RETIRED,
        retires=_day(offer.get("retires")) or facts.retires,
        source=sources[offer["status_source"]],
        disputed_with=None,
        disputed_source=None,
    )


def _announced(packed: PackedLifecycle, sources: Sources) -> Announced | None:
    if "replacement" not in packed:
        return None
    said = packed["replacement"]
    return Announced(
        model=said["model"],
        version=said.get("version"),
        starts=_day(said.get("starts")),
        source=sources[said["source"]],
    )


def _source(index: int | None, sources: Sources) -> Source | None:
    return None if index is None else sources[index]


def tuned_lifecycle(
    packed: PackedLifecycle, offer: PackedOffer | None, sources: Sources
) -> LifecycleFacts | None:
    """The life of models fine-tuned from a base: documented apart, else ARM's date of the SKU's offer."""
    arm_date = _day(offer.get("retires")) if offer is not None else None
    arm = sources[offer["retires_source"]] if offer is not None and "retires_source" in offer else None
    documented = sources[packed["tuned_source"]] if "tuned_source" in packed else None
    source = documented or arm
    if source is None:
        return None
    return LifecycleFacts(
        stage=None,
        retires=_day(packed.get("tuned_retires")) if documented else arm_date,
        disputed_with=None,
        successor=packed.get("successor"),
        source=source,
        arm_status=None,
        arm_retires=arm_date,
        arm_source=arm,
    )


def _weights(packed: PackedWeights | None) -> TokenWeights | None:
    return None if packed is None else TokenWeights(**packed)


def ptu(packed: PackedPtu, sources: Sources) -> PtuFacts:
    """Throughput figures of one model version."""
    return PtuFacts(
        input_tpm=packed["input_tpm"],
        output_ratio=packed.get("output_ratio"),
        cached_weight=packed.get("cached_weight"),
        weights=_weights(packed.get("short_context")),
        long_context_weights=_weights(packed.get("long_context")),
        longest_prompt=packed.get("longest_prompt"),
        tokens_per_second=packed.get("tokens_per_second"),
        source=sources[packed["source"]],
    )


def default_quotas(packed: PackedQuota, sources: Sources) -> Iterator[DefaultQuota]:
    """The rows of one table of default quotas, in its own order."""
    source = sources[packed["source"]]
    for model, rates in packed.get("rates", {}).items():
        for sku, cells in rates.items():
            limits = tuple(
                QuotaLimit(scope=scope, requests=cell[0], seconds=cell[1], tokens_per_minute=cell[2])
                for scope, cell in zip(packed["scopes"], cells, strict=True)
                if cell is not None
            )
            yield DefaultQuota(model=model, sku=SkuName(sku), limits=limits, source=source)
    for model, batch in packed.get("batch", {}).items():
        for sku, counts in batch.items():
            limits = tuple(
                QuotaLimit(scope=scope, enqueued_tokens=count)
                for scope, count in zip(packed["scopes"], counts, strict=True)
                if count is not None
            )
            yield DefaultQuota(model=model, sku=SkuName(sku), limits=limits, source=source)

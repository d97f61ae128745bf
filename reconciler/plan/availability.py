"""What ARM's own list of a region says of a write: whether model, version, SKU and size can be had there.

The list is evidence for what it names and for nothing else: a model that it does not name at all stays
`unverified`, never refused. Unchanged deployments are not asked about; they have been admitted once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.catalogue.facts import SizeRange
from reconciler.domain.deployment import JsonObject, ModelRef, Unset
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Listed, ObservedState, Offer
from reconciler.plan.actions import Create, Reason, Replace, Update
from reconciler.plan.body import asked_for
from reconciler.plan.terms import Hindrance

Writable = Create | Update | Replace
Finding = Hindrance | str
"""What forbids a write, or a sentence about it that forbids nothing."""

_MODEL = frozenset({"model.name", "model.format", "model.version", "model.source", "sku.name"})
_SIZE = "sku.capacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a body asks a region for. `new` is False where only the capacity of what is there changes."""

    model: ModelRef
    sku: SkuName
    capacity: int | None
    kind: str
    new: bool


class RegionalOffers:
    """The offers of an observation by region and model; one judgement per distinct wish."""

    def __init__(self, observed: ObservedState) -> None:
        self._observed = observed
        self._offers: dict[tuple[str, Region], Mapping[str, Sequence[Offer]] | None] = {}
        self._kinds: dict[tuple[str, Region], frozenset[str]] = {}
        self._known: dict[tuple[str, Region, _Wanted], tuple[Finding, ...]] = {}

    def findings(self, action: Writable) -> tuple[Finding, ...]:
        """What ARM's list says against `action`, or leaves open."""
        paths = {change.path for change in action.changes}
        new = not isinstance(action, Update) or bool(paths & _MODEL)
        if action.region is None or not (new or _SIZE in paths):
            return ()
        subscription = action.id.account.subscription.lower()
        reading = self._observed.readings.get(action.id.account)
        kind = reading.account.kind if isinstance(reading, Listed) else ""
        wanted = _wanted(action.body, kind.lower(), new=new)
        if wanted is None or self._observed.region_facts(subscription, action.region) is None:
            return ()
        asked = (subscription, action.region, wanted)
        if asked not in self._known:
            self._known[asked] = tuple(self._judged(subscription, action.region, wanted))
        return self._known[asked]

    def setting_findings(self, action: Writable) -> Iterator[Finding]:
        """What is known against a pause and a processing tier that `action` asks for."""
        paths = {change.path for change in action.changes} & {"deploymentState", "serviceTier", "sku.name"}
        settings, sku = action.desired.spec, action.desired.spec.sku.name
        if not paths or not sku.known:
            return
        if str(settings.text("deploymentState")).lower() == "paused" and not sku.pay_as_you_go:
            yield _not_offered(
                f"a deployment on {sku} cannot be paused, and would be billed all the same",
                "take deploymentState out; only Standard, GlobalStandard and DataZoneStandard can pause",
            )
        priority = str(settings.text("serviceTier")).lower() == "priority"
        if priority and (offers := self.offers_for(action, action.body)):
            # Lists of older api-versions say nothing of tiers: then none of a region's offers has one.
            region = self._in(action.id.account.subscription.lower(), action.region) if action.region else {}
            stated = any(offer.priority_tier for some in (region or {}).values() for offer in some)
            if stated and not any(offer.priority_tier for offer in offers):
                yield _not_offered(
                    f"ARM lists no Priority tier for {action.desired.spec.model.name} on {sku}",
                    "take serviceTier out, or choose a SKU or model that has the tier",
                )

    def offers_for(self, action: Writable, body: JsonObject) -> Sequence[Offer]:
        """The offers of a body's model, version and SKU where `action` is; none where no list tells."""
        wanted = _wanted(body, "", new=True)
        if wanted is None or action.region is None:
            return ()
        offers = self._in(action.id.account.subscription.lower(), action.region) or {}
        of_version = _of_version(_named(offers, wanted.model), wanted.model.listed[1])
        tuned = wanted.model.fine_tuned
        return [offer for offer in of_version if offer.sku == wanted.sku and offer.serves(fine_tuned=tuned)]

    def _judged(self, subscription: str, region: Region, wanted: _Wanted) -> Iterator[Finding]:
        offers = self._in(subscription, region)
        if offers is None:
            yield f"unverified: the models that {region} offers could not be listed"
            return
        named = _named(offers, wanted.model)
        if wanted.model.fine_tuned and wanted.model.tuned_from is None:
            return  # a checkpoint's id does not tell its base, by which a list would have it
        if not named:
            if wanted.new and offers:
                yield f"unverified: ARM's list of {region} does not name {wanted.model.name}"
            return
        yield from _narrowed(wanted, region, named, self._kinds[subscription, region])

    def _in(self, subscription: str, region: Region) -> Mapping[str, Sequence[Offer]] | None:
        place = (subscription, region)
        if place not in self._offers:
            facts = self._observed.region_facts(subscription, region)
            read = facts.offers if facts else None
            by_name: dict[str, list[Offer]] = defaultdict(list)
            for offer in read or ():
                by_name[offer.model_name.lower()].append(offer)
            self._offers[place] = None if read is None else dict(by_name)
            self._kinds[place] = frozenset(offer.account_kind.lower() for offer in read or ())
        return self._offers[place]


def _wanted(body: JsonObject, kind: str, *, new: bool) -> _Wanted | None:
    asked = asked_for(body)
    if asked is None:
        return None
    model, sku, capacity = asked
    return _Wanted(model=model, sku=sku, capacity=capacity, kind=kind, new=new)


def _narrowed(
    wanted: _Wanted, region: Region, named: Sequence[Offer], kinds: frozenset[str]
) -> Iterator[Finding]:
    """From all offers of a model to those of its version, its account's kind and its SKU; then sizes."""
    name, version = wanted.model.listed
    offers = _of_version(named, version)
    if not offers:
        if wanted.model.tuned_from is not None:
            yield f"unverified: ARM's list of {region} does not name version {version} of {name}"
        elif wanted.new:
            versions = _words(offer.model_version for offer in named)
            yield _not_offered(
                f"{region} does not offer version {version} of {name}; its versions there: {versions}",
                "declare one of these versions, or leave the version out for ARM's default",
            )
        return
    for_kind = [offer for offer in offers if offer.account_kind.lower() in {"", wanted.kind}]
    if wanted.kind in kinds:
        if wanted.new and not for_kind:
            found = _words(offer.account_kind for offer in offers)
            yield _not_offered(
                f"{region} offers {_full(wanted)} to accounts of kind {found} only",
                "deploy it in an account of that kind",
            )
        offers = for_kind
    usable = [offer for offer in offers if offer.serves(fine_tuned=wanted.model.fine_tuned)]
    same = [offer for offer in usable if offer.sku == wanted.sku]
    if same:
        yield from _sized(wanted, region, same)
    elif wanted.new and offers:
        found = _words(offer.sku.name for offer in usable)
        yield _not_offered(
            f"{region} does not offer {_full(wanted)} on {wanted.sku}; "
            + (f"its SKUs there: {found}" if found else "fine-tuned models of it are not offered there"),
            f"declare one of these SKUs: {found}" if found else "deploy it where its base can be fine-tuned",
        )


def _named(offers: Mapping[str, Sequence[Offer]], model: ModelRef) -> Sequence[Offer]:
    of_name = offers.get(model.listed[0].lower(), ())
    return [offer for offer in of_name if offer.model_format.lower() == model.format.lower()]


def _of_version(named: Sequence[Offer], version: str | Unset) -> Sequence[Offer]:
    if isinstance(version, Unset):
        return [offer for offer in named if offer.default_version] or named
    return [offer for offer in named if offer.model_version.lower() == version.lower()]


def _sized(wanted: _Wanted, region: Region, offers: Sequence[Offer]) -> Iterator[Finding]:
    statuses = {offer.lifecycle_status.lower() for offer in offers}
    if wanted.new and not wanted.model.fine_tuned and statuses <= {"deprecated", "deprecating"}:
        if statuses == {"deprecated"}:
            yield _not_offered(
                f"ARM lists {_full(wanted)} in {region} as Deprecated, and takes no new deployment of it",
                "declare a version that is not retired; `reconciler lifecycle` names the successors",
            )
            return
        yield (
            f"ARM lists {_full(wanted)} in {region} as Deprecating: only subscriptions that already have "
            "a deployment of it may make another"
        )
    amount, ranges = wanted.capacity, [sizes_of(offer) for offer in offers]
    if amount is not None and not any(item.fits(amount) for item in ranges):
        first = ranges[0]
        sizes = f"from {first.minimum} in steps of {first.step}"
        sizes += "" if first.maximum is None else f" up to {first.maximum}"
        near = (str(size) for size in (first.below(amount), first.above(amount)) if size is not None)
        yield _not_offered(
            f"{region} offers {_full(wanted)} on {wanted.sku} in sizes {sizes}, not {amount}",
            f"declare sku.capacity: {' or '.join(near)}",
        )


def sizes_of(offer: Offer) -> SizeRange:
    """The sizes of an offer; where ARM lists no minimum and no step, both are 1."""
    minimum = 1 if offer.minimum is None else offer.minimum
    return SizeRange(minimum=minimum, step=max(1, offer.step or 1), maximum=offer.maximum)


def _full(wanted: _Wanted) -> str:
    version = wanted.model.version
    return wanted.model.name if isinstance(version, Unset) else f"{wanted.model.name} {version}"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(dict.fromkeys(filter(None, names))))


def _not_offered(explanation: str, fix: str) -> Hindrance:
    return Hindrance(reason=Reason.NOT_OFFERED, explanation=explanation, fix=fix)

"""Rules about capacity: each declared one is judged against the sizes of model, SKU and region.

A size that one of two equal sources allows is never an error: ARM decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.catalogue.facts import Sizes
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, sizes_of, subject
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.sku import SkuFamily
from reconciler.manifest.rules.rule import ERROR, WARNING, Finding, RuleContext, found, misspelt, rule, tables

ROUTE = ("sku", "capacity")


class SizeFault(Enum):
    """In which way a capacity is not a size."""

    MINIMUM = auto()
    INCREMENT = auto()
    MAXIMUM = auto()
    NOT_ALLOWED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeVerdict:
    """A capacity that is wrong, or right by one source only (`disputed`)."""

    deployment: DesiredDeployment
    what: Subject
    capacity: int
    sizes: Sizes
    disputed: bool

    @property
    def subject_title(self) -> str:
        """Model and SKU for a sentence."""
        return f"{self.what.title} on `{self.deployment.spec.sku.name}`"

    @property
    def allowed(self) -> str:
        """The sizes in words, rival ones included."""
        unit = " PTU" if self.deployment.spec.sku.name.family is SkuFamily.PROVISIONED else ""
        return "; or ".join(
            f"{s.minimum}{unit} or more" + ("" if s.step == 1 else f", in steps of {s.step}")
            for s in (self.sizes, *self.sizes.rivals)
        )

    def finding(self, message: str, label: str, fix: str = "") -> Finding:
        """What is said of it; what only some sources refuse is ARM's to decide."""
        notes = [str(s.source) for s in (self.sizes, *self.sizes.rivals)]
        note = f" ({self.sizes.note})" if self.sizes.note else ""
        return found(
            self.deployment,
            ROUTE,
            f"capacity {self.capacity} {message}",
            label=label,
            source=" against ".join(dict.fromkeys(notes)) + note,
            fix=fix or self._fix(),
            severity=WARNING if self.disputed else ERROR,
        )

    def _fix(self) -> str:
        """The nearest sizes under and over the capacity; of all tables where none outranks another."""
        if self.disputed and self.sizes.contested:
            return "keep it if ARM takes it: no table outranks the other"
        every = (self.sizes, *self.sizes.rivals) if self.sizes.contested else (self.sizes,)
        under = [size for s in every if (size := s.below(self.capacity)) is not None]
        over = [size for s in every if (size := s.above(self.capacity)) is not None]
        near = (*sorted(under)[-1:], *sorted(over)[:1])
        return f"use {' or '.join(map(str, near))}" if near else ""


def sizeless(sizes: Sizes) -> bool:
    """Whether the offer has one size only: pay-as-you-go models that ARM lists with a maximum of 1."""
    return sizes.maximum == 1 and sizes.unit is None


def declared(deployment: DesiredDeployment) -> int | None:
    """The declared capacity as a number; None where the manifest is silent."""
    capacity = deployment.spec.sku.capacity
    return None if isinstance(capacity, Unset) else capacity.amount


def verdicts(desired: DesiredState, catalogue: Catalogue, fault: SizeFault) -> Iterator[SizeVerdict]:
    """Every declared capacity that is at fault in this way."""
    for deployment in desired.deployments:
        capacity = declared(deployment)
        sizes = None if capacity is None else sizes_of(deployment, catalogue)
        if capacity is not None and sizes is not None and _fault(sizes, capacity) is fault:
            yield SizeVerdict(
                deployment=deployment,
                what=subject(deployment.spec.model, catalogue),
                capacity=capacity,
                sizes=sizes,
                disputed=any(s.fits(capacity) for s in (sizes, *sizes.rivals)),
            )


def _fault(sizes: Sizes, capacity: int) -> SizeFault | None:
    if sizes.fits(capacity):
        lonely = sizes.contested and not all(rival.fits(capacity) for rival in sizes.rivals)
        return SizeFault.INCREMENT if lonely else None
    if capacity < sizes.minimum:
        return SizeFault.MINIMUM
    if sizeless(sizes):
        return SizeFault.NOT_ALLOWED
    if sizes.maximum is not None and capacity > sizes.maximum:
        return SizeFault.MAXIMUM
    return SizeFault.INCREMENT


@rule("capacity-missing", ERROR, source=tables, by_entry=True)
def capacity_missing(context: RuleContext) -> Iterator[Finding]:
    """A deployment cannot be created without a capacity.

    It counts PTUs on provisioned SKUs, rate units on standard ones, thousands of enqueued tokens on batch
    ones. If something else sets the capacity later, state the first one and list `sku.capacity` under
    `lifecycle.ignoreChanges`; with that line alone the finding is a warning. Models that have one size
    only, and SKUs we do not know, need none.
    """
    catalogue = context.catalogue
    for deployment in context.deployments:
        sku = deployment.spec.sku
        sizes = sizes_of(deployment, catalogue)
        if (
            not isinstance(sku.capacity, Unset)
            or not sku.name.known
            or misspelt(deployment, ("sku",), "capacity")
            or (sizes is not None and sizeless(sizes))
        ):
            continue
        ignored = "sku.capacity" in deployment.lifecycle.ignore_changes
        least = f"; the smallest is {sizes.minimum}" if sizes is not None else ""
        yield found(
            deployment,
            ("sku",),
            f"`{sku.name}` needs a capacity to be created with{least}",
            on_key=True,
            label="no capacity",
            source=str(sizes.source)
            if sizes is not None
            else f"SKU table of the catalogue, {catalogue.date}",
            fix=f"add capacity: {sizes.minimum}" if sizes is not None else "add capacity",
            severity=WARNING if ignored else ERROR,
        )


@rule("capacity-increment", ERROR, source=tables, by_entry=True)
def capacity_increment(context: RuleContext) -> Iterator[Finding]:
    """Provisioned capacity comes in sizes: a minimum, then equal steps above it (`minimum + k * step`).

    Both depend on model, version, SKU and sometimes region. The message names the sizes just under and over
    the one declared. Where two tables of equal standing disagree, a capacity that fits only one is a
    warning. The old sample that scales a regional gpt-4o-mini deployment from 25 to 40 PTU breaks its own
    table: regional gpt-4o-mini has steps of 25.
    """
    for wrong in verdicts(context.desired, context.catalogue, SizeFault.INCREMENT):
        problem = "a size of only one source for" if wrong.disputed else "not a size of"
        message = f"is {problem} {wrong.subject_title}: {wrong.allowed}"
        yield wrong.finding(message, f"must be {wrong.allowed}")


@rule("capacity-minimum", ERROR, source=tables, by_entry=True)
def capacity_minimum(context: RuleContext) -> Iterator[Finding]:
    """The capacity is smaller than the smallest deployment of this model on this SKU.

    Provisioned deployments have a documented minimum; for every other SKU it is 1.
    """
    for wrong in verdicts(context.desired, context.catalogue, SizeFault.MINIMUM):
        message = f"is under the minimum of {wrong.subject_title}: {wrong.allowed}"
        yield wrong.finding(message, f"must be {wrong.sizes.minimum} or more")
    for deployment in context.deployments:
        capacity = declared(deployment)
        if capacity is not None and capacity < 1 and sizes_of(deployment, context.catalogue) is None:
            yield found(
                deployment,
                ROUTE,
                f"capacity {capacity} is under 1, which is the least any deployment has",
                label="must be 1 or more",
                source="ARM's InvalidCapacity",
                fix="use 1 or more",
            )


@rule("capacity-maximum", ERROR, source=tables, by_entry=True)
def capacity_maximum(context: RuleContext) -> Iterator[Finding]:
    """The capacity is larger than ARM lets one deployment of this model be on this SKU.

    This is a limit per deployment, apart from quota. Split the load over several deployments, or use
    another SKU.
    """
    catalogue = context.catalogue
    for wrong in verdicts(context.desired, catalogue, SizeFault.MAXIMUM):
        most = wrong.sizes.maximum
        message = f"is over the maximum of {wrong.subject_title}, {most}"
        yield wrong.finding(message, f"must be {most} or less", f"use {most} or less, or several deployments")
    limit = catalogue.limit("max-ptu-per-deployment")
    for deployment in context.deployments:
        capacity, sizes = declared(deployment), sizes_of(deployment, catalogue)
        if capacity is None or capacity <= limit.value or (sizes is not None and sizes.maximum is not None):
            continue
        if deployment.spec.sku.name.family is SkuFamily.PROVISIONED:
            yield found(
                deployment,
                ROUTE,
                f"capacity {capacity} is over {limit.value} PTU, the most one deployment can have",
                label=f"must be {limit.value} or less",
                source=str(limit.source),
                fix=f"use {limit.value} or less, or several deployments",
            )


@rule("capacity-not-allowed", ERROR, source=tables, by_entry=True)
def capacity_not_allowed(context: RuleContext) -> Iterator[Finding]:
    """ARM lists the model with a maximum of 1 and without a rate.

    It is billed per token and has no size to choose. Leave the capacity out or write 1.
    """
    for wrong in verdicts(context.desired, context.catalogue, SizeFault.NOT_ALLOWED):
        message = f"has no meaning for {wrong.subject_title}: it has one size, 1"
        yield wrong.finding(message, "must be 1, or left out")

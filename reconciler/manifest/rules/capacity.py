"""Rules about capacity: each declared one is judged against the sizes of model, SKU and region.

A size that one of two equal sources allows is never an error: ARM decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.catalogue.facts import Sizes
from reconciler.domain.sku import SkuFamily
from reconciler.manifest.rules.rule import ERROR, WARNING, Declaration, Finding, rule, tables, wordings

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

    this: Declaration
    capacity: int
    sizes: Sizes
    disputed: bool

    @property
    def subject_title(self) -> str:
        """Model and SKU for a sentence."""
        return f"{self.this.what.title} on `{self.this.sku}`"

    @property
    def allowed(self) -> str:
        """The sizes in words, rival ones included."""
        unit = " PTU" if self.this.sku.family is SkuFamily.PROVISIONED else ""
        return "; or ".join(
            f"{s.minimum}{unit} or more" + ("" if s.step == 1 else f", in steps of {s.step}")
            for s in (self.sizes, *self.sizes.rivals)
        )

    def finding(self, message: str, label: str, fix: str = "") -> Finding:
        """What is said of it; what only some sources refuse is ARM's to decide."""
        notes = [str(s.source) for s in (self.sizes, *self.sizes.rivals)]
        note = f" ({self.sizes.note})" if self.sizes.note else ""
        return Finding(
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


def verdict(this: Declaration, fault: SizeFault) -> Iterator[SizeVerdict]:
    """Its declared capacity, if that is at fault in this way."""
    capacity, sizes = this.capacity, this.sizes
    if capacity is not None and sizes is not None and _fault(sizes, capacity) is fault:
        disputed = any(s.fits(capacity) for s in (sizes, *sizes.rivals))
        yield SizeVerdict(this=this, capacity=capacity, sizes=sizes, disputed=disputed)


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


@rule("capacity-missing", ERROR, wordings, source=tables)
def capacity_missing(this: Declaration) -> Iterator[Finding]:
    """A deployment cannot be created without a capacity.

    It counts PTUs on provisioned SKUs, rate units on standard ones, thousands of enqueued tokens on batch
    ones. If something else sets the capacity later, state the first one and list `sku.capacity` under
    `lifecycle.ignoreChanges`; with that line alone the finding is a warning. Models that have one size
    only, and SKUs we do not know, need none.
    """
    sizes = this.sizes
    if this.capacity is not None or not this.sku.known or this.misspelt(("sku",), "capacity"):
        return
    if sizes is not None and sizeless(sizes):
        return
    least = f"; the smallest is {sizes.minimum}" if sizes is not None else ""
    table = f"SKU table of the catalogue, {this.catalogue.date}"
    yield Finding(
        ("sku",),
        f"`{this.sku}` needs a capacity to be created with{least}",
        on_key=True,
        label="no capacity",
        source=str(sizes.source) if sizes is not None else table,
        fix=f"add capacity: {sizes.minimum}" if sizes is not None else "add capacity",
        severity=WARNING if "sku.capacity" in this.deployment.lifecycle.ignore_changes else ERROR,
    )


@rule("capacity-increment", ERROR, wordings, source=tables)
def capacity_increment(this: Declaration) -> Iterator[Finding]:
    """Provisioned capacity comes in sizes: a minimum, then equal steps above it (`minimum + k * step`).

    Both depend on model, version, SKU and sometimes region. The message names the sizes just under and over
    the one declared. Where two tables of equal standing disagree, a capacity that fits only one is a
    warning. The old sample that scales a regional gpt-4o-mini deployment from 25 to 40 PTU breaks its own
    table: regional gpt-4o-mini has steps of 25.
    """
    for wrong in verdict(this, SizeFault.INCREMENT):
        problem = "a size of only one source for" if wrong.disputed else "not a size of"
        message = f"is {problem} {wrong.subject_title}: {wrong.allowed}"
        yield wrong.finding(message, f"must be {wrong.allowed}")


def _under_one(this: Declaration) -> Iterator[Finding]:
    if this.capacity is not None and this.capacity < 1 and this.sizes is None:
        yield Finding(
            ROUTE,
            f"capacity {this.capacity} is under 1, which is the least any deployment has",
            label="must be 1 or more",
            source="ARM's InvalidCapacity",
            fix="use 1 or more",
        )


@rule("capacity-minimum", ERROR, wordings, source=tables, then=_under_one)
def capacity_minimum(this: Declaration) -> Iterator[Finding]:
    """The capacity is smaller than the smallest deployment of this model on this SKU.

    Provisioned deployments have a documented minimum; for every other SKU it is 1.
    """
    for wrong in verdict(this, SizeFault.MINIMUM):
        message = f"is under the minimum of {wrong.subject_title}: {wrong.allowed}"
        yield wrong.finding(message, f"must be {wrong.sizes.minimum} or more")


def _over_any(this: Declaration) -> Iterator[Finding]:
    if this.sku.family is not SkuFamily.PROVISIONED or (
        this.sizes is not None and this.sizes.maximum is not None
    ):
        return
    limit = this.catalogue.limit("max-ptu-per-deployment")
    if this.capacity is not None and this.capacity > limit.value:
        yield Finding(
            ROUTE,
            f"capacity {this.capacity} is over {limit.value} PTU, the most one deployment can have",
            label=f"must be {limit.value} or less",
            source=str(limit.source),
            fix=f"use {limit.value} or less, or several deployments",
        )


@rule("capacity-maximum", ERROR, wordings, source=tables, then=_over_any)
def capacity_maximum(this: Declaration) -> Iterator[Finding]:
    """The capacity is larger than ARM lets one deployment of this model be on this SKU.

    This is a limit per deployment, apart from quota. Split the load over several deployments, or use
    another SKU.
    """
    for wrong in verdict(this, SizeFault.MAXIMUM):
        most = wrong.sizes.maximum
        message = f"is over the maximum of {wrong.subject_title}, {most}"
        yield wrong.finding(message, f"must be {most} or less", f"use {most} or less, or several deployments")


@rule("capacity-not-allowed", ERROR, wordings, source=tables)
def capacity_not_allowed(this: Declaration) -> Iterator[Finding]:
    """ARM lists the model with a maximum of 1 and without a rate.

    It is billed per token and has no size to choose. Leave the capacity out or write 1.
    """
    for wrong in verdict(this, SizeFault.NOT_ALLOWED):
        message = f"has no meaning for {wrong.subject_title}: it has one size, 1"
        yield wrong.finding(message, "must be 1, or left out")

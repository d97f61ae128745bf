"""Judging a capacity against the sizes a SKU has, for the capacity rules, each of which tells one part.

A size that one of two equal sources allows is never an error: ARM decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.catalogue.facts import Sizes
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, sizes_of, subject
from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.sku import SkuFamily
from reconciler.domain.state import DesiredState

ROUTE = ("sku", "capacity")


class Fault(Enum):
    """In which way a capacity is not a size."""

    MINIMUM = auto()
    INCREMENT = auto()
    MAXIMUM = auto()
    NOT_ALLOWED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A capacity that is wrong, or right by one source only (`disputed`)."""

    deployment: DesiredDeployment
    what: Subject
    capacity: int
    sizes: Sizes
    fault: Fault
    disputed: bool

    @property
    def severity(self) -> Severity:
        """What only some sources refuse is ARM's to decide."""
        return Severity.WARNING if self.disputed else Severity.ERROR

    @property
    def subject_title(self) -> str:
        """Model and SKU for a sentence."""
        return f"{self.what.title} on `{self.deployment.spec.sku.name}`"

    @property
    def problem(self) -> str:
        """What is wrong with a capacity between two sizes, for a sentence."""
        return "a size of only one source for" if self.disputed else "not a size of"

    @property
    def allowed(self) -> str:
        """The sizes in words, rival ones included."""
        return "; or ".join(_in_words(s, self.deployment) for s in (self.sizes, *self.sizes.rivals))

    @property
    def neighbours(self) -> tuple[int, ...]:
        """The nearest sizes under and over the capacity; of all tables where none outranks another."""
        every = (self.sizes, *self.sizes.rivals) if self.sizes.contested else (self.sizes,)
        under = [size for s in every if (size := s.below(self.capacity)) is not None]
        over = [size for s in every if (size := s.above(self.capacity)) is not None]
        return (*sorted(under)[-1:], *sorted(over)[:1])

    @property
    def source(self) -> str:
        """Table and date of each set of sizes, with what a lesser source says."""
        told = [str(s.source) for s in (self.sizes, *self.sizes.rivals)]
        note = f" ({self.sizes.note})" if self.sizes.note else ""
        return " against ".join(dict.fromkeys(told)) + note

    @property
    def fix(self) -> str:
        """What to write; nothing better than waiting where tables of equal standing disagree."""
        if self.disputed and self.sizes.contested:
            return "keep it if ARM takes it: no table outranks the other"
        return f"use {' or '.join(str(size) for size in self.neighbours)}" if self.neighbours else ""


def _in_words(sizes: Sizes, deployment: DesiredDeployment) -> str:
    unit = " PTU" if deployment.spec.sku.name.family is SkuFamily.PROVISIONED else ""
    steps = "" if sizes.step == 1 else f", in steps of {sizes.step}"
    return f"{sizes.minimum}{unit} or more{steps}"


def sizeless(sizes: Sizes) -> bool:
    """Whether the offer has one size only: pay-as-you-go models that ARM lists with a maximum of 1."""
    return sizes.maximum == 1 and sizes.unit is None


def declared(deployment: DesiredDeployment) -> int | None:
    """The declared capacity as a number; None where the manifest is silent."""
    capacity = deployment.spec.sku.capacity
    return None if isinstance(capacity, Unset) else capacity.amount


def verdicts(desired: DesiredState, catalogue: Catalogue, fault: Fault) -> Iterator[Verdict]:
    """Every declared capacity that is at fault in this way."""
    for deployment in desired.deployments:
        capacity = declared(deployment)
        if capacity is None:
            continue
        sizes = sizes_of(deployment, catalogue)
        if sizes is None:
            continue
        kind = _fault(sizes, capacity)
        if kind is not fault:
            continue
        fits = [s.fits(capacity) for s in (sizes, *sizes.rivals)]
        what = subject(deployment.spec.model, catalogue)
        yield Verdict(
            deployment=deployment,
            what=what,
            capacity=capacity,
            sizes=sizes,
            fault=kind,
            disputed=any(fits),
        )


def _fault(sizes: Sizes, capacity: int) -> Fault | None:
    if sizes.fits(capacity):
        lonely = sizes.contested and not all(rival.fits(capacity) for rival in sizes.rivals)
        return Fault.INCREMENT if lonely else None
    if capacity < sizes.minimum:
        return Fault.MINIMUM
    if sizeless(sizes):
        return Fault.NOT_ALLOWED
    if sizes.maximum is not None and capacity > sizes.maximum:
        return Fault.MAXIMUM
    return Fault.INCREMENT

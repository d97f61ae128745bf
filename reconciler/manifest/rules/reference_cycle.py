"""Rule `reference-cycle`: deployments that name each other in a ring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found
from reconciler.manifest.rules.siblings import Siblings, reference_route

CODE = "reference-cycle"

_SOURCE = "a target is written before what names it"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Find the rings of every account; each is told once, at its first deployment."""
    siblings = Siblings(desired)
    for ring in siblings.rings():
        first, second = ring[0], ring[1 % len(ring)]
        names = " -> ".join([*(deployment.id.name for deployment in ring), first.id.name])
        steps = zip(ring[1:], (*ring[2:], first), strict=False)
        places = [deployment.provenance.place(reference_route(deployment, to)) for deployment, to in steps]
        yield found(
            CODE,
            Severity.ERROR,
            first,
            reference_route(first, second),
            f"deployments name each other in a ring: {names}",
            label="one of these references must go",
            source=_SOURCE,
            fix=f"remove the reference from `{ring[-1].id.name}` to `{first.id.name}`",
            related=tuple(Related(message="the ring goes on here", place=place) for place in places if place),
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Spillover targets and parents must be written before the deployments that name them. Deployments "
        "that name each other in a ring have no such order. Take one of the references out of the ring."
    ),
    source=_SOURCE,
    check=check,
)

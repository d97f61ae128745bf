"""Which declarations were found to agree with what is there, for all the pairs that are alike.

Most deployments of a fleet say the same, and most are as declared: such a pair is compared once. It goes by
identity, which costs nothing: entries that say the same share their spec, and answers their equal parts
(`arm/shared.py`). What is shared is never changed; what is not shared is compared by itself.
"""

from __future__ import annotations

from collections.abc import Hashable

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fields import read_only
from reconciler.domain.state import ObservedDeployment

_OWN = read_only()
"""What each answer has of its own: a plan never looks at it (`body.writable`)."""


class InSync:
    """Pairs that were found to agree, under the terms of one comparison, whose states outlive it."""

    def __init__(self) -> None:
        self._known: set[Hashable] = set()

    def add(self, desired: DesiredDeployment, observed: ObservedDeployment) -> None:
        """Note that the two agree."""
        self._known.add(_alike(desired, observed))

    def knows(self, desired: DesiredDeployment, observed: ObservedDeployment) -> bool:
        """Whether two that say the same were found to agree."""
        return _alike(desired, observed) in self._known


def _alike(desired: DesiredDeployment, observed: ObservedDeployment) -> Hashable:
    """All that counts when the two are compared: everything but whose names they are."""
    there = [(name, id(value)) for name, value in observed.resource.items() if name.lower() not in _OWN]
    said = (id(desired.spec), id(desired.lifecycle), desired.tenant, desired.adopt)
    return (*said, observed.provisioning_state, *there)

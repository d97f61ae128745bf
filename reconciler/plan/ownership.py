"""Whose a deployment is: what its tags say, and what that allows.

Tag names are case-blind in ARM; their values are not.
"""

from __future__ import annotations

from reconciler.domain.marks import FLEET_TAG, REMOVAL_TAG, SPEC_TAG
from reconciler.domain.state import ObservedDeployment


def owner_of(there: ObservedDeployment) -> str | None:
    """The fleet whose mark is on it; None where it carries nobody's."""
    return _tag(there, FLEET_TAG)


def mark_of(there: ObservedDeployment) -> str | None:
    """The mark of the spec that was last written to it."""
    return _tag(there, SPEC_TAG)


def on_removal(there: ObservedDeployment) -> str:
    """What its last manifest said about removing it: "retain", "refuse", or nothing."""
    return _tag(there, REMOVAL_TAG) or ""


def _tag(there: ObservedDeployment, wanted: str) -> str | None:
    return next((value for name, value in there.tags.items() if name.lower() == wanted), None)

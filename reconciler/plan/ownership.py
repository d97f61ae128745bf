"""Whose a deployment is: what its tags say, and what that allows.

Tag names are case-blind in ARM; their values are not.
"""

from __future__ import annotations

from reconciler.domain.marks import FLEET_TAG, MODEL_TAG, REMOVAL_TAG, SPEC_TAG
from reconciler.domain.state import ObservedDeployment


def owner_of(observed: ObservedDeployment) -> str | None:
    """The fleet whose mark is on it; None where it carries nobody's."""
    return _tag(observed, FLEET_TAG)


def mark_of(observed: ObservedDeployment) -> str | None:
    """The mark of the spec that was last written to it."""
    return _tag(observed, SPEC_TAG)


def model_mark_of(observed: ObservedDeployment) -> str | None:
    """The mark of the model that was last declared for it; None before a release that wrote one."""
    return _tag(observed, MODEL_TAG)


def on_removal(observed: ObservedDeployment) -> str:
    """What its last manifest said about removing it: "retain", "refuse", or nothing."""
    return _tag(observed, REMOVAL_TAG) or ""


def _tag(observed: ObservedDeployment, wanted: str) -> str | None:
    return next((value for name, value in observed.tags.items() if name.lower() == wanted), None)

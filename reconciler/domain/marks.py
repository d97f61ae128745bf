"""The tags that say whose a deployment is (docs/decisions/0002-ownership-mark.md), and what they say of one.

Tag names are case-blind in ARM; their values are not.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from reconciler.domain.state import ObservedDeployment

OURS: Final = "reconciler-"
"""What the names of all our tags begin with; nobody else's may."""

FLEET_TAG: Final = "reconciler-fleet"
SPEC_TAG: Final = "reconciler-spec"
MODEL_TAG: Final = "reconciler-model"
REMOVAL_TAG: Final = "reconciler-on-removal"
MARKS: Final = (FLEET_TAG, SPEC_TAG, MODEL_TAG, REMOVAL_TAG)

_PATHS: Final = frozenset(f"tags.{name}" for name in MARKS)


def is_mark(path: str) -> bool:
    """Whether a manifest path is that of one of our own tags."""
    return path.lower() in _PATHS


class Whose(Enum):
    """Whose a deployment is, seen from one fleet."""

    OURS = auto()
    NAMESAKE = auto()
    """It carries our fleet's name without an id: ours from before the fleet had one, or a namesake's."""
    THEIRS = auto()
    NOBODYS = auto()


def whose(observed: ObservedDeployment, mark: str) -> Whose:
    """Whose it is for the fleet of this mark."""
    owner = owner_of(observed)
    if owner is None:
        return Whose.NOBODYS
    if owner == mark:
        return Whose.OURS
    return Whose.NAMESAKE if owner == mark.partition("/")[0] else Whose.THEIRS


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

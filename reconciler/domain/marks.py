"""The tags that say whose a deployment is (docs/decisions/0002-ownership-mark.md)."""

from __future__ import annotations

from typing import Final

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

"""The tags that say whose a deployment is (docs/decisions/0002-ownership-mark.md)."""

from __future__ import annotations

from typing import Final

OURS: Final = "reconciler-"
"""What the names of all our tags begin with; nobody else's may."""

FLEET_TAG: Final = "reconciler-fleet"
SPEC_TAG: Final = "reconciler-spec"
REMOVAL_TAG: Final = "reconciler-on-removal"
MARKS: Final = (FLEET_TAG, SPEC_TAG, REMOVAL_TAG)

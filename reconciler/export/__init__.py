"""From what exists to manifests: readers of foreign formats on one side, a writer on the other.

An `Estate` stands between them. Nothing here asks the network for anything, and nothing that a source does
not say is made up: it is a comment, and where a manifest needs it, a placeholder that `validate` points at.
"""

from __future__ import annotations

from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount, observed_estate
from reconciler.export.review import Exported, manifests_of
from reconciler.export.sheets import Page
from reconciler.export.sources.given import Setting

__all__ = [
    "Estate",
    "EstateOrigin",
    "Exported",
    "Found",
    "FoundAccount",
    "Page",
    "Setting",
    "manifests_of",
    "observed_estate",
]

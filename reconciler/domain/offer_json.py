"""An offer as it stands in the files that this program keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from reconciler.domain.document import Document
from reconciler.domain.platform import Replacement
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Offer


class ReplacementDocument(Document):
    """What ARM upgrades a model to."""

    model: str
    version: str
    starts: str | None = None
    lead_days: int | None = None


class OfferDocument(Document):
    """One way in which a region offers a model. What has a default was added later."""

    format: str
    model: str
    version: str
    sku: str
    pool: str
    kind: str
    minimum: int | None
    step: int | None
    maximum: int | None
    retires: str | None
    status: str
    default: bool
    scope: str = ""
    replacement: ReplacementDocument | None = None
    publisher: str = ""
    asset: str = ""
    hosted_on: str = ""
    priority: bool = False

    @classmethod
    def of(cls, offer: Offer) -> OfferDocument:
        """The document of an offer."""
        values = {name: getattr(offer, _ATTRIBUTES.get(name, name)) for name in cls.model_fields}
        to = None if offer.replacement is None else ReplacementDocument(**asdict(offer.replacement))
        return cls(**values | {"sku": offer.sku.name, "replacement": to})

    def offer(self) -> Offer:
        """The offer; ValueError where the document is none."""
        values = {_ATTRIBUTES.get(name, name): getattr(self, name) for name in OfferDocument.model_fields}
        to = None if self.replacement is None else Replacement(**self.replacement.model_dump())
        return Offer(**values | {"sku": SkuName(self.sku), "replacement": to})


_ATTRIBUTES: Final = {
    "format": "model_format",
    "model": "model_name",
    "version": "model_version",
    "kind": "account_kind",
    "status": "lifecycle_status",
    "default": "default_version",
    "priority": "priority_tier",
}
"""What an offer calls the fields that have another name in its document."""

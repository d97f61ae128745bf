"""An offer as it stands in the files that this program keeps."""

from __future__ import annotations

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
        to = offer.replacement
        return cls(
            format=offer.model_format,
            model=offer.model_name,
            version=offer.model_version,
            sku=offer.sku.name,
            pool=offer.pool,
            kind=offer.account_kind,
            minimum=offer.minimum,
            step=offer.step,
            maximum=offer.maximum,
            retires=offer.retires,
            status=offer.lifecycle_status,
            default=offer.default_version,
            scope=offer.scope,
            replacement=None
            if to is None
            else ReplacementDocument(
                model=to.model, version=to.version, starts=to.starts, lead_days=to.lead_days
            ),
            publisher=offer.publisher,
            asset=offer.asset,
            hosted_on=offer.hosted_on,
            priority=offer.priority_tier,
        )

    def offer(self) -> Offer:
        """The offer; ValueError where the document is none."""
        to = self.replacement
        return Offer(
            model_format=self.format,
            model_name=self.model,
            model_version=self.version,
            sku=SkuName(self.sku),
            pool=self.pool,
            account_kind=self.kind,
            minimum=self.minimum,
            step=self.step,
            maximum=self.maximum,
            retires=self.retires,
            lifecycle_status=self.status,
            default_version=self.default,
            scope=self.scope,
            replacement=None
            if to is None
            else Replacement(model=to.model, version=to.version, starts=to.starts, lead_days=to.lead_days),
            publisher=self.publisher,
            asset=self.asset,
            hosted_on=self.hosted_on,
            priority_tier=self.priority,
        )

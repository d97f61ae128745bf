"""What a shard observed, as its plan file holds it: the part of a document that `plan merge` reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from reconciler.domain.document import Document
from reconciler.domain.offer_json import OfferDocument

Json = dict[str, JsonValue]


class ModelDocument(Document):
    """A deployment's model as ARM answered it."""

    format: str | None
    name: str | None
    version: str | None
    source: str | None


class DeploymentDocument(Document):
    """A deployment as ARM answered it, without the people who wrote it."""

    id: str
    model: ModelDocument
    sku: str | None
    capacity: int | None
    provisioning_state: str
    tags: dict[str, str]
    etag: str | None
    resource: Json


class SilenceDocument(Document):
    """Something that is not there, or could not be read."""

    id: str
    reading: Literal["missing", "unreadable"]
    code: str
    message: str
    trouble: str = ""
    fix: str = ""


class AccountDocument(Document):
    """An account whose deployments were listed to the last page."""

    id: str
    reading: Literal["listed"]
    region: str
    kind: str
    provisioning_state: str
    deployments: tuple[DeploymentDocument, ...]


class NamesDocument(Document):
    """The names of what an account holds beside deployments."""

    id: str
    reading: Literal["listed"]
    names: tuple[str, ...]


class UsageDocument(Document):
    """A quota counter as ARM told it."""

    name: str
    label: str
    used: int
    limit: int
    scope: str = ""
    scope_id: str = ""


class RegionDocument(Document):
    """What ARM says about a region of a subscription; null where it was not read."""

    subscription: str
    region: str
    pools: tuple[UsageDocument, ...] | None
    offers: str | None = Field(description="Digest of the list of offers, which stands below `offers`.")


class OpinionDocument(Document):
    """What ARM's own validation says against a write."""

    id: str
    refused: bool
    message: str
    fix: str


class ExpiryDocument(Document):
    """What the Activity Log proves of a deployment that is not there."""

    id: str
    written: str
    problem: str


AnyReading = Annotated[AccountDocument | SilenceDocument, Field(discriminator="reading")]
AnyNames = Annotated[NamesDocument | SilenceDocument, Field(discriminator="reading")]


class ObservedDocument(Document):
    """Everything that a shard's plan was made from."""

    accounts: tuple[AnyReading, ...]
    regions: tuple[RegionDocument, ...]
    offers: dict[str, tuple[OfferDocument, ...]]
    policies: tuple[AnyNames, ...]
    sources: tuple[AnyNames, ...]
    opinions: tuple[OpinionDocument, ...]
    expiries: tuple[ExpiryDocument, ...] = ()

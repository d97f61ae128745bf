"""What a shard observed, as a part of its plan file, and back: what `plan merge` reads.

Everything that a plan is made from, and nothing else: not who wrote a deployment (`systemData` holds
people's addresses), so what is read back differs in that alone. It is canonical: equal observations, equal
bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from reconciler.domain import state
from reconciler.domain.deployment import JsonValue
from reconciler.domain.document import Document, Name, what
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.json_values import canonical
from reconciler.domain.offer_json import OfferDocument
from reconciler.domain.sku import SkuName
from reconciler.errors import Trouble

Json = dict[str, pydantic.JsonValue]


class ModelDocument(Document):
    """A deployment's model as ARM answered it."""

    format: str | None
    name: str | None
    version: str | None
    source: str | None


class DeploymentDocument(Document):
    """A deployment as ARM answered it, without the people who wrote it."""

    id: Name
    model: ModelDocument
    sku: Name | None
    capacity: int | None
    provisioning_state: str
    tags: dict[str, str]
    etag: str | None
    resource: Json


class SilenceDocument(Document):
    """Something that is not there, or could not be read."""

    id: Name
    reading: Literal["missing", "unreadable"]
    code: str
    message: str
    trouble: str = ""
    fix: str = ""


class AccountDocument(Document):
    """An account whose deployments were listed to the last page."""

    id: Name
    reading: Literal["listed"]
    region: Name
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
    region: Name
    pools: tuple[UsageDocument, ...] | None
    offers: str | None = what("Digest of the list of offers, which stands below `offers`.")


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


_PEOPLE = "systemdata"

Names = frozenset[str] | state.AccountMissing | state.Unreadable


# -- writing -------------------------------------------------------------------------------------------


def observed_document(observed: state.ObservedState) -> ObservedDocument:
    """The observation as a document. Equal lists of offers stand there once, under their digest."""
    shelf: dict[str, tuple[OfferDocument, ...]] = {}
    regions = tuple(
        _region(facts, shelf)
        for facts in sorted(observed.regions, key=lambda item: (item.subscription.lower(), item.region))
    )
    return ObservedDocument(
        accounts=tuple(_reading(reading) for _, reading in sorted(observed.readings.items())),
        regions=regions,
        offers={key: shelf[key] for key in sorted(shelf)},
        policies=tuple(_names(account, found) for account, found in sorted(observed.policies.items())),
        sources=tuple(_names(account, found) for account, found in sorted(observed.sources.items())),
        opinions=tuple(
            OpinionDocument(id=str(name), **asdict(found))
            for name, found in sorted(observed.opinions.items())
        ),
        expiries=tuple(
            ExpiryDocument(id=str(name), **asdict(found)) for name, found in sorted(observed.expiries.items())
        ),
    )


def _reading(reading: state.Reading) -> AccountDocument | SilenceDocument:
    if not isinstance(reading, state.Listed):
        return _silence(reading.id, reading)
    account = reading.account
    return AccountDocument.from_value(
        account,
        reading="listed",
        deployments=tuple(map(_deployment, sorted(reading.deployments, key=lambda found: found.id.key))),
    )


def _silence(account: AccountId, found: state.AccountMissing | state.Unreadable) -> SilenceDocument:
    if isinstance(found, state.AccountMissing):
        return SilenceDocument.from_value(found, id=account, reading="missing", fix=found.fix)
    more = {"id": account, "trouble": found.trouble.value, "fix": found.fix}
    return SilenceDocument.from_value(found, reading="unreadable", **more)


def _deployment(deployment: state.ObservedDeployment) -> DeploymentDocument:
    return DeploymentDocument.from_value(
        deployment,
        model=ModelDocument(
            format=deployment.model_format,
            name=deployment.model_name,
            version=deployment.model_version,
            source=deployment.model_source,
        ),
        tags={name: deployment.tags[name] for name in sorted(deployment.tags)},
        resource={
            name: in_order(deployment.resource[name])
            for name in sorted(deployment.resource)
            if name.lower() != _PEOPLE
        },
    )


def in_order(value: JsonValue) -> Any:  # noqa: ANN401 -- JSON as the documents have it
    """The same value with the keys of every object sorted."""
    if isinstance(value, Mapping):
        return {name: in_order(value[name]) for name in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [in_order(item) for item in value]
    return value


def _region(facts: state.RegionFacts, shelf: dict[str, tuple[OfferDocument, ...]]) -> RegionDocument:
    key = None
    if (read := facts.offers) is not None:
        offers = tuple(map(OfferDocument.of, read))
        key = hashlib.sha256(canonical([offer.to_json() for offer in offers]).encode()).hexdigest()[:16]
        shelf[key] = offers
    return RegionDocument.from_value(
        facts,
        pools=None if facts.pools is None else tuple(UsageDocument(**asdict(pool)) for pool in facts.pools),
        offers=key,
    )


def _names(account: AccountId, found: Names) -> NamesDocument | SilenceDocument:
    if isinstance(found, frozenset):
        return NamesDocument(id=str(account), reading="listed", names=tuple(sorted(found)))
    return _silence(account, found)


# -- reading -------------------------------------------------------------------------------------------


def read_observed(of: ObservedDocument) -> state.ObservedState:
    """The observation that `observed_document` wrote; ValueError where it contradicts itself."""
    shelf = {key: tuple(offer.offer() for offer in offers) for key, offers in of.offers.items()}
    return state.ObservedState(
        readings={AccountId.parse(item.id): _read_reading(item) for item in of.accounts},
        regions=tuple(_read_region(region, shelf) for region in of.regions),
        policies={
            account: found
            for account, found in map(_read_names, of.policies)
            if not isinstance(found, state.AccountMissing)
        },
        sources=dict(map(_read_names, of.sources)),
        opinions={
            DeploymentId.parse(opinion.id): state.Opinion(**opinion.model_dump(exclude={"id"}))
            for opinion in of.opinions
        },
        expiries={
            DeploymentId.parse(expiry.id): state.Expiry(**expiry.model_dump(exclude={"id"}))
            for expiry in of.expiries
        },
    )


def _read_reading(of: AccountDocument | SilenceDocument) -> state.Reading:
    account = AccountId.parse(of.id)
    if isinstance(of, SilenceDocument):
        return _read_silence(of, account)
    deployments = tuple(map(_read_deployment, of.deployments))
    if any(deployment.id.account != account for deployment in deployments):
        raise ValueError(f"a deployment in the listing of {account.name} is another account's")
    return state.Listed(
        account=state.ObservedAccount(
            id=account, region=Region(of.region), kind=of.kind, provisioning_state=of.provisioning_state
        ),
        deployments=deployments,
    )


def _read_silence(of: SilenceDocument, account: AccountId) -> state.AccountMissing | state.Unreadable:
    if of.reading == "missing":
        return state.AccountMissing(id=account, code=of.code, message=of.message, fix=of.fix)
    return state.Unreadable(
        id=account, code=of.code, message=of.message, trouble=Trouble(of.trouble), fix=of.fix
    )


def _read_deployment(of: DeploymentDocument) -> state.ObservedDeployment:
    return state.ObservedDeployment(
        id=DeploymentId.parse(of.id),
        model_format=of.model.format,
        model_name=of.model.name,
        model_version=of.model.version,
        model_source=of.model.source,
        sku=None if of.sku is None else SkuName(of.sku),
        capacity=of.capacity,
        provisioning_state=of.provisioning_state,
        tags=dict(of.tags),
        etag=of.etag,
        resource={name: value for name, value in of.resource.items() if name.lower() != _PEOPLE},
    )


def _read_region(of: RegionDocument, shelf: Mapping[str, tuple[state.Offer, ...]]) -> state.RegionFacts:
    if of.offers is not None and of.offers not in shelf:
        raise ValueError(f"`offers` has no list {of.offers!r}")
    return state.RegionFacts(
        subscription=of.subscription,
        region=Region(of.region),
        pools=None if of.pools is None else tuple(state.QuotaPool(**pool.model_dump()) for pool in of.pools),
        offers=None if of.offers is None else shelf[of.offers],
    )


def _read_names(of: NamesDocument | SilenceDocument) -> tuple[AccountId, Names]:
    account = AccountId.parse(of.id)
    if isinstance(of, NamesDocument):
        return account, frozenset(of.names)
    return account, _read_silence(of, account)

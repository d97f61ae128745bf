"""What a shard observed, as a part of its plan file, and back.

Everything that a plan is made from, and nothing else: not who wrote a deployment (`systemData` holds
people's addresses), so what is read back differs in that alone. It is canonical: equal observations, equal
bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from reconciler.domain import document
from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.offer_json import offer_json, read_offer
from reconciler.domain.sku import SkuName
from reconciler.domain.state import (
    AccountMissing,
    Listed,
    ObservedAccount,
    ObservedDeployment,
    ObservedState,
    Offer,
    Opinion,
    QuotaPool,
    Reading,
    RegionFacts,
    Unreadable,
)
from reconciler.errors import Trouble
from reconciler.plan.overlay import canonical
from reconciler.planfile.plan_file import reading as reading_a_plan

_PEOPLE = "systemdata"

Names = frozenset[str] | AccountMissing | Unreadable


# -- writing -------------------------------------------------------------------------------------------


def observed_json(observed: ObservedState) -> dict[str, JsonValue]:
    """The observation as a JSON object. Equal lists of offers stand there once, under their digest."""
    shelf: dict[str, list[JsonValue]] = {}
    regions = [_region(facts, shelf) for facts in sorted(observed.regions, key=_place)]
    return {
        "accounts": [_reading(reading) for _, reading in sorted(observed.readings.items())],
        "regions": list(regions),
        "offers": {key: shelf[key] for key in sorted(shelf)},
        "policies": [_names(account, found) for account, found in sorted(observed.policies.items())],
        "sources": [_names(account, found) for account, found in sorted(observed.sources.items())],
        "opinions": [_opinion(name, found) for name, found in sorted(observed.opinions.items())],
    }


def _place(facts: RegionFacts) -> tuple[str, str]:
    return (facts.subscription.lower(), facts.region.name)


def _reading(reading: Reading) -> dict[str, JsonValue]:
    if not isinstance(reading, Listed):
        return {"id": str(reading.id), **_silence(reading)}
    account = reading.account
    return {
        "id": str(account.id),
        "reading": "listed",
        "region": account.region.name,
        "kind": account.kind,
        "provisioningState": account.provisioning_state,
        "deployments": [
            _deployment(one) for one in sorted(reading.deployments, key=lambda found: found.id.key)
        ],
    }


def _silence(found: AccountMissing | Unreadable) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {"code": found.code, "message": found.message}
    if isinstance(found, AccountMissing):
        return {"reading": "missing", **told}
    return {"reading": "unreadable", **told, "trouble": found.trouble.value}


def _deployment(one: ObservedDeployment) -> dict[str, JsonValue]:
    resource = {name: value for name, value in one.resource.items() if name.lower() != _PEOPLE}
    return {
        "id": str(one.id),
        "model": {
            "format": one.model_format,
            "name": one.model_name,
            "version": one.model_version,
            "source": one.model_source,
        },
        "sku": None if one.sku is None else one.sku.name,
        "capacity": one.capacity,
        "provisioningState": one.provisioning_state,
        "tags": {name: one.tags[name] for name in sorted(one.tags)},
        "etag": one.etag,
        "resource": in_order(resource),
    }


def in_order(value: JsonValue) -> JsonValue:
    """The same value with the keys of every object sorted."""
    if isinstance(value, Mapping):
        return {name: in_order(value[name]) for name in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [in_order(item) for item in value]
    return value


def _region(facts: RegionFacts, shelf: dict[str, list[JsonValue]]) -> dict[str, JsonValue]:
    pools = None if facts.pools is None else [_pool(pool) for pool in facts.pools]
    key = None
    if (read := facts.offers) is not None:
        offers: list[JsonValue] = [offer_json(offer) for offer in read]
        key = hashlib.sha256(canonical(offers).encode()).hexdigest()[:16]
        shelf[key] = offers
    return {
        "subscription": facts.subscription,
        "region": facts.region.name,
        "pools": None if pools is None else list(pools),
        "offers": key,
    }


def _pool(pool: QuotaPool) -> dict[str, JsonValue]:
    return {"name": pool.name, "label": pool.label, "used": pool.used, "limit": pool.limit}


def _names(account: AccountId, found: Names) -> dict[str, JsonValue]:
    if isinstance(found, frozenset):
        return {"id": str(account), "reading": "listed", "names": sorted(found)}
    return {"id": str(account), **_silence(found)}


def _opinion(name: DeploymentId, found: Opinion) -> dict[str, JsonValue]:
    return {
        "id": str(name),
        "refused": found.refused,
        "message": found.message,
        "fix": found.fix,
    }


# -- reading -------------------------------------------------------------------------------------------


def read_observed(of: Mapping[str, object]) -> ObservedState:
    """The observation that `observed_json` wrote; UsageProblem where the object is none."""
    with reading_a_plan():
        return _read_observed(of)


def _read_observed(of: Mapping[str, object]) -> ObservedState:
    offers = document.mapping(of, "offers")
    shelf = {key: tuple(read_offer(one) for one in document.objects(offers, key)) for key in map(str, offers)}
    readings = [_read_reading(one) for one in document.objects(of, "accounts")]
    return ObservedState(
        readings={_id_of(reading): reading for reading in readings},
        regions=tuple(_read_region(one, shelf) for one in document.objects(of, "regions")),
        policies={
            account: found
            for account, found in _read_names(document.objects(of, "policies"))
            if not isinstance(found, AccountMissing)
        },
        sources=dict(_read_names(document.objects(of, "sources"))),
        opinions=dict(_read_opinion(one) for one in document.objects(of, "opinions")),
    )


def _id_of(reading: Reading) -> AccountId:
    return reading.account.id if isinstance(reading, Listed) else reading.id


def _account(of: Mapping[str, object]) -> AccountId:
    return AccountId.parse(document.text(of, "id"))


def _read_reading(of: Mapping[str, object]) -> Reading:
    account = _account(of)
    if document.text(of, "reading") != "listed":
        return _read_silence(of, account)
    deployments = tuple(_read_deployment(one) for one in document.objects(of, "deployments"))
    if any(one.id.account != account for one in deployments):
        document.wrong(f"a deployment in the listing of {account.name} is another account's")
    return Listed(
        account=ObservedAccount(
            id=account,
            region=Region(document.text(of, "region")),
            kind=document.text(of, "kind"),
            provisioning_state=document.text(of, "provisioningState"),
        ),
        deployments=deployments,
    )


def _read_silence(of: Mapping[str, object], account: AccountId) -> AccountMissing | Unreadable:
    code, message = document.text(of, "code"), document.text(of, "message")
    reading = document.text(of, "reading")
    if reading not in {"missing", "unreadable"}:
        document.wrong(f"{reading!r} is no way in which an account was read")
    if reading == "missing":
        return AccountMissing(id=account, code=code, message=message)
    return Unreadable(id=account, code=code, message=message, trouble=Trouble(document.text(of, "trouble")))


def _read_deployment(of: Mapping[str, object]) -> ObservedDeployment:
    model, tags = document.mapping(of, "model"), document.mapping(of, "tags")
    sku = document.text_or_none(of, "sku")
    return ObservedDeployment(
        id=_name(of),
        model_format=document.text_or_none(model, "format"),
        model_name=document.text_or_none(model, "name"),
        model_version=document.text_or_none(model, "version"),
        model_source=document.text_or_none(model, "source"),
        sku=None if sku is None else SkuName(sku),
        capacity=document.whole_or_none(of, "capacity"),
        provisioning_state=document.text(of, "provisioningState"),
        tags={key: document.text(tags, key) for key in tags},
        etag=document.text_or_none(of, "etag"),
        resource=_without_people(document.json_object(of, "resource")),
    )


def _name(of: Mapping[str, object]) -> DeploymentId:
    return DeploymentId.parse(document.text(of, "id"))


def _read_opinion(of: Mapping[str, object]) -> tuple[DeploymentId, Opinion]:
    return _name(of), Opinion(
        refused=document.yes_or_no(of, "refused"),
        message=document.text(of, "message"),
        fix=document.text(of, "fix"),
    )


def _without_people(resource: JsonObject) -> JsonObject:
    return {name: value for name, value in resource.items() if name.lower() != _PEOPLE}


def _read_region(of: Mapping[str, object], shelf: Mapping[str, tuple[Offer, ...]]) -> RegionFacts:
    key = document.text_or_none(of, "offers")
    if key is not None and key not in shelf:
        document.wrong(f"`offers` has no list {key!r}")
    pools = None if of.get("pools") is None else document.objects(of, "pools")
    return RegionFacts(
        subscription=document.text(of, "subscription"),
        region=Region(document.text(of, "region")),
        pools=None if pools is None else tuple(_read_pool(one) for one in pools),
        models=None if key is None else shelf[key],
    )


def _read_pool(of: Mapping[str, object]) -> QuotaPool:
    return QuotaPool(
        name=document.text(of, "name"),
        label=document.text(of, "label"),
        used=document.whole(of, "used"),
        limit=document.whole(of, "limit"),
    )


def _read_names(found: Sequence[Mapping[str, object]]) -> Iterator[tuple[AccountId, Names]]:
    for of in found:
        account = _account(of)
        if document.text(of, "reading") == "listed":
            yield account, frozenset(document.texts(of, "names"))
        else:
            yield account, _read_silence(of, account)

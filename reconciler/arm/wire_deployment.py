"""ARM's answers about deployments: what we need is typed, what a PUT may repeat is kept as it came.

Rule of this module: what many deployments say alike is kept and typed once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypedDict

from reconciler.arm.shared import Shared
from reconciler.arm.wire import Whole, Wire, misdirected, shaped
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.read_only import read_only
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment, SystemMetadata


class _Sku(Wire):
    name: str | None = None
    capacity: Whole | None = None


class _Model(Wire):
    format: str | None = None
    name: str | None = None
    version: str | None = None
    source: str | None = None
    source_account: str | None = None


class _Properties(Wire):
    model: _Model | None = None
    provisioning_state: str | None = None


class _SystemData(Wire):
    last_modified_by: str | None = None
    last_modified_by_type: str | None = None
    last_modified_at: str | None = None


class _Own(Wire):
    id: str
    system_data: _SystemData | None = None


class _Rest(Wire):
    sku: _Sku | None = None
    properties: _Properties | None = None
    tags: dict[str, str] | None = None


_sku_name = lru_cache(maxsize=64)(SkuName)


def deployment(answer: Mapping[str, object], asked: DeploymentId) -> ObservedDeployment:
    """The deployment that was asked for; raises Misdirected for any other, Unreadable for wrong types."""
    found = deployment_in(answer, asked.account)
    if found.id != asked:
        raise misdirected(str(found.id))
    return found


def deployment_in(
    answer: Mapping[str, object], account: AccountId, shared: Shared | None = None
) -> ObservedDeployment:
    """A deployment of `account`, as an item of its list; what many say alike is kept and typed once."""
    own = shaped(_Own, answer)
    said = {name: value for name, value in answer.items() if name.lower() not in _READ_ONLY}
    rest = _said(said) if shared is None else shared.made(said, _said)
    # api-version 2021-10-01 spelled it `eTag`; the set of spellings is read without case
    etag = next((value for key, value in answer.items() if key.lower() == "etag"), None)
    return ObservedDeployment(
        id=_id_in(own.id, account),
        etag=etag if isinstance(etag, str) else None,
        system=_system(own.system_data) if own.system_data else SystemMetadata(),
        **rest,
    )


def _id_in(text: str, account: AccountId) -> DeploymentId:
    """The id that an answer tells; raises Misdirected for one of another account."""
    below = f"{account}/deployments/"
    name = text.removeprefix(below)
    # as it was asked for: thousands need neither a search nor an account each
    if text.startswith(below) and name and "/" not in name:
        return DeploymentId(account=account, name=name)
    try:
        found = DeploymentId.parse(text)
    except ValueError as problem:
        raise misdirected(text) from problem
    if found.account != account:
        raise misdirected(text)
    return found


_READ_ONLY: Final = read_only()
"""What tells which deployment an answer is about, and who wrote it: no other answer has the same."""


class _Said(TypedDict):
    """What an answer says of a deployment, whichever it is about."""

    model_format: str | None
    model_name: str | None
    model_version: str | None
    model_source: str | None
    sku: SkuName | None
    capacity: int | None
    provisioning_state: str
    tags: Mapping[str, str]
    resource: JsonObject


def _said(answer: dict[str, object]) -> _Said:
    read = shaped(_Rest, answer)
    properties = read.properties or _Properties()
    model = properties.model or _Model()
    sku = read.sku or _Sku()
    return _Said(
        model_format=model.format,
        model_name=model.name,
        model_version=model.version,
        model_source=model.source_account or model.source,
        sku=_sku_name(sku.name) if sku.name else None,
        capacity=sku.capacity,
        provisioning_state=properties.provisioning_state or "Succeeded",
        tags=answer["tags"] if read.tags else {},  # type: ignore[typeddict-item]  # it has been read as such
        resource=answer,  # type: ignore[typeddict-item]  # `strict_json` lets nothing in but JSON values
    )


def _system(read: _SystemData) -> SystemMetadata:
    return SystemMetadata(
        last_modified_by=_interned(read.last_modified_by),
        last_modified_by_type=_interned(read.last_modified_by_type),
        last_modified_at=_interned(read.last_modified_at),
    )


def _interned(text: str | None) -> str | None:
    """The one object for a text: few identities write thousands of deployments, often at one time."""
    return None if text is None else sys.intern(text)

"""What `az cognitiveservices account deployment list -o json` prints: ARM's own answers, as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.json_parts import at, part
from reconciler.export.sources.given import Setting

_FRAME = frozenset({"id", "name", "type", "etag", "systemdata", "resourcegroup"})


def listing_estate(name: str, items: Sequence[JsonValue], setting: Setting) -> Estate:
    """The deployments of a list; UsageProblem where it holds none."""
    found: dict[AccountId | None, list[Found]] = {}
    left_out: list[str] = []
    for item in items:
        if not isinstance(item, dict) or not (part(item, "properties") or part(item, "sku")):
            left_out.append(f"{name}: an item that is not a deployment: left out")
            continue
        identity = _identity(item)
        written = identity.name if identity is not None else str(at(item, "name") or "")
        if not written:
            left_out.append(f"{name}: a deployment without name or id: left out")
            continue
        account = identity.account if identity is not None else None
        found.setdefault(account, []).append(_found(item, written.rpartition("/")[2]))
    if not found:
        raise UsageProblem(
            f"{name} lists no deployment. `az cognitiveservices account deployment list -g GROUP -n ACCOUNT "
            "-o json` prints one"
        )
    return Estate(
        origin=EstateOrigin.LISTING,
        cloud=setting.cloud,
        accounts=tuple(_accounts(found)),
        left_out=tuple(left_out),
    )


def _identity(item: JsonObject) -> DeploymentId | None:
    try:
        return DeploymentId.parse(str(at(item, "id")))
    except ValueError:
        return None


def _found(item: JsonObject, name: str) -> Found:
    """An answer of ARM; az writes null for what is not there."""
    state = at(part(item, "properties"), "provisioningState")
    resource = {key: value for key, value in item.items() if key.lower() not in _FRAME and value is not None}
    return Found(
        name=name,
        resource=resource,
        state=state if isinstance(state, str) else "Succeeded",
        observed=True,
    )


def _accounts(found: dict[AccountId | None, list[Found]]) -> Iterator[FoundAccount]:
    for account, deployments in found.items():
        if account is None:
            yield FoundAccount(
                subscription=None,
                resource_group=None,
                name=None,
                open=dict.fromkeys(("name", "resourceGroup"), "the list has no ids"),
                deployments=tuple(deployments),
            )
        else:
            yield FoundAccount(
                subscription=account.subscription,
                resource_group=account.resource_group,
                name=account.name,
                deployments=tuple(deployments),
            )

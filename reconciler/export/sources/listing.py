"""What `az cognitiveservices account deployment list -o json` prints: ARM's own answers, as a list."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.foreign import at, part
from reconciler.export.sources.given import Setting
from reconciler.export.sources.terraform_resource import deployment_id

_FRAME = frozenset({"id", "name", "type", "etag", "systemdata", "resourcegroup"})
_NOWHERE = dict.fromkeys(("name", "resourceGroup"), "the list has no ids")


def listing_estate(name: str, items: Sequence[JsonValue], setting: Setting) -> Estate:
    """The deployments of a list; UsageProblem where it holds none."""
    found: dict[AccountId | None, list[Found]] = {}
    left_out: list[str] = []
    for item in items:
        if not isinstance(item, dict) or not (part(item, "properties") or part(item, "sku")):
            left_out.append(f"{name}: an item that is not a deployment: left out")
            continue
        identity = deployment_id(str(at(item, "id")))
        written = identity.name if identity is not None else str(at(item, "name") or "")
        if not written:
            left_out.append(f"{name}: a deployment without name or id: left out")
            continue
        account = identity.account if identity is not None else None
        state = at(part(item, "properties"), "provisioningState")
        made = Found(
            name=written.rpartition("/")[2],
            # az writes null for what is not there
            resource={k: v for k, v in item.items() if k.lower() not in _FRAME and v is not None},
            state=state if isinstance(state, str) else "Succeeded",
            observed=True,
        )
        found.setdefault(account, []).append(made)
    if not found:
        raise UsageProblem(
            f"{name} lists no deployment. `az cognitiveservices account deployment list -g GROUP -n ACCOUNT "
            "-o json` prints one"
        )
    return Estate(
        origin=EstateOrigin.LISTING,
        cloud=setting.cloud,
        accounts=tuple(
            FoundAccount.at(account, deployments)
            if account is not None
            else FoundAccount(open=_NOWHERE, deployments=tuple(deployments))
            for account, deployments in found.items()
        ),
        left_out=tuple(left_out),
    )

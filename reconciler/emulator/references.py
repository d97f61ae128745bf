"""What a deployment needs beside its model: a spillover target, a policy, a free place, a partner's data.

Rule of this module: where documentation forbids and nothing public says that ARM checks, a switch decides;
each refusal's text is assumed. What is said of partners is reported, never recorded: the three fields of
`modelProviderData` are needed by the format Anthropic alone; what is malformed in them fails inside the
operation's result, and so does a purchase that the subscription cannot make.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from reconciler.emulator import accounts, errors, offers
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, at

MOST_DEPLOYMENTS = 32
"""Deployments that one account holds (documented on the quotas and limits page)."""


_PROVIDER_FIELDS = ("industry", "organizationName", "countryCode")
INDUSTRIES = frozenset(
    {
        *("technology", "finance", "healthcare", "education", "retail", "manufacturing", "government"),
        *("media", "other"),
    }
)
_INELIGIBLE = {
    "ineligible": (
        "Cannot complete purchase as your enrollment for this subscription doesn't allow purchase of"
        " marketplace products. Your Azure enrollment administrator can enable purchase of paid marketplace"
        " products."
    ),
    "unpaid": (
        "Purchase failed because there is no valid payment method associated with this Azure subscription."
        " Please retry using a subscription that has an active payment instrument."
    ),
    "internal": (
        "This subscription is internal or sandbox. Only $0.00 products or test products can be purchased."
        " Marketplace purchases are disabled for this subscription due to policy restrictions."
    ),
}
"""Why the Marketplace does not sell, by the switch `marketplace` (reported, 2025 and 2026)."""
_COUNTRY = re.compile(r"^[A-Z]{2}$")


def check(turn: Turn, body: Json, before: Json | None) -> None:
    """Raise the refusal of the first reference that leads nowhere, or of one deployment too many."""
    _check_spillover(turn, body)
    _check_policy(turn, body)
    _check_members(turn, body)
    _check_count(turn, before)


def require_unnamed(turn: Turn) -> None:
    """With `spilloverTargetDelete: refused`: a deployment that another one spills over to stays."""
    if turn.store.switch("spilloverTargetDelete") != "refused":
        return
    name = turn.args["deployment"].lower()
    for other in turn.store.scan("deployment", f"{accounts.key_of(turn)}/"):
        target = at(other, "body", "properties", "spilloverDeploymentName")
        if isinstance(target, str) and target.lower() == name:
            raise errors.refusal(
                "is_spillover_target", target=turn.args["deployment"], source=other["body"]["name"]
            )


def _check_spillover(turn: Turn, body: Json) -> None:
    """The target has to exist; documented besides: another one, standard, of the same model and version."""
    target = at(body, "properties", "spilloverDeploymentName")
    if not target:
        return
    switches = turn.store.setting("switches")
    found = turn.store.get("deployment", f"{accounts.key_of(turn)}/deployments/{target.lower()}")
    is_itself = target.lower() == turn.args["deployment"].lower()
    if found is None and not is_itself:
        if switches.get("spilloverMissing") != "accepted":
            raise errors.refusal("no_such_spillover", target=target)
        return
    if switches.get("spilloverTarget") == "unchecked":
        return
    if is_itself or at(body, "sku", "name") in offers.STANDARD or found is None:
        raise errors.refusal("illegal_spillover", target=target)
    if found["body"]["sku"]["name"] not in offers.STANDARD or not _same_model(body, found["body"]):
        raise errors.refusal("illegal_spillover", target=target)


def _same_model(body: Json, other: Json) -> bool:
    parts = ("format", "name", "version")
    mine, theirs = (at(item, "properties", "model") or {} for item in (body, other))
    return all(part not in mine or str(mine[part]).lower() == str(theirs.get(part)).lower() for part in parts)


def _check_policy(turn: Turn, body: Json) -> None:
    policy = at(body, "properties", "raiPolicyName")
    if not policy or policy.lower().startswith("microsoft."):
        return
    key = f"{accounts.key_of(turn)}/raipolicies/{policy.lower()}"
    turn.store.require("raipolicy", key, lambda: errors.refusal("no_such_policy", policy=policy))


def _check_members(turn: Turn, body: Json) -> None:
    """A model router's Claude members need a deployment in the account (documented, code included)."""
    members = at(body, "properties", "routing", "models")
    named = [item for item in members if isinstance(item, dict)] if isinstance(members, list) else []
    here = {
        str(at(item, "body", "properties", "model", "name")).lower()
        for item in turn.store.scan("deployment", f"{accounts.key_of(turn)}/")
    }
    for member in named:
        name = str(member.get("name"))
        if str(member.get("format")).lower() == "anthropic" and name.lower() not in here:
            raise errors.refusal("no_such_member", model=name)


def _check_count(turn: Turn, before: Json | None) -> None:
    """An account holds 32 deployments (documented; the refusal's code and text are assumed)."""
    if before is not None or turn.store.switch("deploymentLimit") == "off":
        return
    if len(turn.store.scan("deployment", f"{accounts.key_of(turn)}/")) >= MOST_DEPLOYMENTS:
        raise errors.refusal("too_many_deployments", most=MOST_DEPLOYMENTS)


def is_partner(model: Mapping[str, object]) -> bool:
    """Whether a deployment of this model is bought from a partner through the Marketplace."""
    return model.get("format") == "Anthropic"


def require_partner_data(body: Json, before: Json | None) -> None:
    """Refuse a new deployment that lacks any of the three fields: 400 InvalidModelProviderData."""
    data = at(body, "properties", "modelProviderData") or {}
    if before is None and not all(data.get(field) for field in _PROVIDER_FIELDS):
        raise errors.refusal("model_provider_data_missing")


def require_leave(store: Store, now: datetime, model: Json, sku: str, place: str) -> None:
    """Refuse a new deployment that the subscription may not have at all, by the switches of the world."""
    if store.switch("modelAccess") == "refused":
        raise errors.refusal(
            "no_access_to_model",
            now=now,
            label=str(model["name"]).replace("gpt", "GPT", 1),
            printed=model,
            sku=sku,
            place=place.upper(),
        )
    _require_sale(store, model)


def require_standing(store: Store, now: datetime) -> None:
    """Refuse a new deployment of a subscription held back; what a partner wants to know is asked first."""
    if store.switch("standing") == "held":
        raise errors.refusal("held_back", now=now)


def _require_sale(store: Store, model: Json) -> None:
    """Refuse a new deployment of a model that the Marketplace does not sell, by the switch `marketplace`."""
    if not offers.is_bought(model):
        return
    if store.switch("marketplace") == "unmapped":
        publisher = re.sub(r" .*|[^a-z0-9]", "", str(model["format"]).lower())
        asset = model.get(
            "modelCatalogAssetId", f"azureml://registries/azureml-{publisher}/models/{model['name']}"
        )
        asset = asset.partition("/versions/")[0]
        raise errors.refusal(
            "not_for_sale",
            reason=f"Model mapping properties not found for modelId: '{asset}' publisherId: ''.",
        )
    reason = _INELIGIBLE.get(store.switch("marketplace"))
    if reason is not None:
        raise errors.refusal(
            "not_for_sale",
            reason=f"Marketplace Subscription purchase eligibility check failed, error message [{reason}].",
        )


def partner_failure(store: Store, body: Json) -> Json | None:
    """The error that the operation will carry in a 200, None when the purchase goes well."""
    data = at(body, "properties", "modelProviderData") or {}
    industry, country = data.get("industry"), data.get("countryCode")
    if data and (industry not in INDUSTRIES or _COUNTRY.match(str(country)) is None):
        return {"code": "AnthropicOrganizationCreationException", "message": "Internal Server Error."}
    if store.switch("marketplace") == "refused":
        return {
            "code": "MarketplaceSubscriptionCannotBeCompleted",
            "message": "The Marketplace subscription cannot be completed.",
        }
    return None

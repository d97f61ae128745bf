"""Models of partners: what their deployments want beside a model, and how their operations end.

Rule of this module: reported, never recorded. The three fields of `modelProviderData` are needed by the
format Anthropic alone; what is malformed in them fails inside the operation's result, and so does a purchase
that the subscription cannot make.
"""

import re
from collections.abc import Mapping

from reconciler.emulator import provider_errors
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json, at

_FIELDS = ("industry", "organizationName", "countryCode")
INDUSTRIES = frozenset(
    {
        *("technology", "finance", "healthcare", "education", "retail", "manufacturing", "government"),
        *("media", "other"),
    }
)
_COUNTRY = re.compile(r"^[A-Z]{2}$")


def is_partner(model: Mapping[str, object]) -> bool:
    """Whether a deployment of this model is bought from a partner through the Marketplace."""
    return model.get("format") == "Anthropic"


def require_data(body: Json, before: Json | None) -> None:
    """Refuse a new deployment that lacks any of the three fields: 400 InvalidModelProviderData."""
    data = at(body, "properties", "modelProviderData") or {}
    if before is None and not all(data.get(field) for field in _FIELDS):
        raise provider_errors.model_provider_data_missing()


def failure(store: Store, body: Json) -> Json | None:
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

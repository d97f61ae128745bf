"""Routes of the surfaces around accounts and deployments.

Rule of this module: one line per operation, as in `routes`.
"""

from reconciler.emulator import activity, quota_tiers
from reconciler.emulator.route import PROVIDER, SUB, Route, route

_NAMESPACE = "Microsoft.CognitiveServices"
_TIERS = ("quotaTiers", "2025-10-01")

ROUTES: tuple[Route, ...] = (
    route(f"GET {SUB}/{PROVIDER}/quotaTiers", quota_tiers.listing, f"{_NAMESPACE}/quotaTiers/read", *_TIERS),
    route(
        f"GET {SUB}/{PROVIDER}/quotaTiers/{{tier}}", quota_tiers.get, f"{_NAMESPACE}/quotaTiers/read", *_TIERS
    ),
    route(
        f"PUT {SUB}/{PROVIDER}/quotaTiers/{{tier}}",
        quota_tiers.write,
        f"{_NAMESPACE}/quotaTiers/write",
        *_TIERS,
    ),
    route(
        f"PATCH {SUB}/{PROVIDER}/quotaTiers/{{tier}}",
        quota_tiers.write,
        f"{_NAMESPACE}/quotaTiers/write",
        *_TIERS,
    ),
    route(
        f"GET {SUB}/providers/Microsoft.Insights/eventtypes/management/values",
        activity.listing,
        "Microsoft.Insights/eventtypes/values/read",
    ),
)

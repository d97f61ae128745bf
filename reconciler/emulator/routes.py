"""The route table of what a deployment tool needs: accounts, deployments, lists of a region, and around them.

Rule of this module: one line per operation. `further_routes` has the others.
"""

from reconciler.emulator import (
    accounts,
    content_filters,
    deployment_bodies,
    deployments,
    directory,
    estimates,
    further_routes,
    permissions,
    preflight,
    provisioning,
    regional,
    soft_deletion,
)
from reconciler.emulator.route import (
    ACCOUNT,
    DELETED,
    DEPLOYMENT,
    GROUP,
    LOCATION,
    POLICY,
    PROVIDER,
    SUB,
    Route,
    route,
)

_READ, _WRITE, _DELETE = (f"{accounts.TYPE}/{verb}" for verb in ("read", "write", "delete"))
_DEPLOYMENTS = "accounts/deployments"
_POLICIES = "accounts/raiPolicies"

ROUTES: tuple[Route, ...] = (
    route("GET /tenants", directory.list_tenants, ""),
    route("GET /subscriptions", directory.list_subscriptions, ""),
    route(f"GET {SUB}", directory.get_subscription, "Microsoft.Resources/subscriptions/read"),
    route(
        f"GET {SUB}/resourceGroups",
        directory.list_groups,
        "Microsoft.Resources/subscriptions/resourceGroups/read",
    ),
    route(f"GET {GROUP}", directory.get_group, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    route(f"HEAD {GROUP}", directory.head_group, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    route(f"PUT {GROUP}", directory.put_group, "Microsoft.Resources/subscriptions/resourceGroups/write"),
    route(
        f"DELETE {GROUP}", directory.delete_group, "Microsoft.Resources/subscriptions/resourceGroups/delete"
    ),
    route(
        f"GET {SUB}/operationresults/{{operation}}",
        directory.group_deletion,
        "Microsoft.Resources/subscriptions/operationresults/read",
    ),
    route(f"GET {SUB}/providers", directory.providers, "Microsoft.Resources/subscriptions/providers/read"),
    route(
        f"GET {SUB}/locations", directory.list_locations, "Microsoft.Resources/subscriptions/locations/read"
    ),
    route(f"GET {SUB}/{PROVIDER}", directory.provider, "Microsoft.Resources/subscriptions/providers/read"),
    route(
        f"POST {SUB}/{PROVIDER}/register", directory.register, "Microsoft.CognitiveServices/register/action"
    ),
    route(
        f"POST {SUB}/{PROVIDER}/unregister",
        directory.unregister,
        "Microsoft.CognitiveServices/unregister/action",
    ),
    route(
        f"GET {SUB}/{PROVIDER}/accounts",
        accounts.by_subscription,
        _READ,
        "accounts",
        "2017-04-18",
        old=True,
    ),
    route(f"GET {GROUP}/{PROVIDER}/accounts", accounts.by_group, _READ, "accounts", "2017-04-18", old=True),
    route(f"GET {ACCOUNT}", accounts.get, _READ, "accounts", "2017-04-18", old=True),
    route(f"HEAD {ACCOUNT}", accounts.head, _READ, "accounts", "2017-04-18", old=True),
    route(f"PUT {ACCOUNT}", accounts.put, _WRITE, "accounts", "2017-04-18", old=True),
    route(f"PATCH {ACCOUNT}", accounts.patch, _WRITE, "accounts", "2017-04-18", old=True),
    route(f"DELETE {ACCOUNT}", accounts.delete, _DELETE, "accounts", "2017-04-18", old=True),
    route(
        f"GET {ACCOUNT}/models",
        regional.account_models,
        f"{accounts.TYPE}/models/read",
        "accounts/models",
        "2022-03-01",
    ),
    route(
        f"GET {ACCOUNT}/usages",
        regional.account_usages,
        f"{accounts.TYPE}/usages/read",
        "accounts/usages",
        "2017-04-18",
        old=True,
    ),
    route(
        f"GET {ACCOUNT}/deployments",
        deployments.listing,
        f"{deployment_bodies.TYPE}/read",
        _DEPLOYMENTS,
        "2021-10-01",
    ),
    route(f"GET {DEPLOYMENT}", deployments.get, f"{deployment_bodies.TYPE}/read", _DEPLOYMENTS, "2021-10-01"),
    route(
        f"PUT {DEPLOYMENT}", deployments.put, f"{deployment_bodies.TYPE}/write", _DEPLOYMENTS, "2021-10-01"
    ),
    route(
        f"PATCH {DEPLOYMENT}",
        deployments.patch,
        f"{deployment_bodies.TYPE}/write",
        _DEPLOYMENTS,
        "2023-10-01",
    ),
    route(
        f"DELETE {DEPLOYMENT}",
        deployments.delete,
        f"{deployment_bodies.TYPE}/delete",
        _DEPLOYMENTS,
        "2021-10-01",
    ),
    route(
        f"GET {DEPLOYMENT}/skus",
        deployments.skus,
        f"{deployment_bodies.TYPE}/skus/read",
        _DEPLOYMENTS,
        "2023-10-01",
    ),
    route(
        f"POST {DEPLOYMENT}/pause",
        deployments.pause,
        f"{deployment_bodies.TYPE}/pause/action",
        _DEPLOYMENTS,
        "2025-12-01",
    ),
    route(
        f"POST {DEPLOYMENT}/resume",
        deployments.resume,
        f"{deployment_bodies.TYPE}/resume/action",
        _DEPLOYMENTS,
        "2025-12-01",
    ),
    route(
        f"GET {LOCATION}/models",
        regional.models,
        "Microsoft.CognitiveServices/locations/models/read",
        "locations/models",
        "2023-05-01",
    ),
    route(
        f"GET {LOCATION}/usages",
        regional.usages,
        "Microsoft.CognitiveServices/locations/usages/read",
        "locations/usages",
        "2023-05-01",
    ),
    route(
        f"GET {LOCATION}/modelCapacities",
        regional.capacities,
        "Microsoft.CognitiveServices/locations/modelCapacities/read",
        "locations/modelCapacities",
        "2024-06-01",
    ),
    route(
        f"GET {SUB}/{PROVIDER}/modelCapacities",
        regional.capacities,
        "Microsoft.CognitiveServices/modelCapacities/read",
        "modelCapacities",
        "2024-06-01",
    ),
    route(
        f"POST {SUB}/{PROVIDER}/calculateModelCapacity",
        estimates.estimate,
        "Microsoft.CognitiveServices/calculateModelCapacity/action",
        "calculateModelCapacity",
        "2024-06-01",
    ),
    route(
        f"GET {SUB}/{PROVIDER}/skus",
        regional.account_skus,
        "Microsoft.CognitiveServices/skus/read",
        "skus",
        "2017-04-18",
        old=True,
    ),
    route(
        f"GET {LOCATION}/operationResults/{{operation}}",
        provisioning.result,
        "Microsoft.CognitiveServices/locations/operationResults/read",
        "locations/operationResults",
        "2017-04-18",
        old=True,
    ),
    route(
        f"GET {LOCATION}/raiContentFilters",
        content_filters.list_filters,
        "Microsoft.CognitiveServices/locations/raiContentFilters/read",
        "locations/raiContentFilters",
        "2024-06-01",
    ),
    route(
        f"GET {LOCATION}/raiContentFilters/{{filter}}",
        content_filters.get_filter,
        "Microsoft.CognitiveServices/locations/raiContentFilters/read",
        "locations/raiContentFilters",
        "2024-06-01",
    ),
    route(
        f"GET {ACCOUNT}/raiPolicies",
        content_filters.listing,
        f"{content_filters.TYPE}/read",
        _POLICIES,
        "2023-10-01",
    ),
    route(f"GET {POLICY}", content_filters.get, f"{content_filters.TYPE}/read", _POLICIES, "2023-10-01"),
    route(f"PUT {POLICY}", content_filters.put, f"{content_filters.TYPE}/write", _POLICIES, "2023-10-01"),
    route(
        f"DELETE {POLICY}", content_filters.delete, f"{content_filters.TYPE}/delete", _POLICIES, "2023-10-01"
    ),
    route(
        f"GET {ACCOUNT}/providers/Microsoft.Authorization/permissions",
        permissions.of_account,
        "Microsoft.Authorization/permissions/read",
    ),
    route("POST /providers/Microsoft.Resources/validateResources", preflight.validate, ""),
    route(
        f"GET {SUB}/{PROVIDER}/deletedAccounts",
        soft_deletion.listing,
        "Microsoft.CognitiveServices/deletedAccounts/read",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
    route(
        f"GET {DELETED}",
        soft_deletion.get,
        "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/read",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
    route(
        f"DELETE {DELETED}",
        soft_deletion.purge,
        "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
)


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]] | None:
    """The operation of a request, or None."""
    for candidate in (*ROUTES, *further_routes.ROUTES):
        if candidate.method == method and (args := candidate.match(segments)) is not None:
            return candidate, args
    return None

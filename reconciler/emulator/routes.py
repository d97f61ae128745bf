"""The route table of what a deployment tool needs: accounts, deployments, lists of a region, and around them.

Rule of this module: one line per operation. `further_routes` has the others.
"""

from reconciler.emulator import (
    account_actions,
    accounts,
    content_filters,
    deployments,
    directory,
    further_routes,
    policies,
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

_FILTERS = f"{LOCATION}/raiContentFilters"

ROUTES: tuple[Route, ...] = (
    route("GET /tenants", directory.list_tenants, right=""),
    route("GET /subscriptions", directory.list_subscriptions, right=""),
    route(f"GET {SUB}", directory.get_subscription),
    route(f"GET {SUB}/resourceGroups", directory.list_groups),
    route(f"GET {GROUP}", directory.get_group),
    route(f"HEAD {GROUP}", directory.head_group),
    route(f"PUT {GROUP}", directory.put_group),
    route(f"DELETE {GROUP}", directory.delete_group),
    route(f"GET {SUB}/operationresults/{{operation}}", directory.group_deletion),
    route(f"GET {SUB}/providers", directory.providers),
    route(f"GET {SUB}/locations", directory.list_locations),
    route(
        f"GET {SUB}/{PROVIDER}", directory.provider, right="Microsoft.Resources/subscriptions/providers/read"
    ),
    route(f"POST {SUB}/{PROVIDER}/register", directory.register),
    route(f"POST {SUB}/{PROVIDER}/unregister", directory.unregister),
    route(f"GET {SUB}/{PROVIDER}/accounts", accounts.by_subscription, "2017-04-18"),
    route(f"GET {GROUP}/{PROVIDER}/accounts", accounts.by_group, "2017-04-18"),
    route(f"GET {ACCOUNT}", accounts.get, "2017-04-18"),
    route(f"HEAD {ACCOUNT}", accounts.head, "2017-04-18"),
    route(f"PUT {ACCOUNT}", accounts.put, "2017-04-18"),
    route(f"PATCH {ACCOUNT}", accounts.patch, "2017-04-18"),
    route(f"DELETE {ACCOUNT}", accounts.delete, "2017-04-18"),
    route(f"GET {ACCOUNT}/models", regional.account_models, "2022-03-01"),
    route(f"GET {ACCOUNT}/usages", regional.account_usages, "2017-04-18"),
    route(f"GET {ACCOUNT}/deployments", deployments.listing, "2021-10-01"),
    route(f"GET {DEPLOYMENT}", deployments.get, "2021-10-01"),
    route(f"PUT {DEPLOYMENT}", deployments.put, "2021-10-01"),
    route(f"PATCH {DEPLOYMENT}", deployments.patch, "2023-10-01"),
    route(f"DELETE {DEPLOYMENT}", deployments.delete, "2021-10-01"),
    route(f"GET {DEPLOYMENT}/skus", deployments.skus, "2023-10-01", kind="accounts/deployments"),
    route(f"POST {DEPLOYMENT}/pause", deployments.pause, "2025-12-01", kind="accounts/deployments"),
    route(f"POST {DEPLOYMENT}/resume", deployments.resume, "2025-12-01", kind="accounts/deployments"),
    route(f"GET {LOCATION}/models", regional.models, "2023-05-01"),
    route(f"GET {LOCATION}/usages", regional.usages, "2023-05-01"),
    route(f"GET {LOCATION}/modelCapacities", regional.capacities, "2024-06-01"),
    route(f"GET {SUB}/{PROVIDER}/modelCapacities", regional.capacities, "2024-06-01"),
    route(f"POST {SUB}/{PROVIDER}/calculateModelCapacity", regional.estimate, "2024-06-01"),
    route(f"GET {SUB}/{PROVIDER}/skus", regional.account_skus, "2017-04-18"),
    route(f"GET {LOCATION}/operationResults/{{operation}}", provisioning.result, "2017-04-18"),
    route(f"GET {_FILTERS}", content_filters.list_filters, "2024-06-01"),
    route(f"GET {_FILTERS}/{{filter}}", content_filters.get_filter, "2024-06-01"),
    route(f"GET {ACCOUNT}/raiPolicies", content_filters.listing, "2023-10-01"),
    route(f"GET {POLICY}", content_filters.get, "2023-10-01"),
    route(f"PUT {POLICY}", content_filters.put, "2023-10-01"),
    route(f"DELETE {POLICY}", content_filters.delete, "2023-10-01"),
    route(f"GET {ACCOUNT}/providers/Microsoft.Authorization/permissions", account_actions.permissions),
    route("POST /providers/Microsoft.Resources/validateResources", policies.validate, right=""),
    route(f"GET {SUB}/{PROVIDER}/deletedAccounts", soft_deletion.listing, "2021-04-30"),
    route(f"GET {DELETED}", soft_deletion.get, "2021-04-30", kind="deletedAccounts"),
    route(f"DELETE {DELETED}", soft_deletion.purge, "2021-04-30", kind="deletedAccounts"),
)


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]] | None:
    """The operation of a request, or None."""
    for candidate in (*ROUTES, *further_routes.ROUTES):
        if candidate.method == method and (args := candidate.match(segments)) is not None:
            return candidate, args
    return None

"""The route table: method and path to handler, with the right it takes and the api-versions that have it.

Rule of this module: literal segments compare without case, as ARM's do; what is in braces is handed over
untouched.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator import (
    accounts,
    content_filters,
    deployment_bodies,
    deployments,
    directory,
    estimates,
    permissions,
    preflight,
    provisioning,
    regional,
    soft_deletion,
)
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer

Handler = Callable[[Turn], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation."""

    method: str
    pattern: tuple[str, ...]
    handler: Handler
    action: str
    kind: str
    since: str
    """First api-version; empty for operations of ARM itself, which take any well-formed version."""
    old: bool = False

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The values of the braces, or None if the path is another one."""
        if len(segments) != len(self.pattern):
            return None
        args: dict[str, str] = {}
        for wanted, found in zip(self.pattern, segments, strict=True):
            if wanted.startswith("{"):
                args[wanted[1:-1]] = found
            elif wanted.lower() != found.lower():
                return None
        return args


_SUB = "/subscriptions/{subscription}"
_GROUP = f"{_SUB}/resourceGroups/{{group}}"
_PROVIDER = "providers/Microsoft.CognitiveServices"
_ACCOUNT = f"{_GROUP}/{_PROVIDER}/accounts/{{account}}"
_DEPLOYMENT = f"{_ACCOUNT}/deployments/{{deployment}}"
_LOCATION = f"{_SUB}/{_PROVIDER}/locations/{{location}}"
_POLICY = f"{_ACCOUNT}/raiPolicies/{{policy}}"
_DELETED = f"{_LOCATION}/resourceGroups/{{group}}/deletedAccounts/{{account}}"


def _route(
    line: str, handler: Handler, action: str, kind: str = "", since: str = "", *, old: bool = False
) -> Route:
    method, path = line.split(" ", 1)
    return Route(
        method=method,
        pattern=tuple(part for part in path.split("/") if part),
        handler=handler,
        action=action,
        kind=kind,
        since=since,
        old=old,
    )


_READ, _WRITE, _DELETE = (f"{accounts.TYPE}/{verb}" for verb in ("read", "write", "delete"))
_DEPLOYMENTS = "accounts/deployments"
_POLICIES = "accounts/raiPolicies"

ROUTES: tuple[Route, ...] = (
    _route("GET /tenants", directory.list_tenants, ""),
    _route("GET /subscriptions", directory.list_subscriptions, ""),
    _route(f"GET {_SUB}", directory.get_subscription, "Microsoft.Resources/subscriptions/read"),
    _route(
        f"GET {_SUB}/resourceGroups",
        directory.list_groups,
        "Microsoft.Resources/subscriptions/resourceGroups/read",
    ),
    _route(f"GET {_GROUP}", directory.get_group, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    _route(f"HEAD {_GROUP}", directory.head_group, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    _route(f"PUT {_GROUP}", directory.put_group, "Microsoft.Resources/subscriptions/resourceGroups/write"),
    _route(
        f"DELETE {_GROUP}", directory.delete_group, "Microsoft.Resources/subscriptions/resourceGroups/delete"
    ),
    _route(
        f"GET {_SUB}/operationresults/{{operation}}",
        directory.group_deletion,
        "Microsoft.Resources/subscriptions/operationresults/read",
    ),
    _route(f"GET {_SUB}/providers", directory.providers, "Microsoft.Resources/subscriptions/providers/read"),
    _route(
        f"GET {_SUB}/locations", directory.list_locations, "Microsoft.Resources/subscriptions/locations/read"
    ),
    _route(f"GET {_SUB}/{_PROVIDER}", directory.provider, "Microsoft.Resources/subscriptions/providers/read"),
    _route(
        f"POST {_SUB}/{_PROVIDER}/register", directory.register, "Microsoft.CognitiveServices/register/action"
    ),
    _route(
        f"POST {_SUB}/{_PROVIDER}/unregister",
        directory.unregister,
        "Microsoft.CognitiveServices/unregister/action",
    ),
    _route(
        f"GET {_SUB}/{_PROVIDER}/accounts",
        accounts.by_subscription,
        _READ,
        "accounts",
        "2017-04-18",
        old=True,
    ),
    _route(
        f"GET {_GROUP}/{_PROVIDER}/accounts", accounts.by_group, _READ, "accounts", "2017-04-18", old=True
    ),
    _route(f"GET {_ACCOUNT}", accounts.get, _READ, "accounts", "2017-04-18", old=True),
    _route(f"HEAD {_ACCOUNT}", accounts.head, _READ, "accounts", "2017-04-18", old=True),
    _route(f"PUT {_ACCOUNT}", accounts.put, _WRITE, "accounts", "2017-04-18", old=True),
    _route(f"PATCH {_ACCOUNT}", accounts.patch, _WRITE, "accounts", "2017-04-18", old=True),
    _route(f"DELETE {_ACCOUNT}", accounts.delete, _DELETE, "accounts", "2017-04-18", old=True),
    _route(
        f"GET {_ACCOUNT}/models",
        regional.account_models,
        f"{accounts.TYPE}/models/read",
        "accounts/models",
        "2022-03-01",
    ),
    _route(
        f"GET {_ACCOUNT}/usages",
        regional.account_usages,
        f"{accounts.TYPE}/usages/read",
        "accounts/usages",
        "2017-04-18",
        old=True,
    ),
    _route(
        f"GET {_ACCOUNT}/deployments",
        deployments.listing,
        f"{deployment_bodies.TYPE}/read",
        _DEPLOYMENTS,
        "2021-10-01",
    ),
    _route(
        f"GET {_DEPLOYMENT}", deployments.get, f"{deployment_bodies.TYPE}/read", _DEPLOYMENTS, "2021-10-01"
    ),
    _route(
        f"PUT {_DEPLOYMENT}", deployments.put, f"{deployment_bodies.TYPE}/write", _DEPLOYMENTS, "2021-10-01"
    ),
    _route(
        f"PATCH {_DEPLOYMENT}",
        deployments.patch,
        f"{deployment_bodies.TYPE}/write",
        _DEPLOYMENTS,
        "2023-10-01",
    ),
    _route(
        f"DELETE {_DEPLOYMENT}",
        deployments.delete,
        f"{deployment_bodies.TYPE}/delete",
        _DEPLOYMENTS,
        "2021-10-01",
    ),
    _route(
        f"GET {_DEPLOYMENT}/skus",
        deployments.skus,
        f"{deployment_bodies.TYPE}/skus/read",
        _DEPLOYMENTS,
        "2023-10-01",
    ),
    _route(
        f"POST {_DEPLOYMENT}/pause",
        deployments.pause,
        f"{deployment_bodies.TYPE}/pause/action",
        _DEPLOYMENTS,
        "2025-12-01",
    ),
    _route(
        f"POST {_DEPLOYMENT}/resume",
        deployments.resume,
        f"{deployment_bodies.TYPE}/resume/action",
        _DEPLOYMENTS,
        "2025-12-01",
    ),
    _route(
        f"GET {_LOCATION}/models",
        regional.models,
        "Microsoft.CognitiveServices/locations/models/read",
        "locations/models",
        "2023-05-01",
    ),
    _route(
        f"GET {_LOCATION}/usages",
        regional.usages,
        "Microsoft.CognitiveServices/locations/usages/read",
        "locations/usages",
        "2023-05-01",
    ),
    _route(
        f"GET {_LOCATION}/modelCapacities",
        regional.capacities,
        "Microsoft.CognitiveServices/locations/modelCapacities/read",
        "locations/modelCapacities",
        "2024-06-01",
    ),
    _route(
        f"GET {_SUB}/{_PROVIDER}/modelCapacities",
        regional.capacities,
        "Microsoft.CognitiveServices/modelCapacities/read",
        "modelCapacities",
        "2024-06-01",
    ),
    _route(
        f"POST {_SUB}/{_PROVIDER}/calculateModelCapacity",
        estimates.estimate,
        "Microsoft.CognitiveServices/calculateModelCapacity/action",
        "calculateModelCapacity",
        "2024-06-01",
    ),
    _route(
        f"GET {_SUB}/{_PROVIDER}/skus",
        regional.account_skus,
        "Microsoft.CognitiveServices/skus/read",
        "skus",
        "2017-04-18",
        old=True,
    ),
    _route(
        f"GET {_LOCATION}/operationResults/{{operation}}",
        provisioning.result,
        "Microsoft.CognitiveServices/locations/operationResults/read",
        "locations/operationResults",
        "2017-04-18",
        old=True,
    ),
    _route(
        f"GET {_LOCATION}/raiContentFilters",
        content_filters.list_filters,
        "Microsoft.CognitiveServices/locations/raiContentFilters/read",
        "locations/raiContentFilters",
        "2024-06-01",
    ),
    _route(
        f"GET {_LOCATION}/raiContentFilters/{{filter}}",
        content_filters.get_filter,
        "Microsoft.CognitiveServices/locations/raiContentFilters/read",
        "locations/raiContentFilters",
        "2024-06-01",
    ),
    _route(
        f"GET {_ACCOUNT}/raiPolicies",
        content_filters.listing,
        f"{content_filters.TYPE}/read",
        _POLICIES,
        "2023-10-01",
    ),
    _route(f"GET {_POLICY}", content_filters.get, f"{content_filters.TYPE}/read", _POLICIES, "2023-10-01"),
    _route(f"PUT {_POLICY}", content_filters.put, f"{content_filters.TYPE}/write", _POLICIES, "2023-10-01"),
    _route(
        f"DELETE {_POLICY}", content_filters.delete, f"{content_filters.TYPE}/delete", _POLICIES, "2023-10-01"
    ),
    _route(
        f"GET {_ACCOUNT}/providers/Microsoft.Authorization/permissions",
        permissions.of_account,
        "Microsoft.Authorization/permissions/read",
    ),
    _route("POST /providers/Microsoft.Resources/validateResources", preflight.validate, ""),
    _route(
        f"GET {_SUB}/{_PROVIDER}/deletedAccounts",
        soft_deletion.listing,
        "Microsoft.CognitiveServices/deletedAccounts/read",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
    _route(
        f"GET {_DELETED}",
        soft_deletion.get,
        "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/read",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
    _route(
        f"DELETE {_DELETED}",
        soft_deletion.purge,
        "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete",
        "deletedAccounts",
        "2021-04-30",
        old=True,
    ),
)


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]] | None:
    """The operation of a request, or None."""
    for route in ROUTES:
        if route.method == method and (args := route.match(segments)) is not None:
            return route, args
    return None

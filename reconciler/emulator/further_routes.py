"""Routes of the surfaces around accounts and deployments.

Rule of this module: one line per operation, as in `routes`.
"""

from collections.abc import Iterator
from functools import partial

from reconciler.emulator import (
    account_actions,
    activity,
    children,
    commitments,
    managed_networks,
    metrics,
    policies,
    private_links,
    quota_tiers,
    resources,
    templates,
)
from reconciler.emulator.children import Child
from reconciler.emulator.route import ACCOUNT, GROUP, LOCATION, PROVIDER, SUB, Handler, Route, route

_NAMESPACE = "Microsoft.CognitiveServices"

_INSIGHTS = "providers/Microsoft.Insights"
_TEMPLATES = f"{GROUP}/providers/Microsoft.Resources/deployments"
_TEMPLATE = f"{_TEMPLATES}/{{template}}"
_RIGHT = "Microsoft.Resources/deployments"


def _of_provider(
    line: str, handler: Handler, action: str, kind: str, since: str, *, old: bool = False
) -> Route:
    return route(line, handler, f"{_NAMESPACE}/{action}", kind, since, old=old)


def _of_children(child: Child) -> Iterator[Route]:
    """List, get, put, patch and delete of one type below an account."""
    above = "/".join([ACCOUNT, *child.segments[:-1]])
    right = f"{_NAMESPACE}/{child.kind}"
    rows = (
        (f"GET {above}", children.listing, "read"),
        (f"GET {above}/{{child}}", children.get, "read"),
        (f"PUT {above}/{{child}}", children.put, "write"),
        (f"PATCH {above}/{{child}}", children.patch, "write"),
        (f"DELETE {above}/{{child}}", children.delete, "delete"),
    )
    for line, handler, verb in rows:
        yield route(line, partial(handler, child), f"{right}/{verb}", child.kind, child.since)


def _around_accounts() -> Iterator[Route]:
    actions = account_actions
    yield _of_provider(
        f"POST {ACCOUNT}/listKeys",
        actions.list_keys,
        "accounts/listKeys/action",
        "accounts",
        "2017-04-18",
        old=True,
    )
    yield _of_provider(
        f"POST {ACCOUNT}/regenerateKey",
        actions.regenerate_key,
        "accounts/regenerateKey/action",
        "accounts",
        "2017-04-18",
        old=True,
    )
    yield _of_provider(
        f"GET {ACCOUNT}/skus", actions.skus, "accounts/skus/read", "accounts", "2017-04-18", old=True
    )
    yield _of_provider(
        f"POST {LOCATION}/checkSkuAvailability",
        actions.check_sku,
        "locations/checkSkuAvailability/action",
        "locations/checkSkuAvailability",
        "2017-04-18",
        old=True,
    )
    yield _of_provider(
        f"POST {SUB}/{PROVIDER}/checkDomainAvailability",
        actions.check_domain,
        "checkDomainAvailability/action",
        "checkDomainAvailability",
        "2017-04-18",
        old=True,
    )
    yield _of_provider(
        f"GET {LOCATION}/commitmentTiers",
        commitments.tiers,
        "locations/commitmentTiers/read",
        "locations/commitmentTiers",
        "2021-10-01",
    )
    yield route("GET /providers/Microsoft.CognitiveServices/operations", actions.operations, "")
    yield _of_provider(
        f"POST {ACCOUNT}/evaluateDeploymentPolicies",
        policies.evaluate,
        "accounts/evaluateDeploymentPolicies/action",
        "accounts",
        "2026-03-15",
    )
    yield route(
        f"GET {ACCOUNT}/{_INSIGHTS}/metricDefinitions",
        metrics.definitions,
        "Microsoft.Insights/metricDefinitions/read",
    )
    yield route(f"GET {ACCOUNT}/{_INSIGHTS}/metrics", metrics.values, "Microsoft.Insights/metrics/read")


def _of_networks() -> Iterator[Route]:
    """Private links and perimeters, which the provider serves itself, and the managed network."""
    links, networks = private_links, managed_networks
    rows = (
        ("GET", "privateEndpointConnections", links.connections, "2017-04-18"),
        ("GET", "privateEndpointConnections/{connection}", links.connection, "2017-04-18"),
        ("PUT", "privateEndpointConnections/{connection}", links.put_connection, "2017-04-18"),
        ("DELETE", "privateEndpointConnections/{connection}", links.delete_connection, "2017-04-18"),
        ("GET", "privateLinkResources", links.resources, "2017-04-18"),
        ("GET", "networkSecurityPerimeterConfigurations", links.perimeters, "2023-10-01"),
        ("GET", "networkSecurityPerimeterConfigurations/{perimeter}", links.perimeter, "2023-10-01"),
        (
            "POST",
            "networkSecurityPerimeterConfigurations/{perimeter}/reconcile",
            links.perimeter,
            "2023-10-01",
        ),
        ("GET", "managedNetworks", networks.listing, "2025-10-01"),
        ("GET", "managedNetworks/{network}", networks.get, "2025-10-01"),
        ("PUT", "managedNetworks/{network}", networks.put, "2025-10-01"),
        ("PATCH", "managedNetworks/{network}", networks.patch, "2025-10-01"),
        ("DELETE", "managedNetworks/{network}", networks.delete, "2026-01-15"),
        ("POST", "managedNetworks/{network}/provision", networks.provision, "2025-10-01"),
        ("POST", "managedNetworks/{network}/batchOutboundRules", networks.put_rules, "2025-10-01"),
        ("GET", "managedNetworks/{network}/outboundRules", networks.rules, "2025-10-01"),
        ("GET", "managedNetworks/{network}/outboundRules/{rule}", networks.rule, "2025-10-01"),
        ("PUT", "managedNetworks/{network}/outboundRules/{rule}", networks.put_rule, "2025-10-01"),
        ("DELETE", "managedNetworks/{network}/outboundRules/{rule}", networks.delete_rule, "2025-10-01"),
    )
    verbs = {"GET": "read", "PUT": "write", "PATCH": "write", "POST": "action", "DELETE": "delete"}
    for method, below, handler, since in rows:
        kind = "/".join(["accounts", *below.split("/")[::2]])
        yield _of_provider(
            f"{method} {ACCOUNT}/{below}",
            handler,
            f"{kind}/{verbs[method]}",
            kind,
            since,
            old=since == "2017-04-18",
        )
    yield route(
        f"GET {SUB}/providers/Microsoft.MachineLearningServices/locations/{{location}}"
        "/mfeOperationsStatus/{operation}",
        networks.status,
        "Microsoft.MachineLearningServices/locations/mfeOperationsStatus/read",
    )


def _of_subscriptions() -> Iterator[Route]:
    tiers = ("quotaTiers", "2025-10-01")
    one = f"{SUB}/{PROVIDER}/quotaTiers/{{tier}}"
    yield _of_provider(f"GET {SUB}/{PROVIDER}/quotaTiers", quota_tiers.listing, "quotaTiers/read", *tiers)
    yield _of_provider(f"GET {one}", quota_tiers.get, "quotaTiers/read", *tiers)
    yield _of_provider(f"PUT {one}", quota_tiers.write, "quotaTiers/write", *tiers)
    yield _of_provider(f"PATCH {one}", quota_tiers.write, "quotaTiers/write", *tiers)
    yield route(
        f"GET {SUB}/{_INSIGHTS}/eventtypes/management/values",
        activity.listing,
        "Microsoft.Insights/eventtypes/values/read",
    )
    read = "Microsoft.Resources/subscriptions/resources/read"
    yield route(f"GET {SUB}/resources", resources.of_subscription, read)
    yield route(f"GET {GROUP}/resources", resources.of_group, read)


def _of_templates() -> Iterator[Route]:
    yield route(f"GET {_TEMPLATES}", templates.listing, f"{_RIGHT}/read")
    yield route(f"GET {_TEMPLATE}", templates.get, f"{_RIGHT}/read")
    yield route(f"HEAD {_TEMPLATE}", templates.head, f"{_RIGHT}/read")
    yield route(f"PUT {_TEMPLATE}", templates.put, f"{_RIGHT}/write")
    yield route(f"DELETE {_TEMPLATE}", templates.delete, f"{_RIGHT}/delete")
    yield route(f"POST {_TEMPLATE}/validate", templates.validate, f"{_RIGHT}/validate/action")
    yield route(f"POST {_TEMPLATE}/whatIf", templates.what_if, f"{_RIGHT}/whatIf/action")
    yield route(f"POST {_TEMPLATE}/exportTemplate", templates.export, f"{_RIGHT}/exportTemplate/action")
    for address in (_TEMPLATE, f"{GROUP}/deployments/{{template}}"):  # the second is az CLI's
        yield route(f"GET {address}/operations", templates.operations, f"{_RIGHT}/operations/read")
    yield route(
        f"GET {_TEMPLATE}/operationStatuses/{{operation}}",
        templates.status,
        f"{_RIGHT}/operationstatuses/read",
    )


ROUTES: tuple[Route, ...] = (
    *_around_accounts(),
    *(found for child in children.TYPES for found in _of_children(child)),
    *_of_networks(),
    *_of_subscriptions(),
    *_of_templates(),
)

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
    directory,
    managed_networks,
    metrics,
    policies,
    private_links,
    quota,
    templates,
)
from reconciler.emulator.children import Child
from reconciler.emulator.route import ACCOUNT, GROUP, LOCATION, PROVIDER, SUB, Route, route

_INSIGHTS = "providers/Microsoft.Insights"
_MACHINE_LEARNING = "providers/Microsoft.MachineLearningServices"
_ENDPOINTS = f"{ACCOUNT}/privateEndpointConnections"
_PERIMETERS = f"{ACCOUNT}/networkSecurityPerimeterConfigurations"
_NETWORKS = f"{ACCOUNT}/managedNetworks"
_NETWORK = f"{_NETWORKS}/{{network}}"
_RULE = f"{_NETWORK}/outboundRules/{{rule}}"
_TIER = f"{SUB}/{PROVIDER}/quotaTiers/{{tier}}"
_RESOURCES = "Microsoft.Resources/subscriptions/resources"
_RIGHT = "Microsoft.Resources/deployments"


def _of_children(child: Child) -> Iterator[Route]:
    """List, get, put, patch and delete of one type below an account."""
    above = f"{ACCOUNT}/{child.path.rpartition('/')[0]}"
    yield route(f"GET {above}", partial(children.listing, child), child.since)
    for handler in (children.get, children.put, children.patch, children.delete):
        yield route(f"{handler.__name__.upper()} {above}/{{child}}", partial(handler, child), child.since)


def _of_templates(above: str) -> Iterator[Route]:
    """What can be asked of the template deployments of a group or a subscription."""
    every = f"{above}/providers/Microsoft.Resources/deployments"
    item = f"{every}/{{template}}"
    yield route(f"GET {every}", templates.listing)
    yield route(f"GET {item}", templates.get)
    yield route(f"HEAD {item}", templates.head)
    yield route(f"PUT {item}", templates.put)
    yield route(f"DELETE {item}", templates.delete)
    yield route(f"POST {item}/validate", templates.validate)
    yield route(f"POST {item}/whatIf", templates.what_if)
    yield route(f"POST {item}/exportTemplate", templates.export)
    for address in (item, f"{above}/deployments/{{template}}"):  # the second one is az CLI's
        yield route(f"GET {address}/operations", templates.operations, right=f"{_RIGHT}/operations/read")
    status = f"GET {item}/operationStatuses/{{operation}}"
    yield route(status, templates.status, right=f"{_RIGHT}/operationstatuses/read")


ROUTES: tuple[Route, ...] = (
    route(f"POST {ACCOUNT}/listKeys", account_actions.list_keys, "2017-04-18", kind="accounts"),
    route(f"POST {ACCOUNT}/regenerateKey", account_actions.regenerate_key, "2017-04-18", kind="accounts"),
    route(f"GET {ACCOUNT}/skus", account_actions.skus, "2017-04-18", kind="accounts"),
    route(f"POST {LOCATION}/checkSkuAvailability", account_actions.check_sku, "2017-04-18"),
    route(f"POST {SUB}/{PROVIDER}/checkDomainAvailability", account_actions.check_domain, "2017-04-18"),
    route(f"GET {LOCATION}/commitmentTiers", commitments.tiers, "2021-10-01"),
    route(f"GET /{PROVIDER}/operations", account_actions.operations, right=""),
    route(f"POST {ACCOUNT}/evaluateDeploymentPolicies", policies.evaluate, "2026-03-15", kind="accounts"),
    route(f"GET {ACCOUNT}/{_INSIGHTS}/metricDefinitions", metrics.definitions),
    route(f"GET {ACCOUNT}/{_INSIGHTS}/metrics", metrics.values),
    *(found for child in children.TYPES for found in _of_children(child)),
    route(f"GET {_ENDPOINTS}", private_links.connections, "2017-04-18"),
    route(f"GET {_ENDPOINTS}/{{connection}}", private_links.connection, "2017-04-18"),
    route(f"PUT {_ENDPOINTS}/{{connection}}", private_links.put_connection, "2017-04-18"),
    route(f"DELETE {_ENDPOINTS}/{{connection}}", private_links.delete_connection, "2017-04-18"),
    route(f"GET {ACCOUNT}/privateLinkResources", private_links.resources, "2017-04-18"),
    route(f"GET {_PERIMETERS}", private_links.perimeters, "2023-10-01"),
    route(f"GET {_PERIMETERS}/{{perimeter}}", private_links.perimeter, "2023-10-01"),
    route(f"POST {_PERIMETERS}/{{perimeter}}/reconcile", private_links.perimeter, "2023-10-01"),
    route(f"GET {_NETWORKS}", managed_networks.listing, "2025-10-01"),
    route(f"GET {_NETWORK}", managed_networks.get, "2025-10-01"),
    route(f"PUT {_NETWORK}", managed_networks.put, "2025-10-01"),
    route(f"PATCH {_NETWORK}", managed_networks.patch, "2025-10-01"),
    route(f"DELETE {_NETWORK}", managed_networks.delete, "2026-01-15"),
    route(f"POST {_NETWORK}/provision", managed_networks.provision, "2025-10-01"),
    route(f"POST {_NETWORK}/batchOutboundRules", managed_networks.put_rules, "2025-10-01"),
    route(f"GET {_NETWORK}/outboundRules", managed_networks.rules, "2025-10-01"),
    route(f"GET {_RULE}", managed_networks.rule, "2025-10-01"),
    route(f"PUT {_RULE}", managed_networks.put_rule, "2025-10-01"),
    route(f"DELETE {_RULE}", managed_networks.delete_rule, "2025-10-01"),
    route(
        f"GET {SUB}/{_MACHINE_LEARNING}/locations/{{location}}/mfeOperationsStatus/{{operation}}",
        managed_networks.status,
    ),
    route(f"GET {SUB}/{PROVIDER}/quotaTiers", quota.list_tiers, "2025-10-01"),
    route(f"GET {_TIER}", quota.get_tier, "2025-10-01"),
    route(f"PUT {_TIER}", quota.write_tier, "2025-10-01"),
    route(f"PATCH {_TIER}", quota.write_tier, "2025-10-01"),
    route(f"GET {SUB}/{_INSIGHTS}/eventtypes/management/values", activity.listing),
    route(f"GET {SUB}/resources", directory.list_resources),
    route(f"GET {GROUP}/resources", directory.list_group_resources, right=f"{_RESOURCES}/read"),
    *(found for above in (GROUP, SUB) for found in _of_templates(above)),
)

"""Routes of the surfaces around accounts and deployments.

Rule of this module: one line per operation, as in `routes`.
"""

from collections.abc import Iterator
from functools import partial

from reconciler.emulator import (
    account_actions,
    activity,
    children,
    metrics,
    policies,
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
        actions.commitment_tiers,
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
    *_of_subscriptions(),
    *_of_templates(),
)

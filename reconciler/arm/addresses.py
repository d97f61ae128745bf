"""Where ARM is in the public clouds, and where things are below an endpoint.

Rule of this module: a cloud is here because Microsoft documents it, and a manifest cannot add one. A name
becomes one path segment, whatever is in it, or no address is made at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from reconciler.arm.origin import Origin
from reconciler.arm.printable import printable
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.errors import UsageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """ARM's address, the login authority's host, and the scope to ask a token for."""

    name: str
    endpoint: str
    authority: str
    scope: str

    def owns(self, host: str) -> bool:
        """Whether a host is ARM's in this cloud: its address, or a region's below it (eastus.management…)."""
        own = self.endpoint.removeprefix("https://")
        return host == own or host.endswith(f".{own}")


# Microsoft Entra "National clouds" and the Azure resource manager endpoints of `az cloud list`.
CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="AzureCloud",
            endpoint="https://management.azure.com",
            authority="login.microsoftonline.com",
            scope="https://management.azure.com/.default",
        ),
        Cloud(
            name="AzureUSGovernment",
            endpoint="https://management.usgovcloudapi.net",
            authority="login.microsoftonline.us",
            scope="https://management.usgovcloudapi.net/.default",
        ),
        Cloud(
            name="AzureChinaCloud",
            endpoint="https://management.chinacloudapi.cn",
            authority="login.chinacloudapi.cn",
            scope="https://management.chinacloudapi.cn/.default",
        ),
    )
}


PROVIDER = "Microsoft.CognitiveServices"
SUBSCRIPTIONS = "/subscriptions"

VALIDATION = "/providers/Microsoft.Resources/validateResources"
"""ARM's own check of writes; nothing is written there."""

VALIDATION_VERSION = "2020-10-01"
"""What Terraform's azapi provider and aztfpreflight send."""

ACTIVITY_VERSION = "2015-04-01"
"""The only version of "Activity Logs - List" (Azure Monitor REST reference)."""

POLICIES_VERSION = "2026-03-15-preview"
"""The first that has evaluateDeploymentPolicies; no stable one has (OpenAPI, up to 2026-09-15-preview)."""


def of_account(account: AccountId, what: str = "") -> str:
    """Path of an account, or of what it holds, for example `deployments` or `raiPolicies`."""
    below = f"/{what}" if what else ""
    group = _segment(account.resource_group)
    return f"{_below(account.subscription, group)}/accounts/{_segment(account.name)}{below}"


def of_deployment(deployment: DeploymentId) -> str:
    """Path of one deployment."""
    return f"{of_account(deployment.account, 'deployments')}/{_segment(deployment.name)}"


def of_subscription(subscription: str) -> str:
    """Path of a subscription."""
    return f"{SUBSCRIPTIONS}/{_segment(subscription)}"


def of_region(subscription: str, region: Region, what: str) -> str:
    """Path of a region's `usages` or `models`."""
    return f"{_below(subscription)}/locations/{_segment(region.name)}/{what}"


def of_group(subscription: str, group: str) -> str:
    """Path of a resource group."""
    return f"/subscriptions/{_segment(subscription)}/resourceGroups/{_segment(group)}"


def of_activity(subscription: str) -> str:
    """Path of a subscription's Activity Log."""
    return f"{of_subscription(subscription)}/providers/Microsoft.Insights/eventtypes/management/values"


def of_provider(subscription: str, what: str) -> str:
    """Path of what the provider has in a subscription, for example `accounts` or `deletedAccounts`."""
    return f"{_below(subscription)}/{what}"


def writes_nothing(path: str) -> bool:
    """Whether a POST to a path only asks."""
    return path == VALIDATION or path.endswith("/evaluateDeploymentPolicies")


def url(home: Origin, path: str, api_version: str, query: Mapping[str, str]) -> str:
    """The whole address of a path."""
    more = "".join(f"&{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{home}{path}?api-version={quote(api_version, safe='')}{more}"


def _below(subscription: str, group: str = "") -> str:
    inside = f"/resourceGroups/{group}" if group else ""
    return f"/subscriptions/{_segment(subscription)}{inside}/providers/{PROVIDER}"


def addressable(name: str) -> bool:
    """Whether a name can be a path segment: a dot or two would be a step up the path, a blank none at all."""
    return name.strip() not in {"", ".", ".."}


def _segment(name: str) -> str:
    if not addressable(name):
        raise UsageProblem(
            f"{printable(name, 80)!r} cannot be part of an ARM address. Names are 2 to 64 letters, digits, "
            "dots, underscores and hyphens, and begin with a letter or digit"
        )
    return quote(name, safe="")

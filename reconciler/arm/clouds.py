"""The public clouds: where ARM is, who signs one in, and what a token must be good for.

Rule of this module: an address is here because Microsoft documents it; a manifest cannot add one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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

"""Which api-version to speak where an endpoint does not know ours.

Rule of this module: a version is only ever taken from ARM's own list, stable ones only, and what it cannot
carry is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reconciler.arm.printable import printable
from reconciler.domain.fields import not_carried

DEFAULT_API_VERSION = "2026-09-01"
"""The newest stable version of accounts/deployments (azure-rest-api-specs; recorded in October 2026)."""

PERMISSIONS = "Microsoft.Authorization/permissions"
_OF_OTHERS: Mapping[str, str] = {PERMISSIONS: "2022-04-01", "subscriptions": "2022-12-01"}
"""Types of other providers have versions of their own, which no flag of ours chooses."""

NOT_REGISTERED = "NoRegisteredProviderFound"

_SUPPORTED = re.compile(r"supported api-versions are '([^']*)'", re.IGNORECASE)
_STABLE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OLDEST = "2023-05-01"  # the first with `sku`, without which no capacity can be said


def offered(message: str) -> tuple[str, ...]:
    """The versions that ARM's refusal lists, as it lists them; empty where it lists none."""
    match = _SUPPORTED.search(message)
    return tuple(part.strip() for part in match[1].split(",") if part.strip()) if match else ()


def newest_usable(message: str, refused: str) -> str | None:
    """The newest stable version in the refusal that can carry a deployment.

    None where there is none, and where the refused version is itself in the list: then the refusal is about
    the location and no other version helps.
    """
    listed = offered(message)
    if refused in listed:
        return None
    usable = [version for version in listed if _STABLE.fullmatch(version) and version >= _OLDEST]
    return max(usable, default=None)


def lost_in(version: str) -> str:
    """The fields that this version cannot carry, for a sentence; "" where it carries all."""
    return ", ".join(
        "tags (the owner mark is one)" if item.path == "tags" else item.path for item in not_carried(version)
    )


class Versions:
    """The version of each resource type, settled at the first refusal."""

    def __init__(self, chosen: str, on_warning: Callable[[str], None]) -> None:
        self._chosen = chosen
        self._on_warning = on_warning
        self._settled: dict[str, str] = {}
        lost = lost_in(chosen)
        if lost:
            on_warning(
                f"api-version {printable(chosen, 40)} was chosen, which cannot carry {lost}: a write may "
                "reset what is set there. Leave --api-version and Fleet.spec.apiVersion out to keep it"
            )

    def of(self, resource_type: str) -> str:
        """The version to speak about a type, for example "deployments"."""
        return self._settled.get(resource_type) or _OF_OTHERS.get(resource_type, self._chosen)

    def settle(self, resource_type: str, used: str, message: str) -> bool:
        """Learn from a refusal; whether to repeat the request.

        A version that the user chose is kept: the refusal then says which ones there are.
        """
        if self.of(resource_type) != used:
            return True
        if resource_type in _OF_OTHERS:
            return False
        found = newest_usable(message, used) if self._chosen == DEFAULT_API_VERSION else None
        if found is None:
            return False
        self._settled[resource_type] = found
        lost = lost_in(found)
        if resource_type == "deployments" and lost:
            self._on_warning(
                f"this ARM endpoint does not know api-version {used} of deployments; {printable(found, 40)} "
                f"is used instead, which cannot carry {lost}"
            )
        return True

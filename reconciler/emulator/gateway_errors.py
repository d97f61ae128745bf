"""Refusals of ARM's gateway to write at a place, whatever the resource.

Rule of this module: as in `provider_errors`.
"""

from reconciler.emulator.errors import Refusal, front_door


def subscription_read_only(subscription: str) -> Refusal:
    """A subscription that is disabled (reported, 2025 and 2026)."""
    return front_door(
        409,
        "ReadOnlyDisabledSubscription",
        f"The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform"
        " any write actions on this subscription until it is re-enabled.",
    )


def scope_locked(scope: str, verb: str, locked: list[str]) -> Refusal:
    """A management lock; `verb` is write or delete (reported with other providers, 2017 to 2025)."""
    places = ",".join(locked)
    return front_door(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked:"
        f" '{places}'. Please remove the lock and try again.",
    )


def group_being_deleted(group: str) -> Refusal:
    """A write in a group whose deletion is under way (reported with other providers, 2022)."""
    return front_door(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
    )

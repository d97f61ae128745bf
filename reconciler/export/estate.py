"""What is there before any manifest is: accounts and their deployments, wherever they were read.

Every reader (ARM, templates, Terraform state) ends here, in the shape of ARM's own resources; what a source
leaves open is named, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId
from reconciler.domain.state import Listed, ObservedDeployment, ObservedSubscription, Reading


class Origin(StrEnum):
    """Where an estate was read, which decides what may be concluded from it."""

    ARM = "ARM"
    ARM_TEMPLATE = "ARM template"
    TERRAFORM_STATE = "Terraform state"

    @property
    def existing(self) -> bool:
        """Whether what was read is known to exist; a template only says what somebody wants."""
        return self is not Origin.ARM_TEMPLATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a file was, or will be, deployed, as far as whoever exports it says so."""

    subscription: str | None = None
    resource_group: str | None = None
    cloud: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One deployment: `sku`, `tags` and `properties` as ARM has them.

    `open` are paths into it whose value the source does not tell, with what it says instead. `observed` says
    that ARM itself answered this, so that what is absent is absent.
    """

    name: str
    resource: JsonObject
    state: str = "Succeeded"
    observed: bool = False
    open: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account. None stands for what the source does not tell; `open` says what it says instead."""

    subscription: str | None
    resource_group: str | None
    name: str | None
    region: str | None = None
    open: Mapping[str, str] = field(default_factory=dict)
    deployments: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that was read. `notes` tell what is missing; `complete` False makes that a failure."""

    origin: Origin
    cloud: str | None = None
    accounts: tuple[FoundAccount, ...] = ()
    subscriptions: Mapping[str, ObservedSubscription] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    complete: bool = True


def observed_estate(
    readings: Mapping[AccountId, Reading],
    subscriptions: Mapping[str, ObservedSubscription],
    *,
    cloud: str,
    unreadable: Iterable[str] = (),
) -> Estate:
    """What ARM answered, as an estate; an account that could not be listed to its end is only named."""
    accounts: list[FoundAccount] = []
    notes = list(unreadable)
    complete = not notes
    for account, reading in sorted(readings.items()):
        if not isinstance(reading, Listed):
            complete = False
            notes.append(f"account {account.name} could not be read and is not exported: {reading.message}")
        elif not reading.deployments:
            notes.append(f"account {account.name} has no deployments: no set")
        else:
            there = sorted(reading.deployments, key=lambda one: one.id.key)
            accounts.append(
                FoundAccount(
                    subscription=account.subscription,
                    resource_group=reading.account.id.resource_group,
                    name=reading.account.id.name,
                    region=reading.account.region.name,
                    deployments=tuple(_observed(one) for one in there),
                )
            )
    return Estate(
        origin=Origin.ARM,
        cloud=cloud,
        accounts=tuple(accounts),
        subscriptions=subscriptions,
        notes=tuple(notes),
        complete=complete,
    )


def _observed(one: ObservedDeployment) -> Found:
    return Found(name=one.id.name, resource=one.resource, state=one.provisioning_state, observed=True)

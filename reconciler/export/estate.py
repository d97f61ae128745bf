"""What is there before any manifest is: accounts and their deployments, wherever they were read.

Every reader (ARM, templates, Terraform state) ends here, in the shape of ARM's own resources; what a source
leaves open is named, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import AccountId
from reconciler.domain.state import Listed, ObservedSubscription, Reading


class EstateOrigin(StrEnum):
    """Where an estate was read, which decides what may be concluded from it."""

    ARM = "ARM"
    LISTING = "a list that az printed"
    ARM_TEMPLATE = "ARM template"
    TERRAFORM_STATE = "Terraform state"
    TERRAFORM_PLAN = "Terraform plan"
    TERRAFORM_SOURCE = "Terraform source"
    KUBERNETES = "Kubernetes objects"
    AZD = "azd files"
    SEVERAL = "several sources"

    @property
    def existing(self) -> bool:
        """Whether what was read is known to exist; a template only says what somebody wants."""
        return self in {EstateOrigin.ARM, EstateOrigin.LISTING, EstateOrigin.TERRAFORM_STATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One deployment: `sku`, `tags` and `properties` as ARM has them.

    `open` are paths into it whose value the source does not tell, with what it says instead. `observed` says
    that ARM itself answered this, so that what is absent is absent. `condition` is what nobody knows and the
    deployment depends on; `assumed` that it is so only if what somebody assumes holds. `lost` tells what the
    source says and this does not.
    """

    name: str
    resource: JsonObject
    state: str = "Succeeded"
    observed: bool = False
    open: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    condition: str = ""
    assumed: bool = False
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account. None stands for what the source does not tell; `open` says what it says instead."""

    subscription: str | None = None
    resource_group: str | None = None
    name: str | None = None
    region: str | None = None
    open: Mapping[str, str] = field(default_factory=dict)
    deployments: tuple[Found, ...] = ()

    @classmethod
    def at(
        cls, account: AccountId, deployments: Iterable[Found] = (), region: str | None = None
    ) -> FoundAccount:
        """The account of an id."""
        return cls(
            subscription=account.subscription,
            resource_group=account.resource_group,
            name=account.name,
            region=region,
            deployments=tuple(deployments),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that was read. `notes` tell what is missing; `complete` False makes that a failure.

    `left_out` has one sentence for each thing that the source declares and that is not among `accounts`.
    """

    origin: EstateOrigin
    cloud: str | None = None
    accounts: tuple[FoundAccount, ...] = ()
    subscriptions: Mapping[str, ObservedSubscription] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
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
            observed = sorted(reading.deployments, key=lambda item: item.id.key)
            deployments = tuple(
                Found(name=item.id.name, resource=item.resource, state=item.provisioning_state, observed=True)
                for item in observed
            )
            found = FoundAccount.at(reading.account.id, deployments, reading.account.region.name)
            accounts.append(replace(found, subscription=account.subscription))
    return Estate(
        origin=EstateOrigin.ARM,
        cloud=cloud,
        accounts=tuple(accounts),
        subscriptions=subscriptions,
        notes=tuple(notes),
        complete=complete,
    )

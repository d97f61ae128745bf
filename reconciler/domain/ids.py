"""ARM identities: regions, accounts and deployments, compared as ARM compares them.

ARM ignores the case of ids and echoes the case a resource was created with (ARM RPC, common API
details), so every identity here keeps the spelling it was given and compares without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering

_ACCOUNT_ID = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.CognitiveServices/accounts/(?P<account>[^/]+)"
    r"(?:/deployments/(?P<deployment>[^/]+))?/?$",
    re.IGNORECASE,
)
_GUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)


def is_guid(text: str) -> bool:
    """Whether `text` is a GUID as ARM writes subscription and tenant ids."""
    return _GUID.match(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """An Azure region in ARM's short spelling, whatever spelling it was given in.

    Sources write "East US2", "EastUS2", "eastus2": lower case and letters and digits only is the form
    all of them share.
    """

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", re.sub(r"[^a-z0-9]", "", self.name.lower()))

    def __str__(self) -> str:
        return self.name


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccountId:
    """A Microsoft.CognitiveServices account. `subscription` is a GUID, never an alias."""

    subscription: str
    resource_group: str
    name: str
    key: tuple[str, str, str] = field(init=False, repr=False)
    """What the identity compares by; made once, for a plan compares and hashes each id some twenty times."""

    def __post_init__(self) -> None:
        key = (self.subscription.lower(), self.resource_group.lower(), self.name.lower())
        object.__setattr__(self, "key", key)

    @classmethod
    def parse(cls, text: str) -> AccountId:
        """Read an ARM id of an account; ValueError says what an id looks like."""
        match = _ACCOUNT_ID.match(text)
        if match is None or match["deployment"] is not None:
            raise ValueError(
                f"{text!r} is not the ARM id of an account: /subscriptions/<guid>/resourceGroups/<group>"
                "/providers/Microsoft.CognitiveServices/accounts/<account>"
            )
        return cls(subscription=match["subscription"], resource_group=match["group"], name=match["account"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccountId) and self.key == other.key

    def __lt__(self, other: AccountId) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.CognitiveServices/accounts/{self.name}"
        )


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeploymentId:
    """One deployment: an account and a name that is unique in it without regard to case."""

    account: AccountId
    name: str
    key: tuple[str, str, str, str] = field(init=False, repr=False)
    """What the identity compares by."""

    def __post_init__(self) -> None:
        lower = self.name.lower()
        # most names are in lower case, and one object is enough for each
        object.__setattr__(self, "key", (*self.account.key, self.name if lower == self.name else lower))

    @classmethod
    def parse(cls, text: str) -> DeploymentId:
        """Read an ARM id of a deployment; ValueError says what an id looks like."""
        match = _ACCOUNT_ID.match(text)
        if match is None or match["deployment"] is None:
            raise ValueError(
                f"{text!r} is not the ARM id of a deployment: /subscriptions/<guid>/resourceGroups/<group>"
                "/providers/Microsoft.CognitiveServices/accounts/<account>/deployments/<name>"
            )
        account = AccountId(
            subscription=match["subscription"], resource_group=match["group"], name=match["account"]
        )
        return cls(account=account, name=match["deployment"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeploymentId) and self.key == other.key

    def __lt__(self, other: DeploymentId) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"{self.account}/deployments/{self.name}"

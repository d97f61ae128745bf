"""The plan as a value: what would be done, in which order, what forbids it, what it does to quotas."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic
from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.json_values import canonical
from reconciler.domain.platform import DeletedAccount
from reconciler.domain.shard import Part
from reconciler.domain.sku import SkuName
from reconciler.plan.actions import Action, Blocked, Keep, Wait
from reconciler.plan.body import writable

if TYPE_CHECKING:
    from reconciler.prices.bill import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A guard's verdict against the whole plan. `fix` names the flag or field that lifts it.

    `steps` are the deployments that it is about, where the rest of the plan could be applied without them.
    """

    code: str
    message: str
    fix: str
    steps: tuple[DeploymentId, ...] = ()


class Verdict(StrEnum):
    """Whether a pool can take the plan; an unreadable pool is never called fine."""

    FITS = "fits"
    EXCEEDS = "exceeds"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A deployment that draws on a pool, with its capacity after the plan."""

    id: DeploymentId
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolForecast:
    """One quota pool before, during and after the plan, in the pool's own units.

    `scope` is ``<subscription>/<region>``. `used_*` count everybody's use, as ARM does.
    `limit` and the uses are None where ARM's usages could not be read. `deleted` are the soft-deleted
    accounts that may hold a part of it, where ARM was asked for them.
    """

    pool: str
    scope: str
    limit: int | None
    used_before: int | None
    used_peak: int | None
    used_after: int | None
    verdict: Verdict
    label: str = ""
    holders: tuple[Holder, ...] = ()
    deleted: tuple[DeletedAccount, ...] = ()

    @property
    def elsewhere(self) -> int | None:
        """What accounts outside this run hold, the soft-deleted among them; None where it is not known."""
        if self.used_after is None:
            return None
        return max(0, self.used_after - sum(holder.capacity for holder in self.holders))


def fingerprint(action: Action) -> str:
    """A digest over what was observed and what is to be sent; equal fingerprints mean the same step."""
    observed = action.observed
    return _digest(
        {
            "id": list(action.id.key),
            "action": action.kind,
            "bodies": list(action.writes),
            "observed": None if observed is None else [observed.provisioning_state, writable(observed)],
        }
    )


def _digest(document: JsonValue) -> str:
    return f"sha256:{hashlib.sha256(canonical(document).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action in its place. `order` counts from 1 over the steps that write; 0 for those that do not.

    `depends_on` must have ended well before this one starts; steps of one account never overlap.
    `recorded` is the fingerprint once it is known.
    """

    action: Action
    order: int = 0
    depends_on: tuple[DeploymentId, ...] = ()
    recorded: str = field(default="", compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """Over what was observed and is to be done: whether this is still the same step in a later run.

        It is made when somebody asks: most plans are read and never kept.
        """
        if not self.recorded:
            object.__setattr__(self, "recorded", fingerprint(self.action))
        return self.recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An account whose deployments could not be listed to the end, why, and what to do about it.

    `message` and `fix` are the same for all accounts that one cause hits; `detail` is for `-v`.
    """

    id: AccountId
    message: str
    fix: str
    detail: str = field(default="", compare=False)


class Room(StrEnum):
    """Whether a region had room for a write when ARM was asked; never a promise."""

    AVAILABLE = "available"
    SHORT = "short"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another region that had room."""

    region: Region
    sku: SkuName
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityCheck:
    """What ARM's modelCapacities told about a write on a provisioned SKU, in PTUs.

    `needed` counts what earlier writes of the plan take of the same region too. `available` None: not told,
    and `why`. `asked_at` is UTC, ISO 8601.
    """

    id: DeploymentId
    region: Region | None
    sku: SkuName
    needed: int
    available: int | None
    room: Room
    asked_at: str
    why: str = ""
    elsewhere: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a person must see before saying yes.

    Nothing is concluded about what is in the `unread` accounts. `applyable` is False while a refusal
    stands or nothing is to be written. `diagnostics` come from the manifests alone, `notices` from what was
    observed too. `owned` deployments carry the fleet's `mark`. `part` is set where this is the plan of one
    shard. `cost` is None and `capacity` empty where nobody asked. `recorded` is the fingerprint where it is
    that of other steps than these.
    """

    fleet: str
    cloud: str
    steps: tuple[Step, ...]
    quota: tuple[PoolForecast, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    notices: tuple[Diagnostic, ...] = ()
    unread: tuple[Unread, ...] = ()
    manifest_digest: str = ""
    mark: str = ""
    left_out: int = 0
    owned: int = 0
    part: Part | None = None
    recorded: str = field(default="", compare=False, repr=False)
    cost: Cost | None = None
    capacity: tuple[CapacityCheck, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Over the manifests and all steps."""
        return self.recorded or _digest(
            [self.manifest_digest, self.mark, self.cloud, [[s.order, s.fingerprint] for s in self.steps]]
        )

    @property
    def complete(self) -> bool:
        """Whether everything could be read; a run over anything less cannot have done all there is to do."""
        return not self.unread

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """All that was found about the manifests, by reading them and by planning."""
        return (*self.diagnostics, *self.notices)

    @property
    def writes(self) -> tuple[Step, ...]:
        """The steps that send something, in order."""
        return tuple(s for s in self.steps if not isinstance(s.action, Keep | Blocked | Wait))

    @property
    def work(self) -> tuple[Step, ...]:
        """The steps that a run carries out, in order: those that send something, and those that wait."""
        return tuple(s for s in self.steps if not isinstance(s.action, Keep | Blocked))

    @property
    def blocked(self) -> tuple[Step, ...]:
        """The steps that ought to be done and must not."""
        return tuple(s for s in self.steps if isinstance(s.action, Blocked))

    @property
    def applyable(self) -> bool:
        """Whether `apply` would do anything: write, or wait for an operation."""
        return not self.refusals and bool(self.work)

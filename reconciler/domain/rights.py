"""Which of ARM's actions this program uses and what for, what an identity has been granted, what was found.

The one table of them: `doctor` asks about these, the roles in `docs/roles/` list these, and a test counts
them against what a run really sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_PROVIDER = "Microsoft.CognitiveServices"


class Need(StrEnum):
    """What does not work without an action."""

    PLAN = "plan"
    CHECKS = "checks"
    DRIFT = "drift"
    CAPACITY = "capacity"
    POLICIES = "policies"
    DOCTOR = "doctor"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Right:
    """One action, in ARM's spelling, and what it is used for."""

    action: str
    need: Need
    purpose: str


ACCOUNT_READ = f"{_PROVIDER}/accounts/read"
DEPLOYMENTS_READ = f"{_PROVIDER}/accounts/deployments/read"
POLICIES_READ = f"{_PROVIDER}/accounts/raiPolicies/read"
MODELS_READ = f"{_PROVIDER}/accounts/models/read"
USAGES_READ = f"{_PROVIDER}/locations/usages/read"
OFFERS_READ = f"{_PROVIDER}/locations/models/read"
CAPACITIES_READ = f"{_PROVIDER}/modelCapacities/read"
DELETED_READ = f"{_PROVIDER}/deletedAccounts/read"
ACTIVITY_READ = "Microsoft.Insights/eventtypes/values/read"
PERMISSIONS_READ = "Microsoft.Authorization/permissions/read"

RIGHTS: tuple[Right, ...] = (
    Right(ACCOUNT_READ, Need.PLAN, "find the accounts and their regions"),
    Right(DEPLOYMENTS_READ, Need.PLAN, "list and read deployments"),
    Right(OFFERS_READ, Need.PLAN, "what a region offers, and when it retires"),
    Right(USAGES_READ, Need.PLAN, "quota pools of a region"),
    Right(POLICIES_READ, Need.CHECKS, "whether a content filter is there"),
    Right(MODELS_READ, Need.CHECKS, "whether a fine-tuned model is in its source account"),
    Right(
        DELETED_READ, Need.CHECKS, "whether a missing account is soft-deleted, and what holds quota unseen"
    ),
    Right(
        ACTIVITY_READ,
        Need.DRIFT,
        "who deleted or changed a deployment outside; for `plan`, whether one has expired",
    ),
    Right(
        CAPACITIES_READ, Need.CAPACITY, "which regions have room, for `capacity` and `plan --check-capacity`"
    ),
    Right(
        f"{_PROVIDER}/accounts/evaluateDeploymentPolicies/action",
        Need.POLICIES,
        "what Azure Policy says of models and filters, for `plan --check-policies`",
    ),
    Right(PERMISSIONS_READ, Need.DOCTOR, "which rights this identity has"),
    Right(f"{_PROVIDER}/accounts/deployments/write", Need.APPLY, "create and change deployments"),
    Right(f"{_PROVIDER}/accounts/deployments/delete", Need.APPLY, "delete and replace deployments"),
    Right(
        f"{_PROVIDER}/locations/operationResults/read",
        Need.APPLY,
        "follow long operations; without it the deployment itself is asked",
    ),
)

TOO_MUCH = (f"{_PROVIDER}/accounts/delete", f"{_PROVIDER}/accounts/listKeys/action")
"""What an identity for deployments should not be able to do, and the broad built-in roles can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one role gives an identity at a scope: `actions` less `not_actions`; both may hold `*`."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Whether this role alone allows `action`."""
        return _any(self.actions, action) and not _any(self.not_actions, action)


def allowed(grants: Iterable[Grant], action: str) -> bool:
    """Whether any role allows it: what one role takes out, another may give."""
    return any(grant.allows(action) for grant in grants)


def _any(patterns: Iterable[str], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """A `*` of Azure's role definitions stands for any text, slashes included; case does not count."""
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.IGNORECASE | re.DOTALL)


class Status(StrEnum):
    """How a check ended; UNVERIFIED is neither good nor bad: nobody could tell."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `subject` is what was examined, `message` what was found, `fix` what to do about it."""

    name: str
    subject: str
    status: Status
    message: str
    fix: str = ""

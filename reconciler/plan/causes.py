"""The causes of drift: what each means, how grave it is, and what a person can do about it.

The one place where they are explained; reports, `--ignore` and the documentation read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.diagnostics import Severity


class Cause(StrEnum):
    """Why a deployment is not as declared."""

    CHANGED_OUTSIDE = "changed-outside"
    AUTO_UPGRADED = "auto-upgraded"
    EXPIRED = "expired"
    RETIRED = "retired"
    DELETED_OUTSIDE = "deleted-outside"
    PENDING = "pending"
    FAILED_STATE = "failed-state"
    UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A cause in words. `severity` is the usual one; what is only told, and no drift, has INFO."""

    severity: Severity
    meaning: str
    fix: str


ABOUT: Mapping[Cause, About] = {
    Cause.CHANGED_OUTSIDE: About(
        severity=Severity.ERROR,
        meaning=(
            "the manifest is what was last applied, and a field that it states is different now: somebody "
            "changed the deployment, or another fleet has put its mark on it"
        ),
        fix=(
            "`reconciler apply` puts the declared back; or write what is there into the manifest, or name "
            "the field in lifecycle.ignoreChanges if it belongs to somebody else"
        ),
    ),
    Cause.AUTO_UPGRADED: About(
        severity=Severity.WARNING,
        meaning=(
            "the service moved the deployment to a newer model version, as its versionUpgradeOption lets it; "
            "no drift where the manifest itself states that option, which is then a note"
        ),
        fix=(
            "declare the version that runs; or state versionUpgradeOption, NoAutoUpgrade to stay where you "
            "are, another one to accept what the service does"
        ),
    ),
    Cause.EXPIRED: About(
        severity=Severity.WARNING,
        meaning=(
            "a fine-tuned or DeveloperTier deployment is declared and not there: the service removes idle "
            "fine-tuned ones after 15 days and DeveloperTier ones after 24 hours; or it was never applied"
        ),
        fix="`reconciler apply` makes it again; remove it from the manifest if nobody needs it",
    ),
    Cause.RETIRED: About(
        severity=Severity.ERROR,
        meaning="ARM's own list says that the model version is retired on this SKU: requests fail",
        fix="declare a newer version or model; `reconciler lifecycle` names the successor",
    ),
    Cause.DELETED_OUTSIDE: About(
        severity=Severity.ERROR,
        meaning=(
            "a declared deployment is not there: somebody deleted it, or it was never applied; there is no "
            "memory that could tell"
        ),
        fix="`reconciler apply` makes it again; remove it from the manifest if it is gone for good",
    ),
    Cause.PENDING: About(
        severity=Severity.INFO,
        meaning="the manifest was changed since it was last applied: work to do, and no drift",
        fix="`reconciler plan` shows it, `reconciler apply` does it",
    ),
    Cause.FAILED_STATE: About(
        severity=Severity.ERROR,
        meaning="the deployment's provisioningState has settled, and not in Succeeded",
        fix=(
            "for Failed, `reconciler apply --replace-failed` deletes and makes it again; Disabled is lifted "
            "in Azure; for Canceled, `reconciler apply` sends the declared again"
        ),
    ),
    Cause.UNDECLARED: About(
        severity=Severity.WARNING,
        meaning=(
            "a deployment is in a declared account and no manifest declares it; no drift where another fleet "
            "has marked it, which is then a note, unless the account is `prune: exclusive`"
        ),
        fix=(
            "declare it, or delete it; `reconciler apply` prunes what carries our mark, and `prune: "
            "exclusive` everything undeclared. `--ignore undeclared` where the account is shared"
        ),
    ),
}


def is_drift(severity: Severity) -> bool:
    """Whether something of this severity makes `drift` exit 2."""
    return severity in {Severity.ERROR, Severity.WARNING}

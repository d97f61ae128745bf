"""The causes of drift: what each means, how grave it is, and what a person can do about it.

The one place where they are explained; reports, `--ignore` and the documentation read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.diagnostics import Severity, definitions
from reconciler.domain.fleet import DriftCause as Cause

__all__ = ["ABOUT", "About", "Cause", "is_drift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A cause in words. `severity` is the usual one: an error makes `drift` exit 2, the rest is reported."""

    severity: Severity
    meaning: str
    fix: str


_MEANINGS = definitions("""
changed-outside: the manifest has not changed since it was applied, and a field that it states is different
    now: somebody changed the deployment, or another fleet has put its mark on it
auto-upgraded: the service moved the deployment to a newer version of its model, or to the model that takes
    its place, as its versionUpgradeOption lets it or because a preview has ended; a note where the manifest
    states an option that lets it
expired: a fine-tuned or DeveloperTier deployment is declared and not there: the service removes idle
    fine-tuned ones after 15 days and DeveloperTier ones after 24 hours; or it was never applied
retired: ARM's own list says that the model version is retired on this SKU: requests fail
missing: a declared deployment is not there, and nothing tells why: it was deleted, or never applied. The
    Activity Log has 90 days and takes a right of its own; without it the report says `unverified`
deleted-outside: somebody deleted a declared deployment: the Activity Log says who and when
pending: the manifest was changed since it was last applied: work to do, and no drift. A declared deployment
    that is not there is pending where another one of the fleet shows such a change
failed-state: the deployment's provisioningState has settled, and not in Succeeded
undeclared: a deployment is in a declared account and no manifest declares it; an error where the account is
    `prune: exclusive`, a note where another fleet has marked it, else a warning
""")
_FIXES = definitions("""
changed-outside: `reconciler apply` puts back what is declared; or write what is there into the manifest, or
    name the field in lifecycle.ignoreChanges if it belongs to somebody else
auto-upgraded: declare the model that runs, with versionUpgradeOption: NoAutoUpgrade if it is to stay there;
    or state another versionUpgradeOption to accept what the service does. NoAutoUpgrade beside the old model
    asks for that one back
expired: `reconciler apply --recreate-expired` recreates it, and `lifecycle: {recreateExpired: true}` each
    time; remove it from the manifest if nobody needs it
retired: declare a newer version or model; `reconciler lifecycle` names the successor
missing: `reconciler apply` recreates it; remove it from the manifest if it is gone for good
deleted-outside: `reconciler apply` recreates it; remove it from the manifest if it is gone for good
pending: `reconciler plan` shows it, `reconciler apply` does it
failed-state: for Failed, `reconciler apply --replace-failed` deletes and makes it again; Disabled is lifted
    in Azure; for Canceled, `reconciler apply` sends what is declared again
undeclared: declare it, or delete it; `reconciler apply` prunes what carries our mark, and `prune: exclusive`
    everything undeclared. `--ignore undeclared` where the account is shared
""")
_MILDER: Mapping[Cause, Severity] = {
    Cause.AUTO_UPGRADED: Severity.WARNING,
    Cause.RETIRED: Severity.WARNING,
    Cause.PENDING: Severity.INFO,
    Cause.UNDECLARED: Severity.WARNING,
}

ABOUT: Mapping[Cause, About] = {
    Cause(word): About(severity=_MILDER.get(Cause(word), Severity.ERROR), meaning=text, fix=_FIXES[word])
    for word, text in _MEANINGS.items()
}


def is_drift(severity: Severity) -> bool:
    """Whether something of this severity makes `drift` exit 2."""
    return severity is Severity.ERROR

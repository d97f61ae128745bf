"""Rule `upgrade-conflict`: a pinned version that the service is allowed to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "upgrade-conflict"

_SOURCE = "Microsoft.CognitiveServices specification, 2025-06-01"

_WHEN = {
    "OnceNewDefaultVersionAvailable": "when a new default version appears",
    "OnceCurrentVersionExpired": "when this version expires",
}


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at deployments that state both."""
    for deployment in desired.deployments:
        version, option = deployment.spec.model.version, deployment.spec.version_upgrade_option
        if isinstance(version, Unset) or isinstance(option, Unset) or option not in _WHEN:
            continue
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("versionUpgradeOption",),
            f"version `{version}` is pinned, and `{option}` lets the service change it {_WHEN[option]}",
            label="upgrades the pinned version",
            source=_SOURCE,
            fix="write NoAutoUpgrade, or leave model.version out",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The manifest pins `model.version` and lets the service upgrade it. After such an upgrade the "
        "manifest and ARM disagree, and the next apply asks for the old version again, which ARM may "
        "refuse. Pin the version with `NoAutoUpgrade`, or leave the version out and let the service "
        "choose."
    ),
    source=_SOURCE,
    check=check,
)

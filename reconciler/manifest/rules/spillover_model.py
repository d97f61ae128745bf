"""Rule `spillover-model`: spillover to a deployment of another model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found
from reconciler.manifest.rules.siblings import Siblings

CODE = "spillover-model"

_SOURCE = "spillover page (Microsoft docs)"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare the models of every declared pair."""
    siblings = Siblings(desired)
    for deployment in desired.deployments:
        name = deployment.spec.spillover_deployment_name
        target = None if isinstance(name, Unset) else siblings.find(deployment, name)
        if target is None or target.id == deployment.id:
            continue
        one, other = subject(deployment.spec.model, catalogue), subject(target.spec.model, catalogue)
        severity = _severity(one, other, deployment, target)
        if severity is None:
            continue
        place = target.provenance.place(("model",))
        yield found(
            CODE,
            severity,
            deployment,
            ("spilloverDeploymentName",),
            f"`{deployment.id.name}` serves {one.title} and spills over to `{target.id.name}`, "
            f"which serves {other.title}",
            label="serves another model" if severity is Severity.ERROR else "not quite the same model",
            source=_SOURCE,
            fix=f"name a standard deployment of {one.title}",
            related=() if place is None else (Related(message="the target's model", place=place),),
        )


def _severity(
    one: Subject, other: Subject, deployment: DesiredDeployment, target: DesiredDeployment
) -> Severity | None:
    """How bad the difference is; None for the same model, or where a checkpoint hides its base."""
    if deployment.spec.model.name.lower() == target.spec.model.name.lower():
        return Severity.WARNING if _differ(one, other) else None
    if one.nameless or other.nameless:
        return Severity.WARNING
    return Severity.ERROR if one.name.lower() != other.name.lower() else Severity.WARNING


def _differ(one: Subject, other: Subject) -> bool:
    return isinstance(one.version, str) and isinstance(other.version, str) and one.version != other.version


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "What spills over is answered by the target, so the target must serve the same model. Another "
        "model is an error; another version of it, or the base in place of a model fine-tuned from it, is "
        "a warning: callers would get other answers under load."
    ),
    source=_SOURCE,
    check=check,
)

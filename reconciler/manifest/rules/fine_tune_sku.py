"""Rule `fine-tune-sku`: a SKU that models fine-tuned from this base cannot have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, choice, found, listing

CODE = "fine-tune-sku"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the SKUs that the base can have fine-tuned."""
    for deployment in desired.deployments:
        what, sku = subject(deployment.spec.model, catalogue), deployment.spec.sku.name
        if not what.fine_tuned or what.malformed or not sku.known:
            continue
        if what.known is None:
            yield from _by_sku_alone(deployment, what, catalogue)
            continue
        offered = catalogue.fine_tune_skus(what.name, what.version)
        listed = what.known.versions and what.version in what.known.versions
        if sku in (offered or ()) or (offered is None and not listed):
            continue
        yield found(
            CODE,
            Severity.ERROR if offered else Severity.WARNING,
            deployment,
            ("sku", "name"),
            f"{what.title} cannot be deployed on `{sku}`; it can on {listing(offered, 9)}"
            if offered
            else f"no source lists a SKU for {what.title}",
            label=f"not for models fine-tuned from {what.known.name}",
            source=str(catalogue.tuned_source),
            fix=f"use {choice(offered)}" if offered else "check that the base can be fine-tuned",
        )


def _by_sku_alone(deployment: DesiredDeployment, what: Subject, catalogue: Catalogue) -> Iterator[Diagnostic]:
    """Without a base, all that is known is whether a SKU is documented for fine-tuned models at all."""
    fact = catalogue.sku(deployment.spec.sku.name)
    if what.nameless and fact is not None and not fact.fine_tuned:
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("sku", "name"),
            f"`{fact.sku}` is not documented for fine-tuned models",
            label="not documented for fine-tuned models",
            source=str(fact.source),
            fix="use Standard, GlobalStandard, ProvisionedManaged or DeveloperTier",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "Fine-tuned models are offered on fewer SKUs than their bases. The message lists those of the "
        "base. Where no source lists any for the base, or where a checkpoint's base is unknown, it is a "
        "warning."
    ),
    source=lambda catalogue: str(catalogue.tuned_source),
    check=check,
)

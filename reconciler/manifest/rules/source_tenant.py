"""Rule `source-tenant`: a source in a subscription whose tenant is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, found

CODE = "source-tenant"

_SOURCE = "ARM's rule of one token per tenant (x-ms-authorization-auxiliary)"


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at sources in other subscriptions."""
    for deployment in desired.deployments:
        origin = deployment.spec.model.source
        if origin is None or origin.tenant is not None:
            continue
        there = origin.account.subscription
        if there.lower() == deployment.id.account.subscription.lower():
            continue
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("model", "source"),
            f"the tenant of the source's subscription {there} is not declared",
            label="tenant unknown",
            source=_SOURCE,
            fix=f"add it to the Fleet: subscriptions: {{alias: {{id: {there}, tenant: <guid>}}}}",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "Across tenants ARM needs a second token, that of the source's tenant. The source's subscription "
        "is another one than the account's, and the Fleet does not say whose tenant it is in, so the "
        "tenant of the credential is assumed. Give the subscription an alias with its `tenant` in the "
        "Fleet."
    ),
    source=_SOURCE,
    check=check,
)

"""Rule `unknown-sku`: a SKU that no source names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.sku import KNOWN_SKUS, SkuName
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, did_you_mean, found, listing, tables

CODE = "unknown-sku"

# Seen in ARM's lists of 2026: an old per-model SKU and SKUs of internal subscriptions.
_NOT_PUBLIC = {"provisioned", "provisioned_image", "provisioned_multimodal", "lowpriority"}


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the public names, and with their display names."""
    display = {fact.display_name: sku for sku in KNOWN_SKUS if (fact := catalogue.sku(SkuName(sku)))}
    for deployment in desired.deployments:
        sku = deployment.spec.sku.name
        if sku.known:
            continue
        meant = None if sku.name.lower() in _NOT_PUBLIC else misspelling_of(sku.name, [*KNOWN_SKUS, *display])
        meant = display.get(meant or "", meant)
        why = (
            "is listed by ARM but not offered to the public"
            if sku.name.lower() in _NOT_PUBLIC
            else "is unknown"
            if meant
            else "is unknown and no slip of a known one, so it may be new and ARM decides"
        )
        yield found(
            CODE,
            Severity.ERROR if meant else Severity.WARNING,
            deployment,
            ("sku", "name"),
            f"SKU `{sku}` {why}; the public ones are {listing(KNOWN_SKUS, len(KNOWN_SKUS))}",
            label="no public SKU",
            source=f"SKU table of the catalogue, {catalogue.date}",
            fix=did_you_mean(meant, similar(sku.name, KNOWN_SKUS)) or "use one of the public SKUs",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The SKU is none of the nine public ones. If it looks like a slip of one of them this is an "
        "error, otherwise a warning: the service adds SKUs without notice, and ARM decides. Names are "
        "matched without regard to case. `Provisioned` (the old per-model SKU) and `LowPriority` are "
        "listed by ARM for some subscriptions and cannot be ordered by others."
    ),
    source=tables,
    check=check,
)

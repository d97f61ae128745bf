"""Rule `sku-not-offered`: a SKU that a catalogue model is not offered on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.sku import SkuName
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, choice, found, listing, tables

CODE = "sku-not-offered"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the SKUs listed for the model version."""
    for deployment in desired.deployments:
        what, sku = subject(deployment.spec.model, catalogue), deployment.spec.sku.name
        if what.known is None or what.fine_tuned or not sku.known:
            continue
        offered = catalogue.skus_for(what.name, what.version)
        if sku in (offered or ()):
            continue
        refused = catalogue.refuses(what.name, what.version, sku)
        if not offered and refused is None:
            continue
        doubtful = refused is None and catalogue.doubtful(what.name, what.version, sku)
        only = "; that SKU is for fine-tuned models" if sku.name == "DeveloperTier" else ""
        yield found(
            CODE,
            Severity.WARNING if doubtful else Severity.ERROR,
            deployment,
            ("sku", "name"),
            f"{what.title} is not offered on `{sku}`{only}; "
            f"it is on {listing(offered or (), 9) or 'other SKUs'}",
            label=f"not a SKU of {what.known.name}",
            source=_source(catalogue, what, sku, offered or ()),
            fix=f"use {choice(offered)}" if offered else "use another SKU",
        )


def _source(catalogue: Catalogue, what: Subject, sku: SkuName, offered: tuple[SkuName, ...]) -> str:
    refused = catalogue.refuses(what.name, what.version, sku)
    if refused is not None:
        return str(refused)
    lists = [catalogue.regions_for(what.name, what.version, other) for other in offered]
    return next((str(found_in.source) for found_in in lists if found_in is not None), str(catalogue.date))


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "The model version is listed on other SKUs only (ARM answers InvalidResourceProperties). The rule "
        "speaks where some source lists all SKUs of the version; where a later snapshot fixes that the "
        "list has grown it is a warning. `DeveloperTier` is for fine-tuned models only. Choose one of the "
        "SKUs that the message names, or another version."
    ),
    source=tables,
    check=check,
)

"""Rule `unknown-region`: a region that the catalogue does not know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, account_place, did_you_mean, tables

CODE = "unknown-region"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at every account once."""
    names = [region.name for region in catalogue.regions()]
    for account in desired.accounts:
        if account.region is None or catalogue.region(account.region.name) is not None:
            continue
        meant = misspelling_of(account.region.name, names)
        yield Diagnostic(
            code=CODE,
            severity=Severity.WARNING,
            message=f"region `{account.region}` is not among the {len(names)} that list models",
            place=account_place(account, "region"),
            label="unknown region",
            source=f"region table of the catalogue, {catalogue.date}",
            fix=did_you_mean(meant, similar(account.region.name, names))
            or "`az account list-locations` has the names",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The account's declared region is none of those that ARM lists for this provider. The declaration "
        "is an assertion about the account, so a wrong one blocks the account's plan. Any spelling is "
        'understood ("East US 2", "eastus2"). Nothing that depends on the region can be checked before it '
        "is right."
    ),
    source=tables,
    check=check,
)

"""Rule `unknown-model-version`: a version that the catalogue does not list for a known model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.near import misspelling_of
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, did_you_mean, found, listing, tables

CODE = "unknown-model-version"

_SHORTEST = 3


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Compare with the known versions of the model."""
    for deployment in desired.deployments:
        what = subject(deployment.spec.model, catalogue)
        if what.known is None or isinstance(what.version, Unset) or not what.known.versions:
            continue
        if what.version.lower() not in {version.lower() for version in what.known.versions}:
            yield _unknown(deployment, what, what.version, catalogue)
    yield from _tuned_versions(desired, catalogue)


def _unknown(deployment: DesiredDeployment, what: Subject, version: str, catalogue: Catalogue) -> Diagnostic:
    versions = what.known.versions if what.known else ()
    # Counters such as "9" have no slips, and a date after the newest source is news, not a mistake.
    fresh = version > catalogue.newest_source and version[:2] == "20"
    meant = (
        None if fresh or len(version) < _SHORTEST else misspelling_of(version, versions, digits_matter=False)
    )
    return found(
        CODE,
        Severity.ERROR if meant else Severity.WARNING,
        deployment,
        ("model", "name") if what.fine_tuned else ("model", "version"),
        f"`{what.name}` has no version `{version}` that we know of; known: {listing(versions)}",
        label="unknown version",
        source=f"model catalogue, {catalogue.date}",
        fix=did_you_mean(meant) or "if the version is newer than the catalogue, ARM will know it",
    )


def _tuned_versions(desired: DesiredState, catalogue: Catalogue) -> Iterator[Diagnostic]:
    for deployment in desired.deployments:
        version = deployment.spec.model.version
        if (
            isinstance(version, str)
            and version != "1"
            and subject(deployment.spec.model, catalogue).fine_tuned
        ):
            yield found(
                CODE,
                Severity.WARNING,
                deployment,
                ("model", "version"),
                f"fine-tuned models have version `1`, not `{version}`; the base's version is part of the id",
                label="not a version of a fine-tuned model",
                source=str(catalogue.tuned_source),
                fix='write version: "1"',
            )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The model is known, but not in this version. If the version looks like a slip of a known one "
        "this is an error, otherwise a warning. A version dated after the newest source of the catalogue "
        'is always a warning: nobody could know it. Write versions as text (`"0613"`, `"2024-08-06"`). '
        'Fine-tuned models have version "1"; for them the version of the base inside the id is checked as '
        "well."
    ),
    source=tables,
    check=check,
)

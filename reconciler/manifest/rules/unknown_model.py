"""Rule `unknown-model`: a model that the catalogue does not know, or knows under another format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, did_you_mean, found, tables

CODE = "unknown-model"


def check(desired: DesiredState, catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look up the model, or the base of a fine-tuned one."""
    names = catalogue.models()
    for deployment in desired.deployments:
        what = subject(deployment.spec.model, catalogue)
        if what.nameless:
            continue
        if what.known is None:
            meant = misspelling_of(what.name, names)
            near = similar(what.name, names)
            of = "base model" if what.fine_tuned else "model"
            yield found(
                CODE,
                Severity.ERROR if meant else Severity.WARNING,
                deployment,
                ("model", "name"),
                f"{of} `{what.name}` is not in the catalogue of {catalogue.date}",
                label="unknown model",
                source=f"model catalogue, {catalogue.date}",
                fix=did_you_mean(meant, near) or "if the model is newer than the catalogue, ARM will know it",
            )
        else:
            yield from _spelling(deployment, what)


def _spelling(deployment: DesiredDeployment, what: Subject) -> Iterator[Diagnostic]:
    known, model = what.known, deployment.spec.model
    if known is None:
        return
    if known.format is not None and model.format != known.format:
        stated = any(layer.states(("model", "format")) for layer in deployment.provenance.layers)
        yield found(
            CODE,
            Severity.ERROR,
            deployment,
            ("model", "format") if stated else ("model", "name"),
            f"model `{known.name}` has format `{known.format}`, not `{model.format}`",
            label=f"{known.format} is the format of {known.name}",
            source=str(known.source) if known.source else "",
            fix=f"write format: {known.format}",
        )
    if not what.fine_tuned and model.name != known.name:
        yield found(
            CODE,
            Severity.WARNING,
            deployment,
            ("model", "name"),
            f"model `{model.name}` is spelled `{known.name}` by ARM",
            label="other case than ARM's",
            source=str(known.source) if known.source else "",
            fix=f"write {known.name}",
        )


RULE = Rule(
    code=CODE,
    severity=Severity.WARNING,
    explanation=(
        "The catalogue has no model of this name. If the name looks like a slip of a known one this is an "
        "error, otherwise a warning: new models appear every few weeks, and names that differ only in "
        "their digits are taken for newer models. A known model under the wrong `format` is an error that "
        "names the right one: ARM compares formats with regard to case. For a fine-tuned model the base "
        "in its id is looked up."
    ),
    source=tables,
    check=check,
)

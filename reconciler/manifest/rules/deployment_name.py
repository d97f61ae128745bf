"""Rule `deployment-name`: a name that ARM takes as a path segment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, counted, found

CODE = "deployment-name"

_SOURCE = "ARM's InvalidResourceName, and names in its recorded answers, 2026-06"

_LONGEST = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}")
_WRONG = re.compile(r"[^A-Za-z0-9._-]")


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at every name."""
    for deployment in desired.deployments:
        name = deployment.id.name
        if _NAME.fullmatch(name) is None:
            yield found(
                CODE,
                Severity.ERROR,
                deployment,
                ("name",),
                f"`{name}` cannot name a deployment: {_reason(name)}",
                label="2 to 64 letters, digits, `_`, `-` or `.`, the first a letter or digit",
                source=_SOURCE,
                fix=f"write {_repaired(name)}",
            )


def _reason(name: str) -> str:
    if not 2 <= len(name) <= _LONGEST:
        return f"it has {counted(len(name), 'character')}, 2 to {_LONGEST} are allowed"
    wrong = sorted({character for character in name if _WRONG.match(character)})
    if wrong:
        return f"it contains {' '.join(repr(character) for character in wrong)}"
    return f"it begins with {name[0]!r}"


def _repaired(name: str) -> str:
    """The nearest legal name; padded or cut where its length is the problem."""
    legal = _WRONG.sub("-", name).lstrip("_.-")[:_LONGEST]
    return legal if len(legal) > 1 else f"{legal or 'chat'}-1"


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "A deployment name has 2 to 64 characters: letters, digits, underscores, hyphens and periods, and "
        "begins with a letter or a digit. It is a path segment of ARM ids and of every inference URL, and "
        "it is unique in its account without regard to case. ARM refuses other names with "
        "InvalidResourceName. Rename the deployment; a rename is a new deployment, so move its callers "
        "first."
    ),
    source=_SOURCE,
    check=check,
)

"""What a rule is, and the few words all rules share.

A rule sees values only: the desired state, the catalogue and today's date. It yields findings and
never raises; what the catalogue does not know is no finding at all, or a warning that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from reconciler.catalogue.near import misspelling_of
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Place, Related, Route, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.state import DesiredAccount, DesiredState

Check = Callable[[DesiredState, Catalogue, date], Iterator[Diagnostic]]

_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One code. `severity` is the usual one: a check may be milder where it is less sure.

    `source` is where the rule comes from; a finding may name a nearer one, the very table it was read from.
    """

    code: str
    severity: Severity
    explanation: str
    source: str | Callable[[Catalogue], str]
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a code means and what to do; `structural` codes come from reading, the others from rules."""

    code: str
    severity: Severity
    text: str
    structural: bool


def tables(catalogue: Catalogue) -> str:
    """The source of a rule that reads the catalogue's tables."""
    return f"tables of the catalogue, {catalogue.date}; a finding names the one that it was read from"


def found(
    code: str,
    severity: Severity,
    deployment: DesiredDeployment,
    route: Route,
    message: str,
    *,
    on_key: bool = False,
    label: str = "",
    source: str = "",
    fix: str = "",
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """A finding about one field of a deployment, placed in the text whose value won."""
    return Diagnostic(
        code=code,
        severity=severity,
        message=message,
        place=deployment.provenance.place(route, on_key=on_key),
        label=label,
        source=source,
        fix=fix,
        related=related,
    )


def misspelt(deployment: DesiredDeployment, route: Route, name: str) -> bool:
    """Whether a text states `name` with a slip in it: `unknown-field` speaks of that, nothing is missing."""
    for layer in deployment.provenance.layers:
        here: object = layer.stated
        for step in route:
            here = here.get(step) if isinstance(here, Mapping) else None
        keys = [str(key) for key in here] if isinstance(here, Mapping) else []
        if any(key != name and misspelling_of(key, [name]) is not None for key in keys):
            return True
    return False


def account_place(account: DesiredAccount, key: str) -> Place | None:
    """The place of one field of an account, below the place of the account itself."""
    return None if account.place is None else replace(account.place, route=(*account.place.route, key))


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 day``, ``2 days``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listing(names: Sequence[object], shown: int = _SHOWN) -> str:
    """Names for a sentence, the first few of them: ``a, b and 3 more``."""
    texts = [str(name) for name in names]
    if len(texts) > shown:
        return f"{', '.join(texts[:shown])} and {len(texts) - shown} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def choice(names: Sequence[object], shown: int = 3) -> str:
    """The first few names to choose from: ``a, b or c``."""
    texts = [str(name) for name in names[:shown]]
    return " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def did_you_mean(meant: str | None, similar: Sequence[str] = ()) -> str:
    """A fix: the name that was surely meant, else those that look like it; empty without any."""
    if meant is not None:
        return f"did you mean {meant}?"
    return (
        f"the nearest known are {listing(similar)}"
        if len(similar) > 1
        else "".join(f"the nearest known is {name}" for name in similar)
    )

"""What a rule is: a function over declared deployments, with its declaration above it.

    @rule("capacity-increment", ERROR, source=tables)
    def capacity_increment(context: RuleContext) -> Iterator[Finding]:
        \"\"\"What the code means and what to do: printed by `explain` and in docs/diagnostics.md.\"\"\"

A rule sees values only: the desired state, the catalogue and today's date. It yields findings and
never raises; what the catalogue does not know is no finding at all, or a warning that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from sys import intern
from typing import Final

from reconciler.catalogue.near import misspelling_of
from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Place, Related, Route, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredAccount, DesiredState

ERROR: Final = Severity.ERROR
WARNING: Final = Severity.WARNING
INFO: Final = Severity.INFO

RuleSource = str | Callable[[Catalogue], str]
"""Where a rule comes from, in words; a function where that depends on the catalogue's date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """What every rule sees. `asks_arm` says that ARM's own lists are read after the rules have spoken."""

    desired: DesiredState
    catalogue: Catalogue
    today: date
    asks_arm: bool = False

    @property
    def deployments(self) -> tuple[DesiredDeployment, ...]:
        """The declared deployments in scope, ordered by identity."""
        return self.desired.deployments

    def only(self, deployments: tuple[DesiredDeployment, ...]) -> RuleContext:
        """The same with these deployments alone."""
        return replace(self, desired=replace(self.desired, deployments=deployments))


class Alike:
    """Deployments in groups that say the same of the same region, so that one can be asked for its group.

    Entries that say the same share their spec, so equality is identity here, which costs nothing.
    """

    def __init__(self, context: RuleContext) -> None:
        self._context = context
        numbers: dict[Hashable, int] = {}
        firsts: list[DesiredDeployment] = []
        self._groups: list[int] = []
        for deployment in context.deployments:
            key = (
                id(deployment.spec),
                id(deployment.lifecycle),
                None if deployment.region is None else deployment.region.name,
            )
            number = numbers.setdefault(key, len(firsts))
            if number == len(firsts):
                firsts.append(deployment)
            self._groups.append(number)
        few = 2 * len(firsts) <= len(self._groups)
        self._firsts = [context.only((first,)) for first in firsts] if few else []

    def heard(self, find: Find) -> RuleContext:
        """The context without the groups of which `find` has nothing to say."""
        if not self._firsts:
            return self._context
        loud = {number for number, first in enumerate(self._firsts) if next(find(first), None) is not None}
        if len(loud) == len(self._firsts):
            return self._context
        pairs = zip(self._context.deployments, self._groups, strict=True) if loud else ()
        return self._context.only(tuple(item for item, number in pairs if number in loud))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found at one place. Severity and source are the rule's own where None."""

    place: Place | None
    message: str
    label: str = ""
    fix: str = ""
    source: str | None = None
    severity: Severity | None = None
    related: tuple[Related, ...] = ()


Find = Callable[[RuleContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One code. `severity` is the usual one: a finding may be milder where it is less sure, up to `loudest`.

    `source` is where the rule comes from; a finding may name a nearer one, the very table it was read from.
    `by_entry` says that nothing counts but spec, lifecycle and region of each deployment.
    """

    code: str
    severity: Severity
    loudest: Severity
    explanation: str
    source: RuleSource
    find: Find
    by_entry: bool = False

    def check(self, context: RuleContext, alike: Alike) -> Iterator[Diagnostic]:
        """What the rule has to say of everything declared."""
        source = self.source_in(context.catalogue)
        for item in self.find(alike.heard(self.find) if self.by_entry else context):
            yield Diagnostic(
                code=self.code,
                severity=item.severity or self.severity,
                message=intern(item.message),  # thousands of deployments are told the same
                place=item.place,
                label=intern(item.label),
                source=intern(source if item.source is None else item.source),
                fix=intern(item.fix),
                related=item.related,
            )

    def source_in(self, catalogue: Catalogue) -> str:
        """Where the rule comes from, in words."""
        return self.source if isinstance(self.source, str) else self.source(catalogue)


def rule(
    code: str,
    severity: Severity,
    *,
    source: RuleSource,
    loudest: Severity | None = None,
    by_entry: bool = False,
) -> Callable[[Find], Rule]:
    """Declare the function below as a rule, explained by its docstring; `loudest` None: its `severity`."""

    def declared(find: Find) -> Rule:
        explanation = " ".join((find.__doc__ or "").split())
        return Rule(
            code=code,
            severity=severity,
            loudest=loudest or severity,
            explanation=explanation,
            source=source,
            find=find,
            by_entry=by_entry,
        )

    return declared


def tables(catalogue: Catalogue) -> str:
    """The source of a rule that reads the catalogue's tables."""
    return f"tables of the catalogue, {catalogue.date}; a finding names the one that it was read from"


def tuned_tables(catalogue: Catalogue) -> str:
    """The source of what holds for fine-tuned models."""
    return str(catalogue.tuned_source)


def alias_table(catalogue: Catalogue) -> str:
    """The source of what SKUs were called."""
    return str(catalogue.alias_source)


def found(
    deployment: DesiredDeployment,
    route: Route,
    message: str,
    *,
    on_key: bool = False,
    label: str = "",
    fix: str = "",
    source: str | None = None,
    severity: Severity | None = None,
    related: tuple[Related, ...] = (),
) -> Finding:
    """A finding about one field of a deployment, placed in the text whose value won."""
    place = deployment.provenance.place(route, on_key=on_key)
    return Finding(
        place=place,
        message=message,
        label=label,
        fix=fix,
        source=source,
        severity=severity,
        related=related,
    )


def account_place(account: DesiredAccount, key: str) -> Place | None:
    """The place of one field of an account, below the place of the account itself."""
    return None if account.place is None else replace(account.place, route=(*account.place.route, key))


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

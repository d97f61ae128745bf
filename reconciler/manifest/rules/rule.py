"""What a rule is: a function over what is declared, with its declaration above it.

    @rule("capacity-increment", ERROR, wordings, source=tables)
    def capacity_increment(this: Declaration) -> Iterator[Finding]:
        \"\"\"What the code means and what to do: printed by `explain` and in docs/diagnostics.md.\"\"\"

A rule sees values only: one declared deployment or the whole desired state, the catalogue and today's date.
It yields findings and never raises; what the catalogue does not know is no finding at all, or a warning that
says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain
from sys import intern
from typing import Final, TypeVar

from reconciler.catalogue.facts import Sizes
from reconciler.catalogue.near import misspelling_of
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, sizes_of, subject
from reconciler.diagnostics import Diagnostic, Place, Related, Route, Severity
from reconciler.domain.deployment import DesiredDeployment, ModelRef, Unset
from reconciler.domain.fleet import DesiredAccount, DesiredState
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName

ERROR: Final = Severity.ERROR
WARNING: Final = Severity.WARNING
INFO: Final = Severity.INFO

RuleSource = str | Callable[[Catalogue], str]
"""Where a rule comes from, in words; a function where that depends on the catalogue's date."""


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def by_id(self) -> dict[DeploymentId, DesiredDeployment]:
        """The same by identity."""
        return {deployment.id: deployment for deployment in self.deployments}

    @cached_property
    def names(self) -> dict[AccountId, list[str]]:
        """Their names by account."""
        names: dict[AccountId, list[str]] = defaultdict(list)
        for deployment in self.deployments:
            names[deployment.id.account].append(deployment.id.name)
        return names

    @cached_property
    def declarations(self) -> list[Declaration]:
        """The same, as rules look at them."""
        return [Declaration(deployment, self) for deployment in self.deployments]

    @cached_property
    def firsts(self) -> dict[Hashable, Declaration]:
        """One of each group that says the same of the same region, by its wording."""
        return {this.wording: this for this in reversed(self.declarations)}


class Declaration:
    """One declared deployment, as a rule looks at it."""

    def __init__(self, deployment: DesiredDeployment, context: RuleContext) -> None:
        self.deployment = deployment
        self.context = context
        self.catalogue = context.catalogue
        self.model: ModelRef = deployment.spec.model
        self.sku: SkuName = deployment.spec.sku.name
        self.region: Region | None = deployment.region
        # Entries that say the same share their spec, so equality is identity here, which costs nothing.
        region = None if self.region is None else self.region.name
        self.wording: Hashable = (id(deployment.spec), id(deployment.lifecycle), region)

    @cached_property
    def what(self) -> Subject:
        """What the catalogue is asked about."""
        return subject(self.model, self.catalogue)

    @cached_property
    def sizes(self) -> Sizes | None:
        """The capacities it may have, as far as the catalogue knows them."""
        return sizes_of(self.deployment, self.catalogue)

    @cached_property
    def known_region(self) -> Region | None:
        """Its region, where that is one which the catalogue's tables are about."""
        region = self.region
        return None if region is None or self.catalogue.region(region.name) is None else region

    @property
    def capacity(self) -> int | None:
        """The declared capacity; None where the manifest is silent."""
        capacity = self.deployment.spec.sku.capacity
        return None if isinstance(capacity, Unset) else capacity.amount

    def states(self, *route: str) -> bool:
        """Whether any of its texts has a value there."""
        return any(layer.states(route) for layer in self.deployment.provenance.layers)

    def misspelt(self, route: Route, name: str) -> bool:
        """Whether a text states `name` with a slip in it: `unknown-field` speaks, nothing is missing."""
        for layer in self.deployment.provenance.layers:
            here: object = layer.stated
            for step in route:
                here = here.get(step) if isinstance(here, Mapping) else None
            keys = [str(key) for key in here] if isinstance(here, Mapping) else []
            if any(key != name and misspelling_of(key, [name]) is not None for key in keys):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found at one place: the field at `route` of the deployment that it was asked about.

    `about` is another deployment or an account. Severity and source are the rule's own where None.
    """

    route: Route
    message: str
    _: KW_ONLY
    label: str = ""
    fix: str = ""
    source: str | None = None
    severity: Severity | None = None
    related: tuple[Related, ...] = ()
    on_key: bool = False
    about: DesiredDeployment | DesiredAccount | None = None

    def place(self, asked: DesiredDeployment | None) -> Place | None:
        """Where it stands: in the text whose value won, or below the place of an account."""
        match self.about or asked:
            case DesiredDeployment(provenance=provenance):
                return provenance.place(self.route, on_key=self.on_key)
            case DesiredAccount(place=Place() as place):
                return replace(place, route=(*place.route, *self.route))
            case _:
                return None


_Asked = TypeVar("_Asked", bound=RuleContext | Declaration)
Find = Callable[[_Asked], Iterator[Finding]]
Placed = Iterator[tuple[Finding, DesiredDeployment | None]]
"""Each finding with the deployment that was asked about."""


def once(context: RuleContext, find: Find[RuleContext]) -> Placed:
    """For a rule about everything that is declared, or about accounts."""
    return ((finding, None) for finding in find(context))


def entries(context: RuleContext, find: Find[Declaration]) -> Placed:
    """For a rule that each deployment is asked about."""
    return ((finding, this.deployment) for this in context.declarations for finding in find(this))


def wordings(context: RuleContext, find: Find[Declaration]) -> Placed:
    """For a rule that looks at spec, lifecycle and region alone: one is asked for all that say the same."""
    answers = {wording: said for wording, first in context.firsts.items() if (said := [*find(first)])}
    for this in context.declarations if answers else ():
        if (said := answers.get(this.wording, [])) and this is not context.firsts[this.wording]:
            said = [*find(this)]
        yield from ((finding, this.deployment) for finding in said)


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
    find: Callable[..., Iterator[Finding]]
    by_entry: bool
    ask: Callable[[RuleContext], Placed]

    def check(self, context: RuleContext) -> Iterator[Diagnostic]:
        """What the rule has to say of everything declared."""
        source = self.source_in(context.catalogue)
        for item, deployment in self.ask(context):
            yield Diagnostic(
                code=self.code,
                severity=item.severity or self.severity,
                message=intern(item.message),  # thousands of deployments are told the same
                place=item.place(deployment),
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
    over: Callable[[RuleContext, Find[_Asked]], Placed],
    *,
    source: RuleSource,
    loudest: Severity | None = None,
    then: Find[_Asked] | None = None,
) -> Callable[[Find[_Asked]], Rule]:
    """Declare the function below as a rule, explained by its docstring; `loudest` None: its `severity`.

    `over` says what it is asked about; `then` is asked about all of that once more.
    """
    every: object = over

    def declared(find: Find[_Asked]) -> Rule:
        questions = (find,) if then is None else (find, then)
        return Rule(
            code=code,
            severity=severity,
            loudest=loudest or severity,
            explanation=" ".join((find.__doc__ or "").split()),
            source=source,
            find=find,
            by_entry=every is wordings,
            ask=lambda context: chain.from_iterable(over(context, question) for question in questions),
        )

    return declared


def tables(catalogue: Catalogue) -> str:
    """The source of a rule that reads the catalogue's tables."""
    return f"tables of the catalogue, {catalogue.date}; a finding names the one that it was read from"


def tuned_tables(catalogue: Catalogue) -> str:
    """The source of what holds for fine-tuned models."""
    return str(catalogue.tuned_source)

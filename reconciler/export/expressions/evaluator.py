"""What evaluating ARM's and Terraform's expressions has in common: surroundings, bounds, branches and cases.

Neither evaluator decides by a guess: where a condition is unknown, both of its branches are in the answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Self, TypeVar

from reconciler.errors import UsageProblem
from reconciler.export.expressions.values import (
    Choice,
    Undecided,
    Unknown,
    Value,
    called,
    choice,
    conditions,
    restricted,
    shown,
    unknown,
)

MOST_STEPS: Final = 300_000
"""Of one file."""

_DEEPEST: Final = 60
_MOST_CASES: Final = 5
"""Conditions by which the result of one function may differ."""

Node = TypeVar("Node")


@dataclass(slots=True)
class Budget:
    """Steps left for a whole file."""

    left: int = MOST_STEPS

    def spend(self, steps: int = 1) -> None:
        """So many steps; UsageProblem where none is left."""
        self.left -= steps
        if self.left < 0:
            raise UsageProblem(
                f"the template takes more than {MOST_STEPS:,} steps to evaluate, which no template of "
                "deployments needs. Export from what exists instead: --subscription, or --account"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a template is deployed, and what somebody decided about it.

    `decided` are values by the words of an expression, spaces and case aside.
    """

    subscription: Value
    resource_group: Value
    location: Value
    decided: Mapping[str, Value] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def on(self, value: Value) -> Value:
        """A value, or what was decided of it."""
        if self.decided and isinstance(value, Unknown):
            return self.decided.get(normal(str(value)), value)
        return value


def normal(words: str) -> str:
    """The words of an expression, however they are spaced and cased."""
    return "".join(words.split()).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator(ABC, Generic[Node]):
    """Where an expression stands; `bound` is what loops and lambdas name."""

    around: Surroundings
    bound: Mapping[str, Value] = field(default_factory=dict)
    depth: int = 0

    def deeper(self) -> Self:
        """The same, one level further down."""
        return replace(self, depth=self.depth + 1)

    def too_deep(self) -> bool:
        """One more step, and whether it is nested too deep to be evaluated."""
        self.around.budget.spend()
        return self.depth > _DEEPEST

    def of(self, node: Node) -> Value:
        """What an expression comes to."""
        return unknown("nested too deep") if self.too_deep() else self.deeper().found(node)

    @abstractmethod
    def found(self, node: Node) -> Value:
        """What an expression of this depth comes to."""

    def if_needed(self, node: Node) -> Value:
        """What an expression comes to that may not be needed."""
        return self.of(node)

    def branch(self, condition: Value, yes: Node, no: Node) -> Value:
        """The branch that a condition takes, or both where the condition is not known."""
        if isinstance(condition, bool):
            return self.of(yes if condition else no)
        if isinstance(condition, Choice):
            return condition.each(lambda held: self.branch(held, yes, no))
        return choice(shown(condition), self.if_needed(yes), self.if_needed(no))


def by_cases(
    function: Callable[[str, list[Value]], Value], name: str, values: list[Value], cases: int = _MOST_CASES
) -> Value:
    """A function's answer, an answer for each case, or its own words."""
    try:
        return function(name, values)
    except Undecided:
        condition = next(conditions(values), None)
        if condition is None or cases == 0:
            return called(name, values)
    yes, no = (
        by_cases(function, name, [restricted(value, condition, holds=holds) for value in values], cases - 1)
        for holds in (True, False)
    )
    if all(isinstance(item, Unknown) and not item.is_text for item in (yes, no)):
        return called(name, values)
    return choice(condition, yes, no)

"""What an expression cannot say itself: where it is deployed, what was decided, and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.errors import UsageProblem
from reconciler.export.expressions.values import Unknown, Value

MOST_STEPS: Final = 300_000
"""Of one file."""


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

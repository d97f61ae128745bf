"""Expressions in CEL, the Common Expression Language: compiled once, type-checked, bounded in size and time.

The library is the CEL project's own (extra `policy`); it is imported when the first expression is met. Its
checker knows the variables below and nothing else. Loops are bounded by its iteration budget, regular
expressions by RE2, and all expressions of a run together by `SECONDS`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from reconciler.catalogue.subject import subject
from reconciler.diagnostics import counted
from reconciler.policy.rule import PolicySubject
from reconciler.policy.words import PolicyContext

LONGEST: Final = 2_000
"""Characters of one expression."""

SECONDS: Final = 10.0
"""Seconds that the expressions of one run may take together."""

NO_DATE: Final = 100_000
"""`model.daysToRetirement` where no source gives a date."""

VARIABLES: Final[Mapping[str, str]] = {
    "deployment.name": "string",
    "deployment.sku": "string",
    "deployment.capacity": "int",
    "deployment.raiPolicyName": "string",
    "deployment.versionUpgradeOption": "string",
    "deployment.spilloverDeploymentName": "string",
    "deployment.fineTuned": "bool",
    "deployment.labels": "map<string, string>",
    "deployment.tags": "map<string, string>",
    "account.name": "string",
    "account.resourceGroup": "string",
    "account.subscription": "string",
    "account.region": "string",
    "account.dataZone": "string",
    "fleet.name": "string",
    "fleet.cloud": "string",
    "model.name": "string",
    "model.version": "string",
    "model.format": "string",
    "model.publisher": "string",
    "model.stage": "string",
    "model.daysToRetirement": "int",
    "cost.monthly": "double",
}
"""What an expression can name, with its type. Text that is not known is empty, a number 0."""

_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): (.*?)(?:\n|\s*\[[A-Z_]+\]|$)", re.DOTALL)
_STATUS: Final = re.compile(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$")


class BrokenExpression(Exception):  # noqa: N818 -- a finding about a text, not a failure
    """Why an expression cannot be used; `line` and `column` count from 1 within it, None for the whole."""

    def __init__(
        self, message: str, *, fix: str = "", line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.fix, self.line, self.column = message, fix, line, column

    def __str__(self) -> str:
        where = "" if self.line is None else f" (line {self.line}, column {self.column} of the expression)"
        return f"{self.message}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionFleet:
    """What expressions may ask about the fleet."""

    name: str = ""
    cloud: str = ""


NO_FLEET: Final = ExpressionFleet()


@dataclass(slots=True, kw_only=True)
class ExpressionClock:
    """The time that a run's expressions have left, in seconds."""

    left: float = SECONDS
    now: Callable[[], float] = field(default=time.perf_counter)


@lru_cache(maxsize=1)
def _environment() -> Any:  # noqa: ANN401 -- the library is optional and has no types
    try:
        from cel_expr_python import cel  # noqa: PLC0415 -- an extra
    except ImportError as absent:
        raise BrokenExpression(
            "expressions need a library that is not installed",
            fix="pip install 'aoai-reconciler[policy]', or use the words of `require`",
        ) from absent
    return cel.NewEnv(variables={name: cel.Type(kind) for name, kind in VARIABLES.items()})


@lru_cache(maxsize=4096)
def compiled(text: str) -> Any:  # noqa: ANN401 -- the library is optional and has no types
    """An expression that can be asked; BrokenExpression where it is none, or not one of true and false."""
    if len(text) > LONGEST:
        raise BrokenExpression(
            f"the expression has {counted(len(text), 'character')}; {LONGEST:,} are allowed",
            fix="split the rule into several",
        )
    environment = _environment()
    try:
        program = environment.compile(text)
    except RuntimeError as problem:
        raise _broken(str(problem)) from problem
    kind = str(program.return_type())
    if "BOOL" not in kind.upper():
        raise BrokenExpression(
            "the expression is not a condition: it must come out true or false",
            fix="compare with ==, !=, < or >, or call startsWith, matches, exists",
        )
    return program


def _broken(text: str) -> BrokenExpression:
    found = _POSITION.search(text)
    if found is None:
        return BrokenExpression(_STATUS.sub("", text.splitlines()[0]), fix="make it simpler")
    line, column, message = int(found[1]), int(found[2]), " ".join(found[3].split())
    unknown = re.search(r"undeclared reference to '([\w.]+)'", message)
    if unknown is None:
        return BrokenExpression(message.removeprefix("Syntax error: "), line=line, column=column)
    room = unknown[1].split(".")[0] + "."
    near = [name for name in VARIABLES if name.startswith(room)] or sorted(
        {name.split(".")[0] for name in VARIABLES}
    )
    return BrokenExpression(
        f"there is no `{unknown[1]}`", line=line, column=column, fix=f"known: {', '.join(near)}"
    )


def holds(
    text: str,
    policy_subject: PolicySubject,
    context: PolicyContext,
    fleet: ExpressionFleet,
    clock: ExpressionClock,
) -> bool | None:
    """Whether an expression holds for a deployment; None where it asks for a price that is not known.

    BrokenExpression where it fails on this deployment, or where the run's time is up.
    """
    program = compiled(text)
    if clock.left <= 0:
        raise BrokenExpression(
            f"expressions took more than {SECONDS:g} s together",
            fix="make them simpler, or use the words of `require`",
        )
    began = clock.now()
    try:
        value = program.eval(data=facts_of(policy_subject, context, fleet))
        result = value.value()
    except RuntimeError as problem:
        raise BrokenExpression(_STATUS.sub("", str(problem)), fix="make it simpler") from problem
    finally:
        clock.left -= clock.now() - began
    if isinstance(result, bool):
        return result
    words = _STATUS.sub("", str(result))
    if "cost.monthly" in words:
        return None
    raise BrokenExpression(words, fix="ask first, for example: 'costCenter' in deployment.tags && …")


def facts_of(
    policy_subject: PolicySubject, context: PolicyContext, fleet: ExpressionFleet
) -> dict[str, object]:
    """The values of the variables for a deployment."""
    catalogue = context.catalogue
    what = subject(policy_subject.model, catalogue)
    fact = None if policy_subject.region is None else catalogue.region(policy_subject.region.name)
    life = catalogue.lifecycle(what.name, what.version, policy_subject.sku, fine_tuned=what.fine_tuned)
    ends = None if life is None else life.retires
    values: dict[str, object] = {
        "deployment.name": policy_subject.id.name,
        "deployment.sku": policy_subject.sku.name,
        "deployment.capacity": policy_subject.capacity or 0,
        "deployment.raiPolicyName": policy_subject.rai_policy or "",
        "deployment.versionUpgradeOption": policy_subject.upgrade or "",
        "deployment.spilloverDeploymentName": policy_subject.spillover or "",
        "deployment.fineTuned": what.fine_tuned,
        "deployment.labels": dict(policy_subject.labels),
        "deployment.tags": dict(policy_subject.tags),
        "account.name": policy_subject.id.account.name,
        "account.resourceGroup": policy_subject.id.account.resource_group,
        "account.subscription": policy_subject.alias or policy_subject.id.account.subscription,
        "account.region": "" if policy_subject.region is None else policy_subject.region.name,
        "account.dataZone": (fact.data_zone if fact is not None else None) or "",
        "fleet.name": fleet.name,
        "fleet.cloud": fleet.cloud,
        "model.name": what.name or policy_subject.model.name,
        "model.version": what.version if isinstance(what.version, str) else "",
        "model.format": policy_subject.model.format,
        "model.publisher": (what.known.publisher if what.known else None) or "",
        "model.stage": "" if life is None or life.stage is None else life.stage.value,
        "model.daysToRetirement": NO_DATE if ends is None else max(0, (ends - context.today).days),
    }
    amount, complete = (None, False) if context.monthly is None else context.monthly(policy_subject)
    if complete:
        values["cost.monthly"] = float(amount or 0)
    return values

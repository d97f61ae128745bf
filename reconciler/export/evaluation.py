"""The values of a template: parameters, variables, loops and functions, evaluated when they are asked for.

Bounded work: a template is somebody else's program, and what it costs to read must not be theirs to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.errors import UsageProblem
from reconciler.export.expression import (
    Access,
    BadExpressionError,
    Call,
    Literal,
    Node,
    inner,
    parse,
)
from reconciler.export.functions import Unanswerable, answer
from reconciler.export.values import (
    Hole,
    Unknown,
    Value,
    at,
    bounded,
    called,
    has_unknown,
    joined,
    shown,
    size,
    unknown,
)

MOST_STEPS: Final = 300_000
MOST_COPIES: Final = 800
"""Of one loop (ARM's own limit)."""

_DEEPEST: Final = 60
_PROVIDER_PATH: Final = "/providers/"


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


_SECURE: Final = frozenset({"securestring", "secureobject"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What names mean inside one template. `given` are parameter values, `copies` the loops under way."""

    template: Mapping[str, Value]
    given: Mapping[str, Value]
    subscription: Value
    resource_group: Value
    budget: Budget
    copies: Mapping[str, int] = field(default_factory=dict)
    innermost: str = ""
    depth: int = 0
    known: dict[tuple[str, str], Value] = field(default_factory=dict)

    def looping(self, name: str, index: int) -> Scope:
        """The same, inside one turn of a loop."""
        return replace(self, copies={**self.copies, name.lower(): index}, innermost=name.lower())

    def deeper(self) -> Scope:
        """The same, one level further down."""
        return replace(self, depth=self.depth + 1)

    # -- values -----------------------------------------------------------------------------------

    def value(self, written: Value) -> Value:
        """What a value of the template comes to."""
        self.budget.spend()
        if self.depth > _DEEPEST:
            return unknown("nested too deep")
        if isinstance(written, str):
            return self._text(written)
        if isinstance(written, list):
            return [self.deeper().value(one) for one in written]
        if isinstance(written, dict):
            return self._object(written)
        return written

    def _text(self, written: str) -> Value:
        expression = inner(written)
        if expression is None:
            return written[1:] if written.startswith("[[") else written
        try:
            tree = parse(expression)
        except BadExpressionError:
            return unknown(expression)
        return self.deeper().of(tree)

    def _object(self, written: Mapping[str, Value]) -> Value:
        made: dict[str, Value] = {}
        for name, one in written.items():
            if name.lower() == "copy" and isinstance(one, list):
                made |= {str(at(loop, "name")[1]): self.loop(loop) for loop in one}
            else:
                made[name] = self.deeper().value(one)
        return made

    def loop(self, written: Value) -> Value:
        """The list that a property loop `{name, count, input}` makes."""
        name, count = str(at(written, "name")[1]), self.value(at(written, "count")[1])
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_COPIES:
            return called("copy", [name, count])
        body = at(written, "input")[1]
        return [self.looping(name, index).deeper().value(body) for index in range(count)]

    # -- expressions ------------------------------------------------------------------------------

    def of(self, node: Node) -> Value:
        """What an expression comes to."""
        self.budget.spend()
        if self.depth > _DEEPEST:
            return unknown("nested too deep")
        match node:
            case Literal(value):
                return value
            case Access(inside, key):
                return self._access(self.deeper().of(inside), self.deeper().of(key))
            case Call(name, arguments):
                return self.deeper().call(name, arguments)

    def _access(self, value: Value, key: Value) -> Value:
        there, found = at(value, key)
        if there:
            return found
        words = f".{key}" if isinstance(key, str) else f"[{shown(key)}]"
        return unknown(f"{value if isinstance(value, Unknown) else shown(value)}{words}")

    def call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """A function of arguments that may not all be needed."""
        match name:
            case "if" if len(arguments) == 3:
                return self._choice(arguments)
            case "and" | "or":
                return self._all_or_any(name, arguments)
            case "coalesce":
                return self._first(arguments)
            case _:
                return self._function(name, [self.of(one) for one in arguments])

    def _choice(self, arguments: tuple[Node, ...]) -> Value:
        condition = self.of(arguments[0])
        if isinstance(condition, bool):
            return self.of(arguments[1 if condition else 2])
        return called("if", [condition, *(self.of(one) for one in arguments[1:])])

    def _all_or_any(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """`and`, `or`: one that decides is enough, whatever the others are."""
        values = [self.of(one) for one in arguments]
        decisive = name == "or"
        if any(one is decisive for one in values):
            return decisive
        return (not decisive) if all(isinstance(one, bool) for one in values) else called(name, values)

    def _first(self, arguments: tuple[Node, ...]) -> Value:
        values = [self.of(one) for one in arguments]
        for number, one in enumerate(values):
            if isinstance(one, Unknown):
                return called("coalesce", values[number:])
            if one is not None:
                return one
        return None

    def _function(self, name: str, values: list[Value]) -> Value:
        self.budget.spend(size(values))
        match name, values:
            case "parameters", [str(wanted)]:
                return self._parameter(wanted)
            case "variables", [str(wanted)]:
                return self._variable(wanted)
            case "copyindex", _:
                return self._copy_index(values)
            case "subscription", []:
                return {
                    "subscriptionId": self.subscription,
                    "id": joined(["/subscriptions/", self.subscription]),
                }
            case "resourcegroup", []:
                return {"name": self.resource_group, "id": self._group_id()}
            case "resourceid", [str(kind), *names] if "/" in kind:
                return self._resource_id(kind, names)
            case "not", [bool(one)]:
                return not one
            case "tryget", [value, *keys] if not has_unknown(values):
                for key in keys:
                    value = at(value, key)[1]
                return value
            case _:
                return bounded(_pure(name, values), f"{name}(…)")

    def _group_id(self) -> Value:
        return joined(["/subscriptions/", self.subscription, "/resourceGroups/", self.resource_group])

    def _resource_id(self, kind: str, names: list[Value]) -> Value:
        provider, *types = kind.split("/")
        if len(types) != len(names):
            return called("resourceId", [kind, *names])
        segments: list[Value] = [self._group_id(), _PROVIDER_PATH, provider]
        for type_name, name in zip(types, names, strict=True):
            segments += ["/", type_name, "/", name]
        return joined(segments)

    def _copy_index(self, values: list[Value]) -> Value:
        name = str(values[0]).lower() if values and isinstance(values[0], str) else self.innermost
        offset = values[-1] if values and isinstance(values[-1], int) else 0
        index = self.copies.get(name)
        return called("copyIndex", values) if index is None else index + offset

    # -- names ------------------------------------------------------------------------------------

    def _parameter(self, wanted: str) -> Value:
        """A parameter's value; that of a secure one is a secret, whoever gives it, and is never looked at."""
        declared, definition = at(at(self.template, "parameters")[1], wanted)
        if str(at(definition, "type")[1]).lower() in _SECURE:
            return unknown(f"parameters('{wanted}'), which is secure")
        there, found = at(dict(self.given), wanted)
        if there:
            return found
        has_default, default = at(definition, "defaultValue")
        if declared and has_default:
            return self._once("parameters", wanted, default)
        if declared and at(definition, "nullable")[1] is True:
            return None
        return unknown(f"parameters('{wanted}')")

    def _variable(self, wanted: str) -> Value:
        variables = at(self.template, "variables")[1]
        there, written = at(variables, wanted)
        if there:
            return self._once("variables", wanted, written)
        loops = at(variables, "copy")[1]
        for loop in loops if isinstance(loops, list) else []:
            if str(at(loop, "name")[1]).lower() == wanted.lower():
                return self.loop(loop)
        return unknown(f"variables('{wanted}')")

    def _once(self, kind: str, name: str, written: Value) -> Value:
        """A value by name, evaluated once; one that needs itself is not known."""
        key = (kind, name.lower())
        if key not in self.known:
            self.known[key] = unknown(f"{kind}('{name}')")
            found = replace(self.deeper(), copies={}, innermost="").value(written)
            self.known[key] = bounded(found, f"{kind}('{name}')")
        return self.known[key]


def _pure(name: str, values: list[Value]) -> Value:
    """A function that only looks at its arguments; of what is not known, texts keep what is known of them."""
    if has_unknown(values):
        return _in_part(name, values)
    try:
        return answer(name, values)
    except Unanswerable:
        return called(name, values)


def _in_part(name: str, values: list[Value]) -> Value:
    match name, values:
        case "concat", _ if not any(isinstance(one, list | dict) for one in values):
            return joined(values)
        case "format", [str(pattern), *rest] if not any(isinstance(one, list | dict) for one in rest):
            return _formatted(pattern, rest)
        case "tolower" | "toupper", [Unknown(parts)]:
            return Unknown(tuple(_cased(name, part) for part in parts))
        case "string", [Unknown() as value]:
            return value
        case "createobject" | "createarray" | "union" | "length", _ if not any(
            isinstance(one, Unknown) for one in values
        ):
            try:
                return answer(name, values)
            except Unanswerable:
                return called(name, values)
        case _:
            return called(name, values)


def _cased(name: str, part: str) -> str:
    if isinstance(part, Hole):
        return part
    return part.lower() if name == "tolower" else part.upper()


def _formatted(pattern: str, values: list[Value]) -> Value:
    pieces: list[Value] = []
    rest = pattern
    while "{" in rest:
        before, _, after = rest.partition("{")
        number, closed, rest = after.partition("}")
        if not closed or not number.isdigit() or int(number) >= len(values):
            return called("format", [pattern, *values])
        pieces += [before, values[int(number)]]
    return joined([*pieces, rest])

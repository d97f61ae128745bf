"""The values of a template: parameters, variables, loops and functions, evaluated when they are asked for.

Bounded work: a template is somebody else's program, and what it costs to read must not be theirs to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.export.expressions.evaluator import Evaluator, by_cases
from reconciler.export.expressions.functions import answer
from reconciler.export.expressions.grammar import (
    Access,
    BadExpressionError,
    FunctionCall,
    Literal,
    Node,
    inner,
    parse,
)
from reconciler.export.expressions.lambdas import OVER_ITEMS, over_items
from reconciler.export.expressions.values import (
    Choice,
    Unknown,
    Value,
    at,
    bounded,
    called,
    choice,
    joined,
    restricted,
    shown,
    size,
    truth,
    unknown,
)

MOST_COPIES: Final = 800
"""Of one loop (ARM's own limit)."""

_PROVIDER_PATH: Final = "/providers/"
_SECURE: Final = frozenset({"securestring", "secureobject"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateScope(Evaluator[Node]):
    """What names mean inside one template.

    `given` are parameter values, `set` variables that somebody decided, `copies` the loops under way, `bound`
    what lambdas name, `holding` which conditions hold in the case at hand; `label` tells this template from
    the others of its file.
    """

    template: Mapping[str, Value]
    given: Mapping[str, Value]
    set: Mapping[str, Value] = field(default_factory=dict)
    label: str = ""
    copies: Mapping[str, int] = field(default_factory=dict)
    innermost: str = ""
    holding: Mapping[str, bool] = field(default_factory=dict)
    known: dict[tuple[str, str], Value] = field(default_factory=dict)

    def looping(self, name: str, index: int) -> TemplateScope:
        """The same, inside one turn of a loop."""
        return replace(self, copies={**self.copies, name.lower(): index}, innermost=name.lower())

    def inside(
        self, template: Mapping[str, Value], given: Mapping[str, Value], label: str = ""
    ) -> TemplateScope:
        """Another template, or a function of this one: it sees what it is given, and no more."""
        return TemplateScope(
            around=self.around,
            depth=self.depth,
            template=template,
            given=given,
            label=label or self.label,
            holding=self.holding,
        )

    # -- values -----------------------------------------------------------------------------------

    def value(self, written: Value) -> Value:
        """What a value of the template comes to, in the case at hand."""
        found = self._value(written)
        if self.depth == 0:
            for condition, holds in self.holding.items():
                found = restricted(found, condition, holds=holds)
        return found

    def _value(self, written: Value) -> Value:
        if self.too_deep():
            return unknown("nested too deep")
        if isinstance(written, str):
            return self._text(written)
        if isinstance(written, list):
            return [self.deeper().value(item) for item in written]
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
            return self.around.on(unknown(expression))
        return self.deeper().of(tree)

    def _object(self, written: Mapping[str, Value]) -> Value:
        made: dict[str, Value] = {}
        for name, item in written.items():
            if name.lower() == "copy" and isinstance(item, list):
                made |= {str(at(loop, "name")[1]): self.loop(loop) for loop in item}
            else:
                made[name] = self.deeper().value(item)
        return made

    def loop(self, written: Value) -> Value:
        """The list that a property loop `{name, count, input}` makes."""
        name, count = str(at(written, "name")[1]), self.value(at(written, "count")[1])
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_COPIES:
            return called("copy", [name, count])
        body = at(written, "input")[1]
        return [self.looping(name, index).deeper().value(body) for index in range(count)]

    # -- expressions ------------------------------------------------------------------------------

    def found(self, node: Node) -> Value:
        """See `Evaluator`."""
        match node:
            case Literal(value):
                return value
            case Access(inside, key, safe):
                return self.around.on(_access(self.of(inside), self.of(key), safe=safe))
            case FunctionCall(name, arguments):
                return self.around.on(self.call(name, arguments))

    def call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """A function of arguments that may not all be needed."""
        match name:
            case "if" if len(arguments) == 3:
                return self.branch(self.of(arguments[0]), arguments[1], arguments[2])
            case "and" | "or":
                return self._all_or_any(name, arguments)
            case "coalesce":
                return _first_of([self.of(argument) for argument in arguments])
            case "lambda":
                return unknown("lambda")
            case _ if name in OVER_ITEMS and arguments:
                return over_items(name, self.of(arguments[0]), arguments[1:], self)
            case _ if "." in name:
                return self._own_function(name, [self.of(argument) for argument in arguments])
            case _:
                return self._function(name, [self.of(argument) for argument in arguments])

    def _all_or_any(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """`and`, `or`: one that decides is enough, whatever the others are."""
        values = [self.of(argument) for argument in arguments]
        decisive = name == "or"
        if any(value is decisive for value in values):
            return decisive
        open_ones = [value for value in values if not isinstance(value, bool)]
        if not open_ones:
            return not decisive
        if len(open_ones) == 1:
            return open_ones[0]
        worded = [unknown(words) if isinstance(words := truth(item), str) else words for item in open_ones]
        return called(name, worded)

    def _function(self, name: str, values: list[Value]) -> Value:
        self.around.budget.spend(sum(map(size, values)))
        match name, values:
            case "parameters", [str(wanted)]:
                return self._parameter(wanted)
            case "variables", [str(wanted)]:
                return self._variable(wanted)
            case "lambdavariables", [str(wanted)]:
                present, value = at(dict(self.bound), wanted)
                return value if present else called(name, values)
            case "copyindex", _:
                return self._copy_index(values)
            case "subscription", []:
                return self._subscription()
            case "resourcegroup", []:
                return self._group()
            case "resourceid", [str(kind), *names] if "/" in kind:
                return self._resource_id(kind, names)
            case _:
                return bounded(by_cases(answer, name, values), f"{name}(…)")

    def _subscription(self) -> Value:
        words = {name: unknown(f"subscription().{name}") for name in ("tenantId", "displayName", "tags")}
        here = self.around.subscription
        return {**words, "subscriptionId": here, "id": joined(["/subscriptions/", here])}

    def _group(self) -> Value:
        words = {name: unknown(f"resourceGroup().{name}") for name in ("tags", "managedBy", "properties")}
        return {
            **words,
            "name": self.around.resource_group,
            "location": self.around.location,
            "id": self._group_id(),
            "type": "Microsoft.Resources/resourceGroups",
        }

    def _group_id(self) -> Value:
        return _text(
            ["/subscriptions/", self.around.subscription, "/resourceGroups/", self.around.resource_group]
        )

    def _resource_id(self, kind: str, names: list[Value]) -> Value:
        provider, *types = kind.split("/")
        if len(types) != len(names):
            return called("resourceId", [kind, *names])
        segments: list[Value] = [self._group_id(), _PROVIDER_PATH, provider]
        for type_name, name in zip(types, names, strict=True):
            segments += ["/", type_name, "/", name]
        return _text(segments)

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
            return unknown(f"parameters('{wanted}'){self.label}, which is secure")
        present, found = at(dict(self.given), wanted)
        if present:
            return self.around.on(found)
        has_default, default = at(definition, "defaultValue")
        if declared and has_default:
            return self._once("parameters", wanted, default)
        if declared and at(definition, "nullable")[1] is True:
            return None
        return unknown(f"parameters('{wanted}'){self.label}")

    def _variable(self, wanted: str) -> Value:
        decided, value = at(dict(self.set), wanted)
        if decided:
            return value
        variables = at(self.template, "variables")[1]
        present, written = at(variables, wanted)
        if present:
            return self._once("variables", wanted, written)
        loops = at(variables, "copy")[1]
        for loop in loops if isinstance(loops, list) else []:
            if str(at(loop, "name")[1]).lower() == wanted.lower():
                return self.loop(loop)
        return unknown(f"variables('{wanted}'){self.label}")

    def _once(self, kind: str, name: str, written: Value) -> Value:
        """A value by name, evaluated once; one that needs itself is not known."""
        key = (kind, name.lower())
        if key not in self.known:
            words = f"{kind}('{name}'){self.label}"
            self.known[key] = unknown(words)
            found = replace(self.deeper(), copies={}, innermost="", bound={}).value(written)
            self.known[key] = bounded(found, words)
        return self.known[key]

    def _own_function(self, name: str, values: list[Value]) -> Value:
        """A function that the template defines: it sees its own arguments, and no more."""
        space, _, short = name.rpartition(".")
        spaces = at(self.template, "functions")[1]
        for item in spaces if isinstance(spaces, list) else []:
            if str(at(item, "namespace")[1]).lower() != space:
                continue
            present, definition = at(at(item, "members")[1], short)
            wanted = at(definition, "parameters")[1] or []
            if not present or not isinstance(wanted, list) or len(wanted) != len(values):
                break
            names = [str(at(parameter, "name")[1]) for parameter in wanted]
            given = dict(zip(names, values, strict=True))
            inside = self.deeper().inside({"functions": spaces}, given)
            return inside.value(at(at(definition, "output")[1], "value")[1])
        return called(name, values)


def _text(parts: list[Value]) -> Value:
    return by_cases(answer, "concat", parts)


def _access(value: Value, key: Value, *, safe: bool) -> Value:
    if isinstance(value, Choice):
        return value.each(lambda item: _access(item, key, safe=safe))
    if safe and value is None:
        return None
    present, found = at(value, key)
    if present:
        return found
    if safe and isinstance(value, dict | list) and isinstance(key, str | int):
        return None
    words = f".{key}" if isinstance(key, str) else f"[{shown(key)}]"
    return unknown(f"{shown(value)}{words}")


def _first_of(values: list[Value]) -> Value:
    """The first that is not null; one that may be null leaves the rest in question."""
    for number, item in enumerate(values):
        if isinstance(item, Choice):
            rest = values[number + 1 :]
            return choice(item.condition, _first_of([item.yes, *rest]), _first_of([item.no, *rest]))
        if isinstance(item, Unknown):
            return item if item.is_text or number == len(values) - 1 else called("coalesce", values[number:])
        if item is not None:
            return item
    return None

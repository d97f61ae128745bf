"""Expressions of ARM templates: the functions that Bicep writes for accounts and deployments.

Rule of this module: it evaluates text and touches nothing. A function that is not in the table is an
InvalidTemplate that names it.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from reconciler.emulator import errors

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<word>[A-Za-z_][\w]*)|(?P<sign>[()\[\].,]))"
)
_DEEPEST = 40

Function = Callable[..., Any]


class Scope:
    """What expressions may refer to: parameters, variables, functions of the surroundings, a copy's index."""

    def __init__(self, functions: Mapping[str, Function], *, index: int | None = None) -> None:
        self._functions = {name.lower(): function for name, function in functions.items()}
        self._index = index

    def at(self, index: int) -> "Scope":
        """The same scope inside a copy loop."""
        return Scope(self._functions, index=index)

    def value(self, given: Any, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
        """JSON with every expression in it evaluated."""
        if depth > _DEEPEST:
            raise errors.refusal("invalid_template", text="the template is nested too deeply")
        if isinstance(given, dict):
            return {self.value(name, depth + 1): self.value(item, depth + 1) for name, item in given.items()}
        if isinstance(given, list):
            return [self.value(item, depth + 1) for item in given]
        if isinstance(given, str) and given.startswith("[["):
            return given[1:]
        if isinstance(given, str) and given.startswith("[") and given.endswith("]"):
            return _Expression(given[1:-1], self).parsed()
        return given

    def call(self, name: str, arguments: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
        if name.lower() == "copyindex":
            if self._index is None:
                raise errors.refusal("invalid_template", text="copyIndex is used outside of a copy loop")
            numbers = [item for item in arguments if isinstance(item, int)]
            return self._index + (numbers[0] if numbers else 0)
        function = self._functions.get(name.lower()) or FUNCTIONS.get(name.lower())
        if function is None:
            raise errors.refusal(
                "invalid_template", text=f"the function '{name}' is not modelled by the emulator"
            )
        try:
            return function(*arguments)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise errors.refusal(
                "invalid_template", text=f"{name}: {type(error).__name__} {error}"[:200]
            ) from error


class _Expression:
    """A recursive descent over one expression."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text, self._scope = text, scope
        self._tokens: list[re.Match[str]] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                self._fail()
            self._tokens.append(match)
            place = match.end()

    def parsed(self) -> Any:  # noqa: ANN401 - JSON
        value = self._value(0)
        if self._tokens:
            self._fail()
        return value

    def _fail(self) -> NoReturn:
        raise errors.refusal("invalid_template", text=f"the expression [{self._text[:120]}] cannot be read")

    def _sign(self, wanted: str) -> bool:
        if self._tokens and self._tokens[0]["sign"] == wanted:
            self._tokens.pop(0)
            return True
        return False

    def _value(self, depth: int) -> Any:  # noqa: ANN401 - JSON
        if not self._tokens or depth > _DEEPEST:
            self._fail()
        token = self._tokens.pop(0)
        if token["text"] is not None:
            value: Any = token["text"][1:-1].replace("''", "'")
        elif token["number"] is not None:
            value = int(token["number"])
        elif token["word"] is not None and self._sign("("):
            value = self._scope.call(token["word"], self._arguments(depth))
        else:
            self._fail()
        return self._members(value, depth)

    def _arguments(self, depth: int) -> list[Any]:
        found: list[Any] = []
        if self._sign(")"):
            return found
        while True:
            found.append(self._value(depth + 1))
            if self._sign(")"):
                return found
            if not self._sign(","):
                self._fail()

    def _members(self, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
        while self._tokens:
            if self._sign("."):
                if not self._tokens or self._tokens[0]["word"] is None:
                    self._fail()
                value = _member(value, self._tokens.pop(0)["word"])
            elif self._sign("["):
                value = _member(value, self._value(depth + 1))
                if not self._sign("]"):
                    self._fail()
            else:
                break
        return value


def _member(value: Any, name: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for known, item in value.items():
            if str(known).lower() == str(name).lower():
                return item
    if isinstance(value, list) and isinstance(name, int) and 0 <= name < len(value):
        return value[name]
    raise errors.refusal("invalid_template", text=f"the member '{name}' does not exist")


def _format(text: str, *values: object) -> str:
    return re.sub(r"\{(\d+)(?::[^}]*)?\}", lambda match: _text(values[int(match[1])]), text)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value)


def _concat(*values: Any) -> Any:  # noqa: ANN401 - text or lists
    if any(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    return "".join(_text(value) for value in values)


def _union(*values: Any) -> Any:  # noqa: ANN401 - objects or lists
    if all(isinstance(value, dict) for value in values):
        return {name: item for value in values for name, item in value.items()}
    found: list[Any] = []
    for value in values:
        found += [item for item in value if item not in found]
    return found


def _contains(where: Any, what: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(where, dict):
        return str(what).lower() in {str(name).lower() for name in where}
    return what in where


def _unique(*values: str) -> str:
    digest = hashlib.sha256("-".join(values).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _try_get(value: Any, *names: Any) -> Any:  # noqa: ANN401 - JSON
    for name in names:
        try:
            value = _member(value, name)
        except errors.Refusal:
            return None
    return value


FUNCTIONS: Mapping[str, Function] = {
    "add": lambda a, b: a + b,
    "and": lambda *values: all(values),
    "array": lambda value: value if isinstance(value, list) else [value],
    "bool": lambda value: str(value).lower() in {"true", "1"},
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "concat": _concat,
    "contains": _contains,
    "createarray": lambda *values: list(values),
    "createobject": lambda *values: dict(zip(values[::2], values[1::2], strict=True)),
    "div": lambda a, b: a // b,
    "empty": lambda value: not value,
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "equals": lambda a, b: a == b,
    "false": lambda: False,
    "first": lambda value: value[0],
    "format": _format,
    "greater": lambda a, b: a > b,
    "guid": lambda *values: str(uuid.uuid5(uuid.NAMESPACE_URL, "-".join(values))),
    "if": lambda condition, yes, no: yes if condition else no,
    "int": int,
    "join": lambda values, by: by.join(_text(value) for value in values),
    "json": json.loads,
    "last": lambda value: value[-1],
    "length": len,
    "less": lambda a, b: a < b,
    "max": max,
    "min": min,
    "mod": lambda a, b: a % b,
    "mul": lambda a, b: a * b,
    "not": lambda value: not value,
    "null": lambda: None,
    "or": lambda *values: any(values),
    "range": lambda start, count: list(range(start, start + min(count, 800))),
    "replace": lambda text, old, new: text.replace(old, new),
    "shallowmerge": lambda values: _union(*values),
    "split": lambda text, by: text.split(by if isinstance(by, str) else by[0]),
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "sub": lambda a, b: a - b,
    "substring": lambda text, start, count=None: (
        text[start:] if count is None else text[start : start + count]
    ),
    "take": lambda value, count: value[:count],
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "tryget": _try_get,
    "union": _union,
    "uniquestring": _unique,
}
"""Functions that need nothing of the surroundings, by lower-case name."""

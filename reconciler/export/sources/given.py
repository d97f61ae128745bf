"""What whoever exports says about a source: where it is deployed, with which values, and what to assume."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Self

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export.expressions.evaluator import normal
from reconciler.export.expressions.values import Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a file was, or will be, deployed, and with which values.

    `values` are what it is deployed with, `assumed` what nobody is sure of, both as text by name; the name of
    an assumption may be an expression. `environment` is what azd fills in, `kept` the parameters that it
    remembers. `used` notes the names that a source knew.
    """

    subscription: str | None = None
    resource_group: str | None = None
    location: str | None = None
    account: AccountId | None = None
    cloud: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, JsonValue] = field(default_factory=dict)
    used: set[str] = field(default_factory=set, compare=False)

    def without_assumptions(self) -> Self:
        """The same for somebody who assumes nothing."""
        return replace(self, assumed={}, used=set())

    def said_of(self, name: str) -> str | None:
        """What was said of a name; what is assumed of it goes over what was set."""
        wanted = name.lower()
        for named in (self.assumed, self.values):
            for item, value in named.items():
                if item.lower() == wanted:
                    self.used.add(item)
                    return value
        return None

    def unused(self) -> tuple[str, ...]:
        """The names that no source knew."""
        return tuple(item for item in (*self.values, *self.assumed) if item not in self.used)


def named_values(written: Iterable[str], option: str) -> dict[str, str]:
    """NAME=VALUE, each; the name may be an expression, which ends at its last bracket."""
    found: dict[str, str] = {}
    for item in written:
        plain = re.match(r"\s*([A-Za-z_][\w.-]*)\s*=", item)
        name, _, value = (plain[1], "=", item[plain.end() :]) if plain is not None else item.rpartition("=")
        if not name.strip():
            raise UsageProblem(f"{option} {item!r} is not NAME=VALUE; for example {option} deployChat=true")
        found[name.strip()] = value
    return found


def typed(text: str, kind: str) -> JsonValue:
    """A text as a value of a parameter's type; a text is never made anything else."""
    plain = kind.lower()
    if plain in {"string", "securestring"}:
        return text
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        value = {"true": True, "false": False}.get(text.strip().lower(), text)
    fits = {"int": int, "bool": bool, "array": list, "object": dict}.get(plain)
    if fits is None or (isinstance(value, fits) and not (fits is int and isinstance(value, bool))):
        return value
    return text


def refuse_unused(unused: Iterable[str], known: Iterable[str], where: str = "") -> None:
    """UsageProblem for a name that no source has, with the nearest that one has."""
    names = sorted(set(known))
    for item in unused:
        near = get_close_matches(item.lower(), [name.lower() for name in names], n=1)
        spelled = next((name for name in names if near and name.lower() == near[0]), None)
        has = f"did you mean {spelled}?" if spelled else f"they have {', '.join(names[:8]) or 'none'}"
        raise UsageProblem(
            f"no source has a parameter, a variable or an expression named {item}{where}; {has}"
        )


class Decided(dict[str, Value]):
    """What is assumed of an expression, by its words; which were asked for is noted."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(
            {normal(name): as_value(typed(value, "")) for name, value in setting.assumed.items()}
        )
        self._names = {normal(name): name for name in setting.assumed}
        self._used = setting.used

    def get(self, key: str, default: Value = None) -> Value:  # type: ignore[override]
        """The value of an expression, which counts as used."""
        if key in self:
            self._used.add(self._names[key])
            return self[key]
        return default

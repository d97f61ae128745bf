"""What is said beside a source: where it is deployed, with which values, and what to assume.

Parameter files of ARM templates are merged in order; azd's placeholders in them are filled in as azd does:
`${NAME}` is the variable of the azd environment or of the process, `${NAME=default}` has a default; a
parameter that is nothing but an unset variable counts as not given (azd's `infra/provisioning/bicep`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.domain.ids import AccountId
from reconciler.errors import UsageProblem
from reconciler.export.expressions.evaluator import normal
from reconciler.export.expressions.values import Hole, Unknown, Value, as_value, at, unknown
from reconciler.export.foreign import ForeignFile, part, read_bytes, read_file


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


# -- parameter files -----------------------------------------------------------------------------

_PLACE = re.compile(r"\$\{([A-Za-z_]\w*)(?::?[-=]([^}]*))?\}")


@dataclass(slots=True)
class Given:
    """Parameter values for one template, and the azd variables that nobody set."""

    values: dict[str, Value] = field(default_factory=dict)
    unset: dict[str, list[str]] = field(default_factory=dict)

    @property
    def notes(self) -> Sequence[str]:
        """What was made of variables that nobody set."""
        if not self.unset:
            return ()
        names = ", ".join(dict.fromkeys(name for item in self.unset.values() for name in item))
        return (
            (
                f"azd variables that are set nowhere: {names}. Their defaults hold, or the parameters "
                f"{', '.join(self.unset)} count as not given; --azd-env DIR reads an azd environment"
            ),
        )


def given_for(template: Mapping[str, Value], files: Iterable[ForeignFile], setting: Setting) -> Given:
    """The values of a template's own parameters: files in order, then what was set by name."""
    given = Given()
    declared = at(template, "parameters")[1]
    for name, definition in declared.items() if isinstance(declared, dict) else ():
        kind = str(at(definition, "type")[1] or "")
        for file in files:
            _from_file(given, file, name, kind, setting)
        has_default = at(definition, "defaultValue")[0]
        kept_there, kept = at(dict(setting.kept), name)
        if name not in given.values and kept_there and not has_default:
            given.values[name] = kept
        said = setting.said_of(name)
        if said is not None:
            given.values[name] = as_value(typed(said, kind))
    return given


def names_in(file: ForeignFile) -> tuple[str, ...]:
    """The parameters that a file gives values to; UsageProblem where it is no parameter file."""
    parameters = at(file.document, "parameters")[1]
    if not isinstance(parameters, dict):
        raise UsageProblem(
            f"{file.name} is not a parameter file: it has no `parameters`. `bicep build-params` writes one"
        )
    return tuple(parameters)


def _from_file(given: Given, file: ForeignFile, name: str, kind: str, setting: Setting) -> None:
    names_in(file)
    present, entry = at(at(file.document, "parameters")[1], name)
    if not present:
        return
    setting.used.add(f"{file.name}: {name.lower()}")
    has_value, value = at(entry, "value")
    if not has_value:
        given.values[name] = unknown(f"parameters('{name}'), which {file.name} takes from elsewhere")
        return
    made = _filled(name, value, kind, given, setting)
    if made is _ABSENT:
        given.values.pop(name, None)
    else:
        given.values[name] = made


_ABSENT = Unknown((Hole("not given"),))


def _filled(name: str, value: Value, kind: str, given: Given, setting: Setting) -> Value:
    """A value with azd's variables filled in; `_ABSENT` for nothing but a variable that nobody set."""
    if isinstance(value, str):
        return _text(name, value, kind, given, setting)
    if isinstance(value, list):
        return [_filled(name, item, "", given, setting) for item in value]
    if isinstance(value, dict):
        return {key: _filled(name, item, "", given, setting) for key, item in value.items()}
    return value


def _text(name: str, text: str, kind: str, given: Given, setting: Setting) -> Value:
    if text.startswith("$("):
        return unknown(f"parameters('{name}'), which azd makes by {text}")
    parts: list[str] = []
    end = 0
    for place in _PLACE.finditer(text):
        parts.append(text[end : place.start()])
        end = place.end()
        variable, default = place[1], place[2]
        found = setting.environment.get(variable)
        if found is None:
            given.unset.setdefault(name, []).append(variable)
            if default is None and place[0] == text:
                return _ABSENT
        said = default if found is None else found
        parts.append(Hole(variable) if said is None else said)
    parts.append(text[end:])
    parts = [item for item in parts if item]
    if any(isinstance(item, Hole) for item in parts):
        return Unknown(tuple(parts))
    made = "".join(parts)
    return as_value(typed(made, kind)) if end and kind else made


def filled_by_azd(
    item: JsonObject, given: Given, setting: Setting, open_paths: dict[str, str], path: str = ""
) -> dict[str, JsonValue]:
    """An object of azd's own YAML with its variables filled in; what stays unknown is noted by its path."""
    made: dict[str, JsonValue] = {}
    for name, value in item.items():
        where = f"{path}{name}"
        if isinstance(value, Mapping):
            made[name] = filled_by_azd(value, given, setting, open_paths, f"{where}.")
            continue
        filled = _filled(where, as_value(value), "", given, setting)
        if isinstance(filled, Unknown):
            open_paths[where] = str(value)
        else:
            made[name] = filled  # type: ignore[assignment]  # nothing in it is unknown
    return made


def azd_environment(folder: Path) -> tuple[dict[str, str], JsonObject]:
    """The variables of an azd environment and the parameters that azd remembers of it.

    `folder` is an environment, such as `.azure/dev`, or `.azure` itself: then its default environment is
    taken. UsageProblem where there is none.
    """
    if not (folder / ".env").is_file():
        config = folder / "config.json"
        default = read_file(config).document.get("defaultEnvironment") if config.is_file() else None
        if not isinstance(default, str) or not (folder / default / ".env").is_file():
            raise UsageProblem(
                f"--azd-env {folder} holds no .env: name an azd environment, such as .azure/dev "
                "(`azd env list` shows them)"
            )
        folder = folder / default
    variables = _dotenv(read_bytes(folder / ".env").decode(errors="replace"))
    config = folder / "config.json"
    kept = part(part(read_file(config).document, "infra"), "parameters") if config.is_file() else {}
    return variables, kept


_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")


def _dotenv(text: str) -> dict[str, str]:
    """The lines of a .env file as azd writes them: NAME="value", with JSON's escapes."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1], match[2]
        if value[:1] == '"':
            end = re.match(r'"((?:[^"\\]|\\.)*)"', value)
            value = re.sub(r"\\(.)", r"\1", end[1].replace("\\n", "\n")) if end else value
        elif value[:1] == "'":
            value = value[1:].partition("'")[0]
        else:
            value = value.partition(" #")[0].rstrip()
        found[name] = value
    return found

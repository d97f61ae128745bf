"""Parameter files of ARM templates, merged in order; azd's placeholders in them are filled in as azd does.

azd: `${NAME}` is the variable of the azd environment or of the process, `${NAME=default}` has a default; a
parameter that is nothing but an unset variable counts as not given (azd's `infra/provisioning/bicep`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.domain.deployment import JsonObject, JsonValue
from reconciler.errors import UsageProblem
from reconciler.export.expressions.values import Hole, Unknown, Value, as_value, at, unknown
from reconciler.export.foreign import ForeignFile, read_bytes, read_file
from reconciler.export.json_parts import part
from reconciler.export.sources.given import Setting, typed

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

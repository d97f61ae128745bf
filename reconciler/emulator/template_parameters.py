"""Values of a template's parameters: what was given, else a default, checked before anything is made.

Rule of this module: names are compared without regard to case; what is checked is presence, that the
template has the parameter, and its allowed values. Lengths, ranges and types are not.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator import errors
from reconciler.emulator.template_language import Scope
from reconciler.emulator.wire import Json


def fill(values: Json, declared: Mapping[str, Json], given: Mapping[str, Json], scope: Scope) -> None:
    """Add the value of every declared parameter by its lower-case name; raises InvalidTemplate.

    A default may refer to the parameters before it.
    """
    known = {name.lower() for name in declared}
    unknown = [name for name in given if name.lower() not in known]
    if unknown:
        raise errors.refusal("parameter_unknown", names=", ".join(unknown), known=", ".join(declared))
    found = {name.lower(): item.get("value") for name, item in given.items()}
    for name, parameter in declared.items():
        values[name.lower()] = _value(name, parameter, found, scope)


def _value(name: str, parameter: Json, given: Json, scope: Scope) -> Any:  # noqa: ANN401 - JSON
    if name.lower() in given:
        value = given[name.lower()]
        allowed = parameter.get("allowedValues")
        if isinstance(allowed, list) and value not in allowed:
            listed = ",".join(str(item) for item in allowed)
            raise errors.refusal("parameter_not_allowed", name=name, value=value, allowed=listed)
        return value
    if "defaultValue" in parameter:
        return scope.value(parameter["defaultValue"])
    if parameter.get("nullable"):
        return None
    raise errors.refusal("parameter_missing", name=name)

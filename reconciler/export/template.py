"""ARM JSON templates as estates: what their accounts and deployments would be, as far as that can be said.

A template is not evidence of what exists, only of what somebody wanted there; the estate says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.domain.deployment import JsonValue
from reconciler.domain.ids import is_guid
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, Found, FoundAccount, Origin, Setting
from reconciler.export.evaluation import MOST_COPIES, Budget, Scope
from reconciler.export.foreign import ForeignFile
from reconciler.export.values import Hole, Unknown, Value, at, bounded, shown, unknown

_ACCOUNT: Final = "microsoft.cognitiveservices/accounts"
_DEPLOYMENT: Final = "microsoft.cognitiveservices/accounts/deployments"
_NESTED: Final = "microsoft.resources/deployments"
_MOST_NESTED: Final = 8

_Home = tuple[Value, Value, Value]
"""Subscription, resource group and name of an account; unknown ones are alike if their words are."""


@dataclass(slots=True)
class _Gathered:
    """What the templates of a file declare, nested ones included."""

    deployments: dict[str, tuple[_Home, list[Found]]] = field(default_factory=dict)
    regions: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    switched_off: list[str] = field(default_factory=list)


def template_estate(file: ForeignFile, parameters: ForeignFile | None, setting: Setting) -> Estate:
    """The deployments of a template; UsageProblem where it is none, or declares none."""
    resources = at(_value(file), "resources")[1]
    if not isinstance(resources, list | dict):
        raise UsageProblem(f"{file.name} is no ARM template: it has no `resources`{_what(file)}")
    scope = Scope(
        template=_value(file),
        given={} if parameters is None else _given(parameters),
        subscription=setting.subscription or unknown("subscription().subscriptionId"),
        resource_group=setting.resource_group or unknown("resourceGroup().name"),
        budget=Budget(),
    )
    gathered = _Gathered()
    _template(scope, gathered, nested=0)
    if not gathered.deployments:
        raise UsageProblem(_nothing(file, gathered))
    if gathered.switched_off:
        off = ", ".join(list(dict.fromkeys(gathered.switched_off))[:6])
        gathered.notes.append(f"left out, for with these parameters nothing is made of them: {off}")
    return Estate(
        origin=Origin.ARM_TEMPLATE,
        cloud=setting.cloud,
        accounts=tuple(_account(home, there, gathered) for home, there in gathered.deployments.values()),
        notes=tuple(dict.fromkeys(gathered.notes)),
    )


def _value(file: ForeignFile) -> dict[str, Value]:
    """The document of a file: JSON, in which everything is known."""
    return dict(file.document)  # type: ignore[arg-type]  # every JsonValue that was parsed is a Value


def _what(file: ForeignFile) -> str:
    """What a JSON file that is no template seems to be, and what to do with it."""
    if "deploymentparameters" in str(file.document.get("$schema")).lower():
        return ". It is a parameter file: pass it as --parameters, beside the template as --from-arm-template"
    if "terraform_version" in file.document:
        return ". It is a Terraform state: pass it as --from-tfstate"
    return ". `bicep build main.bicep` writes one; `az group export` does, too"


def _nothing(file: ForeignFile, gathered: _Gathered) -> str:
    if gathered.switched_off:
        off = ", ".join(list(dict.fromkeys(gathered.switched_off))[:6])
        return (
            f"{file.name} declares no model deployment with these parameters: a condition is false, or a "
            f"loop runs 0 times, for {off}. Give the values it is deployed with: --parameters FILE"
        )
    more = f"; {gathered.notes[0]}" if gathered.notes else ""
    return (
        f"{file.name} declares no resource of type Microsoft.CognitiveServices/accounts/deployments{more}. "
        "Name the template that deploys models, with --parameters FILE if they come from parameters"
    )


def _given(file: ForeignFile) -> dict[str, Value]:
    """The values of a parameter file; those that live elsewhere are not known."""
    parameters = at(_value(file), "parameters")[1]
    if not isinstance(parameters, dict):
        raise UsageProblem(
            f"{file.name} is no parameter file: it has no `parameters`. `bicep build-params` writes one"
        )
    given: dict[str, Value] = {}
    for name, entry in parameters.items():
        there, value = at(entry, "value")
        given[name] = _filled(name, value) if there else unknown(f"parameters('{name}')")
    return given


def _filled(name: str, value: Value) -> Value:
    """A value of a parameter file; azd's ${VARIABLE} is filled in only when it is deployed."""
    if isinstance(value, str) and "${" in value:
        return unknown(f"parameters('{name}'), which azd fills in from {value}")
    if isinstance(value, list):
        return [_filled(name, one) for one in value]
    if isinstance(value, dict):
        return {key: _filled(name, one) for key, one in value.items()}
    return value


# -- walking -------------------------------------------------------------------------------------


def _template(scope: Scope, gathered: _Gathered, *, nested: int) -> None:
    resources = at(scope.template, "resources")[1]
    for resource in _resources(resources):
        _resource(resource, scope, gathered, parent=(), nested=nested)


def _resources(value: Value) -> Iterator[dict[str, Value]]:
    """A list of resources, or a mapping by symbolic name."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in items if isinstance(one, dict))


def _resource(
    resource: dict[str, Value], scope: Scope, gathered: _Gathered, *, parent: tuple[Value, ...], nested: int
) -> None:
    """One resource, in every turn of its loop; `parent` is the name of the account it stands in."""
    kind = str(at(resource, "type")[1]).lower()
    if parent and kind == "deployments":
        kind = _DEPLOYMENT
    if at(resource, "existing")[1] is True or kind not in {_ACCOUNT, _DEPLOYMENT, _NESTED}:
        return
    for turn in _turns(resource, scope, gathered):
        condition = turn.value(at(resource, "condition")[1]) if at(resource, "condition")[0] else True
        if condition is False:
            if kind != _ACCOUNT and _declares(resource):
                name = _split(turn.value(at(resource, "name")[1]))[-1]
                gathered.switched_off.append(f"{_told(name)} ({str(at(resource, 'condition')[1])[:80]})")
            continue
        note = (
            () if condition is True else (f"deployed only if {_words(condition)}, which is not known here",)
        )
        if kind == _NESTED:
            _nested(resource, turn, gathered, nested=nested)
        elif kind == _DEPLOYMENT:
            _deployment(resource, turn, gathered, parent=parent, notes=note)
        else:
            _account_resource(resource, turn, gathered, nested=nested)


def _declares(resource: dict[str, Value]) -> bool:
    """Whether a resource is a model deployment, or a template with one in it."""
    return _DEPLOYMENT in json.dumps(resource).lower()


def _turns(resource: dict[str, Value], scope: Scope, gathered: _Gathered) -> Iterator[Scope]:
    there, copy = at(resource, "copy")
    if not there or not isinstance(copy, dict):
        yield scope
        return
    name, count = str(at(copy, "name")[1]), scope.value(at(copy, "count")[1])
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_COPIES:
        gathered.notes.append(
            f"the loop {name} runs {_words(count)} times, which is not known here: left out"
        )
        return
    if count == 0 and _declares(resource):
        gathered.switched_off.append(f"{name} ({str(at(copy, 'count')[1])[:80]})")
    for index in range(count):
        yield scope.looping(name, index)


def _account_resource(resource: dict[str, Value], scope: Scope, gathered: _Gathered, *, nested: int) -> None:
    name = scope.value(at(resource, "name")[1])
    gathered.regions[_key(_home(scope, name))] = scope.value(at(resource, "location")[1])
    for child in _resources(at(resource, "resources")[1]):
        _resource(child, scope, gathered, parent=(name,), nested=nested)


def _nested(resource: dict[str, Value], scope: Scope, gathered: _Gathered, *, nested: int) -> None:
    """A deployment of another template: an inner one has its own names, an outer one shares ours."""
    properties = at(resource, "properties")[1]
    template = at(properties, "template")[1]
    name = _told(scope.value(at(resource, "name")[1]))
    if not isinstance(template, dict):
        gathered.notes.append(f"the linked template of {name} is another file: export from that one, too")
        return
    if nested >= _MOST_NESTED:
        gathered.notes.append(f"{name} is nested more than {_MOST_NESTED} templates deep: left out")
        return
    inner_scope = at(at(properties, "expressionEvaluationOptions")[1], "scope")[1]
    own = isinstance(inner_scope, str) and inner_scope.lower() == "inner"
    subscription, group = (
        scope.value(at(resource, where)[1]) if at(resource, where)[0] else held
        for where, held in (("subscriptionId", scope.subscription), ("resourceGroup", scope.resource_group))
    )
    below = replace(scope, subscription=subscription, resource_group=group)
    if own:
        given = _passed(at(properties, "parameters")[1], scope)
        below = replace(below, template=template, given=given, copies={}, innermost="", known={})
        _template(below, gathered, nested=nested + 1)
    else:
        for inner in _resources(at(template, "resources")[1]):
            _resource(inner, below, gathered, parent=(), nested=nested + 1)


def _passed(written: Value, scope: Scope) -> dict[str, Value]:
    evaluated = bounded(scope.value(written), "too large")
    given: dict[str, Value] = {}
    for name, entry in evaluated.items() if isinstance(evaluated, dict) else ():
        there, value = at(entry, "value")
        given[name] = value if there else unknown(f"parameters('{name}')")
    return given


# -- deployments ---------------------------------------------------------------------------------


def _deployment(
    resource: dict[str, Value],
    scope: Scope,
    gathered: _Gathered,
    *,
    parent: tuple[Value, ...],
    notes: tuple[str, ...],
) -> None:
    names = _split(scope.value(at(resource, "name")[1]))
    if len(names) == 1:
        names = [*(parent or (unknown("the account"),)), *names]
    if len(names) != 2:
        gathered.notes.append(f"a deployment's name has {len(names)} parts instead of account/deployment")
        return
    account, name = names
    open_paths: dict[str, str] = {}
    if isinstance(name, Unknown):
        open_paths["name"] = str(name)
    body = {
        part: _known(bounded(scope.value(at(resource, part)[1]), "too large"), f"{part}.", open_paths)
        for part in ("sku", "tags", "properties")
    }
    found = Found(
        name=f"<{name}>" if isinstance(name, Unknown) else _told(name),
        resource={part: value for part, value in body.items() if value is not None},
        open={_field(path): words for path, words in open_paths.items()},
        notes=notes,
    )
    home = _home(scope, account)
    gathered.deployments.setdefault(_key(home), (home, []))[1].append(found)


def _split(name: Value) -> list[Value]:
    """The segments of a name; a segment may be known in part."""
    if not isinstance(name, Unknown):
        return list(_told(name).split("/"))
    segments: list[list[str]] = [[]]
    for part in name.parts:
        if isinstance(part, Hole):
            segments[-1].append(part)
            continue
        first, *rest = part.split("/")
        segments[-1].append(first)
        segments += [[one] for one in rest]
    return [_whole([one for one in segment if one]) for segment in segments]


def _whole(parts: list[str]) -> Value:
    if any(isinstance(part, Hole) for part in parts):
        return Unknown(tuple(parts))
    return "".join(parts)


def _known(value: Value, path: str, open_paths: dict[str, str]) -> JsonValue:
    """A value without what is not known, whose paths and words are noted."""
    if isinstance(value, Unknown):
        open_paths[path.rstrip(".")] = str(value)
        return None
    if isinstance(value, dict):
        found = {key: _known(inner, f"{path}{key}.", open_paths) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not None}
    if isinstance(value, list):
        unknown_before = len(open_paths)
        items = [_known(one, path, open_paths) for one in value]
        return None if len(open_paths) > unknown_before else items
    return value


def _field(path: str) -> str:
    """A path into a body as a manifest spells it."""
    return path.removeprefix("properties.")


def _home(scope: Scope, account: Value) -> _Home:
    return scope.subscription, scope.resource_group, account


def _key(home: _Home) -> str:
    return "\n".join(_told(one).lower() for one in home)


def _account(home: _Home, deployments: list[Found], gathered: _Gathered) -> FoundAccount:
    subscription, group, name = home
    region = gathered.regions.get(_key(home))
    named = {"resourceGroup": group, "name": name, "region": region}
    guid = subscription if isinstance(subscription, str) and is_guid(subscription) else None
    return FoundAccount(
        subscription=guid,
        resource_group=group if isinstance(group, str) else None,
        name=name if isinstance(name, str) else None,
        region=region if isinstance(region, str) else None,
        open={where: str(value) for where, value in named.items() if isinstance(value, Unknown)},
        deployments=tuple(deployments),
    )


def _told(value: Value) -> str:
    return value if isinstance(value, str) else _words(value)


def _words(value: Value) -> str:
    return str(value) if isinstance(value, Unknown) else shown(value)

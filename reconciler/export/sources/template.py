"""ARM JSON templates as estates: what their accounts and deployments would be, as far as that can be said.

A template is not evidence of what exists, only of what somebody wanted there; the estate says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

from reconciler.domain.ids import is_guid
from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate, EstateOrigin, Found, FoundAccount
from reconciler.export.expressions.evaluation import MOST_COPIES, TemplateScope
from reconciler.export.expressions.evaluator import Surroundings, normal
from reconciler.export.expressions.values import (
    Choice,
    Open,
    Value,
    alike,
    as_value,
    at,
    bounded,
    choice,
    segments,
    settled,
    shown,
    truth,
    unknown,
)
from reconciler.export.foreign import ForeignFile, text_or_none
from reconciler.export.sources.given import Decided, Setting, given_for, typed

_AND: Final = " and "
"""Between conditions that all have to hold."""

_ACCOUNT: Final = "microsoft.cognitiveservices/accounts"
_DEPLOYMENT: Final = "microsoft.cognitiveservices/accounts/deployments"
_NESTED: Final = "microsoft.resources/deployments"
_MOST_NESTED: Final = 8
_FRAME: Final = frozenset(
    {
        "type", "apiversion", "name", "dependson", "copy", "condition", "comments", "metadata",
        "resources", "existing", "location", "import", "@options",
    }
)  # fmt: skip
"""What of a resource says where and whether it is deployed; a deployment has its account's location."""

_Resource = dict[str, Value]
_Home = tuple[Value, Value, Value]
"""Subscription, resource group and name of an account; unknown ones are alike if their words are."""


@dataclass(slots=True)
class _Gathered:
    """What the templates of a file declare, nested ones included."""

    deployments: dict[str, tuple[_Home, list[Found]]] = field(default_factory=dict)
    regions: dict[str, Value] = field(default_factory=dict)
    made_if: dict[str, list[bool | str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    switched_off: list[str] = field(default_factory=list)

    def off(self) -> str:
        return ", ".join(list(dict.fromkeys(self.switched_off))[:6])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the nesting a resource stands: the account around it, the conditions around it."""

    parent: tuple[Value, ...] = ()
    conditions: tuple[str, ...] = ()
    nested: int = 0


def template_estate(file: ForeignFile, parameters: Sequence[ForeignFile], setting: Setting) -> Estate:
    """The deployments of a template; UsageProblem where it is none, or declares none."""
    template: _Resource = dict(file.document)  # type: ignore[arg-type]  # parsed, so a Value
    resources = at(template, "resources")[1]
    if not isinstance(resources, list | dict):
        raise UsageProblem(f"{file.name} is not an ARM template: it has no `resources`{_what(file)}")
    given = given_for(template, parameters, setting)
    around = Surroundings(
        subscription=setting.subscription or unknown("subscription().subscriptionId"),
        resource_group=setting.resource_group or unknown("resourceGroup().name"),
        location=setting.location or unknown("resourceGroup().location"),
        decided=Decided(setting),
    )
    scope = TemplateScope(
        template=template, given=given.values, around=around, set=_variables(template, setting)
    )
    gathered = _Gathered(notes=list(given.notes))
    _template(scope, resources, gathered, _Place())
    if not gathered.deployments and not gathered.left_out:
        raise UsageProblem(_nothing(file, gathered))
    if gathered.switched_off:
        off = gathered.off()
        gathered.notes.append(f"left out, for with these parameters nothing is made of them: {off}")
    return Estate(
        origin=EstateOrigin.ARM_TEMPLATE,
        cloud=setting.cloud,
        accounts=tuple(
            _account(home, existing, gathered) for home, existing in gathered.deployments.values()
        ),
        notes=tuple(dict.fromkeys(gathered.notes)),
        left_out=tuple(gathered.left_out),
    )


def _variables(template: dict[str, Value], setting: Setting) -> dict[str, Value]:
    """Variables of the outermost template whose value somebody decided."""
    variables = at(template, "variables")[1]
    loops = at(variables, "copy")[1]
    names = [*(variables if isinstance(variables, dict) else ())]
    names += [str(at(loop, "name")[1]) for loop in (loops if isinstance(loops, list) else ())]
    said = {name: setting.said_of(name) for name in names if name.lower() != "copy"}
    return {name: as_value(typed(value, "")) for name, value in said.items() if value is not None}


def template_names(file: ForeignFile) -> tuple[str, ...]:
    """What can be set by name: parameters and variables."""
    existing = (at(file.document, part)[1] for part in ("parameters", "variables"))
    return tuple(name for item in existing if isinstance(item, dict) for name in item)


def _what(file: ForeignFile) -> str:
    """What a JSON file that is no template seems to be, and what to do with it."""
    if "deploymentparameters" in str(file.document.get("$schema")).lower():
        return ". It is a parameter file: pass it as --parameters, beside the template as --from-arm-template"
    if "terraform_version" in file.document:
        return ". It is a Terraform state: pass it as --from-tfstate"
    return ". `bicep build main.bicep` writes one; `az group export` does, too"


def _nothing(file: ForeignFile, gathered: _Gathered) -> str:
    if gathered.switched_off:
        return (
            f"{file.name} declares no model deployment with these parameters: a condition is false, or a "
            f"loop runs 0 times, for {gathered.off()}. Give the values it is deployed with: --parameters "
            "FILE, or NAME=VALUE"
        )
    more = f"; {gathered.notes[0]}" if gathered.notes else ""
    return (
        f"{file.name} declares no resource of type Microsoft.CognitiveServices/accounts/deployments{more}. "
        "Name the template that deploys models, with --parameters FILE if they come from parameters"
    )


# -- walking -------------------------------------------------------------------------------------


def _template(scope: TemplateScope, resources: Value, gathered: _Gathered, place: _Place) -> None:
    """A list of resources, or a mapping by symbolic name."""
    if isinstance(resources, dict):
        resources = list(resources.values())
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict):
            _resource(resource, scope, gathered, place)


def _resource(resource: _Resource, scope: TemplateScope, gathered: _Gathered, place: _Place) -> None:
    """One resource, in every turn of its loop."""
    kind = str(at(resource, "type")[1]).lower()
    if place.parent and kind == "deployments":
        kind = _DEPLOYMENT
    if at(resource, "existing")[1] is True or kind not in {_ACCOUNT, _DEPLOYMENT, _NESTED}:
        return
    copy = at(resource, "copy")[1]
    count = scope.value(at(copy, "count")[1]) if isinstance(copy, dict) else None
    for turn, case in _turns(resource, copy, scope, count, gathered):
        present, written = at(resource, "condition")
        condition = truth(turn.value(written)) if present else True
        if kind == _ACCOUNT:
            _account_resource(resource, turn, gathered, place, condition)
        elif condition is False:
            if _declares(resource):
                name = segments(turn.value(at(resource, "name")[1]))[-1]
                gathered.switched_off.append(f"{_printed(name)} ({str(written)[:80]})")
        else:
            words = (*place.conditions, *case, *([] if condition is True else [str(condition)]))
            within = replace(place, conditions=tuple(dict.fromkeys(words)))
            if kind == _NESTED:
                _nested(resource, turn, gathered, within)
            else:
                _deployment(resource, turn, gathered, within)


def _declares(resource: _Resource) -> bool:
    """Whether a resource is a model deployment, or a template with one in it."""
    return _DEPLOYMENT in json.dumps(resource).lower() or '"deployments"' in json.dumps(resource).lower()


def _turns(
    resource: _Resource, copy: Value, scope: TemplateScope, count: Value, gathered: _Gathered
) -> Iterator[tuple[TemplateScope, tuple[str, ...]]]:
    """The turns of a resource's loop, each with what it depends on."""
    if not isinstance(copy, dict):
        yield scope, ()
        return
    name = str(at(copy, "name")[1])
    if isinstance(count, Choice):
        for holds, inner in ((True, count.yes), (False, count.no)):
            words = str(truth(Choice(count.condition, holds, not holds)))
            inside = replace(scope, holding={**scope.holding, count.condition: holds})
            for turn, case in _turns(resource, copy, inside, inner, gathered):
                yield turn, (words, *case)
        return
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_COPIES:
        if _declares(resource):
            often = f"how often the loop {name} runs ({shown(count)})"
            gathered.left_out.append(f"{often} is not known here: left out")
        return
    if count == 0 and not scope.holding and _declares(resource):
        gathered.switched_off.append(f"{name} ({str(at(copy, 'count')[1])[:80]})")
    for index in range(count):
        yield scope.looping(name, index), ()


def _account_resource(
    resource: _Resource, scope: TemplateScope, gathered: _Gathered, place: _Place, condition: bool | str
) -> None:
    """An account with its children; ARM's conditions do not reach children, but an account must be there."""
    name = scope.value(at(resource, "name")[1])
    key = _key(_home(scope, name))
    if condition is not False:
        gathered.regions[key] = scope.value(at(resource, "location")[1])
    if place.conditions and condition is not False:
        within = [*place.conditions, *([] if condition is True else [str(condition)])]
        condition = _AND.join(dict.fromkeys(within))
    gathered.made_if.setdefault(key, []).append(condition)
    _template(scope, at(resource, "resources")[1], gathered, replace(place, parent=(name,)))


def _nested(resource: _Resource, scope: TemplateScope, gathered: _Gathered, place: _Place) -> None:
    """A deployment of another template: an inner one has its own names, an outer one shares ours."""
    properties = at(resource, "properties")[1]
    template = at(properties, "template")[1]
    name = _printed(scope.value(at(resource, "name")[1]))
    if not isinstance(template, dict):
        gathered.left_out.append(f"the linked template of {name} is another file: export from that one, too")
        return
    if place.nested >= _MOST_NESTED:
        gathered.left_out.append(f"{name} is nested more than {_MOST_NESTED} templates deep: left out")
        return
    inner_scope = at(at(properties, "expressionEvaluationOptions")[1], "scope")[1]
    own = isinstance(inner_scope, str) and inner_scope.lower() == "inner"
    subscription, group = (
        scope.value(at(resource, where)[1]) if at(resource, where)[0] else held
        for where, held in (
            ("subscriptionId", scope.around.subscription),
            ("resourceGroup", scope.around.resource_group),
        )
    )
    moved = not (alike(group, scope.around.resource_group) and alike(subscription, scope.around.subscription))
    around = replace(scope.around, subscription=subscription, resource_group=group)
    if moved:
        around = replace(around, location=unknown(f"resourceGroup().location of {shown(group)}"))
    below = replace(scope, around=around, known={} if moved else scope.known)
    within = replace(place, nested=place.nested + 1)
    if own:
        given: dict[str, Value] = {}
        passed = bounded(scope.value(at(properties, "parameters")[1]), "too large")
        for parameter, entry in passed.items() if isinstance(passed, dict) else ():
            present, value = _value_of(entry)
            given[parameter] = value if present else unknown(f"parameters('{parameter}'){scope.label}")
        below = below.inside(template, given, label=f" of {name}")
    _template(below, at(template, "resources")[1], gathered, within)


def _value_of(entry: Value) -> tuple[bool, Value]:
    """The `value` of what is passed, which may be passed in one case and absent in the other."""
    if isinstance(entry, Choice):
        yes, no = _value_of(entry.yes), _value_of(entry.no)
        if yes[0] and no[0]:
            return True, choice(entry.condition, yes[1], no[1])
        return False, None
    return at(entry, "value")


# -- deployments ---------------------------------------------------------------------------------


def _deployment(resource: _Resource, scope: TemplateScope, gathered: _Gathered, place: _Place) -> None:
    names = segments(scope.value(at(resource, "name")[1]))
    if len(names) == 1:
        names = [*(place.parent or (unknown("the account"),)), *names]
    if len(names) != 2:
        gathered.left_out.append(
            f"{_printed(names[-1])}: its name has {len(names)} parts instead of account/deployment: left out"
        )
        return
    account, name = names
    open_paths: dict[str, str] = {}
    if isinstance(name, Open):
        open_paths["name"] = str(name)
    body = {
        part: settled(bounded(scope.value(written), "too large"), f"{part}.", open_paths)
        for part, written in resource.items()
        if part.lower() not in _FRAME
    }
    found = Found(
        name=f"<{name}>" if isinstance(name, Open) else _printed(name),
        resource={part: value for part, value in body.items() if value is not None},
        open={path.removeprefix("properties."): words for path, words in open_paths.items()},
        condition=_AND.join(place.conditions),
    )
    home = _home(scope, account)
    gathered.deployments.setdefault(_key(home), (home, []))[1].append(found)


def _home(scope: TemplateScope, account: Value) -> _Home:
    return scope.around.subscription, scope.around.resource_group, account


def _key(home: _Home) -> str:
    return "\n".join(_printed(item).lower() for item in home)


def _account(home: _Home, deployments: list[Found], gathered: _Gathered) -> FoundAccount:
    subscription, group, name = home
    region = gathered.regions.get(_key(home))
    named = {"resourceGroup": group, "name": name, "region": region}
    guid = text_or_none(subscription)
    existing = _decided_alike(deployments, _account_condition(gathered.made_if.get(_key(home), [])))
    return FoundAccount(
        subscription=guid if guid and is_guid(guid) else None,
        resource_group=text_or_none(group),
        name=text_or_none(name),
        region=text_or_none(region),
        open={where: str(value) for where, value in named.items() if isinstance(value, Open)},
        deployments=tuple(existing),
    )


def _printed(value: Value) -> str:
    return value if isinstance(value, str) else shown(value)


# -- conditions: what holds whatever happens, and what somebody has to decide -----------------------


def _account_condition(made_if: list[bool | str]) -> str:
    """What has to hold for an account to be there; empty where it is, or another template makes it."""
    if not made_if or True in made_if:
        return ""
    asked = [item for item in made_if if isinstance(item, str)]
    if not asked:
        return "its account exists, which this template does not make: its condition is false"
    return "" if any(_contrary(item, other) for item in asked for other in asked) else asked[0]


def _contrary(item: str, other: str) -> bool:
    return normal(item) == normal(f"not({other})") or normal(other) == normal(f"not({item})")


def _decided_alike(deployments: list[Found], of_account: str) -> Iterator[Found]:
    """Deployments with the account's condition; two that are alike but for contrary conditions are one."""
    left = list(deployments)
    while pair := next(_alike(left), None):
        first, second, common = pair
        left[first] = replace(left[first], condition=common)
        del left[second]
    for item in left:
        conditions = item.condition.split(_AND) if item.condition else []
        elsewhere = any(_contrary(own, of_account) for own in conditions)
        if of_account and not elsewhere:
            conditions.append(of_account)
        yield replace(item, condition=_AND.join(dict.fromkeys(conditions)))


def _alike(deployments: list[Found]) -> Iterator[tuple[int, int, str]]:
    """Pairs that are alike but for one condition and its contrary, with what both depend on."""
    for (first, item), (second, other) in combinations(enumerate(deployments), 2):
        if item.name != other.name or replace(other, condition="") != replace(item, condition=""):
            continue
        mine, theirs = (part.condition.split(_AND) if part.condition else [] for part in (item, other))
        own = [text for text in mine if text not in theirs]
        foreign = [text for text in theirs if text not in mine]
        if len(own) == len(foreign) == 1 and _contrary(own[0], foreign[0]):
            yield first, second, _AND.join(text for text in mine if text in theirs)

"""What a template makes: its scope of parameters and variables, its resources in order, each by its handler.

Rule of this module: each resource goes through the handler that a PUT would meet. What is no account, nothing
below one and, below a subscription, no resource group is a 501 that names it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from reconciler.emulator import (
    account_actions,
    accounts,
    auth,
    children,
    clock,
    content_filters,
    deployments,
    directory,
    errors,
    provisioning,
    template_parameters,
    writable,
)
from reconciler.emulator.template_language import Scope
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

TYPE = "Microsoft.Resources/deployments"
_GROUPS = "microsoft.resources/resourcegroups"
_NAMES: Mapping[str, tuple[str, ...]] = {
    _GROUPS: ("group",),
    "microsoft.cognitiveservices/accounts": ("account",),
    "microsoft.cognitiveservices/accounts/deployments": ("account", "deployment"),
    "microsoft.cognitiveservices/accounts/raipolicies": ("account", "policy"),
}
_PUT: Mapping[str, Callable[[Turn], Answer]] = {
    _GROUPS: directory.put_group,
    "microsoft.cognitiveservices/accounts": accounts.put,
    "microsoft.cognitiveservices/accounts/deployments": deployments.put,
    "microsoft.cognitiveservices/accounts/raipolicies": content_filters.put,
}
_CHILDREN: Mapping[str, children.Child] = {
    f"microsoft.cognitiveservices/{child.kind}".lower(): child for child in children.TYPES
}
_BELOW = frozenset(kind for kind, names in _NAMES.items() if len(names) > 1)
_ENVELOPE = frozenset(
    {
        *("type", "apiVersion", "name", "dependsOn", "condition", "copy", "comments", "scope"),
        *("place in the template", "resourceGroup", "subscriptionId"),
    }
)
_MOST = 800
PLACE = "place in the template"
"""Where it is kept how a template's resources lead to one: `[0]`, or `.name` where they have names."""


def above(turn: Turn) -> str:
    """What a template is deployed to: a group, or a subscription where the path names no group."""
    group = turn.args.get("group")
    return f"/subscriptions/{turn.subscription}" + (f"/resourceGroups/{group}" if group else "")


def require_above(turn: Turn) -> None:
    if "group" in turn.args:
        accounts.require_group(turn)


def key(turn: Turn) -> str:
    return f"{above(turn)}/providers/{TYPE}/{turn.args['template']}".lower()


def body(turn: Turn, outputs: Json, made: list[Json], failure: errors.Refusal | None) -> Json:
    return {
        "id": f"{above(turn)}/providers/{TYPE}/{turn.args['template']}",
        "name": turn.args["template"],
        "type": TYPE,
        "properties": {
            "templateHash": "0",
            "mode": "Incremental",
            "provisioningState": "Succeeded" if failure is None else "Failed",
            "timestamp": clock.stamp(turn.now),
            "duration": "PT1S",
            "correlationId": turn.ticket,
            "providers": [],
            "dependencies": [],
            **({"outputs": outputs} if outputs else {}),
            "outputResources": made,
            **({} if failure is None else {"error": failed(turn, failure)}),
        },
    }


def failed(turn: Turn, refusal: errors.Refusal) -> Json:
    """The error of a template of which a resource could not be made, wrapped by each module around it."""
    found = refusal.body()
    for module in refusal.modules:
        inner = errors.refusal("deployment_failed", id=module, details=[found]).body()
        found = errors.refusal("module_failed", id=module, details=[inner]).body()
    identity = f"{above(turn)}/providers/{TYPE}/{turn.args['template']}"
    return errors.refusal("deployment_failed", id=identity, details=[found]).body()


def deployed(turn: Turn, asked: Json, *, depth: int = 0, is_dry: bool = False) -> tuple[Json, list[Json]]:
    """Make everything that a template names; its outputs, and the ids of what was made.

    Dry, nothing is made below an account but its deployments and policies: what refers to more of it is not
    valid before it is there (reported in February 2025 of a block list in the template of its policy).
    """
    template: Json = asked["template"]
    _check_shape(template, _SHAPES)
    scope = _scope(turn, template, _objects(asked.get("parameters") or {}, "parameters"))
    made: list[Json] = []
    ordered = _ordered(turn, list(_expanded(template, scope)))
    _require_leave(turn, ordered)
    colliding = _colliding(turn, ordered)
    for number, (resource, inner) in enumerate(ordered):
        if number in colliding:
            raise errors.refusal("another_operation", account_id=colliding[number])
        made += _resource(turn, resource, inner, depth, is_dry=is_dry)
    outputs = {
        name: {"type": item.get("type", "String"), "value": scope.value(item.get("value"))}
        for name, item in _objects(template.get("outputs") or {}, "outputs").items()
        if scope.value(item.get("condition", True))
    }
    return outputs, made


_Shapes: TypeAlias = Mapping[str, type | tuple[type, ...]]
_SHAPES: _Shapes = {"parameters": dict, "variables": dict, "outputs": dict, "resources": (list, dict)}
_RESOURCE: _Shapes = {
    "type": str,
    "name": str,
    "apiVersion": str,
    "copy": dict,
    "dependsOn": list,
    "properties": (dict, str),
}


def _check_shape(found: Json, shapes: _Shapes) -> None:
    for name, kinds in shapes.items():
        if found.get(name) is not None and not isinstance(found[name], kinds):
            raise errors.refusal("invalid_template", text=f"'{name}' has a value of an unexpected type")


def _objects(found: Any, what: str) -> dict[Any, Json]:  # noqa: ANN401 - JSON
    if not isinstance(found, dict) or not all(isinstance(item, dict) for item in found.values()):
        raise errors.refusal("invalid_template", text=f"'{what}' has a member that is no object")
    return found


def _scope(turn: Turn, template: Json, given: Json) -> Scope:
    parameters: Json = {}
    variables: Json = {}

    def parameter(name: str) -> Any:  # noqa: ANN401 - JSON
        return parameters[name.lower()]

    def variable(name: str) -> Any:  # noqa: ANN401 - JSON
        return scope.value(variables[name.lower()])

    scope = Scope(
        {
            "parameters": parameter,
            "variables": variable,
            "resourceGroup": lambda: dict(accounts.require_group(turn)),
            "subscription": lambda: {
                "id": f"/subscriptions/{turn.subscription}",
                "subscriptionId": turn.subscription,
                "tenantId": turn.caller.tenant,
            },
            "tenant": lambda: {"tenantId": turn.caller.tenant},
            "deployment": lambda: {"name": turn.args["template"]},
            "environment": lambda: {"resourceManager": turn.request.origin, "suffixes": {}},
            "resourceId": lambda *parts: _id(turn, [str(part) for part in parts]),
            "subscriptionResourceId": lambda *parts: _path(f"/subscriptions/{turn.subscription}", parts),
            "extensionResourceId": lambda base, *parts: _path(base, parts),
            "reference": lambda identity, *_: _referred(turn, str(identity)),
            "listKeys": lambda identity, *_: dict(account_actions.keys(turn.store, str(identity).lower())),
        }
    )
    declared = _objects(template.get("parameters") or {}, "parameters")
    template_parameters.fill(parameters, declared, given, scope)
    variables |= {name.lower(): value for name, value in (template.get("variables") or {}).items()}
    return scope


def _id(turn: Turn, parts: list[str]) -> str:
    """`resourceId([subscription], [group], type, names…)`."""
    place = next(number for number, part in enumerate(parts) if "/" in part)
    around, kind, names = parts[:place], parts[place], parts[place + 1 :]
    subscription = around[0] if len(around) > 1 else turn.subscription
    base = f"/subscriptions/{subscription}/resourceGroups/{around[-1]}" if around else above(turn)
    return _path(base, [kind, *names])


def _path(base: str, parts: Sequence[str]) -> str:
    """`{base}/providers/{namespace}/{type}/{name}…` of a type and the names of it."""
    namespace, *types = parts[0].split("/")
    path = "/".join(f"{item}/{name}" for item, name in zip(types, parts[1:], strict=True))
    return f"{base}/providers/{namespace}/{path}"


def _referred(turn: Turn, identity: str) -> Json:
    """Properties of a resource that was made, or the outputs of a nested deployment."""
    named = (str(item["id"]) for item in everything(turn) if item["name"].lower() == identity.lower())
    key = (identity if identity.startswith("/") else next(named, identity)).lower()
    for kind in ("account", "deployment", "template"):
        found = turn.store.get(kind, key)
        if found is not None:
            return dict(found["body"]["properties"])
    raise errors.refusal(
        "invalid_template", text=f"the resource '{identity}' that is referred to does not exist"
    )


def everything(turn: Turn) -> Iterator[Json]:
    prefix = f"{above(turn)}/".lower()
    for kind in ("account", "deployment"):
        yield from (item["body"] for item in turn.store.scan(kind, prefix))
    yield from turn.store.scan("raipolicy", prefix)
    yield from (item["body"] for item in turn.store.scan("child", prefix))


def _expanded(template: Json, scope: Scope) -> Iterator[tuple[Json, Scope]]:
    """Resources that are to be made, copies told apart; a dictionary of symbolic names is a list too."""
    resources = template.get("resources") or []
    if isinstance(resources, list):
        places = {f"[{number}]": resource for number, resource in enumerate(resources)}
    else:
        places = {f".{name}": resource for name, resource in resources.items()}
    listed = [{**resource, PLACE: place} for place, resource in _objects(places, "resources").items()]
    for resource in listed:
        _check_shape(resource, _RESOURCE)
    number = 0
    for resource in listed:
        copy = resource.get("copy")
        count = 1 if copy is None else scope.value(copy.get("count"))
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise errors.refusal("invalid_template", text=f"the count of a copy is {count!r}")
        for index in range(min(count, _MOST)):
            number += 1
            inner = scope if copy is None else scope.at(index)
            if resource.get("existing") or not inner.value(resource.get("condition", True)):
                continue
            if number > _MOST:
                raise errors.refusal("invalid_template", text=f"the template has more than {_MOST} resources")
            yield resource, inner


def _ordered(turn: Turn, resources: list[tuple[Json, Scope]]) -> list[tuple[Json, Scope]]:
    """An account before what is in it, and everything after what it depends on; raises InvalidTemplate."""

    def depth(pair: tuple[Json, Scope]) -> tuple[bool, int]:
        kind = str(pair[0].get("type", "")).lower()
        return kind == TYPE.lower(), kind.count("/")

    pending = sorted(resources, key=depth)
    named = {id(pair[0]): _names(turn, *pair) for pair in pending}
    found: list[tuple[Json, Scope]] = []
    while pending:
        waiting = {name for resource, _ in pending for name in named[id(resource)]}
        for resource, scope in pending:
            needs = {str(scope.value(item)).lower() for item in resource.get("dependsOn") or []}
            if not needs & (waiting - named[id(resource)]):
                break
        else:
            raise errors.refusal("invalid_template", text="the dependencies of its resources are circular")
        pending.remove((resource, scope))
        found.append((resource, scope))
    return found


def _require_leave(turn: Turn, ordered: list[tuple[Json, Scope]]) -> None:
    """Refuse what is named twice, and all that its caller may not write at once (reported, 2024 and 2026)."""
    refused: list[str] = []
    seen: set[str] = set()
    for resource, scope in ordered:
        kind, name = str(resource.get("type", "")), str(scope.value(resource.get("name", "")))
        if kind.lower() == TYPE.lower() or kind.count("/") != len(name.split("/")):
            continue
        identity = _id(turn, [kind, *name.split("/")])
        if identity.lower() in seen:
            where = turn.request.content.rfind(json.dumps(resource["name"]).encode())
            raise errors.refusal("named_twice", id=identity.partition("/providers/")[2], column=max(where, 1))
        seen.add(identity.lower())
        client, oid = turn.caller.client, turn.caller.oid
        if not auth.may(turn.store, client, f"{kind}/write", identity):
            part = errors.refusal(
                "part_not_authorized", name=name, kind=kind, client=client, oid=oid, scope=identity
            )
            refused.append(part.message)
    if len(refused) == 1:
        raise errors.refusal("template_not_authorized", text=refused[0])
    if refused:
        raise errors.refusal("template_parts_not_authorized", text=":".join(refused))


def _colliding(turn: Turn, ordered: list[tuple[Json, Scope]]) -> dict[int, str]:
    """Resources that are written below an account while another one is: place and account.

    What does not wait for each other runs at once (documented), and the provider takes one write below an
    account at a time (reported, July 2023): Bicep needs `dependsOn` or `@batchSize(1)`.
    """
    found: dict[int, str] = {}
    before: list[tuple[Json, str, set[str], set[int]]] = []
    for number, (resource, scope) in enumerate(ordered):
        needs = {str(scope.value(item)).lower() for item in resource.get("dependsOn") or []}
        is_serial = (resource.get("copy") or {}).get("mode") == "serial"
        waits: set[int] = set()
        for place, (other, _, names, further) in enumerate(before):
            if needs & names or (is_serial and other is resource):
                waits |= {place, *further}
        kind, name = str(resource.get("type", "")).lower(), str(scope.value(resource.get("name", "")))
        account = _id(turn, [accounts.TYPE, name.partition("/")[0]]) if kind in _BELOW else ""
        if account and any(
            above == account and place not in waits for place, (_, above, _, _) in enumerate(before)
        ):
            found[number] = account
        before.append((resource, account, _names(turn, resource, scope), waits))
    return found


def _names(turn: Turn, resource: Json, scope: Scope) -> set[str]:
    """What others call a resource in `dependsOn`: its id, its name, its symbolic name."""
    kind, name = str(resource.get("type", "")), str(scope.value(resource.get("name", "")))
    copy = str((resource.get("copy") or {}).get("name", ""))
    names = {name.lower(), copy.lower(), resource[PLACE].removeprefix(".").lower()}
    group = scope.value(resource.get("resourceGroup"))
    if kind.count("/") == len(name.split("/")):
        around = [str(group)] if group else []
        names.add(_id(turn, [*around, kind, *name.split("/")]).lower())
    return names - {""}


def _resource(turn: Turn, resource: Json, scope: Scope, depth: int, *, is_dry: bool) -> list[Json]:
    kind = str(resource.get("type", "")).lower()
    name = str(scope.value(resource.get("name", "")))
    if kind == TYPE.lower():
        return _nested(turn, resource, scope, name, depth, is_dry=is_dry)
    child = _CHILDREN.get(kind)
    names = _NAMES.get(kind) if child is None else ("account", *child.names)
    if names is None or ("group" in names) == ("group" in turn.args):
        raise errors.refusal("not_modelled", gap=f"resources of type '{resource.get('type')}' in a template")
    parts = [part for part in name.split("/") if part]
    if len(parts) != len(names):
        path = f"properties.template.resources{resource[PLACE]}"
        if not name:
            raise errors.refusal("template_name_missing", kind=resource["type"], path=path)
        raise errors.refusal("segment_lengths", name=name, kind=resource["type"], path=f"{path}.type")
    identity = _id(turn, [str(resource["type"]), *parts])
    asked = {part: scope.value(value) for part, value in resource.items() if part not in _ENVELOPE}
    request = replace(
        turn.request,
        method="PUT",
        path=identity,
        headers={**turn.request.headers, "content-type": "application/json"},
        content=json.dumps(asked).encode(),
    )
    args = {**turn.args, **dict(zip(names, parts, strict=True))}
    version = str(resource.get("apiVersion", turn.version)).lower()
    writable.require_unlocked(turn.store, "PUT", identity)
    if child is not None and is_dry:
        return [{"id": identity}]
    put = _PUT[kind] if child is None else partial(children.put, child)
    answer = put(replace(turn, request=request, args=args, version=version, action=""))
    account = f"{above(turn)}/providers/{accounts.TYPE}/{parts[0]}".lower()
    provisioning.finish(turn.store, turn.now, account)
    if answer.status >= 400:  # pragma: no cover - handlers raise
        raise AssertionError
    return [{"id": identity}]


def _nested(turn: Turn, resource: Json, scope: Scope, name: str, depth: int, *, is_dry: bool) -> list[Json]:
    """A module of Bicep: its own template with its own parameters, in its group or the same one."""
    if depth > 5:
        raise errors.refusal("invalid_template", text="deployments are nested too deeply")
    properties = resource.get("properties") or {}
    template = properties.get("template")
    if not isinstance(template, dict):
        raise errors.refusal("invalid_template", text=f"the nested deployment '{name}' has no template")
    parameters = scope.value(properties.get("parameters") or {})
    group = scope.value(resource.get("resourceGroup"))
    inner = replace(turn, args={**turn.args, "template": name, **({"group": str(group)} if group else {})})
    require_above(inner)
    try:
        module = {"template": template, "parameters": parameters}
        outputs, made = deployed(inner, module, depth=depth + 1, is_dry=is_dry)
    except errors.Refusal as refusal:
        refusal.modules.append(f"{above(inner)}/providers/{TYPE}/{name}")
        raise
    made_of = body(inner, outputs, made, None)
    turn.store.put("template", key(inner), {"body": made_of, "template": template})
    return made

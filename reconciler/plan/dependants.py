"""Deployments that name others: what is needed beside a selection, and what cannot be done without another.

Only what needs a missing deployment is held back or pulled in: one that already exists serves as well as
before, whatever becomes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.diagnostics import listing
from reconciler.domain.deployment import DesiredDeployment, JsonObject, Unset
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.domain.json_values import at
from reconciler.domain.state import Listed, ObservedState
from reconciler.plan.actions import (
    Action,
    Blocked,
    Create,
    Delete,
    Keep,
    Reason,
    Replace,
    Wait,
    blocked_instead,
)
from reconciler.plan.plan import Refusal

REFERENCES: Final = ("spilloverDeploymentName", "parentDeploymentName")
"""The properties that name another deployment of the same account."""


def targets_of(desired: DesiredDeployment) -> tuple[DeploymentId, ...]:
    """The deployments of the same account that a declaration names."""
    names = map(desired.spec.text, REFERENCES)
    return tuple(DeploymentId(account=desired.id.account, name=n) for n in names if not isinstance(n, Unset))


def named_in(body: JsonObject, by: DeploymentId) -> dict[DeploymentId, str]:
    """The deployments that a body or an answer names, each with the property that names it."""
    named = ((at(body, ("properties", field)), field) for field in REFERENCES)
    return {
        DeploymentId(account=by.account, name=name): field
        for name, field in named
        if isinstance(name, str) and name
    }


def routed_models(body: JsonObject) -> frozenset[str]:
    """The models of Anthropic that a model router's body names, in lower case: each needs a deployment.

    Other members must not be deployed for themselves (Microsoft, model router, 2026-07-08).
    """
    members = at(body, ("properties", "routing", "models"))
    return frozenset(
        str(member.get("name")).lower()
        for member in (members if isinstance(members, list | tuple) else ())
        if isinstance(member, Mapping) and str(member.get("format")).lower() == "anthropic"
    )


def with_needed(desired: DesiredState, observed: ObservedState) -> DesiredState:
    """`desired` with those left out added that a selected one names and that are not there yet."""
    reserve = {item.id: item for item in desired.reserve}
    added: dict[DeploymentId, DesiredDeployment] = {}
    todo = [deployment for deployment in desired.deployments if reserve and desired.covers(deployment.id)]
    while todo:
        for target in targets_of(todo.pop()):
            needed, reading = reserve.get(target), observed.readings.get(target.account)
            if needed is None or target in added or not isinstance(reading, Listed):
                continue
            if reading.find(target) is None:
                added[target] = needed
                todo.append(needed)
    if not added:
        return desired
    scope = desired.scope
    return replace(
        desired,
        deployments=(*desired.deployments, *added.values()),
        scope=replace(scope, left_out=scope.left_out - set(added), pulled_in=frozenset(added)),
    )


def say_why_here(actions: Iterable[Action], pulled_in: Collection[DeploymentId]) -> list[Action]:
    """`actions`, where each that no selection names says which one needs it."""
    listed = list(actions)
    if not pulled_in:
        return listed
    naming = _naming(listed)
    for number, action in enumerate(listed):
        if action.id in pulled_in:
            names = " and ".join(sorted(name.name for name in naming[action.id]))
            needed = f"not selected, but {names} needs it and it is not there yet"
            listed[number] = action.explained(needed, action.explanation)
    return listed


def judge_names(actions: Iterable[Action], observed: ObservedState) -> list[Action]:
    """`actions`, where a write says that it names a deployment which nobody has.

    A model router without a deployment of its Claude members is blocked: ARM refuses it (Microsoft, model
    router, 2026-07-08). What ARM does about other names that lead nowhere is not known.
    """
    listed = list(actions)
    models = _models_after(listed, observed)
    return [_judged(action, models) for action in listed]


def _models_after(actions: Sequence[Action], observed: ObservedState) -> dict[DeploymentId, str]:
    """The deployments that are there once `actions` are carried out, each with its model in lower case."""
    found = {existing.id: (existing.model_name or "").lower() for existing, _ in observed.existing}
    for action in actions:
        if isinstance(action, Delete):
            found.pop(action.id, None)
        elif action.writes and action.desired is not None:
            found[action.id] = action.desired.spec.model.name.lower()
    return found


def _judged(action: Action, models: Mapping[DeploymentId, str]) -> Action:
    if not action.writes or action.desired is None:
        return action
    account, changed = action.id.account, {change.path.partition(".")[0] for change in action.changes}
    lacking = routed_models(action.writes[-1]) if "routing" in changed else frozenset()
    if lacking:  # seldom: then all deployments are gone through
        lacking -= {model for name, model in models.items() if name.account == account}
    if lacking:
        names = ", ".join(sorted(lacking))
        return blocked_instead(
            action,
            Reason.DEPENDENCY_BLOCKED,
            f"a model router needs a deployment of each Claude model it routes to, and {account.name} has "
            f"none of {names}",
            f"declare {names} in {account.name} too, or take it out of routing.models",
        )
    notes = [
        f"{account.name} has no deployment {target.name}, which {field} names: ARM may refuse that"
        for target, field in named_in(action.writes[-1], action.id).items()
        if field in changed and target not in models
    ]
    return action.explained(action.explanation, *notes)


def _naming(actions: Iterable[Action]) -> Mapping[DeploymentId, Sequence[DeploymentId]]:
    """Who declares that it needs whom."""
    naming: dict[DeploymentId, list[DeploymentId]] = defaultdict(list)
    for action in actions:
        for target in () if action.desired is None else targets_of(action.desired):
            naming[target].append(action.id)
    return naming


def block_dependants(actions: Iterable[Action]) -> list[Action]:
    """`actions` with those blocked that name a deployment which is blocked and not there."""
    result = {action.id: action for action in actions}
    missing = [
        name for name, action in result.items() if isinstance(action, Blocked) and action.observed is None
    ]
    naming = _naming(
        action for action in result.values() if not isinstance(action, Delete | Keep | Wait | Blocked)
    )
    while missing:
        target = missing.pop()
        for name in naming[target]:
            action = result[name]
            if isinstance(action, Delete | Keep | Wait | Blocked):
                continue
            result[name] = blocked_instead(
                action,
                Reason.DEPENDENCY_BLOCKED,
                f"it names {target.name}, which is not there and is blocked itself",
                f"see to {target.name} first; or do not name it",
            )
            if isinstance(action, Create):
                missing.append(name)
    return list(result.values())


def keep_referenced(actions: Iterable[Action], observed: ObservedState) -> list[Action]:
    """`actions` with those blocked that would delete or replace what another deployment goes on naming.

    What is out of scope, undeclared or another fleet's counts too. What happens to such a reference at ARM
    is not known.
    """
    result = {action.id: action for action in actions}
    going = [
        item for item in result.values() if isinstance(item, Delete | Replace) and not item.observed.deleting
    ]
    if not going:
        return list(result.values())
    existing = {deployment.id: deployment.resource for deployment, _ in observed.existing}
    while True:
        named = _named_after(result, existing)
        held = [
            (action, by)
            for action in going
            if result[action.id] is action and (by := _holders(action, named.get(action.id, {}), existing))
        ]
        if not held:
            return list(result.values())
        for action, by in held:
            result[action.id] = _still_referenced(action, by, result)


def _holders(
    action: Delete | Replace,
    named_by: Mapping[DeploymentId, str],
    existing: Mapping[DeploymentId, JsonObject],
) -> dict[DeploymentId, str]:
    """Who holds it. What is replaced may be named once it is back: only who names it now holds it."""
    if isinstance(action, Delete):
        return dict(named_by)
    return {
        item: field for item, field in named_by.items() if action.id in named_in(existing.get(item, {}), item)
    }


def _named_after(
    result: Mapping[DeploymentId, Action], existing: Mapping[DeploymentId, JsonObject]
) -> dict[DeploymentId, dict[DeploymentId, str]]:
    """Who names whom once `result` is carried out, and by which property; nobody is held by itself."""
    named: dict[DeploymentId, dict[DeploymentId, str]] = {}
    for name in {**existing, **result}:
        action = result.get(name)
        if isinstance(action, Delete):
            continue
        body = action.writes[-1] if action is not None and action.writes else existing.get(name, {})
        for target, field in named_in(body, name).items():
            if target != name:
                named.setdefault(target, {})[name] = field
    return named


def _still_referenced(
    action: Delete | Replace, by: Mapping[DeploymentId, str], result: Mapping[DeploymentId, Action]
) -> Blocked:
    names = listing([f"{item.name} ({field})" for item, field in sorted(by.items())])
    what = "deleted" if isinstance(action, Delete) else "replaced"
    return blocked_instead(
        action,
        Reason.STILL_REFERENCED,
        f"it would be {what} while it is named by {names}",
        "; ".join(
            f"write `{field}: null` in the entry of {item.name}"
            if item in result and result[item].desired is not None
            else f"nobody declares {item.name} here: un-set its {field}, or delete it, first"
            for item, field in sorted(by.items())
        ),
    )


def without_refused(
    actions: Iterable[Action], refusals: Iterable[Refusal], observed: ObservedState
) -> tuple[Action, ...]:
    """`actions` with those blocked that a quota pool has no room for, and what depends on them."""
    why = {step: refusal for refusal in refusals for step in refusal.steps}
    left = [
        blocked_instead(action, Reason.QUOTA_EXCEEDED, why[action.id].message, why[action.id].fix)
        if action.id in why and action.writes
        else action
        for action in actions
    ]
    return tuple(keep_referenced(block_dependants(left), observed))

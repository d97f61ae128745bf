"""Rules about deployments that name each other: spillover targets and parents.

Names are compared without case. A deployment that a selection left out is declared all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Related, Route, Severity, did_you_mean
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import SkuFamily
from reconciler.manifest.rules.rule import ERROR, WARNING, Finding, RuleContext, once, rule

_SPILLOVER, _PARENT = "spilloverDeploymentName", "parentDeploymentName"


Known = Mapping[DeploymentId, DesiredDeployment]
"""The declared and selected deployments."""


def referring(deployments: Iterable[DesiredDeployment], *fields: str) -> list[DesiredDeployment]:
    """Those that name another one in one of these fields; they are few."""
    return [
        deployment for deployment in deployments if not deployment.spec.settings.keys().isdisjoint(fields)
    ]


def _sibling(deployment: DesiredDeployment, name: str) -> DeploymentId:
    return DeploymentId(account=deployment.id.account, name=name)


def _rings(
    start: DesiredDeployment, known: Known, done: set[DeploymentId]
) -> Iterator[list[DesiredDeployment]]:
    """One for each reference that leads back to where a walk has come from.

    Depth first without recursion: chains of references can be as long as an account is large.
    """
    path = {start.id: start}
    pending = [iter(_named_by(start, known))]
    while pending:
        target = next(pending[-1], None)
        if target is None:
            pending.pop()
            done.add(path.popitem()[0])
        elif target.id in path:
            yield list(path.values())[list(path).index(target.id) :]
        elif target.id not in done:
            path[target.id] = target
            pending.append(iter(_named_by(target, known)))


def _named_by(deployment: DesiredDeployment, known: Known) -> list[DesiredDeployment]:
    spill, parent = deployment.spec.text(_SPILLOVER), deployment.spec.text(_PARENT)
    names = [] if isinstance(spill, Unset) or spill.lower() == deployment.id.name.lower() else [spill]
    names += [] if isinstance(parent, Unset) else [parent]
    return [known[at] for name in names if (at := _sibling(deployment, name)) in known]


def reference_route(deployment: DesiredDeployment, target: DesiredDeployment) -> Route:
    """The field by which `deployment` names `target`."""
    spill = deployment.spec.text(_SPILLOVER)
    if not isinstance(spill, Unset) and spill.lower() == target.id.name.lower():
        return (_SPILLOVER,)
    return (_PARENT,)


@rule(
    "spillover-missing",
    WARNING,
    once,
    source="spillover stays within one account (Microsoft docs, spillover page)",
)
def spillover_missing(context: RuleContext) -> Iterator[Finding]:
    """`spilloverDeploymentName` names a deployment of the same account.

    No manifest declares one of that name; it may exist undeclared, so this is a warning. If it does not
    exist, ARM refuses the write or requests spill nowhere.
    """
    return _undeclared(context, _SPILLOVER, "to spill over to")


def _undeclared(context: RuleContext, field: str, role: str) -> Iterator[Finding]:
    """What names, in a field, a deployment that no manifest declares in its account."""
    for deployment in referring(context.deployments, field):
        name, own = deployment.spec.settings[field], deployment.id
        if not isinstance(name, str) or (wanted := _sibling(deployment, name)) in context.by_id:
            continue
        if wanted in context.desired.scope.left_out:
            continue
        names = [each for each in context.names[own.account] if each.lower() != own.name.lower()]
        meant = did_you_mean(misspelling_of(name, names), similar(name, names, 2))
        yield Finding(
            (field,),
            f"account `{deployment.id.account.name}` declares no deployment `{name}` {role}",
            about=deployment,
            label="not declared in this account",
            fix=meant or f"declare `{name}`, or ignore this if it exists",
        )


def _spilling(context: RuleContext) -> Iterator[tuple[DesiredDeployment, str, DesiredDeployment | None]]:
    """Those that spill over, the name of their target, and the target where it is declared."""
    for deployment in referring(context.deployments, _SPILLOVER):
        name = deployment.spec.text(_SPILLOVER)
        if not isinstance(name, Unset):
            yield deployment, name, context.by_id.get(_sibling(deployment, name))


def _at_target(target: DesiredDeployment | None, route: Route, message: str) -> tuple[Related, ...]:
    """A word at a field of the target, where a text has it."""
    place = None if target is None else target.provenance.place(route)
    return () if place is None else (Related(message=message, place=place),)


@rule("spillover-self", ERROR, once, source="spillover page (Microsoft docs)")
def spillover_self(context: RuleContext) -> Iterator[Finding]:
    """Spillover sends what a provisioned deployment cannot take to a standard deployment of its account.

    A deployment cannot be its own target; names are compared without regard to case.
    """
    for deployment, name, _ in _spilling(context):
        if name.lower() == deployment.id.name.lower():
            yield Finding(
                (_SPILLOVER,),
                f"`{deployment.id.name}` spills over to itself",
                about=deployment,
                label="the deployment itself",
                fix="name a standard deployment of the same account",
            )


@rule("spillover-sku", ERROR, once, source="spillover page (Microsoft docs)")
def spillover_sku(context: RuleContext) -> Iterator[Finding]:
    """Spillover leads from a provisioned deployment to a standard one of the same account.

    Any other pairing is an error. The two should also process data at the same level (global to global,
    data zone to data zone): older documentation demands it, the newer one is silent, so that is a warning.
    """
    for deployment, name, target in _spilling(context):
        own = deployment.spec.sku.name
        if own.known and own.family is not SkuFamily.PROVISIONED:
            yield _finding(deployment, None, ERROR, f"`{own}` cannot spill over: only provisioned SKUs can")
        if target is None or target.id == deployment.id:
            continue
        theirs = target.spec.sku.name
        standard = theirs.family is SkuFamily.RATE and theirs.name != "DeveloperTier"
        if theirs.known and not standard:
            message = f"`{name}` is on `{theirs}`: only standard deployments take what spills over"
            yield _finding(deployment, target, ERROR, message)
        elif own.known and theirs.known and own.reach is not theirs.reach:
            message = f"`{own}` spills over to `{theirs}`: requests leave the {own.reach.value} level"
            yield _finding(deployment, target, WARNING, message)


def _finding(
    deployment: DesiredDeployment, target: DesiredDeployment | None, severity: Severity, message: str
) -> Finding:
    return Finding(
        (_SPILLOVER,),
        message,
        about=deployment,
        label="provisioned to standard only" if severity is ERROR else "another processing level",
        fix="name a standard deployment of the same level (GlobalProvisionedManaged to GlobalStandard, …)",
        related=_at_target(target, ("sku", "name"), "the target's SKU"),
        severity=severity,
    )


@rule("spillover-model", ERROR, once, source="spillover page (Microsoft docs)")
def spillover_model(context: RuleContext) -> Iterator[Finding]:
    """What spills over is answered by the target, so the target must serve the same model.

    Another model is an error; another version of it, or the base in place of a model fine-tuned from it, is
    a warning: callers would get other answers under load.
    """
    for deployment, _, target in _spilling(context):
        if target is None or target.id == deployment.id:
            continue
        item, other = (subject(each.spec.model, context.catalogue) for each in (deployment, target))
        same = deployment.spec.model.name.lower() == target.spec.model.name.lower()
        versions = {what.version for what in (item, other) if isinstance(what.version, str)}
        if same and len(versions) < 2:
            continue
        hidden = item.nameless or other.nameless  # a checkpoint does not say what its base is
        severity = WARNING if same or hidden or item.name.lower() == other.name.lower() else ERROR
        yield Finding(
            (_SPILLOVER,),
            f"`{deployment.id.name}` serves {item.title} and spills over to `{target.id.name}`, "
            f"which serves {other.title}",
            about=deployment,
            label="serves another model" if severity is ERROR else "not quite the same model",
            fix=f"name a standard deployment of {item.title}",
            related=_at_target(target, ("model",), "the target's model"),
            severity=severity,
        )


@rule("parent-missing", WARNING, once, source="Microsoft.CognitiveServices specification, 2024-10-01")
def parent_missing(context: RuleContext) -> Iterator[Finding]:
    """`parentDeploymentName` names a deployment of the same account.

    No manifest declares one of that name; it may exist undeclared, so this is a warning.
    """
    return _undeclared(context, _PARENT, "to be the parent")


@rule("reference-cycle", ERROR, once, source="a target is written before what names it")
def reference_cycle(context: RuleContext) -> Iterator[Finding]:
    """Spillover targets and parents must be written before the deployments that name them.

    Deployments that name each other in a ring have no such order. Take one of the references out of the
    ring.
    """
    done: set[DeploymentId] = set()
    starts = referring(context.deployments, _SPILLOVER, _PARENT)
    rings = (_rings(start, context.by_id, done) for start in starts if start.id not in done)
    for ring in chain.from_iterable(rings):
        first, second = ring[0], ring[1 % len(ring)]
        names = " -> ".join([*(deployment.id.name for deployment in ring), first.id.name])
        steps = zip(ring[1:], (*ring[2:], first), strict=False)
        places = [deployment.provenance.place(reference_route(deployment, to)) for deployment, to in steps]
        yield Finding(
            reference_route(first, second),
            f"deployments name each other in a ring: {names}",
            about=first,
            label="one of these references must go",
            fix=f"remove the reference from `{ring[-1].id.name}` to `{first.id.name}`",
            related=tuple(Related(message="the ring goes on here", place=place) for place in places if place),
        )

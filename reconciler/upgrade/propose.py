"""What to do about every deployment whose model retires: nothing, an edit, a second entry, a removal.

Pure. In place where ARM changes the model in place: a version on any SKU, another model of the same format on
a provisioned one (Microsoft, "Working with models", in-place migration, 2026-07). Else beside: a second
deployment under a new name, and the old one stays until nothing declared names it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Route
from reconciler.domain.deployment import UNSET, DesiredDeployment
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.sku import SkuFamily
from reconciler.plan.dependants import REFERENCES
from reconciler.upgrade import wanted as edits
from reconciler.upgrade.target import Target, TargetSources

_LONGEST_NAME = 64
"""Characters of a deployment's name (Microsoft.CognitiveServices naming rules)."""


class Strategy(StrEnum):
    """How a deployment gets its new model."""

    IN_PLACE = "in-place"
    BESIDE = "beside"
    FINISH = "finish"
    ACCEPT_LIVE = "accept-live"


class Standing(StrEnum):
    """What a proposal comes to."""

    EDIT = "edit"
    WAITING = "waiting"
    UNSOLVED = "unsolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is known of a target; None where it is not."""

    offered: bool | None = None
    size_legal: bool | None = None
    quota: bool | None = None
    capacity: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One deployment, what its model should become, and how; `reason` says why not, or what to know.

    `retires` None with a `target` means that the model has ended already or that the service moved it.
    """

    deployment: DesiredDeployment
    standing: Standing
    retires: date | None = None
    target: Target | None = None
    strategy: Strategy | None = None
    wanted: edits.Wanted | None = None
    checks: Checks = Checks()
    reason: str = ""

    @property
    def id(self) -> DeploymentId:
        """Which deployment."""
        return self.deployment.id

    def with_reasons(self, *more: str, **changes: Any) -> Proposal:  # noqa: ANN401 -- as of `replace`
        """The same with other fields, and with reasons behind the one that it has; empty ones are none."""
        return replace(self, reason="; ".join(filter(None, (self.reason, *more))), **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """What is asked for. `within` in days; `strategy` None: as ARM allows; `live`: what the service moved."""

    sources: TargetSources
    within: int
    strategy: Strategy | None = None
    finish: bool = False
    live: Mapping[DeploymentId, tuple[str, str]] = field(default_factory=dict)


def proposals(
    chosen: Sequence[DesiredDeployment], everything: Sequence[DesiredDeployment], season: Season
) -> tuple[Proposal, ...]:
    """The proposals for the `chosen` deployments, in their order; `everything` is what the files declare."""
    fleet = _Fleet(everything)
    found: list[Proposal] = []
    for item in chosen:
        proposal = _live(item, season) or _retiring(item, season, fleet)
        if proposal is not None:
            found.append(proposal)
            if isinstance(proposal.wanted, edits.Beside):
                fleet.taken[item.id.account].add(proposal.wanted.name.lower())
    beside = {each.id: each for each in found if each.strategy in {Strategy.BESIDE, Strategy.FINISH}}
    return tuple(_spilling(each, beside) for each in found)


class _Fleet:
    """What is declared: the names that are taken, the models, and who names each deployment, and where."""

    def __init__(self, deployments: Sequence[DesiredDeployment]) -> None:
        self.models = {item.id: item.spec.model.name.lower() for item in deployments}
        self.taken: dict[AccountId, set[str]] = defaultdict(set)
        self.users: dict[DeploymentId, list[str]] = defaultdict(list)
        for deployment in deployments:
            self.taken[deployment.id.account].add(deployment.id.name.lower())
            for field_name in REFERENCES:
                target = deployment.spec.settings.get(field_name)
                if isinstance(target, str) and target:
                    identity = DeploymentId(account=deployment.id.account, name=target)
                    self.users[identity].append(f"{deployment.id.name} ({field_name})")


def _spilling(proposal: Proposal, beside: Mapping[DeploymentId, Proposal]) -> Proposal:
    """What spills over follows its target to the one beside it: both must serve one model."""
    named = proposal.deployment.spec.text("spilloverDeploymentName")
    if not isinstance(proposal.wanted, edits.NewValues) or not isinstance(named, str):
        return proposal
    target = beside.get(DeploymentId(account=proposal.id.account, name=named))
    if (
        target is None
        or target.target is None
        or target.standing is Standing.UNSOLVED
        or proposal.target is None
    ):
        return proposal
    if (target.target.name, target.target.version) != (proposal.target.name, proposal.target.version):
        return proposal
    name = successor_name(target.deployment, target.target)
    wanted = replace(proposal.wanted, values={**proposal.wanted.values, edits.SPILLOVER: name})
    reason = f"from then on it spills over to {name}, which serves the same model"
    return proposal.with_reasons(reason, wanted=wanted)


def _live(deployment: DesiredDeployment, season: Season) -> Proposal | None:
    """The service moved it: the manifest follows."""
    live = season.live.get(deployment.id)
    if live is None:
        return None
    name, version = live
    model = deployment.spec.model
    target = Target(
        name=name,
        version=version,
        format=model.format,
        source="what ARM says is deployed",
        as_of=season.sources.today.isoformat(),
        offered=None,
    )
    return Proposal(
        deployment=deployment,
        standing=Standing.EDIT,
        target=target,
        strategy=Strategy.ACCEPT_LIVE,
        wanted=edits.NewValues(id=deployment.id, values=_model_values(deployment, target)),
        checks=Checks(offered=True, size_legal=True, quota=True, capacity=True),
        reason="the service upgraded it",
    )


def _retiring(deployment: DesiredDeployment, season: Season, fleet: _Fleet) -> Proposal | None:
    catalogue = season.sources.catalogue
    what = subject(deployment.spec.model, catalogue)
    facts = None
    if what.known is not None:
        sku = deployment.spec.sku.name
        facts = catalogue.lifecycle(what.name, what.version, sku, fine_tuned=what.fine_tuned)
    if facts is None:
        return None
    left = None if facts.retires is None else (facts.retires - season.sources.today).days
    if facts.stage is not Stage.RETIRED and (left is None or left > season.within):
        return None
    unsolved = Proposal(deployment=deployment, standing=Standing.UNSOLVED, retires=facts.retires)
    if what.fine_tuned:
        successor = facts.successor or "a newer model"
        reason = f"a fine-tuned model ends with its base; train it again on {successor}"
        return replace(unsolved, reason=reason)
    target, reasons = season.sources.choose(deployment, facts.retires)
    if target is None:
        return replace(unsolved, reason="; ".join(reasons))
    return _moved(unsolved, target, reasons, season, fleet)


def _moved(
    unsolved: Proposal, target: Target, passed_over: Sequence[str], season: Season, fleet: _Fleet
) -> Proposal:
    """How a deployment gets to its target; the proposal as it was, with the reason, where it cannot."""
    item = unsolved.deployment
    model = item.spec.model
    in_place = model.name.lower() == target.name.lower() or (
        item.spec.sku.name.family is SkuFamily.PROVISIONED and model.format.lower() == target.format.lower()
    )
    strategy = season.strategy or (Strategy.IN_PLACE if in_place else Strategy.BESIDE)
    notes = [*target.cautions, *passed_over]
    unsolved = replace(unsolved, target=target, strategy=strategy, checks=Checks(offered=target.offered))
    if strategy is Strategy.IN_PLACE and not in_place:
        reason = f"ARM does not change {model.name} to {target.name} in place; use --strategy beside"
        return replace(unsolved, reason=reason)
    name = successor_name(item, target)
    twin = DeploymentId(account=item.id.account, name=name)
    if strategy is Strategy.BESIDE and fleet.models.get(twin) == target.name.lower():
        return _cut_over(replace(unsolved, checks=Checks()), name, season, fleet.users.get(item.id, ()))
    size = resized(item, target, season.sources.catalogue)
    if size.reason:
        notes.append(size.reason)
    unsolved = replace(unsolved, checks=Checks(offered=target.offered, size_legal=size.legal))
    if size.legal is False:
        return replace(unsolved, reason="; ".join(notes))
    values = _model_values(item, target)
    if size.capacity is not None:
        values[edits.CAPACITY] = str(size.capacity)
    wanted: edits.Wanted = edits.NewValues(id=item.id, values=values)
    if strategy is Strategy.BESIDE:
        if name.lower() in fleet.taken[item.id.account]:
            reason = f"`{name}` is already declared, with another model; rename it or edit by hand"
            return replace(unsolved, reason=reason)
        ends = f"retires on {unsolved.retires}" if unsolved.retires else "is retired"
        version = "" if model.version is UNSET else f" {model.version}"
        comment = f"Takes the place of {item.id.name}: {model.name}{version} {ends}."
        wanted = edits.Beside(id=item.id, name=name, values=values, comment=comment)
        notes.append(f"move the traffic to {name}, then run {_finishing(season)}")
    return replace(unsolved, standing=Standing.EDIT, wanted=wanted, reason="; ".join(notes))


def _finishing(season: Season) -> str:
    """The command that takes the old entries out: it finds the target only where it is asked as before."""
    to = season.sources.to
    asked = "" if to is None else f" --to {to.name}{f'@{to.version}' if to.version else ''}"
    return f"`reconciler upgrade --finish{asked} --write`"


def _cut_over(unsolved: Proposal, name: str, season: Season, users: Sequence[str]) -> Proposal:
    """The new one is declared already: the old one goes once it is asked for and nothing names it."""
    base = replace(unsolved, strategy=Strategy.FINISH)
    if not season.finish:
        reason = f"{name} is declared beside it; move the traffic, then run {_finishing(season)}"
        return replace(base, standing=Standing.WAITING, reason=reason)
    if users:
        them = "it" if len(users) == 1 else "them"
        return replace(base, reason=f"still named by {', '.join(users)}; point {them} to {name} first")
    reason = f"{name} takes its place"
    return replace(base, standing=Standing.EDIT, wanted=edits.Removal(id=base.id), reason=reason)


def _model_values(deployment: DesiredDeployment, target: Target) -> dict[Route, str]:
    """The fields of the model that have to be written, and no others."""
    model = deployment.spec.model
    values: dict[Route, str] = {}
    if model.name.lower() != target.name.lower():
        values[edits.NAME] = target.name
    if model.version is UNSET or model.version != target.version:
        values[edits.VERSION] = target.version
    if model.format.lower() != target.format.lower():
        values[edits.FORMAT] = target.format
    return values


def successor_name(deployment: DesiredDeployment, target: Target) -> str:
    """The name of the deployment beside: the old name with the new model's in the place of the old one's.

    The same for the same input, so that a later run finds what an earlier one wrote.
    """
    old, name = deployment.spec.model.name, deployment.id.name
    wanted = re.sub(re.escape(old), lambda _: target.name, name, flags=re.IGNORECASE)
    if wanted.lower() == name.lower():
        wanted = f"{name}-{target.name}"
    cleaned = re.sub(r"[^A-Za-z0-9._-]", "-", wanted)
    return cleaned[:_LONGEST_NAME].rstrip("-._")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resized:
    """The capacity that the new model needs; None: as it is. `legal` None: the sizes are not known."""

    capacity: int | None
    legal: bool | None
    reason: str = ""


def resized(deployment: DesiredDeployment, target: Target, catalogue: Catalogue) -> Resized:
    """The size that carries the same load on the target, rounded up to one that it can have.

    On provisioned SKUs a PTU carries a number of tokens that differs by model (`input_tpm`, published
    tables), so the load is kept; on the others a unit is a rate, and the rate is kept.
    """
    sku, model = deployment.spec.sku, deployment.spec.model
    if sku.capacity is UNSET:
        return Resized(capacity=None, legal=None)
    amount = sku.capacity.amount
    sizes = catalogue.offer(target.name, target.version, sku.name, deployment.region)
    needed, why = Fraction(amount), ""
    if sku.name.family is SkuFamily.PROVISIONED:
        before, after = catalogue.ptu(model.name, model.version), catalogue.ptu(target.name, target.version)
        if before is not None and after is not None and before.input_tpm != after.input_tpm:
            needed = Fraction(amount * before.input_tpm, after.input_tpm)
            why = (
                f"{amount} PTU x {before.input_tpm:,} / {after.input_tpm:,} input tokens a minute per PTU = "
                f"{float(needed):.1f}"
            )
    if sizes is None:
        capacity = math.ceil(needed)
        return Resized(capacity=None if capacity == amount else capacity, legal=None, reason=why)
    fitting = sizes.round_up(needed)
    if fitting is None:
        reason = (
            f"{target.name} takes at most {sizes.maximum} on {sku.name}; the load needs {math.ceil(needed)}"
        )
        return Resized(capacity=None, legal=False, reason=reason)
    if fitting == amount:
        return Resized(capacity=None, legal=True)
    legal = f"{target.name} on {sku.name} takes {sizes.minimum} or more, in steps of {sizes.step}"
    return Resized(capacity=fitting, legal=True, reason=f"{why}; {legal}" if why else legal)

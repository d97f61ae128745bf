"""Rules about how long declared models and deployments live.

The newest source's date counts; ARM's older date is told beside it, never used against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.facts import LifecycleFacts, Model, Stage
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Route, counted
from reconciler.domain.deployment import UNSET, DesiredDeployment, Unset
from reconciler.domain.sku import SkuName
from reconciler.manifest.rules.rule import ERROR, WARNING, Finding, RuleContext, found, rule, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A deployment and what is known of the end of its model, and of the end of the model's successor."""

    deployment: DesiredDeployment
    what: Subject
    facts: LifecycleFacts
    successor: LifecycleFacts | None

    @property
    def retired(self) -> bool:
        """Whether a source says retired in so many words."""
        return self.facts.stage is Stage.RETIRED

    @property
    def ends(self) -> date | None:
        """The retirement date."""
        return self.facts.retires

    def days_left(self, today: date) -> int | None:
        """Days until retirement, negative once past; None without a date."""
        return None if self.facts.retires is None else (self.facts.retires - today).days

    def past(self, today: date) -> bool:
        """Whether the date is today or before."""
        left = self.days_left(today)
        return left is not None and left <= 0

    @property
    def route(self) -> Route:
        """Where the finding points: the version if it is stated, else the model's name."""
        stated = any(layer.states(("model", "version")) for layer in self.deployment.provenance.layers)
        return ("model", "version") if stated and not self.what.fine_tuned else ("model", "name")

    @property
    def source(self) -> str:
        """Table and date, with other dates that were said."""
        notes = []
        if self.facts.also_said:
            notes.append(self.facts.also_said)
        arm, ours = self.facts.arm_retires, {None, self.facts.retires, self.facts.disputed_with}
        if arm not in ours and self.facts.arm_source != self.facts.source:
            notes.append(f"{self.facts.arm_source} said {arm}")
        return f"{self.facts.source}" + (f" ({'; '.join(notes)})" if notes else "")

    def fix(self, today: date) -> str:
        """What to move to; a successor whose own end has come is named, but nobody is sent there."""
        successor, ends = self.facts.successor, self.successor.retires if self.successor is not None else None
        if not successor:
            return "move to a newer version or model"
        if ends is not None and ends <= today:
            return f"move to a newer model: {successor}, which the table names, was to retire on {ends}"
        return f"move to {successor}"


def lives(context: RuleContext) -> Iterator[Life]:
    """Every deployment of whose model's end something is known.

    Without a version, nothing follows from the end of the one that was the default in the catalogue, as long
    as another version is served: the service has another default by then.
    """
    catalogue = context.catalogue
    for deployment in context.deployments:
        what, sku = subject(deployment.spec.model, catalogue), deployment.spec.sku.name
        if what.known is None:
            continue
        if what.version is UNSET and not what.fine_tuned:
            served = versions_served(what.known, sku, context)
            if served and what.known.default_version not in served:
                continue
        facts = catalogue.lifecycle(what.name, what.version, sku, fine_tuned=what.fine_tuned)
        if facts is not None:
            successor = catalogue.lifecycle(facts.successor, UNSET) if facts.successor else None
            yield Life(deployment=deployment, what=what, facts=facts, successor=successor)


def versions_served(model: Model, sku: SkuName, context: RuleContext) -> tuple[str, ...]:
    """The known versions of a model whose end, on this SKU, has not come."""
    served = []
    for version in model.versions:
        facts = context.catalogue.lifecycle(model.name, version, sku)
        ends = None if facts is None else facts.retires
        if facts is None or (facts.stage is not Stage.RETIRED and (ends is None or ends > context.today)):
            served.append(version)
    return tuple(served)


@rule("model-retired", ERROR, source=tables, by_entry=True)
def model_retired(context: RuleContext) -> Iterator[Finding]:
    """A retired model takes no new deployments, and existing ones answer 410.

    Retired by status is an error; in commands that read ARM it is a warning, because there ARM's own list
    decides what can be created, and what exists is left alone. A retirement date in the past alone is a
    warning, because dates have moved; with `retirement.failWithinDays` above 0 in the Fleet it is an error.
    For fine-tuned models the date of fine-tuned deployments counts, which is later than the base's. Move to
    the successor.
    """
    strict = context.desired.fleet.retirement.fail_within_days > 0
    for life in lives(context):
        left = life.days_left(context.today)
        if life.retired:
            since = f" since {life.ends}" if life.past(context.today) else ""
            message = f"{life.what.title} has been retired{since}"
        elif left is not None and left <= 0:
            message = f"{life.what.title} was to retire on {life.ends}, {counted(-left, 'day')} ago"
        else:
            continue
        yield found(
            life.deployment,
            life.route,
            message,
            label="retired" if life.retired else f"to retire on {life.ends}",
            source=life.source,
            fix=life.fix(context.today),
            severity=ERROR if strict or (life.retired and not context.asks_arm) else WARNING,
        )


@rule("model-retiring-soon", WARNING, loudest=ERROR, source=tables, by_entry=True)
def model_retiring_soon(context: RuleContext) -> Iterator[Finding]:
    """The model version retires within `retirement.warnWithinDays` (90 unless the Fleet says otherwise).

    Within `failWithinDays` it is an error. Plan the move: deploy the successor under a new name, then cut
    over. If a table gives two dates, the earlier counts.
    """
    limits = context.desired.fleet.retirement
    for life in lives(context):
        days = life.days_left(context.today)
        if days is None or life.retired or days <= 0:
            continue
        failing = limits.fail_within_days > 0 and days <= limits.fail_within_days
        if not failing and days > limits.warn_within_days:
            continue
        yield found(
            life.deployment,
            life.route,
            f"{life.what.title} retires on {life.ends}, in {counted(days, 'day')}",
            label=f"retires on {life.ends}",
            source=life.source,
            fix=life.fix(context.today),
            severity=ERROR if failing else WARNING,
        )


_MEANING = {
    Stage.LEGACY: "legacy: it can be deployed",
    Stage.DEPRECATED: "deprecated: only subscriptions that have deployed it before can",
}


@rule("model-deprecating", WARNING, source=tables, by_entry=True)
def model_deprecating(context: RuleContext) -> Iterator[Finding]:
    """Microsoft calls the version Legacy (a successor exists) or Deprecated.

    A deprecated version can be deployed only by subscriptions that have deployed it before; ARM calls that
    Deprecating. Existing deployments go on until the retirement date. New work should start on the
    successor.
    """
    for life in lives(context):
        stage = life.facts.stage
        meaning = _MEANING.get(stage) if stage else None
        if meaning is None or life.past(context.today):
            continue
        until = f" until it retires on {life.ends}" if life.ends else ""
        yield found(
            life.deployment,
            life.route,
            f"{life.what.title} is {meaning}{until}",
            label=str(stage),
            source=life.source,
            fix=life.fix(context.today),
        )


_WHEN = {
    "OnceNewDefaultVersionAvailable": "when a new default version appears",
    "OnceCurrentVersionExpired": "when this version expires",
}


@rule(
    "upgrade-conflict", WARNING, source="Microsoft.CognitiveServices specification, 2025-06-01", by_entry=True
)
def upgrade_conflict(context: RuleContext) -> Iterator[Finding]:
    """The manifest pins `model.version` and lets the service upgrade it.

    After such an upgrade the manifest and ARM disagree, and the next apply asks for the old version again,
    which ARM may refuse. Pin the version with `NoAutoUpgrade`, or leave the version out and let the service
    choose.
    """
    for deployment in context.deployments:
        version, option = deployment.spec.model.version, deployment.spec.text("versionUpgradeOption")
        if isinstance(version, Unset) or isinstance(option, Unset) or option not in _WHEN:
            continue
        yield found(
            deployment,
            ("versionUpgradeOption",),
            f"version `{version}` is pinned, and `{option}` lets the service change it {_WHEN[option]}",
            label="upgrades the pinned version",
            fix="write NoAutoUpgrade, or leave model.version out",
        )


@rule("developer-tier-expires", WARNING, source=tables, by_entry=True)
def developer_tier_expires(context: RuleContext) -> Iterator[Finding]:
    """`DeveloperTier` deployments live 24 hours and are then deleted by the service.

    Declared in a manifest, such a deployment goes missing every day: drift reports it as expired. Use it
    for trying a model out, and another SKU for anything that must stay.
    """
    lifetime = context.catalogue.limit("developer-tier-lifetime-hours")
    lives = counted(lifetime.value, "hour")
    for deployment in context.deployments:
        if deployment.spec.sku.name.name == "DeveloperTier":
            yield found(
                deployment,
                ("sku", "name"),
                f"the service deletes `{deployment.id.name}` {lives} after its creation",
                label=f"lives {lives}",
                source=str(lifetime.source),
                fix="use Standard or GlobalStandard for a deployment that must stay",
            )

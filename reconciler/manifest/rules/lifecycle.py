"""Rules about how long declared models and deployments live.

The newest source's date counts; ARM's older date is told beside it, never used against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.facts import LifecycleFacts, Stage
from reconciler.catalogue.subject import Subject
from reconciler.diagnostics import Route, Severity, counted
from reconciler.domain.deployment import UNSET, DesiredDeployment, Unset
from reconciler.manifest.rules.rule import ERROR, WARNING, Declaration, Finding, rule, tables, wordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A deployment and what is known of the end of its model, and of the end of the model's successor."""

    deployment: DesiredDeployment
    what: Subject
    facts: LifecycleFacts
    successor: LifecycleFacts | None

    def days_left(self, today: date) -> int | None:
        """Days until retirement, negative once past; None without a date."""
        return None if self.facts.retires is None else (self.facts.retires - today).days

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

    def finding(self, message: str, label: str, severity: Severity, today: date) -> Finding:
        """What is said of its model."""
        text = f"{self.what.title} {message}"
        fix = self.fix(today)
        return Finding(self.route, text, label=label, source=self.source, fix=fix, severity=severity)


def lives(this: Declaration) -> Iterator[Life]:
    """Its life, where something is known of its model's end.

    Without a version, nothing follows from the end of the one that was the default in the catalogue, as long
    as another version is served: the service has another default by then.
    """
    what, catalogue = this.what, this.catalogue
    if what.known is None:
        return
    if what.version is UNSET and not what.fine_tuned:
        served = versions_served(this)
        if served and what.known.default_version not in served:
            return
    facts = catalogue.lifecycle(what.name, what.version, this.sku, fine_tuned=what.fine_tuned)
    if facts is not None:
        successor = catalogue.lifecycle(facts.successor, UNSET) if facts.successor else None
        yield Life(deployment=this.deployment, what=what, facts=facts, successor=successor)


def versions_served(this: Declaration) -> tuple[str, ...]:
    """The known versions of its model whose end, on its SKU, has not come."""
    served = []
    for version in this.what.known.versions if this.what.known is not None else ():
        facts = this.catalogue.lifecycle(this.what.name, version, this.sku)
        ends = None if facts is None else facts.retires
        if facts is None or (
            facts.stage is not Stage.RETIRED and (ends is None or ends > this.context.today)
        ):
            served.append(version)
    return tuple(served)


@rule("model-retired", ERROR, wordings, source=tables)
def model_retired(this: Declaration) -> Iterator[Finding]:
    """A retired model takes no new deployments, and existing ones answer 410.

    Retired by status is an error; in commands that read ARM it is a warning, because there ARM's own list
    decides what can be created, and what exists is left alone. A retirement date in the past alone is a
    warning, because dates have moved; with `retirement.failWithinDays` above 0 in the Fleet it is an error.
    For fine-tuned models the date of fine-tuned deployments counts, which is later than the base's. Move to
    the successor.
    """
    today, strict = this.context.today, this.context.desired.fleet.retirement.fail_within_days > 0
    for life in lives(this):
        left, retired = life.days_left(today), life.facts.stage is Stage.RETIRED
        past = left is not None and left <= 0
        if retired:
            message = f"has been retired{f' since {life.facts.retires}' if past else ''}"
        elif left is not None and past:
            message = f"was to retire on {life.facts.retires}, {counted(-left, 'day')} ago"
        else:
            continue
        label = "retired" if retired else f"to retire on {life.facts.retires}"
        severity = ERROR if strict or (retired and not this.context.asks_arm) else WARNING
        yield life.finding(message, label, severity, today)


@rule("model-retiring-soon", WARNING, wordings, loudest=ERROR, source=tables)
def model_retiring_soon(this: Declaration) -> Iterator[Finding]:
    """The model version retires within `retirement.warnWithinDays` (90 unless the Fleet says otherwise).

    Within `failWithinDays` it is an error. Plan the move: deploy the successor under a new name, then cut
    over. If a table gives two dates, the earlier counts.
    """
    today, limits = this.context.today, this.context.desired.fleet.retirement
    for life in lives(this):
        days = life.days_left(today)
        if days is None or life.facts.stage is Stage.RETIRED or days <= 0:
            continue
        failing = limits.fail_within_days > 0 and days <= limits.fail_within_days
        if failing or days <= limits.warn_within_days:
            label, severity = f"retires on {life.facts.retires}", ERROR if failing else WARNING
            yield life.finding(f"{label}, in {counted(days, 'day')}", label, severity, today)


_MEANING = {
    Stage.LEGACY: "legacy: it can be deployed",
    Stage.DEPRECATED: "deprecated: only subscriptions that have deployed it before can",
}


@rule("model-deprecating", WARNING, wordings, source=tables)
def model_deprecating(this: Declaration) -> Iterator[Finding]:
    """Microsoft calls the version Legacy (a successor exists) or Deprecated.

    A deprecated version can be deployed only by subscriptions that have deployed it before; ARM calls that
    Deprecating. Existing deployments go on until the retirement date. New work should start on the
    successor.
    """
    today = this.context.today
    for life in lives(this):
        stage = life.facts.stage
        meaning = _MEANING.get(stage) if stage else None
        if meaning is not None and (life.facts.retires is None or life.facts.retires > today):
            until = f" until it retires on {life.facts.retires}" if life.facts.retires else ""
            yield life.finding(f"is {meaning}{until}", str(stage), WARNING, today)


_WHEN = {
    "OnceNewDefaultVersionAvailable": "when a new default version appears",
    "OnceCurrentVersionExpired": "when this version expires",
}


@rule("upgrade-conflict", WARNING, wordings, source="Microsoft.CognitiveServices specification, 2025-06-01")
def upgrade_conflict(this: Declaration) -> Iterator[Finding]:
    """The manifest pins `model.version` and lets the service upgrade it.

    After such an upgrade the manifest and ARM disagree, and the next apply asks for the old version again,
    which ARM may refuse. Pin the version with `NoAutoUpgrade`, or leave the version out and let the service
    choose.
    """
    version, option = this.model.version, this.deployment.spec.text("versionUpgradeOption")
    if not isinstance(version, Unset) and not isinstance(option, Unset) and option in _WHEN:
        yield Finding(
            ("versionUpgradeOption",),
            f"version `{version}` is pinned, and `{option}` lets the service change it {_WHEN[option]}",
            label="upgrades the pinned version",
            fix="write NoAutoUpgrade, or leave model.version out",
        )


@rule("developer-tier-expires", WARNING, wordings, source=tables)
def developer_tier_expires(this: Declaration) -> Iterator[Finding]:
    """`DeveloperTier` deployments live 24 hours and are then deleted by the service.

    Declared in a manifest, such a deployment goes missing every day: drift reports it as expired. Use it
    for trying a model out, and another SKU for anything that must stay.
    """
    if this.sku.name == "DeveloperTier":
        lifetime = this.catalogue.limit("developer-tier-lifetime-hours")
        lives = counted(lifetime.value, "hour")
        yield Finding(
            ("sku", "name"),
            f"the service deletes `{this.deployment.id.name}` {lives} after its creation",
            label=f"lives {lives}",
            source=str(lifetime.source),
            fix="use Standard or GlobalStandard for a deployment that must stay",
        )

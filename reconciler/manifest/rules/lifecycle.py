"""How long the declared models live, for the rules about retirement.

The newest source's date counts; ARM's older date is told beside it, never used against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reconciler.catalogue.facts import LifecycleFacts, Stage
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import Route
from reconciler.domain.deployment import UNSET, DesiredDeployment
from reconciler.domain.state import DesiredState


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A deployment and what is known of the end of its model, and of the end of the model's successor."""

    deployment: DesiredDeployment
    what: Subject
    facts: LifecycleFacts
    successor: LifecycleFacts | None

    @property
    def stage(self) -> Stage | None:
        """Microsoft's word for the model's age; None for fine-tuned models, which have none of their own."""
        return self.facts.stage

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

    def days_ago(self, today: date) -> int:
        """Days since retirement; 0 without a date."""
        return -(self.days_left(today) or 0)

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
        if self.facts.disputed_with is not None:
            notes.append(f"the same table also says {self.facts.disputed_with}")
        arm = self.facts.arm_retires
        if arm is not None and arm != self.facts.retires and self.facts.arm_source != self.facts.source:
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


def lives(desired: DesiredState, catalogue: Catalogue) -> Iterator[Life]:
    """Every deployment of whose model's end something is known."""
    for deployment in desired.deployments:
        what = subject(deployment.spec.model, catalogue)
        if what.known is None:
            continue
        facts = catalogue.lifecycle(
            what.name, what.version, deployment.spec.sku.name, fine_tuned=what.fine_tuned
        )
        if facts is not None:
            successor = catalogue.lifecycle(facts.successor, UNSET) if facts.successor else None
            yield Life(deployment=deployment, what=what, facts=facts, successor=successor)

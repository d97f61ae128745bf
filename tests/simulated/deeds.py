"""What was done to the deployments of a world, by whom: the truth that a plan and a report are held against.

ARM's Activity Log tells a part of it: the writes and deletes that were asked for, minutes late, and nothing
of what the service does by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reconciler.domain.ids import DeploymentId
from reconciler.domain.platform import Activity, ActivityEvent

US, SERVICE = "us", "the service"
START = datetime(2026, 6, 22, tzinfo=UTC)
"""The moment at which a world's time is 0."""

Model = tuple[str, str]
"""Name and version."""


def stamp(seconds: float) -> str:
    """A time of the world as ARM writes it."""
    return (START + timedelta(seconds=seconds)).isoformat()


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A PUT, a DELETE or an upgrade, with the model before and after it; None where nothing was there."""

    at: float
    who: str
    verb: str
    target: DeploymentId
    before: Model | None
    after: Model | None

    @property
    def moves(self) -> bool:
        """Whether the deployment has another model by it, or is another deployment."""
        return self.before != self.after


@dataclass(frozen=True, kw_only=True)
class Event:
    """A deed as it stands in the Activity Log: once when it began, once when it ended."""

    at: float
    who: str
    verb: str
    target: DeploymentId
    status: str


@dataclass
class Deeds:
    """Everything that was done, and the log of it; `lag` is by how many seconds its events come late."""

    all: list[Deed] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lag: float = 0.0
    readable: bool = True

    def of(self, target: DeploymentId) -> Sequence[Deed]:
        """What was done to one deployment, the earliest first."""
        return [deed for deed in self.all if deed.target == target]

    def moves_since_ours(self, target: DeploymentId) -> Sequence[Deed]:
        """The moves to another model since the last that we asked for, if we asked for any."""
        moves = [deed for deed in self.of(target) if deed.moves]
        ours = [number for number, deed in enumerate(moves) if deed.who == US]
        return moves[ours[-1] + 1 :] if ours else moves

    def strangers(self, target: DeploymentId) -> Sequence[Deed]:
        """What others than we and the service have done since it was made."""
        found = self.of(target)
        made = [number for number, deed in enumerate(found) if deed.before is None and deed.verb == "write"]
        return [deed for deed in found[made[-1] if made else 0 :] if deed.who not in {US, SERVICE}]

    def seen(self, now: float) -> Sequence[Event]:
        """What the log tells by now, the newest first."""
        told = [event for event in self.events if event.at + self.lag <= now]
        return sorted(told, key=lambda event: event.at)[::-1]

    def activity(self, now: float) -> Activity:
        """The same as ARM's client gives it."""
        return Activity(
            events=tuple(
                ActivityEvent(
                    resource=str(event.target).upper(),
                    operation=f"Microsoft.CognitiveServices/accounts/deployments/{event.verb}",
                    status=event.status,
                    caller=event.who,
                    at=stamp(event.at),
                )
                for event in self.seen(now)
            )
        )

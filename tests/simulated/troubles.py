"""What goes wrong during a run of the product, as Hypothesis draws it."""

from dataclasses import dataclass

from hypothesis import strategies as st

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import FLEET_TAG
from reconciler.engine.stop import Cause, Interruption, Stop
from reconciler.errors import Conflict, Forbidden
from tests.simulated.arm import Crash, Exchange, Fault, SimulatedArm, World, lose_answer
from tests.simulated.fleets import deployment

ACCOUNTS = ("alpha", "beta")
NAMES = ("a", "b", "c")
POOLS = ("OpenAI.GlobalStandard.gpt-x", "OpenAI.ProvisionedManaged")
SUDDEN = frozenset({"taken over", "upgraded"})
"""Troubles in which somebody else writes between two requests of ours."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong from the `at`-th exchange of a run on, for `times` exchanges.

    With `writing`, and of upgrades always, they are counted from the first write of the run, which has the
    number 1: what was upgraded before it was looked at is no trouble.
    """

    kind: str
    at: int
    times: int
    only: str
    writing: bool

    def meets(self, number: int, target: str) -> bool:
        times = 1 if "killed" in self.kind else self.times  # nobody dies twice
        return self.at <= number < self.at + times and self.only in target

    @property
    def unlisted(self) -> frozenset[DeploymentId]:
        """What lists do not show yet, although it is there."""
        late = [place for place in ACCOUNTS if self.kind == "list lags" and self.only in place]
        return frozenset(deployment(name, in_account=place) for place in late for name in NAMES[:2])

    def fault(self, stop: Stop, world: World) -> Fault:
        before: list[int] = [] if self.writing or self.kind == "upgraded" else [0]
        """How many exchanges do not count; unknown before the first write."""

        def at(exchange: Exchange, phase: str) -> None:
            if not before and exchange.verb in {"PUT", "DELETE"}:
                before.append(exchange.number - 1)
            if before and self.meets(exchange.number - before[0], exchange.target):
                self._strike(exchange, phase, stop, world)

        return at

    def _strike(self, exchange: Exchange, phase: str, stop: Stop, world: World) -> None:
        writes = exchange.verb in {"PUT", "DELETE"}
        match self.kind, phase:
            case ("lost before", "before") | ("lost after", "after"):
                lose_answer(exchange)
            case ("killed before", "before") | ("killed after", "after"):
                raise Crash
            case "interrupted", "before":
                stop.ask(Interruption(cause=Cause.SIGTERM))
            case "taken over", "before":
                _take_over(exchange, world)
            case "upgraded", "before":
                for target in world.upgradable():
                    world.upgrade(target, exchange.time)
                    world.taken_over[target] = (exchange, world.deployments[target]["etag"])
            case "busy", "before" if writes:
                raise Conflict("busy", operation="write", target="", status=409, code="RequestConflict")
            case "quota taken", "before" if writes:
                world.limits.update({pool: world.used(pool) for pool in POOLS})
            case "forbidden", "before":
                raise Forbidden("no", operation="any", target="", status=403, code="AuthorizationFailed")
            case "list forbidden", "before" if exchange.verb == "LIST":
                raise Forbidden("no", operation="list", target="", status=403, code="AuthorizationFailed")
            case _:
                return


def _take_over(exchange: Exchange, world: World) -> None:
    """Another fleet's PUT between two requests of ours, to whatever the number of the request chooses."""
    where = ACCOUNTS[exchange.number % len(ACCOUNTS)]
    target = deployment(NAMES[exchange.number % len(NAMES)], in_account=where)
    there = world.deployments.get(target)
    body: JsonObject = {
        "sku": {"name": "GlobalStandard", "capacity": 7},
        "properties": {
            "model": {
                "name": there["properties"]["model"]["name"] if there else "gpt-x",
                "format": "OpenAI",
                "version": "1",
            }
        },
        "tags": {FLEET_TAG: "theirs"},
    }
    if SimulatedArm(world, who="them").stranger_puts(target, body):
        world.taken_over[target] = (exchange, world.deployments[target]["etag"])


troubles = st.builds(
    Trouble,
    kind=st.sampled_from(
        [
            "lost before",
            "lost after",
            *["killed before", "killed after", "upgraded"] * 3,
            "interrupted",
            "taken over",
            "busy",
            "forbidden",
            "list forbidden",
            "list lags",
            "quota taken",
        ]
    ),
    at=st.integers(min_value=1, max_value=12) | st.integers(min_value=1, max_value=60),
    writing=st.sampled_from([True, True, False]),
    times=st.sampled_from([1, 2, 10_000]),
    only=st.sampled_from(["", "", "", "alpha", "beta"]),
)

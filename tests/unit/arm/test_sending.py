"""The last moment before a request is sent: what is told, what may keep it here, and who takes a place."""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.arm.client import ArmClient
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted, Deferred
from tests.simulated.time import VirtualClock
from tests.unit.arm.scripted import ACCOUNT, CHAT, ELSEWHERE, Wire, ask, put, refusal, reply, resource, wire

OTHER = DeploymentId(account=ELSEWHERE, name="chat")


@dataclass
class Observer:
    """Writes down what it is told."""

    told: list[tuple[str, str, float]] = field(default_factory=list)

    def held_back(self, why: str, seconds: float) -> None:
        self.told.append(("held back", why, seconds))

    def sending(self, method: str) -> None:
        self.told.append(("sending", method, VirtualClock().monotonic()))


class Barred(Exception):  # noqa: N818 -- the test's own
    """Nothing leaves."""


class Bar(Observer):
    def sending(self, method: str) -> None:
        if method != "GET":
            raise Barred(method)


def throttled(seconds: int) -> Callable[[], httpx.Response]:
    return lambda: refusal(429, "TooManyRequests", headers={"Retry-After": str(seconds)})


async def one_turn(arm: ArmClient, observer: Observer) -> Accepted | Deferred:
    async with arm.turn(CHAT, "PUT", observer=observer) as turn:
        return await turn.put({})


def test_a_throttled_write_is_deferred_and_the_next_turn_waits_and_looks_before_it() -> None:
    """F-037, I-07, P1: between the two it is nobody's write but ours, and the world may have changed."""
    observer = Observer()
    over = wire(throttled(7), lambda: reply(201, resource()))
    over.there = resource()

    async def twice(arm: ArmClient) -> tuple[bool, bool]:
        first, second = await one_turn(arm, observer), await one_turn(arm, observer)
        return isinstance(first, Deferred), isinstance(second, Accepted)

    assert ask(over, twice).value == (True, True)
    assert [what[:2] for what in observer.told] == [
        ("sending", "GET"),
        ("sending", "PUT"),
        ("held back", "the end of a pause that ARM asked for (429)"),
        ("sending", "GET"),
        ("sending", "PUT"),
    ]
    assert observer.told[2][2] >= 7
    assert [at for _, _, at in observer.told[3:]] == [pytest.approx(7.35)] * 2
    assert len(over.looks) == 2


def test_a_read_that_is_tried_again_says_so() -> None:
    """F-043."""
    observer = Observer()
    over = wire(lambda: refusal(503, "ServiceUnavailable"), lambda: reply(200, resource()))
    assert ask(over, lambda arm: arm.get_deployment(CHAT, observer=observer)).succeeded()
    assert [what for what, _, _ in observer.told] == ["sending", "held back", "sending"]


def test_what_an_observer_raises_keeps_the_write_here() -> None:
    """F-089."""
    over = wire(lambda: reply(201, resource()))
    over.there = resource()
    with pytest.raises(Barred):
        ask(over, lambda arm: one_turn(arm, Bar()))
    assert over.requests == []


def test_what_the_look_saw_is_the_condition_of_the_write() -> None:
    """P1: If-Match over something, If-None-Match where nothing was."""
    over = wire(lambda: reply(201, resource()))
    over.there = {**resource(), "etag": '"7"'}
    assert ask(over, lambda arm: put(arm, {})).succeeded()
    assert over.requests[0].headers["If-Match"] == '"7"'
    assert "If-None-Match" not in over.requests[0].headers

    absent = wire(
        lambda: refusal(404, "NotFound", f"Specified resource '{CHAT}' cannot be found."),
        lambda: reply(201, resource()),
    )
    assert ask(absent, lambda arm: put(arm, {})).succeeded()
    assert absent.requests[1].headers["If-None-Match"] == "*"


@pytest.mark.parametrize(("asleep", "sent"), [(1.9, True), (2.1, False)])
def test_a_write_more_than_two_seconds_after_its_look_is_not_sent(asleep: float, sent: bool) -> None:
    """F-140, P1: a process that was stopped between the two looks again."""
    over = wire(lambda: reply(201, resource()))
    over.there = resource()

    async def late(arm: ArmClient) -> bool:
        async with arm.turn(CHAT, "PUT") as turn:
            await asyncio.sleep(asleep)
            return isinstance(await turn.put({}), Accepted)

    assert ask(over, late).value is sent
    assert len(over.requests) == int(sent)


def test_two_hundred_slow_lanes_over_few_places_all_send_right_after_their_look() -> None:
    """F-140, P1: no livelock; a turn keeps its place from the look to the write."""
    gaps: list[float] = []

    seen: dict[str, float] = {}

    class Sluggish(Wire):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                gaps.append(VirtualClock().monotonic() - seen[request.url.path])
            await asyncio.sleep(5)
            seen[request.url.path] = VirtualClock().monotonic()
            name = request.url.path.rpartition("/")[2]
            return reply(200, resource(DeploymentId(account=ACCOUNT, name=name)))

    over = Sluggish([lambda: reply(200, {})])

    async def lane(arm: ArmClient, number: int) -> bool:
        async with arm.turn(DeploymentId(account=ACCOUNT, name=f"d{number}"), "PUT") as turn:
            return isinstance(await turn.put({}), Accepted)

    async def all_lanes(arm: ArmClient) -> int:
        return sum(await asyncio.gather(*(lane(arm, number) for number in range(200))))

    assert ask(over, all_lanes, parallelism=8).value == 200
    assert max(gaps) == 0.0


@dataclass
class Slow(Wire):
    """Each answer takes a second."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await asyncio.sleep(1)
        return answer


def test_a_crowd_that_waits_for_places_does_not_run_into_a_gate_that_was_closed_meanwhile() -> None:
    """F-037, F-099: two places, ten requests, and the first answer is a 429."""
    over = Slow([throttled(30), lambda: reply(200, resource())])

    async def crowd(arm: ArmClient) -> int:
        every = [DeploymentId(account=ACCOUNT, name="chat") for _ in range(10)]
        return len(await asyncio.gather(*(arm.get_deployment(one) for one in every)))

    assert ask(over, crowd, parallelism=2).value == 10
    assert sum(1 for sent in over.times if sent < 30) == 2


def test_a_pause_of_one_subscription_takes_no_place_from_another() -> None:
    """F-042, I-11: with a single place."""

    class Apart(Wire):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await super().handle_async_request(request)
            ours = CHAT.account.subscription in request.url.path
            if ours and len(self.requests) == 1:
                return throttled(300)()
            return reply(200, resource(CHAT if ours else OTHER))

    async def two(arm: ArmClient) -> float:
        slow = asyncio.ensure_future(arm.get_deployment(CHAT))
        await asyncio.sleep(1)
        await arm.get_deployment(OTHER)
        answered = VirtualClock().monotonic()
        await slow
        return answered

    assert ask(Apart([lambda: reply(200, resource())]), two, parallelism=1).value == 1.0


def test_a_machine_without_files_left_sends_fewer_at_a_time_and_says_so() -> None:
    """F-146: and nothing is lost."""

    class Short(Slow):
        most = 0
        inside = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.inside += 1
            try:
                if self.inside > 4:
                    problem = httpx.ConnectError("failed")
                    problem.__cause__ = OSError(errno.EMFILE, "Too many open files")
                    raise problem
                return await super().handle_async_request(request)
            finally:
                self.inside -= 1

    async def crowd(arm: ArmClient) -> int:
        return len(await asyncio.gather(*(arm.get_deployment(CHAT) for _ in range(20))))

    seen = ask(Short([lambda: reply(200, resource())]), crowd, parallelism=8)
    assert seen.value == 20
    assert "requests at the same time from here on: 4. " in seen.warnings[0]
    assert "ulimit -n" in seen.warnings[0]


def test_the_last_place_is_told_too() -> None:
    class Full(Wire):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("failed", request=request) from OSError(errno.EMFILE, "no more files")

    seen = ask(Full([]), lambda arm: arm.get_deployment(CHAT), parallelism=2)
    assert "requests at the same time from here on: 1. " in seen.warnings[0]

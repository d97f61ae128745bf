"""The last moment before a request leaves: what is told, what may keep it here, and who takes a place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.arm.client import ArmClient
from reconciler.domain.ids import DeploymentId
from tests.simulated.time import VirtualClock
from tests.unit.arm.scripted import ACCOUNT, CHAT, ELSEWHERE, Wire, ask, refusal, reply, resource, wire

OTHER = DeploymentId(account=ELSEWHERE, name="chat")


@dataclass
class Door:
    """Writes down what it is told."""

    told: list[tuple[str, str, float]] = field(default_factory=list)

    def held_back(self, method: str, why: str, seconds: float) -> None:
        del why
        self.told.append(("held back", method, seconds))

    def leaves(self, method: str) -> None:
        self.told.append(("leaves", method, VirtualClock().monotonic()))


class Barred(Exception):  # noqa: N818 -- the test's own
    """Nothing leaves."""


class Bar(Door):
    def leaves(self, method: str) -> None:
        raise Barred(method)


def throttled(seconds: int) -> Callable[[], httpx.Response]:
    return lambda: refusal(429, "TooManyRequests", headers={"Retry-After": str(seconds)})


def test_a_throttled_write_is_held_back_and_leaves_a_second_time() -> None:
    """F-037, I-07: between the two it is nobody's write but ours."""
    door = Door()
    over = wire(throttled(7), lambda: reply(201, resource()))
    assert ask(over, lambda arm: arm.telling(door).put_deployment(CHAT, {})).succeeded()
    (first, held, second) = door.told
    assert (first[:2], held[:2], second[:2]) == (("leaves", "PUT"), ("held back", "PUT"), ("leaves", "PUT"))
    assert held[2] >= 7
    assert second[2] >= 7


def test_a_read_that_is_tried_again_says_so() -> None:
    """F-043."""
    door = Door()
    over = wire(lambda: refusal(503, "ServiceUnavailable"), lambda: reply(200, resource()))
    assert ask(over, lambda arm: arm.telling(door).get_deployment(CHAT)).succeeded()
    assert [what for what, _, _ in door.told] == ["leaves", "held back", "leaves"]


def test_what_is_raised_at_the_door_keeps_the_request_here() -> None:
    """F-089."""
    over = wire(lambda: reply(201, resource()))
    with pytest.raises(Barred):
        ask(over, lambda arm: arm.telling(Bar()).put_deployment(CHAT, {}))
    assert over.requests == []


def test_telling_somebody_leaves_the_client_itself_as_it_was() -> None:
    door = Door()

    async def both(arm: ArmClient) -> bool:
        arm.telling(door)
        return await arm.get_deployment(CHAT) is not None

    assert ask(wire(lambda: reply(200, resource())), both).succeeded()
    assert door.told == []


@dataclass
class Slow(Wire):
    """Each answer takes a second."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await asyncio.sleep(1)
        return answer


def test_a_crowd_that_waits_for_places_does_not_run_into_a_door_that_was_closed_meanwhile() -> None:
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

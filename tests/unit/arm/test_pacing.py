"""ARM's buckets mirrored, and a throttled subscription approached one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reconciler.arm.pacing import RESERVE, Bucket, HeldBack, Pacing, PausedTooLong, SubscriptionPace, kind_of
from tests.simulated.time import VirtualClock, run

FULL = 250 - RESERVE


@asynccontextmanager
async def turn(pace: SubscriptionPace, kind: str, told: HeldBack = lambda *_: None) -> AsyncIterator[bool]:
    """A request's turn: its share of the bucket, then the gate."""
    await pace.draw(kind, told)
    async with pace.gate(told) as trying:
        yield trying


async def turns(door: SubscriptionPace, count: int, kind: str = "reads") -> list[float]:
    """When each of `count` simultaneous requests got its turn."""
    clock = VirtualClock()

    async def one() -> float:
        async with turn(door, kind):
            return clock.monotonic()

    return list(await asyncio.gather(*(one() for _ in range(count))))


def door(longest: float = 600.0) -> SubscriptionPace:
    return SubscriptionPace(VirtualClock(), longest=longest)


@pytest.mark.parametrize(
    ("kind", "size", "refill"), [("reads", 250, 25), ("writes", 200, 10), ("deletes", 200, 10)]
)
def test_a_full_bucket_is_spent_at_once_and_then_the_refill_sets_the_pace(
    kind: str, size: int, refill: int
) -> None:
    async def paced() -> list[float]:
        return await turns(door(), size - RESERVE + 2 * refill, kind)

    times = run(paced())
    size -= RESERVE
    assert times[:size] == [0.0] * size
    assert times[size + refill - 1] == pytest.approx(1.0)
    assert times[-1] == pytest.approx(2.0)


def test_the_buckets_of_reads_writes_and_deletes_are_apart() -> None:
    async def paced() -> list[float]:
        one = door()
        await turns(one, FULL, "reads")
        return [*await turns(one, 1, "writes"), *await turns(one, 1, "deletes")]

    assert run(paced()) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", "reads"), ("PUT", "writes"), ("POST", "writes"), ("DELETE", "deletes")]
)
def test_a_method_draws_on_its_bucket(method: str, kind: str) -> None:
    assert kind_of(method) == kind


@pytest.mark.parametrize("name", ["subscription-reads", "subscription-global-reads"])
def test_arms_own_count_corrects_ours_downwards(name: str) -> None:
    async def paced() -> list[float]:
        one = door()
        one.answered({f"x-ms-ratelimit-remaining-{name}": "2"})
        return await turns(one, 3)

    assert run(paced()) == [0.0, 0.0, pytest.approx(1 / 25)]


def test_a_count_that_was_overtaken_on_its_way_changes_nothing() -> None:
    async def paced() -> list[float]:
        clock, one = VirtualClock(), door()
        await clock.sleep(5.0)
        one.answered({"x-ms-ratelimit-remaining-subscription-reads": "200"}, sent=2.0)
        one.answered({"x-ms-ratelimit-remaining-subscription-reads": "1"}, sent=1.0)
        return await turns(one, 200)

    assert run(paced()) == [5.0] * 200


@pytest.mark.parametrize("text", ["11999", "", "-1", "many", "1e3", "9" * 30, "٣"])
def test_a_count_that_is_higher_or_senseless_changes_nothing(text: str) -> None:
    async def paced() -> list[float]:
        one = door()
        one.answered({"x-ms-ratelimit-remaining-subscription-reads": text})
        return await turns(one, FULL + 1)

    assert run(paced())[-2:] == [0.0, pytest.approx(1 / 25)]


def test_a_bucket_never_fills_beyond_its_size() -> None:
    bucket = Bucket(size=2.0, refill=1.0, level=2.0, at=0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_bucket_has_again_what_was_refilled_since() -> None:
    bucket = Bucket(size=100.0, refill=2.0, level=0.0, at=0.0)
    assert [bucket.take(2.5) for _ in range(6)] == [0.0] * 5 + [0.5]


def test_arms_count_is_of_now_and_has_what_was_refilled_before_it() -> None:
    bucket = Bucket(size=100.0, refill=10.0, level=0.0, at=0.0)
    bucket.correct(10.0, 1, sent=10.0)
    assert [bucket.take(10.0) for _ in range(2)] == [0.0, pytest.approx(0.1)]


def test_a_wait_of_a_second_or_more_is_told_and_a_shorter_one_is_not() -> None:
    """F-037: what a lane waits for, and for how long."""
    heard: list[tuple[str, float]] = []

    async def paced() -> None:
        one = door()
        await turns(one, 200, "writes")
        await asyncio.gather(*(take(one) for _ in range(10)))

    async def take(one: SubscriptionPace) -> None:
        async with turn(one, "writes", lambda what, seconds: heard.append((what, seconds))):
            pass

    run(paced())
    assert heard == [("its turn: the subscription takes 10 writes a second", 1.0)]


def test_a_pause_is_told_with_what_is_left_of_it() -> None:
    """F-037."""
    heard: list[tuple[str, float]] = []

    async def paced() -> None:
        clock, one = VirtualClock(), door()
        one.throttled(7.0)
        await clock.sleep(2.0)
        async with turn(one, "reads", lambda what, seconds: heard.append((what, seconds))):
            pass

    run(paced())
    assert heard == [("the end of a pause that ARM asked for (429)", 5.0)]


def test_a_turn_is_void_while_the_subscription_pauses_and_after_it_for_all_but_the_one_that_tries() -> None:
    """F-042: what was let through before the 429 does not make a crowd after it."""

    async def paced() -> list[tuple[bool, bool]]:
        clock, one = VirtualClock(), door()
        found = [(one.shut(trying=False), one.shut(trying=True))]
        one.throttled(5.0)
        found.append((one.shut(trying=False), one.shut(trying=True)))
        await clock.sleep(5.0)
        found.append((one.shut(trying=False), one.shut(trying=True)))
        one.answered({})
        found.append((one.shut(trying=False), one.shut(trying=True)))
        return found

    assert run(paced()) == [(False, False), (True, True), (True, False), (False, False)]


def test_after_a_429_nobody_asks_until_the_pause_is_over() -> None:
    """F-037."""

    async def paced() -> list[float]:
        one = door()
        one.throttled(7.0)
        return await turns(one, 1)

    assert run(paced()) == [7.0]


def test_the_longest_pause_counts() -> None:
    async def paced() -> list[float]:
        one = door()
        one.throttled(7.0)
        one.throttled(3.0)
        return await turns(one, 1)

    assert run(paced()) == [7.0]


def test_a_closed_door_is_tried_by_one_at_a_time() -> None:
    """F-042: no crowd at the end of a pause."""

    async def paced() -> tuple[int, list[bool]]:
        clock, one = VirtualClock(), door()
        one.throttled(5.0)
        inside, most, alone = 0, 0, list[bool]()

        async def try_it() -> None:
            nonlocal inside, most
            async with turn(one, "reads") as closed:
                alone.append(closed)
                inside += 1
                most = max(most, inside)
                await clock.sleep(1.0)
                inside -= 1

        await asyncio.gather(*(try_it() for _ in range(4)))
        return most, alone

    assert run(paced()) == (1, [True] * 4)


def test_a_turn_through_an_open_door_is_no_try() -> None:
    async def paced() -> bool:
        async with turn(door(), "reads") as trying:
            return trying

    assert run(paced()) is False


def test_an_answer_to_what_was_sent_before_the_pause_does_not_shorten_it() -> None:
    """F-037: answers overtake each other."""

    async def paced() -> list[float]:
        one = door()
        one.throttled(7.0)
        one.answered({})
        return await turns(one, 1)

    assert run(paced()) == [7.0]


def test_who_comes_next_waits_for_the_pause_that_the_try_before_it_met() -> None:
    """F-042: a second 429 at the door."""

    async def paced() -> list[float]:
        clock, one = VirtualClock(), door()
        one.throttled(5.0)
        times: list[float] = []

        async def try_it() -> None:
            async with turn(one, "reads"):
                times.append(clock.monotonic())
                await clock.sleep(1.0)
                one.throttled(10.0)

        await asyncio.gather(*(try_it() for _ in range(3)))
        return times

    assert run(paced()) == [5.0, 16.0, 27.0]


def test_the_first_answer_opens_the_door_for_all() -> None:
    async def paced() -> list[float]:
        clock, one = VirtualClock(), door()
        one.throttled(5.0)
        times: list[float] = []

        async def try_it() -> None:
            async with turn(one, "reads"):
                times.append(clock.monotonic())
                await clock.sleep(1.0)
                one.answered({})

        await asyncio.gather(*(try_it() for _ in range(4)))
        return times

    assert run(paced()) == [5.0, 6.0, 6.0, 6.0]


def test_a_pause_nobody_waits_for_is_refused_at_once() -> None:
    """F-040."""

    async def paced() -> float:
        clock, one = VirtualClock(), door()
        one.throttled(1_000_000.0)
        with pytest.raises(PausedTooLong) as problem:
            await turns(one, 1)
        assert problem.value.seconds == 1_000_000.0
        return clock.monotonic()

    assert run(paced()) == 0.0


@pytest.mark.parametrize(("pause", "waits"), [(109.0, True), (111.0, False)])
def test_a_pause_may_be_a_tenth_longer_than_the_longest_one_asked_for(pause: float, waits: bool) -> None:
    """F-040: the pause is what ARM asked for, and some jitter."""

    async def paced() -> list[float]:
        one = door(longest=100.0)
        one.throttled(pause)
        return await turns(one, 1)

    if waits:
        assert run(paced()) == [pause]
    else:
        with pytest.raises(PausedTooLong):
            run(paced())


def test_subscriptions_know_nothing_of_each_other() -> None:
    """F-042."""

    async def paced() -> list[float]:
        pacing = Pacing(VirtualClock(), longest=600.0)
        pacing.of("AAA").throttled(60.0)
        return [*await turns(pacing.of("bbb"), 1), *await turns(pacing.of("aaa"), 1)]

    assert run(paced()) == [0.0, 60.0]


def test_a_waiting_request_can_be_cancelled() -> None:
    """I-12."""

    async def paced() -> float:
        clock, one = VirtualClock(), door()
        one.throttled(500.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.0):
                await turns(one, 2)
        return clock.monotonic()

    assert run(paced()) == 3.0

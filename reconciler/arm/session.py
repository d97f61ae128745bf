"""What an answer means, and whether the same request is sent again.

Rule of this module: a read is repeated until it is understood or given up; a write is sent once. Only a 429
proves that a write was not done, so only it lets a write be sent again (a 401 does too, and is dealt with on
the way out). Whatever else happens to a write is reported as unknown, and the engine looks.
"""

from __future__ import annotations

from itertools import count
from traceback import clear_frames
from typing import Protocol, TypeVar, assert_never
from urllib.parse import urlsplit

from reconciler.arm.classify import ArmFault, Kind, fault_in, rejection
from reconciler.arm.exchange import Answer, NoAnswer
from reconciler.arm.late import may_wait
from reconciler.arm.pacing import Pacing, PausedTooLong
from reconciler.arm.printable import excerpt, printable, request_id
from reconciler.arm.retry import (
    ATTEMPTS,
    RETRY_COST,
    TIMEOUT_COST,
    GiveUp,
    Jitter,
    Resend,
    RetryBudget,
    decide,
    retry_after,
    too_long,
    wait,
)
from reconciler.arm.sender import BudgetSpent, Call, Sender, fault_of
from reconciler.arm.strict_json import Unreadable, parse
from reconciler.arm.wire import Misdirected
from reconciler.clock import Clock
from reconciler.errors import ArmContractBroken, ArmError, ArmUnreachable, Throttled

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Understanding(Protocol[T_co]):
    """Makes a value of a 2xx answer and its JSON (None where it had no body); may raise Unreadable."""

    def __call__(self, answer: Answer, body: object, /) -> T_co: ...


class Refused(Exception):  # noqa: N818 -- handed to the client, which knows what a 404 is about
    """ARM's own error, not yet put into an exception of ours."""

    def __init__(self, answer: Answer, fault: ArmFault, error: ArmError) -> None:
        super().__init__(str(error))
        self.answer = answer
        self.fault = fault
        self.error = error


class _Again(Exception):  # noqa: N818 -- control flow inside this module
    """A failure after which the same request may be sent again; `error` is what it comes to otherwise."""

    def __init__(self, error: ArmError, *, asked: float | None = None, cost: float = RETRY_COST) -> None:
        super().__init__(str(error))
        self.error = error
        self.asked = asked
        self.cost = cost


class Session:
    """Asks, again where that is right, and understands. One per client: its budget is that of the run."""

    def __init__(
        self,
        sender: Sender,
        clock: Clock,
        *,
        pacing: Pacing,
        budget: RetryBudget,
        jitter: Jitter,
        longest: float,
    ) -> None:
        self._sender = sender
        self._clock = clock
        self._pacing = pacing
        self._budget = budget
        self._jitter = jitter
        self._longest = longest

    # -- three ways of asking ------------------------------------------------------------------------------

    async def read(self, call: Call, understand: Understanding[T]) -> T:
        """GET until the answer is understood. Raises ArmError (Refused for ARM's own) and CredentialError."""
        return await self._ask(call, understand, write=False)

    async def write(self, call: Call, understand: Understanding[T]) -> T:
        """PUT or DELETE once. ArmUnreachable says that nobody knows what became of it."""
        return await self._ask(call, understand, write=True)

    async def look(self, call: Call) -> Answer | None:
        """GET once, whatever the answer is; None where there was none. Polling has a pace of its own."""
        try:
            answer = await self._sender.send(call)
        except (NoAnswer, PausedTooLong):
            return None
        if answer.status == 429:
            self._close_door(call, answer, fault_of(answer), 1)
        return answer

    async def _ask(self, call: Call, understand: Understanding[T], *, write: bool) -> T:
        for attempt in count(1):
            try:
                value = self._understood(call, await self._answer(call, attempt), attempt, understand)
            except _Again as failure:
                _let_go_of_answers(failure)
                if write and not isinstance(failure.error, Throttled):
                    raise _outcome_unknown(failure.error) from failure
                await self._before_resend(call, failure, attempt)
            else:
                self._budget.earn()
                return value
        raise AssertionError("counting has no end")

    async def _before_resend(self, call: Call, failure: _Again, attempt: int) -> None:
        """Wait as long as it takes to try again; raises what the failure comes to where it is not tried."""
        if isinstance(failure.error, Throttled):
            # The pause is the door's, for all lanes; the budget is drawn on when the door is tried.
            if attempt >= ATTEMPTS:
                raise failure.error from failure
            return
        verdict = decide(
            attempt=attempt,
            asked=failure.asked,
            cost=failure.cost,
            budget=self._budget,
            jitter=self._jitter,
            longest=self._longest,
        )
        match verdict:
            case Resend(after=seconds):
                call.departure.held_back(call.method, "another try, after no usable answer", seconds)
                await self._clock.sleep(seconds)
            case GiveUp(why=why):
                failure.error.args = (f"{failure.error.args[0]}; gave up: {why}",)
                raise failure.error from failure
            case _:
                assert_never(verdict)

    # -- meaning -------------------------------------------------------------------------------------------

    async def _answer(self, call: Call, attempt: int) -> Answer:
        """A 2xx answer; raises _Again, Refused, ArmError or CredentialError for everything else."""
        try:
            answer = await self._sender.send(call, resend=attempt > 1)
        except PausedTooLong as pause:
            raise self._held_back(call, too_long(pause.seconds, self._longest), pause.seconds) from pause
        except BudgetSpent as spent:
            raise self._held_back(call, str(spent), None) from spent
        except NoAnswer as problem:
            error = ArmUnreachable(str(problem), operation=call.operation, target=call.target)
            if problem.hopeless:
                raise error from problem
            raise _Again(error, cost=TIMEOUT_COST if problem.timed_out else RETRY_COST) from problem
        if 200 <= answer.status < 300:
            return answer
        if answer.status < 400:
            raise self._broken(call, answer, _redirected(answer))
        raise await self._failed(call, answer, fault_of(answer), attempt)

    def _understood(self, call: Call, answer: Answer, attempt: int, understand: Understanding[T]) -> T:
        """Make a value of a 2xx answer; what cannot be read may be asked again."""
        try:
            if call.set_aside is not None and may_wait(answer.body):
                call.set_aside(answer.body)
                return understand(answer, {"value": []})
            body = parse(answer.body) if answer.body.strip() else None
            fault = fault_in(answer.status, body)
            if fault is not None:
                raise self._said_no(call, answer, fault, attempt)
            return understand(answer, body)
        except Unreadable as problem:
            error = self._broken(call, answer, f"the answer cannot be used: {problem}")
            if isinstance(problem, Misdirected):
                raise error from problem
            raise _Again(error) from problem

    async def _failed(self, call: Call, answer: Answer, fault: ArmFault, attempt: int) -> Exception:
        """What an answer of 400 and more comes to."""
        if answer.status == 407:
            words = "the proxy wants a sign-in (407). HTTPS_PROXY names the proxy; NO_PROXY goes around it"
            return ArmUnreachable(words, operation=call.operation, target=call.target)
        if answer.status == 404 and not fault.code:
            return self._broken(call, answer, "a 404 without ARM's error is no proof that anything is absent")
        note = ""
        if answer.status == 401:
            note = f"(a fresh token was refused, too: {await self._sender.identity(call)})"
        return self._said_no(call, answer, fault, attempt, note)

    def _said_no(
        self, call: Call, answer: Answer, fault: ArmFault, attempt: int, note: str = ""
    ) -> _Again | Refused | ArmError:
        """What an error of ARM's comes to."""
        asked, shown = retry_after(answer.headers), request_id(answer.headers.get("x-ms-request-id"))
        if fault.kind is Kind.TRANSIENT:
            said = f"HTTP {answer.status} {fault.code}: {fault.text}".replace(" :", ":")
            error = ArmUnreachable(said, operation=call.operation, target=call.target, request_id=shown)
            return _Again(error, asked=asked)
        if fault.kind is Kind.THROTTLE:
            asked = self._close_door(call, answer, fault, attempt)
            if asked is not None and asked > self._longest:
                note = f"({too_long(asked, self._longest)})"
        refused = rejection(
            fault,
            operation=call.operation,
            target=call.target,
            request_id=shown,
            retry_after=asked,
            note=note,
        )
        if fault.kind is Kind.THROTTLE:
            return refused if note else _Again(refused, asked=asked)
        return Refused(answer, fault, refused)

    def _close_door(self, call: Call, answer: Answer, fault: ArmFault, attempt: int) -> float | None:
        """After a 429 nobody asks in this subscription for a while; seconds that ARM asked for."""
        asked = retry_after(answer.headers) or fault.seconds_in_text
        self._pacing.of(call.subscription).throttled(wait(attempt, asked, self._jitter))
        return asked

    def _held_back(self, call: Call, why: str, seconds: float | None) -> Throttled:
        return Throttled(
            f"not sent: the subscription is throttled; {why}",
            operation=call.operation,
            target=call.target,
            status=429,
            code="TooManyRequests",
            retry_after=seconds,
        )

    def _broken(self, call: Call, answer: Answer, words: str) -> ArmContractBroken:
        return ArmContractBroken(
            words,
            operation=call.operation,
            target=call.target,
            excerpt=excerpt(answer.body),
            request_id=request_id(answer.headers.get("x-ms-request-id")),
        )


def _let_go_of_answers(failure: BaseException) -> None:
    """Empty the frames that a failure came through: each may hold an answer of 8 MiB, all through a wait."""
    seen: BaseException | None = failure
    while seen is not None:
        clear_frames(seen.__traceback__)
        seen = seen.__cause__


def _redirected(answer: Answer) -> str:
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname
    except ValueError:
        host = None
    return (
        f"ARM redirected ({answer.status}) to {printable(host or 'nowhere', 80)}; redirects are never "
        "followed, since a token would go with them. Check --endpoint and the proxy"
    )


def _outcome_unknown(error: ArmError) -> ArmUnreachable:
    """A write whose answer was lost or made no sense may have been done all the same."""
    return ArmUnreachable(
        f"{error.args[0]}; whether it was done is not known",
        operation=error.operation,
        target=error.target,
        request_id=error.request_id,
    )

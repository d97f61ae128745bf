"""Asking ARM with patience: pacing, repetition, api-versions and pages, and what came of it as a value.

Rule of this module: a read is repeated until it is understood or given up; a write is sent once, right after
a look, and never again from here. What proves that a write was not processed (a 429, a 401, no file to open a
connection with, a look that has grown old) is `Deferred`: whoever asked looks again and decides anew.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from reconciler.arm import addresses, wire
from reconciler.arm.api_version import Versions
from reconciler.arm.auth import Auth, Signature
from reconciler.arm.call import (
    Call,
    Exchanged,
    Lost,
    Ok,
    Rejected,
    Understanding,
    broken,
    counts,
    endless,
    no_next_page,
    not_sent,
    of_gateway,
    redirected,
    resource,
)
from reconciler.arm.classify import ArmFault, Kind, fault_in, fault_of, rejection, says_item_is_absent
from reconciler.arm.origin import Origin
from reconciler.arm.pacing import Pacing, PausedTooLong, Places, kind_of
from reconciler.arm.printable import printable, request_id
from reconciler.arm.retry import (
    ATTEMPTS,
    LONGEST_WAIT,
    RETRY_COST,
    TIMEOUT_COST,
    Jitter,
    Resend,
    RetryBudget,
    decide,
    http_date,
    retry_after,
    too_long,
    wait,
)
from reconciler.arm.strict_json import NotUnderstood, parse
from reconciler.arm.transport import CONNECT, Answer, NoAnswer, Transport
from reconciler.clock import Clock
from reconciler.domain.operation import Deferred
from reconciler.errors import ApiVersionUnknown, ArmRejected, ArmUnreachable

T = TypeVar("T")

LOOK_LASTS = 2.0
"""Seconds from a look's answer to the sending of the write that it allows (interface, promise P1)."""

MOST_PAGES = 1000

_log = logging.getLogger("reconciler.arm")


class RequestPolicy:
    """One per client: its budget is that of the run."""

    def __init__(
        self,
        transport: Transport,
        auth: Auth,
        clock: Clock,
        home: Origin,
        versions: Versions,
        *,
        parallelism: int,
        correlation_id: str,
        on_exchange: Callable[[Exchanged], None],
        on_warning: Callable[[str], None],
        longest: float = LONGEST_WAIT,
        jitter: Jitter = random.random,
    ) -> None:
        self._transport = transport
        self._auth = auth
        self._clock = clock
        self._home = home
        self._versions = versions
        self._pacing = Pacing(clock, longest=longest)
        self._budget = RetryBudget()
        self._places = Places(parallelism)
        self._correlation_id = correlation_id
        self._on_exchange = on_exchange
        self._on_warning = on_warning
        self._longest = longest
        self._jitter = jitter
        self.server_time: datetime | None = None
        """What the last answer's Date said; ARM's dates are judged by ARM's clock, not by ours (F-097)."""

    # -- ways of asking ------------------------------------------------------------------------------------

    async def read(self, call: Call, understand: Understanding[T]) -> Ok[T] | Rejected | Lost:
        """Ask for what writes nothing until it is understood; raises CredentialError."""
        while True:
            asked = self._versioned(call)
            async with AsyncExitStack() as held:
                result = await self._enter(held, asked) or await self._attempt(asked, understand)
            if isinstance(result, Ok):
                self._budget.earn()
                return result
            if (end := await self._over(asked, result)) is not None:
                return end
            call = replace(call, attempt=call.attempt + counts(result))

    async def pages(
        self,
        call: Call,
        values: Callable[[Mapping[str, object]], tuple[T, ...]],
        *,
        most: int = MOST_PAGES,
        whole: bool = True,
    ) -> Ok[tuple[list[T], bool]] | Rejected | Lost:
        """The values of every item on every page, and whether that is all; half a list is none if `whole`."""

        def understand(_: Answer, body: object) -> tuple[list[T], str | None]:
            items, link = wire.page(resource(body))
            return [value for item in items for value in values(item)], link

        found: list[T] = []
        followed: set[str] = set()
        while True:
            result = await self.read(call, understand)
            if not isinstance(result, Ok):
                return result
            more, link = result.value
            found += more
            if link is None:
                return Ok((found, True))
            if len(followed) + 1 >= most and not whole:
                return Ok((found, False))
            if (why := no_next_page(link, followed, most, self._home)) is not None:
                return Lost(error=endless(call, why), again=False)
            followed.add(link)
            call = replace(call, url=link, path="")

    async def once(self, call: Call) -> Answer | None:
        """GET once, whatever the answer is; None where there was none. Polling has a pace of its own."""
        async with AsyncExitStack() as held:
            if await self._enter(held, call) is not None:
                return None
            answer, _ = await self._signed(call)
        if isinstance(answer, Answer):
            if answer.status == 429:
                self._throttled(call, answer, fault_of(answer.status, answer.body))
            return answer
        # A refused token was renewed: that is no news of what was asked about.
        return await self.once(call) if isinstance(answer, Deferred) else None

    @asynccontextmanager
    async def look(
        self, call: Call, write: Call, understand: Understanding[T]
    ) -> AsyncIterator[Ok[tuple[T, Call]] | Rejected | Lost]:
        """Wait until `write` may be sent, then look; while the body runs, its place is kept.

        Yields the look's value with the write as it may be sent from here. `write.attempt` counts deferrals.
        """
        await self._auth.sign(write.who)  # a sign-in takes seconds, which lie before the look
        while True:
            asked = self._versioned(replace(call, pool=self._transport.pool()))
            async with AsyncExitStack() as held:
                turn = replace(write, attempt=write.attempt + call.attempt - 1)
                result = await self._enter(held, turn, also="reads") or await self._attempt(asked, understand)
                if isinstance(result, Ok):
                    self._budget.earn()
                    by = self._clock.monotonic() + LOOK_LASTS
                    yield Ok((result.value, replace(write, pool=asked.pool, send_by=by)))
                    return
            if (end := await self._over(asked, result)) is not None:
                yield end
                return
            call = replace(call, attempt=call.attempt + counts(result))

    async def write(self, call: Call, understand: Understanding[T]) -> Ok[T] | Rejected | Lost | Deferred:
        """Send a write that `look` has allowed, once."""
        result = await self._attempt(self._versioned(call), understand)
        if isinstance(result, Ok):
            self._budget.earn()
        return result

    # -- one attempt ---------------------------------------------------------------------------------------

    async def _enter(self, held: AsyncExitStack, call: Call, *, also: str = "") -> Rejected | None:
        """Wait for a turn and a place, kept until `held` is closed; what keeps the call from being sent."""
        pace = self._pacing.of(call.subscription)
        held_back = call.observer.held_back
        for kind in filter(None, (also, kind_of(call.method))):
            await pace.draw(kind, held_back)
        while True:
            async with AsyncExitStack() as tried:
                try:
                    trying = await tried.enter_async_context(pace.gate(held_back))
                except PausedTooLong as pause:
                    return not_sent(call, too_long(pause.seconds, self._longest), pause.seconds)
                await tried.enter_async_context(self._places)
                if pace.shut(trying=trying):
                    continue  # ARM throttled the subscription while this one waited for a place
                if trying and call.attempt > 1 and not self._budget.spend(RETRY_COST):
                    return not_sent(call, "the run's budget for repeated requests is used up", None)
                held.push_async_exit(tried.pop_all())
                return None

    async def _attempt(self, call: Call, understand: Understanding[T]) -> Ok[T] | Rejected | Lost | Deferred:
        """One exchange, understood."""
        answer, note = await self._signed(call)
        if not isinstance(answer, Answer):
            return answer
        if 300 <= answer.status < 400:
            return broken(call, answer, redirected(answer), again=False)
        if answer.status >= 400:
            fault = fault_of(answer.status, answer.body)
            if call.item and says_item_is_absent(fault, call.item, gateway=of_gateway(answer)):
                return Ok(understand(answer, None))
            return self._refused(call, answer, fault, note)
        try:
            body = parse(answer.body) if answer.body.strip() else None
            hidden = fault_in(answer.status, body)
            if hidden is not None:
                return self._refused(call, answer, hidden)
            return Ok(understand(answer, body))
        except NotUnderstood as problem:
            words = f"the answer cannot be used: {problem}"
            return broken(call, answer, words, again=not isinstance(problem, wire.Misdirected))

    async def _signed(self, call: Call) -> tuple[Answer | Lost | Deferred, str]:
        """One exchange with the tokens it takes, and a note on them; `Deferred` where others may be taken."""
        signature = await self._auth.sign(call.who)
        answer = await self._exchange(call, signature)
        if not isinstance(answer, Answer):
            return answer, ""
        if answer.status != 401:
            self._auth.taken(call.who, signature)
            return answer, ""
        challenge = answer.headers.get("www-authenticate", "")
        fault = fault_of(answer.status, answer.body)
        if await self._auth.renew(call.who, fault, challenge, signature):
            return Deferred(why="a renewed sign-in"), ""
        return answer, f"(a fresh token was refused, too: {signature})"

    async def _exchange(self, call: Call, signature: Signature) -> Answer | Lost | Deferred:
        """One exchange, told to whoever listens; what came of no answer is judged here."""
        sent = self._clock.monotonic()
        left = CONNECT if call.send_by is None else min(CONNECT, call.send_by - sent)
        if left <= 0:
            return Deferred(why=f"another look: the last one is older than {LOOK_LASTS:.0f} s")
        url = call.url or addresses.url(self._home, call.path, call.api_version, call.query)
        headers = {"x-ms-correlation-request-id": self._correlation_id, **call.headers}
        if call.content:
            headers["Content-Type"] = "application/json"
        call.observer.sending(call.method)
        answer: Answer | NoAnswer | None = None
        try:
            answer = await self._transport.send(
                call.method,
                url,
                headers=headers,
                content=call.content,
                bearer=signature.bearer,
                auxiliary=tuple(token for _, token in signature.auxiliary),
                pool=call.pool,
                connect=left,
            )
        finally:
            self._tell(call.method, url, answer, self._clock.monotonic() - sent)
        if isinstance(answer, Answer):
            if answer.status != 429:
                self._pacing.of(call.subscription).answered(answer.headers, sent=sent)
            return answer
        if answer.exhausted and self._places.lower():
            self._on_warning(
                f"{answer.reason}; requests at the same time from here on: {self._places.count}. "
                "`ulimit -n` raises the limit, --parallelism lowers the need"
            )
        if call.send_by is not None and answer.unsent and (answer.exhausted or answer.timed_out):
            return Deferred(why="another look: no connection was free in time")
        error = ArmUnreachable(answer.reason, operation=call.operation, target=call.target)
        return Lost(
            error=error,
            again=not answer.hopeless,
            cost=TIMEOUT_COST if answer.timed_out else RETRY_COST,
        )

    def _tell(self, method: str, url: str, answer: Answer | NoAnswer | None, seconds: float) -> None:
        had = answer if isinstance(answer, Answer) else None
        exchanged = Exchanged(
            method=method,
            path=printable(urlsplit(url).path, 500),
            status=had.status if had else None,
            request_id=request_id(had.headers.get("x-ms-request-id")) if had else None,
            seconds=seconds,
        )
        shown = exchanged.status or "no answer", exchanged.request_id or "-"
        _log.debug("%s %s %s %s %.3f s", method, exchanged.path, *shown, seconds)
        if had is not None:
            self.server_time = http_date(had.headers.get("date", "").strip()) or self.server_time
        self._on_exchange(exchanged)

    # -- what an answer means ------------------------------------------------------------------------------

    def _refused(
        self, call: Call, answer: Answer, fault: ArmFault, note: str = ""
    ) -> Rejected | Lost | Deferred:
        """What an error comes to."""
        asked, shown = retry_after(answer.headers), request_id(answer.headers.get("x-ms-request-id"))
        if answer.status == 407:
            words = "a proxy wants a sign-in (407). HTTPS_PROXY names the proxy; NO_PROXY goes around it"
            lost = ArmUnreachable(words, operation=call.operation, target=call.target)
            return Lost(error=lost, again=False)
        if answer.status == 404 and not fault.code:
            words = "a 404 without ARM's error does not prove that anything is absent"
            return broken(call, answer, words, again=False)
        if fault.kind is Kind.TRANSIENT:
            said = f"HTTP {answer.status} {fault.code}: {fault.text}".replace(" :", ":")
            lost = ArmUnreachable(said, operation=call.operation, target=call.target, request_id=shown)
            return Lost(error=lost, asked=asked)
        if fault.kind is Kind.THROTTLE:
            asked = self._throttled(call, answer, fault)
            if asked is not None and asked > self._longest:
                note = f"({too_long(asked, self._longest)})"
        error = rejection(
            fault,
            operation=call.operation,
            target=call.target,
            request_id=shown,
            retry_after=asked,
            note=note,
        )
        if fault.kind is Kind.THROTTLE and not note:
            return Deferred(why="the end of a pause that ARM asked for (429)", error=error)
        return Rejected(error=error, fault=fault, gateway=of_gateway(answer))

    def _throttled(self, call: Call, answer: Answer, fault: ArmFault) -> float | None:
        """After a 429 nobody asks in this subscription for a while; seconds that ARM asked for."""
        asked = retry_after(answer.headers) or fault.seconds_in_text
        self._pacing.of(call.subscription).throttled(wait(call.attempt, asked, self._jitter))
        return asked

    async def _over(self, call: Call, result: Rejected | Lost | Deferred) -> Rejected | Lost | None:
        """What a read that went wrong ends as; None when it may be tried again, after a wait."""
        if isinstance(result, Rejected):
            fault, kind, used = result.fault, call.resource_type, call.api_version
            if fault is None or not kind or not isinstance(result.error, ApiVersionUnknown):
                return result
            return None if self._versions.settle(kind, used, fault.message) else result
        if isinstance(result, Deferred):
            # The pause is the gate's, for all lanes; the budget is drawn on when the gate is tried.
            if isinstance(result.error, ArmRejected) and call.attempt >= ATTEMPTS:
                return Rejected(error=result.error)
            return None
        if not result.again:
            return result
        verdict = decide(
            attempt=call.attempt,
            asked=result.asked,
            cost=result.cost,
            budget=self._budget,
            jitter=self._jitter,
            longest=self._longest,
        )
        if isinstance(verdict, Resend):
            call.observer.held_back("another try, after no usable answer", verdict.after)
            await self._clock.sleep(verdict.after)
            return None
        return replace(result, error=result.error.saying(f"gave up: {verdict.why}"))

    def _versioned(self, call: Call) -> Call:
        """The call in the api-version that is spoken about its type, as far as is settled by now."""
        if call.url or call.api_version:
            return call
        return replace(call, api_version=self._versions.of(call.resource_type))

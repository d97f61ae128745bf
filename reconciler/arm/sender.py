"""A request on its way out: its turn, its tokens, and what may be told of it.

Rule of this module: a 401 is answered with one fresh token, of the tenant that was refused, and one resend;
it proves that nothing was done. What an answer means is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from reconciler.arm.auth import TokenSource
from reconciler.arm.classify import ArmFault, fault_in
from reconciler.arm.exchange import MOST_AUXILIARY, Answer, Exchange
from reconciler.arm.pacing import Pacing, kind_of
from reconciler.arm.printable import excerpt, printable, request_id
from reconciler.arm.retry import RETRY_COST, RetryBudget, http_date
from reconciler.arm.strict_json import Unreadable, parse
from reconciler.arm.token import Token
from reconciler.clock import Clock
from reconciler.domain.departure import UNWATCHED, Departure
from reconciler.errors import UsageProblem

_log = logging.getLogger("reconciler.arm")
_RIGHT_TENANT = re.compile(r"must match the tenant 'https://sts\.[a-z.]+/([0-9a-f-]{36})/'", re.IGNORECASE)
_AUXILIARY_WORDS = re.compile(r"auxiliary|linked", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One logical request. `operation` and `target` are our words for messages; the url may be signed.

    `departure` is told when it is held back and when it leaves.
    """

    operation: str
    target: str
    subscription: str
    method: str
    url: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)
    source_tenants: tuple[str, ...] = ()
    departure: Departure = field(default=UNWATCHED, repr=False)
    set_aside: Callable[[bytes], None] | None = None
    """Takes a long list unread (`late.may_wait`), which then counts as an empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What may be told of one exchange: no header, no query, no body. `seconds` is its duration."""

    method: str
    path: str
    status: int | None
    request_id: str | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """Which tenant's token a subscription wants: the declared one, else what ARM said, else the default."""

    declared: Mapping[str, str]
    default: str | None = None
    learned: dict[str, str] = field(default_factory=dict)

    def of(self, subscription: str) -> str | None:
        """The tenant; None leaves it to the credential."""
        key = subscription.lower()
        return self.declared.get(key) or self.learned.get(key) or self.default

    def learn(self, subscription: str, fault: ArmFault) -> bool:
        """Remember the tenant that a 401 names, unless the fleet declares one; whether it is news."""
        key = subscription.lower()
        named = _RIGHT_TENANT.search(fault.message)
        if named is None or key in self.declared or self.of(subscription) == named[1].lower():
            return False
        self.learned[key] = named[1].lower()
        return True


class BudgetSpent(Exception):  # noqa: N818 -- a state of the run
    """A closed subscription may not be tried again: the run's budget for repetitions is used up."""


class Sender:
    """Sends calls, one exchange each (two after a 401), and at most `at_once` of them at the same time.

    Whoever waits, for a pause of its subscription or its turn there, takes no place from those who can send.
    """

    def __init__(
        self,
        exchange: Exchange,
        tokens: TokenSource,
        tenants: Tenants,
        clock: Clock,
        *,
        pacing: Pacing,
        budget: RetryBudget,
        at_once: int,
        correlation_id: str,
        on_exchange: Callable[[Exchanged], None],
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._tenants = tenants
        self._clock = clock
        self._pacing = pacing
        self._budget = budget
        self._places = asyncio.Semaphore(at_once)
        self._correlation_id = correlation_id
        self._on_exchange = on_exchange
        self.server_time: datetime | None = None
        """What the last answer's Date said; ARM's dates are judged by ARM's clock, not by ours (F-097)."""

    async def send(self, call: Call, *, resend: bool = False) -> Answer:
        """The answer, whatever its status.

        Raises NoAnswer, PausedTooLong, BudgetSpent (only for a `resend`), CredentialError, UsageProblem.
        """
        bearer, auxiliary = await self._tokens_of(call)
        answer = await self._paced(call, bearer, auxiliary, resend=resend)
        if answer.status != 401:
            return answer
        fault = fault_of(answer)
        if not self._tenants.learn(call.subscription, fault):
            await self._renew(call, fault, answer, bearer, auxiliary)
        bearer, auxiliary = await self._tokens_of(call)
        return await self._paced(call, bearer, auxiliary, resend=False)

    async def identity(self, call: Call) -> str:
        """Whose tokens a call uses, for messages: tenants and client ids."""
        bearer, auxiliary = await self._tokens_of(call)
        tenant = self._tenants.of(call.subscription) or "of the credential"
        tokens = zip((tenant, *call.source_tenants), (bearer, *auxiliary), strict=True)
        return ", ".join(f"tenant {name} as client {token.client}" for name, token in tokens)

    async def _tokens_of(self, call: Call) -> tuple[Token, tuple[Token, ...]]:
        if len(call.source_tenants) > MOST_AUXILIARY:
            raise UsageProblem(
                f"{call.target} needs tokens of {len(call.source_tenants)} other tenants; ARM takes "
                f"{MOST_AUXILIARY}. Deploy from source accounts in fewer tenants"
            )
        bearer = await self._tokens.token(self._tenants.of(call.subscription))
        return bearer, tuple([await self._tokens.token(tenant) for tenant in call.source_tenants])

    async def _renew(
        self, call: Call, fault: ArmFault, answer: Answer, bearer: Token, auxiliary: tuple[Token, ...]
    ) -> None:
        """Have the refused token replaced, unless somebody else already did."""
        refused: dict[str | None, Token] = {self._tenants.of(call.subscription): bearer}
        if call.source_tenants:
            said = f"{fault.code} {fault.message} {answer.headers.get('www-authenticate', '')}"
            sources = list(zip(call.source_tenants, auxiliary, strict=True))
            named = [(tenant, token) for tenant, token in sources if tenant in said.lower()]
            if named or _AUXILIARY_WORDS.search(said):
                refused = dict(named or sources)
        for tenant, token in refused.items():
            if await self._tokens.token(tenant) is token:
                await self._tokens.token(tenant, fresh=True)

    async def _paced(
        self, call: Call, bearer: Token, auxiliary: tuple[Token, ...], *, resend: bool
    ) -> Answer:
        """One exchange when its turn has come."""
        door = self._pacing.of(call.subscription)
        told = partial(call.departure.held_back, call.method)
        while True:
            async with door.turn(kind_of(call.method), told) as closed, self._places:
                if door.shut(trying=closed):
                    continue  # ARM throttled the subscription while this one waited for a place
                if closed and resend and not self._budget.spend(RETRY_COST):
                    raise BudgetSpent("the run's budget for repeated requests is used up")
                sent = self._clock.monotonic()
                answer = await self._told(call, bearer, auxiliary)
                if answer.status != 429:
                    door.answered(answer.headers, sent=sent)
                return answer

    async def _told(self, call: Call, bearer: Token, auxiliary: tuple[Token, ...]) -> Answer:
        """One exchange, told to whoever listens."""
        call.departure.leaves(call.method)
        start = self._clock.monotonic()
        headers = {"x-ms-correlation-request-id": self._correlation_id}
        if call.content:
            headers["Content-Type"] = "application/json"
        answer: Answer | None = None
        try:
            answer = await self._exchange.send(
                call.method,
                call.url,
                headers=headers,
                content=call.content,
                bearer=bearer,
                auxiliary=auxiliary,
            )
        finally:
            self._tell(call, answer, self._clock.monotonic() - start)
        return answer

    def _tell(self, call: Call, answer: Answer | None, seconds: float) -> None:
        told = Exchanged(
            method=call.method,
            path=printable(urlsplit(call.url).path, 500),
            status=answer.status if answer else None,
            request_id=request_id(answer.headers.get("x-ms-request-id")) if answer else None,
            seconds=seconds,
        )
        words = (told.method, told.path, told.status or "no answer", told.request_id or "-", told.seconds)
        _log.debug("%s %s %s %s %.3f s", *words)
        if answer is not None:
            self.server_time = http_date(answer.headers.get("date", "").strip()) or self.server_time
        self._on_exchange(told)


def fault_of(answer: Answer) -> ArmFault:
    """The error in an answer of 400 and more; without ARM's envelope, one with an empty code."""
    try:
        found = fault_in(answer.status, parse(answer.body))
    except Unreadable:
        found = None
    return found or ArmFault(status=answer.status, code="", message=excerpt(answer.body))

"""The emulator as an ASGI application: reads a request, takes its turn at the state, sends the answer.

Rule of this module: a turn never waits. Delays lie between two transactions, and a write that is being
delayed leaves a mark on its account, so that a second writer - of this process or of another one - meets
ARM's 409 and not our lock.
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl

from reconciler.emulator import (
    activity,
    auth,
    clock,
    control,
    errors,
    faults,
    front_door,
    journal,
    provisioning,
    seeding,
    sending,
    strangers,
    upkeep,
    world_checks,
)
from reconciler.emulator.sending import Message, Send
from reconciler.emulator.store import StateUnwritableError, Store
from reconciler.emulator.turn import BODY_LIMIT, Caller
from reconciler.emulator.wire import Answer, Json, Request

Receive: TypeAlias = Callable[[], Awaitable[Message]]

_HOST = re.compile(r"^[\w.\-\[\]:]{1,255}$")
_WRITES = frozenset({"PUT", "PATCH", "DELETE", "POST"})
_MARK_GRACE_SECONDS = 30.0
FRONT_DOOR_WAITS_SECONDS = 60.0
"""After so long the front door gives up on the provider, which goes on (documented)."""


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request on its way through; filled in as it goes."""

    request: Request
    ticket: str
    then: Json = field(default_factory=dict)
    entry: Json = field(default_factory=dict)
    caller: Caller | None = None
    action: str = ""
    rates: Mapping[str, str] = field(default_factory=dict)
    collided: bool = False
    late: bool = False
    """Whether the front door will have given up by the time the provider answers."""
    answer: Answer | None = None
    """None once the connection is to be lost."""


class Emulator:
    """The application; `wall` and `sleep` are its only ties to real time."""

    def __init__(
        self,
        *,
        state: Path | None = None,
        world: Mapping[str, object] | None = None,
        latency_ms: int = 0,
        control_token: str | None = None,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._path = state
        self._world = world
        self._latency = latency_ms / 1000
        self._control_token = control_token
        self._wall = wall
        self._sleep = sleep or _pause
        self._opened: Store | None = None

    @property
    def store(self) -> Store:
        """The state, opened on first use and filled with the world if it is new; raises StateError."""
        if self._opened is None:
            store = Store(self._path)
            try:
                with store.transaction():
                    if not store.setting("clock"):
                        control.begin(store, self._wall(), self._world)
            except world_checks.WorldError:
                store.close()
                raise
            self._opened = store
        return self._opened

    def close(self) -> None:
        """Let go of the state; the next request opens it again (a state in memory is then a new one)."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def ensure(self, world: Mapping[str, object]) -> tuple[str, ...]:
        """Add the subscriptions and accounts of `world` that the state lacks; the ids of accounts added.

        What exists is left alone. Raises `world_checks.WorldError`, a ValueError, for what cannot be merged.
        """
        with self.store.transaction():
            return seeding.ensure(self.store, clock.now(self.store, self._wall()), dict(world))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1003})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        content = await _read(receive)
        exchange = _Exchange(request=_request(scope, content or b""), ticket=uuid.uuid4().hex)
        try:
            await self._dispatch(exchange, is_too_large=content is None)
        except StateUnwritableError as problem:
            exchange.answer = errors.refusal("state_unwritable", text=str(problem)).answer()
        await self._send(exchange, scope, send)

    async def _dispatch(self, exchange: _Exchange, *, is_too_large: bool) -> None:
        stranger = strangers.refusal(exchange.request, self._control_token)
        if stranger is not None:
            exchange.answer = stranger.answer()
        elif is_too_large:
            exchange.answer = errors.refusal("content_too_large", limit=BODY_LIMIT).answer()
        elif exchange.request.segments[:1] == ("_emulator",):
            with self.store.transaction():
                exchange.answer = control.answer(self.store, exchange.request, self._wall())
        else:
            await self._turn(exchange)

    async def _turn(self, exchange: _Exchange) -> None:
        with self.store.transaction():
            exchange.then = faults.fired_by(self.store, exchange.request)
            started = clock.stamp(clock.now(self.store, self._wall()))
            exchange.entry = journal.entry(exchange.request, started=started)
            delay = self._latency + faults.delay_seconds(exchange.then)
            if delay == 0:
                self._perform(exchange)
                return
            self._mark(exchange, delay)
        exchange.late = delay > FRONT_DOOR_WAITS_SECONDS
        await self._sleep(min(delay, FRONT_DOOR_WAITS_SECONDS))
        with self.store.transaction():
            self._perform(exchange)

    def _mark(self, exchange: _Exchange, delay: float) -> None:
        """Announce a write that is being processed; the mark of a killed process grows stale by itself."""
        key = _account_key(exchange.request)
        if exchange.request.method not in _WRITES or key is None:
            return
        if self._mark_on(key) is not None:
            exchange.collided = True
        else:
            until = self._wall() + delay + _MARK_GRACE_SECONDS
            self.store.put("mark", key, {"ticket": exchange.ticket, "until": until})

    def _mark_on(self, key: str) -> Json | None:
        """The mark of a write that goes on in an account; a stale one is dropped."""
        mark = self.store.get("mark", key)
        if mark is None or mark["until"] >= self._wall():
            return mark
        self.store.delete("mark", key)
        return None

    def _perform(self, exchange: _Exchange) -> None:
        """The turn itself: effect, answer, journal, all in one transaction."""
        store, then = self.store, exchange.then
        moment = clock.now(store, self._wall())
        key = _account_key(exchange.request)
        mark = None if key is None else self._mark_on(key)
        real: Answer | None = None
        if faults.is_undone(then):
            with store.part(kept=False):
                real = self._answer(exchange)
        elif not faults.is_replaced(then):
            real = self._answer(exchange)
        if key is not None and mark is not None and mark["ticket"] == exchange.ticket:
            store.delete("mark", key)
        if exchange.late:
            real = errors.refusal("gateway_timeout").answer()
        exchange.answer = None if "reset" in then else faults.answer(then) or real
        status = "reset" if exchange.answer is None else exchange.answer.status
        journal.write(store, exchange.entry, status=status, ended=clock.stamp(moment))

    def _answer(self, exchange: _Exchange) -> Answer:
        store, request = self.store, exchange.request
        moment = clock.now(store, self._wall())
        try:
            provisioning.settle(store, moment)
            upkeep.settle(store, moment)
            known = front_door.public(store, request, moment)
            if known is not None:
                return known
            exchange.caller = auth.authenticate(store, moment, request.headers)
            exchange.rates = front_door.limits(store, request, moment, exchange.caller)
            forced = exchange.then if "lro" in exchange.then else None
            route, turn = front_door.admit(
                store, request, moment, exchange.caller, ticket=exchange.ticket, forced=forced
            )
            exchange.action = route.action
            answer = route.handler(replace(turn, collided=exchange.collided))
        except errors.Refusal as refusal:
            answer = refusal.answer()
        if exchange.action and exchange.caller is not None and request.method in _WRITES:
            activity.record(store, moment, request, exchange.caller, exchange.action, answer)
        return answer

    async def _send(self, exchange: _Exchange, scope: Message, send: Send) -> None:
        answer = exchange.answer
        line = sending.Line(scope=scope, send=send, sleep=self._sleep)
        if answer is None:
            lost = f"connection reset by a scripted fault: {exchange.request.method} {exchange.request.path}"
            line.reset(lost)
            return
        content = faults.altered_content(answer.body, exchange.then)
        fields = sending.headers(
            answer,
            exchange.request,
            now=clock.now(self.store, self._wall()),
            caller=exchange.caller,
            rates=exchange.rates,
            length=len(content),
            then=exchange.then,
        )
        await line.transmit(
            answer.status, fields, b"" if exchange.request.method == "HEAD" else content, exchange.then
        )


async def _pause(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - loaded by whoever runs us; importing it early would cost half the start

    await asyncio.sleep(seconds)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _read(receive: Receive) -> bytes | None:
    """The request body, None when it is larger than ARM takes."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= BODY_LIMIT else None


def _request(scope: Message, content: bytes) -> Request:
    names = {
        bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
        for name, value in scope["headers"]
    }
    raw_query = bytes(scope.get("query_string") or b"").decode("latin-1")
    host = names.get("host", "")
    if _HOST.match(host) is None:
        server = scope.get("server") or ("127.0.0.1", None)
        host = server[0] if server[1] is None else f"{server[0]}:{server[1]}"
    return Request(
        method=str(scope["method"]).upper(),
        path=_clean(scope["path"]),
        query={
            _clean(name).lower(): _clean(value)
            for name, value in parse_qsl(raw_query, keep_blank_values=True)
        },
        headers=names,
        raw_query=raw_query,
        content=content,
        origin=f"{scope.get('scheme', 'http')}://{host}",
    )


def _clean(text: str) -> str:
    """Text without lone surrogates, which no database and no JSON could carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _account_key(request: Request) -> str | None:
    """Key of the account that a path lies in or below, None for other paths."""
    parts = [part.lower() for part in request.segments]
    if len(parts) >= 8 and parts[0] == "subscriptions" and parts[6] == "accounts":
        return "/" + "/".join(parts[:8])
    return None

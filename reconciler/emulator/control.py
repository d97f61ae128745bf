"""The control surface `/_emulator/`: reset, world, journal, faults, clock, operations, switches.

Rule of this module: it touches nothing but the state (`strangers` says who gets this far). A mistake in what
a test posts is a 400 that says what is allowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC

from reconciler.emulator import clock, errors, faults, provisioning, seeding, upkeep
from reconciler.emulator.store import Store
from reconciler.emulator.turn import json_object
from reconciler.emulator.wire import Answer, Json, Request
from reconciler.emulator.world_checks import WorldError

_YEARS = range(2000, 2200)
_OK: Json = {"ok": True}
_RULES = {
    "for": ("all", "long"),
    "headers": ("sent", "absent"),
    "deletes": ("at once", "long"),
    "puts": ("created", "accepted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One control request at the state; `wall` is the machine's time in seconds since 1970."""

    store: Store
    request: Request
    wall: float

    @property
    def body(self) -> Json:
        return json_object(self.request.content) if self.request.content else {}


class _ControlError(Exception):
    """What cannot be done as it is asked; the text says what is allowed."""


def answer(store: Store, request: Request, wall: float) -> Answer:
    """Answer one control request; unknown ones get a 404 that lists what there is."""
    name = "/".join(request.segments[1:]).lower()
    control = CONTROLS.get((request.method, name))
    if control is None:
        known = ", ".join(f"{method} {path}" for method, path in CONTROLS)
        return _said(404, f"There is no {request.method} {request.path}; there are {known}")
    try:
        body = control(_Asked(store=store, request=request, wall=wall))
    except (WorldError, faults.FaultError, _ControlError) as error:
        return _said(400, str(error))
    except errors.Refusal as refusal:
        return refusal.answer()
    return Answer(status=200, body=body, from_provider=False)


def _said(status: int, message: str) -> Answer:
    body: Json = {"error": {"code": "EmulatorControl", "message": message}}
    return Answer(status=status, body=body, from_provider=False)


def begin(store: Store, wall: float, world: Mapping[str, object] | None) -> None:
    """Forget everything but tokens and begin with the given world (None: the default one)."""
    store.clear_but("token")
    clock.start(store, wall)
    store.put("setting", "world", {"given": None if world is None else dict(world)})
    seeding.merge(store, clock.now(store, wall), seeding.DEFAULT if world is None else dict(world))


def _reset(asked: _Asked) -> Json:
    begin(asked.store, asked.wall, asked.store.setting("world").get("given"))
    return _OK


def _world(asked: _Asked) -> Json:
    with asked.store.part(kept=True):
        odd = seeding.merge(asked.store, clock.now(asked.store, asked.wall), asked.body)
    return {**_OK, "warnings": list(odd)}


def _status(asked: _Asked) -> Json:
    """How much the state holds, and the rules in force."""
    counted = ("subscription", "group", "account", "deployment", "running", "fault", "journal")
    return {
        "now": clock.stamp(clock.now(asked.store, asked.wall)),
        "holds": {kind: len(asked.store.scan(kind)) for kind in counted},
        "lro": provisioning.rules(asked.store),
        "settings": asked.store.setting("switches"),
    }


def _forget(asked: _Asked, kind: str) -> Json:
    asked.store.clear(kind)
    return _OK


def _faults(asked: _Asked) -> Json:
    body = asked.body
    items = body["faults"] if isinstance(body.get("faults"), list) else [body]
    if not all(isinstance(item, dict) for item in items):
        raise _ControlError("faults must be objects {match, then}")
    return {"faults": [faults.script(asked.store, item) for item in items]}


def _clock(asked: _Asked) -> Json:
    store, body = asked.store, asked.body
    try:
        if "set" in body or "at" in body:
            moment = clock.parse(str(body.get("at", body.get("set")))).astimezone(UTC)
        else:
            seconds = body.get("advanceSeconds", 0)
            if not isinstance(seconds, int | float) or isinstance(seconds, bool):
                raise _ControlError(f"advanceSeconds must be a number, found {seconds!r}")
            moment = clock.advance(store, asked.wall, seconds)
    except (ValueError, OverflowError) as error:
        raise _ControlError(f"the clock was not moved: {error}") from error
    if moment.year not in _YEARS:
        raise _ControlError(
            f"the clock stays within {_YEARS.start} and {_YEARS.stop - 1}, found {moment.isoformat()}"
        )
    clock.set_to(store, asked.wall, moment)
    provisioning.settle(store, moment)
    upkeep.settle(store, moment)
    return {"now": clock.stamp(moment)}


def _lro(asked: _Asked) -> Json:
    body = asked.body
    rule = {**provisioning.rules(asked.store), **body}
    if "polls" in body:
        rule.pop("seconds", None)
    elif "seconds" in body:
        rule.pop("polls", None)
    numbers = ("polls", "seconds", "retryAfter")
    for name in numbers:
        value = rule.get(name)
        is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**8
        if value is not None and not is_whole:
            raise _ControlError(f"{name} must be a whole number from 0 to 100000000, found {value!r}")
    if any(rule.get(name) not in words for name, words in _RULES.items()) or set(rule) - {*numbers, *_RULES}:
        raise _ControlError(
            "allowed are polls or seconds, retryAfter (or null), for: all | long, headers: sent | absent,"
            " deletes: at once | long, puts: created | accepted"
        )
    asked.store.put("setting", "lro", rule)
    return {"lro": rule}


def _settings(asked: _Asked) -> Json:
    seeding.settings(asked.store, asked.body)
    return {"settings": asked.store.setting("switches")}


def _behaviours(_: _Asked) -> Json:
    from reconciler.emulator import behaviours  # noqa: PLC0415 - seldom asked for, and a long list

    return {"behaviours": [behaviour._asdict() for behaviour in behaviours.behaviours()]}


CONTROLS: dict[tuple[str, str], Callable[[_Asked], Json]] = {
    ("POST", "reset"): _reset,
    ("POST", "world"): _world,
    ("GET", "status"): _status,
    ("GET", "requests"): lambda asked: {"requests": asked.store.scan("journal")},
    ("DELETE", "requests"): lambda asked: _forget(asked, "journal"),
    ("POST", "faults"): _faults,
    ("GET", "faults"): lambda asked: {"faults": asked.store.scan("fault")},
    ("DELETE", "faults"): lambda asked: _forget(asked, "fault"),
    ("POST", "clock"): _clock,
    ("GET", "clock"): lambda asked: {"now": clock.stamp(clock.now(asked.store, asked.wall))},
    ("POST", "lro"): _lro,
    ("POST", "settings"): _settings,
    ("GET", "behaviours"): _behaviours,
}

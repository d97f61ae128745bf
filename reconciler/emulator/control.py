"""The control surface `/_emulator/`: reset, world, journal, faults, clock, operations, switches.

Rule of this module: it touches nothing but the state (`strangers` says who gets this far). A mistake in what
a test posts is a 400 that says what is allowed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from reconciler.emulator import (
    clock,
    errors,
    faults,
    journal,
    provisioning,
    seeding,
    upkeep,
    world_checks,
)
from reconciler.emulator.store import Store
from reconciler.emulator.turn import json_object
from reconciler.emulator.wire import Answer, Json, Request

Control = Callable[[Store, Request, float], Answer]
_YEARS = range(2000, 2200)


def answer(store: Store, request: Request, wall: float) -> Answer:
    """Answer one control request; unknown ones get a 404 that lists what there is."""
    name = "/".join(request.segments[1:]).lower()
    control = CONTROLS.get((request.method, name))
    if control is None:
        known = ", ".join(f"{method} {path}" for method, path in CONTROLS)
        return _said(404, f"There is no {request.method} {request.path}; there are {known}")
    try:
        return control(store, request, wall)
    except (world_checks.WorldError, faults.FaultError) as error:
        return _said(400, str(error))
    except errors.Refusal as refusal:
        return refusal.answer()


def _said(status: int, message: str) -> Answer:
    body: Json = {"error": {"code": "EmulatorControl", "message": message}}
    return Answer(status=status, body=body, from_provider=False)


def _done(body: Json | None = None) -> Answer:
    return Answer(status=200, body=body or {"ok": True}, from_provider=False)


def _body(request: Request) -> Json:
    return json_object(request.content) if request.content else {}


def _reset(store: Store, request: Request, wall: float) -> Answer:
    del request
    begin(store, wall, store.setting("world").get("given"))
    return _done()


def begin(store: Store, wall: float, world: Mapping[str, object] | None) -> None:
    """Forget everything but tokens and begin with the given world (None: the default one)."""
    store.clear_but("token")
    clock.start(store, wall)
    store.put("setting", "world", {"given": None if world is None else dict(world)})
    seeding.begin(store, clock.now(store, wall), world)


def _world(store: Store, request: Request, wall: float) -> Answer:
    with store.whole():
        odd = seeding.merge(store, clock.now(store, wall), _body(request))
    return _done({"ok": True, "warnings": list(odd)})


def _status(store: Store, request: Request, wall: float) -> Answer:
    """How much the state holds, and the rules in force."""
    del request
    counted = ("subscription", "group", "account", "deployment", "running", "fault", "journal")
    return _done(
        {
            "now": clock.stamp(clock.now(store, wall)),
            "holds": {kind: len(store.scan(kind)) for kind in counted},
            "lro": provisioning.rules(store),
            "settings": store.setting("switches"),
        }
    )


def _requests(store: Store, request: Request, wall: float) -> Answer:
    del request, wall
    return _done({"requests": journal.read(store)})


def _forget_requests(store: Store, request: Request, wall: float) -> Answer:
    del request, wall
    journal.forget(store)
    return _done()


def _faults(store: Store, request: Request, wall: float) -> Answer:
    del wall
    body = _body(request)
    items = body["faults"] if isinstance(body.get("faults"), list) else [body]
    for item in items:
        if not isinstance(item, dict):
            raise faults.FaultError("faults must be objects {match, then}")
    return _done({"faults": [faults.script(store, item) for item in items]})


def _list_faults(store: Store, request: Request, wall: float) -> Answer:
    del request, wall
    return _done({"faults": store.scan("fault")})


def _forget_faults(store: Store, request: Request, wall: float) -> Answer:
    del request, wall
    store.clear("fault")
    return _done()


def _clock(store: Store, request: Request, wall: float) -> Answer:
    body = _body(request)
    try:
        if "set" in body or "at" in body:
            moment = clock.parse(str(body.get("at", body.get("set")))).astimezone(UTC)
        else:
            seconds = body.get("advanceSeconds", 0)
            if not isinstance(seconds, int | float) or isinstance(seconds, bool):
                return _said(400, f"advanceSeconds must be a number, found {seconds!r}")
            moment = clock.advance(store, wall, seconds)
    except (ValueError, OverflowError) as error:
        return _said(400, f"the clock was not moved: {error}")
    if moment.year not in _YEARS:
        return _said(
            400, f"the clock stays within {_YEARS.start} and {_YEARS.stop - 1}, found {moment.isoformat()}"
        )
    clock.set_to(store, wall, moment)
    provisioning.settle(store, moment)
    upkeep.settle(store, moment)
    return _done({"now": clock.stamp(moment)})


def _now(store: Store, request: Request, wall: float) -> Answer:
    del request
    moment: datetime = clock.now(store, wall)
    return _done({"now": clock.stamp(moment)})


def _lro(store: Store, request: Request, wall: float) -> Answer:
    del wall
    body = _body(request)
    rule = {**provisioning.rules(store), **body}
    if "polls" in body:
        rule.pop("seconds", None)
    elif "seconds" in body:
        rule.pop("polls", None)
    for name in ("polls", "seconds", "retryAfter"):
        value = rule.get(name)
        if value is not None and (
            not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**8
        ):
            return _said(400, f"{name} must be a whole number from 0 to 100000000, found {value!r}")
    words = {
        "for": ("all", "long"),
        "headers": ("sent", "absent"),
        "deletes": ("at once", "long"),
        "puts": ("created", "accepted"),
    }
    wrong = [name for name, allowed in words.items() if rule.get(name) not in allowed]
    if wrong or set(rule) - {"polls", "seconds", "retryAfter", *words}:
        return _said(
            400,
            "allowed are polls or seconds, retryAfter (or null), for: all | long, headers: sent | absent,"
            " deletes: at once | long, puts: created | accepted",
        )
    store.put("setting", "lro", rule)
    return _done({"lro": rule})


def _settings(store: Store, request: Request, wall: float) -> Answer:
    del wall
    seeding.settings(store, _body(request))
    return _done({"settings": store.setting("switches")})


def _behaviours(store: Store, request: Request, wall: float) -> Answer:
    from reconciler.emulator import behaviours  # noqa: PLC0415 - seldom asked for, and a long list

    del store, request, wall
    return _done({"behaviours": [behaviour._asdict() for behaviour in behaviours.behaviours()]})


CONTROLS: dict[tuple[str, str], Control] = {
    ("POST", "reset"): _reset,
    ("POST", "world"): _world,
    ("GET", "status"): _status,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _forget_requests,
    ("POST", "faults"): _faults,
    ("GET", "faults"): _list_faults,
    ("DELETE", "faults"): _forget_faults,
    ("POST", "clock"): _clock,
    ("GET", "clock"): _now,
    ("POST", "lro"): _lro,
    ("POST", "settings"): _settings,
    ("GET", "behaviours"): _behaviours,
}

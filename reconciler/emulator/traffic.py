"""What deployments were asked and answered, by minute: the data plane counts, metrics tell.

Rule of this module: a world may say that a deployment has steady traffic (key `traffic`); it is then so in
every minute of the clock, before and after.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock
from reconciler.emulator.store import Store
from reconciler.emulator.wire import Json

KEYS = ("id", "requestsPerMinute", "inputTokens", "outputTokens", "utilization", "since", "until")
_COUNTED = ("requests", "inputTokens", "outputTokens", "errors")


def minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def count(
    store: Store, now: datetime, deployment_key: str, *, prompt: int, generated: int, status: int
) -> None:
    """Count one call to a deployment."""
    key = f"{deployment_key}/{clock.seconds_stamp(minute(now))}"
    found = store.get("traffic", key) or dict.fromkeys(_COUNTED, 0)
    found["requests"] += 1
    found["inputTokens"] += prompt
    found["outputTokens"] += generated
    found["errors"] += status >= 500
    store.put("traffic", key, found)


def seen(store: Store, deployment_key: str, moment: datetime) -> Json | None:
    """What was counted or declared of a minute; None when there was nothing."""
    counted = store.get("traffic", f"{deployment_key}/{clock.seconds_stamp(moment)}")
    steady = store.get("steady", deployment_key)
    if steady is not None and not _holds(steady, moment):
        steady = None
    if counted is None and steady is None:
        return None
    found: Json = dict.fromkeys(_COUNTED, 0) | (counted or {})
    if steady is not None:
        requests = int(steady.get("requestsPerMinute", 0))
        found["requests"] += requests
        found["inputTokens"] += requests * int(steady.get("inputTokens", 0))
        found["outputTokens"] += requests * int(steady.get("outputTokens", 0))
        found["utilization"] = steady.get("utilization", 0)
    return found


def _holds(steady: Json, moment: datetime) -> bool:
    since, until = steady.get("since"), steady.get("until")
    if since is not None and moment < clock.parse(str(since)):
        return False
    return until is None or moment < clock.parse(str(until))


def minutes(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Beginnings of the steps of a span, whole minutes."""
    found, moment = [], minute(start)
    while moment < end:
        found.append(moment)
        moment += step
    return found

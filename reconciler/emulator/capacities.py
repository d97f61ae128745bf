"""Capacity that a region has left for provisioned deployments; it moves with the clock.

Rule of this module: the moves are made up and always the same (documentation says that capacity changes
through the day, and gives no numbers): a hash of the place, the model, the sku and the hour. Quota bounds
what is announced. Whether a PUT meets the same bound is a switch: nothing public tells how ARM refuses one.
"""

import hashlib
from datetime import datetime

from reconciler.emulator import offers
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, normal_location

_LOWEST, _HIGHEST = 0, 1000
_STEP = 25
"""Units of provisioned throughput between two values that a region may have left."""


def available(turn: Turn, place: str, model: Json, sku: str, room: int) -> int:
    """Units that `modelCapacities` shows: what quota leaves, for provisioned skus no more than is left."""
    if not offers.is_provisioned(sku) or turn.store.setting("switches").get("modelCapacities") == "quota":
        return max(0, room)
    return max(0, min(room, left(place, model, sku, turn.now)))


def left(place: str, model: Json, sku: str, now: datetime) -> int:
    """Units that a region has left in this hour."""
    named = "/".join([normal_location(place), *(str(model[part]) for part in ("format", "name", "version"))])
    seed = hashlib.sha256(f"{named}/{sku}/{now:%Y-%m-%dT%H}".lower().encode()).digest()
    steps = (_HIGHEST - _LOWEST) // _STEP
    return _LOWEST + _STEP * (int.from_bytes(seed[:4], "big") % (steps + 1))


def is_short(turn: Turn, place: str, model: Json, sku: str, more: int) -> bool:
    """Whether the switch `capacityShortage: refused` turns a growing provisioned write away."""
    refused = turn.store.setting("switches").get("capacityShortage") == "refused"
    return refused and offers.is_provisioned(sku) and more > left(place, model, sku, turn.now)

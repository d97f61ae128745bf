"""Quota tiers of a subscription: which one it has, whether it may rise, and what a rise does to the limits.

Rule of this module: that limits rise by themselves is documented, when and by how much is made up: by the
switch `quotaTiers: rising` a tier every 30 days of the clock, each doubling the limits, unless the
subscription says NoAutoUpgrade.
"""

from datetime import datetime, timedelta

from reconciler.emulator import clock, errors, provider_errors
from reconciler.emulator.store import Store
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, at

TYPE = "Microsoft.CognitiveServices/quotaTiers"
POLICIES = ("OnceUpgradeIsAvailable", "NoAutoUpgrade")
_HIGHEST = 6
_EVERY = timedelta(days=30)


def settle(store: Store, now: datetime) -> None:
    """Let the tiers rise whose time has come."""
    if store.setting("switches").get("quotaTiers") != "rising":
        return
    for subscription in store.scan("subscription"):
        key = str(subscription["subscriptionId"]).lower()
        found = _of(store, key)
        due = clock.parse(found["since"]) + _EVERY
        while due <= now and found["tier"] < _HIGHEST and found["policy"] != "NoAutoUpgrade":
            found |= {"tier": found["tier"] + 1, "since": clock.stamp(due)}
            due += _EVERY
        store.put("tier", key, found)


def factor(store: Store, subscription: str) -> int:
    """What the shipped limits are multiplied with."""
    found = store.get("tier", subscription.lower())
    return 1 if found is None else 2 ** (int(found["tier"]) - 1)


def _of(store: Store, subscription: str) -> Json:
    begins = {"tier": 1, "policy": POLICIES[0], "since": clock.stamp(clock.WORLD_BEGINS)}
    return store.get("tier", subscription.lower()) or begins


def listing(turn: Turn) -> Answer:
    return Answer(status=200, body={"value": [_wire(turn)]})


def get(turn: Turn) -> Answer:
    _require_default(turn)
    return Answer(status=200, body=_wire(turn))


def write(turn: Turn) -> Answer:
    """PUT and PATCH: the policy is all that can be written (specified)."""
    _require_default(turn)
    asked = turn.body()
    expect(asked, {"properties": dict, "properties.tierUpgradePolicy": str})
    policy = at(asked, "properties", "tierUpgradePolicy")
    if policy is not None and policy not in POLICIES:
        raise errors.invalid_content(f"Error converting value '{policy}' to type TierUpgradePolicy")
    found = _of(turn.store, turn.subscription)
    if policy is not None:
        turn.store.put("tier", turn.subscription.lower(), {**found, "policy": policy})
    return Answer(status=200, body=_wire(turn))


def _require_default(turn: Turn) -> None:
    if turn.args["tier"].lower() != "default":
        raise provider_errors.not_found(turn.request.path)


def _wire(turn: Turn) -> Json:
    found = _of(turn.store, turn.subscription)
    is_last = found["tier"] >= _HIGHEST
    eligibility = {
        **({} if is_last else {"nextTierName": f"Tier {found['tier'] + 1}"}),
        "upgradeAvailabilityStatus": "NotAvailable" if is_last else "Available",
    }
    return {
        "id": f"/subscriptions/{turn.subscription}/providers/{TYPE}/default",
        "name": "default",
        "type": TYPE,
        "properties": {
            "currentTierName": f"Tier {found['tier']}",
            "tierUpgradePolicy": found["policy"],
            "assignmentDate": found["since"],
            "tierUpgradeEligibilityInfo": eligibility,
        },
    }

"""Commitments of other services: the tiers of a region and the periods of a plan.

Rule of this module: a plan's first month is taken for the days that are left of it, its quota in proportion
(recorded in March 2022 and June 2023). Only tiers that were recorded are listed.
"""

from datetime import UTC, datetime

from reconciler.emulator import regional
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

_WEB, _CONNECTED, _DISCONNECTED = "Web", "ConnectedContainer", "DisconnectedContainer"

_TIERS: dict[tuple[str, str, str], tuple[tuple[str, ...], tuple[int, ...]]] = {
    # kind, sku, plan: hosting models, quota of T1, T2, …
    ("TextAnalytics", "S", "TA"): ((_WEB, _CONNECTED), (1_000_000, 3_000_000, 10_000_000)),
    ("FormRecognizer", "S0", "CustomInvoice"): ((_WEB, _CONNECTED), (20_000, 100_000, 500_000)),
    ("FormRecognizer", "DC0", "CustomInvoice"): ((_DISCONNECTED,), (20_000, 100_000, 500_000, 1_000_000)),
    ("TextTranslation", "S1", "Characters"): (
        (_WEB, _CONNECTED),
        (250_000_000, 1_000_000_000, 4_000_000_000),
    ),
    ("TextTranslation", "DC0", "Characters"): (
        (_DISCONNECTED,),
        (250_000_000, 1_000_000_000, 4_000_000_000, 10_000_000_000),
    ),
}


def tiers(turn: Turn) -> Answer:
    """Commitment tiers of a region, the same in all of them."""
    regional.location_of(turn)
    items = [
        {
            "kind": kind,
            "skuName": sku,
            "hostingModel": hosting,
            "planType": plan,
            "tier": f"T{rank}",
            **({"maxCount": 10} if hosting == _DISCONNECTED else {}),
            "quota": {
                "quantity": quantity,
                "unit": "Pages" if kind == "FormRecognizer" and hosting == _DISCONNECTED else "Transaction",
            },
            "cost": {},
        }
        for (kind, sku, plan), (hostings, quantities) in _TIERS.items()
        for hosting in hostings
        for rank, quantity in enumerate(quantities, start=1)
    ]
    return Answer(status=200, body={"value": items})


def plan(now: datetime, given: Json) -> Json:
    """A plan's properties with the dates and quotas of its periods."""
    today = datetime(now.year, now.month, now.day, tzinfo=UTC)
    next_month = _month_after(today)
    shown = dict(given)
    if isinstance(given.get("current"), dict):
        whole = (next_month - today.replace(day=1)).days
        share = (next_month - today).days / whole
        shown["current"] = _period(given, given["current"], (today, next_month), share)
    if isinstance(given.get("next"), dict):
        shown["next"] = _period(given, given["next"], (next_month, _month_after(next_month)), 1)
    return shown


def _period(given: Json, asked: Json, span: tuple[datetime, datetime], share: float) -> Json:
    begins, ends = (f"{day:%Y-%m-%d}T00:00:00Z" for day in span)
    dates = {"startDate": begins, "endDate": ends}
    quantity = _quantity(given, str(asked.get("tier", "")))
    quota = {} if quantity is None else {"quota": {"quantity": int(quantity * share), "unit": "Transaction"}}
    return {**asked, **dates, **quota}


def _quantity(given: Json, tier: str) -> int | None:
    for (_kind, _sku, name), (hostings, quantities) in _TIERS.items():
        if name == given.get("planType") and given.get("hostingModel", _WEB) in hostings:
            ranked = {f"T{rank}": quantity for rank, quantity in enumerate(quantities, start=1)}
            return ranked.get(tier)
    return None


def _month_after(day: datetime) -> datetime:
    """The first day of the next month."""
    return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1, day=1)

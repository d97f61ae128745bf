"""Metrics of an account: definitions and values by deployment, from what the data plane counted.

Rule of this module: the zero trap is kept. Minutes that are not yet ingested read as zero and change later;
how no traffic shows (no series, zeros, points without a value) is a switch, for all three were reported.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from reconciler.emulator import accounts, clock, errors, traffic
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer, Json

INGESTED_AFTER = timedelta(minutes=5)
"""So long a minute may read as zero (reported)."""

MOST_POINTS = 43_200
DIMENSION = "ModelDeploymentName"
DEFINITIONS: Mapping[str, tuple[str, str, str]] = {
    "ModelRequests": ("requests", "Total", "Count"),
    "AzureOpenAIRequests": ("requests", "Total", "Count"),
    "InputTokens": ("inputTokens", "Total", "Count"),
    "ProcessedPromptTokens": ("inputTokens", "Total", "Count"),
    "OutputTokens": ("outputTokens", "Total", "Count"),
    "GeneratedTokens": ("outputTokens", "Total", "Count"),
    "TotalTokens": ("tokens", "Total", "Count"),
    "TokenTransaction": ("tokens", "Total", "Count"),
    "ModelAvailabilityRate": ("availability", "Average", "Percent"),
    "AzureOpenAIAvailabilityRate": ("availability", "Average", "Percent"),
    "ProvisionedUtilization": ("utilization", "Average", "Percent"),
    "AzureOpenAIProvisionedManagedUtilizationV2": ("utilization", "Average", "Percent"),
}
"""Metric -> what it is made of, its primary aggregation, its unit (documented names)."""

GRAINS: Mapping[str, timedelta] = {
    "PT1M": timedelta(minutes=1),
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT1H": timedelta(hours=1),
    "P1D": timedelta(days=1),
}
_CLAUSE = re.compile(rf"^{DIMENSION} eq '(?P<name>(?:[^']|'')*)'$", re.IGNORECASE)


def definitions(turn: Turn) -> Answer:
    """The metrics that an account has."""
    account = accounts.require_parent(turn, "read", "accounts")["body"]
    items = [
        {
            "id": f"{account['id']}/providers/Microsoft.Insights/metricDefinitions/{name}",
            "resourceId": account["id"],
            "namespace": "microsoft.cognitiveservices/accounts",
            "name": {"value": name, "localizedValue": name},
            "unit": unit,
            "primaryAggregationType": aggregation,
            "supportedAggregationTypes": ["Total", "Average", "Minimum", "Maximum", "Count"],
            "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in GRAINS],
            "dimensions": [{"value": DIMENSION, "localizedValue": DIMENSION}],
        }
        for name, (_, aggregation, unit) in DEFINITIONS.items()
    ]
    return Answer(status=200, body={"value": items}, from_provider=False)


def values(turn: Turn) -> Answer:
    """`{"cost", "timespan", "interval", "namespace", "resourceregion", "value": […]}` (documented)."""
    account = accounts.require_parent(turn, "read", "accounts")["body"]
    query = turn.request.query
    start, end = _span(turn)
    grain = query.get("interval", "PT1M")
    if grain not in GRAINS:
        raise errors.refusal(
            "bad_metrics", text=f"interval {grain!r} is not supported; supported are {', '.join(GRAINS)}"
        )
    moments = traffic.minutes(start, end, GRAINS[grain])
    if len(moments) > MOST_POINTS:
        raise errors.refusal("bad_metrics", text=f"the span has more than {MOST_POINTS} points")
    names = [name for name in query.get("metricnames", "").split(",") if name]
    unknown = [name for name in names if name not in DEFINITIONS]
    if unknown or not names:
        raise errors.refusal("bad_metrics", text=f"metricnames: {', '.join(unknown) or 'none given'}")
    found = [_metric(turn, account, name, moments, GRAINS[grain]) for name in names]
    body: Json = {
        "cost": 0,
        "timespan": f"{clock.seconds_stamp(start)}/{clock.seconds_stamp(end)}",
        "interval": grain,
        "namespace": "microsoft.cognitiveservices/accounts",
        "resourceregion": account["location"],
        "value": found,
    }
    return Answer(status=200, body=body, from_provider=False)


def _span(turn: Turn) -> tuple[datetime, datetime]:
    text = unquote(turn.request.query.get("timespan", ""))  # az CLI encodes it twice
    if not text:
        return turn.now - timedelta(hours=1), turn.now
    start, _, end = text.partition("/")
    try:
        return clock.parse(start.replace(" ", "+")), clock.parse(end.replace(" ", "+"))
    except ValueError as error:
        raise errors.refusal("bad_metrics", text=f"timespan {text[:80]!r} is no start/end") from error


def _metric(turn: Turn, account: Json, name: str, moments: list[datetime], step: timedelta) -> Json:
    wanted = _deployments(turn)
    series = [
        point
        for deployment in turn.store.scan("deployment", f"{accounts.key_of(turn)}/")
        if wanted is None or deployment["body"]["name"].lower() in wanted
        if (point := _series(turn, deployment["body"], name, moments, step)) is not None
    ]
    return {
        "id": f"{account['id']}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": DEFINITIONS[name][2],
        "timeseries": series,
        "errorCode": "Success",
    }


def _deployments(turn: Turn) -> set[str] | None:
    """Names of the filter in lower case; None means every deployment."""
    text = turn.request.query.get("$filter", "").strip()
    if not text:
        return None
    names = set()
    for part in re.split(r"\s+or\s+", text, flags=re.IGNORECASE):
        clause = _CLAUSE.match(part.strip())
        if clause is None:
            raise errors.refusal("bad_metrics", text=f"$filter {part[:80]!r} is not {DIMENSION} eq 'name'")
        names.add(clause["name"].replace("''", "'").lower())
    return None if "*" in names else names


def _series(turn: Turn, body: Json, name: str, moments: list[datetime], step: timedelta) -> Json | None:
    field = turn.request.query.get("aggregation", DEFINITIONS[name][1]).split(",")[0].lower()
    shows = turn.store.switch("noTraffic", "empty")
    points, any_traffic = [], False
    for moment in moments:
        value = _value(turn, str(body["id"]).lower(), name, moment, step)
        any_traffic = any_traffic or value is not None
        point: Json = {"timeStamp": clock.seconds_stamp(moment)}
        if value is not None or shows == "zeros":
            point[field] = float(value or 0)
        points.append(point)
    if not any_traffic and shows == "empty":
        return None
    metadata = [{"name": {"value": DIMENSION.lower(), "localizedValue": DIMENSION}, "value": body["name"]}]
    return {"metadatavalues": metadata, "data": points}


def _value(turn: Turn, key: str, name: str, moment: datetime, step: timedelta) -> float | None:
    """What a step of time shows: None without traffic, zero while it is not ingested."""
    source = DEFINITIONS[name][0]
    known = [
        found
        for minute in traffic.minutes(
            moment, min(moment + step, turn.now + timedelta(minutes=1)), timedelta(minutes=1)
        )
        if (found := traffic.seen(turn.store, key, minute)) is not None
    ]
    if not known:
        return None
    lag = turn.store.switch("metricsLag") != "off"
    if lag and moment + step > turn.now - INGESTED_AFTER:
        return 0.0
    if source == "tokens":
        return float(sum(found["inputTokens"] + found["outputTokens"] for found in known))
    if source == "availability":
        requests = sum(int(found["requests"]) for found in known) or 1
        return 100.0 * (requests - sum(int(found["errors"]) for found in known)) / requests
    if source == "utilization":
        return sum(float(found.get("utilization", 0)) for found in known) / len(known)
    return float(sum(int(found[source]) for found in known))

"""Drift in Prometheus' text exposition format, for node_exporter's textfile collector or a push gateway.

Rule of this module: the same series every time, zeros included, so that an alert can tell "no drift" from
"nobody looked"; a time of success is only given where everything could be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from reconciler.domain.ids import AccountId
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftReport
from reconciler.report.style import inert

_Series = tuple[Mapping[str, str], int]
_ESCAPED: Mapping[str, str] = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def render_prometheus(report: DriftReport, *, fleet: str, at: datetime) -> str:
    """All gauges of one run at ARM's time `at`."""
    us = {"fleet": fleet}
    counts = Counter(item.cause for item in report.items)
    metrics: list[tuple[str, str, Sequence[_Series]]] = [
        (
            "reconciler_drift",
            "1 for each deployment that is not as declared, by cause.",
            [
                (
                    {
                        **us,
                        **_account(item.id.account),
                        "deployment": item.id.name,
                        "cause": item.cause.value,
                        "severity": item.severity.value,
                    },
                    1,
                )
                for item in report.items
            ],
        ),
        (
            "reconciler_drift_items",
            "Deployments that are not as declared, by cause; pending ones are no drift.",
            [({**us, "cause": cause.value}, counts[cause]) for cause in Cause],
        ),
        ("reconciler_drifted", "1 if the run found drift, as exit code 2 says.", [(us, int(report.drifted))]),
        ("reconciler_deployments_in_sync", "Deployments that are as declared.", [(us, report.in_sync)]),
        (
            "reconciler_accounts_unreadable",
            "Accounts that could not be read; nothing is known of them.",
            [(us, len(report.unreadable))],
        ),
        (
            "reconciler_account_unreadable",
            "1 for each account that could not be read.",
            [({**us, **_account(one.id), "code": one.code}, 1) for one in report.unreadable],
        ),
        ("reconciler_last_run_timestamp_seconds", "When it was looked.", [(us, int(at.timestamp()))]),
        (
            "reconciler_last_success_timestamp_seconds",
            "When everything could be read; absent if this run could not.",
            [] if report.unreadable else [(us, int(at.timestamp()))],
        ),
    ]
    return "\n".join(line for metric in metrics for line in _lines(*metric)) + "\n"


def _account(account: AccountId) -> Mapping[str, str]:
    """What tells an account from all others; two groups may have accounts of one name."""
    return {
        "subscription": account.subscription,
        "resource_group": account.resource_group,
        "account": account.name,
    }


def _lines(name: str, told: str, series: Sequence[_Series]) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    for labels, value in series:
        yield f"{name}{{{','.join(f'{key}={_quoted(text)}' for key, text in labels.items())}}} {value}"


def _quoted(text: str) -> str:
    r"""A label's value: `inert` leaves no line break and no control, the format's own three are escaped."""
    return '"' + re.sub(r'[\\"\n]', lambda found: _ESCAPED[found[0]], inert(text)) + '"'

"""The observed fleet as a table: what is there, declared or not."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.domain.deployment import JsonValue
from reconciler.domain.state import AccountMissing, Listed, ObservedDeployment, ObservedState, Unreadable
from reconciler.plan.body import FLEET_TAG
from reconciler.report.style import Style, inert, markdown_inert, plural, table

_HEAD = ("account", "region", "deployment", "model", "version", "sku", "capacity", "state", "owner")


def render_text(observed: ObservedState, *, style: Style) -> str:
    """The table, then the accounts that could not be read."""
    rows = [tuple(inert(cell) for cell in row) for row in _rows(observed)]
    head, *lines = table([_HEAD, *rows], right=frozenset({6}))
    out = [style.paint(head, "bold"), *lines] if rows else []
    out += [style.paint(inert(line), "red") for line in _missing(observed)]
    out.append(f"{plural(len(rows), 'deployment')} in {plural(len(observed.readings), 'account')}")
    return "\n".join(out) + "\n"


def render_markdown(observed: ObservedState) -> str:
    """The same as a Markdown table."""
    lines = [f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}"]
    lines += [f"| {' | '.join(markdown_inert(cell) for cell in row)} |" for row in _rows(observed)]
    lines += [f"\n{markdown_inert(line)}" for line in _missing(observed)]
    return "\n".join(lines) + "\n"


def to_json(observed: ObservedState) -> dict[str, JsonValue]:
    """Deployments with ARM's values, and the accounts that could not be read."""
    deployments: list[JsonValue] = [
        {
            "id": str(there.id),
            "account": there.id.account.name,
            "region": region,
            "deployment": there.id.name,
            "model": there.model_name,
            "version": there.model_version,
            "sku": there.sku.name if there.sku else None,
            "capacity": there.capacity,
            "state": there.provisioning_state,
            "owner": _owner(there),
        }
        for region, there in _deployments(observed)
    ]
    unreadable: list[JsonValue] = [
        {"id": str(reading.id), "account": reading.id.name, "code": reading.code, "message": reading.message}
        for _, reading in sorted(observed.readings.items())
        if isinstance(reading, AccountMissing | Unreadable)
    ]
    return {"deployments": deployments, "unreadable": unreadable}


def _deployments(observed: ObservedState) -> Iterator[tuple[str, ObservedDeployment]]:
    for _, reading in sorted(observed.readings.items()):
        if isinstance(reading, Listed):
            for there in sorted(reading.deployments, key=lambda one: one.id.key):
                yield reading.account.region.name, there


def _rows(observed: ObservedState) -> list[tuple[str, ...]]:
    return [
        (
            there.id.account.name,
            region,
            there.id.name,
            there.model_name or "",
            there.model_version or "",
            there.sku.name if there.sku else "",
            "" if there.capacity is None else str(there.capacity),
            there.provisioning_state,
            _owner(there) or "",
        )
        for region, there in _deployments(observed)
    ]


def _owner(there: ObservedDeployment) -> str | None:
    return next((value for name, value in there.tags.items() if name.lower() == FLEET_TAG), None)


def _missing(observed: ObservedState) -> Iterator[str]:
    for _, reading in sorted(observed.readings.items()):
        if isinstance(reading, AccountMissing | Unreadable):
            yield f"{reading.id.name} could not be read: {reading.message}"

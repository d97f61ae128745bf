"""The Fleet document becomes the domain's Fleet.

What a Fleet says about us is checked here: rule names, api-versions, aliases that contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.domain.costs import Costs, Reservation, ReservationTerm, ReservationType
from reconciler.domain.fleet import DriftCause, Fleet, Guards, Preference, Retirement, Subscription
from reconciler.domain.ids import Region, is_guid
from reconciler.manifest.scalars import nearest
from reconciler.manifest.schema import FleetDocument, FleetSpec, GuardsEntry, RetirementEntry, cause_of
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.structure import STRUCTURAL

# Versions with a deployments type in Azure/bicep-types-az (commit 1f896de2d, 2026-08-20), and the two newer
# previews of the specification repository.
STABLE: Final = (
    "2021-10-01", "2022-03-01", "2022-10-01", "2022-12-01", "2023-05-01", "2024-10-01",
    "2025-06-01", "2025-09-01", "2025-12-01", "2026-03-01", "2026-05-01", "2026-07-01",
    "2026-09-01",
)  # fmt: skip
PREVIEWS: Final = (
    "2023-10-01-preview", "2024-04-01-preview", "2024-06-01-preview", "2025-04-01-preview",
    "2025-07-01-preview", "2025-10-01-preview", "2026-01-15-preview", "2026-03-15-preview",
    "2026-05-15-preview", "2026-07-15-preview", "2026-09-15-preview",
)  # fmt: skip
_INFERENCE: Final = frozenset({"2024-10-21", "2024-06-01", "2024-02-01", "2023-12-01-preview"})

# Of more unknown codes than this, nobody reads what each could have meant.
_SUGGESTIONS: Final = 100

LOWERABLE: Final = frozenset({"unknown-field", "api-version", "region-mismatch"})
"""Findings about text that is understood all the same, so that a Fleet may call them less than errors."""


def fleet_of(document: SourceDocument, typed: FleetDocument) -> Fleet:
    """The domain's Fleet of a typed document."""
    spec = typed.spec
    guards = spec.guards or GuardsEntry()
    return Fleet(
        name=typed.metadata.name,
        id=spec.id,
        cloud=spec.cloud or Fleet().cloud,
        api_version=spec.api_version,
        subscriptions={
            alias: Subscription(id=entry.id, tenant=entry.tenant)
            for alias, entry in (spec.subscriptions or {}).items()
        },
        guards=Guards(**guards.model_dump() | {"protect": tuple(guards.protect or ())}),
        rules={code: Severity(level) for code, level in (spec.rules or {}).items()},
        drift={
            cause: Severity(level)
            for word, level in (spec.drift or {}).items()
            if (cause := cause_of(word)) is not None
        },
        retirement=Retirement(**(spec.retirement or RetirementEntry()).model_dump(exclude_none=True)),
        costs=_costs(document, spec),
        upgrade=tuple(
            Preference(model=item.from_, to=item.to, from_version=item.from_version, version=item.version)
            for item in (spec.upgrade.prefer if spec.upgrade is not None else None) or ()
        ),
        place=document.place(),
    )


def _costs(document: SourceDocument, spec: FleetSpec) -> Costs:
    stated, silent = spec.costs, Costs()
    if stated is None:
        return silent
    aliases = {alias: entry.id for alias, entry in (spec.subscriptions or {}).items()}
    return Costs(
        currency=stated.currency or silent.currency,
        hours_per_month=stated.hours_per_month or silent.hours_per_month,
        reservations=tuple(
            Reservation(
                type=ReservationType(reservation.type),
                ptus=reservation.ptus,
                region=Region(reservation.region) if reservation.region else None,
                subscription=aliases.get(reservation.subscription, reservation.subscription)
                if reservation.subscription
                else None,
                term=ReservationTerm(reservation.term or ReservationTerm.MONTH),
            )
            for reservation in stated.reservations or ()
        ),
        prices=None if stated.prices is None else str(Path(document.place().file).parent / stated.prices),
    )


def _cost_findings(document: SourceDocument, spec: FleetSpec) -> Iterator[Diagnostic]:
    """What of the costs cannot be meant: a reservation without region covers nothing, a month has hours."""
    aliases = spec.subscriptions or {}
    if spec.costs and spec.costs.hours_per_month == 0:
        fix = "leave the line out for 730, or write 672 to 744"
        message = "a month has more than 0 hours"
        yield document.error("invalid-value", message, fix, ("spec", "costs", "hoursPerMonth"))
    for number, item in enumerate((spec.costs.reservations if spec.costs else None) or ()):
        route = ("spec", "costs", "reservations", number)
        if item.type != "Global" and item.region is None:
            message = (
                f"a {item.type} reservation without `region` covers nothing: Azure sells it for one region"
            )
            yield document.error(
                "invalid-value", message, "add `region: …`, the one it was bought for", route
            )
        if item.subscription and item.subscription not in aliases and not is_guid(item.subscription):
            near = nearest(item.subscription, aliases)
            message = f"`{item.subscription}` is neither an alias of spec.subscriptions nor a GUID"
            fix = f"did you mean `{near}`?" if near else "add the alias, or write the subscription's GUID"
            yield document.error("invalid-value", message, fix, (*route, "subscription"))


def fleet_findings(
    document: SourceDocument, spec: FleetSpec, known_rules: frozenset[str], binding: frozenset[str]
) -> Iterator[Diagnostic]:
    """What a well-typed Fleet gets wrong. `binding` are the codes that it cannot set severities for."""
    yield from _api_version(document, spec)
    yield from _aliases(document, spec)
    yield from _causes(document, spec)
    yield from _cost_findings(document, spec)
    for number, (code, level) in enumerate((spec.rules or {}).items()):
        route = ("spec", "rules", code)
        if code in binding:
            message = f"`{code}` comes from --policy, which no manifest can change"
            fix = "remove the line; exemptions are written in the policy itself"
            yield document.error("invalid-value", message, fix, route, on_key=True)
        elif code not in known_rules:
            near = nearest(code, known_rules) if number < _SUGGESTIONS else None
            fix = f"did you mean `{near}`?" if near else "`reconciler explain` lists the codes"
            yield document.error("invalid-value", f"there is no rule `{code}`", fix, route, on_key=True)
        elif code in STRUCTURAL.keys() - LOWERABLE and level != "error":
            message = f"`{code}` cannot be `{level}`: it is about text that is not understood"
            fix = "remove the line, and fix what the rule finds"
            yield document.error("invalid-value", message, fix, route)


def _causes(document: SourceDocument, spec: FleetSpec) -> Iterator[Diagnostic]:
    first: dict[DriftCause, str] = {}
    for number, word in enumerate(spec.drift or {}):
        cause = cause_of(word)
        route = ("spec", "drift", word)
        if cause is None:
            near = nearest(word, list(DriftCause)) if number < _SUGGESTIONS else None
            fix = f"did you mean `{near}`?" if near else f"causes are {', '.join(DriftCause)}"
            message = f"there is no cause of drift `{word}`"
            yield document.error("invalid-value", message, fix, route, on_key=True)
        elif first.setdefault(cause, word) != word:
            message = f"`{word}` and `{first[cause]}` are one cause"
            fix = "leave one of the two lines out"
            yield document.error("invalid-value", message, fix, route, on_key=True)


def _api_version(document: SourceDocument, spec: FleetSpec) -> Iterator[Diagnostic]:
    version = spec.api_version
    if version is None or version in STABLE or version in PREVIEWS:
        return
    inference = " (that is a version of the inference API)" if version in _INFERENCE else ""
    near = nearest(version, STABLE)
    yield Diagnostic(
        code="api-version",
        message=f"ARM has no api-version {version} for Microsoft.CognitiveServices{inference}; "
        f"stable ones are {', '.join(STABLE)}",
        place=document.place(("spec", "apiVersion")),
        label=f"the newest is {STABLE[-1]}",
        source="Azure/bicep-types-az, 2026-08-20",
        fix=f"leave the line out to use the newest{f', or write {near}' if near else ''}",
    )


def _aliases(document: SourceDocument, spec: FleetSpec) -> Iterator[Diagnostic]:
    """Two aliases may mean one subscription, but a subscription is in one tenant only."""
    first: dict[str, tuple[str, str]] = {}
    for alias, entry in (spec.subscriptions or {}).items():
        if entry.tenant is None:
            continue
        known_alias, tenant = first.setdefault(entry.id.lower(), (alias, entry.tenant.lower()))
        if tenant != entry.tenant.lower():
            existing = document.place(("spec", "subscriptions", known_alias, "tenant"))
            related = Related(message=f"`{known_alias}` says {tenant}", place=existing)
            message = f"`{alias}` and `{known_alias}` are one subscription in two tenants"
            fix = "a subscription belongs to one tenant: `az account show --query tenantId`"
            route = ("spec", "subscriptions", alias, "tenant")
            yield document.error("invalid-value", message, fix, route, related=(related,))


def lowered(found: Diagnostic, rules: Mapping[str, Severity]) -> Severity:
    """How loud a finding about text is, once the Fleet had its say."""
    return rules.get(found.code, found.severity) if found.code in LOWERABLE else found.severity

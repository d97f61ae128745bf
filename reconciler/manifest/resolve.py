"""Manifests become the desired state: merged, typed, every reference looked up, and selected.

Pure. An entry with a mistake is left out of the state but not forgotten: its name stays known, so that
nothing takes it for undeclared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from reconciler.diagnostics import Diagnostic, Related, Severity
from reconciler.domain.deployment import DesiredDeployment, SourceAccount
from reconciler.domain.fleet import DesiredState, Fleet
from reconciler.domain.ids import DeploymentId
from reconciler.manifest.accounts import Account, Accounts
from reconciler.manifest.declare import Declared, Home, declared, deployment, incomplete, unclear, undecided
from reconciler.manifest.entry import Entry
from reconciler.manifest.findings import checked
from reconciler.manifest.merge import Merged, MergedSet, merged
from reconciler.manifest.parse import Manifests, RawSet, parse
from reconciler.manifest.scope import selected
from reconciler.manifest.selection import EVERYTHING, Selection
from reconciler.manifest.tree import Map, shortened

__all__ = ["Resolved", "parse", "resolve"]

MAX_DEPLOYMENTS: Final = 400_000
"""Templates multiply as aliases do, so what they make of a small text is limited too."""

_WORDINGS: Final = 10_000
"""So many different entries are remembered, for those that say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The state of everything understood, how many deployments are declared, and what was found wrong."""

    state: DesiredState
    declared: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Resolution:
    accounts: Accounts
    fleet: Fleet
    deployments: list[DesiredDeployment] = field(default_factory=list)
    first: dict[DeploymentId, Merged] = field(default_factory=dict)
    broken: set[DeploymentId] = field(default_factory=set)
    findings: list[Diagnostic] = field(default_factory=list)
    declared: int = 0
    sound: dict[tuple[int, ...], tuple[Map, Declared]] = field(default_factory=dict)
    """What was made of sound entries, by `_wording`; with the mapping, so that its parts live on."""


def resolve(
    manifests: Manifests, *, selection: Selection = EVERYTHING, limit: int = MAX_DEPLOYMENTS
) -> Resolved:
    """Everything that can be understood, less what is not selected; a finding at more than `limit`."""
    accounts = Accounts(manifests.fleet, complete=manifests.complete)
    run = _Resolution(accounts=accounts, fleet=manifests.fleet)
    homes = [(source, accounts.of_set(source)) for source in manifests.sets]
    for source, account in homes:
        _resolve_set(run, merged(source, manifests), account)
        if run.declared > limit:
            run.findings.append(_too_many(source, limit))
            break
    labelled = [
        (account, source.typed.metadata.labels or {}) for source, account in homes if account is not None
    ]
    whole = DesiredState(fleet=manifests.fleet, deployments=tuple(run.deployments))
    state = selected(whole, labelled, selection, run.broken)
    found = _once((*run.findings, *accounts.findings))
    return Resolved(state=state, declared=run.declared, diagnostics=found)


def _resolve_set(run: _Resolution, one: MergedSet, account: Account | None) -> None:
    run.findings.extend(one.findings)
    run.declared += len(one.entries)
    typed = one.source.typed
    home = None
    if account is not None:
        home = Home(
            account=account.id,
            region=account.region,
            tenant=account.tenant,
            adopt=bool(typed.spec.adopt),
            labels=typed.metadata.labels or {},
        )
    for entry in one.entries:
        _resolve_entry(run, entry, home, whole=one.whole)


def _resolve_entry(run: _Resolution, merged_entry: Merged, home: Home | None, *, whole: bool) -> None:
    said = _said(run, merged_entry, whole=whole)
    if home is None:
        return
    identity = DeploymentId(account=home.account, name=merged_entry.name)
    if not _first(run, identity, merged_entry):
        return
    if said is None:
        run.broken.add(identity)
    else:
        run.deployments.append(deployment(merged_entry.name, said, home, merged_entry.provenance))


def _said(run: _Resolution, merged_entry: Merged, *, whole: bool) -> Declared | None:
    """What an entry says, typed once for all entries that say the same; None where that is not known."""
    wording = _wording(merged_entry.tree)
    known = run.sound.get(wording)
    if known is not None and merged_entry.name.strip():
        return known[1]
    before = len(run.findings)
    entry, found = checked(Entry, merged_entry.tree, merged_entry.place)
    run.findings.extend(found)
    if entry is None:
        return None
    lacking = (*(incomplete(entry, merged_entry) if whole else ()), *unclear(entry, merged_entry))
    run.findings.extend((*lacking, *undecided(entry, merged_entry)))
    source, understood = _source(run, entry, merged_entry)
    complete = understood and entry.model is not None and entry.model.name is not None
    complete = complete and entry.sku is not None and entry.sku.name is not None and not lacking
    if not complete:
        return None
    said = declared(entry, source)
    if len(run.findings) == before and source is None and len(run.sound) < _WORDINGS:
        run.sound[wording] = (merged_entry.tree, said)
    return said


def _wording(tree: Map) -> tuple[int, ...]:
    """The same for entries that say the same but for their names, if their values are shared."""
    return tuple([id(part) for pair in tree.items() if pair[0] != "name" for part in pair])


def _too_many(source: RawSet, limit: int) -> Diagnostic:
    return Diagnostic(
        code="yaml-limit",
        severity=Severity.ERROR,
        message=f"with this set the fleet declares more deployments than the limit of {limit:,}",
        place=source.document.place(("spec", "templates"), on_key=True),
        source="limits on manifests",
        fix="name fewer folders, or list fewer templates",
    )


def _source(run: _Resolution, entry: Entry, merged_entry: Merged) -> tuple[SourceAccount | None, bool]:
    """The source account, and whether what is stated about it was understood."""
    stated = entry.model.source if entry.model is not None else None
    if stated is None:
        return None, True
    found = run.accounts.of_source(stated, merged_entry.place(("model", "source", "subscription")))
    return found, found is not None


def _first(run: _Resolution, identity: DeploymentId, merged_entry: Merged) -> bool:
    """Whether no other set declares this deployment already; ARM ignores the case of names."""
    known = run.first.setdefault(identity, merged_entry)
    if known is merged_entry:
        return True
    also = "" if known.name == merged_entry.name else f" (`{shortened(known.name)}`: ARM ignores case)"
    run.findings.append(
        Diagnostic(
            code="duplicate-deployment",
            severity=Severity.ERROR,
            message=f"`{shortened(merged_entry.name)}` of account `{identity.account.name}` is declared "
            f"twice, first in {known.declared_at.file}{also}",
            place=merged_entry.declared_at,
            fix="rename or remove one of them, or put both sets' deployments into one",
            related=(Related(message="declared here first", place=known.declared_at),),
        )
    )
    return False


def _once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once, however many sets share the text it is about."""
    return tuple({(one.code, one.place, one.message): one for one in found}.values())

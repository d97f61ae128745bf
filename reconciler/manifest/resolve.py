"""Manifests become the desired state: merged, typed, every reference looked up, and selected.

Pure. An entry with a mistake is left out of the state but not forgotten, as is what is not selected: its name
stays known, for a declared deployment must never look like an undeclared one, which pruning might delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.diagnostics import Diagnostic, Related
from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredAccount, DesiredState, Scope, matches_any
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.errors import UsageProblem
from reconciler.manifest.accounts import Account, Accounts
from reconciler.manifest.declare import Declared, declared, deployment, incomplete, unclear, undecided
from reconciler.manifest.entry import Entry
from reconciler.manifest.findings import checked
from reconciler.manifest.merge import Merged, MergedSet, merged
from reconciler.manifest.parse import Manifests
from reconciler.manifest.tree import Map, shortened

MAX_DEPLOYMENTS: Final = 400_000
"""Templates multiply as aliases do, so what they make of a small text is limited too."""

_WORDINGS: Final = 10_000
"""So many different entries are remembered, for those that say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`select` are label and value pairs that a set must all carry; the globs are those of `Scope`."""

    select: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, select: str = "", targets: Sequence[str] = (), excludes: Sequence[str] = ()) -> Selection:
        """Read ``label=value,…``; UsageProblem where it has another form."""
        pairs: list[tuple[str, str]] = []
        for part in filter(None, (part.strip() for part in select.split(","))):
            label, equals, value = part.partition("=")
            if not equals or not label.strip():
                raise UsageProblem(
                    f"--select takes label=value pairs, separated by commas; found {part!r}. "
                    "For example: --select env=prod,team=search"
                )
            pairs.append((label.strip(), value.strip()))
        for glob in (*targets, *excludes):
            if glob.count("/") > 2 or not glob.strip("/"):
                raise UsageProblem(
                    f"{glob!r} is not a target: subscription-or-alias/account/deployment, or its last parts, "
                    "each with * and ?. For example: --target 'prod/*/chat*'"
                )
        return cls(select=tuple(pairs), targets=tuple(targets), excludes=tuple(excludes))

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a set with these labels is selected."""
        return all(labels.get(label) == value for label, value in self.select)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The state of everything understood, how many deployments are declared, and what was found wrong."""

    state: DesiredState
    declared: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Resolution:
    accounts: Accounts
    deployments: list[DesiredDeployment] = field(default_factory=list)
    first: dict[DeploymentId, Merged] = field(default_factory=dict)
    broken: set[DeploymentId] = field(default_factory=set)
    findings: list[Diagnostic] = field(default_factory=list)
    declared: int = 0
    sound: dict[tuple[int, ...], tuple[Map, Declared]] = field(default_factory=dict)
    """What was made of sound entries, by their wording; with the mapping, so that its parts live on."""


def resolve(
    manifests: Manifests, *, selection: Selection = EVERYTHING, limit: int = MAX_DEPLOYMENTS
) -> Resolved:
    """Everything that can be understood, less what is not selected; a finding at more than `limit`."""
    accounts = Accounts(manifests.fleet, complete=manifests.complete)
    run = _Resolution(accounts=accounts)
    homes = [(source, accounts.of_set(source)) for source in manifests.sets]
    for source, account in homes:
        _resolve_set(run, merged(source, manifests), account)
        if run.declared > limit:
            run.findings.append(
                Diagnostic(
                    code="yaml-limit",
                    message=f"with this set the fleet declares more deployments than the limit of {limit:,}",
                    place=source.document.place(("spec", "templates"), on_key=True),
                    source="limits on manifests",
                    fix="name fewer folders, or list fewer templates",
                )
            )
            break
    labelled = [
        (account, source.typed.metadata.labels or {}) for source, account in homes if account is not None
    ]
    whole = DesiredState(fleet=manifests.fleet, deployments=tuple(run.deployments))
    state = selected(whole, labelled, selection, run.broken)
    # Each finding once, however many sets share the text it is about.
    found = {(item.code, item.place, item.message): item for item in (*run.findings, *accounts.findings)}
    return Resolved(state=state, declared=run.declared, diagnostics=tuple(found.values()))


def _resolve_set(run: _Resolution, merged_set: MergedSet, account: Account | None) -> None:
    run.findings.extend(merged_set.findings)
    run.declared += len(merged_set.entries)
    for entry in merged_set.entries:
        said = _said(run, entry, whole=merged_set.whole)
        if account is None:
            continue
        identity = DeploymentId(account=account.id, name=entry.name)
        if not _first(run, identity, entry):
            continue
        if said is None:
            run.broken.add(identity)
        else:
            run.deployments.append(deployment(identity, said, account, merged_set.source, entry))


def _said(run: _Resolution, merged_entry: Merged, *, whole: bool) -> Declared | None:
    """What an entry says, typed once for all entries that say the same; None where that is not known."""
    tree, place = merged_entry.tree, merged_entry.provenance.place
    # The same for entries that say the same but for their names, if their values are shared.
    wording = tuple([id(part) for pair in tree.items() if pair[0] != "name" for part in pair])
    known = run.sound.get(wording)
    if known is not None and merged_entry.name.strip():
        return known[1]
    before = len(run.findings)
    entry, found = checked(Entry, tree, place)
    run.findings.extend(found)
    if entry is None:
        return None
    lacking = (*(incomplete(entry, merged_entry) if whole else ()), *unclear(entry, merged_entry))
    run.findings.extend((*lacking, *undecided(entry, merged_entry)))
    stated = None if entry.model is None else entry.model.source
    origin = place(("model", "source", "subscription"))
    source = None if stated is None else run.accounts.of_source(stated, origin)
    named = entry.model is not None and entry.model.name and entry.sku is not None and entry.sku.name
    if not named or lacking or (stated is not None and source is None):
        return None
    said = declared(entry, source)
    if len(run.findings) == before and source is None and len(run.sound) < _WORDINGS:
        run.sound[wording] = (tree, said)
    return said


def _first(run: _Resolution, identity: DeploymentId, merged_entry: Merged) -> bool:
    """Whether no other set declares this deployment already; ARM ignores the case of names."""
    known = run.first.setdefault(identity, merged_entry)
    if known is merged_entry:
        return True
    also = "" if known.name == merged_entry.name else f" (`{shortened(known.name)}`: ARM ignores case)"
    run.findings.append(
        Diagnostic(
            code="duplicate-deployment",
            message=f"`{shortened(merged_entry.name)}` of account `{identity.account.name}` is declared "
            f"twice, first in {known.declared_at.file}{also}",
            place=merged_entry.declared_at,
            fix="rename or remove one of them, or put both sets' deployments into one",
            related=(Related(message="declared here first", place=known.declared_at),),
        )
    )
    return False


# -- selecting ---------------------------------------------------------------------------------------

SetOfAccount = tuple[Account, Mapping[str, str]]
"""The account of one set, and that set's labels."""


def selected(
    state: DesiredState,
    sets: Iterable[SetOfAccount],
    selection: Selection,
    unclear: AbstractSet[DeploymentId],
) -> DesiredState:
    """The deployments, accounts and scope of a selection.

    What is left out, but not by an exclude, stays in reserve: a selected one may need it.
    `unclear` are deployments whose text has mistakes; they count as left out. An account is kept if
    anything in it could be selected, for a target may name what nobody declares any more.
    """
    scope = Scope(targets=selection.targets, excludes=selection.excludes, narrowed=selection != EVERYTHING)
    taken = tuple(
        found
        for found in state.deployments
        if selection.takes(found.labels) and scope.covers(found.id, _alias(state, found.id.account))
    )
    kept = {found.id for found in taken}
    left_out = {found.id for found in state.deployments if found.id not in kept} | unclear
    of_sets = list(sets)
    return replace(
        state,
        accounts=tuple(_accounts(state, of_sets, selection, kept)),
        regions={account.id: account.region for account, _ in of_sets if account.region is not None},
        deployments=taken,
        scope=replace(scope, left_out=frozenset(left_out)),
        reserve=tuple(
            found
            for found in state.deployments
            if found.id not in kept
            and not matches_any(selection.excludes, found.id, _alias(state, found.id.account))
        ),
    )


def _accounts(
    state: DesiredState, sets: list[SetOfAccount], selection: Selection, kept: AbstractSet[DeploymentId]
) -> Iterable[DesiredAccount]:
    """Accounts with a selected set. Nothing is pruned where another set of the account is left out."""
    taken = {account.id for account, labels in sets if selection.takes(labels)}
    partly = {account.id for account, labels in sets if not selection.takes(labels)}
    with_selected = {deployment.account for deployment in kept}
    for account in {account.id: account for account, _ in sets}.values():
        reachable = account.id in with_selected or _reachable(state, account.id, selection)
        if account.id in taken and reachable:
            yield account.desired(partly_selected=account.id in partly)


def _reachable(state: DesiredState, account: AccountId, selection: Selection) -> bool:
    """Whether the globs leave room for any deployment of an account, declared or not."""
    alias, anything = _alias(state, account), DeploymentId(account=account, name="any")
    targets = ["/".join([*glob.split("/")[:-1], "*"]) for glob in selection.targets]  # with all in them
    excludes = [glob for glob in selection.excludes if glob.rsplit("/", 1)[-1] == "*"]
    if matches_any(excludes, anything, alias):
        return False
    return not targets or matches_any(targets, anything, alias)


def _alias(state: DesiredState, account: AccountId) -> str | None:
    return state.fleet.alias_of(account.subscription)

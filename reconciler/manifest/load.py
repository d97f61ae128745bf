"""From paths to a desired state in one call: read, parse, resolve, select.

Everything wrong with any text is gathered and put into the order of the files; a state to act on exists only
if nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from reconciler.diagnostics import Diagnostic, Severity, has_errors
from reconciler.domain.fleet import DesiredState, Fleet
from reconciler.manifest.fleet import lowered
from reconciler.manifest.parse import Manifests, binding_policies, parse
from reconciler.manifest.resolve import EVERYTHING, Selection, resolve
from reconciler.manifest.source import SourceMap, Sources, digest, read_documents

if TYPE_CHECKING:
    from reconciler.policy.rule import PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedManifests:
    """What the manifests declare, or why that is not known.

    `desired` is None if anything is wrong with the text. `understood` is what could be made out all the
    same: for rules to look at, so that one mistake does not hide another, and never to act on.
    `deployments` counts what is declared, selected or not. `read` and `manifests` are what it was made of.
    """

    desired: DesiredState | None
    understood: DesiredState
    diagnostics: tuple[Diagnostic, ...]
    sources: SourceMap
    files: int
    deployments: int
    paths: tuple[str, ...]
    read: Sources
    manifests: Manifests
    policies: tuple[PolicyRule, ...] = ()


def load(
    paths: Sequence[str],
    selection: Selection = EVERYTHING,
    *,
    known_rules: frozenset[str] = frozenset(),
    severities: Mapping[str, Severity] | None = None,
    policies: Sequence[str] = (),
    stdin: TextIO | BinaryIO | None = None,
) -> LoadedManifests:
    """Read the manifests at and below `paths`; `-` is `stdin`. UsageProblem for a path that does not exist.

    `known_rules` are the codes that a Fleet may set severities for, beside those of this room.
    `severities` are laid over the Fleet's own. `policies` are the paths of policies that no manifest can
    change; a file that is below both is one of those.
    """
    read = read_documents(paths, stdin=stdin)
    return understood(
        read, paths, selection, known_rules=known_rules, severities=severities, policies=policies
    )


def understood(
    read: Sources,
    paths: Sequence[str],
    selection: Selection = EVERYTHING,
    *,
    known_rules: frozenset[str] = frozenset(),
    severities: Mapping[str, Severity] | None = None,
    policies: Sequence[str] = (),
) -> LoadedManifests:
    """The same for texts that were read already, or made."""
    whole, binding, unruly = _beside(read, policies)
    manifests, misread = parse(
        whole.documents, known_rules=known_rules, complete=read.complete, binding=binding
    )
    resolved = resolve(manifests, selection=selection)
    fleet = resolved.state.fleet
    fleet = replace(fleet, rules={**fleet.rules, **(severities or {})})
    shown = {document.file for document in whole.shown}  # policies: a plan is of the manifests alone
    hashed = digest(file for file in whole.files if file.name not in shown)
    state = replace(resolved.state, fleet=fleet, manifest_digest=hashed)
    sources = SourceMap(whole)
    # What is found about the meaning of a value whose very text is wrong follows from that.
    wrong = {_spot(diagnostic, sources) for diagnostic in whole.diagnostics}
    about = (*unruly, *misread, *resolved.diagnostics)
    meant = (item for item in about if _spot(item, sources) not in wrong)
    heard = _heard((*whole.diagnostics, *meant), state.fleet)
    diagnostics = tuple(sorted(heard, key=lambda item: (_spot(item, sources), item.code, item.message)))
    return LoadedManifests(
        desired=None if has_errors(diagnostics) else state,
        understood=state,
        diagnostics=diagnostics,
        sources=sources,
        files=len(whole.files),
        deployments=resolved.declared,
        paths=tuple(paths),
        policies=manifests.policies,
        read=read,
        manifests=manifests,
    )


def _beside(
    read: Sources, policies: Sequence[str]
) -> tuple[Sources, tuple[PolicyRule, ...], tuple[Diagnostic, ...]]:
    """What was read together with the policies; their rules; and what is wrong with those."""
    if not policies:
        return read, (), ()
    apart = read_documents(policies)
    rules, findings = binding_policies(apart.documents)
    names = {Path(file.name).resolve() for file in apart.files}
    kept = tuple(file for file in read.files if Path(file.name).resolve() not in names)
    own = {file.name for file in kept}
    whole = Sources(
        documents=tuple(document for document in read.documents if document.file in own),
        files=(*kept, *apart.files),
        diagnostics=(*read.diagnostics, *apart.diagnostics),
        complete=read.complete,
    )
    return replace(whole, shown=apart.documents), rules, findings


def _spot(diagnostic: Diagnostic, sources: SourceMap) -> tuple[str, int, int]:
    """The file, line and column of a finding; zeros where there is none."""
    span = None if diagnostic.place is None else sources.span(diagnostic.place)
    file = "" if diagnostic.place is None else diagnostic.place.file
    return (file, 0, 0) if span is None else (file, span.line, span.column)


def _heard(found: Iterable[Diagnostic], fleet: Fleet) -> Iterator[Diagnostic]:
    """The findings as loud as the Fleet wants them."""
    for item in {(each.code, each.place, each.message): each for each in found}.values():
        severity = lowered(item, fleet.rules)
        if severity is not Severity.OFF:
            yield item if severity is item.severity else replace(item, severity=severity)

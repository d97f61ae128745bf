"""The proposals of `upgrade`: for a terminal, a pull request, a program and `git apply`.

Rule of this module: what is proposed stands before what could not be solved, and every target has its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from reconciler.diagnostics import Place, Span, counted
from reconciler.domain.deployment import UNSET
from reconciler.report.markdown import markdown_fence, markdown_inert, table
from reconciler.report.style import Style
from reconciler.upgrade.propose import Proposal, Standing, Strategy
from reconciler.upgrade.splices import Edited
from reconciler.upgrade.wanted import Beside, NewValues, Removal

if TYPE_CHECKING:
    from reconciler.report.documents import (
        EditDocument,
        UpgradeDocument,
        UpgradeItemDocument,
    )


Spans = Callable[[Place], Span | None]
Texts = Mapping[str, Edited]
"""Edited texts by file name."""


class Done(StrEnum):
    """What became of the edits: `REFUSED` ones would make the manifests wrong, or their plan is refused."""

    PROPOSED = "proposed"
    WRITTEN = "written"
    REFUSED = "refused"


_WORDS = {
    Strategy.IN_PLACE: "in place",
    Strategy.BESIDE: "beside",
    Strategy.FINISH: "finish",
    Strategy.ACCEPT_LIVE: "accept live",
}


def render_text(found: Sequence[Proposal], texts: Texts, *, style: Style, within: int, done: Done) -> str:
    """The proposals one below the other, then the diff unless it was written, then the counts."""
    lines: list[str] = []
    for standing in Standing:
        for one in (each for each in found if each.standing is standing):
            lines += _told(one, style)
    if lines:
        lines.append("")
    if done is not Done.WRITTEN and texts:
        lines += [*(style.show(line) for line in diff(texts).splitlines()), ""]
    lines += style.paragraph(summary_line(found, within, done=done), hanging="  ")
    return "\n".join(lines) + "\n"


def _told(one: Proposal, style: Style) -> Iterator[str]:
    mark = {Standing.EDIT: "~", Standing.WAITING: "=", Standing.UNSOLVED: "!"}[one.standing]
    colour = {Standing.EDIT: "yellow", Standing.WAITING: "dim", Standing.UNSOLVED: "red"}[one.standing]
    head = f"{mark} {one.id.account.name}/{one.id.name}  {_from(one)}"
    if one.target is not None:
        head += f" -> {one.target.name} {one.target.version}"
    if one.strategy is not None:
        head += f", {_WORDS[one.strategy]}"
    first, *rest = style.paragraph(style.show(head), hanging="    ")
    yield style.paint(first, colour)
    yield from rest
    for words in _details(one):
        yield from style.paragraph(style.show(words), indent="    ", hanging="      ")


def _details(one: Proposal) -> Iterator[str]:
    if one.retires is not None:
        yield f"retires on {one.retires}"
    if one.target is not None:
        as_of = f", {one.target.as_of}" if one.target.as_of else ""
        yield f"target by {one.target.source}{as_of}"
    checks = one.checks
    known = {
        "offer": checks.offered,
        "size": checks.size_legal,
        "quota": checks.quota,
        "capacity": checks.capacity,
    }
    unknown = [name for name, value in known.items() if value is None]
    if isinstance(one.wanted, NewValues | Beside) and unknown:
        yield f"not checked: {', '.join(unknown)}"
    if one.reason:
        yield one.reason


def diff(texts: Texts) -> str:
    """A unified diff of all files, as `git apply` and `patch -p1` take it."""
    return "".join(
        line
        for name, text in sorted(texts.items())
        for line in text.diff(PurePath(name).as_posix().lstrip("/"))
    )


def render_markdown(
    found: Sequence[Proposal], texts: Texts, *, within: int, done: Done, plan: str = ""
) -> str:
    """The text of a pull request: a table, what needs a person, the diff unless it was written, the plan."""
    lines = ["## Models that retire", "", summary_line(found, within, done=done), ""]
    edits = [one for one in found if one.standing is Standing.EDIT]
    if edits:
        head = ("deployment", "from", "to", "how", "retires", "target by")
        lines += [*table(head, (tuple(map(markdown_inert, _row(one))) for one in edits)), ""]
    told = [one for one in found if one.reason]
    if told:
        lines += [f"- `{one.id.account.name}/{one.id.name}`: {markdown_inert(one.reason)}" for one in told]
        lines.append("")
    if texts and done is not Done.WRITTEN:
        lines += [markdown_fence(diff(texts), "diff"), ""]
    if plan:
        lines += [plan.rstrip(), ""]
    return "\n".join(lines)


def _row(one: Proposal) -> tuple[str, ...]:
    target = one.target
    return (
        f"{one.id.account.name}/{one.id.name}",
        _from(one),
        "" if target is None else f"{target.name} {target.version}",
        "" if one.strategy is None else _WORDS[one.strategy],
        "" if one.retires is None else str(one.retires),
        "" if target is None else ", ".join(filter(None, (target.source, target.as_of))),
    )


def document(found: Sequence[Proposal], spans: Spans) -> UpgradeDocument:
    """The document that programs read; null for what is not known."""
    from reconciler.report.documents import StandingDocument, UpgradeDocument

    return UpgradeDocument(
        format_version=1,
        items=tuple(_document(one, spans) for one in found),
        summary=StandingDocument(
            edits=sum(one.standing is Standing.EDIT for one in found),
            waiting=sum(one.standing is Standing.WAITING for one in found),
            unsolved=sum(one.standing is Standing.UNSOLVED for one in found),
        ),
    )


def _document(one: Proposal, spans: Spans) -> UpgradeItemDocument:
    from reconciler.report.documents import ChecksDocument, ModelVersionDocument, UpgradeItemDocument

    place = one.deployment.provenance.place(("model",))
    span = None if place is None else spans(place)
    target = one.target
    return UpgradeItemDocument(
        id=str(one.id),
        file=None if place is None else place.file,
        line=None if span is None else span.line,
        from_=ModelVersionDocument(model=one.deployment.spec.model.name, version=_version(one)),
        to=None if target is None else ModelVersionDocument(model=target.name, version=target.version),
        source=None if target is None else target.source,
        as_of=None if target is None else target.as_of or None,
        retires=one.retires,
        strategy=one.strategy,
        checks=ChecksDocument.from_value(one.checks),
        edit=_edit(one),
        reason=one.reason,
    )


def _edit(one: Proposal) -> EditDocument | None:
    """What the edit does, at the manifest's own paths."""
    from reconciler.report.documents import EditDocument

    before = " ".join(filter(None, (one.deployment.spec.model.name, _version(one))))
    target = one.target
    after = "" if target is None else f"{target.name} {target.version}"
    match one.wanted:
        case None:
            return None
        case Beside(name=name):
            return EditDocument(path="deployments", before=None, after=f"{name}: {after}")
        case Removal():
            return EditDocument(path="deployments", before=f"{one.id.name}: {before}", after=None)
        case _:
            return EditDocument(path="model", before=before, after=after)


def summary_line(found: Sequence[Proposal], within: int, *, done: Done) -> str:
    """The last line: what there is to do and what is left to people."""
    edits = sum(one.standing is Standing.EDIT for one in found)
    waiting = sum(one.standing is Standing.WAITING for one in found)
    unsolved = sum(one.standing is Standing.UNSOLVED for one in found)
    if not found:
        return f"Upgrade: no declared model retires within {counted(within, 'day')}."
    parts = [f"{counted(edits, 'edit')} {done}"] if edits else []
    parts += [f"{counted(waiting, 'deployment')} waiting for the cut-over"] if waiting else []
    parts += [f"{unsolved} not solved"] if unsolved else []
    them, asked = "it" if edits == 1 else "them", done is not Done.WRITTEN and edits
    more = (
        f"; {'--write makes' if done is Done.PROPOSED else '--write --force writes'} {them}" if asked else ""
    )
    return f"Upgrade: {', '.join(parts)}{more}."


def _version(one: Proposal) -> str | None:
    version = one.deployment.spec.model.version
    return None if version is UNSET else str(version)


def _from(one: Proposal) -> str:
    return f"{one.deployment.spec.model.name} {_version(one) or '(no version)'}"

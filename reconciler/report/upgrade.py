"""The proposals of `upgrade`: for a terminal, a pull request, a program and `git apply`.

Rule of this module: what is proposed stands before what could not be solved, and every target has its source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple
from enum import StrEnum
from pathlib import PurePath

from reconciler.diagnostics import Place, Span, counted
from reconciler.domain.deployment import UNSET
from reconciler.domain.document import Document
from reconciler.report.markdown import markdown_fence, markdown_inert, table
from reconciler.report.style import Style
from reconciler.upgrade.propose import Proposal, Standing, Strategy
from reconciler.upgrade.splices import Edited
from reconciler.upgrade.wanted import Beside, NewValues, Removal

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
        for item in (each for each in found if each.standing is standing):
            lines += _lines_of(item, style)
    if lines:
        lines.append("")
    if done is not Done.WRITTEN and texts:
        lines += [*(style.show(line) for line in diff(texts).splitlines()), ""]
    lines += style.paragraph(summary_line(found, within, done=done), hanging="  ")
    return "\n".join(lines) + "\n"


def _lines_of(proposal: Proposal, style: Style) -> Iterator[str]:
    mark = {Standing.EDIT: "~", Standing.WAITING: "=", Standing.UNSOLVED: "!"}[proposal.standing]
    colour = {Standing.EDIT: "yellow", Standing.WAITING: "dim", Standing.UNSOLVED: "red"}[proposal.standing]
    head = f"{mark} {proposal.id.account.name}/{proposal.id.name}  {_from(proposal)}"
    if proposal.target is not None:
        head += f" -> {proposal.target.name} {proposal.target.version}"
    if proposal.strategy is not None:
        head += f", {_WORDS[proposal.strategy]}"
    first, *rest = style.paragraph(style.show(head), hanging="    ")
    yield style.paint(first, colour)
    yield from rest
    for words in _details(proposal):
        yield from style.paragraph(style.show(words), indent="    ", hanging="      ")


def _details(proposal: Proposal) -> Iterator[str]:
    if proposal.retires is not None:
        yield f"retires on {proposal.retires}"
    if proposal.target is not None:
        as_of = f", {proposal.target.as_of}" if proposal.target.as_of else ""
        yield f"target by {proposal.target.source}{as_of}"
    checked = zip(("offer", "size", "quota", "capacity"), astuple(proposal.checks), strict=True)
    unknown = [name for name, value in checked if value is None]
    if isinstance(proposal.wanted, NewValues | Beside) and unknown:
        yield f"not checked: {', '.join(unknown)}"
    if proposal.reason:
        yield proposal.reason


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
    edits = [item for item in found if item.standing is Standing.EDIT]
    if edits:
        head = ("deployment", "from", "to", "how", "retires", "target by")
        lines += [*table(head, (tuple(map(markdown_inert, _row(edit))) for edit in edits)), ""]
    notes = [item for item in found if item.reason]
    if notes:
        lines += [
            f"- `{item.id.account.name}/{item.id.name}`: {markdown_inert(item.reason)}" for item in notes
        ]
        lines.append("")
    if texts and done is not Done.WRITTEN:
        lines += [markdown_fence(diff(texts), "diff"), ""]
    if plan:
        lines += [plan.rstrip(), ""]
    return "\n".join(lines)


def _row(proposal: Proposal) -> tuple[str, ...]:
    target = proposal.target
    return (
        f"{proposal.id.account.name}/{proposal.id.name}",
        _from(proposal),
        "" if target is None else f"{target.name} {target.version}",
        "" if proposal.strategy is None else _WORDS[proposal.strategy],
        "" if proposal.retires is None else str(proposal.retires),
        "" if target is None else ", ".join(filter(None, (target.source, target.as_of))),
    )


def document(found: Sequence[Proposal], spans: Spans) -> Document:
    """The document that programs read; null for what is not known."""
    from reconciler.report.documents import StandingDocument, UpgradeDocument, UpgradeItemDocument

    number = Counter(item.standing for item in found)
    edits, waiting, unsolved = (number[standing] for standing in Standing)
    return UpgradeDocument(
        format_version=1,
        items=tuple(UpgradeItemDocument.from_value(item, **_named(item, spans)) for item in found),
        summary=StandingDocument(edits=edits, waiting=waiting, unsolved=unsolved),
    )


def _named(proposal: Proposal, spans: Spans) -> dict[str, object]:
    """What the document calls otherwise than a proposal does."""
    place = proposal.deployment.provenance.place(("model",))
    span = None if place is None else spans(place)
    target = proposal.target
    return {
        "file": None if place is None else place.file,
        "line": None if span is None else span.line,
        "from_": {"model": proposal.deployment.spec.model.name, "version": _version(proposal)},
        "to": None if target is None else {"model": target.name, "version": target.version},
        "source": None if target is None else target.source,
        "as_of": None if target is None else target.as_of or None,
        "edit": _edit(proposal),
    }


def _edit(proposal: Proposal) -> dict[str, str | None] | None:
    """What the edit does, at the manifest's own paths."""
    before = " ".join(filter(None, (proposal.deployment.spec.model.name, _version(proposal))))
    after = "" if proposal.target is None else f"{proposal.target.name} {proposal.target.version}"
    match proposal.wanted:
        case None:
            return None
        case Beside(name=name):
            return {"path": "deployments", "before": None, "after": f"{name}: {after}"}
        case Removal():
            return {"path": "deployments", "before": f"{proposal.id.name}: {before}", "after": None}
        case _:
            return {"path": "model", "before": before, "after": after}


def summary_line(found: Sequence[Proposal], within: int, *, done: Done) -> str:
    """The last line: what there is to do and what is left to people."""
    number = Counter(item.standing for item in found)
    edits, waiting, unsolved = (number[standing] for standing in Standing)
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


def _version(proposal: Proposal) -> str | None:
    version = proposal.deployment.spec.model.version
    return None if version is UNSET else str(version)


def _from(proposal: Proposal) -> str:
    return f"{proposal.deployment.spec.model.name} {_version(proposal) or '(no version)'}"

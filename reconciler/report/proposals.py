"""What is proposed for deployments without room, as text, as a diff and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.domain.document import Document
from reconciler.plan.proposal import Move, RoomProposal
from reconciler.report.capacity import NO_PROMISE
from reconciler.report.style import Style
from reconciler.report.upgrade import Texts, diff

_TODO: Final = {
    Move.NOTHING: "nothing to do",
    Move.SKU: "change the SKU",
    Move.ACCOUNT: "move the entry to the set of {account}",
    Move.SIZE: "make it smaller",
    Move.NEW_ACCOUNT: "it needs an account there first",
    Move.NOWHERE: "wait, or ask for less",
    Move.UNKNOWN: "nothing can be said",
}


def render_text(found: Sequence[RoomProposal], texts: Texts, asked_at: str, *, style: Style) -> str:
    """A paragraph per deployment, then the diff."""
    lines: list[str] = []
    for item in found:
        name = f"{item.desired.id.account.name}/{item.desired.id.name}"
        amount = f" ({item.available} available)" if item.available and item.move is not Move.UNKNOWN else ""
        todo = _TODO[item.move].format(account=item.account.name if item.account else "")
        words = f"{name}: {todo}. {item.reason}{amount}"
        lines += style.paragraph(style.show(words), hanging="  ")
    if not found:
        lines.append("No provisioned deployment is selected, so there is nothing to propose.")
    else:
        line = f"As ARM said at {asked_at}. {NO_PROMISE}"
        lines += ["", *style.paragraph(line)]
    text = "\n".join(lines) + "\n"
    return f"{text}\n{diff(texts)}" if texts else text


def document(found: Sequence[RoomProposal], texts: Texts, asked_at: str) -> Document:
    """The document of `capacity propose -o json`."""
    from reconciler.report.documents import EditedDocument, MoveDocument, ProposalsDocument

    return ProposalsDocument(
        format_version=1,
        asked_at=asked_at,
        items=tuple(MoveDocument.from_value(item, id=str(item.desired.id)) for item in found),
        edits=tuple(EditedDocument.from_value(text, path=name) for name, text in texts.items()),
    )

"""An export is read back by those who will read it: the loader and the rules judge what was written.

So the export needs no opinion of its own about what the format can hold. What exists is no mistake of the
manifest: a rule that calls it an error is lowered in the Fleet, with the names; what the format cannot hold
at all is commented out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.export.draft import Draft
from reconciler.export.estate import Estate
from reconciler.export.naming import Aliases, Owner, owner_of
from reconciler.export.sheets import Page, Sheet, pages, sheets_of
from reconciler.manifest.compose import compose
from reconciler.manifest.fleet import LOWERABLE
from reconciler.manifest.objections import decode
from reconciler.manifest.parse import parse
from reconciler.manifest.resolve import resolve
from reconciler.manifest.rules import CODES, check
from reconciler.manifest.source import SourceDocument
from reconciler.manifest.structure import STRUCTURAL

_ROUNDS: Final = 8
"""Each round holds back or lowers something; what is left after so many is said, not mended."""

_MOST_FOUND: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How sure an export is, in deployments; `left_out` counts things that are not in the manifests at all.

    A deployment counts once, by what is least sure of it: `open` has a value that the source does not tell,
    `undecided` a condition, `assumed` holds only if an assumption does.
    """

    certain: int = 0
    assumed: int = 0
    undecided: int = 0
    open: int = 0
    left_out: int = 0

    @property
    def whole(self) -> bool:
        """Whether the manifests say everything that the sources do."""
        return not (self.undecided or self.open or self.left_out)

    def __str__(self) -> str:
        counts = {
            "certain": self.certain,
            "assumed": self.assumed,
            "to be decided": self.undecided,
            "with a value to fill in": self.open,
            "left out": self.left_out,
        }
        always = {"certain", "assumed", "left out"}
        return ", ".join(f"{number} {word}" for word, number in counts.items() if number or word in always)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files of an export, in order, and what a person should know of them."""

    pages: tuple[Page, ...]
    declared: int
    held_back: int
    notes: tuple[str, ...]
    tally: Tally

    @property
    def stream(self) -> str:
        """All files as one text of several documents."""
        return "---\n".join(page.text for page in self.pages)


@dataclass(slots=True)
class _Review:
    """An export under review."""

    estate: Estate
    fleet: Owner
    today: date
    aliases: Aliases
    sheets: tuple[Sheet, ...]
    lowered: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dropped: int = 0

    def pages(self, *, share: bool) -> tuple[Page, ...]:
        return pages(self.estate, self.sheets, self.aliases, self.fleet, lowered=self.lowered, share=share)


def manifests_of(
    estate: Estate, *, fleet: str, today: date, fleet_id: str | None = None, new_id: str | None = None
) -> Exported:
    """Manifests that declare an estate as it is, reviewed on the day `today`.

    `fleet_id` is the fleet's id; without it, the one that its deployments show, else `new_id`.
    """
    owner = Owner(name=fleet, id=fleet_id) if fleet_id is not None else owner_of(estate, fleet, new_id)
    aliases = Aliases(estate.subscriptions)
    review = _Review(
        estate=estate,
        fleet=owner,
        today=today,
        aliases=aliases,
        sheets=sheets_of(estate, aliases, owner),
    )
    for _ in range(_ROUNDS):
        errors = [item for item in _found(review, share=False) if item.severity is Severity.ERROR]
        amended = [_amend(review, error) for error in errors]
        if not any(amended):
            break
    lost = (
        f"{sheet.name}/{entry.name}: {text}"
        for sheet in review.sheets
        for entry in sheet.entries
        for text in entry.lost
    )
    words = _lines(_found(review, share=True))
    return Exported(
        pages=review.pages(share=True),
        declared=sum(len(sheet.entries) for sheet in review.sheets),
        held_back=sum(len(sheet.drafts) - len(sheet.entries) for sheet in review.sheets),
        notes=(*estate.notes, *estate.left_out, *lost, *review.notes, *words),
        tally=_tally(review),
    )


def _tally(review: _Review) -> Tally:
    entries = [(sheet, entry) for sheet in review.sheets for entry in sheet.entries]
    counts = Counter(
        "undecided"
        if item.found.condition
        else "open"
        if item.found.open or sheet.account.open
        else "assumed"
        if item.found.assumed
        else "certain"
        for sheet, item in entries
    )
    gone = sum(len(sheet.drafts) - len(sheet.entries) for sheet in review.sheets) + review.dropped
    lost = sum(len(item.lost) for _, item in entries)
    return Tally(**counts, left_out=len(review.estate.left_out) + gone + lost)


def _found(review: _Review, *, share: bool) -> tuple[Diagnostic, ...]:
    """Everything that `validate` will say of the export."""
    written = review.pages(share=share)
    forbidden = [decode(page.file, page.text.encode())[1] for page in written]
    composed = [(page.file, compose(page.file, page.text)) for page in written]
    documents = [
        SourceDocument(file=file, index=number, root=root)
        for file, item in composed
        for number, root in item.roots
    ]
    manifests, misread = parse(documents, known_rules=CODES)
    resolved = resolve(manifests)
    unread = [found for _, item in composed for found in item.findings]
    return (
        *(found for found in forbidden if found is not None),
        *unread,
        *misread,
        *resolved.diagnostics,
        *check(resolved.state, catalogue(), review.today),
    )


def _amend(review: _Review, error: Diagnostic) -> bool:
    """Whether something was done about an error."""
    existing = review.estate.origin.existing
    sheet, wanted = _about(review, error)
    if error.code not in STRUCTURAL.keys() - LOWERABLE:
        if existing:
            names = review.lowered.setdefault(error.code, [])
            name = "the fleet" if sheet is None else f"{sheet.name}/{wanted.name}" if wanted else sheet.name
            if name not in names:
                names.append(name)
        return existing
    if sheet is None or error.code == "missing-field":
        return False
    if wanted is not None:
        if wanted.found.open or wanted.found.condition:
            return False
        held_back = replace(wanted, held_back=error.message)
        changed = replace(
            sheet, drafts=tuple(held_back if draft is wanted else draft for draft in sheet.drafts)
        )
        review.sheets = tuple(changed if item is sheet else item for item in review.sheets)
        return True
    if existing:
        review.sheets = tuple(item for item in review.sheets if item is not sheet)
        review.notes.append(f"account {sheet.name} is not exported: {error.message}")
        review.dropped += len(sheet.drafts)
        return True
    return False


def _about(review: _Review, error: Diagnostic) -> tuple[Sheet | None, Draft | None]:
    """The account that an error is about, and the entry of its set."""
    file, route = (error.place.file, error.place.route) if error.place is not None else (None, ())
    sheet = next((item for item in review.sheets if item.file == file), None)
    number = route[2] if route[:2] == ("spec", "deployments") and len(route) > 2 else None
    if sheet is None or not isinstance(number, int) or number >= len(sheet.entries):
        return sheet, None
    return sheet, sheet.entries[number]


def _lines(found: Sequence[Diagnostic]) -> list[str]:
    """What `validate` will say, in a sentence."""
    notes = []
    for severity in (Severity.ERROR, Severity.WARNING):
        some = [item for item in found if item.severity is severity]
        if some:
            codes = list(dict.fromkeys(item.code for item in some))
            listed = ", ".join(codes[:_MOST_FOUND]) + ("…" if len(codes) > _MOST_FOUND else "")
            noun = severity if len(some) == 1 else f"{severity}s"
            notes.append(f"`reconciler validate` will show {len(some)} {noun}: {listed}")
    return notes

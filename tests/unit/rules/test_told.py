"""Everything the rules say of many declarations, word for word.

RECONCILER_UPDATE_GOLDEN=1 writes `told.txt` anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.catalogue.load import catalogue
from reconciler.diagnostics import Diagnostic
from reconciler.manifest import rules
from tests.unit.rules.cases import Case, every_case

KEPT = Path(__file__).parent / "told.txt"


def line(found: Diagnostic) -> str:
    place = found.place
    where = (
        "nowhere" if place is None else ".".join(map(str, place.route[3:])) + ("^" if place.on_key else "")
    )
    related = [f"{one.message} ({'.'.join(map(str, one.place.route))})" for one in found.related]
    said = (found.message, found.label, found.source, found.fix, *related)
    return f"  {found.severity.value} {found.code} {where}: {' | '.join(said)}"


def told(case: Case) -> list[str]:
    return [case.title, *map(line, rules.check(case.state, catalogue(), case.today))]


def everything() -> str:
    return "\n".join(one for case in every_case() for one in told(case)) + "\n"


def test_the_rules_say_word_for_word_what_was_read() -> None:
    text = everything()
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        KEPT.write_text(text, "utf-8")
    assert text.splitlines() == KEPT.read_text("utf-8").splitlines()


def test_every_case_has_its_own_title() -> None:
    titles = [case.title for case in every_case()]
    assert len(titles) > 500
    assert all(titles)

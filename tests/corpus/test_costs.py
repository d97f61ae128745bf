"""What real people declared gets a cost line, or the reason why nobody can say."""

from __future__ import annotations

import os

from tests.corpus.corpus import HERE
from tests.corpus.costs import priced_rows

KEPT = HERE / "costs.txt"


def test_every_deployment_of_the_corpus_has_a_line_or_a_reason() -> None:
    found = list(priced_rows())
    assert len(found) == 201
    assert [one.title for one in found if not one.bill.lines and not one.bill.unpriced] == []
    assert [one.title for one in found if not one.words] == []


def test_every_line_and_every_reason_is_as_it_was_read() -> None:
    told = [f"{one.title} | {one.sku} | {one.words}" for one in priced_rows()]
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        KEPT.write_text("\n".join(told) + "\n", "utf-8")
    assert told == KEPT.read_text("utf-8").splitlines()

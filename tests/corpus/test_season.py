"""What `upgrade` proposes for what people really declared stays as it was read."""

import os

from reconciler.upgrade.propose import Standing
from tests.corpus.corpus import HERE
from tests.corpus.season import moves

KEPT = HERE / "season.txt"


def test_every_proposal_is_as_it_was_read() -> None:
    told = [one.line for one in moves()]
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        KEPT.write_text("\n".join(told) + "\n", "utf-8")
    assert told == KEPT.read_text("utf-8").splitlines()


def test_every_row_in_season_has_a_proposal_or_a_reason() -> None:
    assert len(moves()) >= 60
    for one in moves():
        assert one.proposal.reason or one.proposal.standing is Standing.EDIT, one.line


def test_every_proposed_edit_can_be_made() -> None:
    assert [one.line for one in moves() if one.failed] == []

"""What the emulator makes of exchanges that it was not built from, and of the others of the same kind."""

import pytest

from tests.fidelity.unseen_replay import Judged, Part, is_aside, judged, sessions


@pytest.mark.parametrize("part", ["built", "aside"])
def test_each_file_is_in_the_part_that_its_name_decides(part: Part) -> None:
    assert {is_aside(one["repository"], one["path"]) for one in sessions(part)} == {part == "aside"}
    assert all(len(one["commit"]) == 40 for one in sessions(part))


@pytest.mark.parametrize(
    "exchange",
    [*judged("built"), *judged("aside")],
    ids=lambda found: f"{found.path.rpartition('/')[2]} {found.line[-60:]}",
)
def test_an_exchange_is_answered_alike_or_says_why_not(exchange: Judged) -> None:
    assert bool(exchange.wrong) == bool(exchange.differs), exchange.wrong

"""What the emulator makes of exchanges that it was not built from, and of the others of the same kind."""

import json

import pytest

from tests.fidelity.unseen_replay import FOLDER, Judged, Part, is_aside, judged, sessions


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


def test_every_exchange_set_aside_says_what_of_it_differed_at_its_first_run() -> None:
    runs = json.loads((FOLDER / "first_run.json").read_text(encoding="utf-8"))["aside"]
    for reading, run in enumerate(runs, 1):
        steps = [
            step
            for one in sessions("aside")
            if one["reading"] == reading
            for step in one["exchanges"]
            if not step.get("unrecorded")
        ]
        assert (sum("first" not in step for step in steps), len(steps)) == (run["equal"], run["of"])


def test_the_rules_of_reading_name_every_file_that_was_read() -> None:
    listed = json.loads((FOLDER / "listed.json").read_text(encoding="utf-8"))["listed"]
    known = {(one["repository"], name) for one in listed for name in (*one["built"], *one["aside"])}
    read = {(one["repository"], one["path"].rpartition("/")[2]) for one in sessions("aside")}
    assert read - known == set()

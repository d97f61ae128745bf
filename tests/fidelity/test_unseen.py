"""What the emulator makes of exchanges that it was not built from, and of the others of the same kind."""

import json
from typing import Any

import pytest

from tests.fidelity.unseen_replay import (
    FOLDER,
    PARTS,
    Counted,
    Part,
    counted,
    is_listed,
    part_of,
    sessions,
    source_of,
)

NINTH = {"ninth_built": "built", "ninth": "aside"}
LATER = (
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "tenth_built",
    "tenth",
    "eleventh_built",
    "eleventh",
    "twelfth_built",
    "twelfth",
    "thirteenth_built",
    "thirteenth",
)


@pytest.mark.parametrize("part", PARTS)
def test_each_source_is_in_the_part_that_the_rules_give_it(part: Part) -> None:
    found = sessions(part)
    assert found
    if part in LATER:
        assert all(is_listed(one, part) for one in found)
    elif part in NINTH:
        assert {part_of(one, second=False) for one in found} == {NINTH[part]}
        assert _files(found) <= _listed_ninth(NINTH[part])
    else:
        assert {part_of(one, second=part.startswith("second")) for one in found} == {part}
    assert all(len(one["commit"]) == 40 for one in found if "commit" in one)


@pytest.mark.parametrize(
    "exchange",
    [exchange for part in PARTS for exchange in counted(part)],
    ids=lambda one: f"{one.source.rpartition('/')[2]} {one.line[-60:]}",
)
def test_an_exchange_is_answered_alike_or_says_why_not(exchange: Counted) -> None:
    found = exchange.judged()
    assert bool(found.wrong) == bool(found.differs), found.wrong
    assert (found.source, found.line) == (exchange.source, exchange.line)


@pytest.mark.parametrize("part", [part for part in PARTS if not part.endswith("built")])
def test_every_exchange_set_aside_says_what_of_it_differed_at_its_first_run(part: Part) -> None:
    runs = json.loads((FOLDER / "first_run.json").read_text(encoding="utf-8"))[part]
    for reading, run in enumerate(runs, 1):
        steps = [
            step
            for one in sessions(part)
            if one["reading"] == reading
            for step in one["exchanges"]
            if not step.get("unrecorded")
        ]
        assert (sum("first" not in step for step in steps), len(steps)) == (run["equal"], run["of"])


def test_the_rules_of_reading_name_every_source() -> None:
    listed = json.loads((FOLDER / "listed.json").read_text(encoding="utf-8"))
    second = listed["second"]
    known = {(one["repository"], name) for one in listed["listed"] for name in (*one["built"], *one["aside"])}
    later = {
        (one["repository"], name)
        for one in second["recordings"]
        for name in (*one["built"], *one["A"], *one["B"])
    }
    queries = {f"{one['corpus']}:{one['query']}" for asked in second["queries"].values() for one in asked}
    assert _files(sessions("aside")) - known == set()
    for part in PARTS:
        if part.startswith("second"):
            found = sessions(part)
            assert _files([one for one in found if "path" in one]) - later == set()
            assert {one["query"] for one in found if "query" in one} - queries == set()
            assert len({source_of(one) for one in found if "url" in one}) > 0


def _listed_ninth(part: str) -> set[tuple[str, str]]:
    rows = json.loads((FOLDER / "listed.json").read_text(encoding="utf-8"))["ninth"]["recordings"]
    return {(row["repository"], name) for row in rows for name in row[part]}


def _files(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["repository"], one["path"].rpartition("/")[2]) for one in found}

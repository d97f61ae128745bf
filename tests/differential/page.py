"""The page `docs/differential.md`, from what is kept and from the reasons in the rows; without dates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.differential.rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(__file__).parent / "outcomes.json"
PAGE = ROOT / "docs" / "differential.md"
Outcomes = Mapping[str, Any]

HEAD = """\
# Beside the official SDK

Made by `make differential` (`tools/differential.py`): the same bad server, row by row of the
[fault matrix](faults.md), for this project and for the SDK with its own defaults, plain http allowed:
{versions}.
{alike} of {all} rows end alike, with the same writes; each of the others has its reason in the last column.
`tests/differential/test_differential.py` runs this project's side again and holds it to what is written here.

One call each: a read, a list, a write or a delete, the latter two waited for to their end (the SDK's
`begin_…().result()`; here the step of an apply, which looks before it writes and reads back after it). Waits
cost nothing and are added up, so that they are seen: without jitter here, the SDK's polls every 30 s. A call
that has waited two hours, or worked for six real seconds, is *still going*. *left open* says that something
was sent, is not known to have ended, and is reported so. *token abroad*: the bearer token reached another
host.

A difference is no verdict on the SDK. It is a library for any service and leaves to its callers what to do
about a lost answer; this project is such a caller, knows what it declared, and must get on without a person.

| row | staged | here | SDK | why they differ |
| --- | --- | --- | --- | --- |
"""


def page(kept: Outcomes) -> str:
    """The whole page."""
    rows = kept["rows"]
    versions = ", ".join(f"{name} {version}" for name, version in kept["versions"].items())
    alike = sum(1 for row in ROWS if not differs(rows[row.row]))
    lines = [_line(row, rows[row.row]) for row in ROWS]
    return HEAD.format(versions=versions, alike=alike, all=len(ROWS)) + "\n".join(lines) + "\n"


def differs(both: Outcomes) -> bool:
    """Whether the clients end differently, or one writes more often, or one lets its token go."""
    return _essence(both["ours"]) != _essence(both["sdk"])


def _essence(one: Outcomes) -> tuple[object, ...]:
    """What a caller would notice; how often a client looks is its own affair."""
    writes = tuple((name, count) for name, count in one["asked"].items() if name in {"PUT", "DELETE"})
    return one["ended"], writes, one["leaked"]


def _line(row: Row, both: Outcomes) -> str:
    cells = (f"{row.row} ({row.call})", row.staged, _told(both["ours"]), _told(both["sdk"]), row.why)
    return f"| {' | '.join(cells)} |"


def _told(one: Outcomes) -> str:
    ended = f"**{one['ended']}**" + (f" {_code(one)}" if one["says"] else "")
    asked = ", ".join(f"{count} {kind}" for kind, count in one["asked"].items())
    waited = f"{one['waited']} s waited" if one["waited"] else ""
    leaked = "**token abroad**" if one["leaked"] else ""
    return "; ".join(filter(None, (ended, asked, waited, leaked)))


def _code(one: Outcomes) -> str:
    says: str = one["says"]
    return says if says.startswith("after ") else f"`{says}`"

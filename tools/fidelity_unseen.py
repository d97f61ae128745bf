"""The part of `docs/fidelity.md` about exchanges that the emulator was not built from."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.fidelity.unseen_replay import FOLDER, judged, sessions
from tests.fidelity.unseen_replay import Part as UnseenPart

SECTION = """\
## Exchanges it was not built from

Recordings of other teams' test suites, by what a client would rely on in each exchange: the status, listed
values, members and headers. Before any of them was read, the files were parted by a fixed rule: those whose
SHA-256 of `repository:file name` is divisible by three were set aside and left unread until everything was
built (`tests/fidelity/unseen_replay.py`; which files there are, and how much of each is read, is in
`tests/fidelity/unseen/listed.json`). An exchange counts when all of it is equal.

| part | files | exchanges | equal at the first run | equal now |
| --- | ---: | ---: | ---: | ---: |
{parts}

The first runs of the part set aside are the honest figure: each was taken once, before anything was mended
for what it showed, and each can be taken again with the code named. "Now" counts what was mended since, so
it is no measure of what is still unseen. Not counted: exchanges that did not fit on the pages read, other
providers', and files that speak an api-version before 2021-10-01.

| reading | code | files | exchanges | first run | now | what it showed |
| ---: | --- | ---: | ---: | ---: | ---: | --- |
{readings}

What stays different in both parts: {left}.

Each exchange that was set aside, by source; after the dash what differed at the first run:

{aside}
"""

_BELOW = "/providers/Microsoft.CognitiveServices/"


def section() -> str:
    """The whole part."""
    return SECTION.format(
        parts=_lines(_part(part) for part in ("built", "aside")),
        readings=_lines([*map(_reading, range(1, len(_first("aside")) + 1)), _total()]),
        left="; ".join(_reasons()),
        aside=_lines(_sources()),
    )


def _first(part: UnseenPart) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "first_run.json").read_text(encoding="utf-8"))[part]
    return found


def _part(part: UnseenPart) -> str:
    found = judged(part)
    name = {"built": "read before building", "aside": "set aside"}[part]
    first = _share(sum(run["equal"] for run in _first(part)), sum(run["of"] for run in _first(part)))
    now = _share(sum(not exchange.wrong for exchange in found), len(found))
    return f"| {name} | {_files(sessions(part))} | {len(found)} | {first} | {now} |"


def _reading(number: int) -> str:
    first = _first("aside")[number - 1]
    files = [one for one in sessions("aside") if one["reading"] == number]
    found = [exchange for exchange in judged("aside") if exchange.reading == number]
    equal = sum(not exchange.wrong for exchange in found)
    return (
        f"| {number} | `{first['code']}` | {_files(files)} | {len(found)} | {first['equal']} | {equal}"
        f" | {first['showed']} |"
    )


def _total() -> str:
    found, first = judged("aside"), _first("aside")
    equal = sum(not exchange.wrong for exchange in found)
    runs = _share(sum(run["equal"] for run in first), len(found))
    return f"| all | | {_files(sessions('aside'))} | {len(found)} | {runs} | {_share(equal, len(found))} | |"


def _files(found: Iterable[Mapping[str, Any]]) -> int:
    return len({(one["path"], one["commit"]) for one in found})


def _share(equal: int, total: int) -> str:
    return f"{equal} ({equal / total:.0%})"


def _reasons() -> list[str]:
    found = (*judged("aside"), *judged("built"))
    return list(dict.fromkeys(exchange.differs for exchange in found if exchange.differs))


def _sources() -> list[str]:
    lines = []
    for one in sessions("aside"):
        lines.append(
            f"* {one['repository']} `{one['path']}` at {one['commit'][:10]}, reading {one['reading']}:"
        )
        lines += [f"  * {_exchange(step)}" for step in one["exchanges"] if not step.get("unrecorded")]
    return lines


def _exchange(step: Mapping[str, Any]) -> str:
    asked = f"poll by {step['poll']}" if "poll" in step else f"{step['method']} {_short(step['path'])}"
    first = f" - `{step['first'].replace('`', '')}`" if "first" in step else ""
    return f"`{asked}` {step.get('version', '')}: {step['status']}{first}".replace(" : ", ": ")


def _short(path: str) -> str:
    return path.partition(_BELOW)[2] or path.removeprefix("/subscriptions/{sub}/")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)

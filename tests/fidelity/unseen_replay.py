"""Exchanges of other teams' recordings: what a client would rely on in each, asked of the emulator in order.

Rule of this module: material was parted before any of it was read, by `part_of`; what is set aside was not
looked at until everything was built. In the second trial what is set aside has two halves, and reported
answers (`url`, found by a `query`) are parted by their query. An exchange is equal when status and every
listed value, member and header are; steps that a recording does not have, or not whole, only lead there and
are not counted; a session names the day that it was recorded `on` where what is asked hangs on it, the
`world` that it presupposes (accounts, models, quota), and how operations run (`lro`). `differs` says why one
stays different; the pace of polling (Retry-After) is the emulator's own setting and not compared.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from tests.emulator.arm import SUB_A, Arm, Reply

FOLDER = Path(__file__).parent / "unseen"
Part = Literal[
    "built",
    "aside",
    "second_built",
    "second_a",
    "second_b",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth_built",
    "ninth",
    "tenth_built",
    "tenth",
    "eleventh_built",
    "eleventh",
    "twelfth_built",
    "twelfth",
    "thirteenth_built",
    "thirteenth",
]
PARTS: tuple[Part, ...] = get_args(Part)
SECOND: tuple[Part, Part, Part] = ("second_a", "second_b", "second_built")
"""The parts of the second trial, by the remainder of a query's digest."""
NAMES = {"sub": SUB_A, "group": "unseen-rg", "account": "unseenaccount"}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One exchange, what of it differs, and the reason given for that."""

    source: str
    reading: int
    line: str
    wrong: tuple[str, ...]
    differs: str


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One exchange that is counted: where it stands and what is asked; `judged` asks it."""

    part: Part
    session: int
    place: int
    """Among the counted exchanges of its session."""
    source: str
    line: str

    def judged(self) -> Judged:
        return _replayed(self.part, self.session)[self.place]


@cache
def sessions(part: Part) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{part}.json").read_text(encoding="utf-8"))
    return found


def part_of(session: Mapping[str, Any], *, second: bool) -> Part:
    """The part that the rules give a session: a file by its name, a reported answer by its query."""
    if "query" in session:
        return SECOND[_digest(session["query"]) % 3]
    number = _digest(f"{session['repository']}:{session['path'].rpartition('/')[2]}")
    if not second:
        return "built" if number % 3 else "aside"
    return "second_built" if number % 3 else SECOND[number // 3 % 2]


def is_listed(session: Mapping[str, Any], part: Part) -> bool:
    """Whether the list of a later trial names a session: its file, or its query.

    The queries of the tenth and the eleventh are parted by their digests, the eleventh's files by suites, the
    twelfth's by version, the thirteenth's by number, all of whose further list is set aside.
    """
    listed = json.loads((FOLDER / "listed.json").read_text(encoding="utf-8"))[part.removesuffix("_built")]
    if "query" in session and part.startswith(("tenth", "eleventh")):
        is_built = _digest(session["query"]) % 3 > 0
        return (
            is_built == part.endswith("built")
            and session["query"] in listed["built" if is_built else "queries"]
        )
    if "query" in session:
        return session["query"] in listed["queries"]
    if "file" in session:
        is_built = _digest(session["file"]) % 3 > 0
        if session["reading"] > 2 and part == "thirteenth":
            return session["file"] in {row["file"] for row in listed["further"]}
        names = {row["file"] for row in listed["built" if is_built else "aside"]}
        return is_built == part.endswith("built") and session["file"] in names
    if part.startswith("twelfth"):
        entry = {name: session[name] for name in ("repository", "path", "commit")}
        return entry in listed["recordings"]["built" if part.endswith("built") else "aside"]
    files = {"eleventh_built": "built", "eleventh": "aside"}.get(part, "files")
    named = {row["repository"]: row[files] for row in listed["recordings"]}
    return session["path"].rpartition("/")[2] in named.get(session["repository"], [])


def source_of(session: Mapping[str, Any]) -> str:
    """Where a session is from: repository and file, a number, or the address of a report."""
    if "file" in session:
        return f"stored file {session['file']}"
    return session.get("url") or f"{session['repository']} {session['path']}"


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def counted(part: Part) -> Iterator[Counted]:
    """Every counted exchange of a part; nothing is asked yet."""
    for number, session in enumerate(sessions(part)):
        for place, step in enumerate(_counted(session["exchanges"])):
            yield Counted(
                part=part, session=number, place=place, source=source_of(session), line=_named(_line(step))
            )


@cache
def judged(part: Part) -> tuple[Judged, ...]:
    """What came of every counted exchange of a part."""
    return tuple(one.judged() for one in counted(part))


@cache
def _replayed(part: Part, number: int) -> tuple[Judged, ...]:
    """What came of the counted exchanges of one session, which are asked in their order."""
    session = sessions(part)[number]
    arm, last, found = Arm(), None, []
    if "on" in session:
        assert arm.control("clock", {"at": f"{session['on']}T12:00:00Z"}).status == 200
    if "world" in session:
        reply = arm.control("world", json.loads(_named(json.dumps(session["world"]))))
        assert reply.status == 200, reply.content
    if "lro" in session:
        assert arm.control("lro", session["lro"]).status == 200
    for step in json.loads(_named(json.dumps(session["exchanges"]))):
        reply = _asked(arm, step, last)
        if _counted([step]):
            found.append(
                Judged(
                    source=source_of(session),
                    reading=session["reading"],
                    line=_line(step),
                    wrong=tuple(_differences(step, reply)),
                    differs=step.get("differs", ""),
                )
            )
        last = reply if "poll" not in step else last
    return tuple(found)


def _counted(steps: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [step for step in steps if not step.get("unrecorded")]


def _line(step: Mapping[str, Any]) -> str:
    return f"{step.get('method', 'GET')} {step.get('path', step.get('poll'))}"


def _asked(arm: Arm, step: Mapping[str, Any], last: Reply | None) -> Reply:
    if "poll" not in step and step["version"] is None:
        return arm.call(step["method"], step["path"], step.get("body"))
    if "poll" not in step:
        return arm.arm(step.get("method", "GET"), step["path"], step.get("body"), version=step["version"])
    assert last is not None
    path = last.headers.get(step["poll"], "/none").removeprefix("http://127.0.0.1")
    for _ in range(4):
        reply = arm.call("GET", path, bearer=arm.token)
        if not _differences(step, reply):
            break
    return reply


def _named(text: str) -> str:
    for name, value in NAMES.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _differences(step: Mapping[str, Any], reply: Reply) -> list[str]:
    if reply.status != step["status"]:
        return [f"status {reply.status}, recorded {step['status']}"]
    if step.get("empty"):
        wrong = [] if not reply.content else ["a body, recorded none"]
    else:
        wrong = _of_body(step, reply.json) if set(step) & _OF_BODY else []
    wrong += [f"no header {name}" for name in step.get("headers", []) if name not in reply.headers]
    return wrong + [f"a header {name}" for name in step.get("noHeaders", []) if name in reply.headers]


_OF_BODY = {"whole", "values", "matches", "holds", "present", "absent", "names", "types"}


def _of_body(step: Mapping[str, Any], body: Any) -> list[str]:  # noqa: ANN401 - JSON
    wrong = []
    if "whole" in step and body != step["whole"]:
        wrong.append(f"{body}, recorded {step['whole']}")
    for place, value in step.get("values", {}).items():
        if _value(body, place) != value:
            wrong.append(f"{place} is {_value(body, place)!r}, recorded {value!r}")
    for place, pattern in step.get("matches", {}).items():
        if not re.search(pattern, str(_value(body, place))):
            wrong.append(f"{place} is {_value(body, place)!r}, recorded {pattern!r}")
    for place, items in step.get("holds", {}).items():
        found = _value(body, place) or []
        wrong += [
            f"{place} lacks {item}" for item in items if not any(item.items() <= one.items() for one in found)
        ]
    wrong += [f"no {place}" for place in step.get("present", []) if _value(body, place) is None]
    wrong += [f"{place} is there" for place in step.get("absent", []) if _value(body, place) is not None]
    if "names" in step and [item["name"] for item in body["value"]] != step["names"]:
        wrong.append("other names")
    types = {item["resourceType"] for item in body.get("resourceTypes", [])}
    return wrong + [f"no type {name}" for name in step.get("types", []) if name not in types]


def _value(body: Any, place: str) -> Any:  # noqa: ANN401 - JSON
    for name in place.split("."):
        if isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        elif isinstance(body, dict):
            body = body.get(name)
        else:
            return None
    return body

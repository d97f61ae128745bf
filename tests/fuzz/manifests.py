"""Throws damaged manifests at the validator: it must answer with diagnostics, soon, and never crash.

`python -m tests.fuzz.manifests --seconds 3600` by hand; the tests run a fixed number of inputs. An input that
breaks a promise is written to a file and named, with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reconciler.manifest import rules
from reconciler.report.diagnostics import render_github, render_junit, to_json
from reconciler.report.sarif import to_sarif
from tests.corpus.corpus import deployment_cases
from tests.manifests.checking import Checked, check_text

ROOT = Path(__file__).resolve().parents[2]
SLOW = 5.0
"""Seconds for one input of a few kilobytes on a busy machine: a hang is far above, work far below."""

_WORDS = (
    b"&a ", b"*a", b"<<: *a", b"!!python/object ", b"? ", b": ", b"- ", b"---\n", b"...\n", b"{", b"}",
    b"[", b"]", b"|", b">", b"'", b'"', b"\t", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"\xe2\x80\xae", b"\\x1b", b"#", b"%YAML 1.2\n", b"null", b"~", b"0613", b"1_000", b"1e3", b"0o17",
    b"-1", b"99999999999999999999", b"2024-08-06", b"yes", b".inf", b"sku", b"capacity", b"model",
    b"source", b"templates", b"spec", b"kind: Fleet", b"name", b"extraProperties",
    b"ftchkpt-0123456789abcdef0123456789abcdef", b"gpt-4o-2024-08-06.ft-", b"ProvisionedStandard",
    b"swedencentral", b"spilloverDeploymentName", b"lifecycle", b"ignoreChanges", b"\xf0\x9f\x98\x80",
    b"A" * 200,
)  # fmt: skip

Mutation = Callable[[random.Random, bytearray], None]


def seeds() -> list[bytes]:
    """Manifests to damage: our own, the bad ones, and what people really declared."""
    folders = ("manifests", "tests/manifests/bad", "tests/manifests/good", "examples")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.yaml"))]
    texts = [path.read_bytes() for path in files if path.is_file()]
    return [*texts, *(case.text.encode() for case in list(deployment_cases())[::20])]


def _flip(chance: random.Random, text: bytearray) -> None:
    if text:
        text[chance.randrange(len(text))] = chance.randrange(256)


def _cut(chance: random.Random, text: bytearray) -> None:
    start = chance.randrange(len(text) + 1)
    del text[start : start + chance.randrange(1, 40)]


def _word(chance: random.Random, text: bytearray) -> None:
    at = chance.randrange(len(text) + 1)
    text[at:at] = chance.choice(_WORDS)


def _value(chance: random.Random, text: bytearray) -> None:
    """Another value after some colon."""
    colons = [at for at in range(len(text)) if text[at : at + 2] == b": "]
    if colons:
        start = chance.choice(colons) + 2
        end = text.find(b"\n", start)
        text[start : end if end >= 0 else len(text)] = chance.choice(_WORDS)


def _lines(chance: random.Random, text: bytearray) -> None:
    """A line again, elsewhere, with another indent."""
    lines = bytes(text).split(b"\n")
    line = chance.choice(lines)
    lines.insert(chance.randrange(len(lines) + 1), b" " * chance.randrange(9) + line.lstrip())
    text[:] = b"\n".join(lines)


def _again(chance: random.Random, text: bytearray) -> None:
    """The same once more, as another document."""
    text[:] = (
        bytes(text) + chance.choice((b"\n---\n", b"\n")) + bytes(text[: chance.randrange(len(text) + 1)])
    )


_MUTATIONS: Sequence[Mutation] = (_flip, _cut, _word, _word, _value, _value, _lines, _again)


def inputs(seed: int) -> Iterator[bytes]:
    """Damaged manifests without end, the same for the same seed."""
    chance, texts = random.Random(seed), seeds()  # noqa: S311 -- chance, not secrecy
    while True:
        text = bytearray(chance.choice(texts))
        for _ in range(chance.randrange(1, 6)):
            chance.choice(_MUTATIONS)(chance, text)
        yield bytes(text[:20_000])


def broken_promises(text: bytes) -> list[str]:
    """What is wrong with the answer to an input; exceptions are the worst of it and are not caught."""
    checked = check_text(text)
    found = [f"unknown code {one.code}" for one in checked.findings if one.code not in rules.CODES]
    found += [f"{one.code} without a message" for one in checked.findings if not one.message]
    found += list(_misplaced(checked))
    _render(checked)
    if check_text(text).findings != checked.findings:
        found.append("two answers to one input")
    return found


def _misplaced(checked: Checked) -> Iterator[str]:
    sources = checked.loaded.sources
    for one in checked.findings:
        for place in (one.place, *(related.place for related in one.related)):
            span = None if place is None else sources.span(place)
            if place is None or span is None:
                continue
            line = sources.line(place.file, span.line)
            if line is None or not 1 <= span.column <= len(line) + 1:
                yield f"{one.code} points outside the text: {span}"


def _render(checked: Checked) -> None:
    sources, loaded = checked.loaded.sources, checked.loaded
    checked.text(width=40)
    render_github(checked.findings, sources)
    render_junit(checked.findings, sources, files=sources.files)
    count = {"files": loaded.files, "deployments": loaded.deployments}
    json.dumps(to_json(checked.findings, sources, **count))
    json.dumps(to_sarif(checked.findings, sources, tool_version="0"))


def main() -> int:
    """Run for some seconds; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--save", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    end, tried, bad = time.monotonic() + given.seconds, 0, 0
    for text in inputs(seed):
        started = time.monotonic()
        if started > end:
            break
        tried += 1
        try:
            wrong = broken_promises(text)
        except Exception:  # noqa: BLE001 -- finding these is what the program is for
            wrong = [traceback.format_exc()]
        if time.monotonic() - started > SLOW:
            wrong.append(f"took {time.monotonic() - started:.1f} s")
        if wrong:
            bad += 1
            given.save.mkdir(exist_ok=True)
            (given.save / f"{seed}-{tried}.yaml").write_bytes(text)
            print(f"input {tried} of seed {seed}:", *wrong, sep="\n  ")  # noqa: T201
    print(f"{tried} inputs of seed {seed}, {bad} broke a promise")  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

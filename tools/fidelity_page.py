"""The page `docs/fidelity.md`: results as Markdown, without dates, so that only results change it."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.emulator.behaviours import behaviours
from tests.emulator.arm import ACCOUNT, FOREIGN
from tests.fidelity.differences import DIFFERENCES, reason_for
from tests.fidelity.openapi import BROKEN, UNDECLARED, VERSIONS
from tests.fidelity.replay import exchanges
from tests.fidelity.staging import Ask, Staging
from tests.fidelity.stagings import STAGINGS
from tools import fidelity_unseen

AZ = Path(__file__).parent.parent / "tests" / "fidelity" / "az.json"
JS = AZ.with_name("js.json")
Results = dict[str, dict[str, str | None]]

HEAD = """\
# How much the emulator is like Azure Resource Manager

**{score:.1f} of 100**, {unlisted} unlisted differences. Made by `make fidelity` (`tools/fidelity.py`);
az CLI's part by `make fidelity-az`. The measure is our own: it compares with what was recorded,
specified and documented, not with a live subscription. How to use the emulator:
[emulator.md](emulator.md).

| part | points | reached | made of |
| --- | ---: | ---: | --- |
{parts}

## Replay

Each exchange in `tests/recordings/` is sent, in order, to a seeded emulator and both answers are taken
apart into facts: the status, names of headers, the type at each place of the body, values of closed
sets. An exchange's share is its equal facts; the part is their mean. Each difference is one line here.
The kind `gap` is ours and costs points; the others are limits of the recording: `recorder` (taken out
before it was saved), `year` (ARM answered so then), `caller`, `world` (what that subscription saw).
`tests/fidelity/test_replay.py` fails for a difference without a line and for a line without a
difference.

| recordings | fact | kind | facts | reason |
| --- | --- | --- | ---: | --- |
{differences}

{unseen}
## Schema

Documents: {versions} (`tests/spec/`). Every documented status of every covered operation is produced and
its answer validated; a property-based run sends sequences of arbitrary requests. What ARM itself was
recorded with against its document stays, and so do properties that no document declares:

{schema}

## Real clients

Unmodified, over https with a private authority, signed in at the emulator. Operations that a release
does not have are not counted.

| client | calls that did their work |
| --- | --- |
{clients}

## Laws

`tests/fidelity/test_laws.py`: 201 then 200 on PUT; 204 for an absent DELETE; 404 below an absent parent;
names without case; a state that is not terminal after a long PUT; 200 from the operation; its URL
absolute, https, on the called host; one write per account; quota pools; buckets with what is left;
etags; pages; 504 after sixty seconds.

## Behaviours

`reconciler emulator status --behaviours` lists each with its source: {total}, of which {share:.1%} are
assumed.

| known | behaviours |
| --- | ---: |
{known}

Assumed, because nothing public says more:

{assumed}

## Faults

Every row of the fault matrix that a server can stage, with the control calls that stage it. Each line is
a test on a bare socket (`tests/fidelity/test_stagings.py`). F-001 is a port nobody listens on, F-002 a
host ending in `.invalid`, F-003 `--tls-cert` of an authority the client does not trust. `PUT`, `GET`,
`DELETE`, `LIST` are requests for one deployment and its account's list; `POLL` follows the operation.

| row | what the client meets | control calls | requests |
| --- | --- | --- | --- |
{stagings}
"""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the score: points to be had, how much of it was reached, and what it is made of."""

    name: str
    points: int
    share: float
    basis: str

    @property
    def reached(self) -> float:
        """Points that count."""
        return self.points * self.share


def page(parts: Sequence[Part], sdk: Results, unlisted: int) -> str:
    """The whole page."""
    known = Counter(item.known for item in behaviours())
    return HEAD.format(
        score=sum(part.reached for part in parts),
        unlisted=unlisted,
        parts=_lines(f"| {p.name} | {p.points} | {p.reached:.1f} | {p.basis} |" for p in parts),
        differences=_lines(_differences()),
        unseen=fidelity_unseen.section(),
        versions=", ".join(VERSIONS),
        schema=_lines(
            [
                *(f"* `{text}`: {reason}" for text, reason in BROKEN.items()),
                *(f"* `{place}`: {reason}" for place, reason in UNDECLARED.items()),
            ]
        ),
        clients=_lines([*(_release(name, results) for name, results in sdk.items()), _js(), _az()]),
        total=len(behaviours()),
        share=known["assumed"] / len(behaviours()),
        known=_lines(f"| {name} | {count} |" for name, count in known.most_common()),
        assumed=_lines(f"* {item.text}" for item in behaviours() if item.known == "assumed"),
        stagings=_lines(_staging(staging) for staging in STAGINGS),
    )


def _js() -> str:
    if not JS.exists():
        return "| @azure/arm-cognitiveservices | not run: `make fidelity-js` |"
    found = json.loads(JS.read_text(encoding="utf-8"))
    done = sum(text is None for text in found["operations"].values())
    return f"| @azure/arm-cognitiveservices {found['version']} | {done} of {len(found['operations'])} |"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _differences() -> list[str]:
    counted = Counter(reason_for(e.file, fact) for e in exchanges() for fact in e.differences)
    return [
        f"| `{_cell(listed.files)}` | `{_cell(listed.fact)}` | {listed.kind} | {counted[listed]}"
        f" | {listed.reason} |"
        for listed in DIFFERENCES
    ]


def _release(release: str, results: dict[str, str | None]) -> str:
    there = [text for text in results.values() if text != "absent"]
    done = sum(1 for text in there if text is None)
    return f"| azure-mgmt-cognitiveservices {release} | {done} of {len(there)} |"


def _az() -> str:
    if not AZ.exists():
        return "| azure-cli | not run: `make fidelity-az` |"
    found = json.loads(AZ.read_text(encoding="utf-8"))
    done = sum(1 for step in found["steps"] if step["passed"])
    return f"| azure-cli {found['version']} | {done} of {len(found['steps'])} |"


def _staging(staging: Staging) -> str:
    calls = "<br>".join(f"`{name} {_call(body)}`" for name, body in staging.calls) or "none"
    words = [_ask(ask) for ask in staging.asks]
    asks = f"{words[0]} x {len(words)}" if len(words) > 8 else ", ".join(words)
    return f"| {staging.row} | {_cell(staging.says)} | {calls} | {asks} |"


def _call(body: object) -> str:
    text = _cell(json.dumps(body, ensure_ascii=True))
    text = text.replace(FOREIGN, "{other account}").replace(ACCOUNT, "{account}")
    return text if len(text) < 400 else f"{text[:380]} …"


def _ask(ask: Ask) -> str:
    if ask.control is not None:
        return f"(`{ask.control[0]}`)"
    if ask.poll:
        return "POLL"
    return "LIST" if ask.path.endswith("/deployments") else ask.method

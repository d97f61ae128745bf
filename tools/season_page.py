"""The page on what `upgrade` proposes for the declarations of the corpus."""

from __future__ import annotations

from collections import Counter

from reconciler.report.markdown import markdown_inert
from reconciler.upgrade.propose import Standing
from tests.corpus.season import TODAY, WITHIN, Move, moves

_HEAD = """\
# What `upgrade` proposes for real declarations

Made by `python -m tools.build_docs`. Of the 201 deployments that people declared in public repositories
(`tests/corpus/`), {count} are on a model that is retired or retires within {within} days of {today}. For
each of them there is a proposal, or the reason why there is none; `tests/corpus/season.txt` keeps every
one, and a test holds it. They are asked offline, of the catalogue alone: with `upgrade` in a subscription,
ARM's own replacement for the model comes first.

| | deployments |
| --- | ---: |
| an edit in place or beside | {edits} |
| no source names a successor | {nameless} |
| the successor is not offered on that SKU there | {elsewhere} |
| the successor retires within the same year | {short} |
| other reasons | {others} |

Microsoft's schedule leaves the replacement of most models open: that is the largest group. There `upgrade
--to MODEL@VERSION`, or `Fleet.spec.upgrade.prefer`, says once for the whole fleet what to move to.

| deployments | model | SKU | retires | proposal |
| ---: | --- | --- | --- | --- |"""

_READ = """
## What reading them showed

All rows were read one by one on 2026-11-29, with the retirement schedule of 2026-10-05 beside them.

- `gpt-4o` 2024-05-13 is to become gpt-5.6-sol. On Standard there is none, so nothing is proposed there: the
  service would still upgrade such a deployment by itself, since its upgrades reach regions and SKUs where
  the target is not offered to new deployments.
- `gpt-4o` 2024-08-06 and 2024-11-20 (2027-04-14) have gpt-5.1 for a successor, which ends one month later.
  With a season of a year that is no target: the next run would move it again. With the default of 90 days
  it is not in season at all yet.
- The successors of retired partner models (Llama, Phi, Cohere, Mistral, Jais) are named nowhere; a guess
  would be ours alone.
- A name such as `gpt-4o` becomes `gpt-5.6-sol`, `chat` becomes `chat-gpt-5.6-sol`: the model's name in a
  deployment's name moves along.
- A provisioned deployment is changed in place under its old name, at the size that carries the same load.
"""


def season_page() -> str:
    """Every row, those that are alike in one line."""
    found = moves()
    kinds = Counter(_kind(one) for one in found)
    lines = [
        _HEAD.format(
            count=len(found),
            within=WITHIN,
            today=TODAY,
            edits=kinds["edit"],
            nameless=kinds["nameless"],
            elsewhere=kinds["elsewhere"],
            short=kinds["short"],
            others=kinds["other"],
        )
    ]
    alike = Counter(tuple(_cells(one)) for one in found)
    for cells, number in sorted(alike.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"| {number} | {' | '.join(markdown_inert(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n" + _READ


def _kind(one: Move) -> str:
    reason = one.proposal.reason
    if one.proposal.standing is Standing.EDIT and not one.failed:
        return "edit"
    if "no source names a successor" in reason:
        return "nameless"
    if "is not offered on" in reason:
        return "elsewhere"
    return "short" if " itself (" in reason else "other"


def _cells(one: Move) -> list[str]:
    """Model, SKU, the day and the proposal; the deployment's own name and region do not count."""
    _, model, place, retires, told = one.line.split(" | ", 4)
    return [model, place.split()[0], retires, told]

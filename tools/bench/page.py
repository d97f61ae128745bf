"""Results as docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tools.bench.measure import Row, Section

_HEAD = """# How fast it is

Every figure stands beside its floor (the least that anything could take for the same) or beside what people
use today, measured in the same run and in turn with it. Ratios are medians of the rounds' own ratios; they
carry over to other machines better than seconds do.

```text
{command}
```

{about}"""
_ABOUT = (
    "{machine}, {date}; {rounds} rounds where nothing else is said. The command writes this page and its "
    "plots, and exits 1 where a bar is broken."
)
_TABLE = (
    "| what | ours | beside it | it takes | ratio | bar |",
    "| --- | ---: | --- | ---: | ---: | ---: |",
)
_PLOTS = """
![Seconds of a plan by the number of accounts](performance/seconds.svg)

![Requests of a plan by the number of accounts](performance/requests.svg)

Requests are one list per account and one list of accounts per subscription, whatever the accounts hold.
Models and usages are read where something is to be written: one list of each per region and subscription.
"""


def page(sections: Sequence[Section], *, command: str, rounds: int) -> str:
    """The whole page."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.python_implementation()} "
    about = _ABOUT.format(
        machine=machine + platform.python_version(), date=f"{datetime.now(UTC):%Y-%m-%d}", rounds=rounds
    )
    return _HEAD.format(command=command, about=_wrapped(about)) + "".join(
        f"\n{part}" for section in sections for part in _section(section)
    )


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield "\n".join([*map(_wrapped, section.notes), ""])
    lines = [
        "| what | ours | beside it | it takes | ratio | bar |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    yield "\n".join([*lines, *map(_line, section.rows), ""])
    if section.title.startswith("Cost grows"):
        yield _PLOTS


def _line(row: Row) -> str:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    bar = f"≤ {row.most:g}" if row.most is not None else f"≥ {row.least:g}" if row.least is not None else "-"
    missed = "" if row.holds else " **missed**"
    return f"| {row.what} | {row.ours} | {row.beside} | {row.theirs} | {ratio}{missed} | {bar} |"


def _wrapped(note: str) -> str:
    """At most 118 columns, as the other documents."""
    lines, line = [], ""
    for word in note.split():
        if line and len(line) + len(word) >= 118:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line, ""])

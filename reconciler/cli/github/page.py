"""What the Action writes for people: the comment of a pull request, the issue on drift, the step's summary.

Rule of this module: the first line is the marker by which the next run finds the text again, and a page never
exceeds what GitHub takes.
"""

from __future__ import annotations

from reconciler.cli.github.inputs import Inputs, Runner
from reconciler.report.markdown import fitted, markdown_fence
from reconciler.report.style import inert

COMMENT_LIMIT = 65_000
"""GitHub takes 65,536 characters; bytes are never fewer than those."""

SUMMARY_LIMIT = 1_000_000
"""GitHub drops a step's summary whole above 1,024 KiB."""

_TOLD = 20_000


def marker(inputs: Inputs) -> str:
    """The hidden first line; one per target and kind of text, so that drift never finds a plan."""
    kind = inputs.command if inputs.command in {"drift", "upgrade"} else "comment"
    return f"<!-- reconciler target={inputs.target} {kind} -->"


def comment(inputs: Inputs, runner: Runner, report: str) -> str:
    """The marker, the report as far as it fits, and where it came from."""
    foot = f"\n---\n[Run]({runner.run_url}), target `{inputs.target}`, commit `{runner.commit[:12] or '-'}`\n"
    head = f"{marker(inputs)}\n"
    room = COMMENT_LIMIT - len((head + foot).encode())
    return head + fitted(report, room, f"[The run]({runner.run_url}) has everything.") + foot


def summary(report: str) -> str:
    """The report as far as a step's summary may be long."""
    return fitted(report, SUMMARY_LIMIT, "The log of this step has everything.")


def told(title: str, text: str) -> str:
    """What a command printed, as a page of its own, the end of it where it is long."""
    lines = "\n".join(inert(line) for line in text[-_TOLD:].splitlines())
    return f"## {title}\n\n{markdown_fence(lines, 'text')}\n"

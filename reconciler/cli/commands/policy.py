"""`reconciler policy import`: a rule from the parameters of Azure's own definition."""

from __future__ import annotations

import re
from pathlib import Path

import click

from reconciler.cli.help import Group
from reconciler.cli.options import READABLE, Output, output_options
from reconciler.cli.wiring import note, write_result
from reconciler.errors import UsageProblem

_LARGEST = 1_000_000
"""Bytes of a file that are read; the longest assignment that ARM takes is far smaller."""


@click.group("policy", cls=Group)
def command() -> None:
    """Make rules for --policy."""


def _rule_id(_: click.Context, __: click.Parameter, given: str) -> str:
    if not re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", given):
        raise click.BadParameter(f"{given!r} is not lower-case words and digits, joined by hyphens")
    return given


@command.command("import")
@click.argument("assignment", metavar="FILE", type=READABLE)
@click.option(
    "--id",
    "rule",
    default="approved-models",
    show_default=True,
    callback=_rule_id,
    help="Id of the rule: its findings have the code policy/ID.",
)
@click.option("--name", default="approved-models", show_default=True, help="Name of the policy.")
@output_options("yaml")
def import_(*, assignment: Path, rule: str, name: str, output: Output) -> None:
    """Write Azure's definition on approved models as a rule.

    FILE is the JSON of `az policy assignment show`, or of its parameters alone (effect, allowedPublishers,
    allowedAssetIds). Nothing asks Azure. A model that either list names is approved: how Azure combines the
    two is not documented.
    """
    from reconciler.policy.azure import approved_models, policy_document
    from reconciler.report.style import inert

    try:
        found = approved_models(_text(assignment))
    except UsageProblem as problem:
        raise UsageProblem(f"{assignment}: {inert(str(problem))}") from None
    for text in found.notes:
        note(output, f"note: {inert(text)}")
    if found.publishers and found.models:
        note(
            output,
            "note: a model that either list names is approved; Azure does not document how they combine",
        )
    write_result(output, policy_document(found, name=name, rule=rule))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST + 1)
        if len(text) <= _LARGEST:
            return text.decode("utf-8-sig")
    except OSError as problem:
        raise UsageProblem(f"it could not be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageProblem("it is not UTF-8 text") from None
    raise UsageProblem(f"it is larger than {_LARGEST:,} bytes")

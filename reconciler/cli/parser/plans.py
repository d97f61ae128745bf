"""`plan`, `plan merge`, `apply`, `drift`."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    FILE,
    READABLE,
    command,
    cost_option,
    flag,
    fleet_options,
    into,
    lazily,
    manifest_options,
    offers,
    option,
    output_options,
    rule_option,
    together,
    writing_connection_options,
)
from reconciler.cli.running import written

if TYPE_CHECKING:
    from decimal import Decimal

    from reconciler.plan.causes import Cause


def _amount(_: click.Context, __: click.Parameter, given: str | None) -> Decimal | None:
    """An amount in plain digits, kept exactly."""
    from decimal import Decimal

    if given is not None and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", given):
        raise click.BadParameter(f"{given!r} is not an amount such as 5000 or 99.50")
    return None if given is None else Decimal(given)


_guards = functools.partial(option, group="Guards")
_lifts = functools.partial(_guards, is_flag=True)

_allowances = into(
    "allowances",
    lazily("plan.allowances.Policy"),
    _guards("--max-deletes", type=click.IntRange(min=0), metavar="N", help="Allow up to N deletes."),
    _guards(
        "--max-monthly-increase",
        callback=_amount,
        metavar="AMOUNT",
        help="Allow the monthly cost to rise by AMOUNT at list prices.",
    ),
    _lifts("--allow-empty", help="Allow a fleet that declares nothing."),
    _lifts("--take-over", help="Take over what carries another mark or none."),
    _lifts("--replace-failed", help="Delete and recreate what is in state Failed."),
    _lifts("--skip-refused", help="Leave out what a quota pool has no room for."),
    _lifts("--recreate-expired", help="Recreate what the service has removed."),
    _lifts("--renew-marks", help="Also write marks that earlier releases left out."),
)
"""The flags that lift guards; the command gets `allowances: Policy`."""

_saving = together(
    _allowances,
    option("--out", type=FILE, callback=written, help="Save the plan for `apply PLANFILE`."),
    cost_option,
)
_ending = together(
    flag("--detailed-exitcode", help="Exit 2 when there are changes."),
    flag("--summary", help="One line an account, and the last line."),
)
_FORMS = ("text", "json", "markdown", "html", "github", "gitlab")


plan = command(
    "plan",
    fleet_options(*_FORMS),
    _saving,
    flag(
        "--check-capacity",
        help="Ask ARM whether the regions have room for what is created, grown or migrated on provisioned "
        "SKUs.",
    ),
    _ending,
    flag(
        "--validate-with-arm",
        "ask_arm",
        help="Ask ARM's own validation, Azure Policy included, about each create and update.",
    ),
    flag(
        "--check-policies",
        help="Ask Azure Policy about models and content filters; it does not see SKU or tags.",
    ),
    run="plan.plan",
    examples=(
        "reconciler plan",
        "reconciler plan --target 'prod/*/chat' --detailed-exitcode",
        "reconciler plan --out plan.json --report markdown=plan.md",
        "reconciler plan --summary",
    ),
    help="Show what apply would do. Reads ARM, writes nothing there. Exit 1 if refused or unread.",
)

plan_merge = command(
    "plan merge",
    click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)),
    option(
        "--manifests",
        multiple=True,
        metavar="PATH",
        help="The manifests that the shards were planned from; needed if they are not below this folder.",
    ),
    rule_option,
    output_options(*_FORMS),
    _saving,
    _ending,
    run="plan.merge",
    examples=("reconciler plan merge shard-*.json --out plan.json",),
    help="""Make one plan of the FILEs that `plan --shard I/N --out FILE` saved, one for each shard.

    Reads the manifests that they were made from, below the working directory or where --manifests says, and
    asks ARM nothing. The plan is the one that a single run would have made, and `apply PLANFILE` or `apply
    PLANFILE --shard I/N` does it. (A folder of the name merge is ./merge.)
    """,
)

apply = command(
    "apply",
    manifest_options,
    writing_connection_options,
    output_options("text", "json"),
    _allowances,
    into(
        "asked",
        lazily("cli.commands.apply.ApplyAsked"),
        flag("--yes", "--auto-approve", help="Do not ask."),
        flag(
            "--no-wait", help="Do not follow long operations to their end, unless a further write needs it."
        ),
        option(
            "--capacity-wait",
            type=click.FloatRange(min=0),
            default=0.0,
            metavar="S",
            help="Where a region has no room for a provisioned deployment, try again for S seconds.",
        ),
        flag("--all-or-nothing", help="With PLANFILE: do nothing if any item has moved."),
        option(
            "--journal",
            type=click.Path(dir_okay=False, path_type=Path),
            callback=written,
            help="Append intents and outcomes there.",
        ),
    ),
    run="apply.apply",
    examples=(
        "reconciler apply",
        "reconciler apply plan.json --yes",
        "reconciler apply --target 'prod/aoai-eastus2/*' --yes",
    ),
    help="""
    Make Azure as the manifests declare. With PLANFILE [PATH]...: do that plan, as far as it still fits.

    A PLANFILE is applied without asking, for somebody has read it. What is written comes from the manifests
    of PATH, read again. Without a PATH the ones that the plan names are read, if all of them are below the
    working directory. The file can only narrow what they say, and no number in it lifts a guard.
    """,
)


# -- drift ---------------------------------------------------------------------------------------------


def _causes(_: click.Context, __: click.Parameter, given: str | None) -> frozenset[Cause] | None:
    """The causes that a list names; None where nothing was given."""
    from reconciler.plan.causes import Cause

    if given is None:
        return None
    words = [word.strip() for word in given.split(",") if word.strip()]
    unknown = [word for word in words if word not in {*Cause, "none"}]
    if unknown or not words or ("none" in words and len(words) > 1):
        raise click.BadParameter(
            f"{given!r} is not CAUSE,... with causes of {', '.join(Cause)}, or the one word none"
        )
    return frozenset(Cause(word) for word in words if word != "none")


def _each_cause(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Words that are causes; which there are is looked up when one is given."""
    from reconciler.plan.causes import Cause

    choice = click.Choice([cause.value for cause in Cause])
    return tuple(choice.convert(word, param, ctx) for word in given)


drift = command(
    "drift",
    fleet_options("text", "json", "markdown", "html", "junit", "github", "prometheus"),
    option(
        "--ignore",
        "ignored",
        multiple=True,
        callback=_each_cause,
        shell_complete=offers("causes"),
        metavar="CAUSE",
        help="Leave this cause out of report and exit code; may be repeated.",
    ),
    option(
        "--since-plan",
        "since",
        type=READABLE,
        metavar="FILE",
        help="Only what has moved in ARM since this saved plan saw it; with the plan's selection.",
    ),
    option(
        "--fail-on",
        metavar="CAUSE,...",
        callback=_causes,
        help="Exit 2 for these causes and no others; none for never.",
    ),
    flag("--no-activity-log", help="Do not ask the Activity Log who deleted or changed something."),
    flag("--show-people", help="Show people's addresses in full."),
    run="drift.drift",
    examples=(
        "reconciler drift",
        "reconciler drift -o json --report junit=drift.xml",
        "reconciler drift --since-plan plan.json",
    ),
    help="""Compare what is there with what was declared and applied. Exit 2 for errors.

    Errors are: missing, deleted-outside, changed-outside, failed-state, expired, and undeclared in an account
    with prune: exclusive. Reported, with exit 0: auto-upgraded, retired, pending, other undeclared ones. The
    Fleet's spec.drift and --fail-on change that. Who did it and when comes from the Activity Log. With
    --policy what is there is judged by those policies, undeclared deployments too; a broken rule is exit 2.
    """,
)

"""`reconciler capacity propose`: the edit of the manifests for what its region has no room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.shared import must_declare_something, style_of, valid_fleet, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue
from reconciler.cli.loop import run_reading
from reconciler.cli.options import Chosen, Connection, Output, fleet_options
from reconciler.cli.pipeline import stamp_of
from reconciler.cli.wiring import Loaded, connect

if TYPE_CHECKING:
    from reconciler.domain.fleet import DesiredState
    from reconciler.plan.proposal import RoomProposal
    from reconciler.upgrade.splices import Edited


@click.command("capacity propose")
@fleet_options("text", "json", "diff")
def command(*, chosen: Chosen, connection: Connection, output: Output) -> int:
    """Propose the edit for provisioned deployments that their region has no room for.

    Looks at the declared deployments that --target names. Asks ARM once per subscription, model and version,
    and prints a diff for `git apply`. Exit 0 where all have room, 2 with an edit, 1 where none is known.
    """
    from reconciler.plan.proposal import Move
    from reconciler.report import proposals as report

    loaded = valid_fleet(chosen, connection.cloud, output, quietly=True)
    desired = loaded.state()
    must_declare_something(desired)
    found, asked_at = run_reading(_proposals(desired, connection, output), timeout=connection.timeout)
    texts = _edits(loaded, found)
    write_forms(
        output,
        text=lambda each: report.render_text(found, texts, asked_at, style=style_of(each)),
        json=lambda _: report.document(found, texts, asked_at).to_json(),
        diff=lambda _: report.diff(texts),
    )
    if texts:
        return Exit.CHANGES
    return Exit.DONE if all(one.move is Move.NOTHING for one in found) else Exit.FAILED


async def _proposals(
    desired: DesiredState, connection: Connection, output: Output
) -> tuple[tuple[RoomProposal, ...], str]:
    from reconciler.domain.sku import PROVISIONED_SKUS, SkuFamily
    from reconciler.engine.platform import ask_capacities
    from reconciler.plan.capacity import question_of
    from reconciler.plan.proposal import propose

    wanted = [
        one
        for one in desired.deployments
        if desired.covers(one.id) and one.spec.sku.name.family is SkuFamily.PROVISIONED
    ]
    questions = {one.id: question_of(one.id.account.subscription.lower(), one.spec.model) for one in wanted}
    async with connect(connection, output, desired) as arm:
        asked = [one for one in questions.values() if one is not None]
        answers = await ask_capacities(asked, arm, parallelism=connection.parallelism)
        at = stamp_of(arm)
    found, known = [], catalogue()
    for one in wanted:
        question = questions[one.id]
        answer = None if question is None else answers[question]
        model, (name, version) = one.spec.model, one.spec.model.listed
        sizes = {
            sku: known.offer(name, version, sku, fine_tuned=model.fine_tuned) for sku in PROVISIONED_SKUS
        }
        found.append(propose(one, answer, desired.accounts, sizes))
    return tuple(found), at


def _edits(loaded: Loaded, found: Sequence[RoomProposal]) -> Mapping[str, Edited]:
    """The texts of the files that change."""
    from reconciler.manifest.load import understood
    from reconciler.plan.proposal import Move
    from reconciler.upgrade.rewrite import rewritten
    from reconciler.upgrade.wanted import CAPACITY, SKU, NewValues

    wanted = []
    for one in found:
        values = {}
        if one.move is Move.SKU and one.sku is not None:
            values[SKU] = one.sku.name
        if one.move in {Move.SKU, Move.SIZE} and one.capacity is not None and one.capacity != one.needed:
            values[CAPACITY] = str(one.capacity)
        if values:
            wanted.append(NewValues(id=one.desired.id, values=values))
    read = partial(understood, paths=loaded.paths)
    return rewritten(read(loaded.manifests.read), wanted, read).texts

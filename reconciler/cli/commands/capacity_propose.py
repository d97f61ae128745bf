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
    return Exit.DONE if all(item.move is Move.NOTHING for item in found) else Exit.FAILED


async def _proposals(
    desired: DesiredState, connection: Connection, output: Output
) -> tuple[tuple[RoomProposal, ...], str]:
    from reconciler.cli.pipeline import stamp_of
    from reconciler.domain.sku import PROVISIONED_SKUS, SkuFamily
    from reconciler.engine.platform import ask_capacities
    from reconciler.plan.capacity import question_of
    from reconciler.plan.proposal import propose

    wanted = [
        deployment
        for deployment in desired.deployments
        if desired.covers(deployment.id) and deployment.spec.sku.name.family is SkuFamily.PROVISIONED
    ]
    questions = {
        each.id: question_of(each.id.account.subscription.lower(), each.spec.model) for each in wanted
    }
    async with connect(connection, output, desired) as arm:
        asked = [each for each in questions.values() if each is not None]
        answers = await ask_capacities(asked, arm, parallelism=connection.parallelism)
        at = stamp_of(arm)
    found, known = [], catalogue()
    for item in wanted:
        question = questions[item.id]
        answer = None if question is None else answers[question]
        model, (name, version) = item.spec.model, item.spec.model.listed
        sizes = {
            sku: known.offer(name, version, sku, fine_tuned=model.fine_tuned) for sku in PROVISIONED_SKUS
        }
        found.append(propose(item, answer, desired.accounts, sizes))
    return tuple(found), at


def _edits(loaded: Loaded, found: Sequence[RoomProposal]) -> Mapping[str, Edited]:
    """The texts of the files that change."""
    from reconciler.manifest.load import understood
    from reconciler.plan.proposal import Move
    from reconciler.upgrade.rewrite import rewritten
    from reconciler.upgrade.wanted import CAPACITY, SKU, NewValues

    wanted = []
    for item in found:
        values = {}
        if item.move is Move.SKU and item.sku is not None:
            values[SKU] = item.sku.name
        if item.move in {Move.SKU, Move.SIZE} and item.capacity is not None and item.capacity != item.needed:
            values[CAPACITY] = str(item.capacity)
        if values:
            wanted.append(NewValues(id=item.desired.id, values=values))
    read = partial(understood, paths=loaded.paths)
    return rewritten(read(loaded.manifests.read), wanted, read).texts

"""`reconciler capacity`: where a model would find room; `capacity propose`: the edit for what has none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reconciler.catalogue.query import Catalogue
from reconciler.cli.commands import pages
from reconciler.cli.commands.shared import (
    end_with_errors,
    must_declare_something,
    style_of,
    valid_fleet,
    write_forms,
)
from reconciler.cli.connecting import connect, no_fleet
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue, model_name, region_name, sku_name, version_or_default
from reconciler.cli.loop import run_reading
from reconciler.cli.options import DEFAULT_PATH, Chosen, Connection, Output
from reconciler.cli.pipeline import plan_for, stamp_of
from reconciler.cli.wiring import Loaded, load_manifests
from reconciler.domain.deployment import ModelRef
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import Region, is_guid
from reconciler.domain.sku import PROVISIONED_SKUS, SkuFamily, SkuName
from reconciler.engine.observe import observe_for_plan, read_regions
from reconciler.engine.platform import ask_capacities
from reconciler.errors import UsageProblem
from reconciler.manifest.load import understood
from reconciler.plan import capacity as room
from reconciler.plan.allowances import Policy
from reconciler.plan.plan import PoolForecast
from reconciler.plan.proposal import Move, RoomProposal
from reconciler.plan.proposal import propose as proposed
from reconciler.report import capacity as report
from reconciler.report import proposals as proposals_report
from reconciler.report.upgrade import diff
from reconciler.upgrade.rewrite import rewritten
from reconciler.upgrade.splices import Edited
from reconciler.upgrade.wanted import CAPACITY, SKU, NewValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where to look, and for what. `regions` and `zone` None leave that side open."""

    sought: room.Sought
    subscriptions: tuple[str, ...]
    regions: tuple[Region, ...] | None
    zone: str | None


def capacity(
    *,
    paths: tuple[str, ...],
    model: str,
    version: str | None,
    sku: str | None,
    ptus: int | None,
    units: int | None,
    fine_tuned: bool,
    zone: str | None,
    regions: str | None,
    subscriptions: tuple[str, ...],
    connection: Connection,
    output: Output,
) -> Exit:
    """Say which regions and SKUs would take a model now, with quota and capacity."""
    if ptus is not None and units is not None:
        raise UsageProblem("--ptus is for provisioned SKUs and --units for the others: give one of them")
    loaded = _loaded(paths, connection, needed=bool(paths) or not subscriptions)
    if loaded is not None and not loaded.valid:
        end_with_errors(loaded, output)
    desired = loaded.state() if loaded else no_fleet(connection)
    known = catalogue()
    named = None if regions is None else [item.strip() for item in regions.split(",")]
    ref = _model(known, model, version)
    search = Search(
        sought=room.Sought(
            model=ref, skus=_skus(known, ref, sku, ptus, units), amount=ptus or units, fine_tuned=fine_tuned
        ),
        subscriptions=_subscriptions(desired, subscriptions),
        regions=None if named is None else tuple(region_name(known, item) for item in named if item),
        zone=_zone(known, zone),
    )
    planned = loaded if paths else None
    table = run_reading(connection.timeout, _search, search, desired, planned, connection, output)
    alias_of = desired.fleet.alias_of
    write_forms(
        output,
        of=(report, table),
        text=lambda each: report.render_text(
            table, style=style_of(each), alias_of=alias_of, verbose=each.verbose
        ),
        json=lambda _: report.document(table).to_json(),
        markdown=lambda _: report.render_markdown(table, alias_of=alias_of),
        html=lambda _: pages.capacity_html(table, desired.fleet),
    )
    return Exit.DONE if any(row.fit is room.Fit.FITS for row in table.rows) else Exit.FAILED


async def _search(
    search: Search, desired: DesiredState, planned: Loaded | None, connection: Connection, output: Output
) -> report.CapacityTable:
    """Ask once per subscription, then look at the regions that come into question."""
    known, model = catalogue(), search.sought.model
    async with connect(connection, output, desired) as arm:
        questions = {
            item: room.CapacityQuestion(item, model.format, model.name, str(model.version))
            for item in search.subscriptions
        }
        answers = await ask_capacities(questions.values(), arm, parallelism=connection.parallelism)
        forecasts: tuple[PoolForecast, ...] = ()
        if planned is not None:
            observed = await observe_for_plan(desired, arm, parallelism=connection.parallelism)
            forecasts = plan_for(planned, observed, Policy()).quota
        places = [
            (subscription, region)
            for subscription, question in questions.items()
            for region in _candidates(known, search, answers, question)
        ]
        facts = await read_regions(places, arm)
        asked_at = stamp_of(arm)
    sizes = {item: known.offer(model.name, model.version, item) for item in search.sought.skus}
    rows: list[room.CapacityRow] = []
    for fact in facts:
        answer = answers[questions[fact.subscription]]
        rows += room.capacity_rows(search.sought, fact, answer, sizes=sizes, forecasts=forecasts)
    return report.CapacityTable(
        model=model.name,
        version=str(model.version),
        asked_at=asked_at,
        rows=tuple(room.best_first(rows)),
        notes=tuple(sorted({answer for answer in answers.values() if isinstance(answer, str)})),
    )


def _candidates(
    known: Catalogue, search: Search, answers: room.Answers, question: room.CapacityQuestion
) -> Iterator[Region]:
    """Regions that ARM or the catalogue names for the model, within what was asked for."""
    model, answer = search.sought.model, answers[question]
    named: set[Region] = {item.region for item in answer} if not isinstance(answer, str) else set()
    for sku in search.sought.skus:
        places = known.regions_for(model.name, model.version, sku)
        named.update(places.regions if places else ())
    for region in sorted(search.regions or named):
        fact = known.region(region.name)
        if search.zone is None or (fact is not None and (fact.data_zone or "").upper() == search.zone):
            yield region


def _loaded(paths: tuple[str, ...], connection: Connection, *, needed: bool) -> Loaded | None:
    """The manifests that are named or lie where they mostly do; None where nothing depends on them."""
    if not paths and not Path(DEFAULT_PATH).exists():
        if not needed:
            return None
        raise UsageProblem(
            f"whose quota? Name manifests, or a subscription with --subscription; there is no {DEFAULT_PATH}"
        )
    return load_manifests(Chosen(paths=paths or (DEFAULT_PATH,)), connection.cloud)


def _subscriptions(desired: DesiredState, named: Sequence[str]) -> tuple[str, ...]:
    """GUIDs in lower case: those named, by id or by alias, else those of the declared accounts."""
    aliases = {alias: subscription.id for alias, subscription in desired.fleet.subscriptions.items()}
    found = [aliases.get(item, item) for item in named] or [
        account.id.subscription for account in desired.accounts
    ]
    wrong = [item for item in found if not is_guid(item)]
    if wrong:
        raise UsageProblem(f"{wrong[0]!r} is neither a GUID nor an alias of the Fleet")
    if not found:
        raise UsageProblem("the manifests name no account, so no subscription: pass --subscription")
    return tuple(sorted({item.lower() for item in found}))


def _model(known: Catalogue, model: str, version: str | None) -> ModelRef:
    name = model_name(known, model)
    chosen = version_or_default(known, name, version or None)
    if chosen is None:
        raise UsageProblem(f"the catalogue of {known.date} knows no version of {name}: pass --version")
    fact = known.model(name)
    return ModelRef(name=name, format=(fact.format if fact else None) or "OpenAI", version=chosen)


def _skus(
    known: Catalogue, model: ModelRef, sku: str | None, ptus: int | None, units: int | None
) -> tuple[SkuName, ...]:
    """The SKUs to consider, in the catalogue's order."""
    offered = known.skus_for(model.name, model.version) or ()
    skus: Collection[SkuName] = (sku_name(sku),) if sku else offered
    found = tuple(
        item
        for item in skus
        if (ptus is None or item.family is SkuFamily.PROVISIONED)
        and (units is None or item.family is not SkuFamily.PROVISIONED)
    )
    if not found:
        what = "provisioned SKU" if ptus else "SKU that --units counts on" if units else "SKU"
        raise UsageProblem(
            f"the catalogue of {known.date} knows no {what} for {model.name}; name one with --sku"
        )
    return found


def _zone(known: Catalogue, text: str | None) -> str | None:
    if text is None:
        return None
    zones = {
        fact.data_zone.upper()
        for region in known.regions()
        if (fact := known.region(region.name)) and fact.data_zone
    }
    if text.upper() not in zones:
        raise UsageProblem(f"{text!r} is not a data zone; those are {', '.join(sorted(zones))}")
    return text.upper()


def propose(*, chosen: Chosen, connection: Connection, output: Output) -> Exit:
    """Propose the edit of the manifests for what its region has no room for."""
    loaded = valid_fleet(chosen, connection.cloud, output, quietly=True)
    desired = loaded.state()
    must_declare_something(desired)
    found, asked_at = run_reading(connection.timeout, _proposals, desired, connection, output)
    texts = _edits(loaded, found)
    write_forms(
        output,
        of=(proposals_report, found),
        text=lambda each: proposals_report.render_text(found, texts, asked_at, style=style_of(each)),
        json=lambda _: proposals_report.document(found, texts, asked_at).to_json(),
        diff=lambda _: diff(texts),
    )
    if texts:
        return Exit.CHANGES
    return Exit.DONE if all(item.move is Move.NOTHING for item in found) else Exit.FAILED


async def _proposals(
    desired: DesiredState, connection: Connection, output: Output
) -> tuple[tuple[RoomProposal, ...], str]:
    wanted = [
        deployment
        for deployment in desired.deployments
        if desired.covers(deployment.id) and deployment.spec.sku.name.family is SkuFamily.PROVISIONED
    ]
    questions = {
        each.id: room.question_of(each.id.account.subscription.lower(), each.spec.model) for each in wanted
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
        found.append(proposed(item, answer, desired.accounts, sizes))
    return tuple(found), at


def _edits(loaded: Loaded, found: Sequence[RoomProposal]) -> Mapping[str, Edited]:
    """The texts of the files that change."""
    wanted = []
    for item in found:
        values = {}
        if item.move is Move.SKU and item.sku is not None:
            values[SKU] = item.sku.name
        if item.move in {Move.SKU, Move.SIZE} and item.capacity is not None and item.capacity != item.needed:
            values[CAPACITY] = str(item.capacity)
        if values:
            wanted.append(NewValues(id=item.desired.id, values=values))
    read = partial(understood, paths=loaded.chosen.paths)
    return rewritten(read(loaded.manifests.read), wanted, read).texts

"""Plans of shards become the plan of the fleet only where nothing is missing, doubled or from another run."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.domain.fleet import DesiredState
from reconciler.domain.shard import Shard
from reconciler.domain.state import ObservedState, Unreadable
from reconciler.errors import PlanStale, ReconcilerError, UsageProblem
from reconciler.plan.allowances import Alone, Policy
from reconciler.plan.make import make_plan
from reconciler.planfile.codec import to_json
from reconciler.planfile.merge import ShardPlan, read_shard, united, whole
from reconciler.planfile.saved import read_saved
from tests.unit.plan.states import account, applied, desired, listed, state, world

NOW = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
LATER = Policy(in_shard=Alone.LATER)
Document = dict[str, Any]


def fleet() -> DesiredState:
    """One subscription, so one of two shards has everything and the other one nothing."""
    return state(desired("chat", capacity=50))


def there() -> ObservedState:
    return world(listed(applied(desired("chat", capacity=10))), pools={"p": (10, 100)})


def file_of(shard: Shard, *, now: datetime = NOW, version: str = "1") -> Document:
    own = fleet().in_shard(shard)
    seen = there() if own.accounts else ObservedState()
    document = to_json(
        make_plan(own, seen, policy=LATER),
        created_at=now,
        tool_version=version,
        manifest_paths=("manifests",),
        observed=seen,
    )
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def read(document: Document, name: str = "file.json") -> ShardPlan:
    return read_shard(json.dumps(document), name)


FIRST, SECOND = Shard(1, 2), Shard(2, 2)
FULL = next(one for one in (FIRST, SECOND) if fleet().in_shard(one).accounts)
EMPTY = SECOND if FULL == FIRST else FIRST


def test_all_shards_make_a_plan_that_is_in_the_order_of_no_file() -> None:
    plans = whole([read(file_of(SECOND), "2"), read(file_of(FIRST), "1")], tool_version="1")
    assert [one.shard for one in plans] == [FIRST, SECOND]
    made = make_plan(fleet(), united(plans, fleet()), policy=Policy())
    assert made.fingerprint == make_plan(fleet(), there(), policy=Policy()).fingerprint


def _with(change: Callable[[Document], object]) -> Document:
    document = file_of(SECOND)
    change(document)
    return document


REFUSED: list[tuple[str, list[Document], type[ReconcilerError], str]] = [
    ("a shard is missing", [file_of(FIRST)], UsageProblem, "plan of shard 2/2 is missing"),
    ("one is there twice", [file_of(FIRST), file_of(FIRST), file_of(SECOND)], UsageProblem, "0.json, 1.json"),
    ("of another number of shards", [file_of(FIRST), file_of(Shard(2, 3))], UsageProblem, "different runs"),
    (
        "another version made it",
        [file_of(FIRST), file_of(SECOND, version="0.9")],
        PlanStale,
        "1.json was made by version 0.9, this is 1",
    ),
    (
        "another commit",
        [file_of(FIRST), _with(lambda one: one["manifests"].update(digest="other"))],
        PlanStale,
        "digest of the manifests of 0.json is digest, that of 1.json is other",
    ),
    ("another fleet", [file_of(FIRST), _with(lambda one: one.update(fleet="rival"))], PlanStale, "the fleet"),
    (
        "another cloud",
        [file_of(FIRST), _with(lambda one: one.update(cloud="AzureCloud"))],
        PlanStale,
        "cloud",
    ),
    (
        "other manifests",
        [file_of(FIRST), _with(lambda one: one["manifests"].update(paths=["a", "b"]))],
        PlanStale,
        "list of manifest paths",
    ),
    (
        "another selection",
        [file_of(FIRST), _with(lambda one: one["selection"].update(select="env=prod"))],
        PlanStale,
        "selection by label of 0.json is empty, that of 1.json is env=prod",
    ),
    (
        "other targets",
        [file_of(FIRST), _with(lambda one: one["selection"].update(targets=["*/a/*"]))],
        PlanStale,
        "list of targets",
    ),
    (
        "other excludes",
        [file_of(FIRST), _with(lambda one: one["selection"].update(excludes=["x"]))],
        PlanStale,
        "list of excludes",
    ),
]


@pytest.mark.parametrize(
    ("reason", "documents", "kind", "told"), REFUSED, ids=[reason for reason, *_ in REFUSED]
)
def test_what_does_not_belong_together_is_refused(
    reason: str, documents: list[Document], kind: type[ReconcilerError], told: str
) -> None:
    """F-127, I-16: from an incomplete look nothing is concluded."""
    plans = [read(one, f"{number}.json") for number, one in enumerate(documents)]
    with pytest.raises(kind, match=told):
        whole(plans, tool_version="1")
    assert reason


def test_a_shard_that_did_not_look_at_what_is_its_own_is_refused() -> None:
    """A file that is edited, or that another partition made, must not make an account look empty."""
    document = file_of(FULL)
    document["observed"]["accounts"] = []
    plans = whole([read(document, "edited.json"), read(file_of(EMPTY))], tool_version="1")
    with pytest.raises(PlanStale, match=r"edited\.json does not speak of the accounts"):
        united(plans, fleet())


def test_a_plan_of_the_whole_fleet_has_nothing_to_merge() -> None:
    document = file_of(FIRST)
    del document["shard"]
    with pytest.raises(UsageProblem, match=r"`reconciler apply file\.json` does it"):
        read(document)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one.pop("observed"), "has lost what its shard observed"),
        (lambda one: one.update(observed=[]), "`observed` must be an object"),
        (lambda one: one.update(createdAt="yesterday"), "`createdAt` is not a time"),
        (lambda one: one.update(createdAt="2026-11-24T00:00:00"), "no time zone"),
        (lambda one: one["shard"].update(index=3), "no shard 3 of 2"),
        (lambda one: one["shard"].update(index=True), r"`shard\.index` must be a whole number"),
        (lambda one: one.update(owned="many"), "`owned` must be a whole number"),
        (lambda one: one["tool"].update(version=1), r"`tool\.version` must be text"),
    ],
)
def test_a_damaged_file_is_wrong_usage(change: Callable[[Document], object], told: str) -> None:
    """F-126."""
    with pytest.raises(UsageProblem, match=told):
        read(_with(change))


def test_a_file_of_another_format_says_so() -> None:
    with pytest.raises(PlanStale, match="format version 1"):
        read(_with(lambda one: one.update(formatVersion=1)))


def test_the_plan_of_one_shard_cannot_be_applied_as_if_it_were_the_fleets() -> None:
    saved = read_saved(json.dumps(file_of(FULL)))
    with pytest.raises(PlanStale, match=r"shard ./2 saw.*plan merge"):
        saved.must_fit(fleet(), cloud="emulator")


def test_of_two_looks_at_one_region_the_later_counts_and_any_rather_than_none() -> None:
    """Two shards meet in a region where a manifest states a wrong one; shard 2 looked first here."""
    early, late = there(), world(listed(applied(desired("chat", capacity=10))), pools=None)
    assert early.regions[0].pools is not None
    assert late.regions[0].pools is None
    newer = replace(late, regions=(replace(late.regions[0], offers=()),))
    plans = [
        replace(read(file_of(FULL)), observed=early, created_at=NOW),
        replace(
            read(file_of(EMPTY)),
            observed=ObservedState(regions=newer.regions),
            created_at=NOW.replace(hour=9),
        ),
    ]
    assert united(plans, fleet()).regions == early.regions


def test_what_the_shards_know_of_filters_and_fine_tuned_models_is_put_together() -> None:
    """Two shards may ask one source account; that the later of them was refused unsays nothing."""
    acc, source = account("acc"), account("source")
    refused = Unreadable(id=source, code="429", message="later")
    early = replace(there(), policies={acc: frozenset({"strict"})}, sources={source: frozenset({"tuned"})})
    late = ObservedState(sources={source: refused, acc: frozenset()})
    plans = [
        replace(read(file_of(FULL)), observed=early),
        replace(read(file_of(EMPTY)), observed=late, created_at=NOW.replace(hour=9)),
    ]
    found = united(plans, fleet())
    assert found.policies == {acc: frozenset({"strict"})}
    assert found.sources == {source: frozenset({"tuned"}), acc: frozenset()}

"""Room in a region: what a plan needs of it, what ARM's answer means, and where else a deployment can go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.domain.deployment import DesiredDeployment, Lifecycle
from reconciler.domain.fleet import DesiredAccount
from reconciler.domain.ids import Region
from reconciler.domain.platform import ModelCapacity
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedDeployment, QuotaPool, RegionFacts
from reconciler.plan.capacity import (
    GIVEN_BACK,
    Answers,
    CapacityQuestion,
    CapacityRow,
    Demand,
    Fit,
    Sought,
    best_first,
    capacity_rows,
    checked,
    demands,
)
from reconciler.plan.plan import CapacityCheck, Plan, PoolForecast, Room, Verdict
from reconciler.plan.proposal import Move, RoomProposal, propose
from tests.unit.plan.states import (
    EVERYTHING,
    REGION,
    SUBSCRIPTION,
    TUNED,
    account,
    applied,
    desired,
    listed,
    offer,
    plan,
    state,
    world,
)

PTU = "ProvisionedManaged"
ELSEWHERE = Region("francecentral")
MODEL = CapacityQuestion(SUBSCRIPTION, "OpenAI", "gpt-4o", "2024-11-20")
AT = "2026-11-29T02:00:00Z"


def ptus(capacity: int, name: str = "chat", **more: str) -> DesiredDeployment:
    return desired(name, sku=PTU, capacity=capacity, **more)  # type: ignore[arg-type]


def has(amount: float, region: Region = REGION, sku: str = PTU, tuned: float | None = None) -> ModelCapacity:
    return ModelCapacity(region=region, sku=SkuName(sku), available=amount, fine_tuned=tuned)


def made(declared: list[DesiredDeployment], there: list[ObservedDeployment]) -> Plan:
    return plan(state(*declared), world(listed(*there)), EVERYTHING)


def needs(declared: list[DesiredDeployment], there: list[ObservedDeployment]) -> list[Demand]:
    return list(demands(made(declared, there)))


def check(one: Demand, answers: Answers) -> CapacityCheck:
    return checked([one], answers, AT)[0]


def test_a_create_needs_all_and_an_increase_the_difference() -> None:
    (create,) = needs([ptus(50)], [])
    (increase,) = needs([ptus(150)], [applied(ptus(100))])
    assert (create.needed, increase.needed) == (50, 50)
    assert create.question == MODEL


def test_a_migration_needs_all_of_it_at_the_target() -> None:
    (migration,) = needs([ptus(100, model="gpt-4.1", version="2025-04-14")], [applied(ptus(100))])
    assert migration.needed == 100
    assert migration.question == replace(MODEL, name="gpt-4.1", version="2025-04-14")


def test_what_shrinks_stays_or_is_paid_per_token_needs_nothing() -> None:
    assert needs([ptus(50)], [applied(ptus(100))]) == []
    assert needs([ptus(50)], [applied(ptus(50))]) == []
    assert needs([desired(capacity=500)], []) == []
    assert needs([], [applied(ptus(50))]) == []


def test_a_fine_tuned_model_is_asked_about_by_its_base_and_has_a_number_of_its_own() -> None:
    (tuned,) = needs([ptus(50, model=TUNED, version="1")], [])
    assert tuned.question == replace(MODEL, name="gpt-4o-mini", version="2024-07-18")
    answers = {tuned.question: [has(1000, tuned=10)]}
    assert check(tuned, answers).available == 10
    assert check(tuned, {tuned.question: [has(1000)]}).room is Room.UNVERIFIED


@pytest.mark.parametrize(
    ("answer", "room", "available"),
    [
        ([has(50)], Room.AVAILABLE, 50),
        ([has(49.9)], Room.SHORT, 49),
        ([has(0)], Room.SHORT, 0),
        ([has(500, ELSEWHERE)], Room.UNVERIFIED, None),
        ([has(500, sku="GlobalProvisionedManaged")], Room.UNVERIFIED, None),
        ("modelCapacities could not be read: 403", Room.UNVERIFIED, None),
    ],
)
def test_the_verdict_is_arms_number_and_silence_is_no_verdict(
    answer: list[ModelCapacity] | str, room: Room, available: int | None
) -> None:
    (one,) = needs([ptus(50)], [])
    found = check(one, {MODEL: answer})
    assert (found.room, found.available, found.asked_at) == (room, available, AT)
    assert bool(found.why) == (room is Room.UNVERIFIED)


def test_a_deployment_without_a_version_is_unverified_and_says_why() -> None:
    (one,) = needs([desired(sku=PTU, version="")], [])
    assert "no model version" in check(replace(one, question=None), {}).why


def test_two_writes_that_need_the_same_room_need_it_together() -> None:
    first, second = needs([ptus(50, "a"), ptus(50, "b")], [])
    found = checked([first, second], {MODEL: [has(75)]}, AT)
    assert [(one.needed, one.room) for one in found] == [(50, Room.AVAILABLE), (100, Room.SHORT)]


def test_other_regions_with_room_are_named_the_roomiest_first() -> None:
    (one,) = needs([ptus(50)], [])
    found = check(
        one, {MODEL: [has(0), has(60, Region("uksouth")), has(200, ELSEWHERE), has(40, Region("westus"))]}
    )
    assert [other.region.name for other in found.elsewhere] == ["francecentral", "uksouth"]


# -- what is given back --------------------------------------------------------------------------------


def warned(declared: list[DesiredDeployment], there: list[ObservedDeployment]) -> list[str]:
    return [one.message for one in made(declared, there).notices if one.code == GIVEN_BACK]


def test_giving_ptus_back_is_warned_about() -> None:
    (shrunk,) = warned([ptus(50)], [applied(ptus(150))])
    assert "100 PTU on ProvisionedManaged in swedencentral are given back" in shrunk
    assert "may not be available later" in shrunk
    assert len(warned([ptus(50, "b")], [applied(ptus(50, "b")), applied(ptus(150))])) == 1


def test_what_moves_within_a_region_or_is_paid_per_token_is_not_given_back() -> None:
    assert warned([ptus(50, "a"), ptus(150, "b")], [applied(ptus(150, "a")), applied(ptus(50, "b"))]) == []
    assert warned([desired(capacity=1)], [applied(desired(capacity=500))]) == []
    assert warned([ptus(50)], [applied(ptus(50))]) == []


# -- where a model can go ------------------------------------------------------------------------------


def rows(
    amount: int | None = 50,
    *,
    answer: list[ModelCapacity] | str = "not asked",
    used: int = 0,
    offered: bool = True,
    forecasts: tuple[PoolForecast, ...] = (),
) -> CapacityRow:
    offers = (offer("ptu", sku=PTU, sizes=(25, 25, None)),) if offered else ()
    facts = RegionFacts(
        subscription=SUBSCRIPTION,
        region=REGION,
        pools=(QuotaPool(name="PTU", label="", used=used, limit=200),),
        offers=offers,
    )
    sought = Sought(model=MODEL.model, skus=(SkuName(PTU),), amount=amount)
    (row,) = capacity_rows(sought, facts, answer, sizes={}, forecasts=forecasts)
    return row


@pytest.mark.parametrize(
    ("row", "fit"),
    [
        (rows(answer=[has(50)]), Fit.FITS),
        (rows(answer=[has(49)]), Fit.SHORT_CAPACITY),
        (rows(answer=[has(500)], used=151), Fit.SHORT_QUOTA),
        (rows(answer=[has(500)], offered=False), Fit.NOT_OFFERED),
        (rows(), Fit.UNVERIFIED),
        (rows(answer=[has(500, ELSEWHERE)]), Fit.UNVERIFIED),
    ],
)
def test_a_place_fits_only_where_everything_is_known_and_enough(row: CapacityRow, fit: Fit) -> None:
    assert row.fit is fit


def test_a_fine_tuned_model_goes_by_the_number_of_its_own() -> None:
    facts = RegionFacts(
        subscription=SUBSCRIPTION,
        region=REGION,
        pools=(QuotaPool(name="PTU", label="", used=0, limit=200),),
        offers=(offer("ptu", sku=PTU, sizes=(25, 25, None)),),
    )
    sought = Sought(model=MODEL.model, skus=(SkuName(PTU),), amount=50, fine_tuned=True)
    (row,) = capacity_rows(sought, facts, [has(500, tuned=10)], sizes={})
    assert (row.available, row.fit) == (10, Fit.SHORT_CAPACITY)
    (silent,) = capacity_rows(sought, facts, [has(500)], sizes={})
    assert silent.fit is Fit.UNVERIFIED


@pytest.mark.parametrize(("amount", "size"), [(None, 25), (1, 25), (25, 25), (26, 50), (99, 100)])
def test_the_size_is_the_smallest_legal_one_that_is_enough(amount: int | None, size: int) -> None:
    assert rows(amount, answer=[has(500)]).size == size


def test_quota_is_what_is_left_after_the_plan() -> None:
    forecast = PoolForecast(
        pool="ptu",
        scope=f"{SUBSCRIPTION}/{REGION}",
        limit=200,
        used_before=0,
        used_peak=180,
        used_after=180,
        verdict=Verdict.FITS,
    )
    row = rows(answer=[has(500)], forecasts=(forecast,))
    assert (row.quota_left, row.fit) == (20, Fit.SHORT_QUOTA)


def test_what_works_now_comes_first_and_the_roomiest_of_it() -> None:
    some = [rows(answer=[has(amount)]) for amount in (10, 60, 500)] + [rows(offered=False), rows()]
    assert [(row.fit, row.available) for row in best_first(some)] == [
        (Fit.FITS, 500),
        (Fit.FITS, 60),
        (Fit.UNVERIFIED, None),
        (Fit.SHORT_CAPACITY, 10),
        (Fit.NOT_OFFERED, None),
    ]


# -- what to propose -----------------------------------------------------------------------------------


def proposed(
    answer: list[ModelCapacity] | str | None, one: DesiredDeployment | None = None, *others: DesiredAccount
) -> RoomProposal:
    from reconciler.catalogue.load import catalogue  # noqa: PLC0415

    declared = replace(one or ptus(100), region=REGION)
    skus = [SkuName(name) for name in (PTU, "DataZoneProvisionedManaged", "GlobalProvisionedManaged")]
    sizes = {sku: catalogue().offer("gpt-4.1", "2025-04-14", sku) for sku in skus}
    home = DesiredAccount(id=declared.id.account, region=REGION)
    return propose(declared, answer, [home, *others], sizes)


def test_nothing_is_proposed_where_there_is_room() -> None:
    assert proposed([has(100)]).move is Move.NOTHING


def test_another_sku_of_the_same_account_is_the_smallest_change() -> None:
    found = proposed([has(0), has(500, sku="GlobalProvisionedManaged")])
    assert (found.move, found.sku, found.capacity) == (Move.SKU, SkuName("GlobalProvisionedManaged"), 100)
    assert "global" in found.reason


def test_then_another_declared_account_of_the_subscription() -> None:
    other = DesiredAccount(id=account("other"), region=ELSEWHERE)
    found = proposed([has(0), has(500, ELSEWHERE)], None, other)
    assert (found.move, found.account) == (Move.ACCOUNT, other.id)


def test_then_a_smaller_legal_size() -> None:
    found = proposed([has(60)])
    assert (found.move, found.capacity) == (Move.SIZE, 50)


def test_then_a_region_where_no_account_is_declared_yet() -> None:
    found = proposed([has(0), has(500, ELSEWHERE)])
    assert found.move is Move.NEW_ACCOUNT
    assert "francecentral" in found.reason


def test_and_where_no_region_has_room_that_is_said() -> None:
    assert proposed([has(0)]).move is Move.NOWHERE


@pytest.mark.parametrize(
    ("answer", "one", "why"),
    [
        ("could not be read", None, "could not be read"),
        (None, None, "no version"),
        ([has(1)], desired(), "not a provisioned SKU"),
        ([has(1)], desired(sku=PTU, capacity=0), "no capacity"),
    ],
)
def test_what_cannot_be_known_is_not_guessed(
    answer: list[ModelCapacity] | str | None, one: DesiredDeployment | None, why: str
) -> None:
    found = proposed(answer, one)
    assert found.move is Move.UNKNOWN
    assert why in found.reason


def test_a_replacement_needs_all_of_it() -> None:
    moved = desired(sku="GlobalProvisionedManaged", capacity=100, lifecycle=Lifecycle(replace_allowed=True))
    (one,) = needs([moved], [applied(ptus(100))])
    assert (one.needed, one.sku) == (100, SkuName("GlobalProvisionedManaged"))

"""Provisioned deployments get another model in place: one write, or two sizes in a legal order."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reconciler.domain.deployment import (
    UNSET,
    DesiredDeployment,
    Lifecycle,
    ModelChange,
    SkuChange,
    Unset,
)
from reconciler.domain.sku import SkuName
from reconciler.domain.state import Offer
from reconciler.plan.actions import Action, Blocked, FieldChange, Reason, Replace, Update
from reconciler.plan.availability import RegionalOffers
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from reconciler.plan.migration import in_legal_order, lasting
from tests.unit.plan.states import applied, desired, listed, offer, only_action, plan, seen, state, world

PROVISIONED = ["ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged"]
STANDARD = ["Standard", "GlobalStandard", "DataZoneStandard"]
PTU = "GlobalProvisionedManaged"
ALLOWED = Lifecycle(replace_allowed=True)


def action(before: DesiredDeployment, after: DesiredDeployment, *offers: Offer) -> Action:
    return only_action(plan(state(after), world(listed(applied(before)), offers=offers)))


def sizes(
    model: str, minimum: int, step: int, maximum: int | None = None, version: str = "2024-11-20"
) -> Offer:
    return offer("pool", model=model, version=version, sku=PTU, sizes=(minimum, step, maximum))


@pytest.mark.parametrize("sku", PROVISIONED)
@pytest.mark.parametrize(
    ("model", "version"), [("gpt-4o-mini", "2024-07-18"), ("gpt-4o", "2024-08-06"), ("gpt-4.1", UNSET)]
)
@pytest.mark.parametrize("lifecycle", [Lifecycle(), ALLOWED])
def test_another_model_or_version_is_one_write_at_the_same_size(
    sku: str, model: str, version: str | Unset, lifecycle: Lifecycle
) -> None:
    after = desired(sku=sku, capacity=100, model=model, version=version, lifecycle=lifecycle)
    found = action(desired(sku=sku, capacity=100), after)
    assert isinstance(found, Update)
    assert (found.reason, len(found.writes)) == (Reason.MODEL_MIGRATION, 1)
    assert "20 to 30 minutes" in found.explanation
    body: Any = found.body
    assert (body["properties"]["model"]["name"], body["sku"]["capacity"]) == (model, 100)
    assert body["properties"]["model"].get("version") == (None if isinstance(version, Unset) else version)


@pytest.mark.parametrize("sku", [*STANDARD, "GlobalBatch"])
def test_elsewhere_another_model_needs_a_new_deployment(sku: str) -> None:
    found = action(desired(sku=sku), desired(sku=sku, model="gpt-4.1"))
    assert (type(found), found.reason) == (Blocked, Reason.REPLACE_FORBIDDEN)
    found = action(desired(sku=sku), desired(sku=sku, model="gpt-4.1", lifecycle=ALLOWED))
    assert isinstance(found, Replace)


CHOICES: list[tuple[str, ModelChange, bool, type, Reason]] = [
    (PTU, ModelChange.IN_PLACE, False, Update, Reason.MODEL_MIGRATION),
    (PTU, ModelChange.REPLACE, False, Blocked, Reason.REPLACE_FORBIDDEN),
    (PTU, ModelChange.REPLACE, True, Replace, Reason.MODEL_CHANGED),
    (PTU, ModelChange.REFUSE, True, Blocked, Reason.MODEL_CHANGE_REFUSED),
    ("GlobalStandard", ModelChange.IN_PLACE, False, Update, Reason.MODEL_CHANGED),
    ("GlobalStandard", ModelChange.REPLACE, True, Replace, Reason.MODEL_CHANGED),
    ("GlobalStandard", ModelChange.REFUSE, True, Blocked, Reason.MODEL_CHANGE_REFUSED),
]


@pytest.mark.parametrize(("sku", "choice", "allowed", "way", "reason"), CHOICES)
def test_the_manifest_decides_how_a_model_is_changed(
    sku: str, choice: ModelChange, allowed: bool, way: type, reason: Reason
) -> None:
    lifecycle = Lifecycle(model_change=choice, replace_allowed=allowed)
    found = action(desired(sku=sku), desired(sku=sku, model="gpt-4.1", lifecycle=lifecycle))
    assert (type(found), found.reason) == (way, reason)


def test_a_replacement_that_the_manifest_chose_is_not_called_something_that_arm_cannot_do() -> None:
    chosen = Lifecycle(model_change=ModelChange.REPLACE)
    found = action(desired(sku=PTU), desired(sku=PTU, model="gpt-4.1", lifecycle=chosen))
    assert isinstance(found, Blocked)
    assert "modelChange: replace" in found.explanation
    assert "take lifecycle.modelChange out: ARM changes model.name in place" in found.fix
    found = action(desired(), desired(model="gpt-4.1", lifecycle=chosen))
    assert isinstance(found, Blocked)
    assert "ARM cannot change model.name in place" in found.explanation


@pytest.mark.parametrize("sku", [PTU, "Standard"])
def test_refusing_a_change_of_model_covers_its_version_and_nothing_else(sku: str) -> None:
    lifecycle = Lifecycle(model_change=ModelChange.REFUSE)
    before = desired(sku=sku, option="NoAutoUpgrade", version="2024-08-06", lifecycle=lifecycle)
    version = desired(sku=sku, option="NoAutoUpgrade", version="2024-11-20", lifecycle=lifecycle)
    assert action(before, version).reason is Reason.MODEL_CHANGE_REFUSED
    bigger = desired(sku=sku, option="NoAutoUpgrade", version="2024-08-06", capacity=60, lifecycle=lifecycle)
    assert isinstance(action(before, bigger), Update)


def test_another_format_is_never_reached_in_place() -> None:
    after = desired(sku=PTU, lifecycle=Lifecycle(model_change=ModelChange.IN_PLACE))
    before = applied(desired(sku=PTU), model={"format": "xAI", "name": "gpt-4o", "version": "2024-11-20"})
    found = only_action(plan(state(after), world(listed(before))))
    assert (type(found), found.reason) == (Blocked, Reason.REPLACE_FORBIDDEN)


# old size, new size, the sizes of the old and of the new model, the writes as (model, size)
ORDERS: list[tuple[str, int, int, tuple[int, int], tuple[int, int], list[tuple[str, int]]]] = [
    ("smaller first where both take it", 100, 50, (50, 50), (25, 25), [("gpt-4o", 50), ("gpt-4.1", 50)]),
    ("larger last where both take it", 50, 100, (50, 50), (25, 25), [("gpt-4.1", 50), ("gpt-4.1", 100)]),
    (
        "smaller last where the old one is too large for it",
        100,
        25,
        (50, 50),
        (25, 25),
        [("gpt-4.1", 100), ("gpt-4.1", 25)],
    ),
    (
        "larger first where the new one starts there",
        25,
        50,
        (25, 25),
        (50, 50),
        [("gpt-4o", 50), ("gpt-4.1", 50)],
    ),
]


@pytest.mark.parametrize(
    ("reason", "before", "after", "old", "new", "writes"), ORDERS, ids=[reason for reason, *_ in ORDERS]
)
def test_a_new_size_beside_it_goes_in_the_order_in_which_each_size_is_legal(
    reason: str,
    before: int,
    after: int,
    old: tuple[int, int],
    new: tuple[int, int],
    writes: list[tuple[str, int]],
) -> None:
    found: Any = action(
        desired(sku=PTU, capacity=before),
        desired(sku=PTU, capacity=after, model="gpt-4.1"),
        sizes("gpt-4o", *old),
        sizes("gpt-4.1", *new),
    )
    sent = [(body["properties"]["model"]["name"], body["sku"]["capacity"]) for body in found.writes]
    assert sent == writes, reason


IN_PLACE = Lifecycle(sku_change=SkuChange.IN_PLACE)
HALVES: list[tuple[str, DesiredDeployment, DesiredDeployment, list[Offer]]] = [
    (
        "a larger size last",
        desired(sku=PTU, capacity=50),
        desired(sku=PTU, capacity=100, model="gpt-4.1"),
        [],
    ),
    (
        "a smaller size first",
        desired(sku=PTU, capacity=100),
        desired(sku=PTU, capacity=50, model="gpt-4.1"),
        [],
    ),
    (
        "a smaller size last, by ARM's list",
        desired(sku=PTU, capacity=100),
        desired(sku=PTU, capacity=25, model="gpt-4.1"),
        [sizes("gpt-4o", 50, 50), sizes("gpt-4.1", 25, 25)],
    ),
    ("a version and a size", desired(version="1"), desired(version="2", capacity=60), []),
    (
        "a version and a SKU",
        desired(version="1", lifecycle=IN_PLACE),
        desired(version="2", sku="Standard", capacity=60, lifecycle=IN_PLACE),
        [],
    ),
]


@pytest.mark.parametrize(
    ("reason", "before", "after", "offers"), HALVES, ids=[reason for reason, *_ in HALVES]
)
def test_a_run_that_dies_between_two_writes_leaves_work_and_no_accusation(
    reason: str, before: DesiredDeployment, after: DesiredDeployment, offers: list[Offer]
) -> None:
    """The marks say what was applied, and the first of two writes is no end (histories, seed 7)."""
    there = applied(before)
    found = only_action(plan(state(after), world(listed(there), offers=offers)))
    assert isinstance(found, Update)
    assert len(found.writes) == 2, reason
    half = seen(there.id, {**there.resource, **found.writes[0]})
    report = find_drift(state(after), world(listed(half)), today=date(2026, 11, 29))
    assert [item.cause for item in report.items] == [Cause.PENDING]


NEITHER = "neither 75 nor 45 PTU is a size of both models; "
SHARED: list[tuple[list[Offer], str]] = [
    ([sizes("gpt-4o", 25, 25), sizes("gpt-4.1", 40, 20)], "both take sizes from 100 in steps of 100"),
    (
        [sizes("gpt-4o", 25, 25, 500), sizes("gpt-4.1", 40, 20, 900)],
        "both take sizes from 100 in steps of 100 up to 500",
    ),
    (
        [sizes("gpt-4o", 25, 25), sizes("gpt-4o", 1, 1), sizes("gpt-4.1", 40, 20)],
        "both take sizes from 100 in steps of 100",
    ),
    ([sizes("gpt-4o", 200, 25), sizes("gpt-4.1", 40, 20)], "both take sizes from 200 in steps of 100"),
    ([sizes("gpt-4o", 25, 25), sizes("gpt-4.1", 200, 20)], "both take sizes from 200 in steps of 100"),
    ([sizes("gpt-4o", 25, 50), sizes("gpt-4.1", 40, 50)], "they have no size in common"),
    ([sizes("gpt-4.1", 50, 50)], "the new one takes sizes from 50 in steps of 50"),
    ([sizes("gpt-4.1", 50, 50, 900)], "the new one takes sizes from 50 in steps of 50 up to 900"),
]


@pytest.mark.parametrize(("offers", "shared"), SHARED, ids=range(len(SHARED)))
def test_where_no_order_is_legal_it_is_blocked_and_the_shared_sizes_are_named(
    offers: list[Offer], shared: str
) -> None:
    """Also where ARM lists the old model no longer, as in the season of its retirement."""
    found = action(desired(sku=PTU, capacity=75), desired(sku=PTU, capacity=45, model="gpt-4.1"), *offers)
    assert isinstance(found, Blocked)
    assert found.reason is Reason.NOT_OFFERED
    assert NEITHER + shared in found.explanation
    fix = "first change sku.capacity to a size that both models take, apply, then change the model"
    assert found.fix.split("; ")[0] == fix


def test_a_size_of_pay_as_you_go_is_not_put_in_order_for_migrations() -> None:
    offers = [
        replace(sizes("gpt-4o", 50, 50, version="1"), sku=SkuName("GlobalStandard")),
        replace(sizes("gpt-4o", 25, 25, version="2"), sku=SkuName("GlobalStandard")),
    ]
    found: Any = action(desired(version="1", capacity=100), desired(version="2", capacity=25), *offers)
    assert [body["sku"]["capacity"] for body in found.writes] == [25, 25]


def test_nor_is_one_on_the_way_to_another_sku() -> None:
    before = desired(sku="ProvisionedManaged", capacity=100, lifecycle=IN_PLACE)
    after = desired(sku=PTU, capacity=25, model="gpt-4.1", lifecycle=IN_PLACE)
    found: Any = action(before, after, sizes("gpt-4o", 50, 50), sizes("gpt-4.1", 25, 25))
    sent = [(body["sku"]["name"], body["sku"]["capacity"]) for body in found.writes]
    assert sent == [("ProvisionedManaged", 100), (PTU, 25)]


def test_one_write_has_its_order_already() -> None:
    after = desired(sku=PTU, capacity=100, model="gpt-4.1")
    there = world(listed(applied(desired(sku=PTU, capacity=100))), offers=[sizes("gpt-4.1", 50, 50)])
    found = only_action(plan(state(after), there))
    assert isinstance(found, Update)
    assert in_legal_order(found, RegionalOffers(there)) is found
    unanswered = FieldChange(path="sku.capacity", before=None, after=100)
    told = replace(found, changes=(unanswered,))
    assert in_legal_order(told, RegionalOffers(there)) is told


def test_a_size_that_the_new_model_does_not_take_is_told_before_the_write() -> None:
    found = action(
        desired(sku=PTU, capacity=75),
        desired(sku=PTU, capacity=75, model="gpt-4.1"),
        sizes("gpt-4o", 25, 25),
        sizes("gpt-4.1", 50, 50),
    )
    assert (type(found), found.reason) == (Blocked, Reason.NOT_OFFERED)
    assert "50 or 100" in found.fix  # type: ignore[union-attr]


def test_migrations_of_one_account_take_their_time_one_after_another_and_accounts_at_once() -> None:
    before = [
        desired(name, in_account=where, sku=PTU, capacity=100)
        for name, where in (("a", "acc"), ("b", "acc"), ("c", "acc"), ("d", "other"))
    ]
    after = [
        desired(one.id.name, in_account=one.id.account.name, sku=PTU, capacity=100, model="gpt-4o-mini")
        for one in before
    ]
    there = [applied(one) for one in before]
    seen = world(listed(*there[:3]), listed(there[3], name="other"), offers=None)
    both = ("acc", "other")
    assert lasting(plan(state(*after, accounts=both), seen)) == 3 * 1800
    assert lasting(plan(state(*before, accounts=both), seen)) == 0


def test_a_new_size_alone_takes_no_time_of_a_migration() -> None:
    before = desired(sku=PTU, capacity=100)
    seen = world(listed(applied(before)), offers=None)
    assert lasting(plan(state(desired(sku=PTU, capacity=150)), seen)) == 0

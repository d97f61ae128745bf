"""A glob of guards.protect that guards nothing is told, where this run can know that."""

from collections.abc import Sequence

import pytest

from reconciler.domain.fleet import Guards, Scope
from reconciler.domain.shard import Shard
from reconciler.domain.state import AccountMissing, Reading, Unreadable
from reconciler.plan.plan import Plan
from tests.unit.plan.states import account, applied, desired, listed, plan, state, world

GLOBS = ("*/acc/declared", "prod/acc/found", "OTHER*", "*/acc/typo-*", "prod/elsewhere/*")


def planned(
    *, protect: Sequence[str] = GLOBS, scope: Scope | None = None, readings: Sequence[Reading] = ()
) -> Plan:
    declared = desired("declared")
    there = readings or (listed(applied(desired("found")), applied(desired("other-1"))),)
    return plan(state(declared, guards=Guards(protect=tuple(protect)), scope=scope), world(*there))


def test_a_glob_that_matches_no_deployment_declared_or_found_is_told() -> None:
    notices = planned().notices
    assert [one.code for one in notices] == ["protect-unmatched"] * 2
    assert ["`*/acc/typo-*`" in notices[0].message, "`prod/elsewhere/*`" in notices[1].message] == [True] * 2


def test_it_stops_nothing() -> None:
    made = planned()
    assert made.applyable
    assert made.refusals == ()


@pytest.mark.parametrize(
    ("why", "scope", "reading"),
    [
        ("a selection looks at a part of the fleet", Scope(narrowed=True), None),
        ("a list was not complete", None, Unreadable(id=account("acc"), code="x", message="m")),
        ("an account was not there", None, AccountMissing(id=account("acc"), code="x", message="m")),
    ],
)
def test_nothing_is_claimed_where_it_cannot_be_known(
    why: str, scope: Scope | None, reading: Reading | None
) -> None:
    assert planned(scope=scope, readings=() if reading is None else (reading,)).notices == (), why


def test_a_shard_claims_nothing() -> None:
    declared = state(desired("declared"), guards=Guards(protect=GLOBS)).in_shard(Shard(1, 2))
    assert plan(declared, world(listed())).notices == ()


def test_a_fleet_of_no_account_claims_nothing() -> None:
    assert plan(state(accounts=(), guards=Guards(protect=GLOBS)), world()).notices == ()

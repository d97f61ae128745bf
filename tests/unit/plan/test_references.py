"""Content filters and sources of fine-tuned models: looked up where a write would send their names anew."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.domain.deployment import UNSET, SourceAccount
from reconciler.domain.fleet import Scope
from reconciler.domain.ids import AccountId
from reconciler.domain.state import AccountMissing, ObservedState, Unreadable
from reconciler.plan.actions import Action, Blocked, Create, Reason, Update
from reconciler.plan.admission import Questions, questions
from tests.unit.plan.states import TUNED, account, applied, desired, listed, only_action, plan, state, world

MAKER = account("maker")
MADE = SourceAccount(account=MAKER, tenant=None)
CHECKPOINT = "ftchkpt-0123456789abcdef0123456789abcdef"
OTHER = TUNED.replace("0123", "ffff")
UNREAD = Unreadable(id=MAKER, code="AuthorizationFailed", message="no")


def with_filters(*names: str) -> ObservedState:
    return replace(world(listed()), policies={account(): frozenset(names)})


def test_a_content_filter_that_the_account_lacks_is_blocked_naming_those_it_has() -> None:
    action = only_action(plan(state(desired(rai="strict")), with_filters("Microsoft.Default", "loose")))
    assert isinstance(action, Blocked)
    assert action.reason is Reason.POLICY_MISSING
    assert "has no content filter strict; it has: Microsoft.Default, loose" in action.explanation


@pytest.mark.parametrize("declared", ["strict", "STRICT", "Microsoft.DefaultV2", "microsoft.anything", UNSET])
def test_a_content_filter_that_is_there_or_arms_own_is_no_hindrance(declared: str) -> None:
    assert isinstance(only_action(plan(state(desired(rai=declared)), with_filters("Strict"))), Create)


def test_content_filters_that_could_not_be_listed_are_said_to_be_unverified() -> None:
    there = replace(world(listed()), policies={account(): replace(UNREAD, id=account())})
    action = only_action(plan(state(desired(rai="strict")), there))
    assert isinstance(action, Create)
    assert "unverified: the content filters of acc could not be listed (Auth" in action.explanation


def test_a_filter_that_stays_is_not_looked_up_when_something_else_changes() -> None:
    there = world(listed(applied(desired(rai="strict", capacity=1))))
    declared = state(desired(rai="strict", capacity=2))
    assert questions(declared, there) == Questions()
    assert isinstance(only_action(plan(declared, replace(there, policies={account(): frozenset()}))), Update)


def tuned(name: str, sources: Mapping[AccountId, frozenset[str] | AccountMissing | Unreadable]) -> Action:
    one = desired(model=name, version="1", sku="Standard", source=MADE)
    return only_action(plan(state(one), replace(world(listed()), sources=sources)))


@pytest.mark.parametrize(
    ("name", "found", "reason"),
    [
        (TUNED, frozenset({OTHER}), "another fine-tuned model is listed, this one is not"),
        (CHECKPOINT, frozenset({CHECKPOINT.replace("0123", "ffff")}), "another checkpoint is listed"),
        (TUNED, AccountMissing(id=MAKER, code="ResourceNotFound", message="gone"), "ARM says 404"),
    ],
)
def test_a_model_that_its_source_does_not_have_is_blocked(
    name: str, found: frozenset[str] | AccountMissing, reason: str
) -> None:
    action = tuned(name, {MAKER: found})
    assert isinstance(action, Blocked), reason
    assert action.reason is Reason.SOURCE_MISSING
    assert "model.source" in action.fix


@pytest.mark.parametrize(
    ("name", "found", "reason"),
    [
        (TUNED, frozenset(), "the list names no fine-tuned model at all: it may leave them out"),
        (TUNED, frozenset({CHECKPOINT}), "the list names checkpoints only"),
        (CHECKPOINT, frozenset({TUNED}), "the list names fine-tuned models only"),
        (TUNED, UNREAD, "this identity may not read it; the write's own identity check will tell"),
    ],
)
def test_a_source_that_tells_nothing_is_unverified_and_refuses_nothing(
    name: str, found: frozenset[str] | Unreadable, reason: str
) -> None:
    action = tuned(name, {MAKER: found})
    assert isinstance(action, Create), reason
    assert action.explanation.startswith("unverified: ")


def test_a_model_that_its_source_has_is_made_without_a_word() -> None:
    action = tuned(TUNED, {MAKER: frozenset({TUNED.upper()})})
    assert isinstance(action, Create)
    assert not action.explanation


def test_each_account_is_asked_once_and_only_for_what_would_be_sent_anew() -> None:
    fresh = desired("fresh", model=TUNED, version="1", sku="Standard", source=MADE, rai="a")
    again = desired("again", model=TUNED, version="1", sku="Standard", source=MADE, rai="b")
    same = desired("same", in_account="two", model=TUNED, version="1", sku="Standard", rai="a")
    plain = desired("plain", in_account="three", rai="Microsoft.Default")
    declared = state(fresh, again, same, plain, accounts=("acc", "two", "three"))
    there = world(listed(), listed(applied(same), name="two"), listed(name="three"))
    assert questions(declared, there) == Questions(policies=(account(),), sources=(MAKER,))


def test_what_is_not_selected_or_not_readable_is_not_asked_about() -> None:
    one = desired(model=TUNED, version="1", sku="Standard", source=MADE, rai="a")
    unread = Unreadable(id=account(), code="x", message="y")
    assert questions(state(one), world(unread)) == Questions()
    assert questions(state(one, scope=Scope(targets=("*/*/other",))), world(listed())) == Questions()


def test_a_model_without_a_source_was_made_in_its_own_account() -> None:
    one = desired(model=TUNED, version="1", sku="Standard")
    assert questions(state(one), world(listed())) == Questions(sources=(account(),))

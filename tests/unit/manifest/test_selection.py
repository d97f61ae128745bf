"""Which deployments a run is about, and that the others stay known."""

from __future__ import annotations

import pytest

from reconciler.domain.fleet import DesiredState, PrunePolicy
from reconciler.domain.ids import DeploymentId
from reconciler.errors import UsageProblem
from reconciler.manifest.resolve import Selection
from tests.unit.manifest.reading import CHAT, GUID, MINI, TENANT, a_fleet, a_set, read_all, state

FLEET = a_fleet(f"subscriptions: {{prod: {{id: {GUID}, tenant: {TENANT}}}}}")
WEST = a_set("west", account="aoai-west", labels="{env: prod, team: a}", deployments=f"{CHAT}\n{MINI}")
EAST = a_set("east", account="aoai-east", labels="{env: prod, team: b}", deployments=CHAT)
TEST = a_set("test", account="aoai-test", labels="{env: test}", deployments=CHAT)


def choose(
    *, select: str = "", targets: tuple[str, ...] = (), excludes: tuple[str, ...] = ()
) -> DesiredState:
    """The state of the three accounts under a selection."""
    selection = Selection.of(select=select, targets=targets, excludes=excludes)
    return state(read_all(FLEET, WEST, EAST, TEST, selection=selection))


def taken(desired: DesiredState) -> list[str]:
    return [f"{found.id.account.name}/{found.id.name}" for found in desired.deployments]


def accounts(desired: DesiredState) -> list[str]:
    return [account.id.name for account in desired.accounts]


def left_out(desired: DesiredState) -> list[str]:
    return sorted(f"{left.account.name}/{left.name}" for left in desired.scope.left_out)


def undeclared(desired: DesiredState, account: str, name: str) -> bool:
    """Whether a deployment that nobody declares is in scope."""
    found = next(one for one in desired.accounts if one.id.name == account)
    return desired.covers(DeploymentId(account=found.id, name=name))


def test_without_a_selection_everything_is_in_scope() -> None:
    desired = choose()
    assert accounts(desired) == ["aoai-east", "aoai-test", "aoai-west"]
    assert len(desired.deployments) == 4
    assert desired.scope.left_out == frozenset()


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("env=prod", ["aoai-east", "aoai-west"]),
        ("env=prod,team=a", ["aoai-west"]),
        (" env = test ", ["aoai-test"]),
        ("env=none", []),
        ("unheard=of", []),
    ],
)
def test_labels_choose_sets(select: str, expected: list[str]) -> None:
    assert accounts(choose(select=select)) == expected


def test_what_labels_leave_out_is_known_to_be_declared() -> None:
    assert left_out(choose(select="env=test")) == ["aoai-east/chat", "aoai-west/chat", "aoai-west/mini"]


def test_an_account_with_an_unselected_set_is_never_pruned() -> None:
    other = a_set(
        "west-test",
        account="aoai-west",
        labels="{env: test}",
        deployments="{name: x, model: {name: m}, sku: {name: s}}",
    )
    selection = Selection.of(select="env=prod")
    desired = state(read_all(FLEET, WEST, other, selection=selection))
    assert [(one.id.name, one.prune) for one in desired.accounts] == [("aoai-west", PrunePolicy.NEVER)]
    assert left_out(desired) == ["aoai-west/x"]


def test_an_account_whose_sets_are_all_selected_is_pruned_as_declared() -> None:
    assert {account.prune for account in choose(select="env=prod").accounts} == {PrunePolicy.OWNED}


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (("prod/aoai-west/chat",), ["aoai-west/chat"]),
        ((f"{GUID}/aoai-west/*",), ["aoai-west/chat", "aoai-west/mini"]),
        (("*/*/mini",), ["aoai-west/mini"]),
        (("mini",), ["aoai-west/mini"]),
        (("aoai-e*/CHAT", "aoai-test/*"), ["aoai-east/chat", "aoai-test/chat"]),
    ],
)
def test_targets_choose_deployments_by_alias_or_id(targets: tuple[str, ...], expected: list[str]) -> None:
    desired = choose(targets=targets)
    assert taken(desired) == expected
    assert len(desired.scope.left_out) == 4 - len(expected)


def test_an_account_that_no_target_can_mean_is_not_observed() -> None:
    assert accounts(choose(targets=("prod/aoai-west/chat",))) == ["aoai-west"]


def test_a_target_may_name_what_nobody_declares_any_more() -> None:
    desired = choose(targets=("prod/aoai-west/old",))
    assert accounts(desired) == ["aoai-west"]
    assert undeclared(desired, "aoai-west", "old")
    assert not undeclared(desired, "aoai-west", "other")
    assert not undeclared(desired, "aoai-west", "chat")


def test_what_is_excluded_is_left_out() -> None:
    desired = choose(excludes=("*/*/chat",))
    assert taken(desired) == ["aoai-west/mini"]
    assert left_out(desired) == ["aoai-east/chat", "aoai-test/chat", "aoai-west/chat"]


def test_an_account_excluded_whole_is_not_observed() -> None:
    assert accounts(choose(excludes=("prod/aoai-west/*", "aoai-test/*"))) == ["aoai-east"]


def test_an_account_excluded_in_part_is_observed_for_what_nobody_declares() -> None:
    desired = choose(excludes=("prod/aoai-east/chat",))
    assert "aoai-east" in accounts(desired)
    assert undeclared(desired, "aoai-east", "old")


def test_counts_are_of_what_is_declared_not_of_what_is_selected() -> None:
    loaded = read_all(FLEET, WEST, EAST, TEST, selection=Selection.of(targets=("mini",)))
    assert loaded.deployments == 4


@pytest.mark.parametrize("select", ["env", "env:prod", "=prod", "env=prod,team"])
def test_a_selection_of_another_form_is_wrong_usage(select: str) -> None:
    with pytest.raises(UsageProblem, match="label=value"):
        Selection.of(select=select)


@pytest.mark.parametrize("glob", ["a/b/c/d", "", "//"])
def test_a_target_with_more_than_three_parts_is_wrong_usage(glob: str) -> None:
    with pytest.raises(UsageProblem, match="account/deployment"):
        Selection.of(targets=(glob,))


def test_what_a_target_leaves_out_stays_in_reserve_and_what_is_excluded_does_not() -> None:
    def reserve(targets: tuple[str, ...] = (), excludes: tuple[str, ...] = ()) -> list[str]:
        left = choose(targets=targets, excludes=excludes)
        return [f"{one.id.account.name}/{one.id.name}" for one in left.reserve]

    assert reserve() == []
    assert reserve(targets=("*/aoai-west/mini",)) == ["aoai-east/chat", "aoai-test/chat", "aoai-west/chat"]
    assert reserve(excludes=("*/aoai-west/*",)) == []
    assert reserve(targets=("*/aoai-west/mini",), excludes=("*/*/chat",)) == []

"""Drift: what differs although no manifest changed, and why."""

from datetime import date

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import DesiredDeployment, Lifecycle
from reconciler.domain.fleet import PrunePolicy, Scope
from reconciler.domain.state import (
    AccountMissing,
    ObservedDeployment,
    ObservedState,
    Offer,
    Reading,
    Unreadable,
)
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport, find_drift
from tests.unit.plan.states import (
    TUNED,
    account,
    applied,
    desired,
    in_state,
    listed,
    name_of,
    of_fleet,
    offer,
    seen,
    state,
    unmarked,
    world,
)

TODAY = date(2026, 11, 24)


def drift(
    *declared: DesiredDeployment,
    there: tuple[ObservedDeployment, ...] = (),
    offers: tuple[Offer, ...] = (),
    scope: Scope | None = None,
) -> DriftReport:
    return find_drift(state(*declared, scope=scope), world(listed(*there), offers=offers), today=TODAY)


def altered(there: ObservedDeployment, **properties: str) -> ObservedDeployment:
    """What is there after somebody changed properties and left our marks alone."""
    found = there.resource["properties"]
    assert isinstance(found, dict)
    return seen(there.id, {**there.resource, "properties": {**found, **properties}})


def resized(there: ObservedDeployment, capacity: int) -> ObservedDeployment:
    return seen(there.id, {**there.resource, "sku": {"name": "GlobalStandard", "capacity": capacity}})


def upgraded(there: ObservedDeployment, version: str) -> ObservedDeployment:
    found = there.resource["properties"]
    assert isinstance(found, dict)
    model = {"format": "OpenAI", "name": "gpt-4o", "version": version}
    return seen(there.id, {**there.resource, "properties": {**found, "model": model}})


ONE = desired()
OLD = desired(version="2024-08-06")
IGNORING = desired(lifecycle=Lifecycle(ignore_changes=("sku.capacity",)))

CAUSES: list[tuple[str, DesiredDeployment, ObservedDeployment | None, Cause | None, Severity | None]] = [
    ("as declared", ONE, applied(ONE), None, None),
    ("a field moved under our mark", ONE, resized(applied(ONE), 99), Cause.CHANGED_OUTSIDE, Severity.ERROR),
    ("an ignored field moved", IGNORING, resized(applied(IGNORING), 99), None, None),
    ("an undeclared field moved", ONE, altered(applied(ONE), raiPolicyName="other"), None, None),
    ("the manifest changed", desired(capacity=60), applied(ONE), Cause.PENDING, Severity.INFO),
    (
        "the lifecycle changed",
        desired(lifecycle=Lifecycle(prevent_destroy=True)),
        applied(ONE),
        Cause.PENDING,
        Severity.INFO,
    ),
    ("never adopted, as declared", ONE, unmarked(applied(ONE)), Cause.PENDING, Severity.INFO),
    ("never adopted, different", desired(capacity=60), unmarked(applied(ONE)), Cause.PENDING, Severity.INFO),
    ("taken by another fleet", ONE, of_fleet(applied(ONE), "rival"), Cause.CHANGED_OUTSIDE, Severity.ERROR),
    ("upgraded", OLD, upgraded(applied(OLD), "2024-11-20"), Cause.AUTO_UPGRADED, Severity.WARNING),
    (
        "upgraded although forbidden",
        desired(version="2024-08-06", option="NoAutoUpgrade"),
        upgraded(applied(desired(version="2024-08-06", option="NoAutoUpgrade")), "2024-11-20"),
        Cause.CHANGED_OUTSIDE,
        Severity.ERROR,
    ),
    ("gone", ONE, None, Cause.MISSING, Severity.ERROR),
    ("gone, fine-tuned", desired(model=TUNED, version="1"), None, Cause.EXPIRED, Severity.ERROR),
    ("gone, developer tier", desired(sku="DeveloperTier"), None, Cause.EXPIRED, Severity.ERROR),
    ("Failed", ONE, in_state(applied(ONE), "Failed"), Cause.FAILED_STATE, Severity.ERROR),
    ("Disabled", ONE, in_state(applied(ONE), "Disabled"), Cause.FAILED_STATE, Severity.ERROR),
    ("being changed, as declared", ONE, in_state(applied(ONE), "Updating"), None, None),
]


@pytest.mark.parametrize(
    ("reason", "one", "there", "cause", "severity"), CAUSES, ids=[reason for reason, *_ in CAUSES]
)
def test_every_difference_has_a_cause(
    reason: str,
    one: DesiredDeployment,
    there: ObservedDeployment | None,
    cause: Cause | None,
    severity: Severity | None,
) -> None:
    report = drift(one, there=() if there is None else (there,))
    found = [(item.cause, item.severity) for item in report.items]
    assert found == ([] if cause is None else [(cause, severity)]), reason
    assert report.in_sync == (1 if cause is None else 0)
    assert report.drifted is (severity is Severity.ERROR)


def only(report: DriftReport) -> DriftItem:
    (item,) = report.items
    return item


def test_a_change_outside_is_told_with_field_author_and_time() -> None:
    item = only(drift(ONE, there=(resized(applied(ONE), 99),)))
    assert [(c.path, c.before, c.after) for c in item.changes] == [("sku.capacity", 99, 50)]
    assert (item.who, item.when) == ("someone@example.com", "2026-11-01T00:00:00Z")


def test_an_upgrade_shows_both_versions() -> None:
    item = only(drift(OLD, there=(upgraded(applied(OLD), "2024-11-20"),)))
    assert [(c.path, c.before, c.after) for c in item.changes] == [
        ("model.version", "2024-11-20", "2024-08-06")
    ]


def test_an_upgrade_and_another_change_are_one_item_with_both() -> None:
    item = only(drift(OLD, there=(resized(upgraded(applied(OLD), "2024-11-20"), 99),)))
    assert item.cause is Cause.CHANGED_OUTSIDE
    assert [change.path for change in item.changes] == ["model.version", "sku.capacity"]


def test_what_nobody_declares_is_reported_whoever_owns_it() -> None:
    there = (
        applied(desired("ours")),
        unmarked(applied(desired("nobodys"))),
        of_fleet(applied(desired("theirs")), "rival"),
    )
    report = drift(there=there)
    assert {(item.id.name, item.cause) for item in report.items} == {
        ("ours", Cause.UNDECLARED),
        ("nobodys", Cause.UNDECLARED),
        ("theirs", Cause.UNDECLARED),
    }


@pytest.mark.parametrize("prune", PrunePolicy)
def test_what_another_fleet_has_marked_is_drift_only_where_the_account_is_claimed_as_a_whole(
    prune: PrunePolicy,
) -> None:
    theirs = world(listed(of_fleet(applied(desired("theirs")), "rival")))
    report = find_drift(state(prune=prune), theirs, today=TODAY)
    claimed = prune is PrunePolicy.EXCLUSIVE
    assert only(report).severity is (Severity.ERROR if claimed else Severity.INFO)
    assert report.drifted is claimed
    for others in (unmarked(applied(desired("nobodys"))), applied(desired("ours"))):
        found = find_drift(state(prune=prune), world(listed(others)), today=TODAY)
        assert only(found).severity is (Severity.ERROR if claimed else Severity.WARNING)
        assert found.drifted is claimed


def test_out_of_scope_is_out_of_the_report() -> None:
    there = (resized(applied(ONE), 99), applied(desired("other")))
    scope = Scope(excludes=("acc/chat",), left_out=frozenset({name_of("other")}))
    assert drift(ONE, there=there, scope=scope) == DriftReport(items=())


RETIRES: list[tuple[str, str | None, bool]] = [
    ("yesterday", "2026-11-23T00:00:00Z", True),
    ("today", "2026-11-24", True),
    ("tomorrow", "2026-11-25T00:00:00Z", False),
    ("unknown", None, False),
]


@pytest.mark.parametrize(("when", "retires", "retired"), RETIRES, ids=[when for when, *_ in RETIRES])
def test_a_retired_model_is_drift_by_the_date_of_its_own_sku(
    when: str, retires: str | None, *, retired: bool
) -> None:
    offers = (offer("p", retires=retires), offer("p", sku="Standard", retires="2020-01-01"))
    report = drift(ONE, there=(applied(ONE),), offers=offers)
    assert [item.cause for item in report.items] == ([Cause.RETIRED] if retired else []), when


def test_another_version_s_retirement_says_nothing_about_this_one() -> None:
    offers = (offer("p", version="2024-05-13", retires="2020-01-01"),)
    assert drift(ONE, there=(applied(ONE),), offers=offers).items == ()


@pytest.mark.parametrize(
    "reading",
    [
        Unreadable(id=account(), code="AuthorizationFailed", message="no"),
        AccountMissing(id=account(), code="ResourceNotFound", message="no"),
        None,
    ],
)
def test_nothing_is_concluded_from_an_account_that_cannot_be_listed(reading: Reading | None) -> None:
    observed = ObservedState(readings={} if reading is None else {account(): reading})
    report = find_drift(state(ONE), observed, today=TODAY)
    assert report.items == ()
    assert [found.id for found in report.unreadable] == [account()]
    assert report.unreadable[0].fix


def test_items_are_ordered_by_identity_whatever_the_order_of_the_listing() -> None:
    there = tuple(applied(desired(name)) for name in ("b", "c", "a"))
    one, other = drift(there=there), drift(there=tuple(reversed(there)))
    assert one == other
    assert [item.id.name for item in one.items] == ["a", "b", "c"]


def test_a_fleet_that_took_a_deployment_over_is_named() -> None:
    assert "rival" in only(drift(ONE, there=(of_fleet(applied(ONE), "rival"),))).explanation


# -- never applied, or gone ----------------------------------------------------------------------------


NEW = desired("new")
ABSENT: list[tuple[str, tuple[DesiredDeployment, ...], tuple[ObservedDeployment, ...], Cause]] = [
    ("nothing of the fleet is there", (NEW,), (), Cause.MISSING),
    ("all else is as declared", (NEW, ONE), (applied(ONE),), Cause.MISSING),
    ("another one is not as last declared", (NEW, desired(capacity=60)), (applied(ONE),), Cause.PENDING),
    ("another one is no longer declared", (NEW,), (applied(ONE),), Cause.PENDING),
    ("another fleet's is not declared", (NEW,), (of_fleet(applied(ONE), "rival"),), Cause.MISSING),
    ("nobody's is not declared", (NEW,), (unmarked(applied(ONE)),), Cause.MISSING),
    (
        "a trial, and another one has changed",
        (desired("new", sku="DeveloperTier"), desired(capacity=60)),
        (applied(ONE),),
        Cause.PENDING,
    ),
]


@pytest.mark.parametrize(
    ("reason", "declared", "there", "cause"), ABSENT, ids=[reason for reason, *_ in ABSENT]
)
def test_what_is_absent_is_pending_only_where_the_fleet_shows_newer_manifests(
    reason: str,
    declared: tuple[DesiredDeployment, ...],
    there: tuple[ObservedDeployment, ...],
    cause: Cause,
) -> None:
    found = {item.id.name: item for item in drift(*declared, there=there).items}
    assert found["new"].cause is cause, reason
    assert found["new"].absent


def test_what_a_selection_left_out_is_no_sign_of_newer_manifests() -> None:
    scope = Scope(excludes=("acc/chat",), left_out=frozenset({name_of("chat")}), narrowed=True)
    report = drift(NEW, there=(applied(ONE),), scope=scope)
    assert only(report).cause is Cause.MISSING


# -- how grave -----------------------------------------------------------------------------------------


def of_each_kind() -> DriftReport:
    declared = (ONE, desired("new"), OLD_TOO)
    there = (
        resized(applied(ONE), 99),
        upgraded(applied(OLD_TOO), "2024-11-20"),
        unmarked(applied(desired("x"))),
    )
    return drift(*declared, there=there)


OLD_TOO = desired("older", version="2024-08-06")


def severities(report: DriftReport) -> dict[str, str]:
    return {item.cause.value: item.severity.value for item in report.items}


def test_the_fleet_says_how_grave_a_cause_is() -> None:
    usual = of_each_kind()
    assert severities(usual) == {
        "changed-outside": "error",
        "missing": "error",
        "auto-upgraded": "warning",
        "undeclared": "warning",
    }
    stated = usual.judged(
        {
            Cause.CHANGED_OUTSIDE: Severity.INFO,
            Cause.MISSING: Severity.OFF,
            Cause.AUTO_UPGRADED: Severity.ERROR,
        }
    )
    assert severities(stated) == {
        "changed-outside": "info",
        "auto-upgraded": "error",
        "undeclared": "warning",
    }
    assert stated.ignored == 1
    assert stated.drifted
    assert not usual.without({Cause.CHANGED_OUTSIDE, Cause.MISSING}).drifted


FAIL_ON: list[tuple[set[Cause], bool]] = [
    ({Cause.MISSING}, True),
    ({Cause.UNDECLARED}, True),
    ({Cause.AUTO_UPGRADED, Cause.RETIRED}, True),
    ({Cause.RETIRED}, False),
    (set(), False),
]


@pytest.mark.parametrize(("causes", "fails"), FAIL_ON)
def test_the_causes_to_fail_on_are_errors_and_no_others_are(causes: set[Cause], *, fails: bool) -> None:
    report = of_each_kind().judged({Cause.PENDING: Severity.ERROR}, causes)
    assert report.drifted is fails
    errors = {item.cause for item in report.items if item.severity is Severity.ERROR}
    assert errors == causes & {item.cause for item in report.items}

"""Who moved the version: the table of the answers a plan gives, row by row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reconciler.diagnostics import Severity
from reconciler.domain.deployment import UNSET, DesiredDeployment, Lifecycle, SourceAccount, Unset
from reconciler.domain.marks import MODEL_TAG, SPEC_TAG
from reconciler.domain.platform import Replacement
from reconciler.domain.state import ObservedDeployment, ObservedState, Offer
from reconciler.plan.actions import Action, Adopt, Blocked, Keep, Reason, Update
from reconciler.plan.allowances import Policy
from reconciler.plan.body import model_mark, spec_mark
from reconciler.plan.causes import Cause
from reconciler.plan.drift import find_drift
from reconciler.plan.moved import Mover, RegionalUpgrades, who_moved
from tests.unit.plan.states import (
    REGION,
    TODAY,
    TUNED,
    account,
    applied,
    desired,
    listed,
    offer,
    only_action,
    plan,
    seen,
    state,
    tagged,
    world,
)

OLD, NEW = "2024-08-06", "2024-11-20"
PTU = "ProvisionedManaged"


def running(
    one: DesiredDeployment, *, version: str | None = None, name: str | None = None, **properties: str | None
) -> ObservedDeployment:
    """`one` as we applied it, and then moved to another version or model."""
    resource: Any = applied(one, **properties).resource  # type: ignore[arg-type]
    resource["properties"]["model"] |= {"version": version} if version else {}
    resource["properties"]["model"] |= {"name": name} if name else {}
    return seen(one.id, resource)


def by_the_earlier_release(there: ObservedDeployment) -> ObservedDeployment:
    """The same with the marks that the first release wrote."""
    tags = {name: value for name, value in there.tags.items() if name != MODEL_TAG}
    return seen(there.id, {**there.resource, "tags": tags})


def answered(
    one: DesiredDeployment, there: ObservedDeployment, offers: Sequence[Offer] = (), *, today: date = TODAY
) -> tuple[Action, Cause | None]:
    """The action of a plan, and the cause that drift gives at the same time."""
    observed = world(listed(there), offers=offers)
    report = find_drift(state(one), observed, today=today)
    causes = [item.cause for item in report.items if item.cause is not Cause.RETIRED]
    action = only_action(plan(state(one), observed, Policy(max_deletes=9, today=today)))
    return action, causes[0] if causes else None


PAY_AS_YOU_GO = ["Standard", "GlobalStandard", "DataZoneStandard"]
OTHERS = ["ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged", "GlobalBatch"]
OPTIONS: list[str | Unset] = [UNSET, "OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired"]


@pytest.mark.parametrize("sku", [*PAY_AS_YOU_GO, *OTHERS])
@pytest.mark.parametrize("option", [*OPTIONS, "NoAutoUpgrade"])
@pytest.mark.parametrize(("before", "after"), [(OLD, NEW), (NEW, OLD), ("9", "5"), ("1", "2")])
def test_the_version_that_the_manifest_states_anew_is_sent_whichever_way_it_goes(
    sku: str, option: str | Unset, before: str, after: str
) -> None:
    there = applied(desired(sku=sku, option=option, version=before))
    action, cause = answered(desired(sku=sku, option=option, version=after), there)
    assert isinstance(action, Update)
    changed = {change.path: (change.before, change.after) for change in action.changes}
    assert changed["model.version"] == (before, after)
    assert model_of(action)["version"] == after
    assert cause is Cause.PENDING


def model_of(action: Action) -> Mapping[str, Any]:
    body: Any = action.writes[-1]
    found: Mapping[str, Any] = body["properties"]["model"]
    return found


@pytest.mark.parametrize("sku", PAY_AS_YOU_GO)
@pytest.mark.parametrize("option", OPTIONS)
def test_what_the_service_upgraded_stays(sku: str, option: str | Unset) -> None:
    one = desired(sku=sku, option=option, version=OLD)
    action, cause = answered(one, running(one, version=NEW))
    assert (type(action), action.reason, cause) == (Keep, Reason.AUTO_UPGRADED, Cause.AUTO_UPGRADED)


PUT_BACK: list[tuple[str, DesiredDeployment, str]] = [
    *((f"{sku} is never upgraded by the service", desired(sku=sku, version=OLD), NEW) for sku in OTHERS),
    ("the option forbids it", desired(version=OLD, option="NoAutoUpgrade"), NEW),
    ("an older version is no upgrade", desired(version=NEW), OLD),
    ("versions of two forms have no order", desired(version="turbo-2024-04-09"), NEW),
]


@pytest.mark.parametrize(("reason", "one", "version"), PUT_BACK, ids=[reason for reason, *_ in PUT_BACK])
def test_what_somebody_moved_is_put_back(reason: str, one: DesiredDeployment, version: str) -> None:
    action, cause = answered(one, running(one, version=version))
    assert isinstance(action, Update), reason
    assert "somebody moved it" in action.explanation
    assert cause is Cause.CHANGED_OUTSIDE


def test_the_option_that_arm_holds_counts_where_the_manifest_is_silent() -> None:
    one = desired(version=OLD)
    action, _ = answered(one, running(one, version=NEW, versionUpgradeOption="NoAutoUpgrade"))
    assert isinstance(action, Update)
    action, _ = answered(one, running(one, version=NEW, versionUpgradeOption=None))
    assert isinstance(action, Keep)


def test_versions_of_claude_have_no_order() -> None:
    """1 and 2 are two places of hosting, and moving between them is nobody's upgrade."""
    claude = desired(model="claude-opus-5", version="1")
    claude = replace(claude, spec=replace(claude.spec, model=replace(claude.spec.model, format="Anthropic")))
    action, cause = answered(claude, running(claude, version="2"))
    assert isinstance(action, Update)
    assert cause is Cause.CHANGED_OUTSIDE


# -- another model ------------------------------------------------------------------------------------------

DYING = desired(model="gpt-4o", version="2024-05-13")
ANNOUNCED = replace(
    offer("p", model="gpt-4o", version="2024-05-13"),
    replacement=Replacement(model="gpt-5.6-sol", version="2026-07-09"),
)
ONWARD = replace(
    offer("p", model="gpt-5.6-sol", version="2026-07-09"),
    replacement=Replacement(model="gpt-7", version="2027-01-01"),
)


@pytest.mark.parametrize(
    ("live", "offers"),
    [
        ("gpt-5.6-sol", [ANNOUNCED]),
        ("GPT-5.6-Sol", [ANNOUNCED]),
        ("gpt-7", [ANNOUNCED, ONWARD]),
    ],
    ids=["announced", "in another case", "announced of the announced"],
)
@pytest.mark.parametrize("replacing", [False, True])
def test_the_announced_successor_is_an_upgrade_and_never_replaced_by_the_model_that_is_going(
    live: str, offers: list[Offer], replacing: bool
) -> None:
    one = replace(DYING, lifecycle=Lifecycle(replace_allowed=replacing))
    action, cause = answered(one, running(one, name=live, version="2026-07-09"), offers)
    assert (type(action), action.reason, cause) == (Keep, Reason.AUTO_UPGRADED, Cause.AUTO_UPGRADED)


UNREAD: list[tuple[str, Callable[[ObservedDeployment], ObservedState]]] = [
    ("the list of the region could not be read", lambda there: world(listed(there), offers=None)),
    ("nothing of the region was read", lambda there: replace(world(listed(there)), regions=())),
]


@pytest.mark.parametrize(("why", "around"), UNREAD, ids=[why for why, _ in UNREAD])
@pytest.mark.parametrize("replacing", [False, True])
def test_without_arms_list_nobody_knows_whether_the_service_moved_it_and_nothing_is_written(
    why: str, around: Callable[[ObservedDeployment], ObservedState], replacing: bool
) -> None:
    """A lost answer is no reason to delete the live successor (histories, seed 9)."""
    one = replace(DYING, lifecycle=Lifecycle(replace_allowed=replacing))
    observed = around(running(one, name="gpt-9", version="2026-07-09"))
    action = only_action(plan(state(one), observed, Policy(max_deletes=9, today=TODAY)))
    assert isinstance(action, Blocked), why
    assert action.reason is Reason.MODELS_UNREADABLE
    assert action.explanation == (
        "it runs gpt-9 2026-07-09, and ARM's list of models, which tells whether the service moved it "
        "there, could not be read"
    )
    assert "declare the model that runs" in action.fix
    (item,) = find_drift(state(one), observed, today=TODAY).items
    assert (item.cause, item.severity) == (Cause.CHANGED_OUTSIDE, Severity.WARNING)
    assert item.explanation.endswith("could not be read, and the service may have moved it")


WITHOUT_A_LIST: list[tuple[str, DesiredDeployment, dict[str, str], Mover]] = [
    ("a newer version has its order", desired(version=OLD), {"version": NEW}, Mover.SERVICE),
    ("an older one too", desired(version=NEW), {"version": OLD}, Mover.SOMEBODY),
    ("a provisioned one is never moved", desired(version=OLD, sku=PTU), {"name": "gpt-9"}, Mover.SOMEBODY),
    ("a successor that nobody knows", desired(model="o3", version="1"), {"name": "o9"}, Mover.UNTOLD),
    ("a documented one", desired(model="o3", version="2025-04-16"), {"name": "gpt-5.6-sol"}, Mover.SERVICE),
]


@pytest.mark.parametrize(
    ("what", "one", "live", "mover"), WITHOUT_A_LIST, ids=[what for what, *_ in WITHOUT_A_LIST]
)
def test_what_can_be_told_without_the_list_is_told(
    what: str, one: DesiredDeployment, live: dict[str, str], mover: Mover
) -> None:
    upgrades = RegionalUpgrades(world(listed(), offers=None), account(), REGION, TODAY)
    assert who_moved(one, running(one, **live), upgrades) is mover, what


def test_the_documented_successor_counts_too() -> None:
    one = desired(model="o3", version="2025-04-16")
    action, _ = answered(one, running(one, name="gpt-5.6-sol", version="2026-07-09"))
    assert (type(action), action.reason) == (Keep, Reason.AUTO_UPGRADED)


def test_any_other_model_was_moved_there_by_somebody() -> None:
    action, cause = answered(DYING, running(DYING, name="gpt-4.1", version="2025-04-14"), [ANNOUNCED])
    assert isinstance(action, Blocked)
    assert (action.reason, cause) == (Reason.REPLACE_FORBIDDEN, Cause.CHANGED_OUTSIDE)


def test_what_else_changes_is_written_over_the_live_model_which_stays() -> None:
    one = running(DYING, name="gpt-5.6-sol", version="2026-07-09")
    bigger = desired(model="gpt-4o", version="2024-05-13", capacity=60)
    action, _ = answered(bigger, one, [ANNOUNCED])
    assert isinstance(action, Update)
    assert "model.name" not in {change.path for change in action.changes}
    assert (model_of(action)["name"], model_of(action)["version"]) == ("gpt-5.6-sol", "2026-07-09")
    body: Any = action.body
    assert body["tags"][MODEL_TAG] == "gpt-4o@2024-05-13"


def leading(days: int, retires: str) -> Offer:
    """A preview that the service moves so many days before it retires."""
    target = Replacement(model="gpt-4.1", version="2025-04-14", lead_days=days)
    return replace(offer("p", version="x-preview", retires=retires), replacement=target)


PREVIEW_OFFERS: list[tuple[str, list[Offer], bool]] = [
    ("ARM calls it Deprecated", [offer("p", version="x-preview", status="Deprecated")], True),
    ("its date has passed", [offer("p", version="x-preview", retires="2026-11-29T00:00:00Z")], True),
    ("ARM lists it no longer", [offer("p", version=NEW)], True),
    ("it lives", [offer("p", version="x-preview", retires="2026-11-30T00:00:00Z")], False),
    ("ARM moves it a week before its date", [leading(7, "2026-12-06T00:00:00Z")], True),
    ("the day of its move is tomorrow", [leading(7, "2026-12-07T00:00:00Z")], False),
    ("ARM's list has nothing of the model", [], False),
]


@pytest.mark.parametrize(("reason", "offers", "ended"), PREVIEW_OFFERS, ids=[r for r, *_ in PREVIEW_OFFERS])
def test_a_preview_that_has_ended_is_moved_whatever_the_option(
    reason: str, offers: list[Offer], ended: bool
) -> None:
    target = Replacement(model="gpt-4.1", version="2025-04-14")
    named = [replace(one, replacement=one.replacement or target) for one in offers]
    one = desired(version="2024-01-01", option="NoAutoUpgrade")
    preview = [
        replace(each, model_version="2024-01-01", lifecycle_status=each.lifecycle_status or "Preview")
        if each.model_version == "x-preview"
        else each
        for each in named
    ]
    if reason == "ARM calls it Deprecated":
        one = desired(model="gpt-4o-preview", version="2024-01-01", option="NoAutoUpgrade")
        preview = [replace(each, model_name="gpt-4o-preview") for each in preview]
    if reason == "ARM lists it no longer":
        one = desired(model="gpt-4o-preview", version="2024-01-01", option="NoAutoUpgrade")
        preview = [replace(each, model_name="gpt-4o-preview") for each in preview]
    action, cause = answered(one, running(one, version=NEW), preview)
    assert isinstance(action, Keep if ended else Update), reason
    assert (cause is Cause.AUTO_UPGRADED) is ended


def test_a_forced_move_is_a_warning_that_does_not_speak_of_what_the_manifest_allows() -> None:
    one = desired(model="gpt-4o-preview", version="2024-01-01", option="NoAutoUpgrade")
    ended = [offer("p", model="gpt-4o-preview", version="2024-01-01", status="Deprecated")]
    observed = world(listed(running(one, version=NEW)), offers=ended)
    (item,) = find_drift(state(one), observed, today=TODAY).items
    assert (item.cause, item.severity) == (Cause.AUTO_UPGRADED, Severity.WARNING)
    assert "every preview that ends, whatever the versionUpgradeOption" in item.explanation


def test_a_version_that_is_no_preview_is_not_moved_against_its_option() -> None:
    one = desired(version=OLD, option="NoAutoUpgrade")
    gone = [offer("p", version=OLD, status="Deprecated")]
    assert not isinstance(answered(one, running(one, version=NEW), gone)[0], Keep)


# -- marks of the earlier release ------------------------------------------------------------------------


def test_nothing_is_written_only_to_add_the_mark_of_the_model() -> None:
    there = by_the_earlier_release(applied(desired()))
    assert isinstance(answered(desired(), there)[0], Keep)


def test_the_mark_of_the_model_comes_along_with_any_other_write() -> None:
    there = by_the_earlier_release(applied(desired()))
    action, _ = answered(desired(capacity=60), there)
    assert f"tags.{MODEL_TAG}" in {change.path for change in action.changes}


def test_marks_are_renewed_where_that_is_asked_for() -> None:
    there = by_the_earlier_release(applied(desired()))
    made = plan(state(desired()), world(listed(there)), Policy(renew_marks=True))
    action = only_action(made)
    assert isinstance(action, Update)
    assert ([change.path for change in action.changes], action.reason) == (
        [f"tags.{MODEL_TAG}"],
        Reason.MARK_OUTDATED,
    )


def test_the_spec_mark_of_the_earlier_release_decides_where_it_is_equal() -> None:
    one = desired(version=OLD)
    action, cause = answered(one, by_the_earlier_release(running(one, version=NEW)))
    assert (type(action), cause) == (Keep, Cause.AUTO_UPGRADED)
    provisioned = desired(version=OLD, sku=PTU)
    action, cause = answered(provisioned, by_the_earlier_release(running(provisioned, version=NEW)))
    assert (type(action), cause) == (Update, Cause.CHANGED_OUTSIDE)


def test_where_it_is_not_equal_the_plan_shows_the_change_and_says_that_it_cannot_tell() -> None:
    one = desired(version=OLD)
    there = by_the_earlier_release(running(one, version=NEW))
    action, _ = answered(desired(version=OLD, capacity=60), there)
    assert isinstance(action, Update)
    assert "model.version" in {change.path for change in action.changes}
    assert "do not tell" in action.explanation


MARKS_OF_THE_FIRST_RELEASE = [
    (desired(), "e09828cc525c"),
]


def test_a_manifest_of_the_first_release_has_the_mark_that_it_had() -> None:
    """Who changes the mark of a spec makes every deployment of every fleet look changed."""
    for one, mark in MARKS_OF_THE_FIRST_RELEASE:
        assert spec_mark(replace(one, spec=replace(one.spec, tags={"team": "support"}))) == mark


def test_a_deployment_that_nobody_marked_is_the_manifests_to_decide() -> None:
    one = replace(desired(version=OLD), adopt=True)
    there = running(one, version=NEW)
    bare = seen(there.id, {**there.resource, "tags": {}})
    action, _ = answered(one, bare)
    assert isinstance(action, Update)
    assert model_of(action)["version"] == OLD
    action, _ = answered(replace(one, spec=desired(version=NEW).spec), bare)
    assert isinstance(action, Adopt)


# -- the mark itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "mark"),
    [
        (desired(version=NEW), "gpt-4o@2024-11-20"),
        (desired(version=UNSET), "gpt-4o@"),
        (desired(lifecycle=Lifecycle(ignore_changes=("model.version",))), "gpt-4o@"),
        (desired(lifecycle=Lifecycle(ignore_changes=("model",))), "@"),
    ],
)
def test_the_mark_of_the_model_is_what_the_manifest_decides(one: DesiredDeployment, mark: str) -> None:
    assert model_mark(one) == mark


def test_a_source_joins_the_mark_without_case_and_without_tenant() -> None:
    source = SourceAccount(account=account("trainer"), tenant=None)
    upper = SourceAccount(account=account("TRAINER"), tenant="t")
    one, other = (desired(model=TUNED, version="1", source=each) for each in (source, upper))
    assert model_mark(one) == model_mark(other)
    name, _, digest = model_mark(one).partition("#")
    assert (name, len(digest)) == (f"{TUNED}@1", 8)
    assert int(digest, 16) >= 0


@pytest.mark.parametrize("tells", [True, False], ids=["ARM tells the source", "ARM does not"])
def test_a_changed_source_is_shown_as_one_and_needs_a_new_deployment(tells: bool) -> None:
    before, after = (
        desired(model=TUNED, version="1", source=SourceAccount(account=account(name), tenant=None))
        for name in ("one", "two")
    )
    there = applied(before)
    if not tells:
        resource: Any = there.resource
        del resource["properties"]["model"]["source"]
        there = seen(there.id, resource)
    action, _ = answered(after, there)
    assert isinstance(action, Blocked)
    assert action.reason is Reason.REPLACE_FORBIDDEN
    assert "model.source" in {change.path for change in action.changes}


def test_a_mark_that_somebody_wrote_over_counts_as_what_was_last_declared() -> None:
    one = desired(version=OLD)
    there = tagged(running(one, version=NEW), **{MODEL_TAG: "gpt-4o@something", SPEC_TAG: "0" * 12})
    action, _ = answered(one, there)
    assert isinstance(action, Update)


# -- the order of versions, and what is announced for which --------------------------------------------

NEWER: list[tuple[str, str, bool]] = [
    ("1", "2", True),
    ("9", "10", True),
    ("10", "99", True),
    ("2", "1", False),
    ("9", "100", False),
    ("100", "101", False),
    ("1", "01", False),
    ("9", "v", False),
    ("v", "9", False),
    ("1234-x", "1234-y", False),
    ("2024-11-20", "2024-11-2", False),
    ("abcdefghij", "abcdefghik", False),
    ("2024-11-20", "2025111-20", False),
    (OLD, NEW, True),
]


@pytest.mark.parametrize(("declared", "live", "newer"), NEWER)
def test_only_dates_and_small_counts_have_an_order(declared: str, live: str, newer: bool) -> None:
    one = desired(version=declared)
    assert who_moved(one, running(one, version=live)) is (Mover.SERVICE if newer else Mover.SOMEBODY)


@pytest.mark.parametrize("version", ["1", UNSET])
def test_another_model_is_one_whatever_its_version(version: str | Unset) -> None:
    one = desired(version=version)
    assert who_moved(one, running(one, name="gpt-4.1")) is Mover.SOMEBODY
    assert who_moved(one, replace(applied(one), model_name=None)) is Mover.SOMEBODY
    assert who_moved(one, running(one, name="GPT-4O")) is Mover.NOBODY


def test_a_version_that_the_manifest_leaves_open_is_never_moved() -> None:
    one = desired(version=UNSET)
    assert who_moved(one, running(one, version=NEW)) is Mover.NOBODY


def test_of_a_deployment_whose_sku_arm_does_not_tell_nobody_knows_that_the_service_may_move_it() -> None:
    one = desired(version=OLD)
    assert who_moved(one, replace(running(one, version=NEW), sku=None)) is Mover.SOMEBODY


def of_zz(version: str, successor: str | None) -> Offer:
    made = offer("p", model="zz", version=version)
    return replace(made, replacement=Replacement(model=successor, version="3")) if successor else made


@pytest.mark.parametrize(
    ("declared", "mover"), [("1", Mover.SERVICE), ("2", Mover.SOMEBODY), ("0", Mover.SERVICE)]
)
def test_a_successor_is_one_of_the_version_that_it_is_announced_for_and_of_the_older_ones(
    declared: str, mover: Mover
) -> None:
    """An older one was upgraded to that version before; ARM lists it no longer."""
    one = desired(model="zz", version=declared)
    observed = world(listed(), offers=[of_zz("1", "yy"), of_zz("2", None)])
    upgrades = RegionalUpgrades(observed, account(), REGION, TODAY)
    assert who_moved(one, running(one, name="yy", version="3"), upgrades) is mover


def test_what_follows_one_place_of_hosting_does_not_follow_the_other() -> None:
    claude = [replace(one, model_format="Anthropic") for one in (of_zz("1", None), of_zz("2", "yy"))]
    found = RegionalUpgrades(world(listed(), offers=claude), account(), REGION, TODAY)
    assert found.successors("zz", "1", desired().spec.sku.name) == frozenset()
    assert found.successors("zz", "2", desired().spec.sku.name) == {"yy"}


def test_successors_that_name_each_other_come_to_an_end() -> None:
    back = replace(offer("p", model="yy", version="3"), replacement=Replacement(model="zz", version="1"))
    observed = world(listed(), offers=[of_zz("1", "yy"), back])
    found = RegionalUpgrades(observed, account(), REGION, TODAY).successors(
        "zz", "1", desired().spec.sku.name
    )
    assert found == {"yy", "zz"}


@pytest.mark.parametrize("live", ["Cohere-rerank-v4.0-pro", "cohere-rerank-v4.0-fast"])
def test_each_of_several_documented_successors_counts(live: str) -> None:
    upgrades = RegionalUpgrades(world(listed()), account(), REGION, TODAY)
    assert live.lower() in upgrades.successors("Cohere-rerank-v3.5", "1", desired().spec.sku.name)


def test_without_a_day_no_date_has_passed() -> None:
    listed_one = offer("p", version="1", status="Preview", retires="2020-01-01")
    observed = world(listed(), offers=[listed_one])
    sku = desired().spec.sku.name
    assert not RegionalUpgrades(observed, account(), REGION, None).preview_ended("gpt-4o", "1", sku)
    assert RegionalUpgrades(observed, account(), REGION, TODAY).preview_ended("gpt-4o", "1", sku)


def test_the_maker_and_the_publisher_of_the_successor_stay_too() -> None:
    one = replace(DYING, spec=replace(DYING.spec, model=replace(DYING.spec.model, publisher="OpenAI")))
    there: Any = running(one, name="gpt-5.6-sol", version="2026-07-09").resource
    there["properties"]["model"] |= {"format": "Microsoft", "publisher": "Microsoft"}
    action, _ = answered(one, seen(one.id, there), [ANNOUNCED])
    assert (type(action), action.reason) == (Keep, Reason.AUTO_UPGRADED)


def test_a_deployment_that_becomes_a_provisioned_one_gets_the_declared_model_not_the_services() -> None:
    """Else the next plan would migrate what this one had just written (histories, seed 20261129)."""
    before, after = desired(sku="GlobalStandard", version=OLD), desired(sku=PTU, version=OLD)
    assert who_moved(before, running(before, version=NEW)) is Mover.SERVICE
    assert who_moved(after, running(before, version=NEW)) is Mover.SOMEBODY

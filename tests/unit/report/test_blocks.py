"""A plan of many deployments: what they have in common is told once, with all their names."""

import re
from dataclasses import replace

import pytest

from reconciler.diagnostics import Diagnostic, Layer, Place, Provenance, Severity
from reconciler.domain.deployment import DesiredDeployment
from reconciler.plan.actions import Blocked, Reason
from reconciler.plan.plan import Plan, Unread, Verdict
from reconciler.report import plan as report
from reconciler.report import quota
from reconciler.report.style import Style
from tests.unit.report.values import (
    ALIASES,
    blocked,
    change,
    create,
    desired,
    keep,
    named,
    observed,
    plan,
    pool,
    refusal,
    update,
)

NARROW = Style(width=80)


def text_of(one: Plan, *, verbose: bool = False) -> str:
    return report.render_text(one, style=NARROW, alias_of=ALIASES.get, verbose=verbose)


def retagged(accounts: int) -> Plan:
    """One changed default tag on five deployments of each account."""
    names = ("chat", "embeddings", "mini", "reserved", "vision")
    return plan(
        *(
            update(
                desired(name, f"aoai-contoso-{number:03}"),
                observed(name, f"aoai-contoso-{number:03}"),
                change("tags.costCenter", "4711", "4712"),
            )
            for number in range(accounts)
            for name in names
        )
    )


def test_one_changed_default_on_two_hundred_deployments_is_one_block_that_names_them_all() -> None:
    text = text_of(retagged(40))
    assert len(text.splitlines()) < 30
    assert text.count("tags.costCenter") == 1
    assert "~    update 200 deployments in 40 accounts, capacity-changed" in text
    assert "chat, embeddings, mini, reserved, vision in prod/aoai-contoso-000" in " ".join(text.split())
    assert all(f"prod/aoai-contoso-{number:03}" in text for number in range(40))
    assert text.endswith("Plan: 200 to update.\n")
    assert text_of(retagged(40), verbose=True).count("tags.costCenter") == 200


def test_two_hundred_creates_of_two_kinds_are_two_blocks() -> None:
    creates = [
        create(
            desired(name, f"acc-{number:03}"), change("sku.capacity", None, 50), change("tags.a", None, "b")
        )
        for number in range(100)
        for name in ("chat", "mini")
    ]
    lines = text_of(plan(*creates)).splitlines()
    assert len(lines) < 60
    assert "  every create: tags.a b" in [f"  {line}" for line in lines if line.startswith("every")]
    assert sum("tags.a b" in line for line in lines) == 1


def test_what_differs_is_never_told_of_both() -> None:
    text = text_of(
        plan(
            *(
                update(desired(f"d{n}"), observed(f"d{n}"), change("sku.capacity", 10, 20 + n % 2))
                for n in range(8)
            )
        )
    )
    assert "update 4 deployments in 1 account" in text
    assert "d0, d2, d4, d6 in prod/aoai-swc" in text
    assert "d1, d3, d5, d7 in prod/aoai-swc" in text


def test_the_summary_has_a_line_an_account_and_still_what_is_blocked_and_refused() -> None:
    one = plan(
        create(desired("a")),
        update(desired("b"), observed("b")),
        blocked(desired("c", "aoai-eus2")),
        keep(observed("d"), desired("d")),
        refusals=(refusal(),),
    )
    text = report.render_summary(one, style=NARROW, alias_of=ALIASES.get)
    assert text.splitlines()[0] == "prod/aoai-eus2  swedencentral  1 blocked"
    assert "prod/aoai-swc  swedencentral  1 create, 1 update" in text
    assert "replace-forbidden" in text
    assert "max-deletes: 4 deployments would be deleted" in text
    assert text.endswith("Plan: 1 to create, 1 to update; 1 unchanged, 1 blocked.\n")


@pytest.mark.parametrize("standing_open", [True, False])
def test_changes_stand_open_on_a_page_when_there_are_at_most_ten(standing_open: bool) -> None:
    number = 10 if standing_open else 11
    changes = [update(desired(f"d{n}"), observed(f"d{n}"), change("x", n, -n)) for n in range(1, number + 1)]
    page = report.render_markdown(plan(*changes), commit="0123456789ab")
    assert ("<details open>" in page) is standing_open
    assert "Fleet `contoso`, cloud `emulator`, commit `0123456789ab`." in page


def test_a_page_has_only_findings_on_deployments_that_change_and_on_what_is_none() -> None:
    def placed(name: str, number: int) -> tuple[DesiredDeployment, Place]:
        place = Place(file="set.yaml", route=("spec", "deployments", number))
        layer = Layer(place=place, stated={"name": name})
        inside = replace(place, route=(*place.route, "model"))
        return replace(desired(name), provenance=Provenance(layers=(layer,))), inside

    def warning(code: str, place: Place) -> Diagnostic:
        return Diagnostic(code=code, severity=Severity.WARNING, message="x", place=place)

    (new, at_new), (same, at_same) = placed("new", 0), placed("same", 1)
    found = (
        warning("of-new", at_new),
        warning("of-same", at_same),
        warning("of-fleet", Place(file="f.yaml")),
    )
    page = report.render_markdown(plan(create(new), keep(observed("same"), same), diagnostics=found))
    assert [one.code for one in found if one.code in page] == ["of-new", "of-fleet"]


def test_pools_that_fit_with_room_are_one_line_and_the_others_are_rows() -> None:
    pools = (
        pool("Roomy", limit=1000, after=270),
        pool("Tight", limit=100, after=95),
        pool("Full", limit=100, after=100, peak=120, verdict=Verdict.EXCEEDS),
    )
    lines = quota.forecast_lines(pools, NARROW, ALIASES.get)
    assert lines[-1] == "quota: 1 more pool fits; fullest Roomy in prod/swedencentral at 27 %"
    assert [line.split()[1] for line in lines if re.match(r"  [=!?] ", line)] == ["Tight", "Full"]
    alone = quota.forecast_lines(pools[:1], NARROW, ALIASES.get)
    assert alone == ["quota: 1 pool fits; fullest Roomy in prod/swedencentral at 27 %"]


@pytest.mark.parametrize(
    ("limit", "after", "used", "left"),
    [
        (300, 150, 50, 150),
        (300, 1, 1, 299),
        (0, 0, 0, 0),
        (0, 5, 100, 0),
        (100, 120, 120, 0),
        (None, 1, None, None),
    ],
)
def test_free_and_used_are_of_what_is_used_after_the_plan(
    limit: int | None, after: int, used: int | None, left: int | None
) -> None:
    one = pool(limit=limit, after=after)
    assert (quota.per_cent(one), quota.free(one)) == (used, left)


def unread(*accounts: str) -> Plan:
    """A plan in which nobody could sign in, with one deployment declared in each account."""
    chain = "Tried: EnvironmentCredential (not configured), AzureCliCredential. Fix: sign in with az login"
    stuck = [
        Blocked(
            id=named("chat", account),
            region=None,
            reason=Reason.ACCOUNT_UNREADABLE,
            explanation=f"the deployments of {account} could not be listed completely: no token. {chain}",
            fix="above",
        )
        for account in accounts
    ]
    told = [Unread(id=one.id.account, message=one.explanation, fix=one.fix) for one in stuck]
    return plan(*stuck, unread=tuple(told))


def test_one_cause_that_hits_many_accounts_is_told_once_first_with_its_fix() -> None:
    text = text_of(unread(*(f"acc-{number:02}" for number in range(40))))
    assert text.splitlines()[0] == "fix: sign in with az login"
    assert "no token (40 accounts not read)" in text
    assert len(text.splitlines()) < 15
    assert "EnvironmentCredential" not in text
    assert text.endswith("Plan: 40 blocked.\n")


def test_the_credentials_that_were_tried_are_told_to_who_asks() -> None:
    text = text_of(unread("acc-1", "acc-2"), verbose=True)
    assert text.count("EnvironmentCredential (not configured)") == 1


def test_a_cause_of_one_account_stands_with_it() -> None:
    text = text_of(unread("alone"))
    assert "account-unreadable" in text
    assert "hits" not in text


def test_a_page_tells_a_common_cause_once_too() -> None:
    page = report.render_markdown(unread("acc-1", "acc-2", "acc-3"))
    assert page.count("`no token`") == 1
    assert "`sign in with az login`" in page

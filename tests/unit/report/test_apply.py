"""What became of an apply, as text and JSON."""

from typing import Any

import pytest

from reconciler.engine.outcome import ApplyReport, Fault, ItemReport, Outcome
from reconciler.engine.stop import Cause, Interruption
from reconciler.plan.plan import Plan
from reconciler.report.apply import render_text, to_json
from reconciler.report.style import Style
from tests.unit.report.golden_text import as_golden
from tests.unit.report.values import (
    ALIASES,
    blocked,
    change,
    create,
    delete,
    desired,
    keep,
    observed,
    plan,
    refusal,
    update,
)

PLAIN = Style(width=80)
QUOTA = Fault(
    code="InsufficientQuota",
    message="This operation require 50 new capacity in quota Tokens Per Minute (thousands) - gpt-4o",
    status=400,
    request_id="7d0c8a4e-0000-0000-0000-000000000001",
    fix="Lower the capacity, or ask Azure for more quota",
)


def item(of: Plan, number: int, outcome: Outcome, fault: Fault | None = None, **more: Any) -> ItemReport:  # noqa: ANN401
    return ItemReport(step=of.steps[number], outcome=outcome, fault=fault, **more)


def mixed(interrupted: Interruption | None = None) -> ApplyReport:
    """Every outcome in two accounts."""
    of = plan(
        create(desired("made"), change("x", None, 1)),
        update(desired("refused"), observed("refused"), change("sku.capacity", 10, 50)),
        delete(observed("needs-it")),
        create(desired("lost", "aoai-eus2"), change("x", None, 1)),
        update(desired("moved", "aoai-eus2"), observed("moved", "aoai-eus2"), change("sku.capacity", 1, 2)),
        update(desired("queued", "aoai-eus2"), observed("queued", "aoai-eus2"), change("sku.capacity", 1, 2)),
        blocked(desired("swap", "aoai-eus2")),
        keep(observed("same"), desired("same")),
    )
    items = (
        item(of, 0, Outcome.SUCCEEDED, attempts=1, duration_ms=12_400),
        item(of, 1, Outcome.FAILED, QUOTA, attempts=2, duration_ms=900),
        item(of, 2, Outcome.SKIPPED, Fault(code="dependency", message="it needs refused in aoai-swc")),
        item(
            of,
            3,
            Outcome.UNKNOWN,
            Fault(code="interrupted", message="PUT was sent and may still be running", request_id="abc-1"),
            attempts=1,
            duration_ms=185_000,
            note="the api-version is not the newest",
        ),
        item(of, 4, Outcome.STALE, Fault(code="stale", message="sku.capacity changed since the plan")),
        item(of, 5, Outcome.CONFLICT, Fault(code="RequestConflict", message="busy", status=409)),
    )
    return ApplyReport(plan=of, items=items, interrupted=interrupted)


@pytest.mark.parametrize(
    ("name", "report"),
    [("apply.txt", mixed()), ("apply-interrupted.txt", mixed(Interruption(cause=Cause.SIGINT)))],
)
def test_every_outcome_reads_as_in_the_golden_text(name: str, report: ApplyReport) -> None:
    assert as_golden(name, render_text(report, style=PLAIN, alias_of=ALIASES.get))


def test_a_time_limit_is_not_called_an_interruption() -> None:
    text = render_text(
        mixed(Interruption(cause=Cause.TIME_LIMIT, words="the time limit of 5 s")), style=PLAIN
    )
    assert "Stopped by the time limit of 5 s: 1 done, 1 may still be running" in text


def test_codes_messages_and_request_ids_of_arm_stand_as_they_came() -> None:
    text = render_text(mixed(), style=Style(width=200))
    assert f"400 InsufficientQuota: {QUOTA.message}\n" in text
    assert f"request id: {QUOTA.request_id}\n" in text
    assert f"fix: {QUOTA.fix}\n" in text


def test_what_succeeded_alone_gives_no_fix_on_what_now() -> None:
    of = plan(create(desired("made")))
    text = render_text(ApplyReport(plan=of, items=(item(of, 0, Outcome.SUCCEEDED),)), style=PLAIN)
    assert text.splitlines()[-1] == "Apply: 1 succeeded."
    assert "apply again" not in text


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (plan(blocked(desired("a")), blocked(desired("b"))), "nothing written, 2 blocked"),
        (plan(delete(observed("a")), refusals=(refusal(),)), "nothing written, refused by max-deletes"),
        (plan(keep(observed("same"), desired("same"))), "nothing was to be written"),
    ],
)
def test_the_last_line_says_what_kept_a_run_from_writing(of: Plan, told: str) -> None:
    assert render_text(ApplyReport(plan=of, items=()), style=PLAIN).splitlines() == [f"Apply: {told}."]


def actions(report: ApplyReport) -> dict[str, Any]:
    found = to_json(report)["actions"]
    assert isinstance(found, list)
    return {one["deployment"]: one for one in found if isinstance(one, dict)}


def test_json_is_the_plans_actions_with_the_end_of_each() -> None:
    found = actions(mixed())
    assert {name: one["outcome"] for name, one in found.items()} == {
        "made": "succeeded",
        "refused": "failed",
        "needs-it": "skipped",
        "lost": "unknown",
        "moved": "stale",
        "queued": "conflict",
        "swap": "skipped",
        "same": "succeeded",
    }
    assert found["refused"]["attempts"] == 2
    assert found["refused"]["durationMs"] == 900
    assert found["refused"]["error"] == {
        "status": 400,
        "code": "InsufficientQuota",
        "message": QUOTA.message,
        "requestId": QUOTA.request_id,
        "fix": QUOTA.fix,
    }
    assert found["made"]["error"] is None
    assert found["made"]["changes"] == [{"path": "x", "before": None, "after": 1}]


def test_json_counts_what_was_to_be_done_and_not_what_was_as_declared() -> None:
    assert to_json(mixed())["summary"] == {
        "succeeded": 1,
        "failed": 1,
        "skipped": 2,
        "unknown": 1,
        "conflict": 1,
        "stale": 1,
        "none": 1,
        "blocked": 1,
    }


def test_json_of_a_blocked_action_says_why_and_what_lifts_it() -> None:
    error = actions(mixed())["swap"]["error"]
    assert error["code"] == "replace-forbidden"
    assert error["fix"] == "declare the new one beside it, or write lifecycle: {replace: allowed}"


def test_json_of_a_refused_plan_skips_everything_and_names_the_refusal() -> None:
    report = ApplyReport(plan=plan(create(desired("a")), refusals=(refusal(),)), items=())
    found = actions(report)["a"]
    assert found["outcome"] == "skipped"
    assert found["error"]["code"] == "max-deletes"
    assert found["error"]["fix"] == "--max-deletes 4"
    assert to_json(report)["succeeded"] is False

"""Drift as text, JSON and Markdown."""

from dataclasses import replace

from reconciler.diagnostics import Severity
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftReport
from reconciler.report.drift import render_text, to_json
from reconciler.report.drift_builds import render_github, render_junit
from reconciler.report.style import Style
from tests.unit.report.golden_text import as_golden
from tests.unit.report.pages import drift_source
from tests.unit.report.samples import APPLICATION, PERSON, found, item
from tests.unit.report.values import ALIASES, account, change, drift_markdown, named

PLAIN = Style(width=80)


def test_our_own_marks_and_fractions_of_seconds_are_left_to_json() -> None:
    pending = item(
        "next",
        Cause.PENDING,
        change("sku.capacity", 10, 45),
        change("tags.reconciler-spec", "0123456789ab", "ba9876543210"),
        severity=Severity.INFO,
        when="2026-06-22T00:00:52.0760210Z",
        explanation="the manifest is not what was last applied to it",
    )
    report = DriftReport(items=(pending,))
    for text in (
        render_text(report, style=PLAIN),
        drift_markdown(report),
        render_junit(report),
        render_github(report, places={}, span=lambda _: None),
        drift_source(report),
    ):
        assert "sku.capacity" in text
        assert "reconciler-spec" not in text
        assert "2026-06-22T00:00:52Z" in text
    told = str(to_json(report)["items"])
    assert "reconciler-spec" in told
    assert "52.0760210Z" in told


def test_every_kind_of_drift_reads_as_in_the_golden_text() -> None:
    assert as_golden("drift.txt", render_text(found(), style=PLAIN, alias_of=ALIASES.get))


def test_the_markdown_reads_as_in_the_golden_text() -> None:
    assert as_golden("drift.md", drift_markdown(found()))


def test_a_person_is_masked_everywhere_unless_asked_for_and_an_application_never() -> None:
    texts = (render_text(found(), style=PLAIN), str(to_json(found())), drift_markdown(found()))
    for text in texts:
        assert "alice" not in text
        assert "a…@contoso.com" in text
        assert APPLICATION in text
    open_texts = (
        render_text(found(), style=PLAIN, show_people=True),
        str(to_json(found(), show_people=True)),
        drift_markdown(found(), show_people=True),
    )
    assert all(PERSON in text for text in open_texts)


def test_json_has_the_pinned_keys_and_every_cause() -> None:
    document = to_json(found())
    items = document["items"]
    assert isinstance(items, list)
    first = items[0]
    assert isinstance(first, dict)
    assert {"id", "account", "deployment", "cause", "severity", "changes", "who", "when"} <= set(first)
    assert first["changes"] == [
        {"path": "sku.capacity", "before": 80, "after": 50},
        {"path": "raiPolicyName", "before": None, "after": "Microsoft.DefaultV2"},
    ]
    assert document["summary"] == {cause.value: 0 for cause in Cause} | {
        "changed-outside": 1,
        "expired": 1,
        "undeclared": 1,
        "pending": 1,
    }
    assert document["unreadable"] == [
        {
            "id": str(account("aoai-unread")),
            "account": "aoai-unread",
            "code": "AuthorizationFailed",
            "message": "no right to read",
            "fix": "",
        }
    ]


def test_no_drift_is_said_in_one_line() -> None:
    assert (
        render_text(DriftReport(items=(), synced=tuple(named(n) for n in "abc")), style=PLAIN)
        == "Drift: none; 3 in sync.\n"
    )


def test_ascii_terminals_get_ascii() -> None:
    assert render_text(found(), style=Style(width=80, unicode=False)).isascii()


def test_a_very_long_table_is_cut_and_says_so() -> None:
    many = DriftReport(items=tuple(item(f"d{number}", explanation="x" * 300) for number in range(1000)))
    text = drift_markdown(many)
    assert len(text.encode()) < 65_000
    assert "800 more deployments not shown" in text


def test_what_is_the_same_of_many_is_told_once_with_their_names_and_the_first_and_last_time() -> None:
    (one, *_) = found().items
    items = tuple(
        replace(one, id=named("chat", f"acc-{number}"), when=f"2026-11-2{number}T08:15:00Z")
        for number in range(3)
    )
    text = render_text(DriftReport(items=items), style=Style(width=200))
    assert text.count(one.explanation) == 1
    assert "3 deployments in 3 accounts" in text
    assert "at 2026-11-20T08:15:00Z to 2026-11-22T08:15:00Z" in text
    assert "in acc-0, acc-1, acc-2" in text.replace("11111111-1111-1111-1111-111111111111/", "")
    each = render_text(DriftReport(items=items), style=Style(width=200), verbose=True)
    assert each.count(one.explanation) == 3

"""Drift for machines: JUnit, GitHub annotations and Prometheus text, whatever is written in a name."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from hypothesis import given

from reconciler.diagnostics import Place, Severity, Span
from reconciler.domain.rights import Check, Status
from reconciler.plan.causes import ABOUT, Cause
from reconciler.plan.drift import DriftItem, DriftReport, UnreadableAccount
from reconciler.report import doctor, lifecycle, quota
from reconciler.report.drift_builds import render_github, render_junit, render_prometheus
from reconciler.report.style import Style
from tests.unit.report.hostile import ANYTHING, evil_drift, obeyed
from tests.unit.report.samples import ASKED, lifespan
from tests.unit.report.values import EVIL, account, change, named, pool

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
_SERIES = re.compile(
    r'(?P<name>[a-z_]+)\{(?P<labels>(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (?P<value>\d+)'
)


def item(name: str, cause: Cause, severity: Severity | None = None, in_account: str = "acc") -> DriftItem:
    return DriftItem(
        id=named(name, in_account),
        cause=cause,
        severity=severity or ABOUT[cause].severity,
        changes=(change("sku.capacity", 80, 50),) if cause is Cause.CHANGED_OUTSIDE else (),
        who="alice@contoso.com",
        when="2026-11-20T08:15:00Z",
        explanation="told",
    )


def night() -> DriftReport:
    return DriftReport(
        items=(
            item("chat", Cause.CHANGED_OUTSIDE),
            item("chat", Cause.RETIRED, Severity.ERROR),
            item("next", Cause.PENDING),
            item("moved", Cause.AUTO_UPGRADED, Severity.INFO),
        ),
        synced=(named("quiet", "acc"),),
        unreadable=(
            UnreadableAccount(
                id=account("dark"),
                code="AuthorizationFailed",
                message="no right",
                declared=(named("a", "dark"), named("b", "dark")),
            ),
            UnreadableAccount(id=account("bare"), code="X", message="no right"),
        ),
    )


def test_each_deployment_is_one_case_and_fails_once_whatever_its_causes() -> None:
    suite = ET.fromstring(render_junit(night()))  # noqa: S314 -- our own
    cases = {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for case in suite.iter("testcase")
    }
    assert cases == {
        ("acc", "chat"): ["failure"],
        ("acc", "moved"): ["system-out"],
        ("acc", "next"): ["system-out"],
        ("acc", "quiet"): [],
        ("dark", "a"): ["error"],
        ("dark", "b"): ["error"],
        ("bare", "(account)"): ["error"],
    }
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "7",
        "failures": "1",
        "errors": "3",
    }
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "changed-outside, retired"
    assert "sku.capacity is 80, declared 50" in (failure.get("message") or "")
    assert "fix: " in (failure.text or "")


def test_people_are_masked_for_machines_too() -> None:
    texts = (render_junit(night()), render_github(night(), places={}, span=lambda _: None))
    assert all("alice" not in text and "a…@contoso.com" in text for text in texts)
    assert "alice@contoso.com" in render_junit(night(), show_people=True)


def test_the_gravest_is_annotated_first_and_where_it_is_declared() -> None:
    place = Place(file="fleet.yaml", route=("spec",))
    span = Span(line=7, column=3, end_line=7, end_column=9)
    lines = render_github(night(), places={named("chat", "acc"): place}, span=lambda _: span).splitlines()
    kinds = [line.partition(" ")[0] for line in lines]
    assert kinds == ["::error"] * 4 + ["::notice"] * 2
    assert (
        "::error file=fleet.yaml,line=7,endLine=7,col=3,endColumn=9,title=drift%3A changed-outside::"
        in (lines[2])
    )


def test_more_than_ten_annotations_are_counted() -> None:
    many = DriftReport(items=tuple(item(f"d{number}", Cause.UNDECLARED) for number in range(25)))
    lines = render_github(many, places={}, span=lambda _: None).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::warning title=reconciler::and 16 more (16 warnings)"
    assert render_github(DriftReport(items=()), places={}, span=lambda _: None) == ""


def series(text: str) -> dict[tuple[str, str], int]:
    """Every series of an exposition; fails where a line is neither a comment nor one, or occurs twice."""
    found: dict[tuple[str, str], int] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)", line), line
            continue
        match = _SERIES.fullmatch(line)
        assert match is not None, line
        key = (match["name"], match["labels"])
        assert key not in found
        found[key] = int(match["value"])
    return found


def test_every_cause_is_a_series_also_with_nothing_in_it() -> None:
    found = series(render_prometheus(night(), fleet="contoso", at=AT))
    counts = {labels: value for (name, labels), value in found.items() if name == "reconciler_drift_items"}
    assert len(counts) == len(Cause)
    assert counts['fleet="contoso",cause="changed-outside"'] == 1
    assert counts['fleet="contoso",cause="expired"'] == 0
    assert found["reconciler_accounts_unreadable", 'fleet="contoso"'] == 2
    assert found["reconciler_last_run_timestamp_seconds", 'fleet="contoso"'] == int(AT.timestamp())


def test_a_success_is_only_told_where_everything_could_be_read() -> None:
    name = ("reconciler_last_success_timestamp_seconds", 'fleet="contoso"')
    assert name not in series(render_prometheus(night(), fleet="contoso", at=AT))
    quiet = DriftReport(items=(), synced=(named("a"),))
    assert series(render_prometheus(quiet, fleet="contoso", at=AT))[name] == int(AT.timestamp())


def test_what_is_no_drift_is_not_drifted() -> None:
    calm = DriftReport(items=(item("next", Cause.PENDING), item("moved", Cause.AUTO_UPGRADED, Severity.INFO)))
    assert series(render_prometheus(calm, fleet="c", at=AT))["reconciler_drifted", 'fleet="c"'] == 0
    assert series(render_prometheus(night(), fleet="c", at=AT))["reconciler_drifted", 'fleet="c"'] == 1


@given(ANYTHING)
def test_f132_machines_are_given_what_they_can_read_whatever_is_written(text: str) -> None:
    report = evil_drift(text)
    ET.fromstring(render_junit(report, show_people=True))  # noqa: S314 -- our own
    series(render_prometheus(report, fleet=text, at=AT))
    lines = render_github(report, places={}, span=lambda _: None, show_people=True).splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error title=drift%3A ") and line.isprintable() for line in lines)
    assert obeyed(render_prometheus(report, fleet=text, at=AT)) == []
    assert obeyed(render_junit(report, show_people=True)) == []


def test_f130_and_f131_lists_and_examinations_obey_nobody() -> None:
    style = Style(width=80)
    checks = [
        Check(name=EVIL, subject=EVIL, status=Status.FAILED, message=EVIL, fix=EVIL),
        Check(name="a", subject="b", status=Status.OK, message="c"),
    ]
    ends = [lifespan(EVIL, model=EVIL)]
    pools = (pool(EVIL),)
    texts = [
        doctor.render_text(checks, style=style, verbose=False),
        lifecycle.render_text(ends, ASKED, style=style),
        lifecycle.render_markdown(ends, ASKED),
        quota.render_text(pools, style=style, alias_of=lambda _: EVIL),
        quota.render_markdown(pools, alias_of=lambda _: EVIL),
    ]
    assert [line for text in texts for line in obeyed(text)] == []


def test_an_examination_counts_what_is_well_and_shows_what_is_not() -> None:
    checks = [
        *(Check(name="account", subject=name, status=Status.OK, message="readable") for name in "abc"),
        Check(name="account", subject="d", status=Status.FAILED, message="no", fix="ask for it"),
    ]
    text = doctor.render_text(checks, style=Style(width=80), verbose=False)
    assert text.splitlines() == [
        "ok          account: readable (3 accounts)",
        "failed      account: d: no",
        "            fix: ask for it",
        "",
        "4 checks: 3 ok, 1 failed. -v lists each.",
    ]
    every = doctor.render_text(checks, style=Style(width=80), verbose=True)
    assert "account: b: readable" in every
    assert every.endswith("4 checks: 3 ok, 1 failed.\n")
    assert doctor.document(checks, tool_version="1").to_json()["summary"] == {
        "ok": 3,
        "warning": 0,
        "failed": 1,
        "unverified": 0,
    }

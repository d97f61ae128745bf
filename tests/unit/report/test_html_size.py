"""An HTML report of a huge fleet stays a file that can be attached, and says what it left out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.plan.drift import DriftReport
from tests.unit.report.pages import drift_source, lifecycle_source, lifespan, plan_source, show_source
from tests.unit.report.reading_html import Reading
from tests.unit.report.samples import found
from tests.unit.report.values import (
    blocked,
    change,
    create,
    delete,
    desired,
    fleet,
    keep,
    observed,
    plan,
    pool,
    refusal,
)


def test_five_thousand_creates_fit_and_what_is_cut_is_counted() -> None:
    actions = [
        create(desired(f"chat-{number}", f"aoai-{number // 20:04}"), change("tags.note", None, "y" * 900))
        for number in range(5_000)
    ]
    source = plan_source(plan(*actions))
    page = Reading(source)
    assert len(source.encode()) < 8 << 20
    shown = len(page.all("article"))
    assert 1_000 < shown < 5_000
    assert shown % 20 == 0
    accounts = 250 - shown // 20
    assert f"Cut to fit: {accounts} accounts not shown" in page.all("header")[0].text
    assert "Plan: 5000 to create" in page.text


def test_five_thousand_deployments_of_a_plan_of_every_kind_stay_under_eight_mib() -> None:
    words = "w" * 1_500
    actions = [
        one
        for number in range(1_250)
        for one in (
            blocked(desired(f"b{number}"), explanation=words),
            delete(observed(f"d{number}", "aoai-two")),
            keep(observed(f"k{number}", "aoai-three", model=f"m{number}")),
            create(desired(f"c{number}", "aoai-four"), change("x", None, words)),
        )
    ]
    source = plan_source(
        plan(
            *actions,
            refusals=tuple(refusal(message=words) for _ in range(2_000)),
            quota=tuple(replace(pool(f"p{number}"), scope=f"s/r{number}") for number in range(5_000)),
        ),
        tuple(lifespan(f"l{number}", model=f"m{number}") for number in range(5_000)),
    )
    assert len(source.encode()) < 8 << 20
    assert re.search(r"Cut to fit: [\d,]+ refusals not shown", source)
    arrived = {f"#{anchor}" for anchor in re.findall(r' id="(step-\d+)"', source)}
    linked = set(re.findall(r' href="(#step-\d+)"', source))
    assert linked <= arrived


@pytest.mark.parametrize("kind", ["show", "lifecycle", "drift"])
def test_five_thousand_deployments_fit_into_every_other_report(kind: str) -> None:
    names = [f"deployment-{number:05}" for number in range(5_000)]
    match kind:
        case "show":
            source = show_source(fleet(*(observed(name) for name in names)))
        case "lifecycle":
            source = lifecycle_source(*(lifespan(name) for name in names))
        case _:
            (first, *_) = found().items
            items = tuple(replace(first, id=observed(name).id) for name in names)
            source = drift_source(DriftReport(items=items))
    assert len(source.encode()) < 8 << 20
    assert "Cut to fit" not in source
    assert names[-1] in source

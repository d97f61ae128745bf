"""The benchmark runs, counts what it says it counts, and draws what it measured."""

import itertools
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from tools.bench.__main__ import main
from tools.bench.curves import Measured, plots
from tools.bench.fleets import Size
from tools.bench.measure import Row, Section, ratio
from tools.bench.page import page
from tools.bench.plot import log_log
from tools.bench.stand_in import asked, serving

SVG = "{http://www.w3.org/2000/svg}"


def row(figure: float | None, **bar: float) -> Row:
    return Row(what="a plan", ours="2 s", beside="bare lists", theirs="1 s", ratio=figure, **bar)


def test_a_plan_asks_once_per_account_and_thrice_per_subscription() -> None:
    """Requests = accounts, a list of accounts per subscription, models and usages per region of it."""
    size = Size(accounts=24, each=5, subscriptions=4)
    with serving(size, latency_ms=1) as url:
        words = [sys.executable, "-m", "tools.bench.subjects", "plan", url, *size.words]
        subprocess.run(words, check=True, capture_output=True)
        counted = asked(url)
    assert counted == Counter(deployments=24, accounts=4, models=4, usages=4)


def test_every_part_that_reads_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "validate", "upgrade", "memory"]) == 0
    told = capsys.readouterr().out
    assert "100 deployments" in told
    assert "MiB" in told


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "valdate"]) == 64
    assert "valdate; parts are validate, start, plan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kept", "one"),
    [
        (True, row(1.5, most=1.5)),
        (False, row(1.51, most=1.5)),
        (True, row(8.0, least=8.0)),
        (False, row(7.9, least=8.0)),
        (True, row(9.9)),
        (True, row(None, most=1.0)),
    ],
)
def test_a_bar_is_kept_or_missed(kept: bool, one: Row) -> None:
    assert one.holds is kept


def test_a_missed_bar_is_said_on_the_page() -> None:
    parts = [Section(title="plan", rows=(row(3.0, most=2.0), row(1.0, most=2.0)), notes=("a " * 100,))]
    text = page(parts, command="make bench", rounds=5)
    assert "| 3.00 **missed** | ≤ 2 |" in text
    assert "| 1.00 | ≤ 2 |" in text
    assert max(map(len, text.splitlines())) <= 118


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    """A round in which the machine was busy slows both sides, and neither counts alone."""
    assert ratio([2.0, 20.0, 2.0], [1.0, 10.0, 2.0]) == 2.0


def test_a_plot_has_a_line_and_a_name_for_each_series_and_whole_powers_of_ten() -> None:
    drawn = log_log("A < B", "accounts", "seconds", {"one": [(100, 0.5), (10_000, 80)], "two": [(100, 3)]})
    root = ET.fromstring(drawn)  # noqa: S314 -- ours
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert {"A < B", "one", "two", "100", "1,000", "10,000", "0.1", "10"} <= set(words)
    (first, last), _ = (line.attrib["points"].split() for line in root.iter(f"{SVG}polyline"))
    assert float(first.split(",")[0]) < float(last.split(",")[0])
    assert float(first.split(",")[1]) > float(last.split(",")[1])


def test_names_of_lines_that_end_together_stand_below_each_other() -> None:
    drawn = log_log("p", "x", "y", {name: [(1, 1), (10, 5)] for name in ("one", "two", "three")})
    heights = [
        float(y) for y, name in re.findall(r'y="([\d.]+)" text-anchor="start">(\w+)', drawn) if name != "p"
    ]
    assert [round(below - above) for above, below in itertools.pairwise(heights)] == [16, 16]


def test_the_curves_have_one_line_for_each_number_of_deployments_and_one_for_the_floor() -> None:
    found = [
        Measured(size=Size(accounts=count, each=each), wall=count / 100, requests=count + 3)
        for each in (1, 32)
        for count in (100, 1_000)
    ]
    drawn = plots(found, [(100, 0.5), (1_000, 5.0)])
    assert {name: text.count("<polyline") for name, text in drawn.items()} == {
        "seconds.svg": 3,
        "requests.svg": 2,
    }


def test_the_stand_in_answers_as_arm_does() -> None:
    size = Size(accounts=1, each=2, subscriptions=1)
    words = [sys.executable, "-m", "tools.bench.subjects", "bare-lists"]
    with serving(size, latency_ms=0) as url:
        done = subprocess.run([*words, url, *size.words], check=True, capture_output=True, text=True)
        assert asked(url) == Counter(deployments=1)
    assert set(json.loads(done.stdout)) == {"wall", "cpu"}

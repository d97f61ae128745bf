"""HTML reports in a real browser: nothing is asked for, nothing runs, nothing is wider than a phone.

The proof that needs no browser is in tests/unit/report; this one runs where a Chromium is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.diagnostics import Diagnostic, Severity
from tests.unit.report.hostile import HOSTILE, evil_cost, evil_table, pages
from tests.unit.report.pages import (
    capacity_source,
    cost_source,
    drift_source,
    lifecycle_source,
    lifespan,
    plan_source,
    quota_source,
    show_source,
)
from tests.unit.report.samples import changed, everything, found, there
from tests.unit.report.values import create, desired, fleet, observed, plan

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
AXE = os.environ.get("RECONCILER_AXE")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here")

LONG = "a-name-without-any-place-to-break-" * 5
WIDE = [
    plan_source(everything(), (lifespan(model=LONG),), LONG),
    plan_source(
        type(everything())(
            fleet=LONG,
            cloud=LONG,
            steps=everything().steps,
            diagnostics=(Diagnostic(code=LONG, severity=Severity.ERROR, message=LONG),),
        )
    ),
    drift_source(found(), there(), alias_of=lambda _: LONG),
    show_source(fleet(observed(LONG, LONG, model=LONG)), lifespan(model=LONG, successor=LONG)),
    lifecycle_source(lifespan(LONG, model=LONG)),
    quota_source(*everything().quota),
    cost_source(evil_cost(LONG)),
    cost_source(changed()),
    capacity_source(evil_table(LONG)),
    plan_source(replace(everything(), cost=changed())),
    plan_source(plan(*(create(desired("a", f"acc-{number:02}")) for number in range(12)))),
]
MEDIA = {
    "desktop": ["--window-size=1440,1200"],
    "dark": ["--window-size=1440,1200", "--blink-settings=preferredColorScheme=0"],
    "print": ["--window-size=1000,1200"],
    "phone": [],
}
MEASURE = """<!DOCTYPE html><body><script>for(let page=0;page<PAGES;page++){
const f=document.createElement('iframe'),told=document.createElement('p');
f.width=360;f.height=800;f.style.border=0;f.onload=()=>{const d=f.contentDocument.documentElement;
told.textContent='page '+page+' width '+d.scrollWidth+' sheet '+
f.contentWindow.getComputedStyle(d.querySelector('.kicker')).textTransform};
f.src=page+'.html';document.body.append(f,told)}</script>"""


def browse(folder: Path, name: str, *more: str) -> tuple[str, str]:
    """The page as the browser left it, and what it said."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        *more,
        "--dump-dom",
        (folder / name).as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


@pytest.mark.parametrize("page", range(len(pages("x"))))
def test_hostile_text_neither_runs_nor_loads_nor_breaks_the_policy(page: int, tmp_path: Path) -> None:
    """A browser's tree is compared with a harmless page's; scripts would change it, loads would complain."""
    marked = [text.replace("alert(1)", "document.title='owned'") for text in HOSTILE]
    (tmp_path / "page.html").write_text(pages(" ".join(marked))[page], "utf-8")
    (tmp_path / "tame.html").write_text(pages("harmless")[page], "utf-8")
    dom, said = browse(tmp_path, "page.html")
    tame, _ = browse(tmp_path, "tame.html")
    assert "<title>owned" not in dom
    assert sorted(re.findall(r"<[a-z][a-z0-9]*", dom)) == sorted(re.findall(r"<[a-z][a-z0-9]*", tame))
    assert not re.search(r"CONSOLE|Content Security Policy|net::ERR", said)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[int, str]]:
    """The width of each page in a frame as wide as a phone, in pixels, and what its sheet made of a text."""
    folder = tmp_path_factory.mktemp("wide")
    for number, page in enumerate(WIDE):
        (folder / f"{number}.html").write_text(page, "utf-8")
    (folder / "measure.html").write_text(MEASURE.replace("PAGES", str(len(WIDE))), "utf-8")
    dom, _ = browse(folder, "measure.html", "--allow-file-access-from-files")
    found = re.findall(r"page (\d+) width (\d+) sheet (\w+)", dom)
    return {int(page): (int(width), sheet) for page, width, sheet in found}


@pytest.mark.parametrize("page", range(len(WIDE)))
def test_no_page_is_wider_than_a_phone_and_the_policy_lets_the_sheet_in(
    page: int, measured: dict[int, tuple[int, str]]
) -> None:
    width, sheet = measured[page]
    assert width <= 360
    assert sheet == "uppercase"


@pytest.mark.skipif(AXE is None, reason="RECONCILER_AXE does not name an axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("page", range(len(WIDE)))
def test_no_page_has_a_violation_of_accessibility(page: int, medium: str, tmp_path: Path) -> None:
    """A window is 500 wide at least, so a phone is a frame; for print, the rules for paper hold on screen."""
    assert AXE is not None
    bare = re.sub(r"<meta http-equiv[^>]*>", "", WIDE[page])  # it lets no script in, a checker neither
    if medium == "print":
        assert "@media print" in bare
        bare = bare.replace("@media print", "@media all")
    told = """axe.run().then(r=>top.document.title='violations '+r.violations.map(v=>v.id).join()+
    ` width ${innerWidth} dark ${matchMedia('(prefers-color-scheme: dark)').matches}`)"""
    script = f"<script>{Path(AXE).read_text('utf-8')}</script><script>{told}</script></body>"
    (tmp_path / "page.html").write_text(bare.replace("</body>", script), "utf-8")
    frame = '<!DOCTYPE html><title>no</title><iframe width=390 height=800 src="page.html"></iframe>'
    (tmp_path / "phone.html").write_text(frame, "utf-8")
    name = "phone.html" if medium == "phone" else "page.html"
    dom, _ = browse(tmp_path, name, "--allow-file-access-from-files", *MEDIA[medium])
    found = re.search(r"<title>violations (\S*) width (\d+) dark (\w+)</title>", dom)
    assert found is not None
    assert found[1] == ""
    assert (int(found[2]) == 390) == (medium == "phone")
    assert (found[3] == "true") == (medium == "dark")


def test_a_script_in_a_page_would_be_noticed(tmp_path: Path) -> None:
    """Without the policy the marker runs, with it the browser complains: the tests above can fail."""
    script = "<script>document.title='owned'</script></body>"
    source = plan_source(everything()).replace("</body>", script)
    (tmp_path / "page.html").write_text(source, "utf-8")
    dom, said = browse(tmp_path, "page.html")
    assert "<title>owned" not in dom
    assert "Content Security Policy" in said
    bare = re.sub(r"<meta http-equiv[^>]*>", "", source)
    (tmp_path / "page.html").write_text(bare, "utf-8")
    assert "<title>owned" in browse(tmp_path, "page.html")[0]

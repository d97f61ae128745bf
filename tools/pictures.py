"""Writes docs/pictures: a plan in a terminal as SVG, the HTML page of the repository's own fleet as PNG.

`python -m tools.pictures` writes `plan.svg` from the plan that the README shows; with `--page CHROMIUM` it
makes `page.png` with that browser too. A test compares the picture's words with the README.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
_PLAN = re.compile(r"<!-- plan -->\n```text\n(.*?)```\n<!-- /plan -->", re.DOTALL)
_SIGNS = {"+": "green", "~": "yellow", "-": "red"}


def plan_of_the_readme() -> str:
    """The plan that the README shows; a test holds it to what the program prints."""
    found = _PLAN.search((ROOT / "README.md").read_text("utf-8"))
    if found is None:
        sys.exit("README.md has no plan between <!-- plan --> and <!-- /plan -->")
    return found.group(1)


def plan_svg(plan: str) -> str:
    """The plan as a terminal shows it, without a font from elsewhere."""
    console = Console(record=True, width=92, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ reconciler plan", style="bold"))
    for line in plan.rstrip("\n").splitlines():
        sign = line.strip()[:1] if re.match(r"^ {2}[-+~] ", line) else ""
        style = _SIGNS.get(sign, "bold" if line.startswith("Plan: ") else "")
        console.print(Text(line, style=style), soft_wrap=True)
    drawn = console.export_svg(title="reconciler", unique_id="plan")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def words_of(svg: str) -> str:
    """The text in a picture, without blanks."""
    told = re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", told)
    for entity, character in (("&#160;", ""), ("&gt;", ">"), ("&lt;", "<"), ("&quot;", '"'), ("&#x27;", "'")):
        text = text.replace(entity, character)
    return "".join(text.replace("&amp;", "&").split())


def page_png(browser: str) -> None:
    """The page of the repository's own fleet in the emulator, as a desktop shows its first screen."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        shutil.copytree(ROOT / "manifests", here / "manifests")
        page = here / "page.html"
        program = [sys.executable, "-m", "reconciler"]
        words = ["plan", "--cost", "-q", "--no-links", "-o", "html", "--output-file", str(page)]
        subprocess.run([*program, *words], cwd=here, check=True)
        drawing = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        profile = f"--user-data-dir={here / 'profile'}"
        shot = f"--screenshot={PICTURES / 'page.png'}"
        size = "--window-size=1200,900"
        subprocess.run([browser, *drawing, *quiet, size, profile, shot, page.as_uri()], check=True)


def main() -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("--page", metavar="CHROMIUM", help="also draw page.png, with this browser")
    given = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "plan.svg").write_text(plan_svg(plan_of_the_readme()), "utf-8")
    if given.page:
        page_png(given.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The pictures of the README show what the program shows."""

import re
import struct
from pathlib import Path

from tools.pictures import PICTURES, plan_of_the_readme, plan_svg, words_of

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def test_the_terminals_picture_says_what_the_readmes_plan_says() -> None:
    drawn = (PICTURES / "plan.svg").read_text("utf-8")
    assert drawn == plan_svg(plan_of_the_readme()), "python -m tools.pictures"
    assert "".join(plan_of_the_readme().split()) in words_of(drawn)


def test_no_picture_asks_anybody_for_anything() -> None:
    drawn = (PICTURES / "plan.svg").read_text("utf-8")
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?http", drawn) == []


def test_every_picture_is_in_the_readme_and_the_page_is_one() -> None:
    for path in PICTURES.iterdir():
        assert f"(docs/pictures/{path.name})" in README
    content = (PICTURES / "page.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1200, 900)

"""The tutorial and the how-tos that work on the emulator: they say what is shown there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.e2e.desk import Desk

_TYPED = ("tutorial", "how-to/fine-tuned-across-tenants", "how-to/scale-ptu", "how-to/incident-quota")
PAGES = (*_TYPED, "how-to/migrate-from-terraform-or-bicep", "how-to/bring-existing-deployments")
_BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXITS = re.compile(r"\s+# exits (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fence of a page; a file has a name."""

    file: str
    language: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    for file, language, inside in _BLOCK.findall(text):
        yield Block(file=file, language=language, text=inside)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    return Desk(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_typed_from_top_to_bottom_a_page_tells_the_truth(page: str, desk: Desk) -> None:
    said, typed = "", 0
    for block in blocks(page):
        if block.file:
            (desk.folder / block.file).parent.mkdir(exist_ok=True)
            (desk.folder / block.file).write_text(block.text, "utf-8")
        elif block.language == "sh":
            said = "".join(what_is_said_to(line, desk) for line in block.text.splitlines() if line)
            typed += 1
        elif block.language == "text":
            assert [line for line in block.text.splitlines() if line not in said.splitlines()] == [], said
    assert typed


def what_is_said_to(line: str, desk: Desk) -> str:
    stated = _EXITS.search(line)
    ran = desk.type(_EXITS.sub("", line))
    assert ran.code == (int(stated[1]) if stated else 0), f"{line}: {ran}"
    return ran.out

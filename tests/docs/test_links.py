"""Every link of every page leads somewhere, and every command that a page tells to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from reconciler.cli.main import COMMANDS, root
from tests.docs.pages import PAGES, ROOT, anchors, command_lines, links, problem

EVERY_PAGE = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES]
_OPERATORS = re.compile(r"\|\||&&|[|;]")


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert [found for target in links(page) if (found := problem(page, target))] == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = ROOT / "docs" / "README.md"
    assert problem(page, "no-such-page.md")
    assert problem(page, "lifecycle.md#no-such-heading")
    assert problem(page, "../../outside.md")
    written = tmp_path / "page.md"
    written.write_text("# A `b`: c\n\n# D\n\n# D\n\n```text\n# not one [x](y)\n```\n`[x](y)` [z](w#v)\n")
    assert anchors(written) == {"a-b-c", "d", "d-1"}
    assert list(links(written)) == ["w#v"]


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_page_holds_both_sides_of_a_merge(page: Path) -> None:
    """Markdown takes the marks of an unfinished merge for text."""
    starts = ("<<<<<<< ", ">>>>>>> ", "=======\n")
    assert [
        line for line in page.read_text("utf-8").splitlines(keepends=True) if line.startswith(starts)
    ] == []


def test_the_index_links_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in links(index)}
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page != index}
    assert sorted(str(page.relative_to(ROOT)) for page in pages - linked) == []


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    wrong = [f"{line}: {said}" for line in _ours(page) if (said := unknown_to_the_program(line))]
    assert wrong == []


def test_a_command_or_an_option_that_does_not_exist_is_found() -> None:
    assert unknown_to_the_program("reconciler plam manifests")
    assert unknown_to_the_program("reconciler plan manifests --no-such-option")
    assert unknown_to_the_program("reconciler plan -o nonsense")
    assert unknown_to_the_program("reconciler emulator paint")
    assert unknown_to_the_program("reconciler plan merge a.json --out b.json") == ""


def _ours(page: Path) -> list[str]:
    """Lines that run this program, each without what surrounds it in a shell."""
    parts = [part.strip() for line in command_lines(page) for part in _OPERATORS.split(line.split(" #")[0])]
    return [
        re.sub(r"^([A-Z_]+=\S+ +)+", "", part)
        for part in parts
        if re.match(r"([A-Z_]+=\S+ +)*reconciler ", part)
    ]


def unknown_to_the_program(line: str) -> str:
    """What the command line says to these words; paths need not exist, and nothing is run."""
    words = shlex.split(re.split(r"\s+2?>", line)[0])[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else (words or [""])[0]
    command = root.get_command(click.Context(root), name)
    rest = words[len(name.split()) :]
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), (rest or [""])[0])
        rest = rest[1:]
    if command is None:
        return "no such command"
    return _refused(command, rest)


def _refused(command: click.Command, words: list[str]) -> str:
    context = click.Context(command, info_name=command.name)
    try:
        values, _, order = command.make_parser(context).parse_args(list(words))
        for option in order:
            if isinstance(option, click.Option) and isinstance(option.type, click.Choice):
                option.type_cast_value(context, values.get(option.name))
    except click.UsageError as wrong:
        return wrong.format_message()
    return ""


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 15
    for path, test in named:
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), f"{path}::{test}"
        assert (ROOT / path).is_file()

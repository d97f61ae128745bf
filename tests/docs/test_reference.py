"""The reference pages that are made from the program leave nothing out and are the same on every machine."""

from __future__ import annotations

import re

import click
import pytest

from reconciler.cli.main import COMMANDS, root
from reconciler.manifest.schema import json_schema
from tools.commands_page import commands_page
from tools.manifest_page import manifest_page


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def options_of(line: str) -> list[str]:
    """The options that a row of a table is about."""
    return re.findall(r"--[\w-]+", line.split("`")[1]) if line.startswith("| `") else []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_has_a_row_with_its_environment_variable(name: str) -> None:
    told = section(commands_page(), name)
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert f"reconciler {name}" in told
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            (row,) = [line for line in told.splitlines() if option.opts[-1] in options_of(line)]
            assert not isinstance(option.envvar, str) or f"`{option.envvar}`" in row


def test_commands_below_a_group_have_sections_of_their_own() -> None:
    assert "--port" in section(commands_page(), "emulator serve")
    assert "reconciler catalog refresh" in section(commands_page(), "catalog refresh")


def test_every_field_of_every_kind_of_mapping_has_a_row() -> None:
    page = manifest_page()
    for name, schema in json_schema()["$defs"].items():
        told = section(page, name)
        assert [field for field in schema["properties"] if f"| `{field}` |" not in told] == []


def test_the_width_of_a_terminal_and_the_language_of_a_machine_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = commands_page()
    for name, value in (("COLUMNS", "40"), ("LC_ALL", "de_DE.UTF-8"), ("RECONCILER_PARALLELISM", "7")):
        monkeypatch.setenv(name, value)
    assert commands_page() == before

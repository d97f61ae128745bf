"""The size of the package's modules, and the page that leads a newcomer through them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from statistics import median

import pytest

from tests.docs.pages import ROOT

PACKAGE = ROOT / "reconciler"
MODULES = {
    str(path.relative_to(PACKAGE)): path.read_text("utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WALK = re.findall(r"^(\d+)\. (.+)$", PAGE.partition("## The way of one capacity")[2], re.MULTILINE)
_MODULE = re.compile(r"`(?:reconciler/)?([a-z_/]+\.py)`((?: `[A-Za-z_.]+`,?)*)")


def test_no_module_is_longer_than_400_lines_and_half_of_them_have_more_than_100() -> None:
    lengths = {name: len(text.splitlines()) for name, text in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
    assert median(lengths.values()) >= 100


@cache
def names_in(module: str) -> frozenset[str]:
    """What a module defines at its top, and the members of its classes as `Class.member`."""
    found: set[str] = set()
    for node in ast.parse(MODULES[module]).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            members = (m.name for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{member}" for member in members}
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def test_no_two_modules_have_a_class_of_one_name() -> None:
    """The emulator is a stranger with words of its own."""
    classes = defaultdict[str, list[str]](list)
    for module, text in MODULES.items():
        if not module.startswith("emulator/"):
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    classes[node.name].append(module)
    assert {name: modules for name, modules in classes.items() if len(modules) > 1} == {}


def test_the_way_of_a_capacity_is_short() -> None:
    """At most 35 hops and 20 kinds of values, and no room is entered more than three times."""
    assert [int(number) for number, _ in WALK] == list(range(1, len(WALK) + 1))
    rooms = [room for _, line in WALK for room in re.findall(r"`([a-z]+)/[a-z_]+\.py`", line)]
    entered = [room for before, room in zip(["", *rooms], rooms, strict=False) if room != before]
    assert len(rooms) <= 35
    assert len(types_of_the_walk()) <= 20
    assert max(map(entered.count, entered)) <= 3


def types_of_the_walk() -> set[str]:
    """The value types that the way of a capacity names, in brackets."""
    brackets = [bracket for _, line in WALK for bracket in re.findall(r"\[(.+?)\]", line)]
    return {name for bracket in brackets for name in re.findall(r"`(\w+)`", bracket)}


def test_every_type_on_the_way_of_a_capacity_exists() -> None:
    defined = {name for module in MODULES for name in names_in(module)}
    assert types_of_the_walk() - defined == set()


@pytest.mark.parametrize(("module", "names"), sorted(set(_MODULE.findall(PAGE))))
def test_every_module_and_name_on_the_page_exists(module: str, names: str) -> None:
    if (ROOT / module).is_file():
        return
    assert module in MODULES
    assert set(re.findall(r"`([A-Za-z_.]+)`", names)) <= names_in(module)


def test_every_room_has_its_line_on_the_page() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms - set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set()


def test_no_test_module_is_imported() -> None:
    """What two of them need stands in a module of its own: else a test's values change under another."""
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("tests", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if any(part.startswith("test_") for part in name.split("."))
    ]
    assert found == []


def imported(node: ast.AST) -> list[str]:
    """The names of modules that a statement imports, and of what it takes from them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []

"""The words of docs/style.md, kept over every sentence that the program can say."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

STYLE = (ROOT / "docs" / "style.md").read_text("utf-8")
_ROW = re.compile(r"^\| `(?P<word>[^`]+)` \| (?P<instead>[^|]+) \|$", re.MULTILINE)
BANNED = [(match["word"], match["instead"].strip()) for match in _ROW.finditer(STYLE)]


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module but its docstrings; help of commands is in their docstrings, so those count."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    silent = set[int]()
    if "commands" not in path.parts:
        for node in nodes:
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0] if node.body else None
                if isinstance(first, ast.Expr):
                    silent.add(id(first.value))
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                silent.add(id(node.value))
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            words = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield node.lineno, "".join(map(str, words))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value


def plurals_by_hand(path: Path, nouns: frozenset[str]) -> Iterator[str]:
    """Every place where a number that may be 1 stands before a plural that somebody wrote out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for part, behind in pairwise(node.values):
                if isinstance(part, ast.FormattedValue) and isinstance(behind, ast.Constant):
                    constant = isinstance(part.value, ast.Name) and part.value.id.isupper()
                    word = re.match(r" ([a-z]+)", str(behind.value))
                    if word and word[1] in nouns and not constant:
                        written = f"{{{ast.unparse(part.value)}}} {word[1]}"
                        yield f"{path.relative_to(ROOT)}:{node.lineno}: {written}"


# The emulator speaks ARM's own words.
MODULES = [
    path
    for path in sorted((ROOT / "reconciler").rglob("*.py"))
    if "emulator" not in path.relative_to(ROOT).parts[:2]
]


def as_a_word(word: str) -> re.Pattern[str]:
    """Finds it where it stands by itself."""
    before = r"(?<![\w-])" if word[0].isalnum() else ""
    behind = r"(?![\w-])" if word[-1].isalnum() else r"(?!://)"
    return re.compile(before + re.escape(word) + behind)


@cache
def every() -> list[tuple[str, str]]:
    """Each sentence and its place."""
    return [(f"{path.relative_to(ROOT)}:{line}", text) for path in MODULES for line, text in sentences(path)]


def test_a_number_that_may_be_one_has_its_noun_from_the_one_helper() -> None:
    """``1 days old`` cannot be written: `counted` makes the plural of whatever is counted anywhere."""
    source = "\n".join(path.read_text("utf-8") for path in MODULES)
    counted = re.findall(r"counted\([^\"']*[\"']([a-z ]+)[\"']\)", source)
    nouns = {noun.rpartition(" ")[2] for noun in counted} | {"second", "time", "unit"}
    assert len(nouns) >= 20
    plurals = frozenset({*(f"{noun}s" for noun in nouns - {"offer", "write"}), "entries"})  # "eastus offers"
    assert [found for path in MODULES for found in plurals_by_hand(path, plurals)] == []


def test_the_page_has_words_to_keep() -> None:
    assert len(BANNED) >= 12
    assert len(every()) > 3_000


@pytest.mark.parametrize(("word", "instead"), BANNED, ids=[word for word, _ in BANNED])
def test_no_sentence_of_the_program_uses_a_word_that_has_a_plainer_one(word: str, instead: str) -> None:
    pattern = as_a_word(word)
    found = [f"{where}: {text[:80]!r}" for where, text in every() if pattern.search(text)]
    assert found == [], f"write {instead} instead"


QUOTED = frozenset({"style.md", "differential.md", "fidelity.md"})
"""The page of the words, and two that quote what other clients and ARM print."""


@pytest.mark.parametrize(("word", "instead"), BANNED, ids=[word for word, _ in BANNED])
def test_no_page_uses_a_word_that_has_a_plainer_one(word: str, instead: str) -> None:
    pattern = as_a_word(word)
    found = [
        f"{page.relative_to(ROOT)}:{number}"
        for page in PAGES
        if page.name not in QUOTED
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], f"write {instead} instead"


NAMES = frozenset({"one", "told", "there", "heir", "door", "fate", "speakable"})
"""Words that say nothing of what a name holds."""


def test_no_name_in_the_code_is_a_word_that_says_nothing() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "reconciler").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            (node.id,)
            if isinstance(node, ast.Name)
            else (node.arg,)
            if isinstance(node, ast.arg)
            else (node.name,)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            else ()
        )
        if name.lower().strip("_") in NAMES
    ]
    assert found == []


def test_no_sentence_points_to_a_file_that_only_a_clone_has() -> None:
    """Who installed the package has no docs/ and no examples/."""
    found = [
        where
        for where, text in every()
        if re.search(r"(?<![\w/])(docs|examples|tools|tests|deploy)/[a-z]", text)
    ]
    assert found == []


def test_no_text_has_a_package_installed_that_is_not_ours() -> None:
    """On the public index `reconciler` is somebody else's package (decision 0011)."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pages = [(str(page.relative_to(ROOT)), page.read_text("utf-8")) for page in PAGES]
    code = [(str(path), path.read_text("utf-8")) for path in (ROOT / "reconciler").rglob("*.py")]
    extras = [
        (where, match[1], match[2])
        for where, text in (*pages, *code)
        for match in re.finditer(r"([\w-]*reconciler)\[([a-z]+)\]", text)
    ]
    assert len(extras) >= 8
    assert [
        one for one in extras if one[1] != named["name"] or one[2] not in named["optional-dependencies"]
    ] == []

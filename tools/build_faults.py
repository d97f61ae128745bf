"""Writes docs/faults.md: which test shows which row of the fault matrix.

A test cites a row as `F-021` in its docstring, its table of cases or a comment inside it, or as `f021` in
its name; a citation in the docstring of a module is about the whole module.
`python -m tools.build_faults` writes, `--check` only tells.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "faults.md"
LAST = 148
_CITED = re.compile(r"\bF-(\d{3})\b")
_NAMED = re.compile(r"(?<=_)f(\d{3})(?=_)")
_SECTIONS = {
    1: "A. Network",
    18: "B. HTTP answers",
    54: "C. Long-running operations",
    76: "D. Others at work",
    89: "E. Process",
    101: "F. Manifests",
    123: "G. Hostile answers, plans and pull requests",
    137: "H. Promises that somebody leans on",
}
_HEAD = """\
# Faults and the tests that show them

Made by `python -m tools.build_faults` from the tests themselves: a row is what a test cites. {shown} of {all}
rows of the fault matrix have a test that cites them; {tests} tests do so. A row without one says so here.
"""


def citations() -> Mapping[int, tuple[str, ...]]:
    """Row number to the tests that cite it, as `path::name`, in order of path."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, rows in _of_file(path):
            where = f"{path.relative_to(ROOT).as_posix()}::{name}"
            for row in rows:
                if where not in found[row]:
                    found[row].append(where)
    return {row: tuple(tests) for row, tests in found.items()}


def _of_file(path: Path) -> Iterator[tuple[str, list[int]]]:
    text = path.read_text("utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    about_all = _rows(ast.get_docstring(tree) or "")
    for node in tree.body:
        if not (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        words = "\n".join(lines[first - 1 : node.end_lineno])
        named = [int(number) for number in _NAMED.findall(node.name)]
        yield node.name, sorted({*about_all, *named, *_rows(words)})


def _rows(text: str) -> list[int]:
    return [int(number) for number in _CITED.findall(text)]


def page(found: Mapping[int, tuple[str, ...]]) -> str:
    """The document."""
    tests = {test for cited in found.values() for test in cited}
    shown = [row for row in range(1, LAST + 1) if found.get(row)]
    lines = [_HEAD.format(shown=len(shown), all=LAST, tests=len(tests))]
    for row in range(1, LAST + 1):
        if row in _SECTIONS:
            lines += ["", f"## {_SECTIONS[row]}", "", "| row | shown by |", "| --- | --- |"]
        cited = "<br>".join(f"`{_short(test)}`" for test in found.get(row, ())) or "**no test**"
        lines.append(f"| F-{row:03d} | {cited} |")
    return "\n".join(lines) + "\n"


def _short(test: str) -> str:
    return test.removeprefix("tests/")


def unknown(found: Mapping[int, tuple[str, ...]]) -> list[int]:
    """Cited rows that the matrix does not have."""
    return sorted(row for row in found if not 1 <= row <= LAST)


def main() -> int:
    """Write the page, or only tell with ``--check``."""
    text = page(citations())
    current = PAGE.is_file() and PAGE.read_text("utf-8") == text
    if "--check" in sys.argv[1:]:
        print("up to date" if current else "docs/faults.md is out of date: python -m tools.build_faults")
        return 0 if current else 1
    PAGE.write_text(text, "utf-8")
    print("wrote docs/faults.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())

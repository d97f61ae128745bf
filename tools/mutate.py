"""Mutation testing: small faults, one at a time, and whether the tests notice.

`python -m tools.mutate` tries every mutant of the rules, the capacity arithmetic and the sizing against their
own tests and prints how many were noticed; names of modules below reconciler limit it. Mutants are changed
comparisons, operators, conditions, numbers, truth values, texts and jumps. Left alone: docstrings, type
annotations, decorators, and the texts of `explanation=`, which are documentation.

Each mutant runs in a forked child, into which the changed module is loaded in place of the file; no file is
written.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import importlib.abc
import importlib.util
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis  # noqa: F401 -- loaded once, before the forks
import jsonschema  # noqa: F401
import pydantic  # noqa: F401
import pytest
import yaml  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120
"""A mutant that makes the tests run longer than this is noticed: they hang."""

RULE_TESTS = (
    "tests/manifests/test_bad_manifests.py",
    "tests/unit/rules",
)
TESTS = {
    "manifest/rules": RULE_TESTS,
    "catalogue/facts": ("tests/unit/catalogue/test_sizes.py", "tests/unit/catalogue/test_query.py"),
    "catalogue/sizing": ("tests/unit/catalogue/test_sizing.py",),
}

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: in which module, on which line, what it is, and the changed program."""

    module: str
    path: Path
    line: int
    what: str
    code: CodeType


def modules(wanted: Sequence[str]) -> list[Path]:
    """The files to mutate, those of `wanted` if any are named."""
    package = ROOT / "reconciler"
    found = [package / "catalogue" / "facts.py", package / "catalogue" / "sizing.py"]
    rules = sorted((package / "manifest" / "rules").glob("*.py"))
    found += [path for path in rules if path.name != "structural.py"]  # texts only, documentation
    names = [word.removesuffix(".py") for word in wanted]
    return [path for path in found if not names or any(_name(path).endswith(name) for name in names)]


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "reconciler").with_suffix("").as_posix()


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of one file."""
    tree = ast.parse(path.read_text("utf-8"))
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for index, node in enumerate(_places(tree)):
        for which, what in enumerate(_changes(node)):
            fresh = copy.deepcopy(tree)
            _apply(list(_places(fresh))[index], which)
            ast.fix_missing_locations(fresh)
            code = compile(fresh, str(path), "exec", dont_inherit=True)
            yield Mutant(module=module, path=path, line=node.lineno, what=what, code=code)


Place = ast.expr | ast.stmt


def _places(tree: ast.AST) -> Iterator[Place]:
    """The nodes that may be changed, always in the same order."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _documentation(tree, child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from _places(child)


def _documentation(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, ast.keyword) and child.arg == "explanation":
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    # A class's fields are typed names; `__all__` and imports are no behaviour.
    return isinstance(parent, ast.Module) and (
        isinstance(child, ast.Import | ast.ImportFrom)
        or (isinstance(child, ast.Assign) and getattr(child.targets[0], "id", "") == "__all__")
    )


def _changes(node: Place) -> list[str]:
    """What can be done to a node, in words."""
    match node:
        case ast.Compare(ops=ops):
            return [
                f"{type(op).__name__} -> {_COMPARISONS[type(op)].__name__}"
                for op in ops
                if type(op) in _COMPARISONS
            ]
        case ast.BoolOp(op=op):
            return ["and -> or" if isinstance(op, ast.And) else "or -> and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not dropped"]
        case ast.UnaryOp(op=ast.USub()):
            return ["- dropped"]
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            return [f"{type(op).__name__} -> {_OPERATORS[type(op)].__name__}"]
        case ast.Constant(value=bool(value)):
            return [f"{value} -> {not value}"]
        case ast.Constant(value=int(value)):
            return [f"{value} -> {value + 1}"]
        case ast.Constant(value=str(value)) if value:
            return [f"{value[:30]!r} -> other text"]
        case ast.If() | ast.IfExp():
            return ["condition negated"]
        case ast.Continue():
            return ["continue -> break"]
        case ast.Break():
            return ["break -> continue"]
        case _:
            return []


def _apply(node: Place, which: int) -> None:
    match node:
        case ast.Compare():
            known = [at for at, op in enumerate(node.ops) if type(op) in _COMPARISONS]
            node.ops[known[which]] = _COMPARISONS[type(node.ops[known[which]])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            _become(
                node, ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[node.operand], keywords=[])
            )
        case ast.UnaryOp():
            _become(node, ast.UnaryOp(op=ast.UAdd(), operand=node.operand))
        case ast.BinOp():
            node.op = _OPERATORS[type(node.op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.Constant(value=str(value)):
            node.value = f"~{value}"
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
        case _:
            _become(node, ast.Break() if isinstance(node, ast.Continue) else ast.Continue())


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one where it stands."""
    node.__class__ = other.__class__
    for field in other._fields:
        setattr(node, field, getattr(other, field))


class _Changed(SourceFileLoader):
    """Loads a mutant instead of the file."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(mutant.path))
        self._code = mutant.code

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return self._code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != self._mutant.module:
            return None
        folder = self._mutant.path
        inside = [str(folder.parent)] if folder.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, folder, loader=_Changed(self._mutant), submodule_search_locations=inside
        )


def tests_of(path: Path) -> tuple[str, ...]:
    """The narrow tests of a file."""
    return next(tests for prefix, tests in TESTS.items() if _name(path).startswith(prefix))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The tests, under way in a child, with a mutant in place (None: with none)."""

    mutant: Mutant | None
    child: int
    ends: float


def start(mutant: Mutant | None, tests: Sequence[str]) -> Run:
    """Fork a child that runs the tests."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(mutant, tests))
    return Run(mutant=mutant, child=child, ends=time.monotonic() + SECONDS)


def result(run: Run) -> bool | None:
    """Whether some test failed, or the time was up; None while the tests still run."""
    done, status = os.waitpid(run.child, os.WNOHANG)
    if done:
        return os.waitstatus_to_exitcode(status) != 0
    if time.monotonic() < run.ends:
        return None
    os.kill(run.child, signal.SIGKILL)
    os.waitpid(run.child, 0)
    return True


def results(every: Sequence[Mutant | None], tests: Sequence[str], jobs: int) -> list[bool]:
    """The results of some mutants, in their order, `jobs` at a time."""
    found: dict[int, bool] = {}
    waiting, running = list(enumerate(every))[::-1], dict[int, Run]()
    while waiting or running:
        while waiting and len(running) < jobs:
            at, mutant = waiting.pop()
            running[at] = start(mutant, tests)
        for at, run in list(running.items()):
            seen = result(run)
            if seen is not None:
                found[at] = seen
                del running[at]
        time.sleep(0.01)
    return [found[at] for at in range(len(every))]


def _told_as_ever() -> bool:
    """The test that notices most mutants of rules, without the seconds that pytest needs to start."""
    test = importlib.import_module("tests.unit.rules.test_told")
    told: str = test.everything()
    return bool(test.KEPT.read_text("utf-8") == told)


def _in_child(mutant: Mutant | None, tests: Sequence[str]) -> int:
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(mutant))
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            if tests is RULE_TESTS and not _told_as_ever():
                return 1
            # What was imported before the fork cannot have its asserts rewritten; none of it is under test.
            ignored = "ignore::pytest.PytestAssertRewriteWarning"
            options = ["-x", "-q", "-p", "no:xdist", "-W", ignored]
            # The quickest first, on their own: most mutants need no others.
            return next((code for one in tests if (code := int(pytest.main([*options, one])))), 0)
    except BaseException:  # noqa: BLE001 -- a mutant may break anything; that is noticed
        return 99


def main() -> int:
    """Try them all; 1 below the wanted share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names below reconciler, such as manifest/rules/capacity")
    parser.add_argument("--at-least", type=float, default=90.0, help="percent that must be noticed")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    os.chdir(ROOT)
    files = modules(given.modules)
    for tests in dict.fromkeys(tests_of(path) for path in files):
        if results([None], tests, 1) != [False]:
            print(f"the tests fail without any mutant: {' '.join(tests)}", file=sys.stderr)
            return 1
    tried = killed = 0
    for path in files:
        if tests_of(path) is RULE_TESTS:
            # Nothing here is under test from now on, so the children need not load it each for itself.
            importlib.import_module("reconciler.catalogue.load").catalogue()
        every = list(mutants(path))
        found = results(every, tests_of(path), given.jobs)
        tried, killed = tried + len(every), killed + sum(found)
        print(f"{_name(path):40} {sum(found):4} of {len(every):4}", flush=True)
        for mutant, seen in zip(every, found, strict=True):
            if not seen:
                print(f"    {mutant.path.name}:{mutant.line}: {mutant.what}", flush=True)
    share = 100 * killed / tried if tried else 100.0
    print(f"{killed} of {tried} mutants noticed: {share:.1f} %")
    return 0 if share >= given.at_least else 1


if __name__ == "__main__":
    sys.exit(main())

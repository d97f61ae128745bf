"""Mutation testing: small faults, one at a time, and whether the tests notice.

`python -m tools.mutate` tries every mutant of the modules in `mutate_tables.py` against their own tests and
prints how many were noticed; names of modules below reconciler limit it. What a mutant is: `mutants.py`.

Each mutant runs in a forked child, into which the changed module is loaded in place of the file; no file is
written.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import azure.identity  # noqa: F401 -- loaded once, before the forks
import deepdiff  # noqa: F401
import httpx  # noqa: F401
import hypothesis  # noqa: F401
import jsonschema  # noqa: F401
import pydantic  # noqa: F401
import pytest
import yaml  # noqa: F401

from tools.mutants import ROOT, Mutant, mutants
from tools.mutate_tables import RULE_TESTS, SAME, held, modules, name_of

SECONDS = 60
"""A mutant that makes the tests work longer than this is noticed: they hang.

Processor time, for a busy machine makes any test slow; what only waits has ten times as long.
"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The tests, under way in a child, with a mutant in place (None: with none)."""

    mutant: Mutant | None
    child: int
    ends: float


def start(mutant: Mutant | None, tests: Sequence[str]) -> Run:
    """Fork a child that runs the tests; RuntimeError where it would have the module itself, and no mutant."""
    if mutant is not None and mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} was loaded before the fork, so no mutant of it can be")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(mutant, tests))
    return Run(mutant=mutant, child=child, ends=time.monotonic() + 10 * SECONDS)


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
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
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


@dataclass(slots=True)
class Count:
    """How many mutants there were, were noticed, and change nothing."""

    tried: int = 0
    noticed: int = 0
    same: int = 0

    @property
    def percent(self) -> float:
        """Noticed, of those that change something."""
        told_apart = self.tried - self.same
        return 100 * self.noticed / told_apart if told_apart else 100.0

    def add(self, other: Count) -> None:
        """Count on."""
        self.tried += other.tried
        self.noticed += other.noticed
        self.same += other.same

    def __str__(self) -> str:
        less = f" (and {self.same} that change nothing)" if self.same else ""
        return f"{self.noticed:4} of {self.tried - self.same:4}{less} {self.percent:5.1f} %"


def tried(path: Path, jobs: int) -> tuple[Count, list[str]]:
    """One module: the count, and what is to be said of it."""
    every = list(mutants(path))
    found = results(every, held(path).tests, jobs)
    known = {(one.line, one.what) for one in SAME if one.module == name_of(path)}
    quiet = [mutant for mutant, seen in zip(every, found, strict=True) if not seen]
    same = [mutant for mutant in quiet if (mutant.text, mutant.what) in known]
    told = [f"{m.path.name}:{m.line}: {m.what}    {m.text}" for m in quiet if m not in same]
    outdated = known - {(mutant.text, mutant.what) for mutant in same}
    told += [f"not a mutant that goes unnoticed (any more): {what}    {line}" for line, what in outdated]
    return Count(tried=len(every), noticed=sum(found), same=len(same)), told


def main() -> int:
    """Try them all; 1 where a module stays below its share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="names below reconciler, such as plan/guard or arm")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    os.chdir(ROOT)
    files = modules(tuple(given.modules))
    for tests in dict.fromkeys(held(path).tests for path in files):
        if results([None], tests, 1) != [False]:
            print(f"the tests fail without any mutant: {' '.join(tests)}", file=sys.stderr)
            return 1
    total, below = Count(), []
    # Those of the rules last: their children are given the catalogue, which is under test itself.
    for path in sorted(files, key=lambda path: held(path).tests is RULE_TESTS):
        if held(path).tests is RULE_TESTS:
            # Nothing here is under test from now on, so the children need not load it each for itself.
            importlib.import_module("reconciler.catalogue.load").catalogue()
        count, told = tried(path, given.jobs)
        print(f"{name_of(path):40} {count}", flush=True)
        for line in told:
            print(f"    {line}", flush=True)
        total.add(count)
        if count.percent < held(path).percent:
            below.append(f"{name_of(path)} stays below {held(path).percent:.0f} %")
    print(f"{'all':40} {total}", *below, sep="\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())

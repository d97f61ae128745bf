"""Every folder of examples/ is walked as its walk.json says, and every command of its README is typed."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import Desk, Ran
from tests.e2e.walks import CALENDAR, EXAMPLES, Step, commands_of, folders, walk_of, without_none

FOLDERS = [pytest.param(folder, id=folder.name) for folder in folders()]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Desk(tmp_path)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_step_leads_where_its_walk_says_and_planning_again_finds_nothing(
    folder: Path, desk: Desk
) -> None:
    for number, step in enumerate(walk_of(folder).steps, start=1):
        try:
            _Stride(step, folder, desk).go()
        except AssertionError as wrong:
            wrong.add_note(f"{folder.name}, step {number}: {step.why}")
            raise


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_commands_of_a_readme_do_what_it_promises(folder: Path, desk: Desk) -> None:
    commands = commands_of(folder / "README.md")
    assert commands
    for command in commands:
        ran = desk.type(command.line)
        assert ran.code == command.exits, f"{command.line}: {ran}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_manifest_of_an_example_is_part_of_its_walk(folder: Path) -> None:
    walked = {
        path for step in walk_of(folder).steps for given in step.manifests for path in _files(folder, given)
    }
    assert walked == set(_files(folder, "."))


def test_the_index_names_every_folder() -> None:
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [folder.name for folder in folders() if f"[{folder.name}]({folder.name})" not in index] == []


def test_the_manifests_point_editors_at_the_schema() -> None:
    schema = EXAMPLES.parent / "docs" / "reference" / "manifest.schema.json"
    manifests = _files(EXAMPLES, ".")
    assert manifests
    for manifest in manifests:
        first = manifest.read_text(encoding="utf-8").partition("\n")[0]
        assert (manifest.parent / first.partition("$schema=")[2]).resolve() == schema, str(manifest)


def test_the_history_is_replayed_in_order_and_without_a_gap() -> None:
    steps = walk_of(EXAMPLES / "history-serenitea-pot").steps
    states = [int(step.make[1]) for step in steps]
    assert states == sorted(states)
    assert set(states) == set(range(1, 39))


def test_what_is_blocked_or_refused_once_is_reached_by_the_next_step_of_the_same_state() -> None:
    steps = walk_of(EXAMPLES / "history-serenitea-pot").steps
    stopped = [step.make[1] for step in steps if step.apply is None]
    reached = {step.make[1] for step in steps if step.apply is not None}
    assert set(stopped) <= reached


def _files(folder: Path, given: str) -> tuple[Path, ...]:
    path = folder / given
    return (path,) if path.is_file() else tuple(sorted(path.rglob("*.yaml")))


class _Stride:
    """One step on its way: the commands of a careful engineer, in their order."""

    def __init__(self, step: Step, folder: Path, desk: Desk) -> None:
        self.step, self.folder, self.desk = step, folder, desk
        self.paths: list[str] = []

    def go(self) -> None:
        self._prepare()
        self.desk.forget_requests()
        self._validate()
        planned = self._plan()
        assert self.desk.writes() == {}, "validate and plan write nothing"
        if self.step.apply is not None:
            self._apply(planned)
            self._plan_again()

    def _prepare(self) -> None:
        for name, *words in self.step.before:
            files = [str(self.folder / word) if (self.folder / word).is_file() else word for word in words]
            ran = self.desk.reconciler("emulator", name, *files)
            assert ran.code == 0, str(ran)
            self.desk.settle()
        self.paths = [str(self.folder / given) for given in self.step.manifests]
        if self.step.make:
            script, *words = self.step.make
            made = self.desk.python(str(self.folder / script), *words)
            assert made.code == 0, str(made)
            manifest = self.desk.folder / "manifest.yaml"
            manifest.write_text(made.out, encoding="utf-8")
            self.paths = [str(manifest)]

    def _validate(self) -> None:
        ran = self.desk.reconciler("validate", *self.paths, "-o", "json")
        assert ran.code == self.step.validate, str(ran)
        found = ran.json["diagnostics"]
        assert _codes(found, "error") == self.step.errors, str(ran)
        assert _codes(found, "warning") - CALENDAR == self.step.warnings, str(ran)
        told = " ".join(f"{one['message']} {one['fix']}" for one in found if one["severity"] == "error")
        assert [text for text in self.step.says if text not in told] == [], str(ran)

    def _plan(self) -> dict[str, str]:
        ran = self._run("plan")
        if self.step.validate:
            assert ran.code == 1, str(ran)
            return {}
        document = ran.json
        actions = _actions(document)
        assert self.step.expects(actions), str(ran)
        assert {one["code"] for one in document["refusals"]} == self.step.refusals, str(ran)
        assert ran.code == self.step.plan, str(ran)
        assert [text for text in self.step.tells if text not in ran.out] == [], str(ran)
        place = {f"{one['account']}/{one['deployment']}": one["order"] for one in document["actions"]}
        assert all(0 < place[first] < place[second] for first, second in self.step.order), str(ran)
        return actions

    def _apply(self, planned: dict[str, str]) -> None:
        ran = self._run("apply", "--yes")
        assert ran.code == self.step.apply, str(ran)
        expected = dict.fromkeys(_to_be_done(planned), "succeeded") | self.step.outcomes
        outcomes = {
            f"{one['account']}/{one['deployment']}": one["outcome"]
            for one in ran.json["actions"]
            if one["action"] not in {"none", "blocked"}
        }
        assert outcomes == expected, str(ran)
        writes = self.desk.writes()
        assert set(writes) == set(expected), "what is to be done is written, and nothing else"
        assert {name: writes[name] for name in self.step.sent} == self.step.sent

    def _plan_again(self) -> None:
        ran = self._run("plan")
        assert without_none(_actions(ran.json)) == self.step.left, str(ran)
        assert ran.code == (1 if "blocked" in self.step.left.values() else 0), str(ran)

    def _run(self, command: str, *more: str) -> Ran:
        return self.desk.reconciler(command, *self.paths, *self.step.arguments, *more, "-o", "json")


def _codes(diagnostics: list[dict[str, Any]], severity: str) -> set[str]:
    return {one["code"] for one in diagnostics if one["severity"] == severity}


def _actions(document: dict[str, Any]) -> dict[str, str]:
    return {f"{one['account']}/{one['deployment']}": one["action"] for one in document["actions"]}


def _to_be_done(actions: dict[str, str]) -> list[str]:
    return [name for name, kind in actions.items() if kind not in {"none", "blocked"}]

"""An attacker who can write a plan file: it decides neither what is read nor what a guard counts."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.action import Job
from tests.e2e.desk import Desk, Ran
from tests.e2e.forge import Forge, forge

FLEET = """
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec: {cloud: emulator}
---
"""
SET = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: one}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg
    name: acc
    region: eastus2
  deployments: [%s]
"""
ENTRY = '{name: %s, model: {name: gpt-4.1, version: "2025-04-14"}, sku: {name: GlobalStandard, capacity: %d}}'


def declare(path: Path, **capacities: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = ", ".join(ENTRY % (name.replace("_", "-"), number) for name, number in capacities.items())
    path.write_text(FLEET + SET % entries, "utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A repository with `keep: 10` applied, and a folder elsewhere with manifests of an attacker's."""
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    desk = Desk(repository)
    declare(repository / "manifests/fleet.yaml", keep=10)
    assert desk.reconciler("apply", "--yes").code == 0
    declare(tmp_path / "elsewhere/evil.yaml", keep=500, evil=400)
    desk.forget_requests()
    return desk


def there(desk: Desk) -> dict[str, int]:
    ran = desk.reconciler("show", "-o", "json")
    return {one["deployment"]: one["capacity"] for one in ran.json["deployments"]}


def planned(desk: Desk, *words: str) -> Path:
    """A plan file outside of the repository, as `plan` of these words makes it."""
    file = desk.folder.parent / "plan.json"
    assert desk.reconciler("plan", *words, "--out", str(file), "-q").code == 0
    return file


def edited(file: Path, change: Callable[[Any], None]) -> str:
    document = json.loads(file.read_text("utf-8"))
    change(document)
    file.write_text(json.dumps(document), "utf-8")
    return str(file)


def naming(path: str) -> Callable[[Any], None]:
    """The plan says that it was made of `path`."""
    return lambda plan: plan["manifests"].update(paths=[path])


def through_a_link(desk: Desk) -> str:
    (desk.folder / "linked").symlink_to(desk.folder.parent / "elsewhere")
    return "linked"


PATHS: dict[str, Callable[[Desk], str]] = {
    "an absolute path": lambda desk: str(desk.folder.parent / "elsewhere"),
    "a path that climbs out": lambda _: "../elsewhere",
    "a path that climbs out later": lambda _: "manifests/../../elsewhere",
    "a link": through_a_link,
    "an absolute path into the tree": lambda desk: str(desk.folder / "manifests"),
    "standard input": lambda _: "-",
    "no path at all": lambda _: "\0",
}


@pytest.mark.parametrize("kind", PATHS)
def test_manifests_that_only_the_plan_names_are_not_read(desk: Desk, kind: str) -> None:
    """F-126: `apply /elsewhere/plan.json` in the repository did what a folder elsewhere declared."""
    file = planned(desk, str(desk.folder.parent / "elsewhere"))
    path = PATHS[kind](desk)
    name = edited(file, naming(path))
    for command in (["apply", name], ["drift", "--since-plan", name]):
        ran = desk.reconciler(*command)
        assert ran.code == 64, ran
        assert "nothing was read" in ran.err
    assert desk.writes() == {}
    assert there(desk) == {"keep": 10}


def test_a_merge_reads_no_manifests_that_only_its_files_name(desk: Desk) -> None:
    elsewhere = str(desk.folder.parent / "elsewhere")
    file = planned(desk, elsewhere, "--shard", "1/1")
    assert desk.reconciler("plan", "merge", str(file)).code == 64
    assert desk.reconciler("plan", "merge", str(file), "--manifests", elsewhere).code == 0


def test_paths_behind_the_plan_file_decide_what_is_read(desk: Desk) -> None:
    """Whoever runs the command may name any manifests; the plan then only narrows them."""
    elsewhere = str(desk.folder.parent / "elsewhere")
    file = str(planned(desk, elsewhere))
    ran = desk.reconciler("apply", file, "manifests/")
    assert ran.code == 1, ran
    assert "these manifests have changed" in ran.err
    assert there(desk) == {"keep": 10}
    assert desk.reconciler("apply", file, elsewhere).code == 0
    assert there(desk) == {"keep": 500, "evil": 400}


def deletes(desk: Desk) -> Path:
    """A plan, made with leave for it, that deletes nine of ten."""
    everything = {f"d-{number}": 10 for number in range(10)}
    declare(desk.folder / "manifests/fleet.yaml", **everything)
    assert desk.reconciler("apply", "--yes", "--max-deletes", "1").code == 0
    declare(desk.folder / "manifests/fleet.yaml", d_0=10)
    return planned(desk, "--max-deletes", "9")


def grown(plan: Any) -> None:  # noqa: ANN401 -- a document, edited as an attacker likes
    plan["owned"] = 1_000_000
    plan["refusals"] = []
    plan["applyable"] = True


def hidden(plan: Any) -> None:  # noqa: ANN401
    """The deletes are called something else, so that a count of them would be small."""
    for action in plan["actions"][1:]:
        action["action"] = "update"


@pytest.mark.parametrize("shard", [[], ["--shard", "1/2"], ["--shard", "2/2"], ["--shard", "1/1"]])
@pytest.mark.parametrize("change", [grown, hidden])
def test_no_number_in_a_plan_lifts_the_limit_on_deletes(
    desk: Desk, shard: list[str], change: Callable[[Any], None]
) -> None:
    """F-126: `owned: 1000000` lifted the guard under --shard."""
    file = edited(deletes(desk), change)
    desk.forget_requests()
    ran = desk.reconciler("apply", file, *shard, "-o", "json")
    assert desk.writes() == {}, ran
    assert len(there(desk)) == 10


def test_shards_of_a_merged_plan_go_by_their_own_count(desk: Desk) -> None:
    """The shard that owns everything has its share of the limit, whatever the file says of the fleet."""
    file = edited(deletes(desk), grown)
    refused = [desk.reconciler("apply", file, "--shard", shard, "-o", "json") for shard in ("1/2", "2/2")]
    codes = {refusal["code"] for ran in refused for refusal in ran.json["refusals"]}
    assert codes == {"max-deletes"}


@pytest.fixture
def github() -> Iterator[Forge]:
    with forge() as one:
        yield one


def through_the_action(desk: Desk, github: Forge, **inputs: str) -> Ran:
    done = Job(workspace=desk.folder, api=github.url, event="push").use(command="apply", **inputs)
    return Ran(code=done.code, out=done.log, err=done.log)


def test_the_action_reads_no_manifests_that_only_a_plan_names(desk: Desk, github: Forge) -> None:
    """F-126."""
    file = planned(desk, str(desk.folder.parent / "elsewhere"))
    for path in (str(desk.folder.parent / "elsewhere"), "../elsewhere"):
        name = edited(file, naming(path))
        ran = through_the_action(desk, github, plan_file=name)
        assert ran.code == 64, ran
    assert desk.writes() == {}
    assert there(desk) == {"keep": 10}


def test_a_plan_in_the_action_may_name_what_is_in_the_checked_out_tree(desk: Desk, github: Forge) -> None:
    """The working directory of the step may lie below the root of the tree."""
    (desk.folder / "below").mkdir()
    declare(desk.folder / "manifests/fleet.yaml", keep=20)
    file = planned(desk)
    name = edited(file, naming("../manifests"))
    shutil.move(desk.folder / ".reconciler", desk.folder / "below/.reconciler")
    ran = through_the_action(desk, github, plan_file=name, working_directory="below")
    assert ran.code == 0, ran
    assert desk.reconciler("apply", name).code == 64

"""`--shard` and `plan merge` on the command line: which shard this job is, what is said, what is refused."""

import json
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.choosing import SYSTEMS, shard_of_this_job
from reconciler.domain.shard import Shard
from reconciler.errors import UsageProblem

KUBERNETES = {"JOB_COMPLETION_INDEX": "0", "RECONCILER_SHARDS": "4"}
GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}
AZURE = {"SYSTEM_JOBPOSITIONINPHASE": "3", "SYSTEM_TOTALJOBSINPHASE": "4"}
BUILDKITE = {"BUILDKITE_PARALLEL_JOB": "3", "BUILDKITE_PARALLEL_JOB_COUNT": "4"}
CIRCLE = {"CIRCLE_NODE_INDEX": "1", "CIRCLE_NODE_TOTAL": "4"}
EXPLICIT = {"RECONCILER_SHARD": "2/4"}


@pytest.fixture(autouse=True)
def _stand_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("environment", "shard", "reason"),
    [
        (KUBERNETES, Shard(1, 4), "an Indexed Job counts from 0"),
        (GITLAB, Shard(2, 4), "GitLab counts from 1"),
        (AZURE, Shard(3, 4), "Azure Pipelines counts from 1"),
        (BUILDKITE, Shard(4, 4), "Buildkite counts from 0"),
        (CIRCLE, Shard(2, 4), "CircleCI counts from 0"),
        (EXPLICIT, Shard(2, 4), "what a GitHub matrix passes on"),
        ({**EXPLICIT, **CIRCLE}, Shard(2, 4), "the system's own numbers come first"),
        ({**CIRCLE, **BUILDKITE}, Shard(4, 4), "Buildkite before CircleCI"),
        ({**BUILDKITE, **AZURE}, Shard(3, 4), "Azure Pipelines before Buildkite"),
        ({**AZURE, **GITLAB}, Shard(2, 4), "GitLab before Azure Pipelines"),
        ({**GITLAB, **KUBERNETES}, Shard(1, 4), "a Job inside a cluster is where this really runs"),
        ({"CI_NODE_TOTAL": "1"}, Shard(1, 1), "GitLab does not number a job that is alone"),
        ({"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "1"}, Shard(1, 1), "CircleCI does"),
    ],
)
def test_auto_reads_the_system_that_started_the_job(
    environment: dict[str, str], shard: Shard, reason: str
) -> None:
    assert shard_of_this_job("auto", environment) == shard, reason


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.index)
def test_an_index_without_a_count_names_the_variable_that_is_missing(system: object) -> None:
    index, count = system.index, system.count  # type: ignore[attr-defined]
    with pytest.raises(UsageProblem, match=f"{index} is 1, .*Set {count} to that number"):
        shard_of_this_job("auto", {index: "1"})


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "found nothing that numbers this job"),
        ({"RECONCILER_SHARD": "auto"}, "found nothing"),
        ({"RECONCILER_SHARD": "4"}, "RECONCILER_SHARD=4: '4' is not i/n"),
        ({**KUBERNETES, "JOB_COMPLETION_INDEX": "4"}, "no shard 5 of 4"),
        ({**KUBERNETES, "RECONCILER_SHARDS": "four"}, "are not two whole numbers"),
        ({**GITLAB, "CI_NODE_INDEX": "0"}, "shards count from 1"),
        ({**AZURE, "SYSTEM_TOTALJOBSINPHASE": "-2"}, "are not two whole numbers"),
    ],
)
def test_an_environment_that_numbers_no_job_is_refused(environment: dict[str, str], told: str) -> None:
    """A wrong number would leave accounts to nobody, and nobody would notice."""
    with pytest.raises(UsageProblem, match=told):
        shard_of_this_job("auto", environment)


def test_auto_without_anything_lists_everything_that_it_reads() -> None:
    with pytest.raises(UsageProblem) as refused:
        shard_of_this_job("auto", {})
    variables = {name for system in SYSTEMS for name in (system.index, system.count)}
    assert [name for name in (*variables, "RECONCILER_SHARD=i/n") if name not in str(refused.value)] == []


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift", "show", "quota", "lifecycle"])
@pytest.mark.parametrize("word", ["0/4", "5/4", "4", "auto"])
def test_every_command_that_takes_manifests_refuses_what_is_no_shard(
    command: str, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for system in SYSTEMS:
        monkeypatch.delenv(system.index, raising=False)
        monkeypatch.delenv(system.count, raising=False)
    assert run([command, "manifests", "--shard", word]) == 64
    assert "--shard" in capsys.readouterr().err


SUBSCRIPTIONS = ("11111111-1111-1111-1111-111111111111", "88888888-8888-8888-8888-888888888888")
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
# Of two shards the first has subscription s0, the second has s1.


def manifests(folder: Path, *names: str) -> str:
    """Two accounts in two subscriptions with these deployments each."""
    folder.mkdir(exist_ok=True)
    aliases = ", ".join(
        f"s{place}: {{id: {subscription}, tenant: {TENANT}}}"
        for place, subscription in enumerate(SUBSCRIPTIONS)
    )
    (folder / "fleet.yaml").write_text(
        "apiVersion: reconciler.aoai/v1\nkind: Fleet\nmetadata: {name: parted}\n"
        f"spec: {{cloud: emulator, subscriptions: {{{aliases}}}, guards: {{maxDeletes: 2}}}}\n"
    )
    for place in range(len(SUBSCRIPTIONS)):
        entries = "".join(
            f"    - {{name: {name}, model: {{name: gpt-4.1-mini, version: '2025-04-14'}}, "
            "sku: {name: GlobalStandard, capacity: 10}}\n"
            for name in names
        )
        (folder / f"a{place}.yaml").write_text(
            "apiVersion: reconciler.aoai/v1\nkind: DeploymentSet\n"
            f"metadata: {{name: a{place}}}\nspec:\n"
            f"  account: {{subscription: s{place}, resourceGroup: rg, name: a{place}, region: eastus2}}\n"
            f"  deployments:\n{entries}"
        )
    return str(folder)


def planned(tmp_path: Path, folder: str, *words: str) -> list[str]:
    """The files of both shards, planned from below the working directory."""
    files, folder = [], str(Path(folder).relative_to(tmp_path))
    for index in (1, 2):
        files.append(str(tmp_path / f"shard-{index}.json"))
        state = ["--emulator-state", str(tmp_path / "e.db")]
        assert run(["plan", folder, "--shard", f"{index}/2", "-q", "--out", files[-1], *state, *words]) == 0
    return files


def without_time(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if '"createdAt"' not in line)


def test_the_output_says_which_part_it_is_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, state = manifests(tmp_path / "m", "chat"), ["--emulator-state", str(tmp_path / "e.db")]
    for command in ("plan", "drift", "show", "quota", "lifecycle"):
        run([command, folder, "--shard", "1/2", *state])
        said = capsys.readouterr()
        assert "shard 1/2: 1 of 2 accounts; 1 left to the other shards" in said.err, command
        assert "a1" not in said.out, command
    run(["validate", folder, "--shard", "1/2"])
    assert "shard 1/2: 1 of 2 accounts" in capsys.readouterr().err
    run(["lifecycle", folder, "--shard", "1/2", "--offline"])
    offline = capsys.readouterr()
    assert "shard 1/2: 1 of 2 accounts" in offline.err
    assert "a0" in offline.out
    assert "a1" not in offline.out


def test_a_shard_with_nothing_to_do_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of nine shards of two subscriptions most are empty, and a job that is not needed has not failed."""
    folder, state = manifests(tmp_path / "m", "chat"), ["--emulator-state", str(tmp_path / "e.db")]
    for words in (
        ["plan", "--detailed-exitcode"],
        ["apply", "--yes"],
        ["drift"],
        ["show"],
        ["quota"],
        ["lifecycle"],
    ):
        assert run([*words, folder, "--shard", "1/9", *state]) == 0, words
        assert "0 of 2 accounts; 2 left to the other shards, so there is nothing to do here" in (
            capsys.readouterr().err
        ), words


def test_the_environment_twin_of_the_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, target = manifests(tmp_path / "m", "chat"), tmp_path / "plan.json"
    monkeypatch.setenv("RECONCILER_SHARD", "2/2")
    state = ["--emulator-state", str(tmp_path / "e.db")]
    assert run(["plan", folder, "-q", "-o", "json", "--output-file", str(target), *state]) == 0
    made = json.loads(target.read_text())
    assert made["shard"] == {"index": 2, "count": 2, "accounts": 1, "ofAccounts": 2}
    assert [action["account"] for action in made["actions"]] == ["a1"]


def test_merging_the_files_of_all_shards_makes_the_file_of_a_single_run(tmp_path: Path) -> None:
    state = ["--emulator-state", str(tmp_path / "e.db")]
    files = planned(tmp_path, manifests(tmp_path / "m", "chat", "mini"))
    first = json.loads(Path(files[0]).read_text())
    Path(files[0]).write_text(json.dumps({**first, "createdAt": "2026-11-24T00:00:00Z"}))
    one, all_of_them = tmp_path / "one.json", tmp_path / "merged.json"
    assert run(["plan", "m", "-q", "--out", str(one), *state]) == 0
    assert run(["plan", "merge", *files, "-q", "--out", str(all_of_them), "--detailed-exitcode"]) == 2
    assert without_time(all_of_them.read_text()) == without_time(one.read_text())
    newest = json.loads(Path(files[1]).read_text())["createdAt"]
    assert json.loads(all_of_them.read_text())["createdAt"] == newest


def test_merging_asks_arm_nothing(tmp_path: Path) -> None:
    """The emulator's file is gone, and nobody makes a new one."""
    files = planned(tmp_path, manifests(tmp_path / "m", "chat"))
    (tmp_path / "e.db").unlink()
    assert run(["plan", "merge", *files, "-q", "--output-file", str(tmp_path / "text")]) == 0
    assert not (tmp_path / "e.db").exists()
    assert "2 to create" in (tmp_path / "text").read_text()


def test_deletes_are_counted_by_the_merge_and_again_by_each_shard_that_applies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Fleet allows two deletes a run: one in each shard is fine, two in each are not."""
    folder, state = tmp_path / "m", ["--emulator-state", str(tmp_path / "e.db")]
    assert run(["apply", manifests(folder, "aa", "bb", "cc", "dd"), "-q", "--yes", *state]) == 0
    merged = tmp_path / "merged.json"

    files = planned(tmp_path, manifests(folder, "aa", "bb"))
    capsys.readouterr()
    assert run(["plan", "merge", *files, "--out", str(merged)]) == 1
    assert "max-deletes: 4 deployments would be deleted" in capsys.readouterr().out
    assert run(["apply", str(merged), "--shard", "1/2", *state]) == 1
    assert "max-deletes: 2 deployments would be deleted" in capsys.readouterr().out

    files = planned(tmp_path, manifests(folder, "aa", "bb", "cc"))
    assert run(["plan", "merge", *files, "-q", "--out", str(merged)]) == 0
    for index in (1, 2):
        assert run(["apply", str(merged), "--shard", f"{index}/2", "-q", *state]) == 0
    assert run(["plan", str(folder), "-q", "--detailed-exitcode", *state]) == 0


def test_a_shard_on_its_own_keeps_to_its_share_of_the_deletes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, state = tmp_path / "m", ["--emulator-state", str(tmp_path / "e.db")]
    assert run(["apply", manifests(folder, "aa", "bb", "cc", "dd"), "-q", "--yes", *state]) == 0
    manifests(folder, "aa", "bb")
    capsys.readouterr()
    assert run(["apply", str(folder), "--shard", "1/2", "--yes", *state]) == 1
    assert "1 is allowed by shard 1/2's share of the 2" in capsys.readouterr().out
    assert run(["apply", str(folder), "--shard", "1/2", "--yes", "-q", "--max-deletes", "2", *state]) == 0


@pytest.fixture(scope="module")
def of_two_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plans of two shards and the merged one, for those who only read them."""
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = planned(folder, manifests(folder / "m", "chat"))
        assert run(["plan", "merge", *files, "-q", "--out", "merged.json"]) == 0
    return folder


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["apply", "shard-1.json"], 1, "this is what shard 1/2 saw"),
        (["apply", "merged.json", "--shard", "1/2", "--all-or-nothing"], 64, "does not go with --shard"),
        (["plan", "merge", "shard-1.json"], 64, "the plan of shard 2/2 is missing"),
        (
            ["plan", "merge", "shard-1.json", "merged.json"],
            64,
            "merged.json: it is a plan of the whole fleet",
        ),
        (["plan", "merge", "no-such-file"], 64, "cannot read the plan no-such-file"),
        (["plan", "merge", "m/fleet.yaml"], 64, "m/fleet.yaml: this is not a plan file"),
        (["plan", "merge"], 64, "missing argument 'FILE...'"),
    ],
)
def test_what_cannot_be_merged_or_applied_says_why(
    words: list[str],
    code: int,
    told: str,
    of_two_shards: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(of_two_shards)
    capsys.readouterr()
    assert run(words) == code
    assert told in capsys.readouterr().err


def test_models_retire_by_the_day_on_which_the_shards_looked(tmp_path: Path) -> None:
    """A merge on another day makes the same plan: gpt-4.1-mini 2025-04-14 retires in 2027."""
    files = planned(tmp_path, manifests(tmp_path / "m", "chat"))
    for file in map(Path, files):
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "createdAt": "2031-01-01T00:00:00Z"}))
    merged = tmp_path / "merged.json"
    run(["plan", "merge", *files, "-q", "--out", str(merged)])
    assert "model-retired" in {found["code"] for found in json.loads(merged.read_text())["diagnostics"]}


def test_manifests_that_moved_on_cannot_be_merged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = planned(tmp_path, manifests(tmp_path / "m", "chat"))
    manifests(tmp_path / "m", "chat", "more")
    assert run(["plan", "merge", *files]) == 1
    assert "these manifests have changed since it was made" in capsys.readouterr().err


def test_a_folder_named_merge_is_reached_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifests(tmp_path / "merge", "chat")
    monkeypatch.chdir(tmp_path)
    assert run(["plan", "./merge", "-q", "--output-file", "out"]) == 0
    assert "2 to create" in (tmp_path / "out").read_text()

"""Several files into one folder: whole, all of them or none, and nobody's file is replaced unasked."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler.cli import folder
from reconciler.cli.folder import write_folder
from reconciler.errors import ReconcilerError, UsageProblem

FILES = {"fleet.yaml": "f" * 100_000, "one.yaml": "1" * 100_000, "two.yaml": "2" * 100_000}

_KILLED = """
import os, pathlib, sys
from reconciler.cli import folder
count, real = int(sys.argv[2]), (os.fsync, os.link, pathlib.Path.unlink)
def counted(call):
    def step(*words, **more):
        global count
        count -= 1
        if count < 0:
            os.kill(os.getpid(), 9)
        return call(*words, **more)
    return step
os.fsync, os.link, pathlib.Path.unlink = map(counted, real)
folder.write_folder(pathlib.Path(sys.argv[1]), {name: name[0] * 100_000 for name in ("fleet", "one", "two")},
                    force=False)
"""


@pytest.mark.parametrize("steps", range(10))
def test_killed_anywhere_no_file_is_there_in_part_and_the_first_only_with_all_others(
    steps: int, tmp_path: Path
) -> None:
    """Without the Fleet, whose aliases the sets use, a part of an export is not valid."""
    ran = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path), str(steps)], check=False)
    seen = {one.name: one.read_text("utf-8") for one in tmp_path.iterdir() if one.name[0] != "."}
    assert all(text == name[0] * 100_000 for name, text in seen.items())
    assert "fleet" not in seen or len(seen) == 3
    assert ran.returncode in {0, -9}


def test_of_two_at_once_one_writes_everything_and_the_other_nothing(tmp_path: Path) -> None:
    together = threading.Barrier(2)
    ends: list[str] = []

    def export(letter: str) -> None:
        together.wait()
        try:
            write_folder(tmp_path, dict.fromkeys(FILES, letter), force=False)
            ends.append(letter)
        except UsageProblem:
            ends.append("refused")

    both = [threading.Thread(target=export, args=(letter,)) for letter in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    written = {one.read_text("utf-8") for one in tmp_path.iterdir()}
    assert len(written) <= 1
    assert written <= {*ends}
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_appears_while_ours_are_written_stays_and_ours_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def appears(descriptor: int) -> None:
        (tmp_path / "one.yaml").write_text("mine", "utf-8")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", appears)
    with pytest.raises(UsageProblem, match=r"one\.yaml already exists"):
        write_folder(tmp_path, FILES, force=False)
    assert {one.name: one.read_text("utf-8") for one in tmp_path.iterdir()} == {"one.yaml": "mine"}


def test_where_no_links_are_made_files_are_renamed_and_none_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert len(write_folder(tmp_path / "a", FILES, force=False)) == 3
    with pytest.raises(UsageProblem):
        write_folder(tmp_path / "a", FILES, force=False)
    assert (tmp_path / "a" / "fleet.yaml").read_text("utf-8") == FILES["fleet.yaml"]


def test_a_folder_in_the_place_of_a_file_is_told_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").mkdir()
    with pytest.raises(UsageProblem, match="a folder stands"):
        write_folder(tmp_path, FILES, force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["two.yaml"]


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ReconcilerError, match="cannot write below"):
        write_folder(tmp_path / "file" / "below", FILES, force=False)


def test_no_name_of_a_file_under_way_is_used_twice(tmp_path: Path) -> None:
    """Two containers on one volume may both be process 1."""
    stray = tmp_path / f".fleet.yaml.{os.getpid()}"
    stray.write_text("another's", "utf-8")
    write_folder(tmp_path, FILES, force=False)
    assert stray.read_text("utf-8") == "another's"
    assert folder.others_in(tmp_path, FILES) == ()


def test_a_place_that_cannot_be_looked_at_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dark(place: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(Path, "exists", dark)
    with pytest.raises(ReconcilerError, match=r"fleet\.yaml: Permission denied"):
        write_folder(tmp_path, FILES, force=False)

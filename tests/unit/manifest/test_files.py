"""Which files are read, and which are refused; rows F-107, F-108, F-119 to F-122."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.errors import UsageProblem
from reconciler.manifest.files import MAX_ALL, MAX_FILE, MAX_FILES, find
from reconciler.manifest.load import load
from tests.unit.manifest.reading import CHAT, a_fleet, a_set, codes, complete_entry, only, read_files, state

FLEET = a_fleet("{}")


def folder(root: Path, files: Mapping[str, str]) -> Path:
    """A folder with some files."""
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root


def names(root: Path, *paths: str) -> list[str]:
    """The files read below `root`, by their names in it."""
    found = find(paths or [str(root)])
    assert found.findings == []
    return [Path(item.name).relative_to(root).as_posix() for item in found.contents]


def refusal(root: Path, *paths: str) -> tuple[str, str]:
    """Code and message of the one finding below `root`."""
    loaded = load(paths or [str(root)])
    return only(loaded).code, only(loaded).message


def test_yaml_files_are_read_at_every_depth_in_order_of_their_names(tmp_path: Path) -> None:
    folder(tmp_path, {"b.yaml": "", "a/c.yml": "", "a/b/d.yaml": "", "a.json": "", "yaml": ""})
    assert names(tmp_path) == ["a/b/d.yaml", "a/c.yml", "b.yaml"]


def test_hidden_and_underscored_names_are_skipped_below_a_folder(tmp_path: Path) -> None:
    hidden = [".hidden.yaml", "_draft.yaml", ".git/a.yaml", "_parts/a.yaml"]
    assert names(folder(tmp_path, dict.fromkeys([*hidden, "a.yaml"], ""))) == ["a.yaml"]


@pytest.mark.parametrize("name", ["_draft.yaml", ".hidden.yaml", "manifest.txt"])
def test_a_file_that_is_named_outright_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    folder(tmp_path, {name: ""})
    assert names(tmp_path, str(tmp_path / name)) == [name]


def test_f120_each_file_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    folder(tmp_path, {"a.yaml": "", "sub/b.yaml": ""})
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "sub" / "hard.yaml").hardlink_to(tmp_path / "a.yaml")
    paths = (str(tmp_path), str(tmp_path / "sub"), str(tmp_path / "sub" / ".." / "a.yaml"))
    assert names(tmp_path, *paths) == ["a.yaml", "sub/b.yaml"]


def test_a_path_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="does not exist"):
        load([str(tmp_path / "nothing")])


def test_a_path_below_a_file_is_wrong_usage(tmp_path: Path) -> None:
    folder(tmp_path, {"a.yaml": ""})
    with pytest.raises(UsageProblem, match="does not exist"):
        load([str(tmp_path / "a.yaml" / "b.yaml")])


@pytest.mark.parametrize("path", ["a\0b", "x" * 5_000])
def test_a_path_that_cannot_be_one_is_wrong_usage(path: str) -> None:
    with pytest.raises(UsageProblem):
        load([path])


def test_standard_input_is_read_as_one_more_file(tmp_path: Path) -> None:
    folder(tmp_path, {"fleet.yaml": FLEET})
    loaded = load([str(tmp_path), "-"], stdin=io.BytesIO(a_set(deployments=CHAT).encode()))
    assert (loaded.files, len(state(loaded).deployments)) == (2, 1)


def test_standard_input_may_be_text() -> None:
    assert state(load(["-"], stdin=io.StringIO(FLEET))).fleet.declared


def test_without_a_standard_input_a_dash_is_wrong_usage() -> None:
    with pytest.raises(UsageProblem, match="standard input"):
        load(["-"])


def test_f108_a_large_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    folder(tmp_path, {"big.yaml": "#" * (MAX_FILE + 1)})
    assert refusal(tmp_path) == ("yaml-limit", "the file is larger than 1 MiB")


def test_f108_the_largest_allowed_file_is_read(tmp_path: Path) -> None:
    assert names(folder(tmp_path, {"big.yaml": "#" * MAX_FILE})) == ["big.yaml"]


def test_f108_a_large_standard_input_is_refused() -> None:
    assert only(load(["-"], stdin=io.BytesIO(b"#" * (MAX_FILE + 1)))).code == "yaml-limit"


def test_f108_files_are_limited_together(tmp_path: Path) -> None:
    count = MAX_ALL // MAX_FILE + 1
    folder(tmp_path, {f"{number}.yaml": "#" * MAX_FILE for number in range(count)})
    assert refusal(tmp_path) == ("yaml-limit", "the files are larger than 48 MiB together")


def test_f108_the_number_of_files_is_limited(tmp_path: Path) -> None:
    folder(tmp_path, {f"{number:05}.yaml": "" for number in range(MAX_FILES + 1)})
    found = find([str(tmp_path)])
    assert [(one.code, one.message) for one in found.findings] == [
        ("yaml-limit", "there are more than 20,000 files")
    ]


def test_folders_are_limited_in_depth(tmp_path: Path) -> None:
    folder(tmp_path, {"/".join(["d"] * 70) + "/a.yaml": ""})
    assert refusal(tmp_path)[0] == "yaml-limit"


def test_f119_comments_and_empty_files_declare_nothing(tmp_path: Path) -> None:
    files = {"a.yaml": "", "b.yaml": "# nothing yet\n", "c.yaml": "---\n---\n...\n", "d.yaml": FLEET}
    loaded = read_files(tmp_path, files)
    assert (loaded.files, loaded.deployments, state(loaded).accounts) == (4, 0, ())


def test_f120_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, {"outside/a.yaml": FLEET, "inside/b.yaml": ""})
    (tmp_path / "inside" / "link.yaml").symlink_to("../outside/a.yaml")
    assert refusal(tmp_path / "inside") == ("unreadable-file", "this link leads out of the folder")


def test_f120_a_linked_folder_outside_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, {"outside/a.yaml": FLEET, "inside/b.yaml": ""})
    (tmp_path / "inside" / "link").symlink_to("../outside")
    assert refusal(tmp_path / "inside") == ("unreadable-file", "this link leads out of the folder")


def test_links_as_kubernetes_mounts_them_are_read(tmp_path: Path) -> None:
    folder(tmp_path, {"..2026_11/fleet.yaml": FLEET})
    (tmp_path / "..data").symlink_to("..2026_11")
    (tmp_path / "fleet.yaml").symlink_to("..data/fleet.yaml")
    assert names(tmp_path) == ["fleet.yaml"]


def test_f120_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert refusal(tmp_path)[0] == "unreadable-file"


def test_f120_a_folder_that_contains_itself_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, {"sub/a.yaml": ""})
    (tmp_path / "sub" / "again").symlink_to("..")
    assert refusal(tmp_path) == ("unreadable-file", "this link leads back to a folder that contains it")


def test_f120_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to("nothing.yaml")
    code, message = refusal(tmp_path)
    assert code == "unreadable-file"
    assert "cannot be opened" in message


def test_f120_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refusal(tmp_path) == ("unreadable-file", "this is not a regular file")
    assert refusal(tmp_path, str(tmp_path / "pipe.yaml"))[0] == "unreadable-file"


def test_f120_a_device_is_refused() -> None:
    assert only(load([os.devnull])).code == "unreadable-file"


def test_a_folder_that_is_called_like_a_file_is_a_folder(tmp_path: Path) -> None:
    assert names(folder(tmp_path, {"odd.yaml/a.yaml": ""})) == ["odd.yaml/a.yaml"]


def test_f121_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    target = folder(tmp_path, {"a.yaml": "# one\n"}) / "a.yaml"

    def read_and_write(handle: int, count: int) -> bytes:
        part = os.read(handle, count)
        if not part:
            target.write_text("# one\n# two\n", encoding="utf-8")
        return part

    found = find([str(target)], read=read_and_write)
    assert found.contents == []
    assert [(one.code, one.message) for one in found.findings] == [
        ("unreadable-file", "the file changed while it was being read")
    ]


def test_f121_a_file_that_vanishes_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    folder(tmp_path, {"a.yaml": "# one\n", "b.yaml": "# two\n"})

    def read_and_remove(handle: int, count: int) -> bytes:
        (tmp_path / "b.yaml").unlink(missing_ok=True)
        return os.read(handle, count)

    found = find([str(tmp_path / "a.yaml"), str(tmp_path)], read=read_and_remove)
    assert [Path(item.name).name for item in found.contents] == ["a.yaml"]


def test_f121_a_file_listed_but_gone_when_opened_is_an_error(tmp_path: Path) -> None:
    folder(tmp_path, {"a.yaml": "# one\n", "b.yaml": "# two\n"})

    def read_and_remove(handle: int, count: int) -> bytes:
        (tmp_path / "b.yaml").unlink(missing_ok=True)
        return os.read(handle, count)

    found = find([str(tmp_path)], read=read_and_remove)
    assert [one.code for one in found.findings] == ["unreadable-file"]
    assert "cannot be opened" in found.findings[0].message


def test_a_read_that_fails_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    folder(tmp_path, {"a.yaml": ""})

    def broken(_handle: int, _count: int) -> bytes:
        raise OSError(5, "Input/output error")

    found = find([str(tmp_path)], read=broken)
    assert [one.message for one in found.findings] == ["the file cannot be read: Input/output error"]


def test_f122_every_mistake_is_counted_in_the_order_of_the_files(tmp_path: Path) -> None:
    entries = "\n".join(
        f"{{name: d{n}, model: {{name: m}}, sku: {{name: s, capacity: x}}}}" for n in range(500)
    )
    loaded = read_files(
        tmp_path, {f"{n:02}.yaml": a_set(account=f"aoai-{n}", deployments=entries) for n in range(20)}
    )
    assert len(loaded.diagnostics) == 10_000
    places = [
        (found.place.file, loaded.sources.span(found.place)) for found in loaded.diagnostics if found.place
    ]
    assert places == sorted(places, key=lambda place: (place[0], place[1] and place[1].line))


def test_names_that_no_terminal_should_see_are_shown_escaped(tmp_path: Path) -> None:
    folder(tmp_path, {"a\x1b[31m.yaml": "kind: ["})
    place = only(load([str(tmp_path)])).place
    assert place is not None
    assert place.file.endswith("a\\x1b[31m.yaml")


def test_a_name_that_is_not_unicode_is_read_and_shown(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("kind: [", encoding="utf-8")
    assert codes(load([str(tmp_path)])) == ["yaml-syntax"]


def test_the_digest_is_of_the_texts_not_of_their_places(tmp_path: Path) -> None:
    files = {"a.yaml": FLEET, "b.yaml": complete_entry()}
    one, two = (state(read_files(tmp_path / name, files)) for name in ("one", "two"))
    assert one.manifest_digest == two.manifest_digest
    changed = state(read_files(tmp_path / "two", {"b.yaml": complete_entry() + "# more\n"}))
    assert changed.manifest_digest != one.manifest_digest

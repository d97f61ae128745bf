"""What the release workflow runs, run here: the same bytes twice, a wheel that works alone, an SBOM."""

import json
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from reconciler import __version__
from tools import release

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release, built twice by the tool, which fails where the two differ."""
    out = tmp_path_factory.mktemp("dist")
    assert {path.suffix for path in release.build(out)} == {".whl", ".gz"}
    return out


@pytest.fixture(scope="module")
def clean(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("environment") / "clean"
    assert release.install(dist, folder, offline=True).is_file()
    return folder


def test_the_wheel_holds_the_program_its_data_and_its_licence_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "reconciler",
        f"aoai_reconciler-{__version__}.dist-info",
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "reconciler/py.typed" in names


def test_the_sdist_holds_what_it_takes_to_build_it_again(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "reconciler/__init__.py"} <= names


def test_a_clean_environment_goes_from_the_wheel_to_an_empty_plan(clean: Path, tmp_path: Path) -> None:
    release.try_out(clean / "bin" / "reconciler", tmp_path)


def test_the_bill_of_materials_names_every_locked_dependency(dist: Path, clean: Path) -> None:
    found = json.loads(release.sbom(dist, clean).read_text("utf-8"))
    named = {one["name"].lower().replace("_", "-") for one in found["components"]}
    assert found["specVersion"] == "1.6"
    assert {Requirement(one).name for one in PYPROJECT["project"]["dependencies"]} <= named


def test_every_step_of_the_tool_is_a_step_of_the_workflow() -> None:
    runs = [step["run"] for step in WORKFLOW["jobs"]["build"]["steps"] if "run" in step]
    steps = [found.group(1) for run in runs if (found := re.search(r"tools\.release (\w+)", run))]
    assert steps == ["build", "try", "sbom", "notes"]


def test_nothing_is_published_without_a_tag_a_build_and_a_protected_environment() -> None:
    jobs = WORKFLOW["jobs"]
    for name in ("publish", "image"):
        assert jobs[name]["if"] == "github.ref_type == 'tag'"
        assert jobs[name]["needs"] == "build"
        assert jobs[name]["environment"]
    assert set(jobs["announce"]["needs"]) == {"publish", "image"}


def test_the_notes_are_the_newest_chapter_of_the_changelog() -> None:
    assert release.notes().strip()
    assert not release.notes().startswith("## ")


def test_the_container_build_installs_nothing_without_its_hash_and_starts_from_digests() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE)
    assert bases
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)
    assert len(set(bases)) == 1
    for command in re.findall(r"pip install((?:[^&\n]|\\\n)*)", text):
        assert "--require-hashes" in command or "--no-index" in command, command
    locked = (ROOT / "requirements-build.lock").read_text("utf-8")
    backend = {Requirement(one).name for one in PYPROJECT["build-system"]["requires"]}
    assert backend <= {line.split("==")[0] for line in locked.splitlines() if "==" in line}

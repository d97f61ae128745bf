"""Builds what a release publishes, and tries it as a stranger would.

`python -m tools.release build OUT` makes the sdist, and from it the wheel, twice; the bytes must not differ.
`try OUT` installs the wheel into a clean environment and goes from version to an empty plan with it.
`sbom OUT` lists what the locked runtime consists of (CycloneDX 1.6).
`notes` prints the newest chapter of the changelog.
The release workflow runs these; a test runs them on this tree.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"


def build(out: Path) -> list[Path]:
    """The sdist and the wheel in `out`; raises SystemExit if a second build differs by a byte."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as again:
        for folder in (out, Path(again)):
            command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_dated())
        made = sorted(path for path in out.iterdir() if path.suffix in {".whl", ".gz"})
        for path in made:
            if _digest(path) != _digest(Path(again) / path.name):
                sys.exit(
                    f"{path.name} is not the same when it is built again: a release must be reproducible"
                )
    return made


def _dated() -> Mapping[str, str]:
    """The environment of a build, in which files carry the date of the commit."""
    told = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    date = subprocess.run(told, check=False, capture_output=True, text=True).stdout.strip()
    return {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or date or "1767225600"}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install(out: Path, folder: Path, *, offline: bool) -> Path:
    """The program's path in a clean environment with the wheel of `out`; `offline` borrows our packages."""
    (wheel,) = out.glob("*.whl")
    venv.create(folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-I", "-m", "pip", "--python", str(python)]
    pip += ["install", "--quiet", "--disable-pip-version-check"]
    if offline:
        told = "import sysconfig; print(sysconfig.get_path('purelib'))"
        found = subprocess.run([str(python), "-c", told], check=True, capture_output=True, text=True)
        _borrow(Path(found.stdout.strip()))
    else:
        subprocess.run([*pip, "--require-hashes", "--requirement", str(LOCK)], check=True)
    subprocess.run([*pip, "--no-index", "--no-deps", "--force-reinstall", str(wheel)], check=True)
    return folder / "bin" / "reconciler"


def _borrow(packages: Path) -> None:
    """Link the packages of the lock that we have ourselves into an environment's folder, and no others."""
    for name in re.findall(r"^([\w.-]+)==", LOCK.read_text("utf-8"), flags=re.MULTILINE):
        try:
            ours = distribution(name)
        except PackageNotFoundError:  # of another platform or an extra
            continue
        for top in {file.parts[0] for file in ours.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(str(ours.locate_file(top)))


def try_out(program: Path, workplace: Path) -> None:
    """From version to an empty plan on the emulator, in an empty folder; raises CalledProcessError."""
    shutil.copytree(ROOT / "examples" / "quickstart", workplace / "manifests")
    environment = {"PATH": os.environ["PATH"], "HOME": str(workplace)}
    for words in (["--version"], ["validate"], ["plan"], ["apply", "--yes"], ["plan", "--detailed-exitcode"]):
        subprocess.run([str(program), *words], check=True, cwd=workplace, env=environment)


def sbom(out: Path, environment: Path) -> Path:
    """The bill of materials of what `environment` has installed, as CycloneDX JSON in `out`."""
    made = out / "sbom.cdx.json"
    tool = Path(sys.executable).parent / "cyclonedx-py"
    command = [str(tool), "environment", "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    subprocess.run(
        [*command, "--spec-version", "1.6", "--output-file", str(made), str(environment / "bin" / "python")],
        check=True,
    )
    return made


def notes() -> str:
    """The newest chapter of the changelog, without its heading."""
    chapters = re.split(r"^## .*\n", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    return chapters[1].strip() + "\n"


def main(argv: list[str] | None = None) -> int:
    """Run one of the steps."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("step", choices=["build", "try", "sbom", "notes"])
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "dist")
    parser.add_argument("--offline", action="store_true", help="borrow the dependencies of this environment")
    given = parser.parse_args(argv)
    if given.step == "notes":
        print(notes(), end="")
    elif given.step == "build":
        print(*build(given.out), sep="\n")
    else:
        with tempfile.TemporaryDirectory() as folder:
            program = install(given.out, Path(folder) / "clean", offline=given.offline)
            if given.step == "try":
                try_out(program, Path(folder))
            else:
                print(sbom(given.out, Path(folder) / "clean"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

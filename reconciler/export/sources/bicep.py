"""Bicep files through the `bicep` executable, which alone knows the language.

`bicep build --stdout` prints a template, `bicep build-params --stdout` an object with `templateJson` and
`parametersJson` as text (Bicep CLI 0.20 and newer).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from reconciler.errors import UsageProblem
from reconciler.export.foreign import ForeignFile, parse_json

_TIMEOUT: Final = 120
"""Seconds for one file; modules from a registry are fetched meanwhile."""

SUFFIXES: Final = frozenset({".bicep", ".bicepparam"})


def built_template(path: Path) -> ForeignFile:
    """The template that a .bicep file is."""
    return parse_json(str(path), _run("build", path))


def built_parameters(path: Path) -> tuple[ForeignFile | None, ForeignFile]:
    """The template that a .bicepparam file uses, if it says which, and its parameters."""
    built = parse_json(str(path), _run("build-params", path)).document
    if "parametersJson" not in built:
        return None, ForeignFile(name=str(path), document=built)
    template, parameters = (
        parse_json(str(path), text.encode()) if isinstance(text, str) else None
        for text in (built.get("templateJson"), built["parametersJson"])
    )
    if parameters is None:
        raise UsageProblem(f"{path}: `bicep build-params` printed no parameters")
    return template, parameters


def _run(verb: str, path: Path) -> bytes:
    if not path.is_file():
        raise UsageProblem(f"{path} is not there, or is no regular file")
    bicep = shutil.which("bicep")
    if bicep is None:
        output = "main.json" if verb == "build" else "main.parameters.json"
        option = "--from" if verb == "build" else "--parameters"
        raise UsageProblem(
            f"{path} is Bicep, and no `bicep` executable was found to read it. Where there is one, run "
            f"`bicep {verb} {path.name} --outfile {output}` (or `az bicep {verb} --file {path.name} "
            f"--outfile {output}`) and pass {option} {output}"
        )
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own tool, without a shell
            [bicep, verb, "--stdout", str(path)], capture_output=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise UsageProblem(f"{path}: `bicep {verb}` did not end well: {problem}") from problem
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageProblem(f"{path}: `bicep {verb}` failed: {' '.join(said[:3])[:400]}")
    return done.stdout

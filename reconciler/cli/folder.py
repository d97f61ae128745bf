"""Several files written into one folder: all of them or none, and nobody's file is replaced unasked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.errors import ReconcilerError, UsageProblem


def write_folder(folder: Path, files: Mapping[str, str], *, force: bool) -> tuple[Path, ...]:
    """Write `files` below `folder`, beside their targets first, so that a full disk leaves none behind.

    UsageProblem where one of them is there and `force` is not given.
    """
    targets = {folder / name: text for name, text in files.items()}
    there = [str(target) for target in targets if target.is_symlink() or target.exists()]
    if there and not force:
        raise UsageProblem(
            f"{_listed(there)} exist(s) already, and an export replaces no file by itself. "
            "Nothing was written; name another folder, or pass --force"
        )
    beside = {target.with_name(f".{target.name}.{os.getpid()}"): target for target in targets}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place, target in beside.items():
            _write(place, targets[target])
        for place, target in beside.items():
            place.replace(target)
    except OSError as problem:
        for place in beside:
            with suppress(OSError):
                place.unlink(missing_ok=True)
        raise ReconcilerError(
            f"cannot write below {folder}: {problem.strerror or problem}. Name another folder"
        ) from problem
    return tuple(targets)


def others_in(folder: Path, written: Iterable[str]) -> tuple[str, ...]:
    """Manifests of the folder that are none of `written`; the next command would read them too."""
    ours = set(written)
    found = (path.name for pattern in ("*.yaml", "*.yml") for path in folder.glob(pattern))
    return tuple(sorted(name for name in found if name not in ours and not name.startswith((".", "_"))))


def _write(place: Path, text: str) -> None:
    with place.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

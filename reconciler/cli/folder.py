"""Several files written into one folder: all of them or none, and nobody's file is replaced unasked."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.report.layout import listed


def write_folder(folder: Path, files: Mapping[str, str], *, force: bool | None) -> tuple[Path, ...]:
    """Write `files` below `folder`; UsageProblem where one of them is there and `force` is not given.

    Each is written beside its target first, so none is ever there in part. They are put in their places from
    the last to the first: where the first one is, which the others need, they all are.
    """
    targets = {folder / name: text for name, text in files.items()}
    must_be_free(targets, force=force)
    token = os.urandom(4).hex()
    beside = {target.with_name(f".{target.name}.{token}"): target for target in targets}
    made: list[Path] = []
    try:
        for target in (folder / "x", *targets):
            target.parent.mkdir(parents=True, exist_ok=True)
        for place, target in beside.items():
            with place.open("x", encoding="utf-8") as stream:
                stream.write(targets[target])
                stream.flush()
                os.fsync(stream.fileno())
        for place, target in reversed(beside.items()):
            if force:
                place.replace(target)
            else:
                _put(place, target)
                made.append(target)
    except OSError as problem:
        _remove(made)
        if isinstance(problem, FileExistsError):
            must_be_free(targets, force=force)
        raise ReconcilerError(
            f"cannot write below {folder}: {problem.strerror or problem}. Name another folder"
        ) from problem
    finally:
        _remove(beside)
    return tuple(targets)


def must_be_free(targets: Iterable[Path], *, force: bool | None) -> None:
    """Refuse to write where something is that may not be replaced; `force` None: there is no --force."""
    try:
        existing = [str(target) for target in targets if target.is_symlink() or target.exists()]
    except OSError as problem:
        raise ReconcilerError(f"cannot look at {problem.filename}: {problem.strerror}") from problem
    if folders := [item for item in existing if Path(item).is_dir()]:
        names = listed(folders, most=3)
        raise UsageProblem(f"{names}: a folder stands where a file is to go. Name another folder")
    if existing and not force:
        names, be = listed(existing, most=3), "exists" if len(existing) == 1 else "exist"
        raise UsageProblem(
            f"{names} already {be}, and no file is replaced unasked. Nothing was written; name another place"
            f"{'' if force is None else ', or pass --force'}"
        )


def _put(place: Path, target: Path) -> None:
    """Move a file to where none is; a link, unlike a rename, never replaces what somebody has put there."""
    try:
        target.hardlink_to(place)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        place.replace(target)
    else:
        place.unlink()


def others_in(folder: Path, written: Iterable[str]) -> tuple[str, ...]:
    """Manifests of the folder that are none of `written`; the next command would read them too."""
    ours = set(written)
    found = (path.name for pattern in ("*.yaml", "*.yml") for path in folder.glob(pattern))
    return tuple(sorted(name for name in found if name not in ours and not name.startswith((".", "_"))))


def _remove(places: Iterable[Path]) -> None:
    for place in places:
        with suppress(OSError):
            place.unlink(missing_ok=True)

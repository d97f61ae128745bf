"""Which files hold manifests, and their bytes.

A name below a folder never leads out of it, and nothing is opened that could block or answer forever: only
regular files, by their size first, each once. What cannot be read is a finding, for its absence must not
look like a manifest that was removed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from reconciler.diagnostics import Diagnostic, Place
from reconciler.errors import UsageProblem

MAX_FILE: Final = 1 << 20
MAX_ALL: Final = 48 << 20
MAX_FILES: Final = 20_000
MAX_FOLDERS: Final = 64
STDIN: Final = "<stdin>"

_SUFFIXES = (".yaml", ".yml")
_LIMITS = "limits on manifests: 1 MiB a file, 48 MiB and 20,000 files in all"

ReadBytes = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of one file, by the name it is shown under."""

    name: str
    content: bytes


@dataclass(slots=True)
class FoundFiles:
    """What was found below the paths, in order of names."""

    contents: list[Content] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)

    def note(self, path: Path | None, message: str, fix: str, code: str = "unreadable-file") -> None:
        """Say why a file or a folder is not read."""
        place, source = Place(file=_shown(path)), _LIMITS if code == "yaml-limit" else ""
        self.findings.append(Diagnostic(code=code, message=message, place=place, source=source, fix=fix))


class _Unfit(Exception):  # noqa: N818 -- becomes a finding at once
    """Why a file is not read."""

    def __init__(self, message: str, fix: str, code: str = "unreadable-file") -> None:
        super().__init__(message)
        self.finding = (message, fix, code)


def find(
    paths: Sequence[str], *, stdin: TextIO | BinaryIO | None = None, read: ReadBytes = os.read
) -> FoundFiles:
    """Read every manifest file at or below `paths`; UsageProblem for a path that does not exist.

    `read` is os.read; a test may pass one during which the world changes.
    """
    found = FoundFiles()
    seen: set[tuple[int, int]] = set()
    total = 0
    for path in _candidates(paths, found):
        if len(found.contents) == MAX_FILES:
            found.note(path, f"there are more than {MAX_FILES:,} files", "name fewer folders", "yaml-limit")
            break
        try:
            content = _stdin(stdin) if path is None else _content(path, seen, read)
        except _Unfit as unfit:
            found.note(path, *unfit.finding)
            continue
        if content is None:
            continue
        total += len(content)
        if total > MAX_ALL:
            message = "the files are larger than 48 MiB together"
            found.note(path, message, "name fewer folders", "yaml-limit")
            break
        found.contents.append(Content(name=_shown(path), content=content))
    found.contents.sort(key=lambda item: item.name)
    return found


def _candidates(paths: Sequence[str], found: FoundFiles) -> Iterator[Path | None]:
    """Files to read, folders walked; None is standard input."""
    for given in dict.fromkeys(paths):
        if given == "-":
            yield None
            continue
        path = Path(given)
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError) as problem:
            raise UsageProblem(
                f"{given} does not exist: name a manifest file, a folder of them, or - for standard input"
            ) from problem
        except (OSError, ValueError) as problem:
            raise UsageProblem(f"{given!r} cannot be looked at: {_reason(problem)}") from problem
        if stat.S_ISDIR(mode):
            yield from _below(path, Path(os.path.realpath(path)), found, set())
        else:
            yield path


def _below(folder: Path, root: Path, found: FoundFiles, above: set[str]) -> Iterator[Path]:
    """The manifest files of a folder and of those in it; `above` are the real paths that led here."""
    here = os.path.realpath(folder)
    if here in above:
        found.note(folder, "this link leads back to a folder that contains it", "remove the link")
        return
    if len(above) >= MAX_FOLDERS:
        message = f"folders are nested more than {MAX_FOLDERS} deep"
        found.note(folder, message, "move it up", "yaml-limit")
        return
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as problem:
        message = f"the folder cannot be listed: {_reason(problem)}"
        found.note(folder, message, "give read access, or name other paths")
        return
    for name in names:
        path = folder / name
        if name.startswith((".", "_")) or not _inside(path, root, found):
            continue
        if path.is_dir():
            yield from _below(path, root, found, above | {here})
        elif name.endswith(_SUFFIXES):
            yield path


def _inside(path: Path, root: Path, found: FoundFiles) -> bool:
    """Whether a name stays below the folder that was given; links of other kinds of file do not matter."""
    if not path.is_symlink() or not (path.suffix in _SUFFIXES or path.is_dir()):
        return True
    if Path(os.path.realpath(path)).is_relative_to(root):
        return True
    fix = "put the file itself below the folder, or name its own path too"
    found.note(path, "this link leads out of the folder", fix)
    return False


def _content(path: Path, seen: set[tuple[int, int]], read: ReadBytes) -> bytes | None:
    """The bytes of a regular file; None if it was read already under another name."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as problem:
        raise _Unfit(f"the file cannot be opened: {_reason(problem)}", _access_fix(problem)) from problem
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise _Unfit("this is not a regular file", "pipe it in and name - to read standard input")
        _sized(before.st_size)
        identity = (before.st_dev, before.st_ino)
        if identity in seen:
            return None
        seen.add(identity)
        content = _whole(handle, read)
        after = os.fstat(handle)
    except OSError as problem:
        raise _Unfit(f"the file cannot be read: {_reason(problem)}", "try again") from problem
    finally:
        os.close(handle)
    _sized(len(content))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _Unfit("the file changed while it was being read", "run again once nobody writes to it")
    return content


def _sized(size: int) -> None:
    if size > MAX_FILE:
        raise _Unfit("the file is larger than 1 MiB", "split the file", "yaml-limit")


def _whole(handle: int, read: ReadBytes) -> bytes:
    """Everything up to one byte over the limit, however slowly it comes."""
    parts: list[bytes] = []
    left = MAX_FILE + 1
    while left > 0 and (part := read(handle, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _stdin(stream: TextIO | BinaryIO | None) -> bytes:
    if stream is None:
        raise UsageProblem("`-` means standard input, and there is none here: name a file or a folder")
    try:
        content = stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as problem:
        raise _Unfit(f"standard input cannot be read: {_reason(problem)}", "name a file") from problem
    if isinstance(content, str):
        content = content.encode("utf-8", errors="surrogateescape")
    _sized(len(content))
    return content


def _reason(problem: OSError | ValueError) -> str:
    return (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)


def _access_fix(problem: OSError | ValueError) -> str:
    if isinstance(problem, PermissionError):
        return "give read access to the file"
    if isinstance(problem, FileNotFoundError):
        return "it was there a moment ago, or it is a link to nothing; run again, or remove the link"
    return "make it a regular file"


def _shown(path: Path | None) -> str:
    """A file's name for people and reports, whatever bytes it has."""
    if path is None:
        return STDIN
    text = path.as_posix().encode("utf-8", errors="backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)

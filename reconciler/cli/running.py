"""One run of a command: when it began, which results it still owes, and which files it reads and writes.

Rule of this module: with a form that machines read, every ending but wrong usage leaves one document where
the result was asked for: the result, or the error in its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.cli.options import Output


@dataclass(slots=True, kw_only=True)
class Run:
    """`started` is a monotonic instant; `may_have_written` is True once a write could leave for ARM.

    `first` is the result itself, without its reports.
    """

    started: float
    may_have_written: bool = False
    first: Output | None = None
    _owed: list[Output] = field(default_factory=list)
    _read: dict[str, str] = field(default_factory=dict)
    _written: dict[str, tuple[str, Path]] = field(default_factory=dict)

    def owes(self, output: Output) -> None:
        """Note where results are to go; UsageProblem where two of them would go into one file."""
        self._owed, self.first = list(output.each()), output
        if output.file is not None:
            self.writes(output.file, "--output-file")
        for _, file in output.reports:
            self.writes(file, "--report")

    def gave(self, output: Output) -> None:
        """A result is where it was asked for, or is begun on stdout, where nothing can be taken back."""
        self._owed = [item for item in self._owed if (item.form, item.file) != (output.form, output.file)]

    @property
    def owed(self) -> tuple[Output, ...]:
        """Results that were asked for and not given."""
        return tuple(self._owed)

    def reads(self, files: Iterable[str | Path], what: str) -> None:
        """Note files that this run reads; UsageProblem where one of them is to be written over."""
        for file in files:
            self._read[_identity(Path(file))] = what
        self._must_differ()

    def writes(self, file: Path, option: str) -> None:
        """Note a file that this run will write; UsageProblem where it is taken."""
        if file.exists() and not file.is_file():
            return  # a device or a FIFO takes more than one text
        identity = _identity(file)
        if identity in self._written:
            raise UsageProblem(
                f"{self._written[identity][0]} and {option} are one file, {file}. Nothing was written; "
                "name two"
            )
        self._written[identity] = (option, file)
        self._must_differ()

    def _must_differ(self) -> None:
        for identity, (option, file) in self._written.items():
            if identity in self._read:
                raise UsageProblem(
                    f"{option} would write over {file}, which is {self._read[identity]}. "
                    "Nothing was written; name another file"
                )


def _identity(file: Path) -> str:
    """The same for two names of one file: links are followed, hard links known by their place on disk."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return os.path.realpath(file)
    return os.path.realpath(file) if found.st_nlink < 2 else f"{found.st_dev}:{found.st_ino}"


def current() -> Run | None:
    """The run of the command at work; None where there is none, as in a test of a part."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_object(Run)


def written(ctx: click.Context, param: click.Parameter, given: Path | None) -> Path | None:
    """The callback of an option whose file is written."""
    run = ctx.find_object(Run)
    if given is not None and run is not None:
        run.writes(given, param.opts[0])
    return given


def error_text(form: str, *, code: str, message: str, fix: str | None, exit_code: int) -> str | None:
    """An error in a form that machines read; None for a form that they do not."""
    match form:
        case "json":
            from reconciler.planfile.documents import ERROR_VERSION, ErrorBodyDocument, ErrorDocument
            from reconciler.report.style import json_text

            body = ErrorBodyDocument(code=code, message=message, fix=fix)
            return json_text(
                ErrorDocument(format_version=ERROR_VERSION, error=body, exit_code=exit_code).to_json()
            )
        case "sarif":
            from reconciler.report.sarif import error_sarif
            from reconciler.report.style import json_text

            return json_text(error_sarif(code, message, exit_code=exit_code))
        case "junit":
            from reconciler.report.build_systems import Case, junit

            return junit(
                "reconciler", [Case(name=code, group="reconciler", error=(code, message, [fix or ""]))]
            )
        case _:
            return None

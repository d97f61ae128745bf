"""Run one command, then write outputs, annotations, summary, comment or issue.

Rule of this module: nothing raises once the command has run, and outputs are written first. Whether the step
fails hangs on the command alone, and on an issue that could not be opened; all else that cannot be written or
told, such as a comment that GitHub does not take (a fork's token may only read), is a warning. A text's first
line is the marker by which the next run finds it again, and no page exceeds what GitHub takes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import secrets
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from reconciler.cli import run
from reconciler.cli.exit_codes import Exit
from reconciler.cli.github.inputs import Inputs, Runner
from reconciler.cli.github.rest import GitHubRefused, Repository, SeasonPullRequest, edited
from reconciler.cli.planfile import read_plan, recorded_paths
from reconciler.diagnostics import Severity
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.report.build_systems import Annotation, workflow_commands
from reconciler.report.markdown import fitted, markdown_fence
from reconciler.report.style import inert

_REPORTED = frozenset({"validate", "plan", "drift", "upgrade"})
_TITLES = {"validate": "Validate", "plan": "Plan", "apply": "Apply", "drift": "Drift", "upgrade": "Upgrade"}

_COMMENT_LIMIT = 65_000
"""GitHub takes 65,536 characters; bytes are never fewer than those."""

_SUMMARY_LIMIT = 1_000_000
"""GitHub drops a step's summary whole above 1,024 KiB."""

_MOST_CHARACTERS = 20_000


def main(environ: Mapping[str, str]) -> int:
    """The exit code of the step."""
    try:
        inputs, runner = Inputs.of(environ), Runner.of(environ)
        with _standing_in(inputs, runner):
            ended = _run(inputs, runner)
            return _tell(inputs, runner, ended)
    except UsageProblem as wrong:
        _annotate(Severity.ERROR, "usage", str(wrong))
        return Exit.USAGE
    except ReconcilerError as problem:
        _annotate(Severity.ERROR, "reconciler", str(problem))
    except (OSError, ValueError, RuntimeError) as problem:
        _annotate(Severity.ERROR, "runner", f"the step cannot work on this runner: {problem}")
    return Exit.FAILED


@contextlib.contextmanager
def _as_warning(what: str, otherwise: str) -> Iterator[None]:
    """Let nothing that goes wrong in telling change what the command has done, or how the step ends."""
    try:
        yield
    except GitHubRefused as refused:
        _annotate(Severity.WARNING, what, f"{refused}. {otherwise}")
    except Exception as problem:  # noqa: BLE001 -- whatever it is, the command has run and its code stands
        text = f"{type(problem).__name__}: {problem}"
        _annotate(Severity.WARNING, what, f"the step could not write the {what}: {text}. {otherwise}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A command that ran: its exit code, everything that it printed, and the folder of its files."""

    code: int
    printed: str
    folder: Path

    def file(self, name: str) -> Path | None:
        """One of the files, if the command came so far as to write it."""
        path = self.folder / name
        return path if path.is_file() else None


@contextlib.contextmanager
def _standing_in(inputs: Inputs, runner: Runner) -> Iterator[None]:
    """The working directory for the command's time. Neither it nor a path may lead out of the workspace."""
    root = runner.workspace.resolve()
    folder = (root / inputs.working_directory).resolve()
    for name, path in [
        ("working-directory", folder),
        *(("paths", (folder / item).resolve()) for item in inputs.paths or ("manifests",)),
    ]:
        if not path.is_relative_to(root):
            raise UsageProblem(
                f"the input {name} leads out of the checked-out tree, to {path}; nothing was read"
            )
    if not folder.is_dir():
        raise UsageProblem(
            f"the input working-directory is {inputs.working_directory!r}: there is no such folder"
        )
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class _Tee(io.TextIOBase):
    """A stream that keeps what passes through it."""

    def __init__(self, stream: TextIO, kept: io.StringIO) -> None:
        self._stream = stream
        self._kept = kept

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def write(self, text: str) -> int:
        self._kept.write(text)
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


def _run(inputs: Inputs, runner: Runner) -> _Ended:
    try:
        folder = Path(tempfile.mkdtemp(prefix="reconciler-", dir=runner.temporary))
    except (OSError, ValueError):  # the runner's temporary folder cannot be written to
        folder = Path(tempfile.mkdtemp(prefix="reconciler-"))
    kept = io.StringIO()
    out, err = _Tee(sys.stdout, kept), _Tee(sys.stderr, kept)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(_words(inputs, runner, folder))
    with _as_warning("log", "The command has run"):
        sys.stdout.flush()
        (folder / "printed.txt").write_text(kept.getvalue(), "utf-8", errors="replace")
    return _Ended(code=code, printed=kept.getvalue(), folder=folder)


def _words(inputs: Inputs, runner: Runner, folder: Path) -> list[str]:
    """The command line. Paths come behind `--`, so that none is taken for an option."""
    words = [inputs.command, "--no-color"]
    if inputs.command in _REPORTED:
        words += ["--report", f"markdown={folder / 'report.md'}"]
    match inputs.command:
        case "validate":
            words += ["--report", f"github={folder / 'annotations.txt'}"]
        case "plan":
            words += ["--report", f"github={folder / 'annotations.txt'}", "--detailed-exitcode"]
            words += ["--report", f"text={folder / 'plan.txt'}", "--out", str(folder / "plan.json")]
        case "drift":
            words += ["--report", f"json={folder / 'drift.json'}"]
        case "upgrade":
            words += ["--report", f"diff={folder / 'upgrade.patch'}", "--write"]
        case _:
            words += ["--yes", "--journal", str(folder / "journal.jsonl")]
    words += [*inputs.arguments, "--"]
    if not inputs.plan_file:
        return [*words, *inputs.paths]
    # The manifests that a plan file names have to be in the checked-out tree.
    paths = inputs.paths or recorded_paths(read_plan(Path(inputs.plan_file)), root=runner.workspace)
    return [*words, inputs.plan_file, *paths]


def _tell(inputs: Inputs, runner: Runner, ended: _Ended) -> int:
    """Say what came of it, outputs first: whoever reads them must not depend on what else can be written."""
    with _as_warning("outputs", "Later steps do not see them"):
        outputs: list[str] = []
        for name, value in _outputs(ended).items():
            # Nobody can guess the delimiter, so that no value ends its output early.
            delimiter = f"end-{secrets.token_hex(16)}"
            outputs.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
        _append(runner.output, "".join(outputs))
    with _as_warning("annotations", "The report has them"):
        _annotations(inputs, runner, ended)
    report = _printed(_TITLES[inputs.command], ended.printed)
    with _as_warning("report", "What the command printed stands in its place"):
        report = _report(inputs, ended)
    with _as_warning("summary", "The log of this step has the report"):
        _append(runner.summary, fitted(report, _SUMMARY_LIMIT, "The log of this step has everything."))
    code = ended.code if ended.code not in {Exit.DONE, Exit.CHANGES} else Exit.DONE
    if inputs.command == "plan" and inputs.comment and runner.pull_request is not None:
        with _as_warning("comment", "The summary of this run has the plan"):
            body = _comment(inputs, runner, report)
            what = _repository(inputs, runner).comment(runner.pull_request, _marker(inputs), body)
            print(f"comment {what} on pull request {runner.pull_request}")  # noqa: T201 -- the step's log
    if inputs.command == "drift" and inputs.issue_label:
        done = _published("issue", lambda: _issue(inputs, runner, ended, report))
        return code if done else max(code, Exit.FAILED)
    if inputs.command == "upgrade" and ended.file("report.md") is not None:
        done = _published("pull request", lambda: _season(inputs, runner, ended, report))
        return Exit.DONE if done else Exit.FAILED
    return code


def _report(inputs: Inputs, ended: _Ended) -> str:
    """The command's own page, or what it printed where it came to no report."""
    file = ended.file("report.md")
    if file is not None:
        return file.read_text("utf-8")
    title = _TITLES[inputs.command]
    if ended.code not in {Exit.DONE, Exit.CHANGES}:
        title += f" failed, exit code {ended.code}"
    return _printed(title, ended.printed)


# -- pages ---------------------------------------------------------------------------------------------


def _marker(inputs: Inputs) -> str:
    """The hidden first line; one per target and kind of text, so that drift never finds a plan."""
    kind = inputs.command if inputs.command in {"drift", "upgrade"} else "comment"
    return f"<!-- reconciler target={inputs.target} {kind} -->"


def _comment(inputs: Inputs, runner: Runner, report: str) -> str:
    """The marker, the report as far as it fits, and where it came from."""
    foot = f"\n---\n[Run]({runner.run_url}), target `{inputs.target}`, commit `{runner.commit[:12] or '-'}`\n"
    head = f"{_marker(inputs)}\n"
    room = _COMMENT_LIMIT - len((head + foot).encode())
    return head + fitted(report, room, f"[The run]({runner.run_url}) has everything.") + foot


def _printed(title: str, text: str) -> str:
    """What a command printed, as a page of its own, the end of it where it is long."""
    lines = "\n".join(inert(line) for line in text[-_MOST_CHARACTERS:].splitlines())
    return f"## {title}\n\n{markdown_fence(lines, 'text')}\n"


# -- outputs -------------------------------------------------------------------------------------------


def _outputs(ended: _Ended) -> dict[str, str]:
    files = {
        "plan_path": "plan.json",
        "json_plan_path": "plan.json",
        "text_plan_path": "plan.txt",
        "markdown_path": "report.md",
        "json_drift_path": "drift.json",
        "journal_path": "journal.jsonl",
        "patch_path": "upgrade.patch",
    }
    found = {"exitcode": str(ended.code), "changes": str(ended.code == Exit.CHANGES).lower()}
    found |= {name: str(path) for name, file in files.items() if (path := ended.file(file)) is not None}
    plan = ended.file("plan.json")
    return found if plan is None else found | _counts(json.loads(plan.read_text("utf-8")))


def _counts(plan: object) -> dict[str, str]:
    """A replacement counts as one to destroy and one to add, as Terraform counts it."""
    summary = plan.get("summary") if isinstance(plan, dict) else None
    if not isinstance(plan, dict) or not isinstance(summary, dict):
        raise ReconcilerError("the saved plan has no summary")
    number = defaultdict(int, {name: count for name, count in summary.items() if isinstance(count, int)})
    writes = sum(number[kind] for kind in ("create", "update", "replace", "delete", "adopt"))
    counts = {
        "to_add": number["create"] + number["replace"],
        "to_change": number["update"] + number["adopt"],
        "to_destroy": number["delete"] + number["replace"],
        "to_replace": number["replace"],
        "to_adopt": number["adopt"],
        "blocked": number["blocked"],
    }
    values = {name: str(value) for name, value in counts.items()}
    return values | {"changes": str(writes > 0).lower(), "applyable": str(plan.get("applyable")).lower()}


def _append(file: Path | None, text: str) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8", errors="replace") as stream:
            stream.write(text)


def _annotations(inputs: Inputs, runner: Runner, ended: _Ended) -> None:
    """Print the annotations with files as GitHub knows them: from the root of the repository."""
    file = ended.file("annotations.txt")
    if file is None:
        return
    root = runner.workspace.resolve()
    below = (root / inputs.working_directory).resolve().relative_to(root)
    prefix = "" if below == Path() else f"{below.as_posix()}/"
    prefix = prefix.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    text = file.read_text("utf-8")
    sys.stdout.write(
        re.sub(r"^(::\w+ file=)", lambda found: found.group(1) + prefix, text, flags=re.MULTILINE)
    )
    sys.stdout.flush()


def _published(what: str, publish: Callable[[], str]) -> bool:
    """Do it and print what was done; what nobody is told of fails the step, without a traceback."""
    try:
        text = publish()
    except Exception as problem:  # noqa: BLE001 -- whatever it is, the command has run
        words = str(problem) if isinstance(problem, GitHubRefused) else f"{type(problem).__name__}: {problem}"
        _annotate(Severity.ERROR, what, f"{words}. The summary of this run has the report")
        return False
    print(text)  # noqa: T201 -- the log of the step
    return True


def _issue(inputs: Inputs, runner: Runner, ended: _Ended, report: str) -> str:
    """Open or update the issue where something is wrong, close it where all is well."""
    repository, marker = _repository(inputs, runner), _marker(inputs)
    if ended.code == Exit.DONE:
        words = f"Nothing differs any more, says [this run]({runner.run_url})."
        closed = repository.close_issues(marker, label=inputs.issue_label, words=words)
        return ", ".join(f"issue {number} closed" for number in closed) or "no issue was open"
    state = "Drift" if ended.code == Exit.CHANGES else "Whether anything drifted is not known"
    number = repository.open_issue(
        marker,
        title=f"{state}: {inputs.target}",
        label=inputs.issue_label,
        body=_comment(inputs, runner, report),
    )
    return f"issue {number} says it"


def _season(inputs: Inputs, runner: Runner, ended: _Ended, report: str) -> str:
    """One pull request with the edits; what `upgrade` could not solve is in its text."""
    files = edited(ended.file("upgrade.patch"), runner.workspace)
    season = SeasonPullRequest(
        _repository(inputs, runner),
        target=inputs.target,
        marker=_marker(inputs),
        base=runner.base,
        commit=runner.commit,
    )
    if files:
        text = season.publish(files, _comment(inputs, runner, report))
    else:
        text = season.close(f"No declared model retires any more, says [this run]({runner.run_url}).")
    if ended.code not in {Exit.DONE, Exit.CHANGES}:
        _annotate(Severity.WARNING, "upgrade", "some models are left to people; the report says which")
    return text


def _repository(inputs: Inputs, runner: Runner) -> Repository:
    return Repository(api=runner.api, name=runner.repository, token=inputs.token, author=inputs.author)


def _annotate(severity: Severity, code: str, message: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a log that cannot be written to hears of nothing
        sys.stdout.write(workflow_commands([Annotation(severity=severity, title=code, parts=[message])]))
        sys.stdout.flush()

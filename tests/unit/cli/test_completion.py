"""Completion: what a shell is offered, and that asking costs little."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.main import COMMANDS
from tests.unit.cli.test_command_line import imported_by

PROGRAM = Path(sys.executable).with_name("reconciler")


def offered(*words: str) -> list[str]:
    """What the program answers to bash for the last of these words."""
    line = " ".join(["reconciler", *words])
    asked = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    done = subprocess.run([PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    return [item.removeprefix("plain,") for item in done.stdout.splitlines()]


def test_every_command_is_offered_and_none_is_imported_for_it() -> None:
    assert offered("''") == list(COMMANDS)
    assert offered("dr") == ["drift"]


def test_options_and_their_values_are_offered() -> None:
    assert "--detailed-exitcode" in offered("plan", "--d")
    assert offered("plan", "--output", "mark") == ["markdown"]
    assert offered("plan", "manif") == ["file,manif"], "the shell knows its files"
    assert offered("plan", "--cloud", "AzureC") == ["AzureCloud", "AzureChinaCloud"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_that_shell_and_costs_nothing_heavy(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    assert f"_RECONCILER_COMPLETE={shell}_complete" in capsys.readouterr().out
    assert imported_by("completion", shell) == set()


def test_an_unknown_shell_is_wrong_usage() -> None:
    assert run(["completion", "tcsh"]) == 64


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_the_script() -> None:
    script = f"""
        PATH={PROGRAM.parent}:$PATH
        eval "$(reconciler completion bash)"
        complete -p reconciler >/dev/null || exit 1
        asked() {{
          COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
          _reconciler_completion reconciler
          echo "${{COMPREPLY[@]}}"
        }}
        asked reconciler val
        asked reconciler plan --detailed
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["validate", "--detailed-exitcode"], done.stderr

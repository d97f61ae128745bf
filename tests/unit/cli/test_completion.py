"""Completion: what a shell is offered, and that asking costs little."""

import shutil
import subprocess

import pytest

from reconciler.cli import run
from reconciler.cli.main import COMMANDS
from tests.unit.cli.programs import PROGRAM, imported_by, offered


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

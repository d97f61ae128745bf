"""A runner for our own Action: its steps, their scripts in bash, in the environment that GitHub would give.

Nothing of this test-suite's environment gets through but the system's folders. The installation is played:
what venv and pip would do is written down, and the environment is this test-suite's own interpreter.
"""

import json
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.desk import Desk
from tests.e2e.forge import REPOSITORY, TOKEN

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
PULL_REQUEST = 7

_EXPRESSION = re.compile(r"\$\{\{ *([^}]*?) *\}\}")
_PYTHON = f"""#!/bin/bash
# Plays python: a virtual environment is a folder with this file in it; pip only says what it was asked for.
printf '%s|%s\\n' "$PWD" "$*" >>"$RUNNER_TEMP/installed.txt"
case "$*" in
  "-I -m venv "*) mkdir -p "${{!#}}/bin" "${{!#}}/packages" && cp "$0" "${{!#}}/bin/python" ;;
  "-I -m pip "*) ;;
  *purelib*) echo "$RUNNER_TEMP/reconciler/packages" ;;
  *) exec {sys.executable} "$@" ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a job's use of the Action left behind."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.log}\n{self.outputs}"


@dataclass(kw_only=True)
class Job:
    """A job in `workspace`, whose parent folder is its own, with the interface at `api`."""

    workspace: Path
    api: str
    event: str = "pull_request"
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def temporary(self) -> Path:
        return self.workspace.parent / "runner-temp"

    def environment(self) -> dict[str, str]:
        """What GitHub sets for every step."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.workspace.parent / "home"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_EVENT_PATH": str(self.temporary / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "42",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
            **self.variables,
        }

    def use(self, **inputs: str) -> Done:
        """`uses: ` our Action `with:` these inputs (a dash in a name is written as an underscore)."""
        given = self._given(inputs)
        self._prepare()
        code, log = 0, ""
        for step in ACTION["runs"]["steps"]:
            script, environment = self.script(step, given)
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.workspace,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=120,
            )
            code, log = done.returncode, log + done.stdout
            if code:
                break
        return self.left(code, log)

    def script(self, step: dict[str, Any], given: dict[str, str]) -> tuple[Path, dict[str, str]]:
        """A step's script as a file, and its environment."""
        assert step["shell"] == "bash"
        assert not _EXPRESSION.search(step["run"]), (
            "an expression in a script is text that a stranger may write"
        )
        script = self.temporary / "step.sh"
        script.write_text(step["run"])
        environment = {
            name: _EXPRESSION.sub(lambda found: _value(found, given), text)
            for name, text in step["env"].items()
        }
        return script, self.environment() | environment

    def _given(self, inputs: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert named.keys() <= ACTION["inputs"].keys()
        defaults = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()}
        return defaults | {"token": TOKEN, "python": str(self.temporary / "python")} | named

    def _prepare(self) -> None:
        self.temporary.mkdir(exist_ok=True)
        python = self.temporary / "python"
        python.write_text(_PYTHON)
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        event = {"pull_request": {"number": PULL_REQUEST}} if self.event == "pull_request" else {}
        (self.temporary / "event.json").write_text(json.dumps(event))
        for name in ("output", "summary", "installed.txt"):
            (self.temporary / name).write_text("")

    def left(self, code: int, log: str) -> Done:
        """The outputs as the Action declares them, and the summary."""
        set_by_step = _outputs((self.temporary / "output").read_text("utf-8"))
        outputs = {}
        for name, about in ACTION["outputs"].items():
            found = _EXPRESSION.fullmatch(about["value"])
            assert found is not None
            outputs[name] = set_by_step.pop(found[1].removeprefix("steps.run.outputs."), "")
        assert not set_by_step, "an output that action.yml does not declare is lost"
        return Done(
            code=code, log=log, outputs=outputs, summary=(self.temporary / "summary").read_text("utf-8")
        )


def _value(found: re.Match[str], given: dict[str, str]) -> str:
    name = found[1].removeprefix("inputs.")
    assert found[1].startswith("inputs."), f"this runner knows inputs only, not {found[1]}"
    return given[name]


def _outputs(text: str) -> dict[str, str]:
    """The file of outputs, read as the runner reads it."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


FLEET = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: contoso}
spec:
  cloud: emulator
  subscriptions:
    prod: {id: 11111111-1111-1111-1111-111111111111, tenant: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}
"""


SET = """\
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: sweden}
spec:
  account: {subscription: prod, resourceGroup: rg-ai, name: aoai-swc, region: swedencentral}
  deployments:
"""


CHAT = """\
    - name: chat
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: GlobalStandard, capacity: 50}
"""


ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ai"
    "/providers/Microsoft.CognitiveServices/accounts/aoai-swc"
)


def declare(workspace: Path, *deployments: str) -> None:
    folder = workspace / "manifests"
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "fleet.yaml").write_text(FLEET)
    (folder / "sweden.yaml").write_text(SET + "".join(deployments))


def shrink_behind_our_back(desk: Desk) -> None:
    chat = {"id": f"{ACCOUNT}/deployments/chat", "sku": {"name": "GlobalStandard", "capacity": 10}}
    desk.control("POST", "world", {"deployments": [chat]})

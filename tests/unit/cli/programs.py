"""What the command line imports, and what a shell is offered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("pydantic", "httpx", "azure", "deepdiff", "yaml", "rich", "asyncio")


def imported_by(*words: str) -> set[str]:
    """The heavy libraries that a command line has imported by its end."""
    program = (
        "import sys\n"
        "from reconciler.cli import run, tune\n"
        "tune()\n"
        f"run({list(words)!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(eval(done.stderr.strip().splitlines()[-1]))  # noqa: S307 -- our own repr of a list of names


PROGRAM = Path(sys.executable).with_name("reconciler")


def offered(*words: str) -> list[str]:
    """What the program answers to bash for the last of these words."""
    line = " ".join(["reconciler", *words])
    asked = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    done = subprocess.run([PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    return [item.removeprefix("plain,") for item in done.stdout.splitlines()]


MANIFEST = """
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: contoso}
spec:
  account:
    subscription: 11111111-1111-1111-1111-111111111111
    resourceGroup: rg-ai
    name: aoai-contoso
    region: eastus2
  deployments:
    - name: reserved
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: ProvisionedManaged, capacity: 50}
      spilloverDeploymentName: overflow
      versionUpgradeOption: NoAutoUpgrade
    - name: overflow
      model: {name: gpt-4.1, version: "2025-04-14"}
      sku: {name: Standard, capacity: CAPACITY}
      versionUpgradeOption: NoAutoUpgrade
"""

"""Print one of the 38 states as a manifest: `python examples/history-serenitea-pot/step.py 17`.

Rule of this script: it adds nothing to what was declared, save the words by which a person allows a
replacement (`--allow-replace gpt-4o`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection
from pathlib import Path

HERE = Path(__file__).resolve().parent

FLEET = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: serenitea-pot}
spec:
  cloud: emulator
  subscriptions:
    main: {id: 10000000-0000-0000-0000-00000000000b}
  guards: {maxDeletes: 3} # four or more at once want a second look
  rules: # the past, seen with the catalogue of today: that a model is gone by now is no news
    model-retired: "off"
    model-retiring-soon: "off"
    model-deprecating: "off"
    upgrade-conflict: "off" # the author pins a version and lets the service move on from it
---
"""


def main() -> None:
    """Read the number of the state from the command line and print its manifest."""
    states = json.loads((HERE / "states.json").read_text(encoding="utf-8"))
    last = len(states["states"])
    parser = argparse.ArgumentParser(description="Print one state of the account as a manifest.")
    parser.add_argument("number", type=int, choices=range(1, last + 1), metavar=f"1..{last}")
    parser.add_argument("--allow-replace", action="append", default=[], metavar="NAME")
    given = parser.parse_args()
    sys.stdout.write(manifest(states, given.number, given.allow_replace))


def manifest(states: dict[str, object], number: int, allow_replace: Collection[str] = ()) -> str:
    """The Fleet and the one DeploymentSet of state `number`, counted from 1, as YAML."""
    match states:
        case {"account": str(account), "versionUpgradeOption": str(option), "states": list(found)}:
            state = found[number - 1]
        case _:
            raise ValueError("states.json is not what this script was written for")
    head = f"""\
# State {number} of {len(found)}: {state["commit"]} of {state["date"]}, "{state["subject"]}"
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {{name: {account}}}
spec:
  account: {{subscription: main, resourceGroup: rg-akasha, name: {account}, region: {state["region"]}}}
  prune: owned
  deployments:
"""
    entries = (_entry(row, option, replace=row[0] in allow_replace) for row in state["deployments"])
    return FLEET + head + "".join(entries)


def _entry(row: list[str | int], upgrade: str, *, replace: bool) -> str:
    name, model_format, model, version, sku, capacity, policy = row
    entry = f"""\
    - name: {name}
      model: {{format: {model_format}, name: {model}, version: "{version}"}}
      sku: {{name: {sku}, capacity: {capacity}}}
      versionUpgradeOption: {upgrade}
      raiPolicyName: {policy}
"""
    return entry + ("      lifecycle: {replace: allowed}\n" if replace else "")


if __name__ == "__main__":
    main()

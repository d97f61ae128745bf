"""A fleet whose one deployment runs a model that retires."""

from __future__ import annotations

FLEET = """\
apiVersion: reconciler.aoai/v1
kind: Fleet
metadata: {name: season}
spec:
  cloud: emulator
  upgrade: {prefer: [{from: gpt-4o, to: gpt-4.1, version: "2025-04-14"}]}
---
apiVersion: reconciler.aoai/v1
kind: DeploymentSet
metadata: {name: eastus2}
spec:
  account: {subscription: 11111111-1111-1111-1111-111111111111, resourceGroup: rg, name: a, region: eastus2}
  deployments:
    - name: chat # the shop's
      model: {name: MODEL, version: "VERSION"}
      sku: {name: GlobalStandard, capacity: 10}
"""


OLD = ("gpt-4o", "2024-05-13")


NEW = ("gpt-4.1", "2025-04-14")


def text_of(model: tuple[str, str]) -> str:
    """The manifest, with its one deployment on that model."""
    return FLEET.replace("MODEL", model[0]).replace("VERSION", model[1])

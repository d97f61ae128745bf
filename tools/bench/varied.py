"""Manifests as they stand in repositories: sound declarations of several kinds, twenty to a file."""

from __future__ import annotations

from pathlib import Path

_EACH = 20
_TUNED = "gpt-4o-mini-2024-07-18.ft-0123456789abcdef0123456789abcdef"
_LONG = """model:
        format: OpenAI
        name: gpt-5.4-mini
        version: "2026-03-17"
      sku:
        name: GlobalProvisionedManaged
        capacity: {ptu}
      versionUpgradeOption: NoAutoUpgrade
      raiPolicyName: Microsoft.DefaultV2
      tags: {{team: search, costCenter: "4711"}}"""
_KINDS = (
    'model: {{name: gpt-5.4, version: "2026-03-05"}}\n      sku: {{name: GlobalStandard, capacity: {n}}}',
    'model: {{name: text-embedding-3-large, version: "1"}}\n      sku: {{name: Standard, capacity: {n}}}',
    _LONG,
    f'model: {{{{name: {_TUNED}, version: "1"}}}}\n      sku: {{{{name: Standard, capacity: {{n}}}}}}',
)


def write_varied(folder: Path, deployments: int) -> Path:
    """With and without version, provisioned, fine-tuned; in flow and in block style."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(deployments // _EACH):
        region = ("northcentralus", "swedencentral")[number % 2]
        lines = [
            "apiVersion: reconciler.aoai/v1",
            "kind: DeploymentSet",
            f"metadata: {{name: set-{number}, labels: {{env: prod}}}}",
            "spec:",
            "  account:",
            "    subscription: 11111111-1111-1111-1111-111111111111",
            f"    resourceGroup: rg-{number % 50}",
            f"    name: aoai-{number}",
            f"    region: {region}",
            "  deployments:",
        ]
        for index in range(_EACH):
            shape = _KINDS[index % len(_KINDS)].format(n=10 + index, ptu=15 + 5 * index)
            lines += [f"    - name: chat-{index}", f"      {shape}"]
        (folder / f"set-{number:03}.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    return folder

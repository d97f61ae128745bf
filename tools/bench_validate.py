"""Times `validate` of a large fleet against the floor: parsing the same files and building small objects.

`python -m tools.bench_validate` writes 10,000 deployments in 500 files into a temporary folder and runs, each
in a fresh interpreter and in turn, the floor (libyaml's loader, then one small pydantic object per
deployment) and our validation (reading, schema, merging, every rule). It prints both times, their ratio and
our memory, and exits 1 above 4 times the floor or 256 MiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FILES, PER_FILE = 500, 20
MOST_RATIO, MOST_MIB = 4.0, 256.0

_FLOOR = """
import json, sys, time
from pathlib import Path
import yaml
from pydantic import BaseModel
class Deployment(BaseModel):
    name: str
    model: str
    version: str
    sku: str
    capacity: int
started = time.process_time()
made = [
    Deployment(
        name=entry["name"],
        model=entry["model"]["name"],
        version=entry["model"]["version"],
        sku=entry["sku"]["name"],
        capacity=entry["sku"]["capacity"],
    )
    for path in sorted(Path(sys.argv[1]).rglob("*.yaml"))
    for document in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)
    for entry in document["spec"].get("deployments", ())
]
print(json.dumps({"seconds": time.process_time() - started, "count": len(made)}))
"""

_OURS = """
import json, resource, sys, time
from datetime import date
from reconciler.catalogue.load import catalogue
from reconciler.manifest import rules
from reconciler.manifest.load import load
started = time.process_time()
read = load([sys.argv[1]], known_rules=rules.CODES)
found = (*read.diagnostics, *rules.check(read.understood, catalogue(), date(2026, 11, 24)))
seconds = time.process_time() - started
errors = sum(one.severity.value == "error" for one in found)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "count": read.deployments, "errors": errors, "mib": peak}))
"""

# Sound declarations of several kinds: with and without version, provisioned, fine-tuned, with spillover.
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


def write_fleet(folder: Path) -> None:
    """10,000 deployments in 500 files, as they would stand in a repository."""
    for number in range(FILES):
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
        for index in range(PER_FILE):
            shape = _KINDS[index % len(_KINDS)].format(n=10 + index, ptu=15 + 5 * index)
            lines += [f"    - name: chat-{index}", f"      {shape}"]
        (folder / f"set-{number:03}.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def _run(program: str, folder: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def main() -> int:
    """Measure in turn, so that a busy machine slows both; compare the CPU time of the best rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--verbose", action="store_true", help="also each round's two times")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        write_fleet(Path(folder))
        pairs = [(_run(_FLOOR, folder), _run(_OURS, folder)) for _ in range(rounds)]
    floor = min(one["seconds"] for one, _ in pairs)
    ours = min(one["seconds"] for _, one in pairs)
    ratio = ours / floor
    if "--verbose" in sys.argv:
        print("\n".join(f"{one['seconds']:.2f} {two['seconds']:.2f}" for one, two in pairs))
    peak = max(one["mib"] for _, one in pairs)
    count, errors = pairs[0][1]["count"], pairs[0][1]["errors"]
    print(f"{count:.0f} deployments in {FILES} files, {errors:.0f} errors; CPU time, best of {rounds} rounds")
    print(f"floor     {floor:6.2f} s  libyaml and {pairs[0][0]['count']:.0f} small pydantic objects")
    print(f"validate  {ours:6.2f} s  {ratio:.2f} times the floor (at most {MOST_RATIO:g})")
    print(f"memory    {peak:6.0f} MiB (at most {MOST_MIB:g})")
    return 0 if ratio <= MOST_RATIO and peak < MOST_MIB else 1


if __name__ == "__main__":
    sys.exit(main())

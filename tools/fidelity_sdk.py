"""Drive unmodified releases of azure-mgmt-cognitiveservices, four major versions, against the emulator.

    python tools/fidelity_sdk.py FOLDER

Installs each release into a folder of its own below FOLDER unless it is there already, serves the emulator
over https, lets `fidelity_sdk_drive.py` run in a process that sees that release only, and writes what came of
it to `FOLDER/sdk.json`. Exit code 1 when an operation did not do its work.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fidelity_az import CONTROL_TOKEN, ROOT, SUBSCRIPTION, served
from sdk_release import installed

RELEASES = ("12.0.0", "13.7.0", "14.1.0", "15.0.0b6")


def main(folder: Path) -> int:
    """Run every release; the result is the exit code."""
    results = {release: driven(installed(folder, release)) for release in RELEASES}
    (folder / "sdk.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    failed = 0
    for release, operations in results.items():
        problems = {name: text for name, text in operations.items() if text not in {None, "absent"}}
        absent = sum(1 for text in operations.values() if text == "absent")
        failed += len(problems)
        print(
            f"azure-mgmt-cognitiveservices {release}: {len(operations) - absent - len(problems)} operations"
        )
        for name, text in problems.items():
            print(f"  FAILED {name}: {text}")
    return 0 if failed == 0 else 1


def driven(target: Path) -> dict[str, str | None]:
    """What one release made of every operation."""
    with tempfile.TemporaryDirectory() as scratch, served(Path(scratch)) as url:
        prepare(url, Path(scratch) / "ca.pem")
        drive = ROOT / "tools" / "fidelity_sdk_drive.py"
        # -S keeps the development environment's own packages out of sight
        done = subprocess.run(
            [sys.executable, "-S", drive, url, Path(scratch) / "ca.pem"],
            env={**os.environ, "PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode != 0:
        return {"the process itself": done.stderr[-600:]}
    results: dict[str, str | None] = json.loads(done.stdout)
    return results


def prepare(url: str, ca: Path) -> None:
    """A resource group to work in, and operations that end with the first poll."""
    import ssl  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    context = ssl.create_default_context(cafile=str(ca))
    group = {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg", "location": "swedencentral"}
    for name, body in (("world", {"resourceGroups": [group]}), ("lro", {"polls": 1})):
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{url}/_emulator/{name}",
            data=json.dumps(body).encode(),
            headers={"x-emulator-control": CONTROL_TOKEN},
        )
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:  # noqa: S310 - loopback
            answer.read()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""Drive the unmodified JavaScript SDK against the emulator over https.

    python tools/fidelity_js.py FOLDER

Installs `@azure/arm-cognitiveservices` and `@azure/identity` below FOLDER unless they are there, serves the
emulator and lets `fidelity_js_drive.mjs` run. Writes what came of it to `tests/fidelity/js.json`. Exit code 1
when an operation did not do its work, 2 when there is no node.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fidelity_az import ROOT, served
from fidelity_sdk import prepare

PACKAGE = "@azure/arm-cognitiveservices"
RESULT = ROOT / "tests" / "fidelity" / "js.json"


def main(folder: Path) -> int:
    """Run every operation; the result is the exit code."""
    node = shutil.which("node")
    if node is None:
        print("node is not installed; the JavaScript SDK was not driven")
        return 2
    installed(folder)
    drive = folder / "drive.mjs"
    shutil.copy(ROOT / "tools" / "fidelity_js_drive.mjs", drive)
    with tempfile.TemporaryDirectory() as scratch, served(Path(scratch)) as url:
        prepare(url, Path(scratch) / "ca.pem")
        done = subprocess.run(
            [node, drive, url],
            cwd=folder,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": f"{scratch}/ca.pem"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode != 0:
        print(done.stderr[-2000:])
        return 1
    operations = json.loads(done.stdout)
    package = folder / "node_modules" / PACKAGE / "package.json"
    version = json.loads(package.read_text(encoding="utf-8"))["version"]
    result = {"version": version, "operations": operations}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    problems = {name: text for name, text in operations.items() if text is not None}
    print(f"{PACKAGE} {version}: {len(operations) - len(problems)} of {len(operations)}")
    for name, text in problems.items():
        print(f"  FAILED {name}: {text}")
    return 1 if problems else 0


def installed(folder: Path) -> None:
    """Fetch the packages through npm unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / PACKAGE).is_dir():
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n', encoding="utf-8")
        npm = [shutil.which("npm") or "npm", "install", "--silent", PACKAGE, "@azure/identity"]
        subprocess.run(npm, cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))

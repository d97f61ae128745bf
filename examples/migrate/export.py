"""Print manifests for what all the files of this example say together."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("deployments.json", "show.json", "plan.json", "group.json", "aso.yml", "crossplane.yml")
PLACE = ["--subscription", "10000000-0000-0000-0000-000000000013", "--resource-group", "rg-moved"]

if __name__ == "__main__":
    command = [sys.executable, "-m", "reconciler", "export", "--cloud", "emulator", "--strict", *PLACE]
    for source in SOURCES:
        command += ["--from", str(HERE / source)]
    sys.exit(subprocess.run(command, check=False).returncode)

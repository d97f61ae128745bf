"""Print manifests for what exists in this example's subscription, as `reconciler export` writes them."""

import subprocess
import sys

SUBSCRIPTION = "10000000-0000-0000-0000-000000000012"

if __name__ == "__main__":
    command = [sys.executable, "-m", "reconciler", "export", "--cloud", "emulator"]
    command += ["--subscription", SUBSCRIPTION, "--fleet", "grown"]
    sys.exit(subprocess.run(command, check=False).returncode)

"""A release of azure-mgmt-cognitiveservices in a folder of its own, apart from what is developed here."""

import subprocess
import sys
from pathlib import Path


def installed(folder: Path, release: str) -> Path:
    """The folder of a release, filled from the package index when it is not there."""
    target = folder / f"sdk-{release}"
    if not (target / "azure" / "mgmt" / "cognitiveservices").is_dir():
        wanted = [f"azure-mgmt-cognitiveservices=={release}", "azure-identity", "msrest", "six"]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", target, *wanted], check=True)
    return target

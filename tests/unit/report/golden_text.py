"""Texts that a person has read and found good, kept beside the tests that produce them.

With RECONCILER_UPDATE_GOLDEN=1 in the environment they are written anew; then read the difference.
"""

import os
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden"


def as_golden(name: str, text: str) -> bool:
    """Whether `text` is the golden text of that name."""
    path = _FOLDER / name
    if os.environ.get("RECONCILER_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text

"""Put this project and the official SDK through the same bad servers, and say where they differ.

    python tools/differential.py FOLDER     installs the SDK below FOLDER, runs both, writes JSON and page
    python tools/differential.py            writes the page from the kept JSON

The SDK lives in a folder of its own, and in a process of its own: the package does not depend on it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fidelity_sdk import installed  # noqa: E402

from tests.differential.bad_arm import bad_arm  # noqa: E402
from tests.differential.ours import ours  # noqa: E402
from tests.differential.page import KEPT, PAGE, page  # noqa: E402
from tests.differential.rows import ROWS, Row  # noqa: E402

RELEASE = "14.1.0"


def main(folder: Path | None) -> int:
    """Run both clients where a folder is named; the result is the exit code."""
    if folder is not None:
        kept = measured(folder)
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    else:
        kept = json.loads(KEPT.read_text("utf-8"))
    PAGE.write_text(page(kept), encoding="utf-8")
    for row in ROWS:
        both = kept["rows"][row.row]
        told = [f"{who} {both[who]['ended']} {both[who]['says']}" for who in ("ours", "sdk")]
        print(f"{row.row}  {' | '.join(told)}")
    return 0


def measured(folder: Path) -> dict[str, Any]:
    """Every row over both clients."""
    with sdk(installed(folder.resolve(), RELEASE)) as (versions, sent, answers):
        rows = {row.row: {"ours": asdict(ours(row)), "sdk": theirs(row, sent, answers)} for row in ROWS}
    return {"versions": versions, "rows": rows}


@contextmanager
def sdk(target: Path) -> Iterator[tuple[dict[str, str], IO[str], IO[str]]]:
    """The process that has the SDK: its releases, where to ask it, where it answers."""
    drive = ROOT / "tools" / "differential_drive.py"
    # -S keeps the development environment's own packages out of sight
    with subprocess.Popen(
        [sys.executable, "-S", drive],
        env={**os.environ, "PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        yield json.loads(process.stdout.readline()), process.stdin, process.stdout
        process.stdin.close()


def theirs(row: Row, sent: IO[str], answers: IO[str]) -> dict[str, Any]:
    """Put the SDK through a row."""
    with bad_arm(row.bad, there=row.there) as world:
        sent.write(json.dumps({"call": row.call, "url": world.home}) + "\n")
        sent.flush()
        outcome: dict[str, Any] = json.loads(answers.readline())
        by_real_time = outcome["ended"] == "still going" and outcome["says"] != "after 2 h"
        # how far a client comes in so many seconds of real time is the machine's affair
        asked = {} if by_real_time else world.counts
    return {
        "ended": outcome["ended"],
        "says": outcome["says"],
        "asked": asked,
        "waited": outcome["waited"],
        "leaked": world.leaked,
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))

"""Measure how much the emulator is like ARM and write `docs/fidelity.md`.

    python tools/fidelity.py FOLDER

FOLDER keeps the releases of the SDK between runs. The score has four parts: replay 40, schema 20, real
clients 20, laws 20. Exit code 1 when it is below 95, when a difference is not listed, when a test fails, or
when more than 8 in 100 behaviours are assumed. az CLI's share is what `tools/fidelity_az.py` last wrote.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import fidelity_sdk  # noqa: E402
from fidelity_page import AZ, JS, Part, page  # noqa: E402

from reconciler.emulator.behaviours import behaviours  # noqa: E402
from tests.fidelity.differences import reason_for  # noqa: E402
from tests.fidelity.openapi import VERSIONS, operations  # noqa: E402
from tests.fidelity.replay import exchanges  # noqa: E402

DOCUMENT = ROOT / "docs" / "fidelity.md"
LOWEST = 95
MOST_ASSUMED = 0.08


def main(folder: Path) -> int:
    """Measure, write, and say whether it is enough."""
    folder.mkdir(parents=True, exist_ok=True)
    clients_failed = fidelity_sdk.main(folder)
    tests = tested(folder / "fidelity.xml")
    sdk = json.loads((folder / "sdk.json").read_text(encoding="utf-8"))
    parts = (replay(), schema(tests), clients(sdk), laws(tests))
    score = sum(part.reached for part in parts)
    unlisted = sum(1 for e in exchanges() for fact in e.differences if reason_for(e.file, fact) is None)
    assumed = sum(1 for item in behaviours() if item.known == "assumed") / len(behaviours())
    DOCUMENT.write_text(page(parts, sdk, unlisted), encoding="utf-8")
    failed = sum(found["failed"] for found in tests.values())
    for part in parts:
        print(f"{part.name:13} {part.reached:5.1f} of {part.points}   {part.basis}")
    print(f"{'fidelity':13} {score:5.1f} of 100; {unlisted} unlisted differences; {assumed:.1%} assumed")
    good = score >= LOWEST and not unlisted and assumed <= MOST_ASSUMED and not failed and not clients_failed
    return 0 if good else 1


def tested(report: Path) -> dict[str, Counter[str]]:
    """Run `tests/fidelity` but for the test of the page itself; passed and failed tests by file."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", f"--junitxml={report}"]
    subprocess.run(
        [*command, "--ignore=tests/fidelity/test_manual.py", "tests/fidelity"], cwd=ROOT, check=False
    )
    found: dict[str, Counter[str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        file = str(case.get("classname")).rpartition(".")[2]
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        found.setdefault(file, Counter())["failed" if bad else "passed"] += 1
    return found


def _share(found: Counter[str]) -> float:
    return found["passed"] / max(1, found.total())


def replay() -> Part:
    """The mean over exchanges of the facts that are equal; the recordings' own limits do not count."""
    shares = []
    facts = 0
    for exchange in exchanges():
        kinds = Counter(_kind(exchange.file, fact) for fact in exchange.differences)
        counted = exchange.compared - sum(n for kind, n in kinds.items() if kind not in {"gap", "unlisted"})
        facts += counted
        shares.append(1 - (kinds["gap"] + kinds["unlisted"]) / max(1, counted))
    basis = f"{len(shares)} recorded exchanges, {facts} facts"
    return Part(name="replay", points=40, share=sum(shares) / len(shares), basis=basis)


def _kind(file: str, fact: str) -> str:
    listed = reason_for(file, fact)
    return "unlisted" if listed is None else listed.kind


def schema(tests: dict[str, Counter[str]]) -> Part:
    found = tests["test_schema"]
    statuses = sum(len(operation.statuses) for version in VERSIONS for operation in operations(version))
    basis = f"{found['passed']} of {found.total()} tests; {statuses} documented statuses produced and valid"
    return Part(name="schema", points=20, share=_share(found), basis=basis)


def clients(sdk: dict[str, dict[str, str | None]]) -> Part:
    steps = json.loads(AZ.read_text(encoding="utf-8"))["steps"] if AZ.exists() else []
    script = json.loads(JS.read_text(encoding="utf-8"))["operations"] if JS.exists() else {}
    driven = [*script.values()]
    driven += [text for release in sdk.values() for text in release.values() if text != "absent"]
    done = sum(1 for text in driven if text is None) + sum(1 for step in steps if step["passed"])
    total = len(driven) + (len(steps) or 32)
    basis = f"{done} of {total} calls: {len(sdk)} releases of the Python SDK, the JavaScript SDK, az CLI"
    return Part(name="real clients", points=20, share=done / total, basis=basis)


def laws(tests: dict[str, Counter[str]]) -> Part:
    found = tests["test_laws"]
    basis = f"{found['passed']} of {found.total()} laws"
    return Part(name="laws", points=20, share=_share(found), basis=basis)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

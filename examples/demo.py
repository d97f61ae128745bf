"""What `make demo` shows: this repository's own manifests/, from nothing to a repaired drift.

Runs the real command line on the embedded emulator of Azure Resource Manager, with its state in a
temporary folder. Nothing leaves this machine and nothing needs an Azure account.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from reconciler.emulator import application

ROOT = Path(__file__).resolve().parent.parent
PROD = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ai-prod"
ACCOUNT = f"{PROD}/providers/Microsoft.CognitiveServices/accounts/aoai-contoso-eus2"
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
API = {"api-version": "2026-07-01"}


CHANGE = {"sku": {"name": "GlobalStandard", "capacity": 10}}


def commented(text: str) -> str:
    """The text behind #, no wider than a terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
    return textwrap.fill(f"# {text}", width, subsequent_indent="#    ")


def say(text: str) -> None:
    """Tell the reader what comes next."""
    words = commented(text)
    print(f"\n\033[1m{words}\033[0m" if sys.stdout.isatty() else f"\n{words}", flush=True)


def add(text: str) -> None:
    """Tell the reader one thing more about it."""
    print(commented(f" {text}"), flush=True)


def reconciler(state: Path, *words: str, expect: int = 0) -> None:
    """Run one command as a user would, and stop the demo where its exit code surprises."""
    print(f"$ reconciler {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", "reconciler", *words]
    environment = os.environ | {"RECONCILER_EMULATOR_STATE": str(state)}
    code = subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode
    if code:
        print(f"(exit code {code})", flush=True)
    if code != expect:
        sys.exit(f"the demo expected exit code {expect} here")


@asynccontextmanager
async def emulator(state: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the emulator that the commands talk to."""
    served = application(state=state)
    transport = httpx.ASGITransport(app=served)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client
    finally:
        served.close()


async def quick_operations(state: Path) -> None:
    """Let operations end after one look, so that nobody waits long."""
    async with emulator(state) as client:
        answer = await client.post("/_emulator/lro", json={"polls": 1})
        answer.raise_for_status()


async def change_behind_our_back(state: Path) -> None:
    """Somebody with rights on the account shrinks a deployment, and not through a manifest."""
    address = f"{ACCOUNT}/deployments/chat-mini"
    print(f"$ az rest --method patch --url '{address}?api-version={API['api-version']}' \\", flush=True)
    print(f"    --body '{json.dumps(CHANGE)}'", flush=True)
    async with emulator(state) as client:
        form = {"grant_type": "client_credentials", "client_id": "night-shift-script", "client_secret": "any"}
        answer = await client.post(f"/{TENANT}/oauth2/v2.0/token", data=form)
        token = answer.raise_for_status().json()["access_token"]
        signed = {"Authorization": f"Bearer {token}"}
        answer = await client.patch(address, params=API, headers=signed, json=CHANGE)
        answer.raise_for_status()


def main() -> None:
    """Validate, plan, apply; then drift, repair, plan."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "emulator.db"
        asyncio.run(quick_operations(state))
        say("Each line with $ is the command behind a step; nothing leaves this machine.")
        add("Dates of deployments are of the emulator's own clock, which begins on 2026-06-22.")
        say("1. Is what manifests/ says possible at all? (no network, no Azure)")
        reconciler(state, "validate")
        say("2. What would have to be done? The whole fleet in a few lines")
        saved = str(Path(folder) / "plan.json")
        reconciler(state, "plan", "--summary", "--out", saved)
        say("3. Do that plan: accounts in parallel, one write at a time in each")
        reconciler(state, "apply", saved)
        say("4. Somebody (this script, in the place of az) shrinks a deployment behind our back")
        asyncio.run(change_behind_our_back(state))
        say("   The nightly job looks for drift")
        reconciler(state, "drift", expect=2)
        say("5. Apply repairs it, and there is nothing left to do")
        reconciler(state, "apply", "--yes")
        reconciler(state, "plan")
    say("Next: README.md, then examples/")


if __name__ == "__main__":
    main()

"""One release of azure-mgmt-cognitiveservices, unmodified, through one call after the other.

Run by `tools/differential.py` with the release on PYTHONPATH and nothing else of Azure. Reads one JSON object
a line, {"call": ..., "url": ...}, and prints one: how the call ended. Waits cost nothing and are added up; a
call that would wait longer than two hours, or is still at work after its seconds of real time, goes on.
"""

import importlib.metadata
import json
import math
import os
import sys
import threading
import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
WHERE = ("rg", "alpha", "chat")
BODY = {
    "sku": {"name": "GlobalStandard", "capacity": 10},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-x", "version": "1"}},
}
REAL_SECONDS, PATIENCE = 6.0, 7200.0
_sleep = time.sleep


class StillWaitingError(Exception):
    """The call would have waited longer than anybody does."""


class Waits:
    """In the place of `time.sleep`: what is waited passes at once."""

    def __init__(self) -> None:
        self.passed = 0.0

    def sleep(self, seconds: float) -> None:
        """Refuse what the real one refuses; count the rest."""
        if not math.isfinite(seconds) or seconds < 0:
            _sleep(seconds)
        self.passed += seconds
        if self.passed > PATIENCE:
            raise StillWaitingError


class Tokens:
    """A credential of the SDK's kind: another token at each request for one."""

    def __init__(self) -> None:
        self.number = 0

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Return a token that is good for an hour."""
        self.number += 1
        return AccessToken(f"CANARY-{self.number}", int(time.time()) + 3600)


def call(name: str, url: str) -> tuple[str, str]:
    """Carry out one call as a program that uses the SDK would."""
    client = CognitiveServicesManagementClient(
        Tokens(), SUBSCRIPTION, base_url=url, credential_scopes=[f"{url}/.default"]
    )
    at: Any = client.deployments
    plain = {"enforce_https": False}  # both clients are on this machine
    match name:
        case "read":
            return "done", at.get(*WHERE, **plain).properties.provisioning_state
        case "list":
            return "done", f"{len(list(at.list(*WHERE[:2], **plain)))} deployment(s)"
        case "write":
            found = at.begin_create_or_update(*WHERE, BODY, **plain).result()
            return "done", found.properties.provisioning_state
        case _:
            at.begin_delete(*WHERE, **plain).result()
            return "done", ""


def driven(name: str, url: str) -> dict[str, object]:
    """How the call ended, within the time that it has."""
    waits, ended = Waits(), ["still going", f"after {REAL_SECONDS:.0f} s"]
    time.sleep = waits.sleep

    def work() -> None:
        try:
            ended[:] = call(name, url)
        except StillWaitingError:
            ended[:] = "still going", "after 2 h"
        except Exception as problem:  # noqa: BLE001 -- whatever it is, it is the result
            ended[:] = "raises", type(problem).__name__

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(REAL_SECONDS)
    return {"ended": ended[0], "says": ended[1], "waited": round(min(waits.passed, PATIENCE))}


def main() -> None:
    """Answer line by line; first the releases that are at work."""
    names = ("azure-mgmt-cognitiveservices", "azure-core", "azure-mgmt-core")
    print(json.dumps({name: importlib.metadata.version(name) for name in names}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(driven(asked["call"], asked["url"])), flush=True)
    os._exit(0)  # a thread that never ends must not keep the process


if __name__ == "__main__":
    main()

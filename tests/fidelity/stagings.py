"""Every staging there is, and the address by which one asks for it."""

from __future__ import annotations

import json
import subprocess

from tests.fidelity.stagings_answers import ANSWERS
from tests.fidelity.stagings_network import LISTS, NETWORK
from tests.fidelity.stagings_operation import LINKS, OPERATIONS
from tests.fidelity.stagings_others import OTHERS

STAGINGS = (*NETWORK, *ANSWERS, *LISTS, *OPERATIONS, *OTHERS, *LINKS)


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["url"])

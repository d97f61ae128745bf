"""What an account says of itself through an older api-version.

Rule of this module: an account has the facts of the day it is asked on, whenever it was written (one written
in May 2025 had in December what no account of that summer had; of deployments that nobody wrote in between
the capabilities changed three times in six months); every line here was recorded with the version that it
names, and takes something away or adds what later versions no longer say.
"""

from collections.abc import Sequence
from datetime import datetime

from reconciler.emulator import account_faces, account_facts
from reconciler.emulator.wire import Json, at

_PROJECTS_SINCE = "2025-04-01"
"""From here on an account says whether it holds projects (specified, recorded in October 2025)."""

_THROTTLING_UNTIL = "2022-10-01"
"""Up to here each limit says whether it is dynamic (recorded with every version from 2021-10-01)."""

_BACKUP_IN = "2022-03-01"
_WITH_BACKUP = ("FormRecognizer", "OpenAI", "Personalizer")
"""The kinds that had a `backupUpperLimit`, and the one version that said it (recorded in March 2022)."""


def visible(body: Json, version: str, today: datetime, projects: Sequence[str] = ()) -> Json:
    """An account as a version shows it today, with the names of its projects, its default one first."""
    shown, day = dict(body["properties"]), version[:10]
    made = str(shown.get("dateCreated"))[:10]
    seen = account_facts.as_of(f"{today:%Y-%m-%d}", day)
    if not account_facts.is_alike(body["kind"], body["sku"]["name"], made, seen):
        shown = {**account_faces.of(body, seen), **account_faces.own(body)["properties"]}
    if day < _PROJECTS_SINCE:
        shown.pop("allowProjectManagement", None)
    elif projects:
        shown |= {"defaultProject": projects[0], "associatedProjects": list(projects)}
    if day == _BACKUP_IN and body["kind"] in _WITH_BACKUP:
        shown["backupUpperLimit"] = 20
    if day <= _THROTTLING_UNTIL:
        for name in ("callRateLimit", "quotaLimit"):
            rules = at(shown, name, "rules")
            if isinstance(rules, list):
                static = {"dynamicThrottlingEnabled": False}
                shown[name] = {"rules": [static | rule for rule in rules if isinstance(rule, dict)]}
    return {**body, "properties": shown}

"""What an account says of itself through an older api-version.

Rule of this module: an account is kept as the newest version shows it; every line here was recorded with the
version that it names, and takes something away or adds what later versions no longer say.
"""

from reconciler.emulator.wire import Json

_PROJECTS_SINCE = "2025-04-01"
"""From here on an account says whether it holds projects (specified, recorded in October 2025)."""

_EMPTY_SINCE = "2024-10-01"
"""From here on an OpenAI account has `apiProperties`, empty (recorded in November 2024; not in July 2023)."""

_THROTTLING_UNTIL = "2022-10-01"
"""Up to here each limit says that it is not dynamic (recorded with every version from 2021-10-01)."""

_BACKUP_UNTIL = "2022-03-01"
_WITH_BACKUP = ("OpenAI", "Personalizer")
"""The kinds that had a `backupUpperLimit`, and until when (recorded in March 2022)."""


def visible(body: Json, version: str) -> Json:
    """An account as a version shows it."""
    kind, shown, day = body["kind"], dict(body["properties"]), version[:10]
    if day < _PROJECTS_SINCE:
        shown.pop("allowProjectManagement", None)
    if kind == "OpenAI" and day < _EMPTY_SINCE and shown.get("apiProperties") == {}:
        del shown["apiProperties"]
    if day <= _BACKUP_UNTIL and kind in _WITH_BACKUP:
        shown["backupUpperLimit"] = 20
    if day <= _THROTTLING_UNTIL:
        for name in {"callRateLimit", "quotaLimit"} & set(shown):
            shown[name] = {
                "rules": [{**rule, "dynamicThrottlingEnabled": False} for rule in shown[name]["rules"]]
            }
    return {**body, "properties": shown}

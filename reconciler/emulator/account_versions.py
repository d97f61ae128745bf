"""What an account says of itself through an older api-version.

Rule of this module: an account is kept as the newest version shows it; every line here was recorded with the
version that it names, and takes something away or adds what later versions no longer say.
"""

from reconciler.emulator.wire import Json

_PROJECTS_SINCE = "2025-04-01"
"""From here on an account says whether it holds projects (specified, recorded in October 2025)."""

_EMPTY_SINCE = "2024-10-01"
"""From here on an OpenAI account has `apiProperties`, empty (recorded in November 2024; not in July 2023)."""

_OPENAI_2023 = {
    "endpoints": ("OpenAI Language Model Instance API", "OpenAI Dall-E API", "OpenAI Whisper API"),
    "rules": ("openai.dalle.post", "openai.dalle.other", "openai", "default"),
    "capabilities": (
        *("VirtualNetworks", "CustomerManagedKey", "MaxFineTuneCount", "MaxRunningFineTuneCount"),
        *("MaxUserFileCount", "MaxTrainingFileSize", "MaxUserFileImportDurationInHours"),
        "MaxFineTuneJobDurationInHours",
    ),
}
"""What of an OpenAI account was there in July 2023, with 2023-05-01."""

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
    if kind == "OpenAI" and day < _EMPTY_SINCE:
        shown = _openai_of_2023(shown)
    if day <= _BACKUP_UNTIL and kind in _WITH_BACKUP:
        shown["backupUpperLimit"] = 20
    if day <= _THROTTLING_UNTIL:
        for name in {"callRateLimit", "quotaLimit"} & set(shown):
            shown[name] = {
                "rules": [{**rule, "dynamicThrottlingEnabled": False} for rule in shown[name]["rules"]]
            }
    return {**body, "properties": shown}


def _openai_of_2023(properties: Json) -> Json:
    known = _OPENAI_2023
    rules = [rule for rule in properties["callRateLimit"]["rules"] if rule["key"] in known["rules"]]
    shown = {
        **properties,
        "callRateLimit": {"rules": rules},
        "capabilities": [one for one in properties["capabilities"] if one["name"] in known["capabilities"]],
        "endpoints": {
            name: address for name, address in properties["endpoints"].items() if name in known["endpoints"]
        },
    }
    if shown.get("apiProperties") == {}:
        del shown["apiProperties"]
    return shown

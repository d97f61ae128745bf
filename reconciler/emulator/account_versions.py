"""What an account says of itself through an older api-version.

Rule of this module: an account is kept as the newest version shows it; every line here was recorded with the
version that it names, and takes something away or adds what later versions no longer say.
"""

from collections.abc import Container

from reconciler.emulator.wire import Json, at

_PROJECTS_SINCE = "2025-04-01"
"""From here on an account says whether it holds projects (specified, recorded in October 2025)."""

_EMPTY_SINCE = "2024-10-01"
"""From here on an OpenAI account has `apiProperties`, empty (recorded in November 2024; not in July 2023)."""

_IMAGES_SINCE = "2023-02"
"""An OpenAI account made from here on makes images (recorded in 2023; not in January)."""

_LATER = {
    "endpoints": frozenset(
        {
            *("OpenAI Sora API", "OpenAI Moderations API", "OpenAI Model Scaleset API"),
            *("OpenAI Realtime API", "Token Service API", "Azure OpenAI Legacy API - Latest moniker"),
        }
    ),
    "rules": frozenset(
        {
            *("openai.assistants.list", "openai.threads.list", "openai.vectorstores.list"),
            *("openai.vectorstores.post", "openai.responses.default", "openai.assistants.default"),
            *("openai.batches.post", "openai.batches.get", "openai.batches.list"),
        }
    ),
    "capabilities": frozenset(
        {
            *("EnableRLSForThrottling", "MaxEvaluationRunDurationInHours", "MaxRunningEvaluationCount"),
            *("MaxRunningGlobalStandardFineTuneCount", "RaiMonitor", "quotaRefundsEnabled"),
            *("DynamicThrottling", "TrustedServices"),
        }
    ),
}
"""What an OpenAI account did not have in July 2023, asked with 2023-05-01, and no account in March 2022."""

_AUTUMN_2025 = "2025-10"
_SINCE_AUTUMN = frozenset(
    {"openai.vectorstores.post", "EnableRLSForThrottling", "Azure OpenAI Legacy API - Latest moniker"}
)
"""What an OpenAI account made before October 2025 has not (recorded in July 2025)."""

_OPENAI_API = "OpenAI Language Model Instance API"
_FIRST_LIMITS = ("openai", "default")
_FIRST_SIZES = {
    "MaxFineTuneCount": "100",
    "MaxRunningFineTuneCount": "1",
    "MaxUserFileCount": "50",
    "MaxTrainingFileSize": "100000000",
    "MaxFineTuneJobDurationInHours": "120",
}
"""What an OpenAI account had in January 2023, and its sizes then."""

_LANGUAGE_SINCE = "2023"
_LANGUAGE_OF_2022 = (
    *("Text Analytics", "Custom Text Authoring", "Conversational Language Understanding Authoring"),
    *("Custom Question Answering Authoring", "Custom Question Answering", "ConversationalLURuntime"),
    *("Language", "Language-2022-05-01", "QnAMaker", "turing", "Turing DeepWrite", "QuestionAnswering"),
    *("QuestionAnsweringBizQA", "QuestionAnsweringQnAGen", "QuestionAnswering Generate", "LUIS.Authoring"),
)
"""What a TextAnalytics account made before 2023 is called (recorded in October 2022)."""
_LANGUAGE_OF_2021 = (
    *(
        "Text Analytics",
        "LanguageAuthoring",
        "ConversationalLanguageUnderstanding",
        "ConversationalLURuntime",
    ),
    *("QnAMaker", "turing", "Turing DeepWrite", "QuestionAnswering", "LUIS.Authoring"),
)
"""And one made before May 2022 (recorded in November 2021)."""

_SPRING_2022 = "2022-05"
_OPENAI_OF_SPRING = (
    *("OpenAI Language Model Instance API", "OpenAI Language Model Instance API 11-01-preview"),
    "OpenAI API 2022-03-01-preview",
)
"""What an OpenAI account made before May 2022 is called; it has no sizes yet (recorded in March 2022)."""

_THROTTLING_UNTIL = "2022-10-01"
"""Up to here each limit says that it is not dynamic (recorded with every version from 2021-10-01)."""

_BACKUP_UNTIL = "2022-03-01"
_WITH_BACKUP = ("FormRecognizer", "OpenAI", "Personalizer")
"""The kinds that had a `backupUpperLimit`, and until when (recorded in March 2022)."""


def visible(body: Json, version: str) -> Json:
    """An account as a version shows it."""
    kind, shown, day = body["kind"], dict(body["properties"]), version[:10]
    if day < _PROJECTS_SINCE:
        shown.pop("allowProjectManagement", None)
    if kind == "OpenAI" and str(shown.get("dateCreated")) < _AUTUMN_2025:
        shown = _openai_of_summer(shown)
    if kind == "OpenAI" and day < _EMPTY_SINCE:
        shown = _openai_of_2023(shown)
    if kind == "OpenAI" and str(shown.get("dateCreated")) < _IMAGES_SINCE:
        shown = _openai_of_2022(shown)
    if kind == "TextAnalytics" and str(shown.get("dateCreated")) < _LANGUAGE_SINCE:
        is_older = str(shown.get("dateCreated")) < _SPRING_2022
        names = _LANGUAGE_OF_2021 if is_older else _LANGUAGE_OF_2022
        shown["endpoints"] = dict.fromkeys(names, shown.get("endpoint"))
    if kind == "OpenAI" and str(shown.get("dateCreated")) < _SPRING_2022:
        shown["endpoints"] = dict.fromkeys(_OPENAI_OF_SPRING, shown.get("endpoint"))
        shown["capabilities"] = [{"name": "VirtualNetworks"}]
    if day <= _BACKUP_UNTIL:
        shown |= _without("capabilities", "name", shown)
    if day <= _BACKUP_UNTIL and kind in _WITH_BACKUP:
        shown["backupUpperLimit"] = 20
    if day <= _THROTTLING_UNTIL:
        for name in ("callRateLimit", "quotaLimit"):
            rules = at(shown, name, "rules")
            if isinstance(rules, list):
                undynamic = {"dynamicThrottlingEnabled": False}
                shown[name] = {"rules": [rule | undynamic for rule in rules if isinstance(rule, dict)]}
    return {**body, "properties": shown}


def _openai_of_summer(properties: Json) -> Json:
    """Without what came in autumn 2025, and with the assistants' first limit."""
    shown = {**properties, **_without("capabilities", "name", properties, _SINCE_AUTUMN)}
    if isinstance(limits := properties.get("callRateLimit"), dict):
        kept = _without("rules", "key", limits, _SINCE_AUTUMN)
        first = {"renewalPeriod": 1, "count": 100_000}
        rules = [
            rule | first if at({"rule": rule}, "rule", "key") == "openai.assistants.default" else rule
            for rule in kept.get("rules", [])
        ]
        shown["callRateLimit"] = {**limits, **({"rules": rules} if kept else {})}
    if isinstance(found := properties.get("endpoints"), dict):
        shown["endpoints"] = {name: found[name] for name in found if name not in _SINCE_AUTUMN}
    return shown


def _openai_of_2023(properties: Json) -> Json:
    """Without what came later; what a world gave an account of its own stays."""
    shown = {**properties, **_without("capabilities", "name", properties)}
    if isinstance(limits := properties.get("callRateLimit"), dict):
        shown["callRateLimit"] = {**limits, **_without("rules", "key", limits)}
    if isinstance(found := properties.get("endpoints"), dict):
        shown["endpoints"] = {name: found[name] for name in found if name not in _LATER["endpoints"]}
    if shown.get("apiProperties") == {}:
        del shown["apiProperties"]
    return shown


def _openai_of_2022(properties: Json) -> Json:
    """The one address, the two limits and the sizes of the first accounts."""
    shown = dict(properties)
    if isinstance(found := properties.get("endpoints"), dict):
        shown["endpoints"] = {name: found[name] for name in found if name == _OPENAI_API}
    if isinstance(rules := at(properties, "callRateLimit", "rules"), list):
        kept = [rule for rule in rules if at({"rule": rule}, "rule", "key") in _FIRST_LIMITS]
        shown["callRateLimit"] = {**properties["callRateLimit"], "rules": kept}
    if isinstance(sizes := properties.get("capabilities"), list):
        shown["capabilities"] = [_first_size(size) for size in sizes]
    return shown


def _first_size(capability: object) -> object:
    name = at({"is": capability}, "is", "name")
    return {"name": name, "value": _FIRST_SIZES[name]} if name in _FIRST_SIZES else capability


def _without(part: str, key: str, holder: Json, later: Container[str] | None = None) -> Json:
    """A list of a holder without the items that came later, if it is a list."""
    if not isinstance(items := holder.get(part), list):
        return {}
    missing = _LATER[part] if later is None else later
    return {part: [item for item in items if at({"item": item}, "item", key) not in missing]}

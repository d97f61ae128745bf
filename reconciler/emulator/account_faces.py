"""What an account of each kind shows of itself: addresses, capabilities, call limits, its identity.

Rule of this module: every value is read off a recorded account of that kind (OpenAI in October 2025,
AIServices in June 2026; Face in March 2022 stands for the kinds without deployments); nothing here decides
anything.
"""

import uuid
from collections.abc import Mapping

from reconciler.emulator.account_kinds import WITH_DEPLOYMENTS
from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Json, normal_location

_AI_SERVICES = (
    "OpenAI Language Model Instance API",
    "OpenAI Dall-E API",
    "OpenAI Sora API",
    "OpenAI Moderations API",
    "OpenAI Whisper API",
)
_OPENAI = (
    *_AI_SERVICES,
    "OpenAI Model Scaleset API",
    "OpenAI Realtime API",
    "Token Service API",
    "Azure OpenAI Legacy API - Latest moniker",
)
_OPENAI_CAPABILITIES = {
    "VirtualNetworks": None,
    "CustomerManagedKey": None,
    "EnableRLSForThrottling": "false",
    "MaxFineTuneCount": "500",
    "MaxRunningFineTuneCount": "3",
    "MaxUserFileCount": "100",
    "MaxTrainingFileSize": "512000000",
    "MaxUserFileImportDurationInHours": "1",
    "MaxFineTuneJobDurationInHours": "720",
    "MaxEvaluationRunDurationInHours": "5",
    "MaxRunningEvaluationCount": "5",
    "MaxRunningGlobalStandardFineTuneCount": "3",
    "TrustedServices": (
        "Microsoft.CognitiveServices,Microsoft.MachineLearningServices,Microsoft.Search,Microsoft.VideoIndexer"
    ),
    "RaiMonitor": None,
    "quotaRefundsEnabled": "false",
}
"""Without what only the recording subscription had."""


_OF_MODELS = (
    *("Azure AI Model Inference API", "Cohere AI API", "Mistral AI API", "Azure MAI Model Inference API"),
    *("Azure MAI Model Inference API v1.0", "Content Understanding"),
)
_SPEECH = (
    *("Speech to Text", "Speech to Text v3.2", "Speech to Text 2024-05-15-preview"),
    *("Speech to Text 2024-11-15", "Speech to Text 2025-10-15", "Speech to Text v3.2_internal.1"),
    *("Custom Voice", "Custom Voice Trial", "Video Translation", "Audio Content Creation", "TTS Player"),
    *("Podcast", "Custom Avatar", "Batch Avatar", "Batch Text to Speech"),
)
_OF_VOICE_AND_LANGUAGE = (
    *("Speech Services Speaker Verification", "Speech Services Speaker Identification"),
    *("Voice Agent Realtime API", "Voice Live Realtime API", "Voice Live Media Gateway Calls API", "Token"),
    *("Text Analytics", "Custom Text Authoring", "Conversational Language Understanding Authoring"),
    *("Custom Question Answering Authoring", "Custom Question Answering", "ConversationalLURuntime"),
    *("Language", "Language Remote MCP Server", "QnAMaker", "Turing", "QuestionAnswering", "LUIS"),
)
_QUESTION_ANSWERING = ("AIServices", "QnAMaker.v2", "TextAnalytics")
_INTERFACES = {
    "ComputerVision": "Computer Vision",
    "QnAMaker.v2": "QnAMaker",
    "SpeechServices": "Speech Services Speech to Text",
    "TextAnalytics": "Text Analytics",
}
"""The first address of a kind whose interface has another name (recorded in 2021 to 2025)."""
_FURTHER_INTERFACES = {
    "TextAnalytics": (
        *("Custom Text Authoring", "Conversational Language Understanding Authoring"),
        *("Custom Question Answering Authoring", "Custom Question Answering", "ConversationalLURuntime"),
        *("Language", "QnAMaker", "Turing", "QuestionAnswering", "LUIS", "Container"),
    ),
}
"""What else a kind is called under the same address (recorded in January 2025)."""


def _rule(key: str, count: int, *patterns: str, seconds: int = 1) -> Json:
    """A limit on calls, per second if nothing is said; a pattern is `METHOD path`."""
    matches = [dict(zip(("method", "path"), pattern.split(" "), strict=True)) for pattern in patterns]
    matches = [{"path": match["path"], "method": match["method"]} for match in matches]
    return {"key": key, "renewalPeriod": seconds, "count": count, "matchPatterns": matches}


_BILLING = _rule("container.billing", 500, "* billing/*", seconds=10)
_FORMS = "formrecognizer/custom/models"
_AUTHORING = "textAnalytics.unifiedAuthoring"
_OBJECTS = ("assistants", "threads", "vector_stores")
_LIMITS: dict[str, list[Json]] = {
    "Face": [_rule("face", 10, "* face/*"), _BILLING, _rule("default", 10, "* *")],
    "FormRecognizer": [
        _rule("formrecognizer.custom.train", 1, "* formrecognizer/custom/train", seconds=60),
        _rule("formrecognizer.custom.copymodels", 1, f"* {_FORMS}/{{modelId}}/copy", seconds=60),
        _rule("formrecognizer.custom.models.get", 10, f"GET {_FORMS}", seconds=60),
        _rule("formrecognizer.analyzeform", 15, f"POST {_FORMS}/{{modelId}}/analyze"),
        _rule(
            "formrecognizer.analyzeform.result", 100, f"GET {_FORMS}/{{modelId}}/analyzeResults/{{resultId}}"
        ),
        _BILLING,
        _rule("default", 30, "* *"),
    ],
    "OpenAI": [
        _rule("openai.dalle.post", 30, "POST dalle/*", "POST openai/images/*"),
        _rule("openai.dalle.other", 30, "* dalle/*", "* openai/operations/images/*"),
        _rule("openai.assistants.list", 120, "GET openai/assistants", seconds=60),
        _rule("openai.threads.list", 120, "GET openai/threads", seconds=60),
        _rule("openai.vectorstores.list", 120, "GET openai/vector_stores", seconds=60),
        _rule("openai.vectorstores.post", 60, "POST openai/vector_stores", "POST openai/vector_stores/*"),
        _rule(
            "openai.assistants.default",
            6000,
            *(f"* openai/{name}{rest}" for name in _OBJECTS for rest in ("", "/*")),
            seconds=60,
        ),
        _rule("openai.responses.default", 100_000, "* openai/responses", "* openai/responses/*"),
        _rule("openai.batches.post", 30, "POST openai/v1/batches", "POST openai/batches", seconds=60),
        _rule("openai.batches.get", 500, "GET openai/v1/batches/*", "GET openai/batches/*", seconds=60),
        _rule("openai.batches.list", 100, "GET openai/v1/batches", "GET openai/batches", seconds=60),
        _rule("openai", 30, "* openai/*"),
        _rule("default", 30, "* *"),
    ],
    "Personalizer": [
        _rule(
            "personalizer.rankreward", 2000, "POST personalizer/rank", "POST personalizer/{eventId}/reward"
        ),
        _BILLING,
        _rule("personalizer", 500, "* personalizer/*"),
        _rule("default", 20, "* *"),
    ],
    "SpeechServices": [
        _rule("token", 50, "* sts/v1.0/*"),
        _rule("speech.synthesize", 200, "* speech/synthesize"),
    ],
    "TextAnalytics": [
        _rule("workflow.endpoint.postcalls", 1000, "* language/:analyze-conversations", seconds=60),
        _rule(_AUTHORING, 100, "* language/text/authoring/v1.0-preview.1/*", seconds=60),
        _rule(f"{_AUTHORING}.getcalls", 100, "GET language/text/authoring/v1.0-preview.2/*", seconds=60),
        _rule(f"{_AUTHORING}.updatecalls", 10, "* language/text/authoring/v1.0-preview.2/*", seconds=60),
        _rule(f"{_AUTHORING}.clu.getCalls", 100, "GET language/customize-conversation/*", seconds=60),
        _rule(f"{_AUTHORING}.clu.updateCalls", 10, "* language/customize-conversation/*", seconds=60),
        _rule("textAnalytics.customText", 100, "* text/analytics/v3.1-preview.ct.1/analyze/*", seconds=60),
        _rule("textAnalytics", 1000, "* text/analytics/*", seconds=60),
        _BILLING,
        _rule("questionanswering", 600, "* qnamaker/*", seconds=60),
        _rule(
            "unifiedlanguage.questionanswering",
            600,
            "* language/query-knowledgebases/*",
            "* language/:query-*",
            seconds=60,
        ),
        _rule("default", 20, "* *"),
    ],
}
_CAPABILITIES = {
    "FormRecognizer": ("VirtualNetworks", "CustomerManagedStorage", "CustomerManagedKey"),
    "SpeechServices": ("VirtualNetworks", "CustomerManagedKey", "CustomerManagedStorage"),
    "TextAnalytics": ("VirtualNetworks", "CustomerManagedKey"),
}
"""Before `Container` (recorded in 2022 to 2025)."""
_BY_SKU = {
    ("TextAnalytics", "S"): (
        *("DynamicThrottling", "VirtualNetworks", "CustomerManagedKey", "CustomerManagedStorage"),
    ),
}
"""The same for a sku that has more than its kind (recorded in June 2023)."""
_CONTAINERS = {
    "Face": "Face.*,Face.Face",
    "TextAnalytics": "TextAnalytics.*,"
    + ",".join(
        f"TextAnalytics.{name}"
        for name in (
            *(
                "Healthcare",
                "HealthcareFhir",
                "Keyphrase",
                "KeyphraseV2",
                "KeyPhraseONNX",
                "LanguageFastText",
            ),
            *("Language", "LanguageV2", "Sentiment", "SentimentV2", "SentimentV3", "SentimentV3Preview"),
        )
    ),
}
"""Containers of a kind that has more than one name for them (recorded in 2022 and 2023)."""
_KEYS = frozenset({("Face", "E0")})
"""Where keys of one's own come with the sku, behind `Container` (recorded in May and October 2022)."""
_FURTHER_CAPABILITIES: Mapping[str, tuple[Json, ...]] = {
    "Face": ({"name": "Scenario", "value": "Face.LegacyPreview,Face.Legacy"},),
    "TextAnalytics": (
        {"name": "Cloud", "value": "QuestionAnswer.AllApis,LanguageService.QuestionAnsweringApis"},
    ),
}
"""Behind it (recorded in January 2023 and 2025)."""


_UNLIMITED: Mapping[str, tuple[str, ...]] = {"TextAnalytics": ("S0", "S1", "S2", "S3", "S4")}
"""Old skus that show no limits at all (recorded for S1 and S2 from 2021 to 2023; S shows them)."""


def limits(kind: str, sku: str) -> Json:
    """`callRateLimit`, and `quotaLimit` (calls per thirty days) where there is one: only on TextAnalytics."""
    if sku in _UNLIMITED.get(kind, ()):
        return {}
    shown = {"callRateLimit": {"rules": _rules(kind)}}
    if kind != "TextAnalytics":
        return shown
    where = "* /language/:analyze-conversations"
    rule = _rule("workflow.endpoint.postcalls", 100_000, where, seconds=2_592_000)
    return {**shown, "quotaLimit": {"rules": [rule]}}


def _rules(kind: str) -> list[Json]:
    """The first limits of a recorded account of this kind; recordings were cut there."""
    if kind in _LIMITS:
        return [*_LIMITS[kind]]
    if kind not in WITH_DEPLOYMENTS:
        return [_BILLING, _rule("default", 15, "* *")]
    return [
        _rule("documentTranslation.post", 20, "POST translator/text/batch/*"),
        _rule("documentTranslation.get", 20, "GET translator/text/batch/*"),
    ]


def capabilities(kind: str, sku: str) -> list[Json]:
    """Capabilities of the account, not of its models."""
    if kind == "OpenAI":
        return [
            {"name": name, **({} if value is None else {"value": value})}
            for name, value in _OPENAI_CAPABILITIES.items()
        ]
    if kind not in WITH_DEPLOYMENTS:
        names = _BY_SKU.get((kind, sku)) or _CAPABILITIES.get(kind, ("VirtualNetworks",))
        containers = {"name": "Container", "value": _CONTAINERS.get(kind, f"{kind}.*")}
        keys: list[Json] = [{"name": "CustomerManagedKey"}] if (kind, sku) in _KEYS else []
        further = _FURTHER_CAPABILITIES.get(kind, ())
        return [*({"name": name} for name in names), containers, *keys, *further]
    return [{"name": "VirtualNetworks"}, {"name": "EnabledApimVnet", "value": "true"}]


def endpoint(location: str, kind: str, domain: str | None) -> str:
    """The main address: below the custom domain if there is one, else the region's.

    SpeechServices without a domain is addressed by where it issues tokens (recorded in 2023).
    """
    if domain is None:
        where = "sts/v1.0/issuetoken" if kind == "SpeechServices" else ""
        return f"https://{normal_location(location)}.api.cognitive.microsoft.com/{where}"
    service = "openai.azure.com" if kind == "OpenAI" else "cognitiveservices.azure.com"
    return f"https://{domain}.{service}/"


def endpoints(location: str, kind: str, domain: str | None, foundry_name: str | None) -> Json:
    """Addresses by interface; the Foundry one needs a custom domain, or projects and the account's name."""
    if kind not in WITH_DEPLOYMENTS:
        names = (_INTERFACES.get(kind, kind), *_FURTHER_INTERFACES.get(kind, ()))
        return dict.fromkeys(names, endpoint(location, kind, domain))
    address = endpoint(location, "OpenAI", domain)
    if kind == "OpenAI":
        return dict.fromkeys(_OPENAI, address)
    at = domain or foundry_name
    foundry = {} if at is None else {"AI Foundry API": f"https://{at}.services.ai.azure.com/"}
    if domain is None or kind != "AIServices":
        return {**foundry, **dict.fromkeys(_AI_SERVICES, address)}
    return {**foundry, **_of_ai_services(normal_location(location), domain)}


def _of_ai_services(region: str, domain: str) -> Json:
    """Every interface of an AIServices account below a custom domain (recorded, June 2026)."""
    common, models = (
        f"https://{domain}.cognitiveservices.azure.com/",
        f"https://{domain}.services.ai.azure.com/",
    )
    openai = (*_OPENAI, "OpenAI Response API on Websocket", "OpenAI Realtime Translation WebSocket API")
    speech = f"https://{region}.{{}}.speech.microsoft.com"
    return {
        **dict.fromkeys(("ProjectA APIs", "MAAP Managed Deployments API"), common),
        **dict.fromkeys(openai, f"https://{domain}.openai.azure.com/"),
        **dict.fromkeys(_OF_MODELS, models),
        **dict.fromkeys(("Content Safety", "Container", "Computer Vision", "FormRecognizer"), common),
        **dict.fromkeys(
            (f"Speech Services {name}" if name != "Video Translation" else name for name in _SPEECH), common
        ),
        "Speech Services Speech to Text (Standard)": speech.format("stt"),
        "Speech Services Text to Speech (Neural)": speech.format("tts"),
        **dict.fromkeys(_OF_VOICE_AND_LANGUAGE, common),
        "TextTranslation-Global": "https://api.cognitive.microsofttranslator.com/",
        **dict.fromkeys(("TextTranslation", "DocumentTranslation", "CustomTranslator"), common),
    }


def api_properties(kind: str) -> Json:
    """Settings of other services: a search key where questions are answered, else empty (recorded)."""
    if kind in _QUESTION_ANSWERING:
        return {"apiProperties": {"qnaAzureSearchEndpointKey": None}}
    return {"apiProperties": {}} if kind in WITH_DEPLOYMENTS else {}


def project_management(kind: str) -> Json:
    """Off on kinds that hold no projects (recorded for three of them in October 2025)."""
    return {} if kind in ("AIServices", "CognitiveServices") else {"allowProjectManagement": False}


def identity(turn: Turn, key: str, given: Json) -> Json:
    """Ids of the identities asked for: of the system's own (recorded) and of each user's (specified).

    `key` is the lower-case id of the resource, from which the ids follow. What was asked is echoed.
    """

    def object_id(of: str, what: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{of.lower()}/{what}"))

    kind = str(given.get("type") or "None")
    found: Json = {}
    if "systemassigned" in kind.lower():
        found = {"principalId": object_id(key, "principal"), "tenantId": turn.caller.tenant}
    found["type"] = kind
    users = given.get("userAssignedIdentities") or {}
    if users and "userassigned" in kind.lower().replace("systemassigned", ""):
        found["userAssignedIdentities"] = {
            name: {"principalId": object_id(name, "principal"), "clientId": object_id(name, "client")}
            for name in users
        }
    return found

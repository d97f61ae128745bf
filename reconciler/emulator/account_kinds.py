"""The kinds of account that the provider has, with the skus of each.

Rule of this module: only OpenAI and AIServices take deployments; the other kinds exist as accounts, because
they share names, groups and lists with them. Read off `GET …/skus` and recorded accounts of 2021 to 2026.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_FREE = ("F0", "S0")

SKUS: Mapping[str, tuple[str, ...]] = {
    "OpenAI": ("S0",),
    "AIServices": ("S0",),
    "CognitiveServices": ("S0",),
    "AnomalyDetector": _FREE,
    "ComputerVision": ("F0", "S0", "S1"),
    "ContentModerator": _FREE,
    "ContentSafety": _FREE,
    "ConversationalLanguageUnderstanding": ("F0", "S"),
    "CustomVision.Prediction": _FREE,
    "CustomVision.Training": _FREE,
    "Face": _FREE,
    "FormRecognizer": ("F0", "S0", "DC0"),
    "HealthInsights": _FREE,
    "ImmersiveReader": ("S0", "S1"),
    "Internal.AllInOne": ("S0",),
    "LUIS": _FREE,
    "LUIS.Authoring": ("F0",),
    "MetricsAdvisor": _FREE,
    "Personalizer": _FREE,
    "QnAMaker": _FREE,
    "QnAMaker.v2": ("S0",),
    "SpeechServices": _FREE,
    "SpeechTranslation": _FREE,
    "TextAnalytics": ("F0", "S", "S0", "S1", "S2", "S3", "S4"),
    "TextTranslation": ("F0", "S1", "S2", "S3", "S4", "C2", "C3", "C4", "D3"),
}

WITH_DEPLOYMENTS = ("OpenAI", "AIServices", "CognitiveServices")
GLOBAL = frozenset({"TextTranslation"})
"""Kinds that also live in the location `global`."""

_BY_OPERATION = frozenset(
    {"AIServices", "Face", "FormRecognizer", "OpenAI", "Personalizer", "QnAMaker.v2", "TextAnalytics"}
)
"""Kinds whose writes are operations (recorded 2021 to 2026).

The others are Succeeded at once with nothing to poll: recorded for SpeechServices (2022 to 2025),
ComputerVision (2023) and CognitiveServices (2022).
"""

_AT_ONCE = "2017-04-18"
"""An account written with this version is Succeeded at once whatever its kind (recorded in June 2020)."""

_UNLISTED: Mapping[str, tuple[str, ...]] = {"Face": ("E0",)}
"""Skus that are taken and in no list (recorded in March 2022)."""

_UPGRADES_SINCE = datetime(2025, 5, 19, tzinfo=UTC)
_UPGRADED = frozenset({"OpenAI", "AIServices"})
"""Kinds that an account can change between (documented, since Foundry's resource type is there)."""

_FORMER = frozenset({"Speech"})
"""Kinds of 2016 that the provider tells from those that never were (reported, 2021)."""

REGIONS_WITHOUT_MODELS = ("centraluseuap", "eastus2euap", "jioindiawest")
"""Where accounts can be and no model is listed (recorded in the provider's registration, 2022 and 2023)."""


def is_at(kind: str, location: str) -> bool:
    """Whether the provider has a kind, and has it in a region.

    There is no Foundry and no Document Intelligence where no model is (reported; which regions lack
    Document Intelligence is not).
    """
    known = canonical(kind)
    return known is not None and not (
        known in {"AIServices", "FormRecognizer"}
        and location in REGIONS_WITHOUT_MODELS
        and not location.endswith("euap")
    )


def canonical(kind: str) -> str | None:
    """ARM's spelling of a kind written in any case, None if there is no such kind."""
    return next((known for known in SKUS if known.lower() == kind.lower()), None)


def becomes(old: str, new: str, now: datetime) -> bool:
    """Whether an account of one kind may be written over with another: since the upgrade to Foundry exists.

    A kind that never was is not refused for the change.
    """
    if old.lower() == new.lower() or (canonical(new) is None and new not in _FORMER):
        return True
    return now >= _UPGRADES_SINCE and {old, canonical(new)} <= _UPGRADED


_TIERS = {"F0": "Free", "DC0": "DisconnectedTier"}
"""Recorded; of other skus with an account of their own `Standard` was."""


def tier(sku: str) -> str:
    return _TIERS.get(sku, "Standard")


def takes(kind: str, sku: str) -> bool:
    """Whether an account of a kind can have a sku."""
    known = canonical(kind) or ""
    return sku.upper() in (*SKUS.get(known, ()), *_UNLISTED.get(known, ()))


def is_former(kind: str, sku: str) -> bool:
    """Whether a sku of a kind is sold to subscriptions only that have long had it."""
    return kind == "TextAnalytics" and re.fullmatch("S[0-4]", sku, re.IGNORECASE) is not None


def is_by_operation(kind: str, version: str) -> bool:
    """Whether a write of an account of this kind is followed through an operation."""
    return kind in _BY_OPERATION and version != _AT_ONCE

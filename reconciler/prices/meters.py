"""What the name of a billing meter says: which model, which SKU, which kind of use.

The Retail Prices API names no model and no deployment type. It has a product and a meter, such as
``Azure OpenAI`` and ``gpt 4.1 mini cached Inp glbl Tokens``, in a wording that changes from family to family.
A name is understood only where every word of it is accounted for; the rest is nobody's price.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from reconciler.domain.sku import SkuName

ANY: Final = ""
"""A model or a version that does not matter: a PTU costs the same for every model of a maker."""

RESERVATIONS: Final = "Azure AI Foundry Provisioned Throughput Reservation"

_PTU_FORMATS: Final[Mapping[str, str]] = {
    "Azure OpenAI": "OpenAI",
    "Azure Deepseek Models": "DeepSeek",
    "Azure Fireworks Models": "Fireworks",
    "Azure Grok Models": "xAI",
    "Azure Llama Models": "Meta",
    "Azure Mistral Models": "Mistral AI",
}
_PTU_METERS: Final[Mapping[str, str]] = {
    "Provisioned Managed Global Unit": "GlobalProvisionedManaged",
    "Provisioned Managed Data Zone Unit": "DataZoneProvisionedManaged",
    "Provisioned Managed Regional Unit": "ProvisionedManaged",
}

_DIRECTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("inp", "inpt", "input", "in"), "input"),
    **dict.fromkeys(("outp", "outpt", "opt", "output", "out"), "output"),
}
_CACHED: Final = frozenset({"cached", "cchd", "cd", "ch", "cache", "ccchd"})
_SCOPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("glbl", "gl", "global", "glb"), "Global"),
    **dict.fromkeys(("dz", "dzone", "dzn", "datazone"), "DataZone"),
    **dict.fromkeys(("regnl", "regional", "rgnl", "regn", "rg"), "Regional"),
}
_STANDARD: Final[Mapping[str, str]] = {
    "Global": "GlobalStandard",
    "DataZone": "DataZoneStandard",
    "Regional": "Standard",
}
_BATCH: Final[Mapping[str, str]] = {"Global": "GlobalBatch", "DataZone": "DataZoneBatch"}
_MODES: Final = frozenset({"batch", "pp", "std", "ft", "dev", "rft"})
_BANDS: Final[Mapping[str, str]] = {"shortco": "short", "longco": "long", "l": "long"}
_HOSTING: Final = re.compile(r"(?i)[ -](deployment )?(hstng|hosting)\b")
_UNIT_WORDS: Final = re.compile(r"(?i)( 1m)? (tokens|unit)$")
_UNITS: Final = frozenset({"1K", "1M"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one meter bills: `kind` of use of a model on a SKU.

    Kinds are ``ptu_hour``, ``hosting_hour``, ``reservation``, and for tokens ``input``, ``cached_input``,
    ``cache_write`` and ``output``, with ``batch_``, ``priority_``, ``ft_`` (fine-tuned) before them and
    ``_long`` behind them where long prompts have a rate of their own. `format` is ARM's model format, empty
    where it does not matter; an empty `version` is every version that has no meter of its own.
    """

    kind: str
    sku: SkuName
    model: str = ANY
    version: str = ANY
    format: str = ANY


def _dated(name: str, version: str = ANY, *wordings: str) -> dict[str, tuple[tuple[str, str], ...]]:
    return dict.fromkeys(wordings, ((name, version),))


# Wordings of models, with the words for scope, direction and mode taken out. The version is that of the
# month and day in the wording; where the wording has none and the model has one version, it is that one.
_MODELS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    **_dated("gpt-4o", "2024-05-13", "gpt 4o 0513"),
    **_dated("gpt-4o", "2024-08-06", "gpt 4o 0806", "4o 0806"),
    **_dated("gpt-4o", "2024-11-20", "gpt 4o 1120"),
    **_dated("gpt-4o-mini", "2024-07-18", "gpt 4o mini 0718", "gpt 4o mini0718", "4o mini 0718"),
    **_dated("gpt-4.1", "2025-04-14", "gpt 4.1", "4.1"),
    **_dated("gpt-4.1-mini", "2025-04-14", "gpt 4.1 mini", "4.1 mini"),
    **_dated("gpt-4.1-nano", "2025-04-14", "gpt 4.1 nano", "4.1 nano"),
    **_dated("gpt-5", "2025-08-07", "gpt 5", "5"),
    **_dated("gpt-5-mini", "2025-08-07", "gpt 5 mini", "5 mini"),
    **_dated("gpt-5-nano", "2025-08-07", "gpt 5 nano"),
    **_dated("gpt-5-chat", ANY, "gpt 5 chat"),
    **_dated("gpt-5-codex", ANY, "gpt 5 codex"),
    **_dated("gpt-5-pro", "2025-10-06", "gpt 5 pro"),
    **_dated("gpt-5.1", "2025-11-13", "gpt 5.1", "5.1"),
    **_dated("gpt-5.1-chat", "2025-11-13", "gpt 5.1 chat"),
    **_dated("gpt-5.1-codex", "2025-11-13", "5.1 codex"),
    **_dated("gpt-5.1-codex-max", "2025-12-04", "5.1 codex max"),
    **_dated("gpt-5.1-codex-mini", "2025-11-13", "5.1 codex mini"),
    **_dated("gpt-5.2", "2025-12-11", "gpt 5.2", "5.2"),
    **_dated("gpt-5.2-chat", "2025-12-11", "gpt 5.2 chat"),
    **_dated("gpt-5.2-chat", "2026-02-10", "5.2 chat 0210"),
    **_dated("gpt-5.2-codex", "2026-01-14", "5.2 codex"),
    **_dated("gpt-5.2-pro", ANY, "gpt 5.2 pro"),
    **_dated("gpt-5.3-chat", "2026-03-03", "5.3 chat"),
    **_dated("gpt-5.3-codex", "2026-02-24", "5.3 codex"),
    **_dated("gpt-5.4", "2026-03-05", "5.4"),
    **_dated("gpt-5.4-mini", "2026-03-17", "5.4 mini"),
    **_dated("gpt-5.4-nano", "2026-03-17", "5.4 nano"),
    **_dated("gpt-5.4-pro", "2026-03-05", "5.4 pro"),
    **_dated("gpt-5.5", "2026-04-24", "5.5"),
    **_dated("gpt-5.6-luna", "2026-07-09", "5.6 luna"),
    **_dated("gpt-5.6-sol", "2026-07-09", "5.6 sol"),
    **_dated("gpt-5.6-terra", "2026-07-09", "5.6 terra"),
    **_dated("gpt-6-sol", "2026-09-22", "6 sol"),
    **_dated("gpt-6-astra", "2026-09-03", "6 astra"),
    **_dated("gpt-chat-latest", "2026-05-05", "chat latest 05052026"),
    **_dated("gpt-chat-latest", "2026-05-28", "chat latest 05282026"),
    **_dated("gpt-35-turbo", "0125", "gpt 35 turbo 16k 0125", "gpt 35 turbo16k 0125", "gpt 35 trb16k 125"),
    **_dated("gpt-35-turbo", "1106", "gpt 35 turbo 16k 1106", "gpt 35 turbo16k 1106"),
    **dict.fromkeys(
        ("gpt 35 turbo 4k", "gpt 35 turbo4k"), (("gpt-35-turbo", "0613"), ("gpt-35-turbo", "0301"))
    ),
    **_dated("gpt-35-turbo-16k", "0613", "gpt 35 turbo 16k", "gpt 35 turbo16k", "gpt 35 trb16k"),
    **_dated("gpt-35-turbo-instruct", "0914", "gpt 35 turbo instruct"),
    **_dated("gpt-4", "0613", "gpt 4 8k"),
    **_dated("gpt-4-32k", "0613", "gpt 4 32k"),
    **dict.fromkeys(
        ("gpt 4 turbo 128k", "gpt 4 turbo128k"),
        (("gpt-4", "1106-Preview"), ("gpt-4", "0125-Preview"), ("gpt-4", "turbo-2024-04-09")),
    ),
    **_dated("gpt-4", "vision-preview", "gpt 4 turbo vision 128k"),
    **_dated("o1", "2024-12-17", "o1 1217", "o1"),
    **_dated("o1-mini", "2024-09-12", "o1 mini"),
    **_dated("o1-preview", "2024-09-12", "o1 preview"),
    **_dated("o1-pro", "2025-03-19", "o1 pro"),
    **_dated("o3", "2025-04-16", "o3 0416"),
    **_dated("o3-mini", "2025-01-31", "o3 mini 0131", "o3 mini"),
    **_dated("o3-pro", "2025-06-10", "o3 pro"),
    **_dated("o3-deep-research", "2025-06-26", "o3 deep research 0626"),
    **_dated("o4-mini", "2025-04-16", "o4 mini 0416", "o4 mini"),
    **_dated("codex-mini", "2025-05-16", "codex mini"),
    **_dated("computer-use-preview", ANY, "computer use"),
    **_dated("davinci-002", "1", "davinci 002"),
    **_dated("babbage-002", "1", "babbage 002"),
    **_dated("text-embedding-ada-002", "2", "embedding ada"),
    **_dated("text-embedding-3-small", "1", "text embedding 3 small"),
    **_dated("text-embedding-3-large", "1", "text embedding 3 large"),
    **_dated("gpt-oss-120b", ANY, "gpt oss 120b"),
    **_dated("gpt-oss-20b", ANY, "gpt oss 20b", "oss 20b", "20b"),
    **_dated("MAI-DS-R1", ANY, "mai ds r1"),
    **_dated("DeepSeek-R1", ANY, "r1"),
    **_dated("DeepSeek-V3", ANY, "v3"),
    **_dated("DeepSeek-V3-0324", ANY, "v3 0324"),
    **_dated("DeepSeek-V3.1", ANY, "v3.1"),
    **_dated("DeepSeek-V3.2", ANY, "v3.2"),
    **_dated("DeepSeek-V3.2-Speciale", ANY, "v3.2 sp"),
    **_dated("DeepSeek-V4-Flash", ANY, "v4 flash"),
    **_dated("DeepSeek-V4-Pro", ANY, "v4 pro"),
    **_dated("grok-3", ANY, "grok 3"),
    **_dated("grok-3-mini", ANY, "grok 3 mini"),
    **_dated("grok-4", ANY, "grok 4"),
    **_dated("grok-4.3", ANY, "4.3"),
    **_dated("grok-code-fast-1", ANY, "code fast 1"),
    **_dated("Llama-3.3-70B-Instruct", ANY, "llama 3.3 70b", "3.3 70b", "llama3.3 70b", "llama3.3"),
    **_dated("Llama-4-Maverick-17B-128E-Instruct-FP8", ANY, "llama 4 maverick 17b"),
    **_dated("Codestral-2501", ANY, "codestral"),
    **_dated("Mistral-Large-3", ANY, "large 3"),
    **_dated("mistral-medium-3-5", ANY, "mm3.5"),
    **_dated("Ministral-3B", ANY, "mnstrl 3b", "ministral 3b model", "ministral 3b"),
    **_dated("Kimi-K2.5", ANY, "k2.5 thinking", "k2.5"),
    **_dated("Kimi-K2.6", ANY, "k2.6 thinking", "k2.6"),
    **_dated("Kimi-K2.7-Code", ANY, "k2.7 code"),
    **_dated("Kimi-K2-Thinking", ANY, "k2 thinking"),
    **_dated("Phi-4-multimodal-instruct", ANY, "phi 4 mini mm"),
}
# A family writes some of its wordings as another one does: only these products are about text tokens.
_PRODUCTS: Final = frozenset(
    {
        "Azure OpenAI",
        "Azure OpenAI Embedding",
        "Azure OpenAI GPT5",
        "Azure OpenAI GPT6",
        "Azure OpenAI OSS Models",
        "Azure OpenAI PP FT GPT4s",
        "Azure OpenAI Reasoning",
        "Azure Deepseek Models",
        "Azure Grok Models",
        "Azure Kimi",
        "Azure Llama Models",
        "Azure Mistral Models",
        "Azure Phi Models",
    }
)
_BOTH_WAYS: Final = "text embedding", "embedding ada"


@cache
def uses_of(product: str, meter: str, unit: str, row_type: str) -> tuple[Use, ...]:
    """What a meter bills; empty where its name is not understood to the last word.

    The arguments are productName, meterName, unitOfMeasure and type of a row of the Retail Prices API.
    """
    if row_type == "Reservation":
        sku = _PTU_METERS.get(meter) if product == RESERVATIONS else None
        return (Use(kind="reservation", sku=SkuName(sku)),) if sku else ()
    if row_type != "Consumption":
        return ()
    if meter in _PTU_METERS:
        maker = _PTU_FORMATS.get(product)
        return (Use(kind="ptu_hour", sku=SkuName(_PTU_METERS[meter]), format=maker),) if maker else ()
    if product not in _PRODUCTS:
        return ()
    return tuple(_hosting(meter) if _HOSTING.search(meter) else _tokens(meter) if unit in _UNITS else ())


@dataclass(slots=True)
class _Words:
    """The words of a meter's name, sorted."""

    model: str
    direction: str | None
    scope: str | None
    cached: bool
    written: bool
    modes: frozenset[str]
    band: str | None


def _sorted(name: str) -> _Words | None:
    """The words of a name, each in its place; None where a word of one kind comes twice."""
    text = _UNIT_WORDS.sub("", re.sub(r"(?i)data zone", "datazone", name).strip())
    text = re.sub(r"(?i)batchoutp\b", "batch outp", text)
    words = [word.lower() for word in re.split(r"[ \-]+", text) if word]
    directions = [_DIRECTIONS[word] for word in words if word in _DIRECTIONS]
    scopes = [_SCOPES[word] for word in words if word in _SCOPES]
    bands = [_BANDS[word] for word in words if word in _BANDS]
    if max(len(directions), len(scopes), len(bands)) > 1:
        return None
    taken = {*_DIRECTIONS, *_SCOPES, *_BANDS, *_CACHED, *_MODES, "wr"}
    return _Words(
        model=" ".join(word for word in words if word not in taken),
        direction=directions[0] if directions else None,
        scope=scopes[0] if scopes else None,
        cached=any(word in _CACHED for word in words),
        written="wr" in words,
        modes=frozenset(word for word in words if word in _MODES),
        band=bands[0] if bands else None,
    )


def _tokens(meter: str) -> Iterator[Use]:
    words = _sorted(meter)
    if words is None or words.model not in _MODELS or words.scope is None:
        return
    direction = words.direction
    if direction is None and (words.model.startswith(_BOTH_WAYS) or words.cached):
        direction = "input"
    if direction is None or (words.cached and direction == "output"):
        return
    kind = "cache_write" if words.written else f"{'cached_' if words.cached else ''}{direction}"
    prefix, sku = "", _STANDARD[words.scope]
    match words.modes - {"std"}:
        case modes if modes == {"batch"}:
            prefix, sku = "batch_", _BATCH.get(words.scope, "")
        case modes if modes == {"pp"}:
            prefix = "priority_"
        case modes if modes == {"ft"}:
            prefix = "ft_"
        case modes if "dev" in modes and modes <= {"dev", "ft", "rft"}:
            prefix, sku = "ft_", "DeveloperTier" if words.scope == "Global" else ""
        case modes if modes:
            return
    if not sku:
        return
    kind = f"{prefix}{kind}{'_long' if words.band == 'long' else ''}"
    for model, version in _MODELS[words.model]:
        yield Use(kind=kind, sku=SkuName(sku), model=model, version=version)


def _hosting(meter: str) -> Iterator[Use]:
    """Hosting of a fine-tuned model. A meter that names no scope is that of Global deployments."""
    words = _sorted(_HOSTING.sub("", meter))
    if words is None or words.direction or words.cached or words.modes != {"ft"}:
        return
    sku = SkuName(_STANDARD[words.scope or "Global"])
    for model, version in _MODELS.get(words.model, ()):
        yield Use(kind="hosting_hour", sku=sku, model=model, version=version)

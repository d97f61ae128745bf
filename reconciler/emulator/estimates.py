"""`POST calculateModelCapacity`: PTU for a workload, by the published weights.

Rule of this module: where a model has no published linear weights the answer is 501, not a guess. Weights
are those of `world/ptu.json`; the formula is the documented one without cached tokens, which this API has no
field for.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reconciler.emulator import errors, offers, provider_errors
from reconciler.emulator.deployment_fields import MODEL_PARTS
from reconciler.emulator.turn import Turn, expect
from reconciler.emulator.wire import Answer, Json, at

_SHAPES: Mapping[str, type] = {
    "model": dict,
    **{f"model.{part}": str for part in MODEL_PARTS},
    "skuName": str,
    "workloads": list,
}
_REFERENCE_REGION = "eastus2"
"""Sizes of a sku do not depend on the region but for one model; this region's list is complete."""


@cache
def _weights() -> Json:
    text = (Path(__file__).parent / "world" / "ptu.json").read_text(encoding="utf-8")
    return dict(json.loads(text)["models"])


def estimate(turn: Turn) -> Answer:
    """`{"model", "skuName", "estimatedCapacity": {"value", "deployableValue"}}` (specified shape)."""
    asked = turn.body()
    expect(asked, _SHAPES)
    model: Json = asked.get("model") or {}
    name, version = model.get("name", ""), model.get("version", "")
    sku = offers.canonical_sku(asked.get("skuName", ""))
    if sku is None or not offers.is_provisioned(sku):
        raise provider_errors.invalid_sku_name(asked.get("skuName", ""))
    weights = _weights().get(f"{name}/{version}") or _weights().get(name)
    if weights is None:
        raise errors.not_modelled(f"calculateModelCapacity of model '{name}', which has no published weights")
    tokens = sum(_normalised(load, weights["outputWeight"]) for load in asked.get("workloads", []))
    value = math.ceil(tokens / weights["inputTokensPerMinute"])
    return Answer(
        status=200,
        body={
            "model": {name: model[name] for name in MODEL_PARTS if name in model},
            "skuName": asked["skuName"],
            "estimatedCapacity": {"value": value, "deployableValue": _deployable(turn, model, sku, value)},
        },
    )


def _normalised(load: object, output_weight: float) -> float:
    """Input tokens per minute that a workload is worth."""
    if not isinstance(load, dict):
        raise errors.invalid_content("Error converting value to type object. Path workloads")
    numbers = (
        load.get("requestPerMinute", 0),
        at(load, "requestParameters", "avgPromptTokens") or 0,
        at(load, "requestParameters", "avgGeneratedTokens") or 0,
    )
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not 0 <= n <= 10**12 for n in numbers):
        raise errors.invalid_content("Error converting value to type number. Path workloads")
    requests, prompt, generated = numbers
    return float(requests * (prompt + output_weight * generated))


def _deployable(turn: Turn, model: Json, sku: str, value: int) -> int:
    known = {part: model.get(part) for part in ("format", "name", "version")}
    listed = offers.find(turn.store, _REFERENCE_REGION, "AIServices", known)
    offer = None if listed is None else offers.best_offer(listed, sku)
    if offer is None:
        raise provider_errors.sku_not_supported(sku, str(model.get("name")), str(model.get("version")))
    minimum, step = offer["capacity"].get("minimum", 1), offer["capacity"].get("step", 1)
    return int(max(minimum, minimum + math.ceil((value - minimum) / step) * step))

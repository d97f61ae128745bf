"""Laying ``data/updates.jsonl`` over the facts: what moved after their tables were compiled.

A line is ``{model, version, fact, value, source, date, was?, was_as_of?, note?}``. Each fact goes into the
layer it belongs to, with the line's own source, so that the merge treats it like any other: documentation
into `latest`, ARM's answers into `arm-live`. One rule: a line replaces one fact and adds nothing to it.
"""

from __future__ import annotations

import json
from pathlib import Path

from tools.catalogue_source import ARM, CLAUDE_PAGE, LATEST, UPDATED_LIST, Facts, Json

SOURCES: dict[str, tuple[str, Json]] = {
    "schedule@18591b84": (
        "docs-retirement-2026-10-05",
        {
            "title": "model retirement schedule (Microsoft docs)",
            "as_of": "2026-10-05",
            "kind": "documentation",
            "repository": "MicrosoftDocs/azure-ai-docs",
            "commit": "18591b84",
        },
    ),
    "arm-eastus2-2026-09-01@b632fb6e": (
        UPDATED_LIST,
        {
            "title": "ARM model list of eastus2",
            "as_of": "2026-10-05",
            "kind": "live-arm-recording",
            "commit": "b632fb6e",
        },
    ),
    "docs-model-router@8ebe262": (
        "docs-model-router-2026-07-08",
        {"title": "model router page (Microsoft docs)", "as_of": "2026-07-08", "kind": "documentation"},
    ),
    "installer-guide@70919204698": (
        "installer-guide-2026-09-24",
        {"title": "model list in a public installer guide", "as_of": "2026-09-24", "kind": "documentation"},
    ),
}
"""The sources that the lines name, as the facts declare theirs."""

_CLAUDE: tuple[str, Json] = (
    CLAUDE_PAGE,
    {"title": "page on Claude models (Microsoft docs)", "as_of": "2026-07-28", "kind": "documentation"},
)
_REGION = "eastus2"
_DOCUMENTED = {"stage": "stage", "retirement_date": "retirement_date", "replacement": "replacement"}
_IGNORED = {"retirement_schedule_row"}


def read_updates(path: Path) -> list[Json]:
    """The lines of the file, as they stand there."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def lay_over(facts: Facts, updates: list[Json]) -> None:
    """Change `facts` into what they and the updates say; KeyError for a fact or a source we do not know."""
    for name, declared in (*SOURCES.values(), _CLAUDE):
        facts["sources"][name] = declared
    for line in updates:
        source, _ = SOURCES[line["source"]]
        match line["fact"]:
            case fact if fact in _DOCUMENTED or fact == "lifecycle":
                _lifecycle(facts, line, source)
            case "fine_tuned.deployment_retirement_date":
                _row(facts, LATEST, line)["fine_tuned_lifecycle"] = {
                    "deployment_retirement_date": line["value"],
                    "source": source,
                }
            case "version_in_model_router_table":
                _row(facts, LATEST, line)
            case "arm.model":
                _model(facts, line, source)
            case "arm.lifecycleStatus" | "arm.deprecation.inference":
                _status(facts, line, source)
            case "arm.offer":
                _offer(facts, line, source)
            case "arm.sku_status":
                _sku_status(facts, line, source)
            case "arm.replacementConfig":
                _arm(facts, line)["replacement_config"] = {**line["value"], "source": source}
            case "arm.hostedOn":
                _arm(facts, line)["hosted_on"] = {"value": line["value"], "source": source}
            case fact if fact not in _IGNORED:
                raise KeyError(f"the updates have a fact {fact!r} that nothing reads")


def _row(facts: Facts, layer: str, line: Json) -> Json:
    """The block of the line's model version in a layer, made where there is none."""
    model: Json = facts["layers"][layer]["models"].setdefault(line["model"], {})
    if line["version"] is None:
        whole: Json = model.setdefault("all_versions", {})
        return whole
    row: Json = model.setdefault("versions", {}).setdefault(line["version"], {})
    return row


def _arm(facts: Facts, line: Json) -> Json:
    row = _row(facts, ARM, line)
    row.setdefault("offers", [])
    row.setdefault("status", [])
    return row


def _lifecycle(facts: Facts, line: Json, source: str) -> None:
    """The documented life of a version; where a model's is documented for all versions, of those."""
    row = _row(facts, LATEST, line)
    model = facts["layers"][LATEST]["models"][line["model"]]
    if "lifecycle" not in row and "lifecycle" in model.get("all_versions", {}):
        row = model["all_versions"]
    told = line["value"] if line["fact"] == "lifecycle" else {_DOCUMENTED[line["fact"]]: line["value"]}
    block = {**row.get("lifecycle", {}), **told, "source": source, "as_of": line["date"]}
    block.pop("conflicting_rows", None)
    row["lifecycle"] = {key: value for key, value in block.items() if value is not None}


def _status(facts: Facts, line: Json, source: str) -> None:
    """ARM's own word and date: one row for both."""
    rows = _arm(facts, line)["status"]
    row = next((one for one in rows if one["source"] == source), None)
    if row is None:
        row = {"source": source, "as_of": line["date"], "regions": [_REGION], "default_version": None}
        rows.append(row)
    key = "lifecycle_status" if line["fact"] == "arm.lifecycleStatus" else "inference_deprecation"
    row[key] = line["value"]


def _model(facts: Facts, line: Json, source: str) -> None:
    row, value = _arm(facts, line), line["value"]
    model = facts["layers"][ARM]["models"][line["model"]]
    model.setdefault("format", value["format"])
    if "publisher" in value:
        model.setdefault("publisher", value["publisher"])
    if "hostedOn" in value:
        row["hosted_on"] = {"value": value["hostedOn"], "source": source}
    _status(facts, {**line, "fact": "arm.lifecycleStatus", "value": None}, source)
    kept = next(one for one in row["status"] if one["source"] == source)
    kept["default_version"] = value["default_version"]


def _offer(facts: Facts, line: Json, source: str) -> None:
    """One offer; a scope of All stands for the model itself: no source lists what is tuned from it.

    Where no line has the model's own status and date, those of its first offer stand for it.
    """
    row, value = _arm(facts, line), line["value"]
    unit = value.get("unit", {})
    offer = {
        "sku": value["sku"],
        "model_kind": "fine-tuned" if value["scope"] == "Finetune" else "base",
        "usage_name": value["usage_name"],
        "capacity": value["capacity"],
        "capacity_unit": {
            short: unit[name]
            for short, name in (("tpm", "token_per_60s"), ("rpm", "request_per_60s"))
            if name in unit
        },
        "deprecation_date": value["deprecation_date"],
        "status": value["status"],
        "seen": {source: [_REGION]},
    }
    row["offers"].append(offer)
    for status in row["status"]:
        if status["source"] == source and offer["model_kind"] == "base":
            status["lifecycle_status"] = status.get("lifecycle_status") or value["status"]
            status.setdefault("inference_deprecation", value["deprecation_date"])


def _sku_status(facts: Facts, line: Json, source: str) -> None:
    """ARM's word for one SKU, which may be further on than the model's."""
    value = line["value"]
    kind = "fine-tuned" if value["scope"] == "Finetune" else "base"
    for offer in _arm(facts, line)["offers"]:
        if offer["sku"] == value["sku"] and offer["model_kind"] == kind:
            offer["status"], offer["deprecation_date"] = value["status"], value["deprecation_date"]
            offer["seen"].setdefault(source, [_REGION])

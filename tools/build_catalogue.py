"""Build ``reconciler/catalogue/data/catalogue.json`` from ``facts.yaml`` and ``updates.jsonl`` beside it.

Run it after every edit of either: it lays the updates over the facts, merges the layers by their order of
authority (what ARM listed over the newest documentation over the documentation of March 2025), checks the
result and prints what changed. One rule: nothing is added that no layer states.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import yaml

from reconciler.catalogue.packed import (
    FORMAT,
    PackedCatalogue,
    PackedModel,
    PackedPtu,
    PackedRegion,
    PackedVersion,
    PackedWeights,
)
from tools.catalogue_checks import problems
from tools.catalogue_lifecycle import default_version, hosting, lifecycle
from tools.catalogue_offers import base_offers, doubtful, listed, pools, tuned_offers
from tools.catalogue_quota import batch_quota, quota_tiers
from tools.catalogue_source import ARM, LATEST, OLD, Facts, Json, Tables, blocks
from tools.catalogue_updates import lay_over, read_updates

# The newest page on deploying fine-tuned models: ids, versions, SKUs.
TUNED_PAGE = "docs-ft-deploy-2026-07-08"

DATA = Path(__file__).parent.parent / "reconciler" / "catalogue" / "data"


def _weights(block: Json) -> PackedWeights:
    packed = PackedWeights(
        input=block["input"] if "input" in block else block["text_input"],
        output=block["output"] if "output" in block else block["image_output"],
    )
    if "cached_input" in block:
        packed["cached_input"] = block["cached_input"]
    if "cache_write" in block:
        packed["cache_write"] = block["cache_write"]
    if "image_input" in block:
        packed["image_input"] = block["image_input"]
    return packed


def _region(row: Json) -> PackedRegion:
    packed = PackedRegion(
        display_name=row["display_name"], geography=row["geography"], kinds=row["account_kinds_s0"]
    )
    if "data_zone" in row:
        packed["data_zone"] = row["data_zone"]
    return packed


def _ptu(facts: Facts, tables: Tables, name: str, version: str | None) -> PackedPtu | None:
    """Throughput figures: the newest documentation that has any (ARM's lists have none)."""
    found = next(
        (b["ptu"] for layer in (LATEST, OLD) for b in blocks(facts, layer, name, version) if "ptu" in b), None
    )
    if found is None:
        return None
    packed = PackedPtu(input_tpm=found["input_tpm_per_ptu"], source=tables.source(found["source"]))
    if "output_to_input_ratio" in found:
        packed["output_ratio"] = found["output_to_input_ratio"]
    if "cached_input_weight" in found:
        packed["cached_weight"] = found["cached_input_weight"]
    if "tokens_per_second" in found.get("latency_target", {}):
        packed["tokens_per_second"] = found["latency_target"]["tokens_per_second"]
    if "threshold_prompt_tokens" in found.get("long_context", {}):
        packed["longest_prompt"] = found["long_context"]["threshold_prompt_tokens"]
    weights = found.get("token_weights", {})
    if weights:
        packed["short_context"] = _weights(weights.get("short_context", weights))
    if "long_context" in weights:
        packed["long_context"] = _weights(weights["long_context"])
    return packed


def _version(facts: Facts, tables: Tables, name: str, version: str | None) -> PackedVersion:
    packed = PackedVersion()
    if skus := base_offers(facts, tables, name, version):
        packed["skus"] = skus
    if tuned := tuned_offers(facts, tables, name, version):
        packed["tuned"] = tuned
    if listed(facts, name, version):
        packed["listed"] = True
    if names := doubtful(facts, name, packed.get("skus", {})):
        packed["doubtful"] = names
    if cycle := lifecycle(facts, tables, name, version):
        packed["lifecycle"] = cycle
    if (hosted := hosting(facts, tables, name, version)) is not None:
        packed["hosted"] = hosted
        for sku, pool in pools(facts, name, version).items():
            if sku in packed.get("skus", {}):
                packed["skus"][sku]["pool"] = pool
    if (ptu := _ptu(facts, tables, name, version)) is not None:
        packed["ptu"] = ptu
    return packed


def _model(facts: Facts, tables: Tables, name: str) -> PackedModel:
    found = [
        facts["layers"][layer]["models"][name]
        for layer in (ARM, LATEST, OLD)
        if name in facts["layers"][layer]["models"]
    ]
    versions = sorted({version for model in found for version in model.get("versions", {})})
    packed = PackedModel()
    if (source := tables.source_of_model(found, name)) is not None:
        packed["source"] = source
    if spelled := next((m["format"] for m in found if "format" in m), None):
        packed["format"] = spelled
    if publisher := next((m["publisher"] for m in found if "publisher" in m), None):
        packed["publisher"] = publisher
    if versions:
        packed["versions"] = {v: _version(facts, tables, name, v) for v in versions}
        default = default_version(facts, name)
        if default is not None:
            packed["versions"][default]["default"] = True
    elif anything := _version(facts, tables, name, None):
        packed["any_version"] = anything
    return packed


def _names(facts: Facts) -> list[str]:
    added = {row["model"] for row in facts["amendments"] if row["change"] == "added"}
    layers: set[str] = {name for layer in facts["layers"].values() for name in layer["models"]}
    return sorted(layers | added, key=str.lower)


def build(facts: Facts) -> PackedCatalogue:
    """The merged catalogue of `facts`, not yet checked."""
    tables = Tables(facts)
    models = {name: _model(facts, tables, name) for name in _names(facts)}
    training = facts["fine_tune_training_regions"]
    return PackedCatalogue(
        format=FORMAT,
        date=facts["compiled_on"],
        regions={name: _region(row) for name, row in facts["regions"].items()},
        recorded_regions=tables.recorded_regions,
        skus={
            name: {
                "display_name": row["display_name"],
                "tuned": row["fine_tuned_models"],
                "source": tables.source(row["source"]),
            }
            for name, row in facts["skus"].items()
        },
        limits={
            name: {"value": row["value"], "source": tables.source(row["source"])}
            for name, row in facts["limits"].items()
        },
        quota_tiers=quota_tiers(facts, tables),
        batch_quota=batch_quota(facts, tables),
        training_regions=tables.region_set(training["regions"]),
        training_source=tables.source(training["source"]),
        alias_source=tables.source(facts["sku_aliases"][0]["source"]),
        tuned_source=tables.source(TUNED_PAGE),
        zone_source=tables.source(facts["data_zones"]["US"]["source"]),
        models=models,
        sources=tables.packed_sources(),
        region_sets=tables.region_sets,
    )


def text_of(catalogue: PackedCatalogue) -> str:
    """The file's text: one model a line, so that a diff of two builds can be read."""
    head = {key: value for key, value in catalogue.items() if key != "models"}
    lines = [f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in head.items()]
    models = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(model, separators=(',', ':'))}"
        for name, model in catalogue["models"].items()
    )
    return "{" + ",\n".join([*lines, '"models": {\n' + models + "\n}"]) + "}\n"


def read_facts(path: Path = DATA / "facts.yaml") -> Facts:
    """The readable source with its updates laid over it, as plain values."""
    facts = cast("Facts", yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    lay_over(facts, read_updates(path.with_name("updates.jsonl")))
    return facts


def changes(before: PackedCatalogue, after: PackedCatalogue) -> Iterator[str]:
    """One line per model that a new build adds, drops or changes."""
    for name in sorted(before["models"].keys() | after["models"].keys()):
        if name not in before["models"]:
            yield f"+ {name}"
        elif name not in after["models"]:
            yield f"- {name}"
        elif before["models"][name] != after["models"][name]:
            yield f"~ {name}"


def main() -> int:
    """Build, check, report, write; 1 if the facts break an invariant."""
    target = DATA / "catalogue.json"
    facts = read_facts()
    catalogue = build(facts)
    wrong = list(problems(catalogue))
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if target.exists():
        before = cast("PackedCatalogue", json.loads(target.read_text("utf-8")))
        print("\n".join(changes(before, catalogue)) or "no model changed")
    target.write_text(text_of(catalogue), "utf-8")
    print(f"{len(catalogue['models'])} models, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

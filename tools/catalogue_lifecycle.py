"""Merging lifecycles: the newest document wins on dates, ARM's own word is kept beside it."""

from __future__ import annotations

from collections import Counter

from reconciler.catalogue.packed import PackedLifecycle
from tools.catalogue_source import ARM, LATEST, Facts, Json, Tables, blocks

# ARM writes this date where no retirement is planned.
_NEVER = "2099"


def _newest_status(facts: Facts, name: str, version: str | None) -> Json | None:
    """ARM's newest answer; where one recording disagrees between regions, the one of most regions."""
    rows: list[Json] = [row for block in blocks(facts, ARM, name, version) for row in block.get("status", ())]
    if not rows:
        return None
    newest = max(row["as_of"] for row in rows)
    return max((row for row in rows if row["as_of"] == newest), key=lambda row: len(row["regions"]))


def lifecycle(facts: Facts, tables: Tables, name: str, version: str | None) -> PackedLifecycle:
    """What is known of the end of a model version; empty where nothing is."""
    packed = PackedLifecycle()
    documented = [b for b in blocks(facts, LATEST, name, version) if "lifecycle" in b]
    if documented:
        _documented(documented[0]["lifecycle"], packed, tables)
    status = _newest_status(facts, name, version)
    if status is not None:
        packed["status"] = status["lifecycle_status"]
        packed["status_source"] = tables.source(status["source"])
        date = str(status.get("inference_deprecation", _NEVER))
        if "retires" not in packed and "stage" not in packed and not date.startswith(_NEVER):
            packed["retires"] = date
            packed["source"] = tables.source(status["source"])
    tuned = next((b["fine_tuned_lifecycle"] for b in documented if "fine_tuned_lifecycle" in b), None)
    if tuned is not None:
        packed["tuned_retires"] = tuned["deployment_retirement_date"]
        packed["tuned_source"] = tables.source(tuned["source"])
    return packed


def _documented(block: Json, packed: PackedLifecycle, tables: Tables) -> None:
    """Of two rows for one version the earlier date counts, and the later one is kept beside it."""
    packed["stage"] = block["stage"]
    packed["source"] = tables.source(block["source"])
    rows = [block, *block.get("conflicting_rows", ())]
    dates = sorted(row["retirement_date"] for row in rows if "retirement_date" in row)
    if dates:
        packed["retires"] = dates[0]
    if len(dates) > 1:
        packed["disputed_with"] = dates[-1]
    if "replacement" in block:
        packed["successor"] = block["replacement"]


def default_version(facts: Facts, name: str) -> str | None:
    """The version ARM's newest recording marks as default in most regions."""
    versions = facts["layers"][ARM]["models"].get(name, {}).get("versions", {})
    rows = [(version, row) for version, block in versions.items() for row in block["status"]]
    if not rows:
        return None
    newest = max(row["as_of"] for _, row in rows)
    votes: Counter[str] = Counter()
    for version, row in rows:
        if row["as_of"] == newest and row["default_version"]:
            votes[version] += len(row["regions"])
    return votes.most_common(1)[0][0] if votes else None

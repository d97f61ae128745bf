"""Merging lifecycles: the newest document wins on dates, and where ARM is as new the earlier date.

ARM's own word is kept beside it, and what ARM announces as the replacement.
"""

from __future__ import annotations

from collections import Counter

from reconciler.catalogue.packed import PackedHosting, PackedLifecycle, PackedReplacement
from tools.catalogue_source import ARM, CLAUDE_PAGE, LATEST, Facts, Json, Tables, blocks

# ARM writes this date where no retirement is planned.
_NEVER = "2099"


def _newest_status(facts: Facts, name: str, version: str | None) -> Json | None:
    """ARM's newest answer; where one recording disagrees between regions, the one of most regions."""
    rows: list[Json] = [
        row
        for block in blocks(facts, ARM, name, version)
        for row in block.get("status", ())
        if row.get("lifecycle_status")
    ]
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
        if not date.startswith(_NEVER):
            _arm_date(packed, date, packed["status_source"], tables)
    tuned = next((b["fine_tuned_lifecycle"] for b in documented if "fine_tuned_lifecycle" in b), None)
    if tuned is not None:
        packed["tuned_retires"] = tuned["deployment_retirement_date"]
        packed["tuned_source"] = tables.source(tuned["source"])
    if (announced := _announced(facts, tables, name, version)) is not None:
        packed["replacement"] = announced
    return packed


def _arm_date(packed: PackedLifecycle, date: str, source: int, tables: Tables) -> None:
    """ARM's date counts where nothing is documented, and where it is as new as the document and earlier."""
    if "retires" not in packed:
        if "stage" not in packed:
            packed["retires"], packed["source"] = date, source
        return
    if date == packed["retires"] or tables.as_of(source) < tables.as_of(packed["source"]):
        return
    dates = sorted([(date, source), (packed["retires"], packed["source"])])
    (packed["retires"], packed["source"]), (packed["disputed_with"], packed["disputed_source"]) = dates


def _documented(block: Json, packed: PackedLifecycle, tables: Tables) -> None:
    """Of two rows for one version the earlier date counts, and the later one is kept beside it."""
    packed["stage"] = block["stage"]
    packed["source"] = tables.source(block["source"])
    rows = [block, *block.get("conflicting_rows", ())]
    dates = sorted(row["retirement_date"] for row in rows if "retirement_date" in row)
    if dates:
        packed["retires"] = dates[0]
    if len(dates) > 1:
        packed["disputed_with"], packed["disputed_source"] = dates[-1], packed["source"]
    if "replacement" in block:
        packed["successor"] = block["replacement"]


def default_version(facts: Facts, name: str) -> str | None:
    """The version ARM's newest recording marks as default in most regions."""
    versions = facts["layers"][ARM]["models"].get(name, {}).get("versions", {})
    rows = [
        (version, row)
        for version, block in versions.items()
        for row in block["status"]
        if row["default_version"] is not None
    ]
    if not rows:
        return None
    newest = max(row["as_of"] for _, row in rows)
    votes: Counter[str] = Counter()
    for version, row in rows:
        if row["as_of"] == newest and row["default_version"]:
            votes[version] += len(row["regions"])
    return votes.most_common(1)[0][0] if votes else None


# The page on Claude models: version 1 is hosted by Anthropic, version 2 on Azure.
_CLAUDE = {"1": "anthropic", "2": "azure"}


def hosting(facts: Facts, tables: Tables, name: str, version: str | None) -> PackedHosting | None:
    """Where a version is hosted, by ARM's word, else by the page on Claude models; None if neither says."""
    for block in blocks(facts, ARM, name, version):
        if "hosted_on" in block:
            said = block["hosted_on"]
            return PackedHosting(on=said["value"], source=tables.source(said["source"]))
    if name.startswith("claude-") and version in _CLAUDE:
        return PackedHosting(on=_CLAUDE[version], source=tables.source(CLAUDE_PAGE))
    return None


def _announced(facts: Facts, tables: Tables, name: str, version: str | None) -> PackedReplacement | None:
    """What ARM says it will upgrade to."""
    for block in blocks(facts, ARM, name, version):
        if "replacement_config" in block:
            said = block["replacement_config"]
            packed = PackedReplacement(model=said["targetModelName"], source=tables.source(said["source"]))
            if said.get("targetModelVersion"):
                packed["version"] = said["targetModelVersion"]
            if said.get("autoUpgradeStartDate"):
                packed["starts"] = said["autoUpgradeStartDate"][:10]
            return packed
    return None

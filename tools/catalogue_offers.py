"""Merging offers: which SKUs a model version has, in which sizes and regions."""

from __future__ import annotations

from typing import Any

from reconciler.catalogue.packed import PackedOffer, PackedSizes
from tools.catalogue_source import (
    ARM,
    LATEST,
    MANY_REGIONS,
    OLD,
    OLD_LIST,
    UNNAMED,
    UPDATED_LIST,
    WHOLE_LISTS,
    Facts,
    Json,
    Tables,
    blocks,
)

_NEVER = "2099"
_STANDARD = ("Standard", "GlobalStandard", "DataZoneStandard")


def _arm_offers(facts: Facts, name: str, version: str | None, kind: str) -> dict[str, list[Json]]:
    """ARM's offers by SKU; the old recording counts only where no newer one has the SKU."""
    found: dict[str, list[Json]] = {}
    for block in blocks(facts, ARM, name, version):
        for offer in block.get("offers", ()):
            if offer["model_kind"] == kind:
                found.setdefault(offer["sku"], []).append(offer)
    for sku, offers in found.items():
        newer = [o for o in offers if set(o["seen"]) != {OLD_LIST}]
        found[sku] = newer or offers
    return found


def _arm_source(offer: Json, tables: Tables) -> int:
    return tables.source(max(offer["seen"]))


def _regions(offer: Json) -> set[str]:
    return {r for regions in offer["seen"].values() for r in regions if r != UNNAMED}


def _arm_sizes(offer: Json, tables: Tables) -> PackedSizes:
    """ARM's own range. A minimum of 0 is no deployment, so the first size is one step."""
    capacity = offer["capacity"]
    step = capacity.get("step", 1)
    least = capacity.get("minimum", 1) or step
    sizes = PackedSizes(minimum=least, step=step, source=_arm_source(offer, tables))
    if "maximum" in capacity:
        sizes["maximum"] = capacity["maximum"]
    if "default" in capacity:
        sizes["default"] = capacity["default"]
    unit = offer.get("capacity_unit", {})
    if "tpm" in unit:
        sizes["tokens"] = unit["tpm"]
    if "rpm" in unit:
        sizes["requests"] = unit["rpm"]
    return sizes


def _documented_sizes(
    facts: Facts, tables: Tables, name: str, version: str | None, sku: str
) -> list[PackedSizes]:
    """Documented minimum and step, newest first; at most one of each layer."""
    found = []
    for layer in (LATEST, OLD):
        for block in blocks(facts, layer, name, version):
            capacity = block.get("skus", {}).get(sku, {}).get("capacity", {})
            if "minimum" in capacity:
                source = tables.source(capacity["source"])
                found.append(PackedSizes(minimum=capacity["minimum"], step=capacity["step"], source=source))
                break
    return found


def _apply_sizes(offer: PackedOffer, arm: list[Json], documented: list[PackedSizes], tables: Tables) -> None:
    """ARM's range first, then documentation; a loser of equal standing becomes a rival."""
    if arm:
        usual = max(arm, key=lambda o: (len(_regions(o)), max(o["seen"])))
        offer["sizes"] = _arm_sizes(usual, tables)
        for other in arm:
            for region in sorted(_regions(other) - _regions(usual)):
                if _range(_arm_sizes(other, tables)) != _range(offer["sizes"]):
                    offer.setdefault("local", {})[region] = _arm_sizes(other, tables)
        if documented and _steps(documented[0]) != _steps(offer["sizes"]):
            said = documented[0]
            offer["note"] = (
                f"the {tables.as_of(said['source'])} documentation says {said['minimum']} "
                f"in steps of {said['step']}; ARM's own list counts"
            )
    elif documented:
        offer["sizes"] = documented[0]
        rivals = [sizes for sizes in documented[1:] if _steps(sizes) != _steps(documented[0])]
        if rivals:
            offer["rivals"] = rivals


def _steps(sizes: PackedSizes) -> tuple[int, int]:
    return sizes["minimum"], sizes["step"]


def _range(sizes: PackedSizes) -> tuple[int, int, int | None, int | None, int | None]:
    return (*_steps(sizes), sizes.get("maximum"), sizes.get("tokens"), sizes.get("requests"))


def _table_regions(facts: Facts, name: str, version: str | None, sku: str) -> Json | None:
    """The region list of the newest documentation that has one."""
    for layer in (LATEST, OLD):
        for block in blocks(facts, layer, name, version):
            regions = block.get("skus", {}).get(sku, {}).get("regions")
            if regions is not None:
                return dict(regions)
    return None


def _apply_regions(offer: PackedOffer, table: Json | None, arm: list[Json], tables: Tables) -> None:
    seen = {region for o in arm for region in _regions(o)}
    listed = set(table["listed"]) if table else set()
    if seen | listed:
        offer["regions"] = tables.region_set(sorted(seen | listed))
    if table or any(MANY_REGIONS in o["seen"] for o in arm):
        offer["complete"] = True
    elif arm and all(set(o["seen"]) == {UPDATED_LIST} for o in arm):
        offer["partial"] = True


def _dates(offer: PackedOffer, arm: list[Json], tables: Tables) -> None:
    """ARM's retirement date and status of this SKU, of its newest answer in most regions."""
    dated = [o for o in arm if not str(o.get("deprecation_date", _NEVER)).startswith(_NEVER)]
    if dated:
        newest = max(dated, key=lambda o: (max(o["seen"]), len(_regions(o))))
        offer["retires"] = newest["deprecation_date"]
        offer["retires_source"] = _arm_source(newest, tables)
    stated = next((o for o in arm if "status" in o), None)
    if stated is not None:
        offer["status"], offer["status_source"] = stated["status"], _arm_source(stated, tables)


def base_offers(facts: Facts, tables: Tables, name: str, version: str | None) -> dict[str, PackedOffer]:
    """Every SKU of a catalogue model's version, in the order of the SKU table."""
    arm = _arm_offers(facts, name, version, "base")
    offers: dict[str, PackedOffer] = {}
    for sku in facts["skus"]:
        documented = _documented_sizes(facts, tables, name, version, sku)
        table = _with_amendments(facts, name, sku, _table_regions(facts, name, version, sku))
        refused = _refused(facts, tables, name, version, sku)
        if not (arm.get(sku) or documented or table):
            if refused is not None:
                offers[sku] = PackedOffer(offered=False, source=refused)
            continue
        offer = PackedOffer(source=_newest(arm.get(sku, []), documented, table, tables))
        _apply_sizes(offer, arm.get(sku, []), documented, tables)
        _apply_regions(offer, table, arm.get(sku, []), tables)
        _dates(offer, arm.get(sku, []), tables)
        offers[sku] = offer
    return offers


def _newest(arm: list[Json], documented: list[PackedSizes], table: Json | None, tables: Tables) -> int:
    """The source to name for "this SKU exists": the region table, else ARM, else the size table."""
    if table is not None:
        return tables.source(table["source"])
    return _arm_source(arm[-1], tables) if arm else documented[0]["source"]


def _refused(facts: Facts, tables: Tables, name: str, version: str | None, sku: str) -> int | None:
    for block in blocks(facts, LATEST, name, version):
        capacity = block.get("skus", {}).get(sku, {}).get("capacity", {})
        if capacity.get("offered") is False:
            return tables.source(capacity["source"])
    return None


def _with_amendments(facts: Facts, name: str, sku: str, table: Json | None) -> Json | None:
    """A later snapshot saw more regions without saying of which SKU: take them for the SKU that is listed."""
    for row in facts["amendments"]:
        if table is not None and row["model"] == name and "regions" in row and sku in _STANDARD:
            return {"listed": sorted({*table["listed"], *row["regions"]}), "source": row["source"]}
    return table


def doubtful(facts: Facts, name: str, skus: dict[str, PackedOffer]) -> list[str]:
    """SKUs that an amendment may have added: nobody can call them wrong."""
    touched = any(row["model"] == name and row["change"] in {"grew", "added"} for row in facts["amendments"])
    return [sku for sku in _STANDARD if touched and sku not in skus]


def listed(facts: Facts, name: str, version: str | None) -> bool:
    """Whether some source lists all SKUs of the version: a region table or one of ARM's newer lists."""
    documented = [sku for b in blocks(facts, LATEST, name, version) for sku in b.get("skus", {}).values()]
    if any("regions" in sku for sku in documented):
        return True
    newer = {WHOLE_LISTS, MANY_REGIONS}
    return any(newer & set(o["seen"]) for b in blocks(facts, ARM, name, version) for o in b.get("offers", ()))


def tuned_offers(facts: Facts, tables: Tables, name: str, version: str | None) -> dict[str, PackedOffer]:
    """SKUs that fine-tuned models of this base can have.

    Regional provisioned has no offer of its own for fine-tuned models: they take the base's sizes and pool
    (fine-tuned deployment page of 2026-07-08).
    """
    arm = _arm_offers(facts, name, version, "fine-tuned")
    base = _arm_offers(facts, name, version, "base")
    rows = _tuned_rows(facts, name, version)
    offers: dict[str, PackedOffer] = {}
    for sku in facts["skus"]:
        if sku not in rows and sku not in arm:
            continue
        provisioned = sku.endswith("ProvisionedManaged")
        sized = base.get(sku, []) if provisioned else arm.get(sku, [])
        row = rows.get(sku)
        source = row["source"] if row else max(arm[sku][-1]["seen"])
        offer = PackedOffer(source=tables.source(source))
        documented = _documented_sizes(facts, tables, name, version, sku) if provisioned else []
        _apply_sizes(offer, sized, documented, tables)
        _apply_regions(offer, _tuned_table(facts, row), arm.get(sku, []), tables)
        _dates(offer, arm.get(sku, []), tables)
        offers[sku] = offer
    return offers


def _tuned_rows(facts: Facts, name: str, version: str | None) -> dict[str, Any]:
    """The newest table of fine-tuned deployments that has this version; older ones do not add to it."""
    for layer in (LATEST, OLD):
        for block in blocks(facts, layer, name, version):
            if "fine_tuned_deployment" in block:
                return dict(block["fine_tuned_deployment"])
    return {}


def _tuned_table(facts: Facts, row: Json | None) -> Json | None:
    if row is None:
        return None
    if isinstance(row["regions"], str):
        openai = [name for name, region in facts["regions"].items() if "OpenAI" in region["account_kinds_s0"]]
        return {"listed": openai, "source": row["source"]}
    return {"listed": row["regions"], "source": row["source"]}


def pools(facts: Facts, name: str, version: str | None) -> dict[str, str]:
    """ARM's usageName of every base offer of a version."""
    offers = _arm_offers(facts, name, version, "base")
    return {sku: max(found, key=lambda o: max(o["seen"]))["usage_name"] for sku, found in offers.items()}

"""Build ``reconciler/prices/data/prices.json`` from the tables in ``tools/prices/``.

Run it after every edit of the tables: it understands the meters' names, checks every row and packs what is
left. One rule: nothing is computed; a price is in a table or it is not known.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from reconciler.domain.sku import SkuName
from reconciler.prices.book import EVERYWHERE, per_unit
from reconciler.prices.load import FORMAT
from reconciler.prices.meters import ANY, Use, uses_of

TABLES: Final = Path(__file__).parent / "prices"
PACKED: Final = Path(__file__).parent.parent / "reconciler" / "prices" / "data" / "prices.json"


def build(tables: Path) -> dict[str, Any]:
    """The packed document; ValueError names the row that is wrong."""
    sources = yaml.safe_load((tables / "sources.yaml").read_text("utf-8"))
    named_sets = {row["name"]: row["regions"] for row in _rows(tables / "region_sets.csv")}
    packer = _Packer(list(sources), named_sets)
    for row in _rows(tables / "meters.csv"):
        row_type = "Reservation" if row["term"] else "Consumption"
        uses = uses_of(row["product"], row["meter"], row["unit"], row_type)
        if not uses:
            raise ValueError(f"the meter {row['product']} / {row['meter']} is not understood")
        packer.add(uses, row, f"{row['product']}: {row['meter']}")
    versions = packer.versions()
    for row in _rows(tables / "models.csv"):
        model = row["model"]
        known = versions.get(model.lower(), {ANY})
        if len(known) > 1:
            raise ValueError(f"{model} has the versions {sorted(known)}: which one the row means is not said")
        use = Use(kind=row["kind"], sku=SkuName(row["sku"]), model=model, version=next(iter(known)))
        packer.add(
            (use,), row, packer.meter_of(use) or f"{model} {row['kind'].replace('_', ' ')}, {row['sku']}"
        )
    listed = [{"title": of["title"], "asOf": str(of["as_of"])} for of in sources.values()]
    return {"format": FORMAT, "sources": listed, **packer.tables()}


def _rows(table: Path) -> Iterator[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


class _Packer:
    """Rows by meter, with sets of regions told once."""

    def __init__(self, sources: list[str], named_sets: dict[str, str]) -> None:
        self._sources = sources
        self._named = named_sets
        self._sets: dict[tuple[str, ...], int] = {}
        self._meters: dict[tuple[str, str, str, tuple[Use, ...]], list[list[Any]]] = {}

    def add(self, uses: tuple[Use, ...], row: dict[str, str], meter: str) -> None:
        if per_unit(row["unit"]) is None:
            raise ValueError(f"the unit of {row} is not understood")
        if Decimal(row["price"]) <= 0:
            raise ValueError(f"the price of {row} is not above nought")
        effective = row.get("effective", "")
        if effective:
            date.fromisoformat(effective)
        regions = self._named.get(row["regions"], row["regions"]).split()
        if not regions or any(not name.isalnum() and name != EVERYWHERE for name in regions):
            raise ValueError(f"the regions of {row} are not understood")
        number = self._sets.setdefault(tuple(sorted(regions)), len(self._sets))
        key = (meter, row["unit"], row.get("term", ""), uses)
        source = self._sources.index(row["source"])
        self._meters.setdefault(key, []).append([source, row["price"], effective, number])

    def versions(self) -> dict[str, set[str]]:
        """The versions of each model that meters tell apart."""
        found: dict[str, set[str]] = {}
        for _, _, _, uses in self._meters:
            for use in uses:
                found.setdefault(use.model.lower(), set()).add(use.version)
        return found

    def meter_of(self, wanted: Use) -> str:
        """The meter that bills this use; empty where no table names one."""
        return next((meter for meter, _, _, uses in self._meters if wanted in uses), "")

    def tables(self) -> dict[str, Any]:
        meters = [
            {
                "meter": meter,
                "unit": unit,
                **({"term": term} if term else {}),
                "uses": [[one.kind, one.sku.name, one.model, one.version, one.format] for one in uses],
                "prices": prices,
            }
            for (meter, unit, term, uses), prices in self._meters.items()
        ]
        return {"regionSets": [" ".join(names) for names in self._sets], "meters": meters}


def main() -> None:
    """Write the packed file."""
    packed = build(TABLES)
    text = "\n".join(
        [
            "{",
            f'"format": {packed["format"]},',
            f'"sources": {json.dumps(packed["sources"])},',
            f'"regionSets": {json.dumps(packed["regionSets"])},',
            '"meters": [',
            ",\n".join(json.dumps(one, separators=(",", ":")) for one in packed["meters"]),
            "]}",
        ]
    )
    PACKED.write_text(text + "\n", "utf-8")
    rows = sum(len(one["prices"]) for one in packed["meters"])
    print(f"{len(packed['meters'])} meters, {rows} prices, {len(text):,} bytes")


if __name__ == "__main__":
    main()

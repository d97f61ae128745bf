"""Reading the prices that ship with the package, and lists that are laid over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from reconciler.domain.sku import SkuName
from reconciler.errors import UsageProblem
from reconciler.prices.book import PriceBook, PriceList, Row
from reconciler.prices.meters import Use

FORMAT: Final = 1
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a price list that are read."""


@lru_cache(maxsize=1)
def shipped() -> PriceBook:
    """The prices of the package, read at the first call."""
    text = files("reconciler.prices").joinpath("data", "prices.json").read_text("utf-8")
    packed = json.loads(text)
    if packed["format"] != FORMAT:
        raise RuntimeError(
            f"prices.json has format {packed['format']}, this version reads {FORMAT}: reinstall reconciler"
        )
    return PriceBook(tuple(_unpacked(packed)))


def _unpacked(packed: Mapping[str, Any]) -> Iterator[Row]:
    sources = [PriceList(title=one["title"], as_of=one["asOf"]) for one in packed["sources"]]
    region_sets = [frozenset(names.split()) for names in packed["regionSets"]]
    for meter in packed["meters"]:
        uses = tuple(_use(*use) for use in meter["uses"])
        for source, price, effective, regions in meter["prices"]:
            yield Row(
                uses=uses,
                meter=meter["meter"],
                unit=meter["unit"],
                term=meter.get("term", ""),
                price=Decimal(price),
                regions=region_sets[regions],
                source=sources[source],
                effective=date.fromisoformat(effective) if effective else None,
            )


def _use(kind: str, sku: str, model: str, version: str, model_format: str) -> Use:
    return Use(kind=kind, sku=SkuName(sku), model=model, version=version, format=model_format)


def list_document(source: PriceList, rows: Iterator[Row]) -> dict[str, Any]:
    """A price list as it is kept in a file; prices are decimal text."""
    return {
        "format": FORMAT,
        "title": source.title,
        "asOf": source.as_of,
        "currency": source.currency,
        "prices": [
            {
                "meter": row.meter,
                "unit": row.unit,
                "price": str(row.price),
                "regions": sorted(row.regions),
                **({"effective": row.effective.isoformat()} if row.effective else {}),
                **({"term": row.term} if row.term else {}),
                "uses": [_use_document(use) for use in row.uses],
            }
            for row in rows
        ],
    }


def _use_document(use: Use) -> dict[str, str]:
    whole = {"kind": use.kind, "sku": use.sku.name, "model": use.model, "version": use.version}
    return {key: value for key, value in {**whole, "format": use.format}.items() if value}


def read_list(path: Path, *, own: bool = False) -> tuple[Row, ...]:
    """The rows of a price list in a file; UsageProblem says what is wrong with it."""
    try:
        with path.open("rb") as stream:
            text = stream.read(LARGEST + 1)
        return tuple(_listed(text, own=own))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidOperation, RecursionError) as wrong:
        if isinstance(wrong, OSError):
            why = wrong.strerror or str(wrong)
        else:
            why = f"it lacks {wrong}" if isinstance(wrong, KeyError) else str(wrong) or type(wrong).__name__
        raise UsageProblem(
            f"the price list {path} cannot be used: {why}. `reconciler catalog prices --refresh --prices "
            f"FILE` writes one; docs/how-to/costs.md shows the form"
        ) from wrong


def _listed(text: bytes, *, own: bool) -> Iterator[Row]:
    if len(text) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
    document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it has no format {FORMAT}")
    as_of = date.fromisoformat(document["asOf"]).isoformat()
    source = PriceList(title=document["title"], as_of=as_of, currency=document["currency"], own=own)
    for row in document["prices"]:
        price = Decimal(row["price"])
        if not price.is_finite() or price < 0:
            raise ValueError(f"{price} is not a price")
        yield Row(
            uses=tuple(
                _use(
                    use["kind"],
                    use["sku"],
                    use.get("model", ""),
                    use.get("version", ""),
                    use.get("format", ""),
                )
                for use in row["uses"]
            ),
            meter=row["meter"],
            unit=row["unit"],
            price=price,
            regions=frozenset(row["regions"]),
            source=source,
            effective=date.fromisoformat(row["effective"]) if "effective" in row else None,
            term=row.get("term", ""),
        )

"""Reading the prices that ship with the package, and lists that are laid over them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from reconciler.domain.document import Document
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
            f"prices.json has format {packed['format']}, this version reads {FORMAT}: "
            "reinstall aoai-reconciler"
        )
    return PriceBook(tuple(_unpacked(packed)))


def _unpacked(packed: Mapping[str, Any]) -> Iterator[Row]:
    sources = [PriceList(title=item["title"], as_of=item["asOf"]) for item in packed["sources"]]
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


class _UseForm(Document):
    kind: Annotated[str, Field(min_length=1)]
    sku: Annotated[str, Field(min_length=1)]
    model: str = ""
    version: str = ""
    format: str = ""


class _RowForm(Document):
    uses: Annotated[list[_UseForm], Field(min_length=1)]
    unit: str
    price: Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=15, allow_inf_nan=False)]
    regions: Annotated[list[str], Field(min_length=1)]
    meter: str = ""
    effective: date | None = None
    term: str = Field(default="", pattern="^(1 Month|1 Year)?$")

    @classmethod
    def of(cls, row: Row) -> _RowForm:
        values = {name: getattr(row, name) for name in cls.model_fields}
        uses = [_UseForm(**asdict(use) | {"sku": use.sku.name}) for use in row.uses]
        return cls(**values | {"uses": uses, "regions": sorted(row.regions)})


class _ListForm(Document):
    """A price list in a file."""

    format: Literal[1]
    title: Annotated[str, Field(min_length=1)]
    as_of: date
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    prices: list[_RowForm]


def list_text(source: PriceList, rows: Iterable[Row]) -> str:
    """A price list as it is kept in a file; prices are decimal text."""
    form = _ListForm(
        format=1,
        title=source.title,
        as_of=date.fromisoformat(source.as_of),
        currency=source.currency,
        prices=[_RowForm.of(row) for row in rows],
    )
    return form.model_dump_json(by_alias=True, exclude_defaults=True, indent=1) + "\n"


def read_list(path: Path, *, own: bool = False) -> tuple[Row, ...]:
    """The rows of a price list in a file; UsageProblem says what is wrong with it."""
    try:
        form = _ListForm.read(_bytes_of(path))
    except (OSError, ValueError) as wrong:
        why = (isinstance(wrong, OSError) and wrong.strerror) or wrong
        raise UsageProblem(
            f"the price list {path} cannot be used: {why}. `reconciler catalog prices --refresh "
            "--overlay FILE` writes one, and the guide on costs shows the form"
        ) from wrong
    return tuple(_listed(form, own=own))


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
    return text


def _listed(form: _ListForm, *, own: bool) -> Iterator[Row]:
    source = PriceList(title=form.title, as_of=form.as_of.isoformat(), currency=form.currency, own=own)
    for row in form.prices:
        yield Row(
            uses=tuple(_use(use.kind, use.sku, use.model, use.version, use.format) for use in row.uses),
            meter=row.meter or f"{form.title}: {row.uses[0].kind.replace('_', ' ')}",
            unit=row.unit,
            price=row.price,
            regions=frozenset(row.regions),
            source=source,
            effective=row.effective,
            term=row.term,
        )

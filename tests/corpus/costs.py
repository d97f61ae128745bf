"""Rows of the corpus as bills: a cost line for each, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reconciler.domain.costs import Costs
from reconciler.domain.deployment import ModelRef
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.prices.bill import Bill, Deployed, bill
from reconciler.prices.document import plain
from reconciler.prices.load import shipped
from tests.corpus.corpus import SUBSCRIPTION, Row, rows

DAY = date(2026, 11, 29)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A declared deployment with its bill, on the day and at the prices that ship."""

    title: str
    origin: str
    sku: str
    bill: Bill

    @property
    def known(self) -> bool:
        """Whether what is due by the hour is known, or the rates of what is paid by use."""
        return bool(self.bill.lines) and all(one.usage for one in self.bill.unpriced)

    @property
    def words(self) -> str:
        """The lines of the bill, then what is not known."""
        lines = [
            f"{line.what} {plain(line.rate)}/{line.unit} of {line.source.as_of}" for line in self.bill.lines
        ]
        why = [f"not known: {one.why}" for one in self.bill.unpriced if not (one.usage and self.bill.lines)]
        return "; ".join([*lines, *why])


def priced_rows() -> Iterator[Priced]:
    for number, row in enumerate(rows("deployments.jsonl"), 1):
        one = _deployed(number, row)
        yield Priced(
            title=f"{number:03} {row.get('deployment_name') or row['model_name']}",
            origin=f"{row['repo']} {row['path']}",
            sku=one.sku.name if one.sku else "none stated",
            bill=bill([one], Costs(), shipped(), DAY),
        )


def _deployed(number: int, row: Row) -> Deployed:
    model = ModelRef(name=str(row.get("model_name") or ""), format=str(row.get("model_format") or "OpenAI"))
    base = model.tuned_from
    version, region, sku = row.get("model_version"), row.get("region"), row.get("sku_name")
    capacity = row.get("capacity")
    account = AccountId(subscription=SUBSCRIPTION, resource_group="corpus", name=f"corpus-{number}")
    return Deployed(
        id=DeploymentId(account=account, name=str(number)),
        region=Region(str(region)) if region else None,
        sku=SkuName(str(sku)) if sku else None,
        capacity=capacity if isinstance(capacity, int) else None,
        model=(base.name if base else None) if model.fine_tuned else model.name or None,
        version=base.version if base else str(version) if version else None,
        format=model.format,
        fine_tuned=model.fine_tuned,
    )

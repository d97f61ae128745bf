"""Deployments to bill, in as few words as a case needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from reconciler.domain.costs import Costs, Workload
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.prices.bill import Bill, Deployed, bill
from reconciler.prices.book import PriceBook
from reconciler.prices.load import shipped

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
DAY = date(2026, 11, 29)


def an_id(name: str = "chat", subscription: str = SUBSCRIPTION) -> DeploymentId:
    account = AccountId(subscription=subscription, resource_group="rg-ai", name="aoai-contoso")
    return DeploymentId(account=account, name=name)


def deployed(
    sku: str,
    capacity: int | None = 10,
    *,
    model: str | None = "gpt-4o",
    version: str | None = None,
    region: str | None = "eastus2",
    name: str = "chat",
    subscription: str = SUBSCRIPTION,
    **more: object,
) -> Deployed:
    plain = Deployed(
        id=an_id(name, subscription),
        region=Region(region) if region else None,
        sku=SkuName(sku),
        capacity=capacity,
        model=model,
        version=version,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def load(rpm: object, prompt: object, generated: object = 0, cached: object = 0) -> Workload:
    return Workload(
        rpm=Decimal(str(rpm)),
        prompt_tokens=Decimal(str(prompt)),
        generated_tokens=Decimal(str(generated)),
        cache_rate=Decimal(str(cached)),
    )


def bill_of(
    *some: Deployed, costs: Costs | None = None, day: date = DAY, book: PriceBook | None = None
) -> Bill:
    return bill(some, costs or Costs(), book or shipped(), day)

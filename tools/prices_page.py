"""The page on shipped prices: the lists, what they know of real declarations, and where they disagree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from reconciler.domain.ids import Region
from reconciler.prices.book import EVERYWHERE, Price, PriceBook, Question
from reconciler.prices.document import plain
from reconciler.prices.load import shipped
from tests.corpus.costs import DAY, priced_rows

HEAD = """# Prices that ship

Made by `python -m tools.build_docs`. Where they come from and by which rules:
`reconciler/prices/data/PROVENANCE.md`. All are list prices in US dollars, before discounts and taxes.
`reconciler catalog prices` lists them.

| list | as of | prices |
| --- | --- | ---: |
"""
CORPUS = """
## What they know of real declarations

The deployments of the corpus in `tests/corpus/` that people declared in public repositories, on {day}.
Known: what is due by the hour, or the rates of what is paid by use. Most of them state no region, and
many models are priced by region. Each line and each reason: `tests/corpus/costs.txt`.

| SKU | deployments | known | share |
| --- | ---: | ---: | ---: |
"""
REASONS = """
| why not known | deployments |
| --- | ---: |
"""
DISAGREE = """
## Where two lists disagree

Rates of one use in one region that the newest list and the next one state differently, on {day}. The
newest is used. Where both give the day on which their price began, it is a change of the price; else
nobody can tell.

| use | regions | newest list | the list before |
| --- | --- | --- | --- |
"""
OTHERS = """
Public tools that price the same deployments differ from Azure's lists as well. What was found, with the
list being right in each case:

- infracost (2026-08-21) asks for the service's former name, finds nothing and shows provisioned
  deployments without a price; it prices `DataZoneStandard` as Global.
- litellm 1.110.2 has no PTU prices, and Data Zone prices only as `azure/us/` and `azure/eu/`.
- az-scout-plugin-aoai-ptu-advisor 2026.3.31 counts reservations with constants of 21 % and 37 %; the
  list gives 64 % to 83 %.
- Microsoft's page on fine-tuning costs counts a month as 720 hours, other tools 730;
  `costs.hoursPerMonth` sets it.
- The list's developer-tier meters of gpt-4o and gpt-4o-mini say nothing of a version and contradict the
  page, which says that the tier costs what Global costs. They are not used: the price is unknown.
- Whether a Global reservation covers every region is contradictory too: Microsoft's billing page
  (2026-05-22) binds it to the region it was bought for, its getting-started page does not. Here it
  covers every region.
"""


def prices_page() -> str:
    """The whole page."""
    book = shipped()
    lists = Counter(row.source for row in book.rows)
    parts = [HEAD]
    parts += [f"| {one.title} | {one.as_of} | {lists[one]} |\n" for one in book.lists]
    parts += [CORPUS.format(day=DAY), *_shares(), REASONS, *_reasons()]
    parts += [DISAGREE.format(day=DAY), *_disagreements(book), OTHERS]
    return "".join(parts)


def _shares() -> Iterator[str]:
    total, known = Counter[str](), Counter[str]()
    for one in priced_rows():
        total[one.sku] += 1
        known[one.sku] += one.known
    for sku, number in total.most_common():
        yield f"| {sku} | {number} | {known[sku]} | {100 * known[sku] // number} % |\n"
    whole, all_known = sum(total.values()), sum(known.values())
    yield f"| all | {whole} | {all_known} | {100 * all_known // whole} % |\n"


def _reasons() -> Iterator[str]:
    """Reasons by kind: models, regions and versions taken out of them."""
    kinds = {
        "its SKU is not known": "no SKU is stated",
        "there is no SKU": "a SKU that deployments do not have",
        "differs between regions": "no region is stated, and the price differs between regions",
        "alone, and the region": "no region is stated, and the price is known in one region",
        "differs between versions": "no version is stated, and the price differs between versions",
        "in version": "no price of the version that is stated",
        "billed by audio": "billed by audio, image, page or character",
        " on 2026": "no price in the region that is stated",
        "no list has a price": "no list has the model on the SKU",
    }
    found = Counter[str]()
    for one in priced_rows():
        for why in dict.fromkeys(part.why for part in one.bill.unpriced if not one.known):
            found[next((told for word, told in kinds.items() if word in why), why)] += 1
    for why, number in found.most_common():
        yield f"| {why} | {number} |\n"


def _disagreements(book: PriceBook) -> Iterator[str]:
    """Rows of the table, regions with the same two rates together."""
    together: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for question in _questions(book):
        said = book.rivals(question)
        if len(said) > 1 and said[0].rate / said[0].per != said[1].rate / said[1].per:
            use = question.model or f"{question.format} models"
            what = f"{use} {question.kind.replace('_', ' ')}, {question.sku}"
            region = question.region.name if question.region else ""
            together[what, _said(said[0]), _said(said[1])].append(region)
    for (what, newest, before), regions in sorted(together.items()):
        names = ", ".join(sorted(regions))
        yield f"| {what} | {names} | {newest} | {before} |\n"


def _questions(book: PriceBook) -> Iterator[Question]:
    asked = {
        (use, region, row.term)
        for row in book.rows
        for use in row.uses
        for region in row.regions
        if region != EVERYWHERE
    }
    for use, region, term in sorted(asked, key=str):
        yield Question(
            kind=use.kind,
            sku=use.sku,
            day=date.fromisoformat(str(DAY)),
            region=Region(region),
            model=use.model,
            version=use.version,
            format=use.format,
            term=term,
        )


def _said(price: Price) -> str:
    begun = f", since {price.since}" if price.since else ""
    return f"{plain(price.rate)} per {price.unit} ({price.source.as_of}{begun})"

"""`reconciler size`: how many PTUs a workload needs, or what a number of PTUs carries."""

from __future__ import annotations

from dataclasses import dataclass

import click

from reconciler.catalogue import sizing
from reconciler.catalogue.query import Catalogue
from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.knowledge import catalogue, model_name, sku_name, version_or_default
from reconciler.cli.options import Output
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.errors import UsageProblem
from reconciler.report import sizing as report


def size(
    *,
    model: str,
    version: str | None,
    sku: str | None,
    rpm: float | None,
    prompt_tokens: float | None,
    generated_tokens: float | None,
    cache_rate: float,
    image_tokens: float,
    capacity: int | None,
    output: Output,
) -> None:
    """Size provisioned throughput by the published formula."""
    if (rpm is None) == (capacity is None):
        raise click.UsageError("give --rpm to size a workload, or --capacity to see what it carries")
    known = catalogue()
    name = model_name(known, model)
    chosen = version_or_default(known, name, version)
    if chosen is None:
        raise UsageProblem(f"the catalogue of {known.date} knows no version of {name}, so no throughput")
    workload: sizing.PeakLoad | None = None
    if capacity is None or prompt_tokens is not None or generated_tokens is not None or image_tokens:
        if prompt_tokens is None or generated_tokens is None:
            raise click.UsageError("a call has --prompt-tokens and --generated-tokens; 0 is a number too")
        if not prompt_tokens + generated_tokens + image_tokens:
            raise UsageProblem(
                "a call without prompt and generated tokens needs nothing: say how large one is"
            )
        workload = sizing.PeakLoad(
            calls_per_minute=rpm or 0.0,
            prompt_tokens=prompt_tokens,
            generated_tokens=generated_tokens,
            cache_rate=cache_rate,
            image_tokens=image_tokens,
        )
    asked = _Asked(known, name, chosen, _skus(known, name, chosen, sku), workload)
    try:
        if capacity is None:
            asked.needs(output)
        else:
            asked.carries(capacity, output)
    except sizing.NoFormula as none:
        raise UsageProblem(
            f"{none} in the catalogue of {known.date}. `reconciler catalog capacity` lists what is known; "
            "Microsoft's calculator in the portal may know more"
        ) from none


def _skus(known: Catalogue, model: str, version: str, sku: str | None) -> tuple[SkuName, ...]:
    if sku is None:
        return sizing.provisioned_skus(known, model, version) or (SkuName("ProvisionedManaged"),)
    item = sku_name(sku)
    if item.family is not SkuFamily.PROVISIONED:
        raise UsageProblem(
            f"{sku} is not a provisioned SKU; those are ProvisionedManaged, "
            "DataZoneProvisionedManaged and GlobalProvisionedManaged"
        )
    return (item,)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A model version on some SKUs, and the calls that it is to serve; None where nobody knows them yet."""

    known: Catalogue
    model: str
    version: str
    skus: tuple[SkuName, ...]
    workload: sizing.PeakLoad | None

    @property
    def title(self) -> str:
        """What was asked about, in words."""
        title, load = f"{self.model} {self.version}", self.workload
        if load is None:
            return title
        title += f": {load.prompt_tokens:g} prompt"
        title += f", {load.image_tokens:g} image" if load.image_tokens else ""
        title += f" and {load.generated_tokens:g} generated tokens a call"
        return title + (f", {load.cache_rate:.0%} of the prompt cached" if load.cache_rate else "")

    def needs(self, output: Output) -> None:
        """How many PTUs the workload needs; NoFormula where nobody has published that."""
        assert self.workload is not None  # noqa: S101 -- a rate without a call was refused
        estimates = [
            sizing.estimate(self.known, self.model, self.version, item, self.workload) for item in self.skus
        ]
        notes = sizing.cautions(estimates[0].facts, self.workload)
        title = f"{self.title}, {self.workload.calls_per_minute:g} calls a minute"
        documents = [report.estimate_document(item, notes).to_json() for item in estimates]
        write_forms(
            output,
            text=lambda each: report.estimates_text(title, estimates, notes, style=style_of(each)),
            json=lambda _: documents[0] if len(documents) == 1 else documents,
        )

    def carries(self, capacity: int, output: Output) -> None:
        """What so many PTUs carry, in calls where their tokens are known; NoFormula as for `needs`."""
        known, model, version, load = self.known, self.model, self.version, self.workload
        carried = report.Carried(
            capacity=capacity,
            calls=sizing.calls_carried(known, model, version, capacity, load) if load else None,
            facts=sizing.facts_of(known, model, version),
            offers=tuple((sku, known.offer(model, version, sku)) for sku in self.skus),
        )
        sizing.weights_of(carried.facts)
        notes = sizing.cautions(carried.facts, load) if load else ()
        write_forms(
            output,
            text=lambda each: report.carried_text(self.title, carried, notes, style=style_of(each)),
            json=lambda _: report.carried_document(carried, notes).to_json(),
        )

"""`reconciler size`: how many PTUs a workload needs, or what a number of PTUs carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.commands.asked import model_name, sku_name, version_of
from reconciler.cli.commands.shared import style_of, write_forms
from reconciler.cli.help import Command
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import Output, output_options
from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.catalogue.query import Catalogue
    from reconciler.catalogue.sizing import PeakLoad
    from reconciler.domain.sku import SkuName


@click.command(
    "size",
    cls=Command,
    examples=(
        "reconciler size --model gpt-4.1 --rpm 60 --prompt-tokens 1000 --generated-tokens 200",
        "reconciler size --model gpt-4.1 --capacity 100",
        "reconciler size --model gpt-4.1 --capacity 100 --prompt-tokens 1000 --generated-tokens 200",
    ),
)
@click.option("--model", required=True, help="Catalogue name, for example gpt-4.1.")
@click.option("--version", "version", help="Model version; the default one without it.")
@click.option("--sku", help="One provisioned SKU; all of the model's, side by side, without it.")
@click.option("--rpm", type=click.FloatRange(min=0), help="Peak calls a minute.")
@click.option("--prompt-tokens", type=click.FloatRange(min=0), help="Tokens per prompt.")
@click.option("--generated-tokens", type=click.FloatRange(min=0), help="Tokens per answer.")
@click.option(
    "--cache-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of prompt tokens that is cached, 0 to 1.",
)
@click.option(
    "--image-tokens",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Tokens of images in the prompt, beside those of text; for models that weigh them.",
)
@click.option("--capacity", type=click.IntRange(min=1), help="The reverse: what this many PTU carry.")
@output_options("text", "json")
def command(
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
    """Size provisioned throughput by Microsoft's published formula, offline.

    --capacity alone says what so many PTU carry in tokens a minute; with the tokens of a call, in calls.
    """
    from reconciler.catalogue.sizing import NoFormula, PeakLoad

    if (rpm is None) == (capacity is None):
        raise click.UsageError("give --rpm to size a workload, or --capacity to see what it carries")
    known = catalogue()
    name = model_name(known, model)
    chosen = _version(known, name, version)
    if capacity is not None and prompt_tokens is None and generated_tokens is None and not image_tokens:
        _alone(known, name, chosen, _skus(known, name, chosen, sku), capacity, output)
        return
    if prompt_tokens is None or generated_tokens is None:
        raise click.UsageError("a call has --prompt-tokens and --generated-tokens; 0 is a number too")
    if not prompt_tokens + generated_tokens + image_tokens:
        raise UsageProblem("a call without prompt and generated tokens needs nothing: say how large one is")
    workload = PeakLoad(
        calls_per_minute=rpm or 0.0,
        prompt_tokens=prompt_tokens,
        generated_tokens=generated_tokens,
        cache_rate=cache_rate,
        image_tokens=image_tokens,
    )
    try:
        if capacity is None:
            _forth(known, name, chosen, _skus(known, name, chosen, sku), workload, output)
        else:
            _back(known, name, chosen, _skus(known, name, chosen, sku), workload, capacity, output)
    except NoFormula as none:
        raise UsageProblem(_UNPUBLISHED.format(none=none, date=known.date)) from none


def _alone(
    known: Catalogue, model: str, version: str, skus: tuple[SkuName, ...], capacity: int, output: Output
) -> None:
    from fractions import Fraction

    from reconciler.catalogue.sizing import NoFormula, facts_of, weights_of
    from reconciler.report.sizing import Carried, capacity_document, capacity_text

    try:
        carried = Carried(
            capacity=capacity,
            calls=Fraction(0),
            facts=facts_of(known, model, version),
            offers=tuple((sku, known.offer(model, version, sku)) for sku in skus),
        )
        weights_of(carried.facts)
    except NoFormula as none:
        raise UsageProblem(_UNPUBLISHED.format(none=none, date=known.date)) from none
    write_forms(
        output,
        text=lambda each: capacity_text(f"{model} {version}", carried, style=style_of(each)),
        json=lambda _: capacity_document(carried).to_json(),
    )


_UNPUBLISHED = (
    "{none} in the catalogue of {date}. `reconciler catalog capacity` lists what is known; Microsoft's "
    "calculator in the portal may know more"
)


def _version(known: Catalogue, name: str, version: str | None) -> str:
    """The version meant: the one given, else the default, else the newest known."""
    if version is not None:
        return version_of(known, name, version)
    found = known.model(name)
    default = found.default_version if found is not None else None
    versions = known.versions(name)
    if default is None and not versions:
        raise UsageProblem(f"the catalogue of {known.date} knows no version of {name}, so no throughput")
    return default or versions[-1]


def _skus(known: Catalogue, model: str, version: str, sku: str | None) -> tuple[SkuName, ...]:
    from reconciler.catalogue.sizing import provisioned_skus
    from reconciler.domain.sku import SkuFamily, SkuName

    if sku is None:
        return provisioned_skus(known, model, version) or (SkuName("ProvisionedManaged"),)
    one = sku_name(sku)
    if one.family is not SkuFamily.PROVISIONED:
        raise UsageProblem(
            f"{sku} is not a provisioned SKU; those are ProvisionedManaged, "
            "DataZoneProvisionedManaged and GlobalProvisionedManaged"
        )
    return (one,)


def _title(model: str, version: str, workload: PeakLoad) -> str:
    title = f"{model} {version}: {workload.prompt_tokens:g} prompt"
    if workload.image_tokens:
        title += f", {workload.image_tokens:g} image"
    title += f" and {workload.generated_tokens:g} generated tokens a call"
    return title + (f", {workload.cache_rate:.0%} of the prompt cached" if workload.cache_rate else "")


def _forth(
    known: Catalogue,
    model: str,
    version: str,
    skus: tuple[SkuName, ...],
    workload: PeakLoad,
    output: Output,
) -> None:
    from reconciler.catalogue.sizing import cautions, estimate
    from reconciler.report.sizing import estimate_document, estimates_text

    estimates = [estimate(known, model, version, one, workload) for one in skus]
    told = cautions(estimates[0].facts, workload)
    title = f"{_title(model, version, workload)}, {workload.calls_per_minute:g} calls a minute"
    documents = [estimate_document(one, told).to_json() for one in estimates]
    write_forms(
        output,
        text=lambda each: estimates_text(title, estimates, told, style=style_of(each)),
        json=lambda _: documents[0] if len(documents) == 1 else documents,
    )


def _back(
    known: Catalogue,
    model: str,
    version: str,
    skus: tuple[SkuName, ...],
    workload: PeakLoad,
    capacity: int,
    output: Output,
) -> None:
    from reconciler.catalogue.sizing import calls_carried, cautions, facts_of
    from reconciler.report.sizing import Carried, carried_document, carried_text

    carried = Carried(
        capacity=capacity,
        calls=calls_carried(known, model, version, capacity, workload),
        facts=facts_of(known, model, version),
        offers=tuple((sku, known.offer(model, version, sku)) for sku in skus),
    )
    told = cautions(carried.facts, workload)
    write_forms(
        output,
        text=lambda each: carried_text(_title(model, version, workload), carried, told, style=style_of(each)),
        json=lambda _: carried_document(carried, told).to_json(),
    )

"""`reconciler size`: how many PTUs a workload needs, or what a number of PTUs carries."""

from __future__ import annotations

import json

import click

from reconciler.catalogue.load import catalogue
from reconciler.catalogue.near import similar
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.sizing import (
    Estimate,
    NoFormula,
    Workload,
    calls_carried,
    estimate,
    provisioned_skus,
)
from reconciler.cli.options import Output, output_options
from reconciler.cli.wiring import write_result
from reconciler.domain.sku import SkuFamily, SkuName
from reconciler.errors import UsageProblem
from reconciler.report.sizing import carried_json, estimate_json, estimates_text


@click.command("size")
@click.option("--model", required=True, help="Catalogue name, for example gpt-4.1.")
@click.option("--version", "version", help="Model version; the default one without it.")
@click.option("--sku", help="One provisioned SKU; all of the model's, side by side, without it.")
@click.option("--rpm", type=click.FloatRange(min=0), help="Peak calls a minute.")
@click.option("--prompt-tokens", type=click.FloatRange(min=0), required=True, help="Tokens per prompt.")
@click.option("--generated-tokens", type=click.FloatRange(min=0), required=True, help="Tokens per answer.")
@click.option(
    "--cache-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of prompt tokens that is cached, 0 to 1.",
)
@click.option("--capacity", type=click.IntRange(min=1), help="The reverse: what this many PTU carry.")
@output_options("text", "json")
def command(
    *,
    model: str,
    version: str | None,
    sku: str | None,
    rpm: float | None,
    prompt_tokens: float,
    generated_tokens: float,
    cache_rate: float,
    capacity: int | None,
    output: Output,
) -> None:
    """Size provisioned throughput by Microsoft's published formula, offline."""
    if (rpm is None) == (capacity is None):
        raise click.UsageError("give --rpm to size a workload, or --capacity to see what it carries")
    known = catalogue()
    name, chosen = _model(known, model, version)
    workload = Workload(
        calls_per_minute=rpm or 0.0,
        prompt_tokens=prompt_tokens,
        generated_tokens=generated_tokens,
        cache_rate=cache_rate,
    )
    title = f"{name} {chosen}: {prompt_tokens:g} prompt and {generated_tokens:g} generated tokens a call"
    if cache_rate:
        title += f", {cache_rate:.0%} of the prompt cached"
    try:
        if capacity is not None:
            _reverse(known, name, chosen, capacity, workload, title, output)
            return
        estimates = [estimate(known, name, chosen, one, workload) for one in _skus(known, name, chosen, sku)]
    except NoFormula as none:
        raise UsageProblem(
            f"{none} in the catalogue of {known.date}. `reconciler catalog models` lists what is known; "
            "Microsoft's calculator in the portal may know more"
        ) from none
    except ZeroDivisionError as empty:
        raise UsageProblem("a call without prompt and generated tokens carries nothing") from empty
    _show(f"{title}, {rpm:g} calls a minute", estimates, output)


def _model(known: Catalogue, model: str, version: str | None) -> tuple[str, str]:
    """The model's own spelling and the version meant."""
    found = known.model(model)
    if found is None:
        near = similar(model, known.models())
        hint = f"Near it: {', '.join(near)}" if near else "`reconciler catalog models` lists all"
        raise UsageProblem(f"the catalogue of {known.date} has no model {model!r}. {hint}")
    chosen = version or found.default_version or (found.versions[-1] if found.versions else None)
    if chosen is None or chosen not in found.versions:
        raise UsageProblem(
            f"the catalogue of {known.date} has no version {version!r} of {found.name}. "
            f"Known: {', '.join(found.versions) or 'none'}"
        )
    return found.name, chosen


def _skus(known: Catalogue, model: str, version: str, sku: str | None) -> tuple[SkuName, ...]:
    if sku is not None:
        one = SkuName(sku)
        if one.family is not SkuFamily.PROVISIONED:
            raise UsageProblem(
                f"{sku} is not a provisioned SKU; those are ProvisionedManaged, "
                "DataZoneProvisionedManaged and GlobalProvisionedManaged"
            )
        return (one,)
    return provisioned_skus(known, model, version) or (SkuName("ProvisionedManaged"),)


def _reverse(
    known: Catalogue,
    model: str,
    version: str,
    capacity: int,
    workload: Workload,
    title: str,
    output: Output,
) -> None:
    calls = calls_carried(known, model, version, capacity, workload)
    facts = known.ptu(model, version)
    source = str(facts.source) if facts else ""
    if output.form == "json":
        write_result(output, json.dumps(carried_json(capacity, calls, source), indent=2))
        return
    write_result(output, f"{title}\n\n{capacity} PTU carry {int(calls)} calls a minute\nthroughput: {source}")


def _show(title: str, estimates: list[Estimate], output: Output) -> None:
    if output.form != "json":
        write_result(output, estimates_text(title, estimates))
        return
    documents = [estimate_json(one) for one in estimates]
    write_result(output, json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))

"""From a workload to provisioned throughput units, and back.

Microsoft's published formula (provisioned throughput documentation, 2026-05 and later)::

    normalised tokens a call   = prompt * (1 - cached) + prompt * cached * w + generated * r + images * i
    raw PTU                    = calls a minute * normalised tokens a call / input tokens a minute per PTU
    deployable PTU             = raw PTU, rounded up to minimum + k * step

with w the weight of a cached input token (0 for every model that has a ratio) and r the input tokens
that one output token counts for, and i those that one image token of the prompt counts for. Models from
GPT-6 on, and image models, have a weight per class of token instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reconciler.catalogue.facts import PtuFacts, Sizes
from reconciler.catalogue.query import Catalogue, Version
from reconciler.domain.sku import PROVISIONED_SKUS, SkuName


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakLoad:
    """Peak calls a minute, tokens per call, and the share of prompt tokens that is cached (0 to 1).

    `image_tokens` are those of images in the prompt, beside `prompt_tokens` of text.
    """

    calls_per_minute: float
    prompt_tokens: float
    generated_tokens: float
    cache_rate: float = 0.0
    image_tokens: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a workload needs on one SKU.

    `raw_ptu` is exact; `deployable_ptu` is None where the sizes of the SKU are not known or the need is
    over the SKU's maximum.
    """

    sku: SkuName
    raw_ptu: Fraction
    deployable_ptu: int | None
    sizes: Sizes | None
    facts: PtuFacts

    @property
    def formula(self) -> str:
        """The formula with its constants, as a person would check it."""
        return formula_of(self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Input tokens that one token of each class counts for; `image` None where no source says."""

    prompt: Fraction
    cached: Fraction
    generated: Fraction
    image: Fraction | None = None


class NoFormula(LookupError):  # noqa: N818 -- a fact about the model, not a failure
    """No throughput figures are published for the model, so nothing can be computed."""


def weights_of(facts: PtuFacts) -> Weights:
    """The weights of a model; NoFormula where the source gives neither a ratio nor weights."""
    if facts.weights is not None:
        cached = facts.weights.cached_input
        return Weights(
            prompt=_exact(facts.weights.input),
            cached=_exact(facts.weights.input if cached is None else cached),
            generated=_exact(facts.weights.output),
            image=None if facts.weights.image_input is None else _exact(facts.weights.image_input),
        )
    if facts.output_ratio is None:
        raise NoFormula("the source gives no weight for generated tokens")
    return Weights(
        prompt=Fraction(1), cached=_exact(facts.cached_weight or 0.0), generated=_exact(facts.output_ratio)
    )


def formula_of(facts: PtuFacts) -> str:
    """The formula with a model's constants, as a person would check it."""
    weights = weights_of(facts)
    image = "" if weights.image is None else f" + images x {_plain(weights.image)}"
    return (
        f"(calls x (prompt x (1 - cached) x {_plain(weights.prompt)} + prompt x cached x "
        f"{_plain(weights.cached)} + generated x {_plain(weights.generated)}{image})) / {facts.input_tpm}"
    )


def cautions(facts: PtuFacts, workload: PeakLoad) -> tuple[str, ...]:
    """What the formula leaves out for this model and workload, in words."""
    notes = []
    whole = workload.prompt_tokens + workload.image_tokens
    if facts.longest_prompt is not None and whole > facts.longest_prompt:
        notes.append(f"provisioned deployments do not serve prompts over {facts.longest_prompt:,} tokens")
    longer = facts.long_context_weights
    if longer is not None:
        notes.append(
            f"long prompts count more (input x {longer.input:g}, output x {longer.output:g}); "
            "where long begins is not documented"
        )
    if facts.weights is not None and facts.weights.cache_write is not None and workload.cache_rate:
        notes.append(
            f"writing to the cache counts x {facts.weights.cache_write:g} and is not in the estimate"
        )
    return tuple(notes)


def estimate(
    catalogue: Catalogue, model: str, version: Version, sku: SkuName, workload: PeakLoad
) -> Estimate:
    """PTUs for `workload`; NoFormula where no figures are published for the model version."""
    facts = facts_of(catalogue, model, version)
    per_call = _per_call(weights_of(facts), workload)
    raw = _exact(workload.calls_per_minute) * per_call / facts.input_tpm
    sizes = catalogue.offer(model, version, sku)
    deployable = sizes.round_up(raw) if sizes is not None else None
    return Estimate(sku=sku, raw_ptu=raw, deployable_ptu=deployable, sizes=sizes, facts=facts)


def calls_carried(
    catalogue: Catalogue, model: str, version: Version, capacity: int, workload: PeakLoad
) -> Fraction:
    """Calls a minute that `capacity` PTU carry, of the shape of `workload`; its own rate is ignored."""
    facts = facts_of(catalogue, model, version)
    per_call = _per_call(weights_of(facts), workload)
    if not per_call:
        raise NoFormula("calls of cached input alone count as nothing, so there is no limit to state")
    return capacity * facts.input_tpm / per_call


def provisioned_skus(catalogue: Catalogue, model: str, version: Version) -> tuple[SkuName, ...]:
    """The provisioned SKUs whose sizes are known for a model version, in the catalogue's order."""
    return tuple(sku for sku in PROVISIONED_SKUS if catalogue.offer(model, version, sku) is not None)


def facts_of(catalogue: Catalogue, model: str, version: Version) -> PtuFacts:
    """Throughput of a model version; NoFormula where none is published."""
    facts = catalogue.ptu(model, version)
    if facts is None:
        raise NoFormula(f"no throughput per PTU is published for {model}")
    return facts


def _per_call(weights: Weights, workload: PeakLoad) -> Fraction:
    prompt, cached = _exact(workload.prompt_tokens), _exact(workload.cache_rate)
    text = (
        prompt * (1 - cached) * weights.prompt
        + prompt * cached * weights.cached
        + _exact(workload.generated_tokens) * weights.generated
    )
    if not workload.image_tokens:
        return text
    if weights.image is None:
        raise NoFormula("the source gives no weight for image tokens in the prompt")
    return text + _exact(workload.image_tokens) * weights.image


def _exact(number: float) -> Fraction:
    """The number as it was written: 0.1 means one tenth, not its binary neighbour."""
    return Fraction(str(number))


def _plain(number: Fraction) -> str:
    return f"{float(number):g}"

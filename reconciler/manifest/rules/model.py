"""Rules about models, their versions and the SKUs they are offered on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.diagnostics import choice, did_you_mean, listing
from reconciler.domain.deployment import Unset
from reconciler.domain.sku import KNOWN_SKUS, SkuName, is_alias
from reconciler.manifest.rules.lifecycle import versions_served
from reconciler.manifest.rules.rule import ERROR, INFO, WARNING, Declaration, Finding, rule, tables, wordings

# Seen in ARM's lists of 2026: an old per-model SKU and SKUs of internal subscriptions.
_NOT_PUBLIC = {"provisioned", "provisioned_image", "provisioned_multimodal", "lowpriority"}


@rule("unknown-sku", WARNING, wordings, loudest=ERROR, source=tables)
def unknown_sku(this: Declaration) -> Iterator[Finding]:
    """The SKU is none of the nine public ones.

    If it looks like a slip of one of them this is an error, otherwise a warning: the service adds SKUs
    without notice, and ARM decides. Names are matched without regard to case. `Provisioned` (the old
    per-model SKU) and `LowPriority` are listed by ARM for some subscriptions and cannot be ordered by
    others.
    """
    sku, catalogue = this.sku, this.catalogue
    if sku.known:
        return
    display = {fact.display_name: name for name in KNOWN_SKUS if (fact := catalogue.sku(SkuName(name)))}
    listed = sku.name.lower() in _NOT_PUBLIC
    meant = None if listed else misspelling_of(sku.name, [*KNOWN_SKUS, *display])
    meant = display.get(meant or "", meant)
    why = (
        "is listed by ARM but not offered to the public"
        if listed
        else "is unknown"
        if meant
        else "is unknown and not a misspelling of a known one, so it may be new: ARM decides"
    )
    yield Finding(
        ("sku", "name"),
        f"SKU `{sku}` {why}; the public ones are {listing(KNOWN_SKUS, len(KNOWN_SKUS))}",
        label="no public SKU",
        source=f"SKU table of the catalogue, {catalogue.date}",
        fix=did_you_mean(meant, similar(sku.name, KNOWN_SKUS)) or "use one of the public SKUs",
        severity=ERROR if meant else WARNING,
    )


@rule("sku-alias", WARNING, wordings, source=lambda catalogue: str(catalogue.alias_source))
def sku_alias(this: Declaration) -> Iterator[Finding]:
    """`ProvisionedStandard` is what old documentation calls the regional provisioned SKU.

    Microsoft's page on fine-tuned deployments had that name until 2025-04-09. No list that ARM returns has
    that name: it is `ProvisionedManaged`. The manifest is understood and the right name is sent, so the
    alias never shows as drift. Write `ProvisionedManaged`.
    """
    texts = (layer.stated.get("sku") for layer in reversed(this.deployment.provenance.layers))
    names = (sku.get("name") for sku in texts if isinstance(sku, Mapping))
    written = next((name for name in names if isinstance(name, str)), None)
    if written is not None and is_alias(written):
        yield Finding(
            ("sku", "name"),
            f"`{written}` is what old documentation calls `{this.sku}`; no list that ARM returns has it",
            label=f"sent as {this.sku}",
            fix=f"write {this.sku}",
        )


@rule("sku-not-offered", ERROR, wordings, source=tables)
def sku_not_offered(this: Declaration) -> Iterator[Finding]:
    """The model version is listed on other SKUs only (ARM answers InvalidResourceProperties).

    The rule speaks where some source lists all SKUs of the version; where a later snapshot hints that the
    list has grown it is a warning. `DeveloperTier` is for fine-tuned models only. Choose one of the SKUs
    that the message names, or another version.
    """
    what, sku, catalogue = this.what, this.sku, this.catalogue
    if what.known is None or what.fine_tuned or not sku.known:
        return
    offered = catalogue.skus_for(what.name, what.version)
    refused = catalogue.refuses(what.name, what.version, sku)
    if sku in (offered or ()) or not (offered or refused):
        return
    doubtful = refused is None and catalogue.doubtful(what.name, what.version, sku)
    lists = [catalogue.regions_for(what.name, what.version, other) for other in offered or ()]
    table = refused or next((item.source for item in lists if item is not None), catalogue.date)
    only = "; that SKU is for fine-tuned models" if sku.name == "DeveloperTier" else ""
    yield Finding(
        ("sku", "name"),
        f"{what.title} is not offered on `{sku}`{only}; it is on {listing(offered or (), 9) or 'other SKUs'}",
        label=f"not a SKU of {what.known.name}",
        source=str(table),
        fix=f"use {choice(offered)}" if offered else "use another SKU",
        severity=WARNING if doubtful else ERROR,
    )


@rule("unknown-model", WARNING, wordings, loudest=ERROR, source=tables)
def unknown_model(this: Declaration) -> Iterator[Finding]:
    """The catalogue has no model of this name.

    If the name looks like a slip of a known one this is an error, otherwise a warning: new models appear
    every few weeks, and names that differ only in their digits are taken for newer models. A known model
    under the wrong `format` is an error that names the right one: ARM compares formats with regard to case.
    For a fine-tuned model the base in its id is looked up.
    """
    what, model, catalogue = this.what, this.model, this.catalogue
    if what.nameless:
        return
    if what.known is None:
        meant = misspelling_of(what.name, catalogue.models())
        near = similar(what.name, catalogue.models())
        of = "base model" if what.fine_tuned else "model"
        yield Finding(
            ("model", "name"),
            f"{of} `{what.name}` is not in the catalogue of {catalogue.date}",
            label="unknown model",
            source=f"model catalogue, {catalogue.date}",
            fix=did_you_mean(meant, near) or "if the model is newer than the catalogue, ARM will know it",
            severity=ERROR if meant else WARNING,
        )
        return
    known, source = what.known, str(what.known.source) if what.known.source else ""
    if known.format is not None and model.format != known.format:
        yield Finding(
            ("model", "format") if this.states("model", "format") else ("model", "name"),
            f"model `{known.name}` has format `{known.format}`, not `{model.format}`",
            label=f"{known.format} is the format of {known.name}",
            source=source,
            fix=f"write format: {known.format}",
            severity=ERROR,
        )
    if not what.fine_tuned and model.name != known.name:
        yield Finding(
            ("model", "name"),
            f"model `{model.name}` is spelled `{known.name}` by ARM",
            label="other case than ARM's",
            source=source,
            fix=f"write {known.name}",
        )


_SHORTEST = 3


def _tuned_version(this: Declaration) -> Iterator[Finding]:
    version = this.model.version
    if isinstance(version, str) and version != "1" and this.what.fine_tuned:
        yield Finding(
            ("model", "version"),
            f"fine-tuned models have version `1`, not `{version}`; the base's version is part of the id",
            label="not a version of a fine-tuned model",
            source=str(this.catalogue.tuned_source),
            fix='write version: "1"',
        )


@rule("unknown-model-version", WARNING, wordings, loudest=ERROR, source=tables, then=_tuned_version)
def unknown_model_version(this: Declaration) -> Iterator[Finding]:
    """The model is known, but not in this version.

    If the version looks like a slip of a known one this is an error, otherwise a warning. A version dated
    after the newest source of the catalogue is always a warning: nobody could know it. Write versions as
    text (`"0613"`, `"2024-08-06"`). Fine-tuned models have version "1"; for them the version of the base
    inside the id is checked as well.
    """
    what, version, catalogue = this.what, this.what.version, this.catalogue
    versions = what.known.versions if what.known else ()
    if not versions or isinstance(version, Unset) or version.lower() in {v.lower() for v in versions}:
        return
    # Counters such as "9" have no slips, and a date after the newest source is news, not a mistake.
    fresh = version > catalogue.newest_source and version[:2] == "20"
    slips = () if fresh or len(version) < _SHORTEST else versions
    meant = misspelling_of(version, slips, digits_matter=False)
    yield Finding(
        ("model", "name") if what.fine_tuned else ("model", "version"),
        f"`{what.name}` has no version `{version}` that we know of; known: {listing(versions)}",
        label="unknown version",
        source=f"model catalogue, {catalogue.date}",
        fix=did_you_mean(meant) or "if the version is newer than the catalogue, ARM will know it",
        severity=ERROR if meant else WARNING,
    )


_ASKED_FOR = ("industry", "organizationName", "countryCode")
_ASKING = frozenset({"anthropic"})
_INDUSTRIES = (
    "technology", "finance", "healthcare", "education", "retail", "manufacturing", "government", "media",
    "other",
)  # fmt: skip


_PROVIDER = "reports of users and a public sample of the provider, 2026-07"


@rule("model-provider-data", ERROR, wordings, source=_PROVIDER)
def model_provider_data(this: Declaration) -> Iterator[Finding]:
    """Models of Anthropic are deployed only with `modelProviderData`.

    ARM wants all three of `industry`, `organizationName` and `countryCode`, and answers
    InvalidModelProviderData without them. Sending them accepts the provider's Marketplace offer in your
    name, so nothing fills them in. `countryCode` has two letters; industries that are known are the
    lower-case words that the message lists. Another value is a warning: ARM decides.
    """
    data = this.deployment.spec.settings.get("modelProviderData")
    stated = data if isinstance(data, Mapping) else {}
    missing = [name for name in _ASKED_FOR if not stated.get(name)]
    if missing and this.model.format.lower() in _ASKING:
        yield Finding(
            ("modelProviderData",) if stated else ("model", "name"),
            f"`{this.model.name}` needs modelProviderData with {listing(missing)}",
            label="the provider asks who you are",
            fix=f"add modelProviderData: {{{', '.join(f'{name}: …' for name in _ASKED_FOR)}}}",
        )
    industry, country = stated.get("industry"), stated.get("countryCode")
    if isinstance(industry, str) and industry not in _INDUSTRIES:
        yield Finding(
            ("modelProviderData", "industry"),
            f"industry `{industry}` is not known; known are {listing(_INDUSTRIES, 9)}",
            label="unknown industry",
            fix=did_you_mean(misspelling_of(industry, _INDUSTRIES)) or "write one of those, in lower case",
            severity=WARNING,
        )
    if isinstance(country, str) and not (len(country) == 2 and country.isalpha() and country.isascii()):
        yield Finding(
            ("modelProviderData", "countryCode"),
            f"countryCode `{country}` is not a code of two letters",
            label="two letters (ISO 3166)",
            fix="write US, DE, SE, …",
            severity=WARNING,
        )


@rule(
    "model-version-missing",
    INFO,
    wordings,
    source="Microsoft.CognitiveServices specification, 2025-06-01",
)
def model_version_missing(this: Declaration) -> Iterator[Finding]:
    """Without a version the service takes its default one at the time of the first write.

    What is deployed depends on the day, and the field is then not managed: a later upgrade by the service
    is no drift. Write the version to pin it; fine-tuned models have version "1".
    """
    what = this.what
    if not isinstance(this.model.version, Unset) or this.misspelt(("model",), "version"):
        return
    now, wanted = "", "1" if what.fine_tuned else None
    if what.known and not what.fine_tuned:
        default, served = what.known.default_version, versions_served(this)
        if what.known.versions and not served:
            return
        if default is not None:
            past = "" if default in served else ", which has retired"
            now = f" (`{default}` in the catalogue of {this.catalogue.date}{past})"
        wanted = default if default in served else None
    yield Finding(
        ("model", "name"),
        f"`{this.model.name}` has no version: the service picks its default one{now}",
        label="no version",
        fix=f'write version: "{wanted}" to pin it' if wanted else "write a version to pin it",
    )

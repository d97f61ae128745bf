"""Rules about fine-tuned models and the accounts that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.diagnostics import choice, counted, listing
from reconciler.manifest.rules.region import nearest_first
from reconciler.manifest.rules.rule import (
    ERROR,
    WARNING,
    Declaration,
    Finding,
    entries,
    rule,
    tables,
    tuned_tables,
    wordings,
)


@rule("fine-tune-id", ERROR, wordings, source=tuned_tables)
def fine_tune_id(this: Declaration) -> Iterator[Finding]:
    """A fine-tuned model is named `<base>-<base version>.ft-<32 hex digits>`, optionally with a suffix.

    A checkpoint is named `ftchkpt-<32 hex digits>`. Copy the id from the finished job (`fine_tuned_model`);
    the placeholders of samples and OpenAI's own `ft:...` names are refused, and so are the checkpoint names
    of older documentation (`....ckpt`, `...:ckpt-step-90`): a checkpoint is deployed by its own id. A
    suffix has up to 40 characters. For models of other publishers the form is not documented, and the
    finding is a warning.
    """
    name = this.model.name
    if not this.what.malformed:
        yield from _long_suffix(name)
    elif _LEGACY_CHECKPOINT.search(name) is not None:
        yield Finding(
            ("model", "name"),
            f"`{name}` is an old name of a checkpoint; ARM deploys it by its own id",
            label="not an id that ARM can deploy",
            fix='write name: ftchkpt-<32 hex> and version: "1", from the job\'s list of checkpoints',
        )
    else:
        yield Finding(
            ("model", "name"),
            f"`{name}` is not the id of a fine-tuned model or of a checkpoint",
            label="neither <base>-<version>.ft-<32 hex> nor ftchkpt-<32 hex>",
            fix="copy fine_tuned_model from the finished fine-tuning job",
            severity=ERROR if this.model.format.lower() == "openai" else WARNING,
        )


# What documentation showed before checkpoints had ids: "….ft-<hex>.ckpt", "…:ckpt-step-90".
_LEGACY_CHECKPOINT = re.compile(r"[.:]ckpt(?:-step-\d+)?$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.ft-[0-9a-f]{32}-(?P<suffix>.+)$", re.IGNORECASE)
_LONGEST_SUFFIX = 40


def _long_suffix(name: str) -> Iterator[Finding]:
    """Up to 40 letters, digits, `-` and `_` (fine-tuning page, 2024-12); ARM decides."""
    named = _SUFFIX.search(name)
    if named is None or re.fullmatch(rf"[A-Za-z0-9_-]{{1,{_LONGEST_SUFFIX}}}", named["suffix"]):
        return
    yield Finding(
        ("model", "name"),
        f"a fine-tuning job gives no suffix like `{named['suffix']}`: {_LONGEST_SUFFIX} characters "
        "at most, of letters, digits, `-` and `_`",
        label=f"the suffix has {counted(len(named['suffix']), 'character')}",
        source="fine-tuning page (Microsoft docs), 2024-12",
        fix="copy fine_tuned_model from the finished fine-tuning job",
        severity=WARNING,
    )


@rule("fine-tune-sku", ERROR, wordings, source=tuned_tables)
def fine_tune_sku(this: Declaration) -> Iterator[Finding]:
    """Fine-tuned models are offered on fewer SKUs than their bases.

    The message lists those of the base. Where no source lists any for the base, or where a checkpoint's
    base is unknown, it is a warning.
    """
    what = this.what
    if not what.fine_tuned or what.malformed or not this.sku.known:
        return
    if what.known is None:
        yield from _by_sku_alone(this)
        return
    offered = this.catalogue.fine_tune_skus(what.name, what.version)
    listed = what.known.versions and what.version in what.known.versions
    if this.sku in (offered or ()) or (offered is None and not listed):
        return
    yield Finding(
        ("sku", "name"),
        f"{what.title} cannot be deployed on `{this.sku}`; it can on {listing(offered, 9)}"
        if offered
        else f"no source lists a SKU for {what.title}",
        label=f"not for models fine-tuned from {what.known.name}",
        fix=f"use {choice(offered)}" if offered else "check that the base can be fine-tuned",
        severity=ERROR if offered else WARNING,
    )


def _by_sku_alone(this: Declaration) -> Iterator[Finding]:
    """Without a base, all that is known is whether a SKU is documented for fine-tuned models at all."""
    fact = this.catalogue.sku(this.sku)
    if this.what.nameless and fact is not None and not fact.fine_tuned:
        yield Finding(
            ("sku", "name"),
            f"`{fact.sku}` is not documented for fine-tuned models",
            label="not documented for fine-tuned models",
            source=str(fact.source),
            fix="use Standard, GlobalStandard, ProvisionedManaged or DeveloperTier",
            severity=WARNING,
        )


@rule("fine-tune-region", WARNING, wordings, source=tables)
def fine_tune_region(this: Declaration) -> Iterator[Finding]:
    """The table of fine-tuned deployments does not list this base on this SKU in the account's region.

    A warning, because the tables change and leave regions out. The newest table counts: regional
    provisioned gpt-4o and gpt-4o-mini moved from Switzerland West to Sweden Central, and global SKUs are in
    every region.
    """
    what, region = this.what, this.known_region
    if what.known is None or not what.fine_tuned or region is None:
        return
    where = this.catalogue.fine_tune_regions(what.name, what.version, this.sku)
    if where is None or not where.absent(region):
        return
    regions = nearest_first(this.catalogue, region, where.regions)
    yield Finding(
        ("sku", "name"),
        f"{what.title} on `{this.sku}` is not listed in {region}; it is in {listing(regions)}",
        label=f"not listed in {region}",
        source=str(where.source),
        fix=f"use an account in {' or '.join(str(r) for r in regions[:2])}",
    )


@rule("source-missing", WARNING, wordings, source=tables)
def source_missing(this: Declaration) -> Iterator[Finding]:
    """A fine-tuned model lives in the account that trained it.

    Deployed elsewhere it needs `model.source`, the account it comes from. The account's region trains no
    models, so the model must come from another one. Add `source: {subscription, resourceGroup, account}`.
    """
    region = this.known_region
    if this.model.source is not None or not this.what.fine_tuned or region is None:
        return
    training = this.catalogue.training_regions()
    if training.absent(region):
        yield Finding(
            ("model", "name"),
            f"`{this.model.name}` has no source, and accounts in {region} do not train models",
            label="trained in another account",
            source=str(training.source),
            fix="add source: {subscription, resourceGroup, account} of the account that trained it",
        )


@rule("source-needless", WARNING, wordings, source=tuned_tables)
def source_needless(this: Declaration) -> Iterator[Finding]:
    """`model.source` says in which account a fine-tuned model was made.

    A catalogue model is the service's own and comes from no account. Leave the line out.
    """
    if this.model.source is not None and not this.what.fine_tuned:
        yield Finding(
            ("model", "source"),
            f"`{this.model.name}` is not a fine-tuned model, so it has no source account",
            on_key=True,
            label="only for fine-tuned models and checkpoints",
            fix="leave source out",
        )


@rule(
    "source-tenant",
    WARNING,
    entries,
    source="ARM's rule of one token per tenant (x-ms-authorization-auxiliary)",
)
def source_tenant(this: Declaration) -> Iterator[Finding]:
    """Across tenants ARM needs a second token, that of the source's tenant.

    The source's subscription is another one than the account's, and the Fleet does not say whose tenant it
    is in, so the tenant of the credential is assumed. Give the subscription an alias with its `tenant` in
    the Fleet.
    """
    origin = this.model.source
    home = "" if origin is None or origin.tenant is not None else origin.account.subscription
    if home and home.lower() != this.deployment.id.account.subscription.lower():
        yield Finding(
            ("model", "source"),
            f"the tenant of the source's subscription {home} is not declared",
            label="tenant unknown",
            fix=f"add it to the Fleet: subscriptions: {{alias: {{id: {home}, tenant: <guid>}}}}",
        )


@rule(
    "source-same-account",
    WARNING,
    entries,
    source="fine-tuned deployments across accounts name the account that trained the model",
)
def source_same_account(this: Declaration) -> Iterator[Finding]:
    """The declared source is the account that the model is deployed in.

    A model trained there needs no source. Leave the line out; or, if the model was trained elsewhere, name
    that account.
    """
    origin, own = this.model.source, this.deployment.id
    if origin is not None and origin.account == own.account:
        yield Finding(
            ("model", "source"),
            f"the source of `{own.name}` is its own account `{origin.account.name}`",
            on_key=True,
            label="the account itself",
            fix="leave source out, or name the account that trained the model",
        )

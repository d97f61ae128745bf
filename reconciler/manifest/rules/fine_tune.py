"""Rules about fine-tuned models and the accounts that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import Subject, subject
from reconciler.diagnostics import choice, counted, listing
from reconciler.domain.deployment import DesiredDeployment
from reconciler.manifest.rules.region import nearest_first
from reconciler.manifest.rules.rule import (
    ERROR,
    WARNING,
    Finding,
    RuleContext,
    found,
    rule,
    tables,
    tuned_tables,
)


@rule("fine-tune-id", ERROR, source=tuned_tables, by_entry=True)
def fine_tune_id(context: RuleContext) -> Iterator[Finding]:
    """A fine-tuned model is named `<base>-<base version>.ft-<32 hex digits>`, optionally with a suffix.

    A checkpoint is named `ftchkpt-<32 hex digits>`. Copy the id from the finished job (`fine_tuned_model`);
    the placeholders of samples and OpenAI's own `ft:...` names are refused, and so are the checkpoint names
    of older documentation (`....ckpt`, `...:ckpt-step-90`): a checkpoint is deployed by its own id. A
    suffix has up to 40 characters. For models of other publishers the form is not documented, and the
    finding is a warning.
    """
    for deployment in context.deployments:
        model = deployment.spec.model
        if not subject(model, context.catalogue).malformed:
            yield from _long_suffix(deployment)
            continue
        legacy = _LEGACY_CHECKPOINT.search(model.name)
        if legacy is not None:
            yield found(
                deployment,
                ("model", "name"),
                f"`{model.name}` is an old name of a checkpoint; ARM deploys it by its own id",
                label="not an id that ARM can deploy",
                fix='write name: ftchkpt-<32 hex> and version: "1", from the job\'s list of checkpoints',
            )
            continue
        yield found(
            deployment,
            ("model", "name"),
            f"`{model.name}` is not the id of a fine-tuned model or of a checkpoint",
            label="neither <base>-<version>.ft-<32 hex> nor ftchkpt-<32 hex>",
            fix="copy fine_tuned_model from the finished fine-tuning job",
            severity=ERROR if model.format.lower() == "openai" else WARNING,
        )


# What documentation showed before checkpoints had ids: "….ft-<hex>.ckpt", "…:ckpt-step-90".
_LEGACY_CHECKPOINT = re.compile(r"[.:]ckpt(?:-step-\d+)?$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.ft-[0-9a-f]{32}-(?P<suffix>.+)$", re.IGNORECASE)
_LONGEST_SUFFIX = 40


def _long_suffix(deployment: DesiredDeployment) -> Iterator[Finding]:
    """Up to 40 letters, digits, `-` and `_` (fine-tuning page, 2024-12); ARM decides."""
    named = _SUFFIX.search(deployment.spec.model.name)
    if named is None or re.fullmatch(rf"[A-Za-z0-9_-]{{1,{_LONGEST_SUFFIX}}}", named["suffix"]):
        return
    yield found(
        deployment,
        ("model", "name"),
        f"a fine-tuning job gives no suffix like `{named['suffix']}`: {_LONGEST_SUFFIX} characters "
        "at most, of letters, digits, `-` and `_`",
        label=f"the suffix has {counted(len(named['suffix']), 'character')}",
        source="fine-tuning page (Microsoft docs), 2024-12",
        fix="copy fine_tuned_model from the finished fine-tuning job",
        severity=WARNING,
    )


@rule("fine-tune-sku", ERROR, source=tuned_tables, by_entry=True)
def fine_tune_sku(context: RuleContext) -> Iterator[Finding]:
    """Fine-tuned models are offered on fewer SKUs than their bases.

    The message lists those of the base. Where no source lists any for the base, or where a checkpoint's
    base is unknown, it is a warning.
    """
    catalogue = context.catalogue
    for deployment in context.deployments:
        what, sku = subject(deployment.spec.model, catalogue), deployment.spec.sku.name
        if not what.fine_tuned or what.malformed or not sku.known:
            continue
        if what.known is None:
            yield from _by_sku_alone(deployment, what, catalogue)
            continue
        offered = catalogue.fine_tune_skus(what.name, what.version)
        listed = what.known.versions and what.version in what.known.versions
        if sku in (offered or ()) or (offered is None and not listed):
            continue
        yield found(
            deployment,
            ("sku", "name"),
            f"{what.title} cannot be deployed on `{sku}`; it can on {listing(offered, 9)}"
            if offered
            else f"no source lists a SKU for {what.title}",
            label=f"not for models fine-tuned from {what.known.name}",
            fix=f"use {choice(offered)}" if offered else "check that the base can be fine-tuned",
            severity=ERROR if offered else WARNING,
        )


def _by_sku_alone(deployment: DesiredDeployment, what: Subject, catalogue: Catalogue) -> Iterator[Finding]:
    """Without a base, all that is known is whether a SKU is documented for fine-tuned models at all."""
    fact = catalogue.sku(deployment.spec.sku.name)
    if what.nameless and fact is not None and not fact.fine_tuned:
        yield found(
            deployment,
            ("sku", "name"),
            f"`{fact.sku}` is not documented for fine-tuned models",
            label="not documented for fine-tuned models",
            source=str(fact.source),
            fix="use Standard, GlobalStandard, ProvisionedManaged or DeveloperTier",
            severity=WARNING,
        )


@rule("fine-tune-region", WARNING, source=tables, by_entry=True)
def fine_tune_region(context: RuleContext) -> Iterator[Finding]:
    """The table of fine-tuned deployments does not list this base on this SKU in the account's region.

    A warning, because the tables change and leave regions out. The newest table counts: regional
    provisioned gpt-4o and gpt-4o-mini moved from Switzerland West to Sweden Central, and global SKUs are in
    every region.
    """
    catalogue = context.catalogue
    for deployment in context.deployments:
        what, region = subject(deployment.spec.model, catalogue), deployment.region
        sku = deployment.spec.sku.name
        if what.known is None or not what.fine_tuned:
            continue
        if region is None or catalogue.region(region.name) is None:
            continue
        where = catalogue.fine_tune_regions(what.name, what.version, sku)
        if where is None or not where.absent(region):
            continue
        regions = nearest_first(catalogue, region, where.regions)
        yield found(
            deployment,
            ("sku", "name"),
            f"{what.title} on `{sku}` is not listed in {region}; it is in {listing(regions)}",
            label=f"not listed in {region}",
            source=str(where.source),
            fix=f"use an account in {' or '.join(str(r) for r in regions[:2])}",
        )


@rule("source-missing", WARNING, source=tables, by_entry=True)
def source_missing(context: RuleContext) -> Iterator[Finding]:
    """A fine-tuned model lives in the account that trained it.

    Deployed elsewhere it needs `model.source`, the account it comes from. The account's region trains no
    models, so the model must come from another one. Add `source: {subscription, resourceGroup, account}`.
    """
    catalogue = context.catalogue
    training = catalogue.training_regions()
    for deployment in context.deployments:
        model, region = deployment.spec.model, deployment.region
        if model.source is not None or not subject(model, catalogue).fine_tuned or region is None:
            continue
        if catalogue.region(region.name) is None or not training.absent(region):
            continue
        yield found(
            deployment,
            ("model", "name"),
            f"`{model.name}` has no source, and accounts in {region} do not train models",
            label="trained in another account",
            source=str(training.source),
            fix="add source: {subscription, resourceGroup, account} of the account that trained it",
        )


@rule("source-needless", WARNING, source=tuned_tables, by_entry=True)
def source_needless(context: RuleContext) -> Iterator[Finding]:
    """`model.source` says in which account a fine-tuned model was made.

    A catalogue model is the service's own and comes from no account. Leave the line out.
    """
    for deployment in context.deployments:
        model = deployment.spec.model
        if model.source is not None and not subject(model, context.catalogue).fine_tuned:
            yield found(
                deployment,
                ("model", "source"),
                f"`{model.name}` is not a fine-tuned model, so it has no source account",
                on_key=True,
                label="only for fine-tuned models and checkpoints",
                fix="leave source out",
            )


@rule("source-tenant", WARNING, source="ARM's rule of one token per tenant (x-ms-authorization-auxiliary)")
def source_tenant(context: RuleContext) -> Iterator[Finding]:
    """Across tenants ARM needs a second token, that of the source's tenant.

    The source's subscription is another one than the account's, and the Fleet does not say whose tenant it
    is in, so the tenant of the credential is assumed. Give the subscription an alias with its `tenant` in
    the Fleet.
    """
    for deployment in context.deployments:
        origin = deployment.spec.model.source
        if origin is None or origin.tenant is not None:
            continue
        home = origin.account.subscription
        if home.lower() == deployment.id.account.subscription.lower():
            continue
        yield found(
            deployment,
            ("model", "source"),
            f"the tenant of the source's subscription {home} is not declared",
            label="tenant unknown",
            fix=f"add it to the Fleet: subscriptions: {{alias: {{id: {home}, tenant: <guid>}}}}",
        )


@rule(
    "source-same-account",
    WARNING,
    source="fine-tuned deployments across accounts name the account that trained the model",
)
def source_same_account(context: RuleContext) -> Iterator[Finding]:
    """The declared source is the account that the model is deployed in.

    A model trained there needs no source. Leave the line out; or, if the model was trained elsewhere, name
    that account.
    """
    for deployment in context.deployments:
        origin = deployment.spec.model.source
        if origin is not None and origin.account == deployment.id.account:
            yield found(
                deployment,
                ("model", "source"),
                f"the source of `{deployment.id.name}` is its own account `{origin.account.name}`",
                on_key=True,
                label="the account itself",
                fix="leave source out, or name the account that trained the model",
            )

"""The built-in words of `require`: what each looks at, when it holds, and what is said where it does not.

Adding a word is one row of `WORDS` and one field of the manifest's schema.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from reconciler.catalogue.facts import Stage
from reconciler.catalogue.query import Catalogue
from reconciler.catalogue.subject import subject
from reconciler.diagnostics import Route, choice, counted
from reconciler.domain.sku import SkuFamily, SkuReach
from reconciler.policy.index import like
from reconciler.policy.rule import PolicySubject

Monthly = Callable[[PolicySubject], tuple[Decimal, bool]]
"""The list price of a deployment a month, and whether that is all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyContext:
    """What rules know beside the deployments. `monthly` is None where nobody asked for prices."""

    catalogue: Catalogue
    today: date
    monthly: Monthly | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWord:
    """One word. `facts` is what it looks at, `allows` whether that is as wanted, None where nobody can tell.

    `found` says what is there and `allowed` what may be, both for a sentence.
    """

    route: Route
    facts: Callable[[PolicySubject, PolicyContext], Any]
    allows: Callable[[Any, Any], bool | None]
    found: Callable[[Any], str]
    allowed: Callable[[Any], str]
    fix: Callable[[Any], str]
    unknown: str = ""


def _residency(policy_subject: PolicySubject, context: PolicyContext) -> Hashable:
    fact = None if policy_subject.region is None else context.catalogue.region(policy_subject.region.name)
    zone = None if fact is None else fact.data_zone
    return (
        policy_subject.sku.name,
        policy_subject.sku.reach,
        None if policy_subject.region is None else policy_subject.region.name,
        zone,
    )


def _stays(wanted: str, facts: tuple[str, SkuReach, str | None, str | None]) -> bool | None:
    _, reach, region, zone = facts
    if reach in {SkuReach.GLOBAL, SkuReach.UNKNOWN}:
        return False
    return None if region is None else zone == wanted


def _where(facts: tuple[str, SkuReach, str | None, str | None]) -> str:
    sku, reach, region, zone = facts
    if reach is SkuReach.GLOBAL:
        return f"is on `{sku}`, which processes data in any region"
    if reach is SkuReach.UNKNOWN:
        return f"is on `{sku}`, and it is not known where that processes data"
    return f"is in {region}, " + (f"in data zone {zone}" if zone else "which is in no data zone")


def _model(policy_subject: PolicySubject, context: PolicyContext) -> tuple[str, str]:
    what = subject(policy_subject.model, context.catalogue)
    version = what.version if isinstance(what.version, str) else ""
    return (what.name or policy_subject.model.name), version


def _approved(wanted: Sequence[str], facts: tuple[str, str]) -> bool:
    name, version = facts
    return any(
        like(name, (model,)) and (not exact or like(version, (exact,)))
        for model, _, exact in (glob.partition("@") for glob in wanted)
    )


def _published(policy_subject: PolicySubject, context: PolicyContext) -> Hashable:
    """Publisher, name and version of the model; of a fine-tuned one those of its base. None if not known.

    Models of format OpenAI are OpenAI's unless the catalogue names another publisher.
    """
    what = subject(policy_subject.model, context.catalogue)
    stated = policy_subject.model.publisher if isinstance(policy_subject.model.publisher, str) else None
    known = None if what.known is None else what.known.publisher
    format_ = policy_subject.model.format if what.known is None else what.known.format
    return known or stated or ("OpenAI" if format_ == "OpenAI" else None), *_model(policy_subject, context)


def _in_either(wanted: Mapping[str, Sequence[str]], facts: tuple[str | None, str, str]) -> bool | None:
    publisher, name, version = facts
    if _approved(wanted.get("models", ()), (name, version)):
        return True
    publishers = wanted.get("publishers", ())
    if publisher is None:
        return None if publishers else False
    return like(publisher, publishers)


def _either(wanted: Mapping[str, Sequence[str]]) -> str:
    by, named = wanted.get("publishers", ()), wanted.get("models", ())
    parts = [f"a model of {_any_of(by)}"] if by else []
    return " or ".join([*parts, *([_any_of(named)] if named else [])])


def _days_left(policy_subject: PolicySubject, context: PolicyContext) -> Hashable:
    """Days until the model retires, 0 once it has; None where no source gives a date."""
    what = subject(policy_subject.model, context.catalogue)
    if what.known is None:
        return None
    facts = context.catalogue.lifecycle(
        what.name, what.version, policy_subject.sku, fine_tuned=what.fine_tuned
    )
    if facts is None:
        return None
    if facts.stage is Stage.RETIRED:
        return 0
    return None if facts.retires is None else max(0, (facts.retires - context.today).days)


def _affordable(wanted: float, cost: tuple[Decimal, bool] | None) -> bool | None:
    """What is known of a price is its lower bound: over the limit is over, whatever else there is."""
    if cost is None:
        return None
    amount, complete = cost
    return False if amount > Decimal(str(wanted)) else (True if complete else None)


def _tagged(wanted: Mapping[str, str], tags: frozenset[tuple[str, str]]) -> bool:
    known = {name.lower(): value for name, value in tags if value}
    return all(name.lower() in known and like(known[name.lower()], (glob,)) for name, glob in wanted.items())


def _any_of(globs: Any) -> str:  # noqa: ANN401 -- a list of texts, as the schema has checked
    return choice([f"`{glob}`" for glob in globs], shown=6)


def _plain(globs: Any) -> str:  # noqa: ANN401 -- a list of texts, as the schema has checked
    return choice(globs, shown=6)


def _property(name: str, what: str, facts: Callable[[PolicySubject, PolicyContext], Any]) -> PolicyWord:
    """A word about a property that is a text: it must be one of some."""
    return PolicyWord(
        route=(name,),
        facts=facts,
        allows=lambda wanted, value: like(value or "", wanted),
        found=lambda value: f"has {what} `{value}`" if value else f"has no {what}",
        allowed=_any_of,
        fix=lambda globs: f"write {name}: {_plain(globs)}",
    )


WORDS: Final[Mapping[str, PolicyWord]] = {
    "dataZone": PolicyWord(
        route=("sku", "name"),
        facts=_residency,
        allows=_stays,
        found=_where,
        allowed=lambda zone: f"data zone {zone}",
        fix=lambda zone: f"use a regional or DataZone SKU of an account in data zone {zone}",
        unknown="its account's region is not declared",
    ),
    "regions": PolicyWord(
        route=("sku", "name"),
        facts=lambda item, _: None if item.region is None else item.region.name,
        allows=lambda wanted, region: None if region is None else like(region, wanted),
        found=lambda region: f"is in {region}",
        allowed=_any_of,
        fix=lambda wanted: f"use an account in {_plain(wanted)}",
        unknown="its account's region is not declared",
    ),
    "models": PolicyWord(
        route=("model", "name"),
        facts=_model,
        allows=_approved,
        found=lambda facts: f"serves `{facts[0]}`" + (f" {facts[1]}" if facts[1] else ""),
        allowed=_any_of,
        fix=lambda wanted: f"serve {_plain(wanted)}, or have the model approved",
    ),
    "approvedModels": PolicyWord(
        route=("model", "name"),
        facts=_published,
        allows=_in_either,
        found=lambda facts: (
            f"serves `{facts[1]}`"
            + (f" {facts[2]}" if facts[2] else "")
            + (f" of {facts[0]}" if facts[0] else "")
        ),
        allowed=_either,
        fix=lambda _: "serve an approved model, or have this one approved",
        unknown="no source names its model's publisher",
    ),
    "skus": PolicyWord(
        route=("sku", "name"),
        facts=lambda item, _: item.sku.name,
        allows=lambda wanted, sku: like(sku, wanted),
        found=lambda sku: f"is on `{sku}`",
        allowed=_any_of,
        fix=lambda wanted: f"use {_plain(wanted)}",
    ),
    "raiPolicyName": _property("raiPolicyName", "content filter", lambda item, _: item.rai_policy),
    "tags": PolicyWord(
        route=("tags",),
        facts=lambda item, _: frozenset(item.tags.items()),
        allows=_tagged,
        found=lambda _: "lacks a required tag or value",
        allowed=lambda wanted: choice([f"`{name}: {glob}`" for name, glob in wanted.items()], shown=6),
        fix=lambda wanted: f"write tags: {{{', '.join(f'{name}: …' for name in wanted)}}}",
    ),
    "versionUpgradeOption": _property(
        "versionUpgradeOption", "versionUpgradeOption", lambda item, _: item.upgrade
    ),
    "minDaysToRetirement": PolicyWord(
        route=("model", "version"),
        facts=_days_left,
        allows=lambda wanted, days: None if days is None else days >= wanted,
        found=lambda days: (
            f"serves a model that retires in {counted(days, 'day')}" if days else "serves a retired model"
        ),
        allowed=lambda wanted: f"{counted(wanted, 'day')} or more to retirement",
        fix=lambda _: "move to a model that lives longer: `reconciler lifecycle` names successors",
        unknown="no source gives its model's retirement date",
    ),
    "maxPtu": PolicyWord(
        route=("sku", "capacity"),
        facts=lambda item, _: (item.capacity or 0) if item.sku.family is SkuFamily.PROVISIONED else 0,
        allows=lambda wanted, ptu: ptu <= wanted,
        found=lambda ptu: f"has {ptu} PTU",
        allowed=lambda wanted: f"{wanted} PTU or less",
        fix=lambda wanted: f"use {wanted} PTU or less, or ask for an exemption",
    ),
    "maxMonthlyCost": PolicyWord(
        route=("sku", "capacity"),
        facts=lambda item, context: None if context.monthly is None else context.monthly(item),
        allows=_affordable,
        found=lambda cost: f"costs {cost[0]:,.2f} a month at list price",
        allowed=lambda wanted: f"{wanted:,.2f} a month or less",
        fix=lambda _: "use a smaller capacity, or ask for an exemption",
        unknown="its price is not known",
    ),
}
"""Every word, by its name in a manifest."""

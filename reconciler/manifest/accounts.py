"""Which accounts the sets speak of: subscriptions looked up, and what several sets say of one account.

Where two sets disagree, the more careful word holds; two regions are a contradiction and a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reconciler.diagnostics import Diagnostic, Place, Related
from reconciler.domain.deployment import SourceAccount
from reconciler.domain.fleet import DesiredAccount, Fleet, PrunePolicy, Subscription
from reconciler.domain.ids import AccountId, Region, is_guid
from reconciler.manifest import entry as written
from reconciler.manifest.parse import RawSet
from reconciler.manifest.scalars import nearest
from reconciler.manifest.tree import shortened

_CAREFUL: Final = (PrunePolicy.NEVER, PrunePolicy.OWNED, PrunePolicy.EXCLUSIVE)


@dataclass(slots=True, kw_only=True)
class Account:
    """One account with all the sets that speak of it."""

    id: AccountId
    tenant: str | None
    place: Place
    region: Region | None = None
    region_place: Place | None = None
    prunes: set[PrunePolicy] = field(default_factory=set)

    def desired(self, *, partly_selected: bool) -> DesiredAccount:
        """The domain's account; nothing is pruned where some of its sets were left out."""
        careful = next(policy for policy in _CAREFUL if policy in self.prunes)
        return DesiredAccount(
            id=self.id,
            region=self.region,
            tenant=self.tenant,
            prune=PrunePolicy.NEVER if partly_selected else careful,
            place=self.place,
        )


class Accounts:
    """The accounts of a fleet, found set by set."""

    def __init__(self, fleet: Fleet, *, complete: bool) -> None:
        self._fleet = fleet
        self._complete = complete
        self._by_guid = {s.id.lower(): s for s in fleet.subscriptions.values() if s.tenant}
        self.known: dict[AccountId, Account] = {}
        self.findings: list[Diagnostic] = []
        self._reported = False

    def of_set(self, source: RawSet) -> Account | None:
        """The account of a set; None if its subscription is unknown."""
        stated, place_of = source.typed.spec.account, source.document.place
        subscription = self._subscription(stated.subscription, place_of(("spec", "account", "subscription")))
        if subscription is None:
            return None
        identity = AccountId(
            subscription=subscription.id, resource_group=stated.resource_group, name=stated.name
        )
        made = Account(id=identity, tenant=subscription.tenant, place=place_of(("spec", "account")))
        account = self.known.setdefault(identity, made)
        account.prunes.add(PrunePolicy(source.typed.spec.prune or PrunePolicy.OWNED))
        if stated.region is not None:
            self._region(account, Region(stated.region), place_of(("spec", "account", "region")))
        return account

    def of_source(self, stated: written.SourceEntry, place: Place | None) -> SourceAccount | None:
        """The account a fine-tuned model was made in; None if its subscription is unknown."""
        subscription = self._subscription(stated.subscription, place)
        if subscription is None:
            return None
        identity = AccountId(
            subscription=subscription.id, resource_group=stated.resource_group, name=stated.account
        )
        return SourceAccount(account=identity, tenant=subscription.tenant)

    def _subscription(self, written_as: str, place: Place | None) -> Subscription | None:
        """An alias's subscription, or a GUID's, with the tenant that any alias knows for it."""
        aliased = self._fleet.subscriptions.get(written_as)
        if aliased is None and not is_guid(written_as):
            if self._complete and (self._fleet.declared or not self._reported):
                self.findings.append(_unknown(written_as, place, self._fleet))
                self._reported = True
            return None
        guid = written_as if aliased is None else aliased.id
        if aliased is not None and aliased.tenant is not None:
            return aliased
        return self._by_guid.get(guid.lower(), Subscription(id=guid, tenant=None))

    def _region(self, account: Account, region: Region, place: Place) -> None:
        if account.region is None:
            account.region, account.region_place = region, place
        elif account.region != region and account.region_place is not None:
            existing = account.region_place
            self.findings.append(
                Diagnostic(
                    code="region-mismatch",
                    message=f"account `{account.id.name}` is said to be in {region} here "
                    f"and in {account.region} in {existing.file}",
                    place=place,
                    fix="an account is in one region: `az cognitiveservices account show --query location`",
                    related=(Related(message=f"{account.region} here", place=existing),),
                )
            )


def _unknown(alias: str, place: Place | None, fleet: Fleet) -> Diagnostic:
    """What is wrong with a subscription; where no Fleet was read, the first one stands for all."""
    known = sorted(fleet.subscriptions)
    near = nearest(alias, known)
    fix = f"did you mean {near}?" if near else "add it to the Fleet's spec.subscriptions, or write the GUID"
    listed = f"; known are {', '.join(known[:6])}" if known else "; the Fleet declares none"
    message = f"`{shortened(alias)}` is neither an alias of the Fleet nor a GUID{listed}"
    if not fleet.declared:
        message = (
            f"`{shortened(alias)}` is not a GUID, and no `kind: Fleet` document was found that says which "
            "subscription it means; the same holds for every alias"
        )
        fix = "name the path of the Fleet's file too, write a Fleet, or write GUIDs"
    return Diagnostic(code="unknown-subscription", message=message, place=place, fix=fix)

"""The selected part of a desired state, and the scope that says what was left out.

What is left out stays known: a declared deployment must never look like an undeclared one, which pruning
might delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from reconciler.domain.fleet import DesiredAccount, DesiredState, Scope, matches_any
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.manifest.accounts import Account
from reconciler.manifest.selection import EVERYTHING, Selection

SetOfAccount = tuple[Account, Mapping[str, str]]
"""The account of one set, and that set's labels."""


def selected(
    state: DesiredState,
    sets: Iterable[SetOfAccount],
    selection: Selection,
    unclear: AbstractSet[DeploymentId],
) -> DesiredState:
    """The deployments, accounts and scope of a selection.

    What is left out, but not by an exclude, stays in reserve: a selected one may need it.
    `unclear` are deployments whose text has mistakes; they count as left out. An account is kept if
    anything in it could be selected, for a target may name what nobody declares any more.
    """
    scope = Scope(targets=selection.targets, excludes=selection.excludes, narrowed=selection != EVERYTHING)
    taken = tuple(
        found
        for found in state.deployments
        if selection.takes(found.labels) and scope.covers(found.id, _alias(state, found.id.account))
    )
    kept = {found.id for found in taken}
    left_out = {found.id for found in state.deployments if found.id not in kept} | unclear
    of_sets = list(sets)
    return replace(
        state,
        accounts=tuple(_accounts(state, of_sets, selection, kept)),
        regions={account.id: account.region for account, _ in of_sets if account.region is not None},
        deployments=taken,
        scope=replace(scope, left_out=frozenset(left_out)),
        reserve=tuple(
            found
            for found in state.deployments
            if found.id not in kept
            and not matches_any(selection.excludes, found.id, _alias(state, found.id.account))
        ),
    )


def _accounts(
    state: DesiredState, sets: list[SetOfAccount], selection: Selection, kept: AbstractSet[DeploymentId]
) -> Iterable[DesiredAccount]:
    """Accounts with a selected set. Nothing is pruned where another set of the account is left out."""
    taken = {account.id for account, labels in sets if selection.takes(labels)}
    partly = {account.id for account, labels in sets if not selection.takes(labels)}
    with_selected = {deployment.account for deployment in kept}
    for account in {account.id: account for account, _ in sets}.values():
        reachable = account.id in with_selected or _reachable(state, account.id, selection)
        if account.id in taken and reachable:
            yield account.desired(partly_selected=account.id in partly)


def _reachable(state: DesiredState, account: AccountId, selection: Selection) -> bool:
    """Whether the globs leave room for any deployment of an account, declared or not."""
    alias, anything = _alias(state, account), DeploymentId(account=account, name="any")
    targets = [_whole_account(glob) for glob in selection.targets]
    excludes = [glob for glob in selection.excludes if glob.rsplit("/", 1)[-1] == "*"]
    if matches_any(excludes, anything, alias):
        return False
    return not targets or matches_any(targets, anything, alias)


def _whole_account(glob: str) -> str:
    """A glob's account, with every deployment in it."""
    return "/".join([*glob.split("/")[:-1], "*"])


def _alias(state: DesiredState, account: AccountId) -> str | None:
    return state.fleet.alias_of(account.subscription)

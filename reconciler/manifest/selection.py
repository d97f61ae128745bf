"""Which of the declared deployments a run is about, and the scope that says what was left out.

What is left out stays known: a declared deployment must never look like an undeclared one, which pruning
might delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from reconciler.domain.fleet import DesiredAccount, DesiredState, Scope, matches_any
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.errors import UsageProblem
from reconciler.manifest.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`select` are label and value pairs that a set must all carry; the globs are those of `Scope`."""

    select: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, select: str = "", targets: Sequence[str] = (), excludes: Sequence[str] = ()) -> Selection:
        """Read ``label=value,…``; UsageProblem where it has another form."""
        pairs: list[tuple[str, str]] = []
        for part in filter(None, (part.strip() for part in select.split(","))):
            label, equals, value = part.partition("=")
            if not equals or not label.strip():
                raise UsageProblem(
                    f"--select takes label=value pairs, separated by commas; found {part!r}. "
                    "For example: --select env=prod,team=search"
                )
            pairs.append((label.strip(), value.strip()))
        for glob in (*targets, *excludes):
            if glob.count("/") > 2 or not glob.strip("/"):
                raise UsageProblem(
                    f"{glob!r} is not a target: subscription-or-alias/account/deployment, or its last parts, "
                    "each with * and ?. For example: --target 'prod/*/chat*'"
                )
        return cls(select=tuple(pairs), targets=tuple(targets), excludes=tuple(excludes))

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a set with these labels is selected."""
        return all(labels.get(label) == value for label, value in self.select)


EVERYTHING = Selection()

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
    targets = ["/".join([*glob.split("/")[:-1], "*"]) for glob in selection.targets]  # with all in them
    excludes = [glob for glob in selection.excludes if glob.rsplit("/", 1)[-1] == "*"]
    if matches_any(excludes, anything, alias):
        return False
    return not targets or matches_any(targets, anything, alias)


def _alias(state: DesiredState, account: AccountId) -> str | None:
    return state.fleet.alias_of(account.subscription)

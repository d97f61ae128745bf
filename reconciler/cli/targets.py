"""A target that names nothing: wrong usage (exit 64), as a path that does not exist is.

It is a slip of the command line, and green would be the worst answer: the job that has it would say for ever
that all is well. Only a look at ARM can tell, for a target may name what nobody declares any more.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.domain.fleet import DesiredState
    from reconciler.domain.ids import DeploymentId
    from reconciler.domain.state import ObservedState


_MOST = 8
_WHAT_IT_IS = "A target is a glob over subscription-or-alias/account/deployment, or its last parts"


def must_hit_something(desired: DesiredState, observed: ObservedState) -> None:
    """Raise UsageProblem where no `--target` matches a deployment, neither a selected nor an undeclared one.

    Nothing is said where this run cannot know: an account could not be listed, or another shard may have it.
    """
    from reconciler.domain.state import Listed
    from reconciler.plan.terms import known_deployments

    targets = desired.scope.targets
    if not targets or desired.declares_deployments or (desired.part and desired.part.shard.count > 1):
        return
    if not all(isinstance(reading, Listed) for reading in observed.readings.values()):
        return
    there = set(known_deployments(desired, observed))
    if any(_hit(desired, one) for one in there):
        return
    raise UsageProblem(
        f"--target {' --target '.join(targets)} matches no deployment, neither one that the manifests "
        f"declare nor one that is there in their accounts: {_meant(desired, there)}{_WHAT_IT_IS}"
    )


def must_leave_something(desired: DesiredState) -> None:
    """Raise UsageProblem where the selection leaves none of the declared deployments and no account."""
    from reconciler.diagnostics import counted

    declared = desired.scope.left_out
    if desired.accounts or not declared:
        return
    meant = _meant(desired, declared) if desired.scope.targets else ""
    raise UsageProblem(
        f"the selection leaves none of {counted(len(declared), 'declared deployment')}: {meant}"
        f"--select takes labels of sets, --target and --exclude globs. {_WHAT_IT_IS}"
    )


def _meant(desired: DesiredState, there: Collection[DeploymentId]) -> str:
    """A sentence on what may have been meant: one level more, a name near it, or else what there is."""
    from reconciler.catalogue.near import similar
    from reconciler.report.layout import listed

    targets = desired.scope.targets
    deeper = [f"{glob}/*" for glob in targets if any(_matches(desired, f"{glob}/*", one) for one in there)]
    if deeper:
        return f"did you mean {' or '.join(map(repr, deeper))}? "
    names = sorted({one.name for one in (*there, *desired.scope.left_out)})
    near = sorted({name for glob in targets for name in similar(glob.rpartition("/")[2], names)})
    if near:
        return f"did you mean {' or '.join(near)}? "
    return f"there are {listed(names, most=_MOST)}. " if names else ""


def _matches(desired: DesiredState, glob: str, one: DeploymentId) -> bool:
    from reconciler.domain.fleet import matches_any

    return matches_any((glob,), one, desired.fleet.alias_of(one.account.subscription))


def _hit(desired: DesiredState, one: DeploymentId) -> bool:
    """Whether a target means it. What an exclude took back was hit; what --select left out was not."""
    from reconciler.domain.fleet import matches_any

    scope, alias = desired.scope, desired.fleet.alias_of(one.account.subscription)
    taken_back = matches_any(scope.excludes, one, alias)
    return matches_any(scope.targets, one, alias) and (taken_back or one not in scope.left_out)

"""A target that names nothing: wrong usage (exit 64), as a path that does not exist is.

It is a slip of the command line, and green would be the worst answer: the job that has it would say for ever
that all is well. Only a look at ARM can tell, for a target may name what nobody declares any more.
"""

from __future__ import annotations

from reconciler.catalogue.near import similar
from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import DesiredState, Listed, ObservedState, matches_any
from reconciler.errors import UsageProblem
from reconciler.plan.protection import known_deployments
from reconciler.report.layout import listed

_MOST = 8


def must_hit_something(desired: DesiredState, observed: ObservedState) -> None:
    """Raise UsageProblem where no `--target` matches a deployment, neither a selected nor an undeclared one.

    Nothing is said where this run cannot know: an account could not be listed, or another shard may have it.
    """
    targets = desired.scope.targets
    if not targets or desired.declares_deployments or (desired.part and desired.part.shard.count > 1):
        return
    if not all(isinstance(reading, Listed) for reading in observed.readings.values()):
        return
    there = set(known_deployments(desired, observed))
    if any(_hit(desired, one) for one in there):
        return
    whole = [f"{glob}/*" for glob in targets if any(_would_hit(desired, f"{glob}/*", one) for one in there)]
    if whole:
        raise UsageProblem(
            f"--target {' --target '.join(targets)} matches no deployment; --target "
            f"{' --target '.join(repr(one) for one in whole)} does. A target is a glob over "
            "subscription-or-alias/account/deployment, or its last parts"
        )
    names = sorted({one.name for one in there | desired.scope.left_out})
    meant = sorted({near for glob in targets for near in similar(glob.rpartition("/")[2], names)})
    told = f"did you mean {' or '.join(meant)}? " if meant else ""
    if names and not meant:
        told = f"there are {listed(names, most=_MOST)}. "
    raise UsageProblem(
        f"--target {' --target '.join(targets)} matches no deployment, neither one that the manifests "
        f"declare nor one that is there in their accounts: {told}A target is a glob over "
        "subscription-or-alias/account/deployment, or its last parts"
    )


def _hit(desired: DesiredState, one: DeploymentId) -> bool:
    """Whether a target means it. What an exclude took back was hit; what --select left out was not."""
    scope, alias = desired.scope, desired.fleet.alias_of(one.account.subscription)
    taken_back = matches_any(scope.excludes, one, alias)
    return matches_any(scope.targets, one, alias) and (taken_back or one not in scope.left_out)


def _would_hit(desired: DesiredState, glob: str, one: DeploymentId) -> bool:
    """Whether another target would mean it."""
    return matches_any((glob,), one, desired.fleet.alias_of(one.account.subscription))

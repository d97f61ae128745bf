"""The declared deployments of one account as each other's neighbours: who names whom.

Names are compared without case. A deployment that a selection left out is declared all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.catalogue.near import misspelling_of, similar
from reconciler.diagnostics import Route
from reconciler.domain.deployment import DesiredDeployment, Unset
from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import did_you_mean


class Siblings:
    """Lookup of declared deployments by account and name."""

    def __init__(self, desired: DesiredState) -> None:
        self._left_out = desired.scope.left_out
        self._known: dict[DeploymentId, DesiredDeployment] = {d.id: d for d in desired.deployments}
        self._names: dict[AccountId, list[str]] = {}
        for deployment in desired.deployments:
            self._names.setdefault(deployment.id.account, []).append(deployment.id.name)

    def find(self, deployment: DesiredDeployment, name: str) -> DesiredDeployment | None:
        """The declared and selected deployment `name` of the same account."""
        return self._known.get(DeploymentId(account=deployment.id.account, name=name))

    def declares(self, deployment: DesiredDeployment, name: str) -> bool:
        """Whether the account declares `name`, selected or not."""
        wanted = DeploymentId(account=deployment.id.account, name=name)
        return wanted in self._known or wanted in self._left_out

    def names(self, deployment: DesiredDeployment) -> list[str]:
        """The other names that the account declares."""
        every = self._names.get(deployment.id.account, [])
        return [name for name in every if name.lower() != deployment.id.name.lower()]

    def meant(self, deployment: DesiredDeployment, name: str) -> str:
        """A fix at the declared name that `name` may be a slip of; empty without any."""
        names = self.names(deployment)
        return did_you_mean(misspelling_of(name, names), similar(name, names, 2))

    def rings(self) -> Iterator[tuple[DesiredDeployment, ...]]:
        """The rings of references: one for each reference that leads back to where a walk has come from."""
        done: set[DeploymentId] = set()
        for start in self._known.values():
            if start.id not in done:
                yield from self._rings_from(start, done)

    def _rings_from(
        self, start: DesiredDeployment, done: set[DeploymentId]
    ) -> Iterator[tuple[DesiredDeployment, ...]]:
        """Depth first without recursion: chains of references can be as long as an account is large."""
        path = {start.id: start}
        pending = [iter(self._named_by(start))]
        while pending:
            target = next(pending[-1], None)
            if target is None:
                pending.pop()
                done.add(path.popitem()[0])
            elif target.id in path:
                walked = list(path.values())
                yield tuple(walked[[d.id for d in walked].index(target.id) :])
            elif target.id not in done:
                path[target.id] = target
                pending.append(iter(self._named_by(target)))

    def _named_by(self, deployment: DesiredDeployment) -> list[DesiredDeployment]:
        spill, parent = (
            deployment.spec.spillover_deployment_name,
            deployment.spec.parent_deployment_name,
        )
        found: list[DesiredDeployment | None] = []
        if not isinstance(spill, Unset) and spill.lower() != deployment.id.name.lower():
            found.append(self.find(deployment, spill))
        if not isinstance(parent, Unset):
            found.append(self.find(deployment, parent))
        return [target for target in found if target is not None]


def reference_route(deployment: DesiredDeployment, target: DesiredDeployment) -> Route:
    """The field by which `deployment` names `target`."""
    spill = deployment.spec.spillover_deployment_name
    if not isinstance(spill, Unset) and spill.lower() == target.id.name.lower():
        return ("spilloverDeploymentName",)
    return ("parentDeploymentName",)

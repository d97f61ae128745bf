"""A lane looks at its next deployment while the last one is read back: one wait for both.

Such a look is a look like any other: a write is sent within two seconds of it, or there is another one
(interface, promise P1). It holds no place and no turn, so nothing waits for it; what is not used is lost.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Look
from reconciler.engine.ports import DeploymentsApi
from reconciler.errors import ArmError, CredentialError


@dataclass(slots=True)
class LookAhead:
    """Of one lane. `following` is what the step after this one is about."""

    api: DeploymentsApi
    following: DeploymentId | None = None
    _target: DeploymentId | None = None
    _look: asyncio.Task[Look | None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])

    def begin(self) -> None:
        """Look at what comes next, unless that was begun."""
        if self.following is not None and self.following != self._target:
            self._target = self.following
            self._look = asyncio.ensure_future(self._looked(self.following))

    async def had(self, deployment: DeploymentId) -> Look | None:
        """What was seen of a deployment, once; None where it was not looked at, or could not be."""
        if self._look is None or self._target != deployment:
            return None
        look, self._look = self._look, None
        return await look

    async def _looked(self, deployment: DeploymentId) -> Look | None:
        try:
            return await self.api.look(deployment)
        except (ArmError, CredentialError):
            return None  # the turn looks again, and says what is wrong

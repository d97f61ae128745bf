"""Writing as the engine does: turns until ARM took the write, whatever was between."""

from collections.abc import Awaitable, Callable

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted, Deferred
from reconciler.engine.ports import DeploymentsApi, Turn


async def put(
    api: DeploymentsApi, deployment: DeploymentId, body: JsonObject, *, source_tenants: tuple[str, ...] = ()
) -> Accepted:
    """One PUT."""
    return await _written(api, deployment, "PUT", lambda turn: turn.put(body), source_tenants)


async def delete(api: DeploymentsApi, deployment: DeploymentId) -> Accepted:
    """One DELETE."""
    return await _written(api, deployment, "DELETE", lambda turn: turn.delete(), ())


async def _written(
    api: DeploymentsApi,
    deployment: DeploymentId,
    method: str,
    send: Callable[[Turn], Awaitable[Accepted | Deferred]],
    tenants: tuple[str, ...],
) -> Accepted:
    failures = 0
    while True:
        async with api.turn(deployment, method, source_tenants=tenants, attempt=failures + 1) as turn:
            answer = await send(turn)
        if isinstance(answer, Accepted):
            return answer
        failures += answer.error is not None
        if answer.error is not None and failures >= 4:
            raise answer.error

"""One look at a deployment and one write right after it.

Rule of this module: what the look saw goes along as a precondition, so that an ARM which checks it refuses a
write over somebody else's change; one that does not check it loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.arm import wire_deployment
from reconciler.arm.call import Call, Lost, Ok, Rejected, Understanding, encoded, outcome_unknown, resource
from reconciler.arm.classify import rejection, says_account_is_gone, says_item_is_absent
from reconciler.arm.operation import reference
from reconciler.arm.origin import Origin
from reconciler.arm.policy import RequestPolicy
from reconciler.arm.printable import printable, request_id
from reconciler.arm.retry import retry_after
from reconciler.arm.transport import Answer
from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId
from reconciler.domain.operation import Accepted, Deferred
from reconciler.domain.state import ObservedDeployment
from reconciler.errors import ArmRejected


def read_as(deployment: DeploymentId) -> Understanding[ObservedDeployment | None]:
    """Makes a deployment of an answer; None of one that says that it is absent."""

    def understand(answer: Answer, body: object) -> ObservedDeployment | None:
        return None if answer.status == 404 else wire_deployment.deployment(resource(body), deployment)

    return understand


@dataclass(frozen=True, slots=True)
class ArmTurn:
    """`observed` is what the look saw; the turn ends with the block that it was had for."""

    observed: ObservedDeployment | None
    _allowed: Call
    _deployment: DeploymentId
    _policy: RequestPolicy
    _home: Origin

    async def put(self, body: JsonObject) -> Accepted | Deferred:
        """Send one PUT; ArmUnreachable and ArmContractBroken leave open what became of it."""
        result = await self._sent(replace(self._allowed, content=encoded(body)))
        if isinstance(result, Rejected):
            raise _explained(result, body, self._allowed)
        return result

    async def delete(self) -> Accepted | Deferred:
        """Send one DELETE; a deployment that is absent, or whose account is gone, is as good as deleted."""
        result = await self._sent(self._allowed)
        if not isinstance(result, Rejected):
            return result
        account, fault = self._deployment.account, result.fault
        if fault is not None and (
            says_item_is_absent(fault, str(self._deployment), gateway=result.gateway)
            or says_account_is_gone(fault, str(account), account.name)
        ):
            return Accepted(request_id=result.error.request_id)
        raise result.error

    async def _sent(self, call: Call) -> Accepted | Deferred | Rejected:
        result = await self._policy.write(
            replace(call, headers={**call.headers, **self._condition()}), self._accepted
        )
        if isinstance(result, Lost):
            raise outcome_unknown(result.error) if result.again else result.error
        return result.value if isinstance(result, Ok) else result

    def _condition(self) -> dict[str, str]:
        if self.observed is None:
            return {"If-None-Match": "*"}
        return {"If-Match": self.observed.etag} if self.observed.etag else {}

    def _accepted(self, answer: Answer, body: object) -> Accepted:
        operation, warning = reference(answer.headers, answer.status, self._deployment, self._home)
        stated = isinstance(body, dict) and "id" in body
        expected = self._allowed.method == "PUT" and (answer.status in {200, 201} or stated)
        return Accepted(
            operation=operation,
            deployment=wire_deployment.deployment(resource(body), self._deployment) if expected else None,
            retry_after=retry_after(answer.headers),
            request_id=request_id(answer.headers.get("x-ms-request-id")),
            warning=warning,
        )


def _explained(refused: Rejected, body: JsonObject, call: Call) -> ArmRejected:
    """ARM's refusal; of a source account that may not be read, with what to do about it (F-024)."""
    fault = refused.fault
    if fault is None or fault.code.lower() != "linkedauthorizationfailed":
        return refused.error
    properties = body.get("properties")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    found = (model.get("sourceAccount") or model.get("source")) if isinstance(model, Mapping) else None
    source = f"source account {printable(found, 300)}" if isinstance(found, str) else "source account"
    sent = "no other tenant's token was sent"
    if call.source_tenants:
        sent = f"a token of tenant {', '.join(call.source_tenants)} was sent along"
    return rejection(
        fault,
        operation=call.operation,
        target=call.target,
        request_id=refused.error.request_id,
        note=f"({source}; {sent}. The identity needs Cognitive Services OpenAI Contributor on the source "
        "account, in the source's tenant, and on the destination account)",
    )

"""What Azure Policy says of the writes of a plan, before they are sent: one request an account.

`evaluateDeploymentPolicies` (previews from 2026-03-15 on) looks at the model and the content filter and at
nothing else: a policy about SKU, capacity or tags is not seen. A verdict can speak against a write, never for
one; only the effect Deny stops it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from reconciler.domain.ids import AccountId, DeploymentId
from reconciler.domain.platform import Compliance, PolicyFinding, PolicyQuestion, PolicyVerdict
from reconciler.domain.state import ObservedState, Opinion
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.actions import Create, Replace, Update
from reconciler.plan.plan import Plan

UNSEEN: Final = "Azure Policy was asked about model and content filter: rules about SKU or tags are not seen"


class PolicyChecks(Protocol):
    """The one verb of the platform's port that is needed here."""

    async def evaluate_policies(
        self, account: AccountId, questions: Sequence[PolicyQuestion]
    ) -> Mapping[str, PolicyVerdict]:
        """What Azure Policy says of models and content filters in an account, by deployment name."""
        ...


_FIX: Final = "use an approved model or content filter, or ask for an exemption from the assignment"


async def with_policy_verdicts(
    plan: Plan, observed: ObservedState, api: PolicyChecks, *, parallelism: int = 32
) -> ObservedState:
    """`observed` with what Azure Policy says of the writes of `plan`; plan again with it."""
    gate = asyncio.Semaphore(parallelism)
    told = await asyncio.gather(
        *(
            _asked(account, asking, api, gate)
            for account, asking in sorted(_questions(plan).items(), key=lambda item: item[0].key)
        )
    )
    found = dict(one for some in told for one in some)
    return replace(observed, opinions={**found, **observed.opinions})


def _questions(plan: Plan) -> dict[AccountId, dict[DeploymentId, PolicyQuestion]]:
    asking: dict[AccountId, dict[DeploymentId, PolicyQuestion]] = defaultdict(dict)
    for step in plan.writes:
        action = step.action
        if isinstance(action, Create | Update | Replace):
            properties = action.writes[-1].get("properties")
            body = properties if isinstance(properties, dict) else {}
            stated, filter_ = body.get("model"), body.get("raiPolicyName")
            model = stated if isinstance(stated, dict) else {}
            asking[action.id.account][action.id] = PolicyQuestion(
                name=action.id.name,
                model={name: value for name, value in model.items() if isinstance(value, str)},
                rai_policy=filter_ if isinstance(filter_, str) else None,
            )
    return asking


async def _asked(
    account: AccountId, asking: dict[DeploymentId, PolicyQuestion], api: PolicyChecks, gate: asyncio.Semaphore
) -> list[tuple[DeploymentId, Opinion]]:
    try:
        async with gate:
            verdicts = await api.evaluate_policies(account, list(asking.values()))
    except (ArmError, CredentialError) as problem:
        unknown = Opinion(refused=False, message=f"Azure Policy could not be asked ({problem})")
        return [(one, unknown) for one in asking]
    by_name = {name.lower(): verdict for name, verdict in verdicts.items()}
    return [(one, opinion) for one in asking for opinion in _opinion(by_name.get(one.name.lower()))]


def _opinion(verdict: PolicyVerdict | None) -> Iterator[Opinion]:
    """At most one: what denies, else what would only be reported."""
    if verdict is None or verdict.compliance is Compliance.COMPLIANT:
        return
    if verdict.compliance is not Compliance.NON_COMPLIANT:
        why = f": {verdict.message}" if verdict.message else ""
        yield Opinion(refused=False, message=f"Azure Policy gives no verdict{why}")
        return
    denying = [one for one in verdict.findings if one.denies]
    named = "; ".join(map(_named, denying or verdict.findings)) or "an assignment that it does not name"
    if denying:
        yield Opinion(refused=True, message=f"Azure Policy denies it: {named}", fix=_FIX)
    else:
        yield Opinion(refused=False, message=f"Azure Policy will report it and let it be: {named}")


def _named(one: PolicyFinding) -> str:
    assignment = one.assignment.rsplit("/", 1)[-1] or one.definition.rsplit("/", 1)[-1]
    return f"{assignment} ({one.reason.rstrip('.')})" if one.reason else assignment

"""Second opinions on a plan: ARM's own validation of the exact bodies, and what Azure Policy says of them.

A verdict can speak against a write, never for one. A write that needs another write first is told what ARM
says of it today and is not stopped by that: what ARM misses may be what the plan is about to make.
`evaluateDeploymentPolicies` (previews from 2026-03-15 on) looks at the model and the content filter and at
nothing else: a policy about SKU, capacity or tags is not seen. Only its effect Deny stops a write.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.platform import Compliance, PolicyFinding, PolicyQuestion, PolicyVerdict
from reconciler.domain.state import ObservedState, Opinion
from reconciler.engine.fixes import fix_for
from reconciler.engine.platform import each, tried
from reconciler.engine.ports import PolicyChecks, Validation
from reconciler.errors import ArmError, CredentialError, ValidationRefused
from reconciler.plan.actions import Create, Replace, Update
from reconciler.plan.plan import Plan, Step

# One request carries so many resources; ARM bounds a request by its size, 4 MB, far above this.
_TOGETHER = 50


UNSEEN: Final = "Azure Policy was asked about model and content filter: rules about SKU or tags are not seen"
_FIX: Final = "use an approved model or content filter, or ask for an exemption from the assignment"

_Together = tuple[str, str, Region, tuple[str, ...]]
"""What writes must have alike to be asked about together: subscription, group, region, sources' tenants."""


async def with_opinions(
    plan: Plan, observed: ObservedState, api: Validation, *, parallelism: int = 32
) -> ObservedState:
    """`observed` with ARM's objections to the writes of `plan`; plan again with it.

    Replacements are not asked about while the old deployment stands in their way. One request is sent for
    the writes of a resource group in a region, and one for each of them where that is refused.
    """
    groups: dict[_Together, list[Step]] = defaultdict(list)
    for step in plan.writes:
        action, account = step.action, step.action.id.account
        if isinstance(action, Create | Update) and action.region is not None:
            tenants = (action.desired.source_tenant,) if action.desired.source_tenant else ()
            place = (account.subscription.lower(), account.resource_group.lower(), action.region, tenants)
            groups[place].append(step)
    gate = asyncio.Semaphore(parallelism)
    answers = await asyncio.gather(
        *(
            _asked(asking[start : start + _TOGETHER], together, api, gate)
            for together, asking in sorted(groups.items(), key=lambda item: str(item[0]))
            for start in range(0, len(asking), _TOGETHER)
        )
    )
    opinions = {name: opinion for some in answers for name, opinion in some}
    return replace(observed, opinions=opinions)


async def _asked(
    asking: Sequence[Step], together: _Together, api: Validation, gate: asyncio.Semaphore
) -> list[tuple[DeploymentId, Opinion]]:
    """ARM's objections to some writes that can be asked about together."""
    first, (_, _, region, tenants) = asking[0], together
    # The second of two writes is about a state that is not there yet.
    bodies = [(item.action.id, item.action.writes[0]) for item in asking]
    try:
        async with gate:
            await api.validate(region, bodies, source_tenants=tenants)
    except ValidationRefused as refused:
        if len(asking) > 1:
            each = await asyncio.gather(*(_asked([item], together, api, gate) for item in asking))
            return [found for some in each for found in some]
        said = f"{refused.code}: {refused.message}"
        if first.depends_on:
            names = ", ".join(name.name for name in first.depends_on)
            text = f"today ARM would refuse it ({said}), before {names} is done"
            return [(first.action.id, Opinion(refused=False, message=text))]
        fix = fix_for(refused.code, refused.message)
        return [(first.action.id, Opinion(refused=True, message=said, fix=fix))]
    except (ArmError, CredentialError) as problem:
        unknown = Opinion(refused=False, message=f"ARM's own validation could not be asked ({problem})")
        return [(item.action.id, unknown) for item in asking]
    return []


async def with_policy_verdicts(
    plan: Plan, observed: ObservedState, api: PolicyChecks, *, parallelism: int = 32
) -> ObservedState:
    """`observed` with what Azure Policy says of the writes of `plan`; plan again with it."""
    asking: dict[AccountId, list[tuple[DeploymentId, PolicyQuestion]]] = defaultdict(list)
    for action in (step.action for step in plan.writes):
        if isinstance(action, Create | Update | Replace):
            properties = action.writes[-1].get("properties")
            body = properties if isinstance(properties, dict) else {}
            stated, filter_ = body.get("model"), body.get("raiPolicyName")
            model = stated if isinstance(stated, dict) else {}
            question = PolicyQuestion(
                name=action.id.name,
                model={name: value for name, value in model.items() if isinstance(value, str)},
                rai_policy=filter_ if isinstance(filter_, str) else None,
            )
            asking[action.id.account].append((action.id, question))

    async def ask(account: AccountId) -> dict[DeploymentId, Opinion]:
        questions = asking[account]
        verdicts = await tried(
            api.evaluate_policies(account, [question for _, question in questions]),
            lambda why: Opinion(refused=False, message=f"Azure Policy could not be asked ({why})"),
        )
        if isinstance(verdicts, Opinion):
            return {item: verdicts for item, _ in questions}
        by_name = {name.lower(): verdict for name, verdict in verdicts.items()}
        found = {item: _opinion(by_name.get(item.name.lower())) for item, _ in questions}
        return {item: opinion for item, opinion in found.items() if opinion is not None}

    answers = await each(sorted(asking, key=lambda item: item.key), ask, asyncio.Semaphore(parallelism))
    found = {item: opinion for some in answers.values() for item, opinion in some.items()}
    return replace(observed, opinions={**found, **observed.opinions})


def _opinion(verdict: PolicyVerdict | None) -> Opinion | None:
    """What denies, else what would only be reported; None where nothing speaks against it."""
    if verdict is None or verdict.compliance is Compliance.COMPLIANT:
        return None
    if verdict.compliance is not Compliance.NON_COMPLIANT:
        why = f": {verdict.message}" if verdict.message else ""
        return Opinion(refused=False, message=f"Azure Policy gives no verdict{why}")
    denying = [finding for finding in verdict.findings if finding.denies]
    named = "; ".join(map(_named, denying or verdict.findings)) or "an assignment that it does not name"
    if denying:
        return Opinion(refused=True, message=f"Azure Policy denies it: {named}", fix=_FIX)
    return Opinion(refused=False, message=f"Azure Policy will report it and let it be: {named}")


def _named(finding: PolicyFinding) -> str:
    assignment = finding.assignment.rsplit("/", 1)[-1] or finding.definition.rsplit("/", 1)[-1]
    return f"{assignment} ({finding.reason.rstrip('.')})" if finding.reason else assignment

"""ARM's own validation as a second opinion on a plan: asked about the exact bodies that would be sent.

A verdict can speak against a write, never for one. A write that needs another write first is told what ARM
says of it today and is not stopped by that: what ARM misses may be what the plan is about to make.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.domain.deployment import JsonObject
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.state import ObservedState, Opinion
from reconciler.engine.fixes import fix_for
from reconciler.engine.ports import Validation
from reconciler.errors import ArmError, CredentialError, ValidationRefused
from reconciler.plan.actions import Create, Update
from reconciler.plan.plan import Plan, Step

# One request carries so many resources; ARM bounds a request by its size, 4 MB, far above this.
_TOGETHER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One write, and what decides with which others it can be asked about."""

    step: Step
    id: DeploymentId
    region: Region
    body: JsonObject
    tenants: tuple[str, ...]

    @property
    def together(self) -> tuple[object, ...]:
        account = self.id.account
        return (account.subscription.lower(), account.resource_group.lower(), self.region, self.tenants)


async def with_opinions(
    plan: Plan, observed: ObservedState, api: Validation, *, parallelism: int = 32
) -> ObservedState:
    """`observed` with ARM's objections to the writes of `plan`; plan again with it.

    Replacements are not asked about while the old deployment stands in their way. One request is sent for
    the writes of a resource group in a region, and one for each of them where that is refused.
    """
    groups: dict[tuple[object, ...], list[_Question]] = defaultdict(list)
    for question in _questions(plan):
        groups[question.together].append(question)
    gate = asyncio.Semaphore(parallelism)
    told = await asyncio.gather(
        *(
            _asked(asking[start : start + _TOGETHER], api, gate)
            for _, asking in sorted(groups.items(), key=lambda item: str(item[0]))
            for start in range(0, len(asking), _TOGETHER)
        )
    )
    opinions = {name: opinion for some in told for name, opinion in some}
    return replace(observed, opinions=opinions)


def _questions(plan: Plan) -> Iterator[_Question]:
    for step in plan.writes:
        action = step.action
        if isinstance(action, Create | Update) and action.region is not None:
            tenant = action.desired.source_tenant
            yield _Question(
                step=step,
                id=action.id,
                region=action.region,
                body=action.writes[0],  # a second one is about a state that is not there yet
                tenants=(tenant,) if tenant else (),
            )


async def _asked(
    asking: Sequence[_Question], api: Validation, gate: asyncio.Semaphore
) -> list[tuple[DeploymentId, Opinion]]:
    """ARM's objections to some writes that can be asked about together."""
    first = asking[0]
    try:
        async with gate:
            await api.validate(
                first.region, [(one.id, one.body) for one in asking], source_tenants=first.tenants
            )
    except ValidationRefused as refused:
        if len(asking) > 1:
            each = await asyncio.gather(*(_asked([one], api, gate) for one in asking))
            return [found for some in each for found in some]
        return [(first.id, _verdict(first, refused))]
    except (ArmError, CredentialError) as problem:
        unknown = Opinion(refused=False, message=f"ARM's own validation could not be asked ({problem})")
        return [(one.id, unknown) for one in asking]
    return []


def _verdict(question: _Question, refused: ValidationRefused) -> Opinion:
    said = f"{refused.code}: {refused.message}"
    if question.step.depends_on:
        names = ", ".join(name.name for name in question.step.depends_on)
        return Opinion(refused=False, message=f"today ARM would refuse it ({said}), before {names} is done")
    return Opinion(refused=True, message=said, fix=fix_for(refused.code, refused.message))

"""Asking ARM how much capacity there is: once per subscription, model and version, whatever a plan holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from reconciler.domain.platform import ModelCapacity
from reconciler.engine.ports import Platform
from reconciler.errors import ArmError, CredentialError
from reconciler.plan.capacity import Answers, CapacityQuestion


async def ask_capacities(
    questions: Iterable[CapacityQuestion], api: Platform, *, parallelism: int = 32
) -> Answers:
    """The answer to each question, asked once; the reason where there is none."""
    gate = asyncio.Semaphore(parallelism)

    async def ask(one: CapacityQuestion) -> Sequence[ModelCapacity] | str:
        async with gate:
            try:
                return await api.list_capacities(one.subscription, one.model)
            except (ArmError, CredentialError) as problem:
                return f"modelCapacities could not be read: {problem}"

    wanted = sorted(set(questions))
    return dict(zip(wanted, await asyncio.gather(*map(ask, wanted)), strict=True))

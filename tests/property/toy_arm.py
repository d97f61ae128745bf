"""ARM as a pure toy: it merges bodies, fills in defaults, refuses what is known to be refused.

Just true enough for laws about plans; wire behaviour is the emulator's business.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.domain.deployment import JsonObject, ModelRef
from reconciler.domain.ids import DeploymentId
from reconciler.domain.sku import KNOWN_SKUS, SkuFamily, SkuName
from reconciler.domain.state import ObservedState, Offer
from reconciler.plan.actions import Action, Blocked, Delete, Keep, Replace
from reconciler.plan.plan import Plan, Step
from tests.unit.plan.states import TUNED, account, answer, listed, seen, world

MODELS: dict[str, tuple[str, ...]] = {
    "gpt-4o": ("2024-08-06", "2024-11-20"),
    "gpt-4.1": ("2025-04-14",),
    "gpt-4o-mini": ("2024-07-18",),
    TUNED: ("1",),
}


class RefusedError(AssertionError):
    """The toy was asked for something that ARM is known to refuse: the plan should have known."""


def pool_of(model: str, sku: str) -> str:
    """The quota name of this toy's region; not derivable from the names alone, as in reality."""
    if SkuName(sku).family is SkuFamily.PROVISIONED:
        return f"OpenAI.{sku}"
    base = ModelRef(name=model).tuned_from
    return f"OpenAI.{sku}.{base.name}-finetune" if base else f"OpenAI.{sku}.{model.replace('-', '')}"


def offers() -> Iterator[Offer]:
    for model, versions in MODELS.items():
        base = ModelRef(name=model).tuned_from
        for sku in KNOWN_SKUS:
            for version in versions:
                yield Offer(
                    model_format="OpenAI",
                    model_name=base.name if base else model,
                    model_version=base.version if base else version,
                    sku=SkuName(sku),
                    pool=pool_of(model, sku),
                    account_kind="OpenAI",
                )


@dataclass
class ToyArm:
    """Deployments by identity, in the shape of ARM's answers."""

    accounts: tuple[str, ...]
    resources: dict[DeploymentId, dict[str, Any]] = field(default_factory=dict)

    def copy(self) -> ToyArm:
        return ToyArm(self.accounts, copy.deepcopy(self.resources))

    def observe(self, *, reverse: bool = False) -> ObservedState:
        """Everything there is; `reverse` turns every order that ARM does not promise around."""
        readings = []
        for name in sorted(self.accounts, reverse=reverse):
            there = [seen(one, self.resources[one]) for one in self.resources if one.account == account(name)]
            readings.append(listed(*sorted(there, key=lambda one: one.id.key, reverse=reverse), name=name))
        found = list(offers())
        return world(*readings, offers=found[::-1] if reverse else found)

    def bodies(self) -> dict[DeploymentId, Any]:
        """What a person would compare."""
        return copy.deepcopy(self.resources)

    def use(self) -> Counter[str]:
        used: Counter[str] = Counter()
        for resource in self.resources.values():
            sku = resource["sku"]
            used[pool_of(resource["properties"]["model"]["name"], sku["name"])] += sku["capacity"]
        return used

    def put(self, one: DeploymentId, body: JsonObject) -> None:
        wanted: Any = copy.deepcopy(body)
        model = wanted["properties"]["model"]
        model.setdefault("version", MODELS[model["name"]][0])
        before = self.resources.get(one)
        if before is not None:
            _must_be_legal(before, wanted)
        self.resources[one] = answer(one, wanted)

    def delete(self, one: DeploymentId) -> None:
        del self.resources[one]

    def requests(self, action: Action) -> Iterator[None]:
        """Carry `action` out, one request per turn."""
        if isinstance(action, Keep | Blocked):
            return
        if isinstance(action, Delete | Replace):
            self.delete(action.id)
            yield
        for body in action.writes:
            self.put(action.id, body)
            yield

    def carry_out(self, steps: Iterable[Step]) -> None:
        for step in steps:
            for _ in self.requests(step.action):
                pass


def _must_be_legal(before: dict[str, Any], wanted: dict[str, Any]) -> None:
    old, new = before["properties"]["model"], wanted["properties"]["model"]
    if "sku" not in wanted:
        raise RefusedError("The sku of model deployment is not provided.")
    provisioned = SkuName(before["sku"]["name"]).family is SkuFamily.PROVISIONED
    migrates = provisioned and old["format"] == new["format"]
    if (old["format"], old["name"]) != (new["format"], new["name"]) and not migrates:
        raise RefusedError("The model of deployment cannot be changed.")
    same_model = (old["name"], old["version"]) == (new["name"], new.get("version", old["version"]))
    if not same_model and before["sku"]["capacity"] != wanted["sku"]["capacity"]:
        raise RefusedError("Cannot change capacity and model at the same time for deployment")
    after = answer(DeploymentId.parse(before["id"]), wanted)
    if after == before:
        raise RefusedError("a PUT without a difference")


def linear_extension(plan: Plan, choices: Sequence[int]) -> Iterator[Step]:
    """The writes in some order that dependencies and lanes allow; `choices` pick among what is ready."""
    waiting = list(plan.writes)
    done: set[DeploymentId] = set()
    turn = 0
    while waiting:
        lanes = {step.action.id.account: step for step in reversed(waiting)}
        ready = sorted(
            (step for step in lanes.values() if done.issuperset(step.depends_on)), key=lambda step: step.order
        )
        step = ready[choices[turn % len(choices)] % len(ready)] if choices else ready[0]
        turn += 1
        waiting.remove(step)
        done.add(step.action.id)
        yield step

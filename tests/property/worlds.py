"""Fleets and the worlds in which they were applied, for laws about both."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from reconciler.domain.deployment import DesiredDeployment
from reconciler.domain.fleet import DesiredState, PrunePolicy
from reconciler.plan.plan import Plan
from reconciler.planfile.codec import to_json
from tests.property.strategies import ACCOUNTS
from tests.property.toy_arm import ToyArm
from tests.unit.plan.states import plan, state

Fleet = tuple[DesiredDeployment, ...]


def declared(fleet: Sequence[DesiredDeployment], *, prune: PrunePolicy = PrunePolicy.OWNED) -> DesiredState:
    return state(*fleet, accounts=ACCOUNTS, prune=prune)


def converged(before: Fleet) -> ToyArm:
    """A world in which `before` has been applied."""
    arm = ToyArm(ACCOUNTS)
    arm.carry_out(plan(declared(before), arm.observe()).writes)
    return arm


def text_of(made: Plan) -> str:
    """The plan file."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    document = to_json(made, created_at=now, tool_version="1", manifest_paths=("m",))
    return json.dumps(document)

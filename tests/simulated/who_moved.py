"""Who moved a deployment to another model: what a world knows of it, and the laws of a plan and of a report.

What a world knows is what was done (`deeds.py`), and of each mark of a spec which model it stood for. It is
sure only where every answer but one would be wrong; elsewhere, as where somebody does what the service might
have done, nothing is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto

from reconciler.domain.deployment import DesiredDeployment, JsonObject, Unset
from reconciler.domain.ids import DeploymentId
from reconciler.domain.marks import MODEL_TAG, SPEC_TAG
from reconciler.domain.sku import SkuName
from reconciler.plan.actions import Action, Keep, Reason, Replace
from reconciler.plan.body import spec_mark
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport
from reconciler.plan.plan import Plan
from tests.simulated.arm import World, model_of
from tests.simulated.deeds import SERVICE, US, Model


class Truth(Enum):
    """Who is behind a live model that is not the declared one."""

    MANIFEST = auto()
    SERVICE = auto()
    SOMEBODY = auto()


Truths = Mapping[DeploymentId, Truth]


def declared_model(one: DesiredDeployment) -> Model:
    version = one.spec.model.version
    assert not isinstance(version, Unset)
    return one.spec.model.name, version


def may_run(one: DesiredDeployment, there: JsonObject, world: World) -> frozenset[Model]:
    """The declared model, and what the service makes of it where it may."""
    name, version = declared_model(one)
    option = one.spec.text("versionUpgradeOption")
    if isinstance(option, Unset):
        properties = there["properties"]
        assert isinstance(properties, dict)
        option = str(properties.get("versionUpgradeOption"))
    if not one.spec.sku.name.pay_as_you_go or option == "NoAutoUpgrade":
        return frozenset({(name, version)})
    found, waiting = {(name, version)}, [(name, version)]
    while waiting:
        here, _ = waiting.pop()
        after = {(here, "2")} | ({(world.successors[here], "1")} if here in world.successors else set())
        waiting += after - found
        found |= after
    return frozenset(found)


def truths(declared: Sequence[DesiredDeployment], world: World, stood_for: Mapping[str, Model]) -> Truths:
    """What is certain of the deployments that run another model; `stood_for` is by mark of a spec."""
    found = {one.id: _truth(one, world, stood_for) for one in declared if one.id in world.deployments}
    return {name: truth for name, truth in found.items() if truth is not None}


def _truth(one: DesiredDeployment, world: World, stood_for: Mapping[str, Model]) -> Truth | None:
    there = world.deployments[one.id]
    tags = there.get("tags", {})
    last = stood_for.get(tags.get(SPEC_TAG, ""))
    if last is None or there["properties"]["provisioningState"] != "Succeeded":
        return None
    if tags.get(MODEL_TAG) != "@".join(last):  # the first of two writes keeps the mark of the spec before it
        return None
    live, wanted = model_of(there), declared_model(one)
    if live == wanted:
        return None
    if last != wanted:
        return Truth.MANIFEST
    provisioned = not SkuName(there["sku"]["name"]).pay_as_you_go
    moves = world.deeds.moves_since_ours(one.id)
    if provisioned != (not one.spec.sku.name.pay_as_you_go) or not moves:
        return None
    by_service, allowed = [move.who == SERVICE for move in moves], live in may_run(one, there, world)
    if all(by_service) and allowed:
        return Truth.SERVICE
    return None if by_service[-1] or allowed else Truth.SOMEBODY


# -- a plan --------------------------------------------------------------------------------------------------


def hold_plan(plan: Plan, known: Truths, declared: Mapping[DeploymentId, DesiredDeployment]) -> None:
    """What a plan does about each of them."""
    for action in (step.action for step in plan.steps):
        truth = known.get(action.id)
        if truth is None or action.observed is None:
            continue
        asked = {change.path: change.after for change in action.changes if change.path.startswith("model.")}
        if truth is Truth.SERVICE:
            assert not asked, f"what the service moved is moved back: {action}"
            assert not isinstance(action, Replace), f"what the service moved is replaced: {action}"
            if isinstance(action, Keep):
                assert action.reason is Reason.AUTO_UPGRADED, action
            continue
        assert action.reason is not Reason.AUTO_UPGRADED, f"{truth}, and called an upgrade: {action}"
        wanted = dict(zip(("model.name", "model.version"), declared_model(declared[action.id]), strict=True))
        assert asked, f"{truth}, and nothing is done about it: {action}"
        assert asked.items() <= wanted.items(), f"{truth}, and another model is asked for: {action}"


ACROSS_VERSIONS, ACROSS_NAMES, BESIDE, ON_PROVISIONED, AS_NO_SERVICE_DOES, BY_MANIFEST = MOVES = (
    "upgraded by the service across versions",
    "upgraded by the service across names",
    "upgraded by the service, and something else is changed",
    "moved by somebody on a provisioned SKU",
    "moved by somebody where the service may upgrade, and not as it does",
    "moved by the manifest",
)
"""What a plan can have to decide."""


def kinds_of(action: Action, truth: Truth | None) -> Iterator[str]:
    """What of it a step had to decide."""
    if truth is Truth.SERVICE and action.observed is not None and action.desired is not None:
        same_name = action.observed.model_name == action.desired.spec.model.name
        yield ACROSS_VERSIONS if same_name else ACROSS_NAMES
        if not isinstance(action, Keep):
            yield BESIDE
    if truth is Truth.SOMEBODY and action.desired is not None:
        yield AS_NO_SERVICE_DOES if action.desired.spec.sku.name.pay_as_you_go else ON_PROVISIONED
    if truth is Truth.MANIFEST:
        yield BY_MANIFEST


def hold_writes(world: World, known: Truths, since: int) -> None:
    """Since then nothing of ours has deleted what the service moved, or given it another model."""
    for deed in world.deeds.all[since:]:
        if deed.who == US and known.get(deed.target) is Truth.SERVICE:
            assert not deed.moves, f"what the service moved was moved back or deleted: {deed}"


# -- a report of drift ---------------------------------------------------------------------------------------

_GONE = frozenset({Cause.MISSING, Cause.DELETED_OUTSIDE, Cause.PENDING})


def hold_drift(
    report: DriftReport, known: Truths, world: World, declared: Mapping[DeploymentId, DesiredDeployment]
) -> None:
    """Each cause against what happened, and each name against who did it."""
    for item in report.items:
        if item.cause is Cause.CHANGED_OUTSIDE:
            assert world.deeds.strangers(item.id), f"nobody else was ever there: {item}"
            writes = [deed for deed in world.deeds.of(item.id) if deed.verb == "write"]
            assert item.who == writes[-1].who, (item, writes[-1])
        if item.absent:
            _hold_absence(item, world, unverified=bool(report.unverified))
    causes = {item.id: item.cause for item in report.items}
    for name, truth in known.items():
        cause, applied = causes[name], _is_last_applied(declared[name], world)
        if truth is Truth.SERVICE and applied:
            assert cause in {Cause.AUTO_UPGRADED, Cause.CHANGED_OUTSIDE}, f"the service moved it: {cause}"
            others = world.deeds.strangers(name)
            assert others or cause is Cause.AUTO_UPGRADED, "the service's move is called a person's"
        elif truth is Truth.SOMEBODY and applied:
            assert cause is Cause.CHANGED_OUTSIDE, f"somebody moved it: {cause}"
        else:
            assert cause is Cause.PENDING, f"the manifest was changed since: {cause}"


def _is_last_applied(one: DesiredDeployment, world: World) -> bool:
    return bool(world.deployments[one.id]["tags"][SPEC_TAG] == spec_mark(one))


def _hold_absence(item: DriftItem, world: World, *, unverified: bool) -> None:
    """A deletion is claimed where the log has it as the last thing that happened, and nowhere else."""
    assert item.cause in _GONE, item
    seen = [event for event in world.deeds.seen(world.epoch) if event.target == item.id]
    last = next((event for event in seen if event.status == "Succeeded"), None)
    proven = not unverified and last is not None and last.verb == "delete"
    assert (item.cause is Cause.DELETED_OUTSIDE) is proven, (item, last)
    if proven and last is not None:
        assert item.who == last.who, (item, last)


PROVEN, UNPROVEN, CHANGED, UPGRADED = FINDINGS = (
    "a deletion that the Activity Log has",
    "a deletion that the Activity Log does not tell",
    "a change from outside",
    "an upgrade in a report of drift",
)
"""What a report of drift can have to decide."""


def kinds_of_drift(report: DriftReport, world: World) -> Iterator[str]:
    """What of it a report had to decide."""
    for item in report.items:
        done = world.deeds.of(item.id)
        if item.absent and done and done[-1].verb == "delete":
            yield PROVEN if item.cause is Cause.DELETED_OUTSIDE else UNPROVEN
        if item.cause is Cause.CHANGED_OUTSIDE:
            yield CHANGED
        if item.cause is Cause.AUTO_UPGRADED:
            yield UPGRADED

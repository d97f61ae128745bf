"""Builders of plans, reports and what they are made of; a test names what matters to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.domain.deployment import (
    DesiredDeployment,
    JsonValue,
    ModelRef,
    Unset,
)
from reconciler.domain.ids import AccountId, DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import (
    AccountMissing,
    Listed,
    ObservedAccount,
    ObservedDeployment,
    ObservedState,
    Unreadable,
)
from reconciler.plan.actions import (
    Action,
    Adopt,
    Blocked,
    Create,
    Delete,
    FieldChange,
    Keep,
    Reason,
    Replace,
    Update,
)
from reconciler.plan.drift import DriftReport
from reconciler.plan.plan import Holder, Plan, PoolForecast, Refusal, Step, Unread, Verdict
from reconciler.report import drift
from tests.build import declared

PROD = "11111111-1111-1111-1111-111111111111"
SWEDEN = Region("swedencentral")
ALIASES = {PROD: "prod"}
EVIL = (
    "\x1b[31mred\x1b]0;title\x07\r\n::error file=x::owned\n##vso[task.setvariable]x ##[command]y\u202egnp"
    "\u200b|`` ` ```x``` <img src=x onerror=y> @team [a](http://b) ![i](c) --> \u2028::stop-commands::t"
)
"""What a stranger might put into a name or a message."""


def account(name: str = "aoai-swc", subscription: str = PROD) -> AccountId:
    return AccountId(subscription=subscription, resource_group="rg-ai", name=name)


def named(name: str, in_account: str = "aoai-swc") -> DeploymentId:
    return DeploymentId(account=account(in_account), name=name)


def desired(
    name: str,
    in_account: str = "aoai-swc",
    *,
    model: str = "gpt-4o",
    version: str | Unset = "2024-11-20",
    sku: str = "GlobalStandard",
    capacity: int = 50,
) -> DesiredDeployment:
    return declared(
        named(name, in_account), ModelRef(name=model, version=version), sku, capacity, region=SWEDEN
    )


def observed(
    name: str,
    in_account: str = "aoai-swc",
    *,
    model: str = "gpt-4o",
    version: str = "2024-11-20",
    sku: str | None = "GlobalStandard",
    capacity: int | None = 10,
    state: str = "Succeeded",
    tags: Mapping[str, str] | None = None,
) -> ObservedDeployment:
    return ObservedDeployment(
        id=named(name, in_account),
        model_format="OpenAI",
        model_name=model,
        model_version=version,
        sku=None if sku is None else SkuName(sku),
        capacity=capacity,
        provisioning_state=state,
        tags=tags or {},
        resource=body(model=model, version=version, sku=sku, capacity=capacity),
    )


def body(*, model: str, version: str, sku: str | None, capacity: int | None) -> dict[str, Any]:
    return {
        "sku": {"name": sku, "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": model, "version": version}},
    }


def change(path: str, before: JsonValue, after: JsonValue) -> FieldChange:
    return FieldChange(path=path, before=before, after=after)


def create(one: DesiredDeployment, *changes: FieldChange, explanation: str = "") -> Create:
    return Create(
        id=one.id,
        region=SWEDEN,
        reason=Reason.NOT_THERE,
        desired=one,
        writes=({},),
        changes=changes,
        explanation=explanation,
    )


def update(
    one: DesiredDeployment,
    there: ObservedDeployment,
    *changes: FieldChange,
    writes: tuple[dict[str, Any], ...] = ({},),
    reason: Reason = Reason.CAPACITY_CHANGED,
    carried: tuple[str, ...] = (),
    explanation: str = "",
) -> Update:
    return Update(
        id=one.id,
        region=SWEDEN,
        reason=reason,
        desired=one,
        observed=there,
        writes=writes,
        changes=changes,
        carried=carried,
        explanation=explanation,
    )


def replacement(one: DesiredDeployment, there: ObservedDeployment, *changes: FieldChange) -> Replace:
    return Replace(
        id=one.id,
        region=SWEDEN,
        reason=Reason.MODEL_CHANGED,
        desired=one,
        observed=there,
        writes=({},),
        changes=changes,
        explanation="requests to it fail from the delete until the create has ended; PTUs that are freed may "
        "be gone before they are taken again",
    )


def delete(there: ObservedDeployment) -> Delete:
    return Delete(id=there.id, region=SWEDEN, reason=Reason.NOT_DECLARED, observed=there)


def adopt(one: DesiredDeployment, there: ObservedDeployment, *changes: FieldChange) -> Adopt:
    return Adopt(
        id=one.id,
        region=SWEDEN,
        reason=Reason.MARK_MISSING,
        desired=one,
        observed=there,
        writes=({},),
        changes=changes,
        explanation="it is as declared; only our mark is added",
    )


def keep(there: ObservedDeployment, one: DesiredDeployment | None = None) -> Keep:
    reason = Reason.IN_SYNC if one else Reason.NOT_OURS
    return Keep(id=there.id, region=SWEDEN, reason=reason, desired=one, observed=there)


def blocked(
    one: DesiredDeployment,
    *changes: FieldChange,
    explanation: str = "ARM cannot change model.name in place, and the manifest does not allow replacing",
    fix: str = "declare the new one beside it, or write lifecycle: {replace: allowed}",
) -> Blocked:
    return Blocked(
        id=one.id,
        region=SWEDEN,
        reason=Reason.REPLACE_FORBIDDEN,
        explanation=explanation,
        fix=fix,
        changes=changes,
        desired=one,
        observed=observed(one.id.name, one.id.account.name),
    )


UNREAD = Unread(
    id=named("", "shut").account,
    message="the deployments of shut could not be listed completely: no rights",
    fix="ask for the right",
)


def plan(*actions: Action | Step, **more: Any) -> Plan:  # noqa: ANN401 -- fields of a plan, typed there
    """A plan of the actions in order; those that write are numbered."""
    steps: list[Step] = []
    for one in actions:
        if isinstance(one, Step):
            steps.append(one)
        else:
            order = 0 if isinstance(one, Keep | Blocked) else 1 + sum(1 for step in steps if step.order)
            steps.append(Step(action=one, order=order))
    given = {"fleet": "contoso", "cloud": "emulator", "recorded": "sha256:0123abcd"} | more
    return Plan(steps=tuple(steps), **given)


def pool(
    name: str = "OpenAI.GlobalStandard.gpt-4o",
    *,
    limit: int | None = 300,
    before: int | None = 110,
    peak: int | None = 150,
    after: int | None = 150,
    verdict: Verdict = Verdict.FITS,
    holders: tuple[Holder, ...] = (),
) -> PoolForecast:
    return PoolForecast(
        pool=name,
        scope=f"{PROD}/swedencentral",
        limit=limit,
        used_before=before,
        used_peak=peak,
        used_after=after,
        verdict=verdict,
        holders=holders,
    )


def refusal(
    code: str = "max-deletes", message: str = "4 deployments would be deleted; 1 is allowed"
) -> Refusal:
    return Refusal(code=code, message=message, fix="--max-deletes 4")


def fleet(
    *there: ObservedDeployment, unreadable: str | None = None, missing: str | None = None
) -> ObservedState:
    """Observed accounts with their deployments, and accounts that could not be read."""
    readings: dict[AccountId, Listed | Unreadable | AccountMissing] = {}
    for id_ in sorted({one.id.account for one in there}):
        found = tuple(one for one in there if one.id.account == id_)
        readings[id_] = Listed(account=ObservedAccount(id=id_, region=SWEDEN), deployments=found)
    if unreadable is not None:
        id_ = account("aoai-unread")
        readings[id_] = Unreadable(id=id_, code="AuthorizationFailed", message=unreadable)
    if missing is not None:
        id_ = account("aoai-missing")
        readings[id_] = AccountMissing(id=id_, code="ResourceNotFound", message=missing)
    return ObservedState(readings=readings)


def drift_markdown(report: DriftReport, **more: Any) -> str:  # noqa: ANN401 -- options of render_markdown
    """Drift of the fleet contoso, looked at in a night of November."""
    at = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
    return drift.render_markdown(report, fleet="contoso", cloud="AzureCloud", at=at, **more)

"""Plans, drift and fleets that hold one of everything, or a thousand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from reconciler.catalogue.facts import LifecycleFacts, Source, Stage, Unit
from reconciler.diagnostics import Severity
from reconciler.domain.costs import Costs, Reservation, ReservationType, Workload
from reconciler.domain.deployment import Unset
from reconciler.domain.ids import Region
from reconciler.domain.sku import SkuName
from reconciler.domain.state import ObservedState
from reconciler.plan.actions import FieldChange
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport, UnreadableAccount
from reconciler.plan.lifespan import Lifespan
from reconciler.plan.plan import Holder, Plan, Step, Verdict
from reconciler.prices.bill import Bill, Cost, Deployed, bill
from reconciler.prices.book import PriceBook
from reconciler.prices.load import shipped
from reconciler.report import lifecycle
from tests.unit.report.values import (
    SWEDEN,
    UNREAD,
    account,
    adopt,
    blocked,
    body,
    change,
    create,
    delete,
    desired,
    fleet,
    keep,
    named,
    observed,
    plan,
    pool,
    refusal,
    replacement,
    update,
)

PERSON = "alice.jones@contoso.com"


APPLICATION = "3f1b1c1e-0000-0000-0000-00000000abcd"


def item(
    name: str = "chat",
    cause: Cause = Cause.CHANGED_OUTSIDE,
    *changes: FieldChange,
    in_account: str = "aoai-swc",
    severity: Severity = Severity.ERROR,
    who: str | None = None,
    when: str | None = None,
    explanation: str = "",
) -> DriftItem:
    return DriftItem(
        id=named(name, in_account),
        cause=cause,
        severity=severity,
        changes=changes,
        who=who,
        when=when,
        explanation=explanation,
    )


def found() -> DriftReport:
    return DriftReport(
        items=(
            item(
                "chat",
                Cause.CHANGED_OUTSIDE,
                change("sku.capacity", 80, 50),
                change("raiPolicyName", None, "Microsoft.DefaultV2"),
                who=PERSON,
                when="2026-11-20T08:15:00Z",
                explanation="the manifest has not changed since it was applied",
            ),
            item(
                "tuned",
                Cause.EXPIRED,
                in_account="aoai-eus2",
                severity=Severity.WARNING,
                explanation="it is gone, or was never applied; the service removes such after 15 days",
            ),
            item("odd", Cause.UNDECLARED, severity=Severity.WARNING, who=APPLICATION),
            item("next", Cause.PENDING, change("model.version", "1", "2"), severity=Severity.INFO),
        ),
        unreadable=(
            UnreadableAccount(
                id=account("aoai-unread"), code="AuthorizationFailed", message="no right to read"
            ),
        ),
        synced=tuple(named(f"s{number}") for number in range(12)),
    )


def there() -> ObservedState:
    return fleet(
        observed("chat", tags={"Reconciler-Fleet": "contoso"}),
        observed("batch", sku="GlobalBatch", capacity=None, state="Creating"),
        observed("voice", "aoai-eus2", model="gpt-4o-audio", sku=None, capacity=7),
        unreadable="no right to read",
        missing="there is no such account",
    )


def thousand(model: str, version: str | Unset, sku: SkuName, *, fine_tuned: bool = False) -> Unit:
    """A catalogue in which every unit is a thousand tokens a minute."""
    del model, version, sku, fine_tuned
    return Unit(tokens_per_minute=1000, requests_per_minute=6)


def everything() -> Plan:
    """One of each kind, in two accounts, with quota and a refusal."""
    version = {"model": "gpt-4o", "sku": "GlobalStandard"}
    return plan(
        create(
            desired("chat-mini", model="gpt-4o-mini", version="2024-07-18"),
            change("model.format", None, "OpenAI"),
            change("model.name", None, "gpt-4o-mini"),
            change("model.version", None, "2024-07-18"),
            change("sku.capacity", None, 50),
            change("sku.name", None, "GlobalStandard"),
            change("tags.reconciler-fleet", None, "contoso"),
            change("tags.reconciler-spec", None, "0123456789ab"),
            change("tags.team", None, "support"),
        ),
        Step(
            action=update(
                desired("tuned", sku="ProvisionedManaged", capacity=50),
                observed("tuned", sku="ProvisionedManaged", capacity=25),
                change("sku.capacity", 25, 50),
                change("spilloverDeploymentName", None, "chat-mini"),
                carried=("raiPolicyName", "versionUpgradeOption"),
            ),
            order=2,
            depends_on=(named("chat-mini"), named("old", "aoai-eus2")),
        ),
        update(
            desired("both", version="2024-11-20", capacity=40),
            observed("both", version="2024-08-06", capacity=80),
            change("model.version", "2024-08-06", "2024-11-20"),
            change("sku.capacity", 80, 40),
            writes=(
                body(version="2024-08-06", capacity=40, **version),
                body(version="2024-11-20", capacity=40, **version),
            ),
            explanation="ARM refuses capacity and version in one write, so there are two",
        ),
        replacement(
            desired("voice", "aoai-eus2", model="gpt-4o-audio", sku="ProvisionedManaged", capacity=100),
            observed("voice", "aoai-eus2", model="gpt-4o", sku="ProvisionedManaged", capacity=100),
            change("model.name", "gpt-4o", "gpt-4o-audio"),
        ),
        delete(observed("old", "aoai-eus2", capacity=30)),
        adopt(
            desired("found", "aoai-eus2"),
            observed("found", "aoai-eus2", capacity=50),
            change("tags.reconciler-fleet", None, "contoso"),
            change("tags.reconciler-spec", None, "ba9876543210"),
        ),
        blocked(desired("swap", "aoai-eus2"), change("model.name", "gpt-4o", "gpt-5")),
        keep(observed("same"), desired("same")),
        keep(observed("stranger")),
        quota=(
            pool(),
            pool(
                "OpenAI.ProvisionedManaged",
                limit=100,
                before=75,
                peak=125,
                after=100,
                verdict=Verdict.EXCEEDS,
                holders=(
                    Holder(id=named("voice", "aoai-eus2"), capacity=100),
                    Holder(id=named("tuned"), capacity=50),
                ),
            ),
            pool(
                "unknown pool of x",
                limit=None,
                before=None,
                peak=None,
                after=None,
                verdict=Verdict.UNVERIFIED,
            ),
        ),
        refusals=(refusal(),),
        left_out=4,
        unread=(UNREAD,),
    )


TODAY = date(2026, 11, 24)


ASKED = lifecycle.Asked(today=TODAY, known_to="2026-11-22", limit=30)


def lifespan(name: str = "chat", days: int | None = 12, *, model: str = "gpt-4o") -> Lifespan:
    retires = None if days is None else TODAY + timedelta(days=days)
    facts = LifecycleFacts(
        stage=Stage.DEPRECATED,
        retires=retires,
        disputed_with=None,
        successor="gpt-5.1",
        source=Source(id="x", title="Model retirements", as_of="2026-11-01"),
        arm_status=None,
        arm_retires=None,
        arm_source=None,
    )
    return Lifespan(
        id=named(name),
        region=SWEDEN,
        model=model,
        version="2024-11-20",
        sku=SkuName("DataZoneProvisionedManaged"),
        fine_tuned=False,
        observed=True,
        upgrade="NoAutoUpgrade",
        days_left=days,
        facts=facts,
    )


# -- costs ------------------------------------------------------------------------------------------------

PTU = SkuName("ProvisionedManaged")
LOAD = Workload(rpm=Decimal(20), prompt_tokens=Decimal(1000), generated_tokens=Decimal(200))


def deployed(name: str, sku: str, capacity_of_it: int = 50, **more: object) -> Deployed:
    plain = Deployed(
        id=named(name),
        region=Region("eastus2"),
        sku=SkuName(sku),
        capacity=capacity_of_it,
        model="gpt-4.1-mini",
        version="2025-04-14",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def billed(*some: Deployed, book: PriceBook | None = None) -> Bill:
    reservation = Reservation(type=ReservationType.REGIONAL, ptus=20, region=Region("eastus2"))
    return bill(some, Costs(reservations=(reservation,)), book or shipped(), date(2026, 11, 29))


def changed() -> Cost:
    before = billed(deployed("chat", "ProvisionedManaged"))
    after = billed(
        deployed("chat", "ProvisionedManaged", 100),
        deployed("a-deployment-with-quite-a-long-name-in-it", "GlobalStandard", workload=LOAD),
        deployed("open", "GlobalStandard"),
        deployed("image", "GlobalStandard", model="gpt-image-2", workload=LOAD),
    )
    ids = frozenset(str(named(name)) for name in ("chat", "open", "image"))
    return Cost(costs=Costs(), before=before, after=after, changed=ids, notes=("a note",))

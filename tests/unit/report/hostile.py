"""Values made of what strangers may write: orders to terminals, build systems and browsers."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Place, Severity
from reconciler.domain.costs import Costs
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.sku import SkuName
from reconciler.plan.capacity import CapacityRow, Fit
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport, UnreadableAccount
from reconciler.plan.plan import Holder, Plan
from reconciler.prices.bill import Cost
from reconciler.report.capacity import CapacityTable
from tests.unit.report.pages import (
    capacity_source,
    cost_source,
    drift_source,
    lifecycle_source,
    lifespan,
    plan_source,
    quota_source,
    show_source,
)
from tests.unit.report.samples import billed, deployed
from tests.unit.report.values import (
    EVIL,
    account,
    blocked,
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
    update,
)

ORDERS = st.sampled_from(
    ["::error::x", "##[group]x", "##vso[a]b", "\n", "\r", " ", "\x1b[2J", "a", "`", "|", "##"]
)


ANYTHING = st.text(max_size=60) | st.lists(ORDERS, max_size=12).map("".join)


def obeyed(text: str) -> list[str]:
    """Lines that a terminal or a build system would take for more than text."""
    return [
        line
        for line in text.split("\n")
        if not line.isprintable()
        or line.lstrip().startswith("::")
        or re.search(r"##(\w*)\[", line)
        or any(sign in line for sign in ("\u202e", "\u200b", "\u3164", "\u2800"))
    ]


def evil_plan(text: str) -> Plan:
    return plan(
        create(desired(text, text), change(text, None, text), change("tags.reconciler-spec", None, text)),
        update(
            desired("u" + text, text, model=text, version=text, sku=text),
            observed("u" + text, text, model=text),
            change("sku.capacity", text, {text: [text]}),
            carried=(text,),
            explanation=text,
        ),
        delete(observed("d" + text, text, model=text, version=text, sku=text)),
        blocked(desired("b" + text, text), explanation=text, fix=text),
        keep(observed("k" + text, text, model=text)),
        fleet=text,
        cloud=text,
        quota=(pool(text, holders=(Holder(id=named(text, text), capacity=1),)),),
        refusals=(refusal(text, text),),
    )


def evil_drift(text: str) -> DriftReport:
    item = DriftItem(
        id=named(text, text),
        cause=Cause.CHANGED_OUTSIDE,
        severity=Severity.ERROR,
        changes=(change(text, text, text),),
        who=text,
        when=text,
        explanation=text,
    )
    return DriftReport(
        items=(item,), unreadable=(UnreadableAccount(id=account(text), code=text, message=text),)
    )


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title><script>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>]]>",
    "javascript:alert(1)",
    '" onmouseover="alert(1)',
    "&lt;script&gt;&#x3c;script&#x3e;&",
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=http://evil.example>",
    "\x00<\x00script>",
    "\u202egnp.<b>\u2066",
    "\ud800<a href=http://evil.example>",
    "+ADw-script+AD4-",
    "style=x:expression(alert(1))",
    "\r\n::error::x",
    "##vso[task.setvariable]x",
    EVIL,
]


def evil_cost(text: str) -> Cost:
    evil = replace(
        deployed("chat", "GlobalStandard"),
        id=DeploymentId(account=account(), name=text.replace("/", "") or "x"),
        model=text,
    )
    return Cost(costs=Costs(), after=billed(evil), notes=(text,))


def evil_table(text: str) -> CapacityTable:
    row = CapacityRow(
        subscription=text, region=Region("eastus2"), sku=SkuName(text), offered=None, minimum=None, step=None,
        size=None, quota_left=None, available=None, fit=Fit.UNVERIFIED, source=text,
    )  # fmt: skip
    return CapacityTable(model=text, version=text, asked_at="x", rows=(row,), notes=(text,))


def pages(text: str) -> list[str]:
    """Every report, with `text` wherever a stranger's text can be."""
    ends = (
        lifespan("a" + text, model=text, version=text, successor=text),
        lifespan("b" + text, None, stage=None, model=text),
    )
    there = fleet(
        observed(text, text, model=text, version=text, sku=text, state=text, tags={"reconciler-fleet": text}),
        unreadable=text,
        missing=text,
    )
    found = Diagnostic(code=text, severity=Severity.ERROR, message=text, place=Place(file=text))
    planned = evil_plan(text)
    noted = type(planned)(
        **{name: getattr(planned, name) for name in planned.__slots__} | {"diagnostics": (found,)}
    )
    return [
        plan_source(noted, ends, text),
        drift_source(evil_drift(text), there, show_people=True, alias_of=lambda _: text),
        show_source(there, *ends),
        lifecycle_source(*ends),
        quota_source(*planned.quota),
        cost_source(evil_cost(text)),
        capacity_source(evil_table(text)),
    ]

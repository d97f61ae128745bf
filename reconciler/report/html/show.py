"""The observed fleet as a page: the map, then every deployment.

Rule of this module: an account that could not be read is never an empty one; it stands above everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, counted, has_errors
from reconciler.domain.marks import owner_of
from reconciler.domain.state import ObservedDeployment, ObservedState
from reconciler.prices.bill import Cost
from reconciler.report.html import page as pages
from reconciler.report.html.cost import cost_section
from reconciler.report.html.fleet_map import fleet_map, observed_holdings
from reconciler.report.html.markup import Child, Markup, tag
from reconciler.report.show import there_in, unread_in
from reconciler.report.steps import Units

_HEAD = ("deployment", "account, region", "model, version", "SKU", "capacity", "state", "owner")
_TABLE_BYTES = 4_500_000


def render_html(
    observed: ObservedState,
    occasion: pages.Occasion,
    *,
    units: Units,
    retiring: pages.Section | None = None,
    cost: Cost | None = None,
    policies: Sequence[Diagnostic] = (),
) -> str:
    """Everything that is there, declared or not; `policies` is what they find in it."""
    rows = [_row(existing, region, occasion) for region, existing in there_in(observed)]
    unread = [(item.id.name, item.code, item.message) for item in unread_in(observed)]
    read = counted(len(observed.readings) - len(unread), "account")
    answer = pages.Headline(
        verdict="incomplete" if unread else "policies broken" if has_errors(policies) else "as observed",
        colour="amber" if unread else "red" if has_errors(policies) else "blue",
        summary=f"{counted(len(rows), 'deployment')} in {read}.",
        doubts=(f"{counted(len(unread), 'account')} could not be read.",) if unread else (),
    )
    caption = "Deployed capacity"
    return pages.page(
        occasion,
        answer,
        [
            unread_section(unread),
            pages.findings_section(policies, "policies", "Policies"),
            fleet_map(observed_holdings(observed), units, caption=caption),
            _deployments(rows),
            cost_section(cost),
            retiring,
        ],
    )


def unread_section(unread: Sequence[tuple[str, str, str]]) -> pages.Section | None:
    """Accounts of which nothing is known: name, ARM's code, ARM's words."""

    def render(item: tuple[str, str, str]) -> Markup:
        name, reason, words = item
        return tag("li", tag("p", tag("strong", name), " ", pages.code(reason), f": {words}"))

    title = "Could not be read; nothing is known of what is in it"
    return pages.listing("unread", title, unread, render, noun="account", colour="red")


def _row(deployment: ObservedDeployment, region: str, occasion: pages.Occasion) -> tuple[Child, ...]:
    state = deployment.provisioning_state
    shown = pages.badge(state, "red" if deployment.settled else "amber", "!" if deployment.settled else "~")
    return (
        pages.code(deployment.id.name),
        pages.over(occasion.link(deployment.id.account, deployment.id.account.name), region),
        pages.over(deployment.model_name or "?", deployment.model_version or "?"),
        deployment.sku.name if deployment.sku else "?",
        "?" if deployment.capacity is None else f"{deployment.capacity:,}",
        pages.badge(state, "green") if state.lower() == "succeeded" else shown,
        owner_of(deployment) or "none",
    )


def _deployments(rows: Sequence[tuple[Child, ...]]) -> pages.Section | None:
    if not rows:
        return None
    whole, cut = pages.table(
        "Every deployment; capacity in units of its SKU",
        _HEAD,
        rows,
        noun="deployment",
        limit=_TABLE_BYTES,
        numbers=frozenset({4}),
        long=frozenset({2}),
    )
    return pages.Section(anchor="deployments", title="Deployments", body=whole, cut=cut)

"""Drift as a page: what could not be read, then per account what differs, why, who and when.

Rule of this module: a person's address is cut to its first letter and its domain unless it was asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.diagnostics import Diagnostic, Severity, counted, has_errors
from reconciler.domain.state import ObservedState
from reconciler.plan.causes import Cause
from reconciler.plan.drift import DriftItem, DriftReport
from reconciler.plan.legality import without_marks
from reconciler.report.drift import summary, without_people
from reconciler.report.html import page as pages
from reconciler.report.html.fleet_map import fleet_map, observed_holdings
from reconciler.report.html.markup import Markup, tag
from reconciler.report.html.show import unread_section
from reconciler.report.layout import whole_seconds
from reconciler.report.palette import SEVERITIES
from reconciler.report.steps import NO_ALIAS, Alias, Units, account_name, grouped, value_text
from reconciler.report.style import PLAIN

_ITEM_BYTES = 4_500_000


def render_html(
    report: DriftReport,
    observed: ObservedState,
    occasion: pages.Occasion,
    *,
    units: Units,
    show_people: bool = False,
    alias_of: Alias = NO_ALIAS,
    policies: Sequence[Diagnostic] = (),
) -> str:
    """The whole report, with a map of what is there; `policies` is what they find in that."""
    unread = [(item.id.name, item.code, item.message) for item in report.unreadable]
    caption = "Deployed capacity"
    return pages.page(
        occasion,
        _answer(report, policies),
        [
            unread_section(unread),
            pages.findings_section(policies, "policies", "Policies"),
            _accounts(without_people(report, show_people=show_people), occasion, alias_of),
            fleet_map(observed_holdings(observed), units, caption=caption),
        ],
    )


def _answer(report: DriftReport, policies: Sequence[Diagnostic]) -> pages.Headline:
    found = Counter(item.cause for item in report.items)
    colours = {item.cause: SEVERITIES[item.severity].page for item in report.items}
    if report.unreadable:
        verdict, colour = "incomplete", "amber"
    else:
        verdict, colour = ("drifted", "red") if report.drifted else ("no drift", "green")
        if has_errors(policies):
            verdict, colour = f"{verdict}, policies broken", "red"
    doubt = f"{counted(len(report.unreadable), 'account')} could not be read."
    numbers = {cause.value: (found[cause], colours[cause]) for cause in Cause if found[cause]}
    errors = sum(policy.severity is Severity.ERROR for policy in policies)
    broken = {"policy errors": (errors, "red")} if errors else {}
    return pages.Headline(
        verdict=verdict,
        colour=colour,
        summary=summary(report),
        doubts=(doubt,) if report.unreadable else (),
        numbers=numbers | broken | {"in sync": (report.in_sync, "green")},
    )


def _accounts(report: DriftReport, occasion: pages.Occasion, alias_of: Alias) -> pages.Section | None:
    if not report.items:
        return None

    def render(items: Sequence[DriftItem]) -> Markup:
        account = items[0].id.account
        where = tag("span", account.resource_group, class_="where")
        title = tag("h3", occasion.link(account, account_name(account, PLAIN, alias_of)), " ", where)
        return tag("div", title, *map(_item, items))

    groups = list(grouped(report.items, lambda item: item.id.account.key))
    kept, cut = pages.fitting(render, groups, "account", _ITEM_BYTES)
    return pages.Section(anchor="drift", title="What differs", body=tag("div", *kept), cut=cut)


def _item(item: DriftItem) -> Markup:
    traces = [f"by {item.who}" if item.who else "", f"at {whole_seconds(item.when)}" if item.when else ""]
    text = " ".join(filter(None, traces))
    title = tag(
        "h4",
        pages.badge(item.cause.value, SEVERITIES[item.severity].page),
        pages.code(item.id.name),
        tag("span", f"{item.severity.value}{f' · last touched {text}' if text else ''}", class_="order"),
    )
    return tag("article", title, *_details(item), class_="step")


def _details(item: DriftItem) -> Iterator[Markup]:
    if item.explanation:
        yield tag("p", item.explanation)
    if changes := without_marks(item.changes):
        heads = (tag("th", name, scope="col") for name in ("field", "is", "declared"))
        caption = tag("caption", f"Fields of {item.id.name}", class_="unseen")
        rows = []
        for change in changes:
            values = (value_text(change.before, PLAIN), value_text(change.after, PLAIN))
            cells = (tag("td", value, class_="code") for value in values)
            rows.append(tag("tr", tag("th", pages.code(change.path), scope="row"), *cells))
        yield tag("table", caption, tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="changes")

"""The plan as a page: what forbids it, what it destroys, then every write account by account.

Rule of this module: the order of the text report holds here too, and what does not change is folded away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Severity, counted
from reconciler.plan.actions import Action, Blocked, Create, Delete, FieldChange, Keep, Replace, Update
from reconciler.plan.plan import Plan, Refusal, Step
from reconciler.report.blocks import kinds_of
from reconciler.report.html import page as pages
from reconciler.report.html.capacity import check_section
from reconciler.report.html.cost import cost_section
from reconciler.report.html.fleet_map import fleet_map, planned_holdings
from reconciler.report.html.markup import Markup, tag
from reconciler.report.html.quota import quota_bars
from reconciler.report.layout import listed
from reconciler.report.palette import ACTIONS
from reconciler.report.plan import idle, incomplete, left_out, shares, summary, unread_elsewhere
from reconciler.report.steps import (
    NO_ALIAS,
    Alias,
    Units,
    Wording,
    account_name,
    beside_marks,
    by_account,
    created_lines,
    named_from,
    observed_text,
    value_texts,
    where_of,
    written,
)
from reconciler.report.style import PLAIN

_MOST_DOUBTS = 10
_MANY = 10
"""Accounts with changes up to which they stand open, before what they come to."""

_ACCOUNT_BYTES, _KEPT_BYTES = 3_000_000, 1_000_000


def render_html(
    plan: Plan,
    occasion: pages.Occasion,
    *,
    units: Units,
    retiring: pages.Section | None = None,
    alias_of: Alias = NO_ALIAS,
) -> str:
    """The whole plan. `retiring` is what is known of the ends of its models."""
    many = len({step.action.id.account for step in plan.steps if not isinstance(step.action, Keep)}) > _MANY
    wording = Wording(style=PLAIN, units=units)
    changes, anchors = _accounts(plan, occasion, wording, alias_of, folded=many)
    going = [step for step in plan.steps if isinstance(step.action, Delete | Replace)]
    before, after = planned_holdings(plan)
    caption = "After the plan; moved: before → after"
    refused = "Refused: nothing is written while this stands"
    notes = [finding for finding in plan.findings if finding.severity in {Severity.ERROR, Severity.WARNING}]
    overview = (
        fleet_map(after, units, before=before, caption=caption),
        check_section(plan.capacity, alias_of),
        cost_section(plan.cost),
        quota_bars(plan.quota, alias_of),
    )
    return pages.page(
        occasion,
        _answer(plan),
        [
            pages.listing("refused", refused, plan.refusals, _refusal, noun="refusal", colour="red"),
            _list("blocked", "Blocked", plan.blocked, anchors),
            _list("destroyed", "Deleted or replaced", going, anchors),
            *((*overview, changes) if many else (changes, *overview)),
            retiring,
            pages.findings_section(notes, "notes", "Notes on the manifests"),
            _kept(plan),
        ],
    )


def _answer(plan: Plan) -> pages.Headline:
    if plan.refusals:
        verdict, colour = "refused: nothing is written", "red"
    elif plan.blocked:
        verdict, colour = "partly blocked", "violet"
    elif not plan.complete:
        verdict, colour = "incomplete", "amber"
    else:
        verdict, colour = ("changes to make", "blue") if plan.writes else ("nothing to do", "green")
    doubts = (f"{item.message}; fix: {item.fix}" for item in unread_elsewhere(plan)[:_MOST_DOUBTS])
    return pages.Headline(
        verdict=verdict,
        colour=colour,
        summary=f"{idle(plan) or summary(plan)}{''.join(f' {words}' for words in left_out(plan))}",
        doubts=(incomplete(plan), *doubts) if plan.unread else (),
        numbers={
            name: (number, ACTIONS.get(name, ACTIONS["none"]).page) for name, number in shares(plan).items()
        },
    )


def _refusal(refusal: Refusal) -> Markup:
    return tag(
        "li",
        tag("p", tag("strong", refusal.code), f": {refusal.message}"),
        tag("p", "fix: ", pages.code(refusal.fix)),
    )


def _list(anchor: str, title: str, found: Sequence[Step], anchors: Mapping[int, str]) -> pages.Section | None:
    def render(step: Step) -> Markup:
        name = pages.code(f"{step.action.id.account.name}/{step.action.id.name}")
        anchor = anchors.get(id(step))
        link = tag("a", name, href=f"#{anchor}") if anchor else name
        return tag("li", link, f" {step.action.kind}, {step.action.reason.value}")

    colour = "violet" if anchor == "blocked" else "red"
    return pages.listing(anchor, title, found, render, noun="deployment", limit=400_000, colour=colour)


def _accounts(
    plan: Plan, occasion: pages.Occasion, wording: Wording, alias_of: Alias, *, folded: bool
) -> tuple[pages.Section | None, Mapping[int, str]]:
    """Whole accounts as long as there is room, and the anchors of the steps that had it, by their order.

    Many are `folded`, below an index of their names.
    """
    changing = list(by_account([step for step in plan.steps if not isinstance(step.action, Keep)]))
    if not changing:
        return None, {}
    numbered = enumerate((step for steps in changing for step in steps), start=1)
    anchors = {id(step): f"step-{number}" for number, step in numbered}
    places = {id(steps): f"account-{number}" for number, steps in enumerate(changing, start=1)}

    def render(steps: Sequence[Step]) -> Markup:
        account, drawn = (
            steps[0].action.id.account,
            [_step(item, wording, anchors[id(item)]) for item in steps],
        )
        name = account_name(account, PLAIN, alias_of)
        where = tag("span", " · ".join(where_of(steps, alias_of)), class_="where")
        if not folded:
            return tag("div", tag("h3", occasion.link(account, name), " ", where), *drawn)
        title = tag("h3", name, " ", where, id=places[id(steps)])
        portal = (tag("p", occasion.link(account, f"{name} in the portal")),) if occasion.portal else ()
        summary = tag("summary", title, tag("span", f" {kinds_of(steps)}"))
        return tag("details", summary, *portal, *drawn, class_="account")

    kept, cut = pages.fitting(render, changing, "account", _ACCOUNT_BYTES)
    kept_steps = changing[: len(kept)]
    shown = {id(step): anchors[id(step)] for steps in kept_steps for step in steps}
    entries = []
    for steps in kept_steps:
        name = account_name(steps[0].action.id.account, PLAIN, alias_of)
        entries.append(tag("li", tag("a", name, href=f"#{places[id(steps)]}")))
    index = (tag("ul", *entries, class_="index"),) if folded else ()
    body = tag("div", *index, *kept)
    return pages.Section(anchor="changes", title="Changes by account", body=body, cut=cut), shown


def _step(step: Step, wording: Wording, anchor: str) -> Markup:
    action = step.action
    kind = action.kind
    after = listed([named_from(item, action.id.account, PLAIN) for item in step.depends_on], most=3)
    order = [f"write {step.order}" if step.order else "", f"after {after}" if after else ""]
    title = tag(
        "h4",
        pages.badge(kind, ACTIONS[kind].page, ACTIONS[kind].sign),
        pages.code(action.id.name),
        tag("span", " · ".join(filter(None, (action.reason.value, *order))), class_="order"),
    )
    return tag("article", title, *_details(action, wording), class_="step", id=anchor)


def _details(action: Action, wording: Wording) -> Iterator[Markup]:
    if action.explanation:
        yield tag("p", action.explanation)
    if isinstance(action, Blocked):
        yield tag("p", tag("strong", "Fix: "), action.fix)
    if isinstance(action, Create):
        yield from (tag("p", line, class_="code") for line in created_lines(action, wording))
    elif isinstance(action, Delete):
        yield tag("p", observed_text(action.observed, PLAIN), class_="code")
    elif isinstance(action, Update) and len(action.writes) > 1:
        for number, changes in enumerate(written(action), start=1):
            title = f"Write {number} of {len(action.writes)}"
            yield _changes(action, changes, wording, title)
    elif shown := beside_marks(action.changes):
        yield _changes(action, shown, wording, "")


def _changes(action: Action, changes: Iterable[FieldChange], wording: Wording, title: str) -> Markup:
    rows = []
    for change in changes:
        before, after = value_texts(action, change, wording)
        cells = (tag("td", before or "", class_="before code"), tag("td", after, class_="code"))
        rows.append(tag("tr", tag("th", pages.code(change.path), scope="row"), *cells))
    heads = (tag("th", name, scope="col") for name in ("field", "is", "will be"))
    caption = tag("caption", title or f"Fields of {action.id.name}", class_="" if title else "unseen")
    return tag("table", caption, tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="changes")


def _kept(plan: Plan) -> pages.Section | None:
    kept = [step.action for step in plan.steps if isinstance(step.action, Keep)]
    if not kept:
        return None
    rows = (
        (
            pages.code(action.id.name),
            action.id.account.name,
            observed_text(action.observed, PLAIN),
            action.reason.value,
        )
        for action in kept
    )
    head = ("deployment", "account", "what is there", "why it stays")
    whole, cut = pages.table(
        "Deployments that stay as they are",
        head,
        rows,
        noun="unchanged deployment",
        limit=_KEPT_BYTES,
        long=frozenset({2}),
    )
    words = counted(len(kept), "deployment")
    body = tag("details", tag("summary", f"Show {words}"), whole)
    return pages.Section(anchor="unchanged", title="Unchanged", body=body, cut=cut)

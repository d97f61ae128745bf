"""When the fleet's models end: a line of time with a bar for what is left of each, then every deployment.

Rule of this module: what ends first stands first, every bar stands beside its words, and an unknown date is
counted, never drawn as far away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from reconciler.catalogue.facts import Stage
from reconciler.diagnostics import counted
from reconciler.plan.lifespan import Lifespan, soonest_first
from reconciler.report.html import page as pages
from reconciler.report.html.markup import Child, Markup, join, tag
from reconciler.report.layout import alike, listed
from reconciler.report.lifecycle import undated

_HEAD = ("deployment", "account, region", "model, version", "SKU", "stage", "retires", "successor", "upgrade")
_UPGRADE_HINT = (
    "Upgrade: when the service itself changes the version; never: it stops answering at retirement; "
    "in brackets: ARM's default for new deployments, not declared."
)
_TABLE_BYTES = 4_500_000
_UNREAD = "Some account could not be read; its rows are what is declared."


def render_html(
    lifespans: Sequence[Lifespan],
    occasion: pages.Occasion,
    *,
    today: date,
    soon: int,
    known_to: str,
    limit: int | None = None,
    complete: bool = True,
) -> str:
    """Every deployment. `limit` is what was asked to fail on, in days; without it `soon` is marked."""
    ordered = soonest_first(lifespans)
    near = soon if limit is None else limit
    return pages.page(
        occasion,
        _answer(ordered, near, complete=complete),
        [
            retirements(ordered, today=today, soon=near, known_to=known_to),
            _every(ordered, today, near, occasion),
        ],
    )


def _answer(lifespans: Sequence[Lifespan], near: int, *, complete: bool) -> pages.Headline:
    gone = sum(lifespan.ends_within(0) for lifespan in lifespans)
    going = sum(lifespan.ends_within(near) for lifespan in lifespans) - gone
    unknown = sum(lifespan.retires is None and not lifespan.ends_within(0) for lifespan in lifespans)
    verdict, colour = "nothing ends soon", "green"
    if gone or going:
        soon = (f"ending within {counted(near, 'day')}", "amber")
        verdict, colour = ("retired models", "red") if gone else soon
    later = len(lifespans) - gone - going - unknown
    return pages.Headline(
        verdict=verdict,
        colour=colour,
        summary=f"{counted(len(lifespans), 'deployment')}.",
        doubts=() if complete else (_UNREAD,),
        numbers={
            "retired": (gone, "red"),
            f"within {counted(near, 'day')}": (going, "amber"),
            "later": (later, "green"),
            "not known": (unknown, "violet"),
        },
    )


def _every(
    ordered: Sequence[Lifespan], today: date, near: int, occasion: pages.Occasion
) -> pages.Section | None:
    if not ordered:
        return None
    whole, cut = pages.table(
        "Every deployment, the soonest to retire first",
        _HEAD,
        (_cells(item, today, near, occasion) for item in ordered),
        noun="deployment",
        limit=_TABLE_BYTES,
        long=frozenset({2}),
    )
    body = tag("div", tag("p", _UPGRADE_HINT, class_="fix"), whole)
    return pages.Section(anchor="deployments", title="Deployments", body=body, cut=cut)


def _cells(lifespan: Lifespan, today: date, near: int, occasion: pages.Occasion) -> tuple[Child, ...]:
    word, colour = urgency(lifespan.retires, today, near, retired=lifespan.ends_within(0))
    when = "" if lifespan.retires is None else f" {lifespan.retires}"
    left = "" if lifespan.retires is None else left_in_words(lifespan.retires, today)
    facts = lifespan.facts
    also = f"; also {facts.disputed_with}" if facts and facts.disputed_with else ""
    return (
        pages.code(lifespan.id.name),
        pages.over(
            occasion.link(lifespan.id.account, lifespan.id.account.name),
            "?" if lifespan.region is None else lifespan.region.name,
        ),
        pages.over(lifespan.model, lifespan.version or "service's default"),
        "?" if lifespan.sku is None else lifespan.sku.name,
        "?" if lifespan.stage is None else lifespan.stage.value,
        join([pages.badge(word, colour), pages.over(when, f"{left}{also}")]),
        (facts.successor if facts else None) or "?",
        lifespan.upgrade_meaning,
    )


# -- the line of time ----------------------------------------------------------------------------------

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHORTEST, _LONGEST, _BACK = 6, 36, 6
"""Months ahead that the line shows at least and at most, and how far back; beyond, a bar ends at its edge."""
_MOST_TICKS = 5
_NAMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The stretch of time that is drawn."""

    start: date
    end: date
    today: date
    soon: date

    def percent(self, day: date) -> float:
        """Where a day lies, in percent of the width; days beyond lie on the edge."""
        whole = (self.end - self.start).days
        return 100 * min(max((day - self.start).days / whole, 0.0), 1.0)


def retirements(
    lifespans: Sequence[Lifespan], *, today: date, soon: int, known_to: str
) -> pages.Section | None:
    """What ends first stands first; `soon` is in days. None where there is nothing to speak of."""
    if not lifespans:
        return None
    ends = _ends(lifespans)
    line = _line([group[0].retires for group in ends if group[0].retires is not None], today, soon)
    rows, cut = pages.fitting(lambda group: _row(group, line, soon), ends, "model version", 600_000)
    fix = (
        f"By the catalogue of {known_to}; the upright line is {today}, the dashed one "
        f"{counted(soon, 'day')} later; a bar is what is left. Red: retired; "
        "amber: before the dashed line; green: later. Dates move, so look again."
    )
    drawn = tag("ol", _axis(line), *rows, class_="ends") if ends else ""
    unknown = [
        f"{lifespan.id.account.name}/{lifespan.id.name}" for lifespan in lifespans if undated(lifespan)
    ]
    rest = f"Retirement not known: {listed(sorted(unknown), most=_NAMES)}." if unknown else ""
    body = (tag("p", fix, class_="fix"), drawn, tag("p", rest, class_="quiet") if rest else "")
    return pages.Section(anchor="retirements", title="Retirements", body=tag("div", *body), cut=cut)


def left_in_words(day: date, today: date) -> str:
    """How far a day is: ``in 12 days``, ``12 days ago``, ``today``."""
    days = (day - today).days
    if days == 0:
        return "today"
    return f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} ago"


def urgency(day: date | None, today: date, soon: int, *, retired: bool) -> tuple[str, str]:
    """The word and the colour for a retirement."""
    if retired or (day is not None and day <= today):
        return ("retired", "red")
    if day is None:
        return ("not known", "violet")
    return (f"within {counted(soon, 'day')}", "amber") if (day - today).days <= soon else ("later", "green")


def _ends(lifespans: Sequence[Lifespan]) -> list[list[Lifespan]]:
    """Deployments of one model version that end on one day, together; the first to end first."""

    def key(lifespan: Lifespan) -> tuple[str, date | None, bool]:
        return (_model(lifespan), lifespan.retires, lifespan.stage is Stage.RETIRED)

    dated = (item for item in soonest_first(lifespans) if not undated(item))
    return list(alike(dated, key).values())


def _model(lifespan: Lifespan) -> str:
    return f"{lifespan.model} {lifespan.version or ''}".rstrip()


def _row(group: Sequence[Lifespan], line: _Line, soon: int) -> Markup:
    item, names = group[0], [f"{each.id.account.name}/{each.id.name}" for each in group]
    word, colour = urgency(item.retires, line.today, soon, retired=item.stage is Stage.RETIRED)
    day = item.retires
    when = f"{day}, {left_in_words(day, line.today)}" if day else "day not known"
    successor = f"; successor {item.facts.successor}" if item.facts and item.facts.successor else ""
    what = (
        pages.code(_model(item)),
        pages.badge(word, colour),
        tag("span", when),
        tag("span", f"{listed(names, most=_NAMES)}{successor}", class_="quiet"),
    )
    return tag("li", tag("div", join(what, " "), class_="what"), _bar(item.retires, line, colour))


def _bar(day: date | None, line: _Line, colour: str) -> Markup:
    now, then = line.percent(line.today), line.percent(day or line.today)
    left, right = min(now, then), max(now, then)
    bar = tag(
        "rect", x=f"{left:.2f}%", y="6", width=f"{right - left:.2f}%", height="10", rx="3", class_=colour
    )
    ticks = [pages.upright(line.percent(tick), 22, "tick") for tick in _ticks(line)]
    dot = tag("circle", cx=f"{then:.2f}%", cy="11", r="5", class_=colour)
    parts = (
        *ticks,
        pages.upright(line.percent(line.soon), 22, "soon"),
        pages.upright(now, 22, "mark"),
        bar,
        dot,
    )
    return tag("svg", *parts, aria_hidden="true", width="100%", height="22")


def _axis(line: _Line) -> Markup:
    labels = []
    for tick in _ticks(line):
        at = line.percent(tick)
        anchor = "start" if at < 10 else "end" if at > 90 else "middle"
        words = f"{_MONTHS[tick.month - 1]} {tick.year}"
        labels.append(tag("text", words, x=f"{at:.2f}%", y="12", text_anchor=anchor))
    drawn = tag("svg", *labels, width="100%", height="16")
    return tag("li", tag("span", class_="what"), drawn, class_="axis", aria_hidden="true")


def _line(days: Sequence[date], today: date, soon: int) -> _Line:
    first, last = min([*days, today]), max([*days, today])
    start = max(_month(first, 0), _month(today, -_BACK))
    furthest = _month(today, _LONGEST)
    end = furthest if last >= furthest else max(_month(last, 1), _month(today, _SHORTEST))
    return _Line(start=start, end=end, today=today, soon=today + timedelta(days=min(soon, 3_650)))


def _ticks(line: _Line) -> list[date]:
    """First days of months at an even distance, few enough for a phone."""
    months = (line.end.year - line.start.year) * 12 + line.end.month - line.start.month
    step = next(size for size in (1, 2, 3, 6, 12) if months // size < _MOST_TICKS)
    return [_month(line.start, number) for number in range(0, months + 1, step)]


def _month(day: date, months: int) -> date:
    """The first day of the month that is so many months away."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)

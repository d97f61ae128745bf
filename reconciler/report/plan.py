"""The plan as text and Markdown, and in the forms that build systems read.

Rule of this module: deletions, refusals and what is blocked cannot be overlooked, what does not change takes
no room, and the last line says it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.diagnostics import Diagnostic, Severity, counted
from reconciler.domain.deployment import JsonValue
from reconciler.domain.shard import Part
from reconciler.plan.actions import KINDS, Blocked, Delete, Keep, Reason, Replace
from reconciler.plan.plan import Plan, Step, Unread
from reconciler.report import diagnostics as diagnostics_report
from reconciler.report import steps as texts
from reconciler.report.blocks import Telling, kinds_of
from reconciler.report.capacity import check_lines
from reconciler.report.causes import CommonCause, cause_lines, common_causes
from reconciler.report.diagnostics import Spans
from reconciler.report.layout import alike, broken, clauses, listed
from reconciler.report.markdown import MarkdownPage, cell, fold, markdown_fence, markdown_inert
from reconciler.report.quota import forecast_lines
from reconciler.report.style import Style, inert

if TYPE_CHECKING:
    from reconciler.prices.bill import Cost

NOT_OURS: Final = "not ours"
WORDS: Final = {
    "refused": "A guard forbids the whole plan, so an apply writes nothing. The plan names each guard, what "
    "it found, and the flag or the field that lifts it.",
    "incomplete": "Some account could not be read, so nothing is concluded about what is there: neither that "
    "it is absent nor that it is ours. The plan says why; the other accounts are planned.",
    NOT_OURS: "Nobody's mark is on these deployments and no manifest declares them: they are left alone.",
    "unchanged": "The deployment is as declared; nothing is written.",
}
"""What a plan calls itself and its parts, beside its actions, reasons, refusals, notices and verdicts."""
_PAGE: Final = Style(colour=False, unicode=True, width=110)
_OPEN: Final = 10
"""Changes up to which a page shows them unfolded."""


def render_text(
    plan: Plan,
    *,
    style: Style,
    verbose: bool = False,
    units: texts.Units = texts.no_units,
    alias_of: texts.Alias = texts.NO_ALIAS,
) -> str:
    """What is alike, then the rest by account; with `verbose` everything by account, also what stays."""
    telling = Telling(texts.Wording(style=style, units=units, verbose=verbose), alias_of)
    causes = causes_of(plan)
    shown = [step for step in _listed_steps(plan, causes) if verbose or not isinstance(step.action, Keep)]
    parts = ["\n".join(cause_lines(causes, style, verbose=verbose))] if causes else []
    parts += [] if idle(plan) else ["\n".join(telling.opening(plan, shown))]
    parts += ["\n".join(block.lines) for block in telling.blocks(shown)]
    if plan.quota:
        parts.append("\n".join(forecast_lines(plan.quota, style, alias_of, verbose=verbose)))
    if plan.capacity:
        parts.append("\n".join(check_lines(plan.capacity, style, alias_of)))
    if plan.cost and not idle(plan):
        from reconciler.report.cost import plan_lines  # prices: 15 ms of import

        parts.append("\n".join(plan_lines(plan.cost, style, verbose=verbose)))
    return "\n\n".join([*parts, *_ending(plan, style)]) + "\n"


def render_summary(plan: Plan, *, style: Style, alias_of: texts.Alias = texts.NO_ALIAS) -> str:
    """One line an account, below it what is blocked there and why, and the end of the plan."""
    causes = causes_of(plan)
    lines = list(cause_lines(causes, style))
    for steps in texts.by_account([s for s in _listed_steps(plan, causes) if not isinstance(s.action, Keep)]):
        region = next((step.action.region.name for step in steps if step.action.region), "region unknown")
        line = f"{texts.account_name(steps[0].action.id.account, style, alias_of)}  {style.show(region)}  "
        lines += broken(line + kinds_of(steps), style.width, hanging="    ")
        blocked = [step for step in steps if isinstance(step.action, Blocked)]
        lines += texts.account_lines(blocked, texts.Wording(style=style)) if blocked else []
    return "\n\n".join([*(["\n".join(lines)] if lines else []), *_ending(plan, style)]) + "\n"


# -- the end of a plan ---------------------------------------------------------------------------------


def _ending(plan: Plan, style: Style) -> Iterator[str]:
    """What forbids the plan, what it does not know, and the line that counts."""
    if plan.refusals:
        these = "this stands" if len(plan.refusals) == 1 else "these stand"
        lines = [style.paint(f"Refused: nothing is written while {these}", "bold", "red")]
        for refusal in plan.refusals:
            words = style.show(f"{refusal.code}: {refusal.message}")
            lines += style.paragraph(words, indent="  ", hanging="    ")
            lines += style.paragraph(f"fix: {style.show(refusal.fix)}", indent="    ", hanging="      ")
        yield "\n".join(lines)
    yield "\n".join(_last_words(plan, style))


def _last_words(plan: Plan, style: Style) -> Iterator[str]:
    for notice in plan.notices:
        words = style.show(f"{notice.severity.value}: {notice.message} ({notice.code}; {notice.fix}).")
        yield from style.paragraph(words)
    for out in left_out(plan):
        yield from style.paragraph(out)
    if plan.unread:
        yield from style.paragraph(style.show(incomplete(plan)))
    for (message, fix), accounts in _same_cause(plan):
        words = message if len(accounts) == 1 else f"{message} ({counted(len(accounts), 'account')})"
        yield from style.paragraph(style.show(words), indent="  ", hanging="    ")
        words = f"fix: {style.show(fix)}"
        yield from style.paragraph(words, indent="    ", hanging="      ")
    colour = "red" if plan.refusals or plan.blocked else "green"
    for line in clauses(idle(plan) or summary(plan), width=style.width):
        yield style.paint(line, "bold", colour)


def _same_cause(plan: Plan) -> Iterable[tuple[tuple[str, str], list[Unread]]]:
    """Accounts by what keeps them from being read: one cause is told once."""
    return alike(unread_elsewhere(plan), lambda item: (item.message, item.fix)).items()


def counts(plan: Plan) -> dict[str, int]:
    """How many deployments there are of each kind of action."""
    kinds = [step.action.kind for step in plan.steps]
    return {kind: kinds.count(kind) for kind in KINDS}


def shares(plan: Plan) -> dict[str, int]:
    """The counts for people: what is left alone because it is not ours is told apart, where there is any."""
    number = counts(plan)
    kept = (step.action for step in plan.steps if isinstance(step.action, Keep))
    theirs = sum(action.reason is Reason.NOT_OURS for action in kept)
    named = {"unchanged": number["none"] - theirs} | ({NOT_OURS: theirs} if theirs else {})
    return {
        name: of_it
        for kind, count in number.items()
        for name, of_it in (named if kind == "none" else {kind: count}).items()
    }


def summary(plan: Plan) -> str:
    """One line that counts what there is of each kind of action."""
    number = {kind: count for kind, count in shares(plan).items() if count}
    rest = {"unchanged": "unchanged", NOT_OURS: NOT_OURS, "blocked": "blocked"}
    writes = ", ".join(f"{count} to {kind}" for kind, count in number.items() if kind not in rest)
    others = ", ".join(f"{count} {rest[kind]}" for kind, count in number.items() if kind in rest)
    money = _total("cost", plan.cost)
    return f"Plan: {'; '.join(filter(None, (writes, others, money))) or 'nothing'}."


def idle(plan: Plan) -> str:
    """The one sentence on a plan that would do nothing and has nothing to say; else empty."""
    if plan.work or plan.blocked or plan.refusals or not plan.complete:
        return ""
    kept = [step.action for step in plan.steps if isinstance(step.action, Keep)]
    undeclared = sum(1 for action in kept if action.desired is None)
    upgraded = sum(1 for action in kept if action.reason is Reason.AUTO_UPGRADED)
    synced = len(kept) - undeclared - upgraded
    stay = "stays as it is" if undeclared == 1 else "stay as they are"
    others = f", and {counted(undeclared, 'undeclared one')} {stay}" if undeclared else ""
    shares = [(synced, "in sync")] if synced or not upgraded else []
    shares += [(upgraded, "upgraded by the service")] if upgraded else []
    (first, what), *rest = shares
    text = ", ".join(
        (f"{counted(first, 'declared deployment')} {what}", *(f"{n} {word}" for n, word in rest))
    )
    which = "; `reconciler drift` shows to which version" if upgraded else ""
    money = _total("; cost stays at", plan.cost and replace(plan.cost, before=None))
    return f"Nothing to do: {text}{others}{which}{money}."


def _total(words: str, cost: Cost | None) -> str:
    """The sum behind these words; empty where nobody asked for it."""
    if cost is None:
        return ""
    from reconciler.report.cost import total  # prices: 15 ms of import

    return f"{words} {total(cost)}"


def incomplete(plan: Plan) -> str:
    """The sentence on accounts that could not be read; empty where there are none."""
    if not plan.unread:
        return ""
    names = listed([item.id.name for item in plan.unread])
    return f"Incomplete: {names} could not be read, and nothing is concluded about what is there."


def unread_elsewhere(plan: Plan) -> Sequence[Unread]:
    """The unread accounts with nothing declared in them: no blocked deployment says why."""
    blocked_in = {step.action.id.account for step in plan.blocked}
    common = {name for cause in causes_of(plan) for name in cause.accounts}
    return [item for item in plan.unread if item.id not in blocked_in and item.id.name not in common]


def causes_of(plan: Plan) -> list[CommonCause]:
    """What keeps several accounts of the plan from being read, each cause once."""
    return common_causes((item.id.name, item.message, item.fix) for item in plan.unread)


def _listed_steps(plan: Plan, causes: Sequence[CommonCause]) -> list[Step]:
    """The steps without those that are blocked by a common cause alone."""
    hit = {name for cause in causes for name in cause.accounts}
    return [
        step
        for step in plan.steps
        if step.action.reason is not Reason.ACCOUNT_UNREADABLE or step.action.id.account.name not in hit
    ]


def left_out(plan: Plan) -> Sequence[str]:
    """What the selection kept out of the plan, and what is left to other shards; empty when it is nothing."""
    words: list[str] = []
    if plan.left_out:
        number = counted(plan.left_out, "declared deployment")
        words.append(f"Left out by the selection: {number}, not looked at.")
    if plan.part is not None:
        words.append(f"{shard_line(plan.part)}.".capitalize())
    return words


def shard_line(part: Part) -> str:
    """Which shard this is, and how much of the fleet it looks after."""
    others = part.of_accounts - part.accounts
    rest = f"; {others} left to the other shards" if others else ""
    nothing = ", so there is nothing to do here" if others and not part.accounts else ""
    return f"shard {part.shard}: {part.accounts} of {counted(part.of_accounts, 'account')}{rest}{nothing}"


# -- Markdown ------------------------------------------------------------------------------------------


def render_markdown(
    plan: Plan,
    *,
    max_bytes: int = 65_000,
    units: texts.Units = texts.no_units,
    alias_of: texts.Alias = texts.NO_ALIAS,
    commit: str = "",
) -> str:
    """The whole plan within `max_bytes` of UTF-8 (at least 2,000), made from the manifests of `commit`.

    The first line is a comment by which a job finds what it wrote before; GitHub takes 65,536 characters.
    """
    page = MarkdownPage(max_bytes)
    page.add(f"<!-- reconciler plan fleet={_word(plan.fleet)} fingerprint={_word(plan.fingerprint)} -->")
    page.add(f"## Plan for fleet {cell(plan.fleet)}\n")
    page.add(f"{idle(plan) or summary(plan)}\n")
    made = f", commit {cell(commit)}" if commit else ""
    page.add(f"Fleet {cell(plan.fleet)}, cloud {cell(plan.cloud)}{made}.\n")
    if plan.unread:
        page.add(f"{markdown_inert(incomplete(plan))}\n")
    page.offer_list("Not read", _unread(plan), "unread account")
    for out in left_out(plan):
        page.add(f"{out}\n")
    page.offer_list("Deleted or replaced", _going(plan), "deletion")
    page.offer_list("Refused, nothing is written while this stands", _refused(plan), "refusal")
    page.offer_list("Blocked", _blocked(plan), "blocked deployment")
    telling = Telling(texts.Wording(style=_PAGE, units=units), alias_of)
    shown = [item for item in _listed_steps(plan, causes_of(plan)) if not isinstance(item.action, Keep)]
    if shared := list(telling.shared(shown)):
        page.offer(f"{markdown_fence(chr(10).join(shared), 'text')}\n", "shared setting")
    for block in telling.blocks(shown, indent=""):
        text = markdown_fence("\n".join(block.body), "diff")
        page.offer(fold(block.title, text, standing_open=len(shown) <= _OPEN), "block")
    if plan.capacity:
        title, *checks = check_lines(plan.capacity, _PAGE, alias_of)
        page.offer(fold(title, markdown_fence("\n".join(checks))), "capacity table")
    if plan.cost and not idle(plan):
        from reconciler.report.cost import render_markdown as cost_markdown

        page.offer(cost_markdown(plan.cost), "cost table")
    if plan.quota:
        title, *pools = forecast_lines(plan.quota, _PAGE, alias_of)
        if title == "Quota":
            page.offer(fold(title, markdown_fence("\n".join(pools), "text")), "quota table")
        else:
            page.offer(f"{markdown_inert(' '.join(' '.join((title, *pools)).split()))}\n", "quota line")
    page.offer_list("Notes on the manifests", _notes(plan), "note")
    return page.text("`reconciler plan` shows everything.")


def _going(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if isinstance(step.action, Delete | Replace):
            yield f"{step.action.kind} {_name(step)}"


def _refused(plan: Plan) -> Iterator[str]:
    for refusal in plan.refusals:
        yield f"{cell(refusal.code)}: {cell(refusal.message)}; fix: {cell(refusal.fix)}"


def _blocked(plan: Plan) -> Iterator[str]:
    for step in _listed_steps(plan, causes_of(plan)):
        action = step.action
        if isinstance(action, Blocked):
            text = f"{cell(action.explanation)}; fix: {cell(action.fix)}"
            yield f"{_name(step)} ({action.reason.value}): {text}"


def _unread(plan: Plan) -> Iterator[str]:
    for cause in causes_of(plan):
        hit = listed([cell(name) for name in cause.accounts], most=10)
        yield f"fix: {cell(cause.fix)}; {cell(cause.what)} ({counted(len(cause.accounts), 'account')}: {hit})"
    for (message, fix), accounts in _same_cause(plan):
        many = f" ({counted(len(accounts), 'account')})" if len(accounts) > 1 else ""
        yield f"{cell(message)}{many}; fix: {cell(fix)}"


def _notes(plan: Plan) -> Iterator[str]:
    """Findings on deployments that change, and on what is no deployment; the others are `validate`'s."""
    changing, kept = set[tuple[object, ...]](), set[tuple[object, ...]]()
    for step in plan.steps:
        desired = step.action.desired
        for layer in () if desired is None else desired.provenance.layers:
            at = layer.place
            (kept if isinstance(step.action, Keep) else changing).add((at.file, at.document, at.route))
    for found in plan.findings:
        if found.severity in {Severity.ERROR, Severity.WARNING}:
            place, about = found.place, set[tuple[object, ...]]()
            if place is not None:  # with everything that it stands in
                lengths = range(len(place.route) + 1)
                about = {(place.file, place.document, place.route[:length]) for length in lengths}
            if about & changing or not about & kept:
                where = f" in {cell(found.place.file)}" if found.place else ""
                yield f"{found.severity.value} {cell(found.code)}{where}: {cell(found.message)}"


def _name(step: Step) -> str:
    return cell(f"{step.action.id.account.name}/{step.action.id.name}")


def _word(text: str) -> str:
    """What may stand inside a comment of HTML."""
    kept = "".join(
        item if item.isascii() and (item.isalnum() or item in ":.-_") else "_" for item in inert(text)
    )
    return kept[:100].replace("--", "_")


# -- build systems -------------------------------------------------------------------------------------


def render_github(plan: Plan, sources: Spans) -> str:
    """Annotations for what is wrong with the manifests, refused or blocked; empty where nothing is."""
    return diagnostics_report.render_github([*_hindrances(plan), *plan.findings], sources)


def render_gitlab(plan: Plan) -> dict[str, JsonValue]:
    """The three numbers of GitLab's report `terraform`: a replacement is a deletion and a creation."""
    number = counts(plan)
    return {
        "create": number["create"] + number["replace"],
        "update": number["update"] + number["adopt"],
        "delete": number["delete"] + number["replace"],
    }


def _hindrances(plan: Plan) -> Iterator[Diagnostic]:
    """Refusals and blocked deployments as findings without a place."""
    for refusal in plan.refusals:
        yield Diagnostic(code=refusal.code, severity=Severity.ERROR, message=refusal.message, fix=refusal.fix)
    for step in plan.steps:
        if isinstance(step.action, Blocked):
            name = f"{step.action.id.account.name}/{step.action.id.name}"
            yield Diagnostic(
                code=step.action.reason.value,
                severity=Severity.ERROR,
                message=f"{name} is blocked: {step.action.explanation}",
                fix=step.action.fix,
            )

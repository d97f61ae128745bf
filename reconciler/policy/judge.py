"""Rules against deployments: what breaks them, what was not judged, which exemptions have run out.

Neither the order of rules nor that of deployments matters. A rule never takes away what another one finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.diagnostics import Diagnostic, Place, Related, Route, Severity, counted, listing
from reconciler.policy.expression import NO_FLEET, BrokenExpression, ExpressionClock, ExpressionFleet, holds
from reconciler.policy.index import Mask, SubjectIndex
from reconciler.policy.rule import PolicyRule, PolicySubject
from reconciler.policy.words import WORDS, PolicyContext, PolicyWord


def judge(
    rules: Iterable[PolicyRule],
    subjects: Sequence[PolicySubject],
    context: PolicyContext,
    *,
    fleet: ExpressionFleet = NO_FLEET,
    severities: Mapping[str, Severity] | None = None,
    whole: bool = True,
) -> tuple[Diagnostic, ...]:
    """Everything that the rules find. `whole` says that nothing was left out, so that no match is news.

    `severities` by code are laid over those of rules that are not binding.
    """
    court = _Court(subjects, context, fleet)
    found: list[Diagnostic] = []
    for rule in sorted(
        rules, key=lambda item: (item.id, item.policy, item.place.file, str(item.place.route))
    ):
        wanted = None if rule.binding or severities is None else severities.get(rule.code)
        if wanted is not Severity.OFF:
            found.extend(court.hear(rule, wanted or rule.severity, whole=whole))
    return tuple(found)


class _Court:
    """The deployments of one run, and what was found out about them already."""

    def __init__(
        self, subjects: Sequence[PolicySubject], context: PolicyContext, fleet: ExpressionFleet
    ) -> None:
        self._index = SubjectIndex(subjects)
        self._context = context
        self._fleet = fleet
        self._clock = ExpressionClock()
        self._judged: dict[tuple[str, str], tuple[tuple[tuple[object, Mask], ...], Mask]] = {}

    def hear(self, rule: PolicyRule, severity: Severity, *, whole: bool) -> Iterator[Diagnostic]:
        """What one rule finds."""
        yield from self._expired(rule)
        concerned = self._index.matching(rule.match)
        if not concerned:
            match = rule.match
            stated = match.labels or match.targets or match.skus or match.models
            if whole:
                yield _said(
                    rule,
                    Severity.INFO,
                    f"rule `{rule.id}` matches no deployment",
                    rule.at("match" if stated else "id"),
                    "check the spelling of labels and globs, or remove the rule",
                    label="nothing matches",
                )
            return
        for name, wanted in rule.require.items():
            yield from self._required(rule, severity, name, wanted, concerned)
        if rule.expression:
            yield from self._expressed(rule, severity, concerned)

    def _expired(self, rule: PolicyRule) -> Iterator[Diagnostic]:
        for number, exemption in enumerate(rule.exemptions):
            if exemption.until < self._context.today:
                yield _said(
                    rule,
                    Severity.ERROR,
                    f"the exemption of `{exemption.target}` ended on {exemption.until}",
                    rule.at("exemptions", number, "until"),
                    "remove the exemption, or extend it with a reason",
                    label=f"{counted((self._context.today - exemption.until).days, 'day')} ago",
                )

    def _exempt(self, rule: PolicyRule) -> Mask:
        today = self._context.today
        return self._index.targets(
            [exemption.target for exemption in rule.exemptions if exemption.until >= today]
        )

    def _required(
        self, rule: PolicyRule, severity: Severity, name: str, wanted: object, concerned: Mask
    ) -> Iterator[Diagnostic]:
        word = WORDS[name]
        broken, unknown = self._verdict(name, word, wanted)
        hit = [(value, mask & concerned) for value, mask in broken if mask & concerned]
        unknown &= concerned
        if not hit and not unknown:
            return
        exempt = self._exempt(rule)
        allowed, fix = word.allowed(wanted), word.fix(wanted)
        for value, mask in hit:
            what = f"{word.found(value)}; {allowed} is required"
            for member in self._index.members(mask & ~exempt):
                yield _broken(rule, severity, member, word.route, what, label=f"must be {allowed}", fix=fix)
        if unknown & ~exempt:
            yield _not_judged(rule, [*self._index.members(unknown & ~exempt)], word.unknown)

    def _verdict(
        self, name: str, word: PolicyWord, wanted: object
    ) -> tuple[tuple[tuple[object, Mask], ...], Mask]:
        """The values that are not as wanted, each with its deployments, and who could not be judged."""
        key = (name, repr(wanted))
        if key not in self._judged:
            broken: list[tuple[object, Mask]] = []
            unknown = 0
            for value, mask in self._index.values(
                f"require {name}", lambda item: word.facts(item, self._context)
            ).items():
                allowed = word.allows(wanted, value)
                if allowed is None:
                    unknown |= mask
                elif not allowed:
                    broken.append((value, mask))
            self._judged[key] = (tuple(broken), unknown)
        return self._judged[key]

    def _expressed(self, rule: PolicyRule, severity: Severity, concerned: Mask) -> Iterator[Diagnostic]:
        unknown: list[PolicySubject] = []
        for member in self._index.members(concerned & ~self._exempt(rule)):
            try:
                result = holds(rule.expression, member, self._context, self._fleet, self._clock)
            except BrokenExpression as problem:
                message = f"the expression fails for `{title(member)}`: {problem}"
                yield _said(rule, Severity.ERROR, message, rule.at("expression"), problem.fix)
                return
            if result is None:
                unknown.append(member)
            elif not result:
                yield _broken(rule, severity, member, (), "breaks the expression")
        if unknown:
            yield _not_judged(rule, unknown, "its price is not known")


def _broken(
    rule: PolicyRule,
    severity: Severity,
    subject: PolicySubject,
    route: Route,
    what: str,
    *,
    label: str = "",
    fix: str = "",
) -> Diagnostic:
    said = f"`{title(subject)}` {what}"
    message = f"{rule.message}: {said}" if rule.message else said
    label = label or rule.message or "not allowed by this rule"
    fix = fix or rule.message or f"`reconciler explain {rule.code}` shows the rule"
    related = (Related(message="the rule", place=rule.at("id")),)
    return replace(_said(rule, severity, message, subject.place(route), fix, label=label), related=related)


def _not_judged(rule: PolicyRule, which: Sequence[PolicySubject], why: str) -> Diagnostic:
    names = listing([f"`{title(item)}`" for item in which], 3)
    message = f"{counted(len(which), 'deployment')} not judged ({names}): {why}"
    fix = "a plan knows more than the manifests: it reads what is there"
    return _said(rule, Severity.INFO, message, rule.at("id"), fix)


def _said(
    rule: PolicyRule, severity: Severity, message: str, place: Place | None, fix: str, *, label: str = ""
) -> Diagnostic:
    return Diagnostic(
        code=rule.code,
        severity=severity,
        message=message,
        place=place,
        label=label,
        source=f"policy `{rule.policy}` in {rule.place.file}",
        fix=fix,
    )


def title(subject: PolicySubject) -> str:
    """A deployment for a sentence."""
    return f"{subject.id.account.name}/{subject.id.name}"

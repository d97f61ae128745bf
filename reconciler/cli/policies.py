"""The platform team's rules, judged for the command that runs: of what is declared, would be, or is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reconciler.cli.choosing import severities
from reconciler.cli.knowledge import catalogue, prices
from reconciler.cli.options import Output
from reconciler.cli.wiring import Loaded, the_clock
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.fleet import DesiredState
from reconciler.domain.state import ObservedState
from reconciler.report.style import json_text

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan
    from reconciler.policy.rule import PolicyRule, PolicySubject
    from reconciler.policy.words import Monthly


def of_declared(
    policies: Sequence[PolicyRule], desired: DesiredState, words: Iterable[str] = ()
) -> tuple[Diagnostic, ...]:
    """What the rules find in what the manifests declare. `words` are those of `--rule`."""
    from reconciler.policy.rule import declared_subjects

    return _judged(policies, declared_subjects(desired), desired, words) if policies else ()


def of_existing(loaded: Loaded, observed: ObservedState) -> tuple[Diagnostic, ...]:
    """What the rules find in what is there, declared or not."""
    from reconciler.policy.rule import observed_subjects

    desired = loaded.state()
    return _judged(loaded.policies, observed_subjects(desired, observed), desired, loaded.chosen.rules)


def with_policies(plan: Plan, loaded: Loaded, observed: ObservedState) -> Plan:
    """The plan, refused where what it would leave behind breaks a rule; milder findings become notices."""
    if not loaded.policies:
        return plan
    from reconciler.plan.guard import judged_by_policies
    from reconciler.policy.rule import declared_subjects

    desired = loaded.state()
    found = _judged(loaded.policies, declared_subjects(desired, observed), desired, loaded.chosen.rules)
    return judged_by_policies(plan, found)


def _judged(
    policies: Sequence[PolicyRule],
    subjects: Sequence[PolicySubject],
    desired: DesiredState,
    words: Iterable[str],
) -> tuple[Diagnostic, ...]:
    from reconciler.policy.expression import ExpressionFleet
    from reconciler.policy.judge import judge
    from reconciler.policy.rule import PREFIX
    from reconciler.policy.words import PolicyContext

    said = {code: level for code, level in severities(words).items() if code.startswith(PREFIX)}
    louder = [replace(policy, severity=said.get(policy.code, policy.severity)) for policy in policies]
    fleet = desired.fleet
    return judge(
        [item for item in louder if item.severity is not Severity.OFF],
        subjects,
        PolicyContext(
            catalogue=catalogue(), today=the_clock().now().date(), monthly=_monthly(louder, desired)
        ),
        fleet=ExpressionFleet(name=fleet.name or "", cloud=fleet.cloud),
        severities=fleet.rules,
        whole=not desired.scope.narrowed and desired.part is None,
    )


def _monthly(policies: Iterable[PolicyRule], desired: DesiredState) -> Monthly | None:
    """Prices of single deployments, without reservations; only where a rule asks for them."""
    if not any("maxMonthlyCost" in policy.require or "cost." in policy.expression for policy in policies):
        return None
    from reconciler.prices.bill import Deployed, bill

    book, day = prices(desired.fleet.costs), the_clock().now().date()
    costs = replace(desired.fleet.costs, reservations=())
    workloads = {deployment.id: deployment.workload for deployment in desired.deployments}

    def monthly(subject: PolicySubject) -> tuple[Decimal, bool]:
        base = subject.model.tuned_from
        version = subject.version or None
        deployed = Deployed(
            id=subject.id,
            region=subject.region,
            sku=subject.sku,
            capacity=subject.capacity,
            model=base.name if base else None if subject.model.fine_tuned else subject.model.name,
            version=base.version if base else version,
            format=subject.model.format,
            fine_tuned=subject.model.fine_tuned,
            workload=workloads.get(subject.id),
        )
        found = bill([deployed], costs, book, day)
        return found.total, found.complete

    return monthly


def beside(rendered: str, found: Sequence[Diagnostic], loaded: Loaded, output: Output) -> str:
    """A report of what is there, with what the policies find in it, in the form that was asked for."""
    import json

    from reconciler.cli.commands.shared import style_of
    from reconciler.report import diagnostics as diagnostics_report

    match output.form:
        case "json":
            document = diagnostics_report.to_json(
                found, loaded.sources, files=loaded.files, deployments=loaded.deployments
            )
            return json_text({**json.loads(rendered), "policy": document["diagnostics"]})
        case "markdown":
            page = diagnostics_report.render_markdown(found, loaded.sources)
            return f"{rendered.rstrip()}\n\n{page.replace('## Manifests', '## Policies', 1)}"
        case "github":
            return rendered + diagnostics_report.render_github(found, loaded.sources)
        case "junit":
            return _one_junit(rendered, diagnostics_report.render_junit(found, loaded.sources, files=()))
        case "prometheus":
            codes = {rule.code for rule in loaded.policies}
            return rendered + diagnostics_report.render_prometheus(
                found, codes, fleet=loaded.state().fleet.name
            )
        case "text":
            text = diagnostics_report.render_text(found, loaded.sources, style=style_of(output))
            return f"{rendered.rstrip()}\n\nPolicies\n{text}"
        case _:  # the HTML page has a section of its own for them
            return rendered


def _one_junit(first: str, second: str) -> str:
    """Two JUnit documents as one: the suites of both, and the counts of all."""
    from xml.etree import ElementTree as ET

    whole, more = ET.fromstring(first), ET.fromstring(second)  # noqa: S314 -- our own
    for suite in more:
        suite.set("name", "policies")
        whole.append(suite)
    for count in ("tests", "failures", "errors", "skipped"):
        total = int(whole.get(count, "0")) + int(more.get(count, "0"))
        whole.set(count, str(total))
    body = ET.tostring(whole, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'

"""`reconciler upgrade`: read, propose, rewrite, plan what was rewritten, write, tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from reconciler.cli.commands.shared import end_with_errors, must_declare_something, style_of, write_forms
from reconciler.cli.exit_codes import Exit
from reconciler.cli.knowledge import catalogue
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.cli.wiring import Loaded, checked, note, read_manifests, resolved, save, state_of, the_clock
from reconciler.diagnostics import Diagnostic, Route, Severity
from reconciler.domain.fleet import DesiredState
from reconciler.domain.ids import DeploymentId
from reconciler.errors import ReconcilerError, UsageProblem
from reconciler.manifest.files import STDIN
from reconciler.manifest.load import LoadedManifests
from reconciler.manifest.source import Sources as Texts
from reconciler.plan.allowances import Policy
from reconciler.plan.plan import Plan
from reconciler.report import upgrade as report
from reconciler.report.upgrade import Done
from reconciler.upgrade.live import Live, judged, live_of
from reconciler.upgrade.propose import Proposal, Season, Standing, Strategy, proposals
from reconciler.upgrade.rewrite import Rewriting, rewritten
from reconciler.upgrade.target import TargetSources, Wish
from reconciler.upgrade.wanted import SPILLOVER, Beside, NewValues


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeAsked:
    """What the command line asks for. `within` None: the Fleet's own days; `as_of` None: today."""

    within: int | None
    to: str | None
    strategy: str
    accept_live: bool
    finish: bool
    write: bool
    force: bool
    offline: bool
    as_of: date | None


def upgrade(*, asked: UpgradeAsked, chosen: Chosen, connection: Connection, output: Output) -> Exit:
    """Propose, and write where that is asked for; the exit code."""
    if asked.offline and asked.accept_live:
        raise UsageProblem("--accept-live asks ARM what is deployed; --offline asks nobody. Leave one out")
    today = asked.as_of or the_clock().now().date()
    read = read_manifests(chosen)
    desired = state_of(read, chosen, connection.cloud)
    if desired is None:
        end_with_errors(checked(read, chosen, connection.cloud, today=today, offline=asked.offline), output)
    must_declare_something(desired)
    live: Live | None = None
    if not asked.offline:
        from reconciler.cli.pipeline import observed_fleet

        live = live_of(desired, observed_fleet(desired, connection, output, with_regions=True))
    season = _season(asked, desired, live, today)
    everything = replace(chosen, select="", targets=(), excludes=(), shard="")
    whole = read if everything == replace(chosen, shard="") else resolved(read.read, everything)
    found = proposals(desired.deployments, whole.understood.deployments, season)
    edit = partial(_edited, whole, partial(resolved, chosen=everything))
    check = partial(checked, cloud=connection.cloud, today=today, offline=asked.offline)
    sound = partial(check, chosen=everything, errors_only=True)
    found, made, worse = _sound(*edit(found), whole, edit, sound, force=asked.force)
    plan: Plan | None = None
    if made.made and live is not None and not worse:
        about = _with_new_ones(chosen, made)
        after = made.loaded if whole is read else resolved(made.loaded.read, about)
        plan = _plan_after(check(after, chosen=about), connection, output)
        found = tuple(item if plan is None else judged(item, plan) for item in found)
        if not asked.force and plan is not None:
            found, made, worse = _sound(*edit(found), whole, edit, sound, force=False)
    refused = bool(made.texts) and not asked.force and bool(worse or (plan is not None and plan.refusals))
    if refused:
        wrong = f"these edits make the manifests wrong ({worse})"
        why = wrong if worse else "the plan of these edits is refused"
        text = "nothing was written: " if asked.write else ""
        note(output, f"{text}{why}. --write --force writes them all the same")
    done = Done.REFUSED if refused else Done.WRITTEN if asked.write and made.texts else Done.PROPOSED
    if done is Done.WRITTEN:
        _write(read, made)
    texts, days = made.texts, season.within

    def markdown(_: Output) -> str:
        from reconciler.cli.commands.plan import plan_markdown  # 30 ms of import, for this form alone

        after = plan_markdown(plan, read.understood.fleet) if plan else ""
        return report.render_markdown(found, texts, within=days, done=done, plan=after)

    write_forms(
        output,
        of=(report, found, texts),
        text=lambda each: report.render_text(found, texts, style=style_of(each), within=days, done=done),
        json=lambda _: report.document(found, read.sources.span).to_json(),
        markdown=markdown,
        diff=lambda _: "" if done is Done.REFUSED else report.diff(texts),
    )
    if refused or any(item.standing is Standing.UNSOLVED for item in found):
        return Exit.FAILED
    return Exit.CHANGES if made.texts and done is Done.PROPOSED else Exit.DONE


def _season(asked: UpgradeAsked, desired: DesiredState, live: Live | None, today: date) -> Season:
    """What the proposals go by: the command line, the Fleet, the catalogue, and what ARM says now."""
    days = desired.fleet.retirement.warn_within_days if asked.within is None else asked.within
    sources = TargetSources(
        catalogue=catalogue(),
        today=today,
        until=today + timedelta(days=days),
        to=None if asked.to is None else Wish.parse(asked.to),
        prefer=desired.fleet.upgrade,
        replacements={} if live is None else live.replacements,
    )
    return Season(
        sources=sources,
        within=days,
        strategy=None if asked.strategy == "auto" else Strategy(asked.strategy),
        finish=asked.finish,
        live=live.moved if live is not None and asked.accept_live else {},
    )


def _edited(
    whole: LoadedManifests, read: Callable[[Texts], LoadedManifests], found: Sequence[Proposal]
) -> tuple[tuple[Proposal, ...], Rewriting]:
    """The proposals as edits of the text; those that cannot be made are not solved."""
    while True:
        found = tuple(_unsolved(item, why) for item, why in zip(found, _dangling(found, whole), strict=True))
        wanted = [item.wanted for item in found if item.standing is Standing.EDIT and item.wanted is not None]
        made = rewritten(whole, wanted, read)
        if not made.failed:
            return found, made
        found = tuple(_unsolved(item, made.failed.get(item.id, "")) for item in found)


def _dangling(found: Sequence[Proposal], whole: LoadedManifests) -> Iterator[str]:
    """For each proposal what it would spill over to although that is not made; empty for all others."""
    existing = {deployment.id for deployment in whole.understood.deployments}
    existing |= {each.wanted.made for each in found if isinstance(each.wanted, Beside)}
    for item in found:
        name = item.wanted.values.get(SPILLOVER) if isinstance(item.wanted, NewValues) else None
        lost = name is not None and DeploymentId(account=item.id.account, name=name) not in existing
        yield f"{name}, which it is to spill over to, is not made" if lost else ""


def _with_new_ones(chosen: Chosen, made: Rewriting) -> Chosen:
    """What was chosen, and with the deployments that are named one by one those that come beside them."""
    if not chosen.targets:
        return chosen
    new = (
        f"{item.id.account.subscription}/{item.id.account.name}/{item.name}"
        for item in made.made
        if isinstance(item, Beside)
    )
    return replace(chosen, targets=(*chosen.targets, *new))


def _unsolved(proposal: Proposal, why: str) -> Proposal:
    if not why or proposal.wanted is None:
        return proposal
    return proposal.with_reasons(why, standing=Standing.UNSOLVED, wanted=None)


def _sound(
    found: tuple[Proposal, ...],
    made: Rewriting,
    before: LoadedManifests,
    edit: Callable[[Sequence[Proposal]], tuple[tuple[Proposal, ...], Rewriting]],
    check: Callable[[LoadedManifests], Loaded],
    *,
    force: bool,
) -> tuple[tuple[Proposal, ...], Rewriting, str]:
    """The proposals less those whose edits make the manifests wrong, and what is wrong apart from those."""
    known: frozenset[str] | None = None
    while made.made:
        wrong = [
            diagnostic
            for diagnostic in check(made.loaded).diagnostics
            if diagnostic.severity is Severity.ERROR
        ]
        if wrong and known is None:
            known = frozenset(map(_words, check(before).diagnostics))
        new = [item for item in wrong if known is None or _words(item) not in known]
        blamed = {} if force else _blamed(new, made)
        if not blamed:
            return found, made, _words(new[0]) if new else ""
        found, made = edit([_unsolved(item, blamed.get(item.id, "")) for item in found])
    return found, made, ""


def _words(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.code}: {diagnostic.message}"


def _blamed(wrong: Sequence[Diagnostic], made: Rewriting) -> dict[DeploymentId, str]:
    """The edited deployments that errors are about, with the first of each in words."""
    edits = {item.made if isinstance(item, Beside) else item.id: item.id for item in made.made}
    stated = defaultdict[tuple[str, int, Route], list[DeploymentId]](list)
    for deployment in made.loaded.understood.deployments if wrong else ():
        for layer in deployment.provenance.layers if deployment.id in edits else ():
            stated[layer.place.file, layer.place.document, layer.place.route].append(edits[deployment.id])
    blamed: dict[DeploymentId, str] = {}
    for error, place in ((item, item.place) for item in wrong if item.place is not None):
        for length in range(len(place.route) + 1):
            for identity in stated.get((place.file, place.document, place.route[:length]), ()):
                blamed.setdefault(identity, f"with it the manifests are wrong ({_words(error)})")
    return blamed


def _plan_after(loaded: Loaded, connection: Connection, output: Output) -> Plan | None:
    """The plan of the edited manifests, with cost and capacity; None where they were wrong before."""
    from reconciler.cli.loop import run_reading
    from reconciler.cli.pipeline import plan_fleet

    if not loaded.valid:
        note(output, "the manifests have other errors, so no plan was made; `reconciler validate` shows them")
        return None
    limit, wanted = connection.timeout, (loaded, connection, output, Policy())
    plan, _ = run_reading(limit, plan_fleet, *wanted, ask_arm=False, with_cost=True, check_capacity=True)
    return plan


def _write(read: LoadedManifests, made: Rewriting) -> None:
    """Write the new texts, each file whole; nothing is written where a file changed since it was read."""
    files = {file.name: file for file in read.read.files}
    contents: dict[Path, str] = {}
    for name, text in made.texts.items():
        if name == STDIN:
            raise UsageProblem("what came from standard input cannot be written back. Name the file")
        now = Path(name).read_bytes()
        if not files[name].same(now):
            raise ReconcilerError(f"{name} changed while it was edited; nothing was written. Run it again")
        contents[Path(name)] = ("\ufeff" if now.startswith(b"\xef\xbb\xbf") else "") + text.after
    for path, content in contents.items():
        mode = path.stat().st_mode
        save(path, content)
        path.chmod(mode)

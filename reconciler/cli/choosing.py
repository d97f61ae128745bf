"""What the words of --shard, --target and --rule mean; wrong usage (exit 64) where they mean nothing.

A target that names nothing is a slip of the command line, and green would be the worst answer: the job that
has it would say for ever that all is well. Only a look at ARM can tell, for a target may name what nobody
declares any more.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reconciler.catalogue.near import similar
from reconciler.diagnostics import Severity, counted
from reconciler.domain.fleet import DesiredState, matches_any
from reconciler.domain.ids import DeploymentId
from reconciler.domain.shard import Shard
from reconciler.domain.state import Listed, ObservedState
from reconciler.errors import UsageProblem
from reconciler.manifest.fleet import LOWERABLE
from reconciler.manifest.rules import CODES, explain
from reconciler.report.layout import listed

# -- shards --------------------------------------------------------------------------------------------

EXPLICIT = "RECONCILER_SHARD"
COMPLETIONS = "RECONCILER_JOB"
"""``completions=N``: how many pods a Kubernetes Job has, from its manifest; a pod cannot ask the cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _System:
    """Two variables by which a system numbers its jobs; `first` is the number of the first one."""

    name: str
    index: str
    count: str
    first: int


SYSTEMS = (
    _System(
        name="a Kubernetes Indexed Job", index="JOB_COMPLETION_INDEX", count="RECONCILER_SHARDS", first=0
    ),
    _System(name="GitLab CI", index="CI_NODE_INDEX", count="CI_NODE_TOTAL", first=1),
    _System(
        name="Azure Pipelines", index="SYSTEM_JOBPOSITIONINPHASE", count="SYSTEM_TOTALJOBSINPHASE", first=1
    ),
    _System(name="Buildkite", index="BUILDKITE_PARALLEL_JOB", count="BUILDKITE_PARALLEL_JOB_COUNT", first=0),
    _System(name="CircleCI", index="CIRCLE_NODE_INDEX", count="CIRCLE_NODE_TOTAL", first=0),
)


def shard_of_this_job(word: str, environment: Mapping[str, str]) -> Shard | None:
    """The shard that ``i/n`` or ``auto`` means; None for no word. UsageProblem where it means nothing."""
    if not word:
        return None
    if word.lower() != "auto":
        return _parsed(word, f"--shard {word}")
    for system in SYSTEMS:
        found = _numbered(system, environment)
        if found is not None:
            return found
    given = environment.get(EXPLICIT, "")
    if given and given.lower() != "auto":
        return _parsed(given, f"{EXPLICIT}={given}")
    raise UsageProblem(
        "--shard auto found nothing that numbers this job. It reads, in this order: "
        + "; ".join(f"{system.index} and {system.count} ({system.name})" for system in SYSTEMS)
        + f"; {EXPLICIT}=i/n (anywhere, such as in a GitHub matrix). Set one of them, or give --shard i/n"
    )


def _parsed(word: str, text: str) -> Shard:
    try:
        return Shard.parse(word)
    except ValueError as problem:
        raise UsageProblem(f"{text}: {problem}. Give i/n with i from 1 to n, or auto") from problem


def _numbered(system: _System, environment: Mapping[str, str]) -> Shard | None:
    """The shard by a system's own variables; None where this job is not one of that system's."""
    index, count = environment.get(system.index, ""), environment.get(system.count, "")
    if count == "1" and not index:
        return Shard(1, 1)  # GitLab counts a job without `parallel` and does not number it
    if not index:
        return None
    if not count:
        raise UsageProblem(
            f"--shard auto: {system.index} is {index}, so this is a job of {system.name}, but {system.count} "
            f"does not say how many there are. Set {system.count} to that number"
        )
    word, _, completions = environment.get(COMPLETIONS, "").partition("=")
    if system.index == "JOB_COMPLETION_INDEX" and word == "completions" and completions != count:
        raise UsageProblem(  # shards without a pod would be left out in silence
            f"the Job has {completions} completions, but {system.count} is {count}. Both count the shards "
            "and must be equal; set them to one number and start the Job again"
        )
    words = f"--shard auto: {system.index}={index} and {system.count}={count} ({system.name})"
    if not all(text.isascii() and text.isdigit() and len(text) <= 4 for text in (index, count)):
        raise UsageProblem(f"{words} are not two whole numbers. Set them, or give --shard i/n")
    return _parsed(f"{int(index) - system.first + 1}/{int(count)}", words)


# -- targets -------------------------------------------------------------------------------------------

_MOST = 8
_WHAT_IT_IS = "A target is a glob over subscription-or-alias/account/deployment, or its last parts"


def must_hit_something(desired: DesiredState, observed: ObservedState) -> None:
    """Raise UsageProblem where no `--target` matches a deployment, neither a selected nor an undeclared one.

    Nothing is said where this run cannot know: an account could not be listed, or another shard may have it.
    """
    from reconciler.plan.terms import known_deployments

    targets = desired.scope.targets
    if not targets or desired.declares_deployments or (desired.part and desired.part.shard.count > 1):
        return
    if not all(isinstance(reading, Listed) for reading in observed.readings.values()):
        return
    present, scope = set(known_deployments(desired, observed)), desired.scope
    for item in present:
        alias = desired.fleet.alias_of(item.account.subscription)
        # What an exclude took back was hit; what --select left out was not.
        if matches_any(targets, item, alias) and (
            item not in scope.left_out or matches_any(scope.excludes, item, alias)
        ):
            return
    raise UsageProblem(
        f"--target {' --target '.join(targets)} matches no deployment, neither one that the manifests "
        f"declare nor one that is there in their accounts: {_meant(desired, present)}{_WHAT_IT_IS}"
    )


def must_leave_something(desired: DesiredState) -> None:
    """Raise UsageProblem where the selection leaves none of the declared deployments and no account."""
    declared = desired.scope.left_out
    if desired.accounts or not declared:
        return
    meant = _meant(desired, declared) if desired.scope.targets else ""
    raise UsageProblem(
        f"the selection leaves none of {counted(len(declared), 'declared deployment')}: {meant}"
        f"--select takes labels of sets, --target and --exclude globs. {_WHAT_IT_IS}"
    )


def _meant(desired: DesiredState, existing: Collection[DeploymentId]) -> str:
    """A sentence on what may have been meant: one level more, a name near it, or else what there is."""
    targets, alias_of = desired.scope.targets, desired.fleet.alias_of
    below = [f"{glob}/*" for glob in targets]
    deeper = [
        glob
        for glob in below
        if any(matches_any((glob,), item, alias_of(item.account.subscription)) for item in existing)
    ]
    if deeper:
        return f"did you mean {' or '.join(map(repr, deeper))}? "
    names = sorted({item.name for item in (*existing, *desired.scope.left_out)})
    near = sorted({name for glob in targets for name in similar(glob.rpartition("/")[2], names)})
    if near:
        return f"did you mean {' or '.join(near)}? "
    return f"there are {listed(names, most=_MOST)}. " if names else ""


# -- rules ---------------------------------------------------------------------------------------------


def severities(words: Iterable[str]) -> dict[str, Severity]:
    """The severity per code that `--rule CODE=SEVERITY` says, of one run, laid over the Fleet's own."""
    return dict(map(_severity, words))


def _severity(word: str) -> tuple[str, Severity]:
    code, _, level = word.partition("=")
    if level not in set(Severity):
        raise UsageProblem(f"--rule {word!r} is not CODE=SEVERITY; severities are {', '.join(Severity)}")
    if code.startswith("policy/"):
        return code, Severity(level)
    explanation = explain(code)
    if explanation is None:
        near = difflib.get_close_matches(code, CODES, n=1)
        fix = f"Did you mean {near[0]}?" if near else "`reconciler explain` lists the codes"
        raise UsageProblem(f"--rule {word!r}: there is no rule {code!r}. {fix}")
    if explanation.structural and code not in LOWERABLE and level != Severity.ERROR:
        raise UsageProblem(
            f"--rule {word!r}: {code} is about text that is not understood, so it stays an error. "
            "Fix what it finds"
        )
    return code, Severity(level)

"""Which shard this process is: as `--shard` says, or as the system that started several of them does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.domain.shard import Shard


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


def _parsed(word: str, told: str) -> Shard:
    from reconciler.domain.shard import Shard

    try:
        return Shard.parse(word)
    except ValueError as problem:
        raise UsageProblem(f"{told}: {problem}. Give i/n with i from 1 to n, or auto") from problem


def _numbered(system: _System, environment: Mapping[str, str]) -> Shard | None:
    """The shard by a system's own variables; None where this job is not one of that system's."""
    from reconciler.domain.shard import Shard

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
    _same_count(system, count, environment.get(COMPLETIONS, ""))
    told = f"--shard auto: {system.index}={index} and {system.count}={count} ({system.name})"
    if not (_is_number(index) and _is_number(count)):
        raise UsageProblem(f"{told} are not two whole numbers. Set them, or give --shard i/n")
    return _parsed(f"{int(index) - system.first + 1}/{int(count)}", told)


def _same_count(system: _System, count: str, job: str) -> None:
    """Shards without a pod would be left out in silence, so a Job whose two numbers differ does not start."""
    word, _, completions = job.partition("=")
    if system.index == "JOB_COMPLETION_INDEX" and word == "completions" and completions != count:
        raise UsageProblem(
            f"the Job has {completions} completions, but {system.count} is {count}. Both count the shards "
            "and must be equal; set them to one number and start the Job again"
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4

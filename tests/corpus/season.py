"""Rows of the corpus whose models retire within a year, each with the proposal or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial

from reconciler.catalogue.load import catalogue
from reconciler.manifest.load import understood
from reconciler.upgrade.propose import Proposal, Season, Standing, proposals
from reconciler.upgrade.rewrite import rewritten
from reconciler.upgrade.target import TargetSources
from tests.corpus.corpus import Case, deployment_cases, verdict

TODAY = date(2026, 11, 29)
WITHIN = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One proposal for one row. `failed` says why its text could not be edited; empty where it could."""

    case: Case
    proposal: Proposal
    failed: str

    @property
    def line(self) -> str:
        """The row as the page and the kept table have it."""
        one, spec = self.proposal, self.proposal.deployment.spec
        version = spec.model.version if isinstance(spec.model.version, str) else "-"
        region = one.deployment.region.name if one.deployment.region else "-"
        what = f"{spec.model.name} {version} | {spec.sku.name} {region} | {one.retires or 'retired'}"
        if one.target is None or one.standing is Standing.UNSOLVED:
            return f"{self.case.title} | {what} | none: {one.reason}"
        how = one.strategy.value if one.strategy else "-"
        return (
            f"{self.case.title} | {what} | {one.target.name} {one.target.version} {how} ({one.target.source})"
        )


@cache
def moves() -> tuple[Move, ...]:
    """Every proposal over the corpus, in the order of its rows."""
    return tuple(_moves())


def _moves() -> Iterator[Move]:
    sources = TargetSources(catalogue=catalogue(), today=TODAY, until=TODAY + timedelta(days=WITHIN))
    season = Season(sources=sources, within=WITHIN)
    for case in deployment_cases():
        loaded = verdict(case).checked.loaded
        deployments = loaded.understood.deployments
        for one in proposals(deployments, deployments, season):
            wanted = [] if one.wanted is None else [one.wanted]
            made = rewritten(loaded, wanted, partial(understood, paths=loaded.paths))
            yield Move(case=case, proposal=one, failed=made.failed.get(one.id, ""))

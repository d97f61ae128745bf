"""Reading `facts.yaml`: layers, blocks of a model, and the tables that the built file refers to by index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.catalogue.packed import PackedSource

Json = dict[str, Any]
Facts = dict[str, Any]

OLD = "docs-2025-03"
LATEST = "latest"
ARM = "arm-live"

# The recordings that list every model of their regions; the one of June 2026 was cut to five versions
# and has 36 regions instead, and the one of 2025 does not say which region it is of.
WHOLE_LISTS = "arm-2026-04-23"
MANY_REGIONS = "arm-2026-06-22"
OLD_LIST = "arm-2025-05-25"
CLAUDE_PAGE = "docs-claude-models-2026-07-28"
# One region, and of its list only what was new: it says what is offered, never that something is not.
UPDATED_LIST = "arm-2026-10-05"
UNNAMED = "unnamed"


def blocks(facts: Facts, layer: str, name: str, version: str | None) -> Iterator[Json]:
    """What `layer` says of a model version, the version's own block before the one for all versions."""
    model = facts["layers"][layer]["models"].get(name, {})
    if version is not None and version in model.get("versions", {}):
        yield model["versions"][version]
    if "all_versions" in model:
        yield model["all_versions"]


class Tables:
    """Sources and region sets in the order of their first use, which keeps builds reproducible."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._sources: list[str] = []
        self.region_sets: list[list[str]] = []

    @property
    def recorded_regions(self) -> list[str]:
        """The regions of which one recording lists all models."""
        offers = (
            offer
            for model in self._facts["layers"][ARM]["models"].values()
            for version in model["versions"].values()
            for offer in version["offers"]
        )
        return sorted({region for offer in offers for region in offer["seen"].get(WHOLE_LISTS, ())})

    def source(self, name: str) -> int:
        """The index of a source; KeyError if the facts do not declare it."""
        if name not in self._facts["sources"]:
            raise KeyError(f"the facts name a source {name!r} that they do not declare")
        if name not in self._sources:
            self._sources.append(name)
        return self._sources.index(name)

    def region_set(self, names: list[str]) -> int:
        """The index of a set of regions."""
        wanted = sorted(set(names))
        if wanted not in self.region_sets:
            self.region_sets.append(wanted)
        return self.region_sets.index(wanted)

    def as_of(self, index: int) -> str:
        """The date of a source by index."""
        return str(self._facts["sources"][self._sources[index]]["as_of"])

    def source_of_model(self, found: list[Json], name: str) -> int | None:
        """The newest source that mentions the model at all; None where only a list of names does."""
        named = [row["source"] for row in self._facts["amendments"] if row["model"] == name]
        named.extend(_sources_in(found))
        if not named:
            return None
        return self.source(max(named, key=lambda s: str(self._facts["sources"][s]["as_of"])))

    def packed_sources(self) -> list[PackedSource]:
        """The table of all sources that were referred to."""
        rows = [(name, self._facts["sources"][name]) for name in self._sources]
        return [
            {"id": n, "title": r["title"], "as_of": str(r["as_of"]), "live": r["kind"].startswith("live")}
            for n, r in rows
        ]


def _sources_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield value["source"]
        for inner in value.values():
            yield from _sources_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sources_in(inner)

"""Which of the declared deployments a run is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import UsageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`select` are label and value pairs that a set must all carry; the globs are those of `Scope`."""

    select: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, select: str = "", targets: Sequence[str] = (), excludes: Sequence[str] = ()) -> Selection:
        """Read ``label=value,…``; UsageProblem where it has another form."""
        pairs: list[tuple[str, str]] = []
        for part in filter(None, (part.strip() for part in select.split(","))):
            label, equals, value = part.partition("=")
            if not equals or not label.strip():
                raise UsageProblem(
                    f"--select takes label=value pairs, separated by commas; found {part!r}. "
                    "For example: --select env=prod,team=search"
                )
            pairs.append((label.strip(), value.strip()))
        for glob in (*targets, *excludes):
            if glob.count("/") > 2 or not glob.strip("/"):
                raise UsageProblem(
                    f"{glob!r} is not a target: subscription-or-alias/account/deployment, or its last parts, "
                    "each with * and ?. For example: --target 'prod/*/chat*'"
                )
        return cls(select=tuple(pairs), targets=tuple(targets), excludes=tuple(excludes))

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a set with these labels is selected."""
        return all(labels.get(label) == value for label, value in self.select)


EVERYTHING = Selection()

"""Values that a shell is offered behind an option: codes, targets, models, SKUs, regions.

Loaded only when a shell asks. Whatever goes wrong here, nothing is offered: a prompt shows no error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import click

from reconciler.cli.options import DEFAULT_PATH

_MOST = 200
"""Values offered at once; a shell asks before it shows more."""


def offers(of: str, ctx: click.Context, incomplete: str) -> list[str]:
    """Values of the kind `of` that begin with what has been typed."""
    found: Iterable[str] = ()
    with contextlib.suppress(Exception):
        found = [one for one in _values(of, ctx, incomplete) if one.lower().startswith(incomplete.lower())]
    return list(dict.fromkeys(found))[:_MOST]


def _values(of: str, ctx: click.Context, incomplete: str) -> Iterator[str]:
    match of:
        case "rules":
            from reconciler.diagnostics import Severity
            from reconciler.manifest.rules import CODES

            code, sign, _ = incomplete.partition("=")
            levels = (f"{code}={severity.value}" for severity in Severity)
            yield from levels if sign else (f"{one}=" for one in sorted(CODES))
        case "targets":
            yield from _targets(tuple(ctx.params.get("paths") or (DEFAULT_PATH,)))
        case "words":
            from reconciler.cli.words import groups

            yield from (word for group in groups().values() for word in group)
        case "skus":
            from reconciler.domain.sku import KNOWN_SKUS

            yield from KNOWN_SKUS
        case _:
            from reconciler.cli.knowledge import catalogue

            known = catalogue()
            yield from known.models() if of == "models" else (one.name for one in known.regions())


def _targets(paths: tuple[str, ...]) -> Iterator[str]:
    """Every declared deployment as a target, and each account with all of its deployments."""
    from reconciler.manifest.load import load
    from reconciler.manifest.rules import CODES

    desired = load(paths, known_rules=CODES).desired
    if desired is None:
        return
    for one in desired.deployments:
        subscription = one.id.account.subscription
        prefix = f"{desired.fleet.alias_of(subscription) or subscription}/{one.id.account.name}"
        yield f"{prefix}/*"
        yield f"{prefix}/{one.id.name}"

"""Why accounts could not be read, each cause once: its fix, how many accounts it hits, and which.

Rule of this module: the fix is the first line, and what credentials were tried is left to `--verbose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.diagnostics import counted
from reconciler.report.layout import listed
from reconciler.report.style import Style

_LISTING: Final = re.compile(r"^the deployments of \S+ could not be listed completely: ")
_CHAIN: Final = re.compile(r"^(?P<what>.*?)[.;]? Tried: (?P<tried>.*?)\.? Fix: (?P<fix>.*)$", re.DOTALL)
_MOST: Final = 20
"""Accounts that are named; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What keeps `accounts` from being read. `tried` are the credentials, where there were any."""

    what: str
    fix: str
    tried: str
    accounts: tuple[str, ...]


def common_causes(unread: Iterable[tuple[str, str, str]]) -> list[CommonCause]:
    """Causes that hit two accounts or more, of (account, message, fix); what hits one is told with it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for account, message, fix in unread:
        alone = rf"(?<![\w-]){re.escape(account)}(?![\w-])"
        what = re.sub(alone, "the account", _LISTING.sub("", message))
        match = _CHAIN.match(what)
        key = (match["what"], match["fix"], match["tried"]) if match else (what, fix, "")
        found.setdefault(key, []).append(account)
    return [
        CommonCause(what=what, fix=fix, tried=tried, accounts=tuple(accounts))
        for (what, fix, tried), accounts in found.items()
        if len(accounts) > 1
    ]


def cause_lines(causes: Sequence[CommonCause], style: Style, *, verbose: bool = False) -> Iterator[str]:
    """Each cause with its fix first."""
    for cause in causes:
        for line in style.paragraph(f"fix: {style.show(cause.fix)}", hanging="  "):
            yield style.paint(line, "bold", "red")
        number = counted(len(cause.accounts), "account")
        words = f"{style.show(cause.what)} ({number} not read)"
        yield from style.paragraph(words, indent="  ")
        names = listed([style.show(account) for account in cause.accounts], most=_MOST)
        yield from style.paragraph(f"hits {names}", indent="  ", hanging="    ")
        if cause.tried and verbose:
            yield from style.paragraph(f"tried: {style.show(cause.tried)}", indent="  ", hanging="    ")
        elif cause.tried:
            yield "  -v shows the credentials that were tried"

"""Rule `account-name`: a name that an account can have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from reconciler.catalogue.query import Catalogue
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.domain.state import DesiredState
from reconciler.manifest.rules.rule import Rule, account_place

CODE = "account-name"

_SOURCE = "Microsoft.CognitiveServices specification, 2025-06-01"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}")


def check(desired: DesiredState, _catalogue: Catalogue, _today: date) -> Iterator[Diagnostic]:
    """Look at every account once."""
    for account in desired.accounts:
        name = account.id.name
        if _NAME.fullmatch(name) is None:
            yield Diagnostic(
                code=CODE,
                severity=Severity.ERROR,
                message=f"`{name}` cannot name an account",
                place=account_place(account, "name"),
                label="2 to 64 letters, digits, `_`, `-` or `.`, the first a letter or digit",
                source=_SOURCE,
                fix="copy the name from `az cognitiveservices account list`",
            )


RULE = Rule(
    code=CODE,
    severity=Severity.ERROR,
    explanation=(
        "An account name has 2 to 64 characters: letters, digits, underscores, hyphens and periods, "
        "beginning with a letter or a digit (the pattern of the provider's specification). An account of "
        "another name cannot exist, so everything declared for it would be blocked. Check the name in the "
        "portal or with `az cognitiveservices account list`."
    ),
    source=_SOURCE,
    check=check,
)

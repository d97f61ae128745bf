"""What `--rule CODE=SEVERITY` says: severities of one run, laid over the Fleet's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.errors import UsageProblem

if TYPE_CHECKING:
    from reconciler.diagnostics import Severity


def severities(words: Iterable[str]) -> dict[str, Severity]:
    """The severity per code; UsageProblem for what is none of our codes or severities."""
    return dict(_severity(word) for word in words)


def _severity(word: str) -> tuple[str, Severity]:
    import difflib

    from reconciler.diagnostics import Severity
    from reconciler.manifest.fleet import LOWERABLE
    from reconciler.manifest.rules import CODES, explain

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

"""`reconciler explain CODE`: what a diagnostic, a word of a plan or an error code of ARM means."""

from __future__ import annotations

import click

from reconciler.cli.options import Output, output_options
from reconciler.cli.wiring import write_result
from reconciler.errors import UsageProblem


@click.command("explain")
@click.argument("code")
@output_options("text")
def command(*, code: str, output: Output) -> None:
    """Say what CODE means, why the rule exists, and what to do."""
    from reconciler.engine.advice import advice  # noqa: PLC0415 -- only when asked
    from reconciler.manifest import rules  # noqa: PLC0415
    from reconciler.plan.actions import Reason  # noqa: PLC0415
    from reconciler.plan.glossary import REFUSALS, meaning  # noqa: PLC0415

    found = rules.explain(code)
    if found is not None:
        kind = "found while reading" if found.structural else "a rule"
        head = f"{code} ({kind}; severity {found.severity.value} unless the Fleet says otherwise)"
        write_result(output, f"{head}\n\n{found.text}")
        return
    meant = meaning(code.lower())
    if meant:
        write_result(output, f"{code.lower()} (a word of a plan)\n\n{meant}.")
        return
    known = advice(code, "")
    if known:
        write_result(output, f"{code} (an answer of ARM)\n\n{known}")
        return
    import difflib  # noqa: PLC0415

    words = sorted({*rules.CODES, *REFUSALS, *(reason.value for reason in Reason)})
    near = difflib.get_close_matches(code, words, n=3, cutoff=0.4)
    hint = f"Near it: {', '.join(near)}" if near else f"Codes: {', '.join(words)}"
    raise UsageProblem(f"there is no code {code!r}. {hint}")

"""`reconciler explain WORD`: what a word that the program prints means, a code of ARM among them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reconciler.cli.options import Output, output_options, policy_option
from reconciler.cli.wiring import write_result
from reconciler.errors import UsageProblem


@click.command("explain")
@click.argument("code")
@output_options("text")
@policy_option
def command(*, code: str, output: Output, policies: tuple[str, ...]) -> None:
    """Say what CODE means, why the rule exists, and what to do. Words of plans and drift are codes too.

    policy/ID is a rule of the Policy documents in manifests/ or of those that --policy names.
    """
    if code.startswith("policy/"):
        found = list(filter(None, [_of_policy(code, policies)]))
    else:
        found = list(_meanings(code))
    if not found:
        raise UsageProblem(f"there is no code {code!r}. {_fix(code)}")
    write_result(output, "\n\n".join(found))


def _of_policy(code: str, policies: tuple[str, ...]) -> str | None:
    from reconciler.cli.policies import explained  # noqa: PLC0415 -- reads manifests

    return explained(code, policies)


def _meanings(code: str) -> Iterator[str]:
    """Everything that goes by this name: some words stand for a rule, in a plan and in a drift report."""
    from reconciler.cli.knowledge import catalogue  # noqa: PLC0415 -- only when asked
    from reconciler.engine.fixes import fix_for  # noqa: PLC0415
    from reconciler.manifest import rules  # noqa: PLC0415
    from reconciler.plan.causes import ABOUT  # noqa: PLC0415
    from reconciler.plan.glossary import meaning  # noqa: PLC0415

    word = code.lower()
    rule = rules.explain(word)
    if rule is not None:
        kind = "found while reading" if rule.structural else "a rule"
        head = f"{word} ({kind}; severity {rule.severity.value} unless the Fleet says otherwise)"
        source = rules.source(word, catalogue())
        yield f"{head}\n\n{rule.text}" + (f"\n\nSource: {source}." if source else "")
    meant = meaning(word)
    if meant:
        yield f"{word} (in a plan)\n\n{meant}."
    for cause, about in ABOUT.items():
        if cause.value == word:
            told = f"{about.meaning[0].upper()}{about.meaning[1:]}. Fix: {about.fix}."
            yield f"{word} (a cause of drift; severity {about.severity.value})\n\n{told}"
    known = fix_for(code, "")
    if known:
        yield f"{code} (an answer of ARM)\n\n{known}."


def _fix(code: str) -> str:
    if code.startswith("policy/"):
        return "Name the policy that has the rule: --policy PATH"
    import difflib  # noqa: PLC0415 -- only on this path

    from reconciler.manifest import rules  # noqa: PLC0415
    from reconciler.plan.causes import Cause  # noqa: PLC0415
    from reconciler.plan.glossary import WORDS  # noqa: PLC0415

    words = sorted({*rules.CODES, *WORDS, *map(str, Cause)})
    near = difflib.get_close_matches(code.lower(), words, n=3, cutoff=0.4)
    return f"Near it: {', '.join(near)}" if near else f"Codes: {', '.join(words)}"

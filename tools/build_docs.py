"""Writes the documents that are made from the program itself, and says which of them were out of date.

`python -m tools.build_docs` writes; `--check` writes nothing and exits 1 if something is out of date.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.domain.rights import RIGHTS, Need
from reconciler.manifest import rules
from reconciler.manifest.schema import json_schema
from reconciler.plan.causes import ABOUT
from reconciler.plan.glossary import ACTIONS, CAPACITY, NOTICES, REASONS, REFUSALS, VERDICTS
from reconciler.report import documents
from reconciler.report.markdown import markdown_fence, markdown_inert
from reconciler.report.style import inert
from tests.corpus.corpus import HERE as CORPUS
from tests.corpus.corpus import Case, Verdict, deployment_cases, history_cases, verdict
from tools.commands_page import commands_page
from tools.manifest_page import manifest_page
from tools.prices_page import prices_page
from tools.season_page import season_page

ROOT = Path(__file__).resolve().parents[1]
BAD = ROOT / "tests" / "manifests" / "bad"

_DIAGNOSTICS = """\
# Diagnostics

Made by `python -m tools.build_docs` from the rules themselves. Codes are stable. The severity is the usual
one: a rule may be milder where it is less sure. Change it below `spec.rules` of the Fleet, or for one run
with `--rule CODE=SEVERITY` (`error`, `warning`, `info`, `off`); codes about text that is not understood
always stay errors. `reconciler explain CODE` says the same in a terminal.

| code | severity | about |
| --- | --- | --- |"""
_DOCUMENTS = """\
# Documents

Made by `python -m tools.build_docs`. What other programs may rely on. `formatVersion` rises when a key
changes its meaning or goes, and with it the number at the end of the schema's `$id`. New keys may come at any
time: pass over those that you do not know. `reconciler schema --document NAME` prints that of the version
that is installed.

| document | `$id` | what it is |
| --- | --- | --- |"""
_WORDS = """\
# The words of a plan

Made by `python -m tools.build_docs`. Every action of a plan has a reason, a plan that must not be applied
has refusals, and notices stop nothing. All are stable words in text and JSON; `reconciler explain WORD` says
the same in a terminal."""
_CORPUS = """\
# What real declarations get wrong

Made by `python -m tools.build_docs`. The validator was run over the corpus in `tests/corpus/`: {deployments}
deployments that people declared in public repositories, and {states} successive states of templates. Tests
keep every verdict as it is (`tests/corpus/verdicts.txt`). The day is 2026-11-24: most were sound when they
were written.

| | deployments | states |
| --- | ---: | ---: |"""


def diagnostics_page() -> str:
    """Every code with what it means, what to do, and what it looks like."""
    lines = [_DIAGNOSTICS]
    codes = sorted(rules.CODES)
    explained = [found for code in codes if (found := rules.explain(code)) is not None]
    for one in explained:
        about = "the text" if one.structural else "what it means"
        lines.append(f"| [`{one.code}`](#{one.code}) | {one.severity.value} | {about} |")
    for one in explained:
        lines += ["", f"## {one.code}", "", f"Usually {_article(one.severity.value)}. {one.text}", ""]
        lines += [markdown_fence(_example(one.code).rstrip("\n"), "text")]
    return "\n".join(lines) + "\n"


def _article(severity: str) -> str:
    return {"error": "an error", "warning": "a warning", "info": "a note"}.get(severity, severity)


def _example(code: str) -> str:
    """What `validate` prints for the bad manifest of a code."""
    return (BAD / f"{code}.txt").read_text("utf-8")


def schema_file() -> str:
    """The JSON Schema that editors read."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def document_schema(name: str) -> str:
    """The JSON Schema of a document that a command prints."""
    return json.dumps(documents.json_schema(name), indent=2, ensure_ascii=False) + "\n"


def documents_page() -> str:
    """Which document is printed by what, and where its schema is."""
    lines = [_DOCUMENTS]
    for name in documents.DOCUMENTS:
        schema = documents.json_schema(name)
        about = schema["description"]
        lines.append(f"| [{name}]({name}.schema.json) | `{schema['$id']}` | {about} |")
    return "\n".join(lines) + "\n"


def corpus_page() -> str:
    """What the validator says of real declarations, by rule."""
    declared = [verdict(case) for case in deployment_cases()]
    states = [verdict(case) for case in history_cases()]
    lines = [_CORPUS.format(deployments=len(declared), states=len(states))]
    for title, wanted in (
        ("with errors", _invalid),
        ("with warnings or notes only", _mild),
        ("clean", _clean),
    ):
        lines.append(f"| {title} | {_count(declared, wanted)} | {_count(states, wanted)} |")
    lines += [
        "",
        "| rule | severity | deployments | states | for example |",
        "| --- | --- | ---: | ---: | --- |",
    ]
    lines += _by_rule(declared, states)
    return "\n".join(lines) + "\n\n" + (CORPUS / "reading.md").read_text("utf-8")


def _by_rule(declared: list[Verdict], states: list[Verdict]) -> Iterator[str]:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], tuple[Case, Diagnostic]] = {}
    for kind, verdicts in (("deployments", declared), ("states", states)):
        for one in verdicts:
            for key in {(found.code, found.severity.value) for found in one.findings}:
                counts[key][kind] += 1
            for found in one.findings:
                first.setdefault((found.code, found.severity.value), (one.case, found))
    for key, count in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0])):
        case, found = first[key]
        example = f"{found.message} ({case.origin.split(' ', 1)[0]})"
        shown = inert(example).replace("|", "\\|")
        cells = (
            f"[`{key[0]}`](diagnostics.md#{key[0]})",
            key[1],
            str(count["deployments"]),
            str(count["states"]),
            shown if "`" in shown else markdown_inert(example),
        )
        yield f"| {' | '.join(cells)} |"


def _count(verdicts: list[Verdict], wanted: Callable[[Verdict], bool]) -> int:
    return sum(1 for one in verdicts if wanted(one))


def _invalid(one: Verdict) -> bool:
    return any(found.severity.value == "error" for found in one.findings)


def _mild(one: Verdict) -> bool:
    return bool(one.findings) and not _invalid(one)


def _clean(one: Verdict) -> bool:
    return not one.findings


def words_page() -> str:
    """Every action, reason, refusal, notice and verdict of a plan."""
    lines = [_WORDS]
    sections: tuple[tuple[str, str, Mapping[str, str]], ...] = (
        ("Actions", "action", ACTIONS),
        ("Reasons", "reason", {reason.value: text for reason, text in REASONS.items()}),
        ("Refusals", "code", REFUSALS),
        ("Notices", "code", NOTICES),
        ("Checks and quota", "verdict", {verdict.value: text for verdict, text in VERDICTS.items()}),
        ("Capacity", "verdict", CAPACITY),
    )
    for title, head, words in sections:
        lines += ["", f"## {title}", "", f"| {head} | what it means and what to do |", "| --- | --- |"]
        lines += [f"| `{word}` | {text} |" for word, text in sorted(words.items())]
    return "\n".join(lines) + "\n"


_RIGHTS = """\
# Rights

Made by `python -m tools.build_docs` from the program's own table; a test counts it against the requests of a
real run. `plan` stands for every command that only reads (`drift`, `show`, `lifecycle`, `quota`, `export`).

| action | needed by | what for |
| --- | --- | --- |"""
_RIGHTS_END = """
- **checks**: without these the plan says `unverified` and goes on.
- **doctor**: without it `reconciler doctor` cannot look up the rights to write, and says `unverified`.
- **policies**: for `plan --check-policies`; without it the plan says that Azure Policy could not be asked.
- **apply** needs those of `plan` too.

Two custom roles hold exactly these: [reconciler-plan](../roles/reconciler-plan.json) for pull requests and
nightly jobs, [reconciler-apply](../roles/reconciler-apply.json) for the protected job. Put your
subscriptions into `AssignableScopes`, then

```console
$ az role definition create --role-definition docs/roles/reconciler-plan.json
$ az role assignment create --role reconciler-plan --assignee APPLICATION --scope ACCOUNT-OR-ABOVE
```

`locations/...` are rights on the subscription: a role that is assigned on one account alone leaves quota and
offers unread. The built-in *Cognitive Services Contributor* may also delete accounts and list their keys,
which `doctor` warns of.

A fine-tuned model from another account needs `accounts/read` there. Microsoft's documentation asks for
*Cognitive Services OpenAI Contributor* on both accounts when they are in different tenants; whether less is
enough there is not known.
"""


def rights_page() -> str:
    """Which rights are needed by what."""
    rows = [f"| `{right.action}` | {right.need.value} | {right.purpose} |" for right in RIGHTS]
    return "\n".join([_RIGHTS, *rows]) + "\n" + _RIGHTS_END


def role_file(name: str, needs: frozenset[Need], told: str) -> str:
    """A custom role in the form that `az role definition create` takes."""
    role = {
        "Name": name,
        "IsCustom": True,
        "Description": told,
        "Actions": [right.action for right in RIGHTS if right.need in needs],
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000"],
    }
    return json.dumps(role, indent=2) + "\n"


_CAUSES = """\
# Causes of drift

Made by `python -m tools.build_docs` from the program's own table. What has the severity `info` is reported
and is not drift: it does not make `drift` exit 2. `--ignore CAUSE` leaves a cause out altogether."""


def causes_page() -> str:
    """Every cause of drift, what it means and what to do."""
    lines = [_CAUSES]
    for cause, about in ABOUT.items():
        lines += ["", f"## {cause.value}", "", f"{_article(about.severity.value).capitalize()}: "]
        lines[-1] += f"{about.meaning}."
        lines += ["", f"What to do: {about.fix}."]
    return "\n".join(lines) + "\n"


def index_page() -> str:
    """The index as people wrote it; pages it does not link yet are added, decisions by number."""
    docs = ROOT / "docs"
    text = (docs / "README.md").read_text("utf-8")
    for folder, heading in (("how-to", "How-to"), ("reference", "Reference"), ("decisions", "Decisions")):
        new = [
            f"- [{title}]({folder}/{page.name})"
            for page in sorted((docs / folder).glob("*.md"))
            if f"({folder}/{page.name})" not in text
            for title in (page.read_text("utf-8").splitlines()[0].removeprefix("# "),)
        ]
        before, mark, after = text.partition(f"## {heading}\n\n")
        section, gap, rest = after.partition("\n\n")
        lines = [*section.rstrip("\n").splitlines(), *new]
        if folder == "decisions":
            lines.sort()
        text = before + mark + "\n".join(lines) + (gap + rest if gap else "\n")
    return text


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/README.md": index_page,
    "docs/diagnostics.md": diagnostics_page,
    "docs/reference/manifest.schema.json": schema_file,
    **{f"docs/reference/{name}.schema.json": partial(document_schema, name) for name in documents.DOCUMENTS},
    "docs/reference/documents.md": documents_page,
    "docs/reference/manifest.md": manifest_page,
    "docs/reference/commands.md": commands_page,
    "docs/reference/plan-words.md": words_page,
    "docs/corpus-verdicts.md": corpus_page,
    "docs/reference/prices.md": prices_page,
    "docs/retirement-proposals.md": season_page,
    "docs/reference/rights.md": rights_page,
    "docs/reference/drift-causes.md": causes_page,
    "docs/roles/reconciler-plan.json": lambda: role_file(
        "reconciler-plan",
        frozenset(Need) - {Need.APPLY},
        "Reads deployments, quota and offers of Azure OpenAI / Foundry accounts.",
    ),
    "docs/roles/reconciler-apply.json": lambda: role_file(
        "reconciler-apply",
        frozenset(Need),
        "Reads, writes and deletes deployments of Azure OpenAI / Foundry accounts; no accounts, no keys.",
    ),
}


def outdated() -> list[str]:
    """The documents that are not what the program would write."""
    return [
        name
        for name, make in DOCUMENTS.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text("utf-8") != make()
    ]


def main() -> int:
    """Write what is out of date, or only tell with ``--check``."""
    old = outdated()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"{name} is out of date: python -m tools.build_docs" for name in old) or "up to date")
        return 1 if old else 0
    for name in old:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(DOCUMENTS[name](), "utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

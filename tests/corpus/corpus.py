"""Rows of the corpus as manifests, and what the validator says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from reconciler.diagnostics import Diagnostic
from tests.manifests.checking import Checked, check_text

HERE = Path(__file__).parent
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
# What reads the same with and without quotes is written without, as people would: 0613, 2024-08-06, 1.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off"})

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to validate: where it is from, and its manifest text."""

    title: str
    origin: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in a case."""

    case: Case
    checked: Checked

    @property
    def findings(self) -> Sequence[Diagnostic]:
        return self.checked.findings

    @property
    def words(self) -> str:
        """Severities and codes, each once: ``error capacity-missing, warning model-retired``."""
        found = dict.fromkeys(f"{one.severity.value} {one.code}" for one in self.findings)
        return ", ".join(sorted(found)) or "nothing"


def rows(name: str) -> list[Row]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [cast("Row", json.loads(line)) for line in lines]


def deployment_cases() -> Iterator[Case]:
    """One manifest per declared deployment."""
    for number, row in enumerate(rows("deployments.jsonl"), 1):
        yield Case(
            title=f"{number:03} {row.get('deployment_name') or row['model_name']}",
            origin=f"{row['repo']} {row['path']}",
            text=manifest([row]),
        )


def history_cases() -> Iterator[Case]:
    """One manifest per state of a template."""
    for number, state in enumerate(rows("history.jsonl"), 1):
        declared = cast("Sequence[Row]", state["deployments"])
        yield Case(
            title=f"{number:03} {state['commit']} {state['date']}, {len(declared)} deployments",
            origin=f"{state['repo']} {state['template']}",
            text=manifest(declared),
        )


def verdict(case: Case) -> Verdict:
    return Verdict(case=case, checked=check_text(case.text))


def manifest(declared: Sequence[Row]) -> str:
    """A set per account and region, with the deployments as they were declared.

    Accounts whose names are known at deployment time only are told apart by their expression and region.
    """
    unnamed: dict[tuple[object, object], str] = {}
    sets: dict[tuple[str, object], list[Row]] = {}
    for row in declared:
        region = row.get("region")
        stand_in = unnamed.setdefault((row.get("account_expr"), region), f"corpus-{len(unnamed) + 1}")
        sets.setdefault((str(row.get("account") or stand_in), region), []).append(row)
    return "---\n".join(
        _set(number, account, region, members)
        for number, ((account, region), members) in enumerate(sets.items(), 1)
    )


def _set(number: int, account: str, region: object, members: Sequence[Row]) -> str:
    lines = [
        "apiVersion: reconciler.aoai/v1",
        "kind: DeploymentSet",
        f"metadata: {{name: corpus-{number}}}",
        "spec:",
        "  account:",
        f"    subscription: {SUBSCRIPTION}",
        "    resourceGroup: corpus",
        f"    name: {_scalar(account)}",
    ]
    if region is not None:
        lines.append(f"    region: {_scalar(region)}")
    lines.append("  deployments:" if members else "  deployments: []")
    for row in members:
        lines += _entry(row)
    return "\n".join(lines) + "\n"


def _entry(row: Row) -> Iterator[str]:
    # A name that only exists at deployment time is stood in for by the model's.
    named = row.get("deployment_name")
    yield f"    - name: {_scalar(row.get('model_name') if named is None else named)}"
    model = {
        "format": row.get("model_format"),
        "name": row.get("model_name"),
        "version": row.get("model_version"),
        "source": row.get("model_source") or row.get("model_sourceAccount"),
    }
    yield from _mapping("model", model)
    yield from _mapping("sku", {"name": row.get("sku_name"), "capacity": row.get("capacity")})
    for field in ("raiPolicyName", "versionUpgradeOption"):
        if row.get(field) is not None:
            yield f"      {field}: {_scalar(row[field])}"


def _mapping(key: str, values: Mapping[str, object]) -> Iterator[str]:
    stated = {name: value for name, value in values.items() if value is not None}
    if stated:
        yield f"      {key}:"
        yield from (f"        {name}: {_scalar(value)}" for name, value in stated.items())


def _scalar(value: object) -> str:
    text = str(value)
    # A number that the source had in quotes keeps them; anything else that needs none has none.
    quoted = isinstance(value, str) and (text.isdecimal() and not text.startswith("0"))
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_WORDS and not quoted:
        return text
    return json.dumps(text, ensure_ascii=False)

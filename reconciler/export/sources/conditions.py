"""Conditions of deployments, as words: what holds whatever happens, and what somebody has to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Final

from reconciler.export.estate import Found
from reconciler.export.expressions.evaluator import normal

AND: Final = " and "
"""Between conditions that all have to hold."""


def account_condition(made_if: list[bool | str]) -> str:
    """What has to hold for an account to be there; empty where it is, or another template makes it."""
    if not made_if or True in made_if:
        return ""
    asked = [one for one in made_if if isinstance(one, str)]
    if not asked:
        return "its account exists, which this template does not make: its condition is false"
    return "" if any(_contrary(one, other) for one in asked for other in asked) else asked[0]


def _contrary(one: str, other: str) -> bool:
    return normal(one) == normal(f"not({other})") or normal(other) == normal(f"not({one})")


def decided_alike(deployments: list[Found], of_account: str) -> Iterator[Found]:
    """Deployments with the account's condition; two that are alike but for contrary conditions are one."""
    left = list(deployments)
    while pair := next(_alike(left), None):
        first, second, common = pair
        left[first] = replace(left[first], condition=common)
        del left[second]
    for one in left:
        conditions = one.condition.split(AND) if one.condition else []
        elsewhere = any(_contrary(own, of_account) for own in conditions)
        if of_account and not elsewhere:
            conditions.append(of_account)
        yield replace(one, condition=AND.join(dict.fromkeys(conditions)))


def _alike(deployments: list[Found]) -> Iterator[tuple[int, int, str]]:
    """Pairs that are alike but for one condition and its contrary, with what both depend on."""
    for (first, one), (second, other) in combinations(enumerate(deployments), 2):
        if one.name != other.name or replace(other, condition="") != replace(one, condition=""):
            continue
        mine, theirs = (part.condition.split(AND) if part.condition else [] for part in (one, other))
        own = [text for text in mine if text not in theirs]
        foreign = [text for text in theirs if text not in mine]
        if len(own) == len(foreign) == 1 and _contrary(own[0], foreign[0]):
            yield first, second, AND.join(text for text in mine if text in theirs)

"""The shipped file is what the facts build to, and the build keeps what it promises."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import lru_cache
from typing import Any

import pytest

from reconciler.catalogue.packed import PackedCatalogue
from tools.build_catalogue import DATA, build, changes, read_facts, text_of
from tools.catalogue_checks import problems
from tools.catalogue_source import Facts


@lru_cache(maxsize=1)
def facts() -> Facts:
    return read_facts()


@lru_cache(maxsize=1)
def built() -> PackedCatalogue:
    return build(facts())


def test_the_shipped_catalogue_is_a_fresh_build_of_the_facts() -> None:
    assert (DATA / "catalogue.json").read_text("utf-8") == text_of(built())


def test_the_file_is_plain_json_of_the_built_value() -> None:
    assert json.loads(text_of(built())) == built()


def test_the_built_catalogue_keeps_every_invariant() -> None:
    assert list(problems(built())) == []


def test_every_model_of_every_layer_is_in_the_catalogue() -> None:
    layers = {name for layer in facts()["layers"].values() for name in layer["models"]}
    assert layers <= set(built()["models"])
    assert len(facts()["layers"]["latest"]["models"]) == 179
    assert len(facts()["layers"]["arm-live"]["models"]) == 184
    assert len(built()["regions"]) == 36
    assert len(built()["skus"]) == 9


def test_every_source_a_block_names_is_declared_with_title_and_date() -> None:
    declared = facts()["sources"]
    assert all(source["id"] in declared and source["title"] for source in built()["sources"])


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("skus", "GlobalStandard", "sizes", "step"), 0, "must be 1 or more"),
        (("skus", "GlobalStandard", "sizes", "maximum"), 0, "is below minimum"),
        (("skus", "GlobalStandard", "retires"), "soon", "is not a date"),
        (("lifecycle", "stage"), "Old", "is not a known stage"),
        (("lifecycle", "retires"), "2027", "is not a date"),
        (("skus", "Turbo"), {"source": 0}, "is not a known SKU"),
    ],
)
def test_a_broken_invariant_is_told(path: tuple[str, ...], value: object, told: str) -> None:
    broken = deepcopy(built())
    here: Any = broken["models"]["gpt-4o-mini"]["versions"]["2024-07-18"]
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    assert [line for line in problems(broken) if told in line]


def test_an_unknown_region_and_a_second_spelling_are_told() -> None:
    broken = deepcopy(built())
    broken["region_sets"][0].append("atlantis")
    broken["models"]["GPT-4O"] = {}
    assert [line for line in problems(broken) if "atlantis" in line]
    assert [line for line in problems(broken) if "two spellings" in line]


def test_a_source_that_is_not_declared_stops_the_build() -> None:
    broken = deepcopy(facts())
    broken["limits"]["max-ptu-per-deployment"]["source"] = "hearsay"
    with pytest.raises(KeyError, match="hearsay"):
        build(broken)


def test_changes_between_builds_are_told_by_model() -> None:
    before = deepcopy(built())
    del before["models"]["gpt-4o"]
    before["models"]["gpt-99"] = {}
    before["models"]["o1"] = {}
    assert list(changes(before, built())) == ["+ gpt-4o", "- gpt-99", "~ o1"]

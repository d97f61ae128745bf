"""A fixed run of the fuzz target, so that CI tries it and a failure can be made again."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.fuzz.manifests import broken_promises, inputs


@pytest.mark.parametrize("seed", range(8))
def test_damaged_manifests_are_answered_with_diagnostics(seed: int) -> None:
    for text in islice(inputs(seed), 60):
        assert broken_promises(text) == [], text


def test_a_seed_makes_the_same_inputs_again() -> None:
    assert list(islice(inputs(3), 20)) == list(islice(inputs(3), 20))

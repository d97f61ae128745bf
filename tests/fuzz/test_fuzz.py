"""A fixed run of the fuzz target, so that CI tries it and a failure can be made again."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.fuzz import files, github_step
from tests.fuzz.manifests import broken_promises, inputs


@pytest.mark.parametrize("seed", range(8))
def test_damaged_manifests_are_answered_with_diagnostics(seed: int) -> None:
    for text in islice(inputs(seed), 60):
        assert broken_promises(text) == [], text


def test_a_seed_makes_the_same_inputs_again() -> None:
    assert list(islice(inputs(3), 20)) == list(islice(inputs(3), 20))


@pytest.mark.parametrize("seed", range(12))
def test_the_step_of_the_action_ends_with_an_exit_code_on_any_runner(seed: int) -> None:
    """Odd event files, no RUNNER_TEMP, files that cannot be written, odd answers of the interface."""
    assert github_step.throw(seed) == ""


@pytest.mark.parametrize("seed", range(20))
def test_damaged_plan_files_az_output_and_proxies_end_a_command_with_a_sentence(seed: int) -> None:
    assert files.throw(seed) == ""

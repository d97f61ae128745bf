"""Random histories keep the laws: 500 of them here, as many as RECONCILER_HISTORIES says by `make soak`.

RECONCILER_SEED chooses other ones; a failing part prints the seed that replays it.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulated.histories import Histories

PARTS = 4
SEQUENCES = int(os.environ.get("RECONCILER_HISTORIES", "500"))
SEED = os.environ.get("RECONCILER_SEED", "0")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_a_fleet_the_laws_hold(part: int) -> None:
    """I-01 to I-12, I-18, I-20; F-005, F-006, F-023, F-025, F-032, F-043, F-044, F-053, F-054, F-078, F-080,
    F-082, F-083, F-084, F-085, F-087, F-092.
    """

    class Part(Histories):
        """A class of its own, for the seed belongs to the class."""

    print(f"RECONCILER_SEED={SEED} RECONCILER_HISTORIES={SEQUENCES} replays part {part}")  # noqa: T201
    run_state_machine_as_test(
        seed(f"{SEED}/{part}")(Part),
        settings=settings(
            max_examples=SEQUENCES // PARTS,
            stateful_step_count=12,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

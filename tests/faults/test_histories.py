"""Random histories keep the laws: 500 of them here, as many as RECONCILER_HISTORIES says by `make soak`."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulated.histories import Histories

SOAK = os.environ.get("RECONCILER_HISTORIES")
PARTS = 4
SEQUENCES = int(SOAK or "500")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_a_fleet_the_laws_hold(part: int) -> None:
    """I-01 to I-12, I-18, I-20; F-005, F-006, F-023, F-032, F-043, F-054, F-078, F-080, F-082, F-092."""

    class Part(Histories):
        """Its own name, so that each part has its own examples."""

    Part.__qualname__ = Part.__name__ = f"Histories{part}"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Part,
        settings=settings(
            max_examples=SEQUENCES // PARTS,
            stateful_step_count=12,
            deadline=None,
            derandomize=SOAK is None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

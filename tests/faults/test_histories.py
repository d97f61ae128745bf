"""Random histories keep the laws: 250 of them here, as many as RECONCILER_HISTORIES says by `make soak`.

RECONCILER_SEED chooses other ones; a failing part prints the seed that replays it, and `-rP` shows how many
got to each kind of event.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulated.histories import KINDS, Histories

PARTS = 4
SEQUENCES = int(os.environ.get("RECONCILER_HISTORIES", "250"))
SEED = os.environ.get("RECONCILER_SEED", "0")
ENOUGH = 1000
"""From so many histories on, a part gets to every kind of event whatever the seed."""


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_a_fleet_the_laws_hold(part: int) -> None:
    """I-01 to I-12, I-18, I-20; F-005, F-006, F-023, F-025, F-032, F-043, F-044, F-053, F-054, F-078, F-080,
    F-082, F-083, F-084, F-085, F-087, F-092.
    """
    seen: Counter[str] = Counter()

    class Part(Histories):
        """A class of its own, for the seed belongs to the class."""

        reached = seen

    print(f"RECONCILER_SEED={SEED} RECONCILER_HISTORIES={SEQUENCES} replays part {part}")  # noqa: T201
    run_state_machine_as_test(
        seed(f"{SEED}/{part}")(Part),
        settings=settings(
            max_examples=SEQUENCES // PARTS,
            stateful_step_count=8,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(*(f"{seen[kind]:6} {kind}" for kind in sorted(KINDS)), sep="\n")  # noqa: T201
    if SEQUENCES // PARTS >= ENOUGH:
        assert KINDS - seen.keys() == set()

"""What this emulator does and how each behaviour is known, as data.

Rule of this module: one line per behaviour, with one of four provenances. `assumed` is where a real answer
may differ.
"""

from typing import Literal, NamedTuple


class Behaviour(NamedTuple):
    """One behaviour: what is answered, how that is known, and where it was found."""

    text: str
    known: Literal["recorded", "specified", "documented", "assumed"]
    source: str


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        "PUT of a new deployment answers 201, over an existing one 200", "recorded", "azure-service-operator"
    ),
)

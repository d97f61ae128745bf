"""Which page comes next: ARM's nextLink, verbatim, on our own endpoint and never the same twice.

Rule of this module: a list whose end cannot be reached is an error. Half a list would make what is missing
from it look absent.
"""

from __future__ import annotations

from reconciler.arm.origin import Origin, acceptable
from reconciler.arm.printable import printable
from reconciler.arm.sender import Call
from reconciler.errors import ArmContractBroken

MOST_PAGES = 1000


class Pages:
    """The links of one list that were followed so far."""

    def __init__(self, call: Call, home: Origin) -> None:
        self._call = call
        self._home = home
        self._followed: set[str] = set()

    def following(self, link: str | None) -> str | None:
        """The address of the next page, None after the last; raises ArmContractBroken."""
        if link is None:
            return None
        if not acceptable(link, self._home):
            where = printable(link.split("?", 1)[0], 80)
            raise self._broken(f"its next page is not at {self._home} but at {where}; it was not requested")
        if link in self._followed:
            raise self._broken("its next page is one that was read already")
        if len(self._followed) >= MOST_PAGES - 1:
            raise self._broken(f"it has more than {MOST_PAGES} pages")
        self._followed.add(link)
        return link

    def _broken(self, words: str) -> ArmContractBroken:
        return ArmContractBroken(
            f"the list has no end that may be reached: {words}",
            operation=self._call.operation,
            target=self._call.target,
        )

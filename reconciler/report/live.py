"""Lines at the foot of a terminal that are drawn anew; rich knows the terminal.

Rule of this module: it is imported only where stderr is a terminal, for rich costs 60 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import Final, Self, TextIO

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from reconciler.report.layout import cells

Drawing = Callable[[float, int, int], list[tuple[str, str]]]
"""Makes (text, colour) lines of the time in seconds, the columns and the rows."""

_EVERY: Final = 0.1
"""Seconds between two drawings."""


class Foot:
    """The live lines, as a context; `keep` puts a line above them that stays."""

    def __init__(
        self, stream: TextIO, draw: Drawing, *, colour: bool, get_time: Callable[[], float] | None = None
    ) -> None:
        self.console = Console(
            file=stream, highlight=False, markup=False, emoji=False, no_color=not colour, get_time=get_time
        )
        self._draw = draw
        self._drawn: list[str] = []
        self._lock = RLock()
        self._ended = Event()
        self._thread = Thread(target=self._redraw, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self.console.show_cursor(show=False)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
            self.refresh()
            with self._lock, self.console:
                self._erase()
                self.console.show_cursor(show=True)

    def keep(self, text: str) -> None:
        """A line that stays, above those that live."""
        with self._lock, self.console:
            self._erase()
            self.console.print(text, soft_wrap=True)

    def refresh(self) -> None:
        """Draw the lines where they were, as they are now."""
        with self._lock, self.console:
            self._erase()
            size = self.console.size
            lines = self._draw(self.console.get_time(), size.width, size.height)
            self._drawn = [text for text, _ in lines]
            for number, (text, colour) in enumerate(lines):
                end = "" if number == len(lines) - 1 else "\n"
                self.console.print(Text(text, style=colour), soft_wrap=True, end=end)

    def _redraw(self) -> None:
        while not self._ended.is_set():
            self.refresh()
            self._ended.wait(_EVERY)

    def _erase(self) -> None:
        """A terminal that became narrower has wrapped what was drawn: that takes more rows by now."""
        if not self._drawn:
            return
        columns = max(1, self.console.width)
        rows = sum(max(1, math.ceil(cells(line) / columns)) for line in self._drawn)
        one_up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
        codes = [code for _ in range(rows - 1) for code in one_up]
        self.console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2), *codes))
        self._drawn = []

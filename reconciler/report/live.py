"""Lines at the foot of a terminal that are drawn anew; rich does the drawing.

Rule of this module: it is imported only where stderr is a terminal, for rich costs 60 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.live_render import LiveRender
from rich.segment import Segment
from rich.style import Style as RichStyle

from reconciler.report.layout import cells

Drawing = Callable[[float, int, int], list[tuple[str, str]]]
"""Makes (text, colour) lines of the time in seconds, the columns and the rows."""


class _Foot(LiveRender):
    """What is drawn, and where that is by now: a terminal that became narrower has wrapped it."""

    def __init__(self, draw: Drawing, console: Console) -> None:
        super().__init__("", vertical_overflow="crop")
        self._draw = draw
        self._console = console
        self._drawn: list[str] = []

    def position_cursor(self) -> Control:
        self._measure()
        return super().position_cursor()

    def restore_cursor(self) -> Control:
        self._measure()
        return super().restore_cursor()

    def _measure(self) -> None:
        if self._shape is not None:
            columns = max(1, self._console.width)
            rows = sum(max(1, math.ceil(cells(line) / columns)) for line in self._drawn)
            self._shape = (columns, rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        size = console.size
        lines = self._draw(console.get_time(), size.width, size.height)
        self._drawn = [text for text, _ in lines]
        self._shape = (size.width, len(lines))
        for number, (text, colour) in enumerate(lines):
            if number:
                yield Segment.line()
            yield Segment(text, RichStyle.parse(colour))


class Foot(Live):
    """The live lines, as a context; `keep` puts a line above them that stays."""

    def __init__(
        self, stream: TextIO, draw: Drawing, *, colour: bool, get_time: Callable[[], float] | None
    ) -> None:
        console = Console(
            file=stream,
            highlight=False,
            markup=False,
            emoji=False,
            no_color=not colour,
            get_time=get_time,
        )
        super().__init__(
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=10,
        )
        self._live_render = _Foot(draw, console)

    def keep(self, told: str) -> None:
        """A line that stays, above those that live."""
        self.console.print(told, soft_wrap=True)

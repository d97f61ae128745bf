"""A line plot on two logarithmic axes as SVG text: points in, text out, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Point = tuple[float, float]

_WIDTH, _HEIGHT = 720, 420
_LINE = 16
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 170, 46, 52
# Told apart by dashes and marks as well as by colour.
_LOOKS = (
    ("#1f6feb", "none", "circle"),
    ("#bf5700", "7 3", "square"),
    ("#2da44e", "2 3", "diamond"),
    ("#57606a", "10 4 2 4", "circle"),
)
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.grid{stroke:#d0d7de}.frame{fill:#fff;stroke:none}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#30363d}.frame{fill:#0d1117}}"
)


def log_log(title: str, across: str, upwards: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """The plot; every value must be above zero. At most four lines."""
    points = [point for line in lines.values() for point in line]
    horizontal = _Axis([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
    vertical = _Axis([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
    turned = f'transform="translate(18 {_HEIGHT / 2}) rotate(-90)" text-anchor="middle"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect class="frame" width="{_WIDTH}" height="{_HEIGHT}"/>',
        _text(_LEFT, 24, title, "start"),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, across, "middle"),
        f"<text {turned}>{escape(upwards)}</text>",
    ]
    for tick in horizontal.ticks:
        x = horizontal.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{tick:,.10g}", "middle"))
    for tick in vertical.ticks:
        y = vertical.at(tick)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{tick:,.10g}", "end"))
    drawn = [[(horizontal.at(x), vertical.at(y)) for x, y in line] for line in lines.values()]
    for line, look in zip(drawn, _LOOKS, strict=False):
        parts += _drawn(line, look)
    for name, line, height in zip(lines, drawn, _apart([line[-1][1] for line in drawn]), strict=True):
        parts.append(_text(line[-1][0] + 10, height + 4, name, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Axis:
    """Where a value stands between two pixels; whole powers of ten are its ends and its ticks."""

    def __init__(self, values: Sequence[float], low: float, high: float) -> None:
        self._from = math.floor(math.log10(min(values)))
        self._to = max(self._from + 1, math.ceil(math.log10(max(values))))
        self._low, self._high = low, high

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self._from, self._to + 1)]

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._from) / (self._to - self._from)
        return self._low + share * (self._high - self._low)


def _apart(heights: Sequence[float]) -> list[float]:
    """The heights, those pushed down that would be on top of another one's text."""
    found = list(heights)
    last = -math.inf
    for number in sorted(range(len(found)), key=found.__getitem__):
        last = found[number] = max(found[number], last + _LINE)
    return found


def _drawn(line: Sequence[Point], look: tuple[str, str, str]) -> list[str]:
    colour, dashes, mark = look
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    pen = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
    return [
        f'<polyline {pen} points="{path}"/>',
        *(_mark(x, y, colour, mark) for x, y in line),
    ]


def _mark(x: float, y: float, colour: str, mark: str) -> str:
    if mark == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if mark == "diamond" else ""
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"{turn}/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'

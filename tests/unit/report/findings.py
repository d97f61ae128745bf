"""Findings about one manifest, whose text is at hand."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Place, Related, Severity, Span


class Texts:
    """Files as lists of lines; a place is where its span says."""

    def __init__(self, **lines: Sequence[str]) -> None:
        self._lines = {f"{name}.yaml": list(found) for name, found in lines.items()}

    def span(self, place: Place) -> Span | None:
        return place.span

    def line(self, file: str, line_no: int) -> str | None:
        lines = self._lines.get(file, [])
        return lines[line_no - 1] if 1 <= line_no <= len(lines) else None


NOTHING = Texts()


def at(line: int, column: int, end: int, *, file: str = "chat.yaml", end_line: int | None = None) -> Place:
    return Place(
        file=file,
        route=("spec", "deployments", 0, "sku", "capacity"),
        span=Span(line=line, column=column, end_line=end_line or line, end_column=end),
    )


def finding(
    place: Place | None = None,
    *,
    code: str = "capacity-increment",
    severity: Severity = Severity.ERROR,
    message: str = "capacity 60 is not a size `gpt-4o` can have on `ProvisionedManaged`",
    label: str = "",
    source: str = "",
    fix: str = "",
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        message=message,
        place=place,
        label=label,
        source=source,
        fix=fix,
        related=related,
    )


CHAT = Texts(
    chat=["spec:", "  deployments:", "    - name: chat", "      sku:", "        capacity: 60"],
    other=["", "    - name: chat  # 你好 here", "x: {a: [1,", "  2]}"],
)

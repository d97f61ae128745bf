"""A terminal that remembers what was written to it."""

from __future__ import annotations

import io
import re


class Terminal(io.TextIOWrapper):
    """A terminal that remembers what was written to it."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8")

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        self.flush()
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.bytes.getvalue().decode())

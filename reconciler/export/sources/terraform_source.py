"""Terraform source (a folder of .tf files)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reconciler.errors import UsageProblem
from reconciler.export.estate import Estate
from reconciler.export.sources.given import Setting


def terraform_source(folder: Path) -> tuple[tuple[str, ...], Callable[[Setting], Estate]]:
    """The names that can be set, and the reading."""
    raise UsageProblem(f"{folder} is a folder")

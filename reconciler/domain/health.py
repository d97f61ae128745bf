"""What an examination found: one value per question that was asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended; UNVERIFIED is neither good nor bad: nobody could tell."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `subject` is what was examined, `message` what was found, `fix` what to do about it."""

    name: str
    subject: str
    status: Status
    message: str
    fix: str = ""

"""What an error code of ARM means and what to do about it, in one table.

A pure function of the code and the message; the code is always shown as received as well.
"""

from __future__ import annotations

_ADVICE: dict[str, str] = {}


def advice(code: str, message: str) -> str:
    """One or two sentences for a person; empty for a code that we do not know."""
    del message
    return _ADVICE.get(code.lower(), "")

"""A token: wrapped, so that it cannot be printed by accident.

Rule of this module: the secret comes out in one place only, `reveal`, which the exchange calls after it has
checked where the request goes.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field

from reconciler.arm.printable import printable


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. `expires_in` is in seconds from when it was had."""

    _secret: str = field(repr=False)
    expires_in: float = 3600.0

    def reveal(self) -> str:
        """The secret itself."""
        return self._secret

    @property
    def client(self) -> str:
        """The application or object id inside a JWT, for messages; "unknown" where there is none."""
        return printable(self._claim("appid") or self._claim("azp") or self._claim("oid") or "unknown", 60)

    def _claim(self, name: str) -> str:
        parts = self._secret.split(".")
        if len(parts) != 3:
            return ""
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return ""
        value = claims.get(name) if isinstance(claims, dict) else None
        return value if isinstance(value, str) else ""

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "***"

"""Credentials and tokens that are made up, with the shape of the real ones."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from reconciler.clock import SystemClock


@dataclass
class Access:
    token: str
    expires_on: int


class Credential:
    """A credential that counts, and answers by script."""

    def __init__(self, *answers: Access | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[tuple[str, ...], str | None]] = []
        self.claims: list[str | None] = []

    def get_token(self, *scopes: str, tenant_id: str | None = None, claims: str | None = None) -> Access:
        self.claims.append(claims)
        self.asked.append((scopes, tenant_id))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def in_an_hour(name: str) -> Access:
    return Access(name, int(SystemClock().now().timestamp()) + 3600)


class Standing(SystemClock):
    """A monotonic clock that is moved by hand."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Hasty(SystemClock):
    """Waits for nothing."""

    async def sleep(self, seconds: float) -> None:
        del seconds


def jwt(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{payload}.sig"

"""The emulator's memory: JSON documents by kind and key in SQLite, in a file or in RAM.

Rule of this module: a request sees and leaves one consistent state. Each turn is one `BEGIN IMMEDIATE`
transaction, so several processes may share a file, and what was answered survives a kill (write-ahead log,
commit before answer).
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.emulator.wire import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
  UNIQUE (kind, key))
"""
_LOCK_WAIT_SECONDS = 30.0
_LAST = "\U0010ffff"


class Store:
    """Documents `(kind, key) -> JSON object`; keys of resources are their ids in lower case."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=_LOCK_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._one_turn = threading.Lock()
        self.close = weakref.finalize(self, self._connection.close)
        if path is not None:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end; whatever escapes undoes the turn."""
        with self._one_turn:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def get(self, kind: str, key: str) -> Json | None:
        row = self._connection.execute(
            "SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if row is None else _load(row[0])

    def put(self, kind: str, key: str, body: Json) -> None:
        """Insert or replace; a replaced document keeps its place in the order of `scan`."""
        self._connection.execute(
            "INSERT INTO document (kind, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(body, separators=(",", ":"))),
        )

    def delete(self, kind: str, key: str) -> bool:
        cursor = self._connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))
        return cursor.rowcount > 0

    def scan(self, kind: str, prefix: str = "") -> list[Json]:
        """Every document of a kind whose key starts with the prefix, in order of creation."""
        rows = self._connection.execute(
            "SELECT body FROM document WHERE kind = ? AND key >= ? AND key < ? ORDER BY seq",
            (kind, prefix, prefix + _LAST),
        )
        return [_load(body) for (body,) in rows]

    def clear(self, kind: str | None = None) -> None:
        """Forget one kind of document, or all of them."""
        if kind is None:
            self._connection.execute("DELETE FROM document")
        else:
            self._connection.execute("DELETE FROM document WHERE kind = ?", (kind,))

    def setting(self, name: str) -> Json:
        """A settings document; absent reads as empty."""
        return self.get("setting", name) or {}


def _load(text: str) -> Json:
    body: Json = json.loads(text)
    return body

"""The emulator's memory: JSON documents by kind and key in SQLite, in a file or in RAM.

Rule of this module: a request sees and leaves one consistent state. Each turn is one `BEGIN IMMEDIATE`
transaction, so several processes may share a file, and what was answered survives a kill (write-ahead log,
commit before answer).
"""

import json
import os
import sqlite3
import stat
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reconciler.emulator.wire import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
  UNIQUE (kind, key))
"""
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_LOCK_WAIT_SECONDS = 30.0
_LAST = "\U0010ffff"


FORMAT = 2
"""Version of what is in the documents; kept in the file as SQLite's user_version. Files of 1 are renewed."""

_RENEWAL = """
UPDATE document SET key = json_extract(body, '$.key') || '/~' || key
  WHERE kind = 'running' AND key = json_extract(body, '$.name');
INSERT OR IGNORE INTO document (kind, key, body)
  SELECT 'operation', json_extract(body, '$.name'), json_object('running', key)
  FROM document WHERE kind = 'running';
INSERT OR IGNORE INTO document (kind, key, body)
  SELECT 'setting', kind, json_object('due', min(json_extract(body, '$.endsAt')))
  FROM document WHERE kind = 'running' GROUP BY kind
"""
"""What was under way was kept by its name alone, and its end nowhere else (`provisioning.begin`)."""

_OURS = 0x41524D45
"""SQLite's application_id of our files ("ARME"); files of the first release have 0."""

_TABLES = frozenset({"document", "sqlite_sequence"})
_LARGEST_FILE = 4 * 1024**3


class StateError(ValueError):
    """A state file that cannot be used; the text names it and says what to do."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            f"cannot use {path} as the emulator's state: {found}; it has to be a file of this emulator in a"
            " writable folder - delete it to begin anew, or name another one"
        )


class StateUnwritableError(StateError):
    """The state could not be read or written in the middle of a turn: a full disk, above all."""

    def __init__(self, path: Path | None, found: str) -> None:
        ValueError.__init__(
            self,
            f"the emulator's state {path or 'in memory'} could not be written: {found}."
            " Nothing of this request was kept; free some space or name another --state",
        )


class Store:
    """Documents `(kind, key) -> JSON object`; keys of resources are their ids in lower case."""

    def __init__(self, path: Path | None) -> None:
        """Open the state; raises StateError when the file is not one of ours or cannot be written."""
        self._path = path
        self._connection = _memory() if path is None else _file(path)
        self._one_turn = threading.Lock()
        self._settings: dict[str, Json] | None = None
        """Those that this turn has read; None between two turns, when another process may write."""
        self.close = weakref.finalize(self, self._connection.close)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end; whatever escapes undoes the turn. A full disk raises StateUnwritableError."""
        with self._one_turn:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._settings = {}
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._undo()
                if isinstance(error, sqlite3.Error):
                    raise StateUnwritableError(self._path, str(error)) from error
                raise
            finally:
                self._settings = None

    def _undo(self) -> None:
        """SQLite may have ended the transaction by itself; then there is nothing to roll back."""
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    @contextmanager
    def part(self, *, kept: bool) -> Iterator[None]:
        """Within a transaction: what happens inside is taken back unless `kept`, and if anything escapes."""
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            kept = False
            raise
        finally:
            if not kept:
                self._connection.execute("ROLLBACK TO part")
                self._forget_settings()
            self._connection.execute("RELEASE part")

    def get(self, kind: str, key: str) -> Json | None:
        text = self.text(kind, key)
        return None if text is None else _load(text)

    def require(self, kind: str, key: str, missing: Callable[[], Exception]) -> Json:
        """A document; raises what `missing` makes where there is none."""
        found = self.get(kind, key)
        if found is None:
            raise missing()
        return found

    def text(self, kind: str, key: str) -> str | None:
        """A document as it is kept, not decoded."""
        row = self._connection.execute(
            "SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if row is None else str(row[0])

    def has(self, kind: str) -> bool:
        """Whether there is any document of a kind."""
        found = self._connection.execute("SELECT 1 FROM document WHERE kind = ? LIMIT 1", (kind,)).fetchone()
        return found is not None

    def put(self, kind: str, key: str, body: Json) -> None:
        """Insert or replace; a replaced document keeps its place in the order of `scan`."""
        self._connection.execute(
            "INSERT INTO document (kind, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, _ENCODER.encode(body)),
        )
        self._forget_settings(kind)

    def delete(self, kind: str, key: str) -> bool:
        cursor = self._connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))
        self._forget_settings(kind)
        return cursor.rowcount > 0

    def clear(self, kind: str, prefix: str = "") -> None:
        """Delete every document of a kind whose key starts with the prefix."""
        self._connection.execute(
            "DELETE FROM document WHERE kind = ? AND key >= ? AND key < ?", (kind, prefix, prefix + _LAST)
        )
        self._forget_settings(kind)

    def scan(self, kind: str, prefix: str = "") -> list[Json]:
        """Every document of a kind whose key starts with the prefix, in order of creation."""
        return [_load(text) for text in self.texts(kind, prefix)]

    def texts(self, kind: str, prefix: str = "") -> list[str]:
        """The same as they are kept: to decode forty documents takes longer than to answer."""
        rows = self._connection.execute(
            "SELECT body FROM document WHERE kind = ? AND key >= ? AND key < ? ORDER BY seq",
            (kind, prefix, prefix + _LAST),
        )
        return [str(body) for (body,) in rows]

    def clear_but(self, kind: str) -> None:
        """Forget every document but those of one kind."""
        self._connection.execute("DELETE FROM document WHERE kind != ?", (kind,))
        self._forget_settings()

    def setting(self, name: str) -> Json:
        """A settings document, not to be changed in place; absent reads as empty.

        A request asks for some of them fifteen times: each is decoded once a turn.
        """
        if self._settings is None:
            return self.get("setting", name) or {}
        if name not in self._settings:
            self._settings[name] = self.get("setting", name) or {}
        return self._settings[name]

    def _forget_settings(self, kind: str = "setting") -> None:
        """What was read of them is out of date once one is written."""
        if kind == "setting" and self._settings:
            self._settings = {}

    def switch(self, name: str, default: str | None = None) -> Any:  # noqa: ANN401 - as posted
        """The value of a switch, `default` where it was never turned."""
        return self.setting("switches").get(name, default)


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute(_SCHEMA)
    return connection


def _file(path: Path) -> sqlite3.Connection:
    try:
        _make(path)
        connection = sqlite3.connect(
            path, timeout=_LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise StateError(path, str(error)) from error
    problem = _prepare(connection)
    if problem is not None:
        connection.close()
        raise StateError(path, problem)
    return connection


def _make(path: Path) -> None:
    """An empty file that only its owner may read; raises StateError for what is no ordinary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StateError(path, "it is no ordinary file")
    if found.st_size > _LARGEST_FILE:
        raise StateError(path, f"it is larger than {_LARGEST_FILE // 1024**3} GiB")


def _prepare(connection: sqlite3.Connection) -> str | None:
    """Make a file ready for documents; the result says why it cannot be. A foreign file is left untouched."""
    try:
        foreign = _foreign(connection)
        if foreign is not None:
            return foreign
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        if connection.execute("PRAGMA user_version").fetchone()[0] < FORMAT:
            for statement in _RENEWAL.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_OURS}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        with suppress(OSError):
            Path(path).chmod(0o600)
    except sqlite3.Error as error:
        return str(error)
    return None


def _foreign(connection: sqlite3.Connection) -> str | None:
    """Why a file is not one of ours, from its marks and tables alone; None for ours and for an empty one."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application not in {0, _OURS} or not tables <= _TABLES:
        return "it is the database of another program"
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= found <= FORMAT:
        return f"its format is {found}, this version writes {FORMAT}"
    if "document" in tables:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(document)")}
        if columns != {"seq", "kind", "key", "body"}:
            return "it is the database of another program"
    return None


def _load(text: str) -> Json:
    body: Json = json.loads(text)
    return body

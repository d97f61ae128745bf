"""Fixtures of the tests that run whole commands."""

from pathlib import Path

import pytest

from reconciler.clock import SystemClock
from tests.e2e.dated import Season, fly
from tests.e2e.desk import Desk


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    """A watched fleet whose day is the emulator's."""
    monkeypatch.chdir(tmp_path)
    watched = Season(Desk(tmp_path))
    monkeypatch.setattr(SystemClock, "now", lambda _: watched.today)
    return watched


@pytest.fixture
def flying(season: Season, monkeypatch: pytest.MonkeyPatch) -> Season:
    """The same, where nobody waits: the emulator's clock goes on instead."""
    fly(season, monkeypatch)
    return season

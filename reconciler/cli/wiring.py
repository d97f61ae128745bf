"""Putting the rooms together: which files, which ARM, which credential, which clock.

The only place that knows all rooms; it decides nothing about deployments.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click

from reconciler.cli.exit_codes import Exit
from reconciler.cli.options import Chosen, Connection, Output
from reconciler.clock import Clock, SystemClock
from reconciler.diagnostics import Diagnostic, has_errors
from reconciler.domain.state import DesiredState, Fleet
from reconciler.errors import ReconcilerError, UsageProblem

if TYPE_CHECKING:
    from reconciler.arm.client import ArmClient
    from reconciler.manifest.load import LoadedManifests
    from reconciler.report.style import Style

T = TypeVar("T")

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def clock() -> Clock:
    """The clock of this run."""
    return SystemClock()

"""What ARM answers to a write, how a long-running operation is followed, and a request on its way out.

An accepted write is not a done one: nothing here says "success" of a deployment, only of an operation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from reconciler.domain.ids import DeploymentId
from reconciler.domain.state import ObservedDeployment
from reconciler.errors import ArmError


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRef:
    """An operation that ARM lets us follow. The address is signed: it is never printed.

    `ends_by_status` is True for Azure-AsyncOperation (a status in the body), False for Location
    (202 until done).
    """

    url: str = field(repr=False)
    ends_by_status: bool
    target: DeploymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A write was received. That is not success: only reading the deployment back is.

    `operation` is None where ARM gave none or one that must not be followed; then the deployment itself
    is polled. `deployment` is the answer's body where it had one. `retry_after` is in seconds.
    `warning` is for the user, once.
    """

    operation: OperationRef | None = None
    deployment: ObservedDeployment | None = None
    retry_after: float | None = None
    request_id: str | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A write that was certainly not processed, and that is not sent again before another look.

    `why` completes "waits for …". `error` is what it comes to when it happens too often; None where it is no
    failure: a token was renewed, or the look had grown old.
    """

    why: str
    error: ArmError | None = None


class OperationStatus(StrEnum):
    """Where an operation stands. `UNREADABLE`: the status could not be had; look at the deployment."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationState:
    """One look at an operation. `code` and `message` are ARM's own where it failed.

    `next` replaces the reference for the following look where ARM named a new address.
    """

    status: OperationStatus
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    next: OperationRef | None = None


class SendObserver(Protocol):
    """Somebody who wants to know when a request is held back and when it is sent."""

    def held_back(self, why: str, seconds: float) -> None:
        """The request is not sent yet, and will not be for so many seconds; `why` completes "waits for …"."""

    def sending(self, method: str) -> None:
        """The request is sent now and may take effect from here on.

        What this raises keeps the request here and goes through to whoever asked for it.
        """


class _Unwatched:
    """Nobody wants to know."""

    def held_back(self, why: str, seconds: float) -> None:
        """Nothing comes of it."""

    def sending(self, method: str) -> None:
        """Nothing comes of it."""


UNWATCHED: Final[SendObserver] = _Unwatched()

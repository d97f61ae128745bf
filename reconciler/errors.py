"""Every exception that crosses a room's border.

::

    ReconcilerError
    ├─ InvalidManifests(diagnostics)      the end of the diagnostics channel
    ├─ UsageProblem                       the command line or the environment cannot be obeyed (exit 64)
    ├─ PlanStale                          a saved plan no longer fits
    ├─ CredentialError                    which tenant, which credential was tried
    └─ ArmError(operation, target, request_id)
       ├─ ArmUnreachable                  no answer; for a write the outcome is unknown
       ├─ ArmRejected(status, code, message, details)
       │  └─ Throttled · Conflict · NotFound · Forbidden · QuotaExceeded
       │     InvalidRequest → ApiVersionUnknown
       ├─ ValidationRefused                ARM's own validation would not take a write that was not sent
       └─ ArmContractBroken               an answer we cannot read; the body is kept, shortened

Exceptions are about the world or about us; what is wrong with the user's text is a `Diagnostic`.
httpx and azure exceptions never leave `arm`: they stay as ``__cause__``. This room imports nothing of
ours but diagnostics' siblings' names, so that every room may raise from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Self


class Trouble(StrEnum):
    """What kind of thing keeps something from being read; whoever advises people goes by it."""

    SIGN_IN = "sign-in"
    RIGHTS = "rights"
    API_VERSION = "api-version"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    UNINTELLIGIBLE = "unintelligible"
    OTHER = "other"

    @property
    def hits_many(self) -> bool:
        """Whether one cause keeps many accounts from being read alike: then it is told once for all."""
        return self in {Trouble.SIGN_IN, Trouble.UNREACHABLE, Trouble.THROTTLED}


class ReconcilerError(Exception):
    """Root of the tree. `str()` is a paragraph fit to be shown to the user as it is."""

    @property
    def word(self) -> str:
        """What machines know it by: the name of its kind in kebab-case, `failed` where it has none."""
        name = type(self).__name__.removesuffix("Error")
        found = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
        return {"reconciler": "failed", "credential": "sign-in"}.get(found, found)


class InvalidManifests(ReconcilerError):  # noqa: N818 -- a state of the world, not "an error occurred"
    """The manifests have errors; everything found travels along, warnings too."""

    def __init__(self, diagnostics: Sequence[object]) -> None:
        super().__init__(f"findings in the manifests: {len(diagnostics)}")
        self.diagnostics = tuple(diagnostics)


class UsageProblem(ReconcilerError):  # noqa: N818
    """The command line, the environment or a named file cannot be obeyed as given."""


class PlanStale(ReconcilerError):  # noqa: N818
    """A saved plan no longer fits the manifests, the fleet, the cloud or this version of the tool."""


class CredentialError(ReconcilerError):
    """No token could be had for a tenant. Names the tenant and what was tried; never a secret.

    `summary` is the sentence that is the same for everybody whom it hits, `fix` what to do about it, `detail`
    what each credential said. `transient`: the next try may end otherwise.
    """

    def __init__(
        self, summary: str, *, tenant: str, fix: str = "", detail: str = "", transient: bool = False
    ) -> None:
        parts = (summary, detail and f"Tried: {detail}", fix and f"Fix: {fix}")
        super().__init__(". ".join(part for part in parts if part))
        self.summary = summary
        self.tenant = tenant
        self.fix = fix
        self.detail = detail
        self.transient = transient

    def again(self) -> CredentialError:
        """The same, for whoever asks for that token next."""
        return CredentialError(self.summary, tenant=self.tenant, fix=self.fix, detail=self.detail)

    @property
    def trouble(self) -> Trouble:
        return Trouble.SIGN_IN


class ArmError(ReconcilerError):
    """Something about one request to ARM: our `operation` and `target` first, then what came back."""

    def __init__(self, message: str, *, operation: str, target: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.operation = operation
        self.target = target
        self.request_id = request_id

    @property
    def trouble(self) -> Trouble:
        """Its kind, where it is one that the fix goes by."""
        return Trouble.OTHER

    @property
    def summary(self) -> str:
        """What came back, without our operation and target: the same for everybody whom it hits."""
        return super().__str__()

    def saying(self, more: str) -> Self:
        """The same error with another sentence; for the kinds that take these arguments alone."""
        return type(self)(
            f"{self.summary}; {more}",
            operation=self.operation,
            target=self.target,
            request_id=self.request_id,
        )

    def __str__(self) -> str:
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.operation} {self.target}: {self.summary}{request}"


class ArmUnreachable(ArmError):  # noqa: N818
    """No usable answer came. A write may or may not have happened: observe before repeating it."""

    @property
    def trouble(self) -> Trouble:
        return Trouble.UNREACHABLE


class ArmRejected(ArmError):  # noqa: N818
    """ARM answered with an error. `code` and `message` are ARM's own words; `status` is HTTP's.

    `retry_after` is in seconds when the answer carried a usable Retry-After header.
    `details` are ``(code, message)`` pairs of ARM's nested errors, outermost first.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        target: str,
        status: int,
        code: str,
        request_id: str | None = None,
        details: tuple[tuple[str, str], ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, operation=operation, target=target, request_id=request_id)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def __str__(self) -> str:
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.operation} {self.target}: {self.status} {self.code}: {self.message}{request}"


class Throttled(ArmRejected):
    """429: not processed; wait `retry_after` and send the same again."""

    @property
    def trouble(self) -> Trouble:
        return Trouble.THROTTLED


class Conflict(ArmRejected):
    """409 RequestConflict and its kin: the account is busy with another write; a queue, not a failure."""


class NotFound(ArmRejected):
    """404. `code` tells whether the deployment, the account, the group or the subscription is missing."""


class Forbidden(ArmRejected):
    """401 after a fresh token, or 403: rights, policies, locks, linked scopes."""

    @property
    def trouble(self) -> Trouble:
        return Trouble.SIGN_IN if self.status == 401 else Trouble.RIGHTS


class QuotaExceeded(ArmRejected):
    """InsufficientQuota and its kin; never retried."""


class InvalidRequest(ArmRejected):
    """Any other refusal of the request itself; never retried."""


class ValidationRefused(ArmError):  # noqa: N818
    """ARM's own validation would not take a write that was not sent; the code is the innermost one."""

    def __init__(
        self, message: str, *, operation: str, target: str, code: str, request_id: str | None = None
    ) -> None:
        super().__init__(message, operation=operation, target=target, request_id=request_id)
        self.code = code
        self.message = message


class ApiVersionUnknown(InvalidRequest):
    """ARM does not have the api-version that was sent; its message lists those it has."""

    @property
    def trouble(self) -> Trouble:
        return Trouble.API_VERSION


class ArmContractBroken(ArmError):  # noqa: N818
    """ARM's answer cannot be read as what it should be. `excerpt` is a short, printable piece of it."""

    def __init__(
        self, message: str, *, operation: str, target: str, excerpt: str = "", request_id: str | None = None
    ) -> None:
        super().__init__(message, operation=operation, target=target, request_id=request_id)
        self.excerpt = excerpt

    def saying(self, more: str) -> Self:
        return type(self)(
            f"{self.summary}; {more}",
            operation=self.operation,
            target=self.target,
            excerpt=self.excerpt,
            request_id=self.request_id,
        )

    @property
    def trouble(self) -> Trouble:
        return Trouble.UNINTELLIGIBLE

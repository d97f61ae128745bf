"""What an answer of `validateResources` says: a verdict on the writes, or nothing about them.

Rule of this module: only ARM's own word for a failed validation is a verdict. A missing right, a throttle or
a gap of the endpoint says nothing about the writes.
"""

from __future__ import annotations

from reconciler.arm.classify import ArmFault
from reconciler.arm.printable import printable
from reconciler.arm.sender import Call
from reconciler.errors import ValidationRefused

# The first is what the service answers (azapi's documentation, "Preflight validation"), the second is how a
# deployment of a template wraps the same finding.
_VERDICTS = frozenset({"resourcevalidationfailed", "invalidtemplatedeployment"})
# A wrapper between the verdict and the provider's own code.
_WRAPPERS = frozenset({"preflightvalidationcheckfailed"})


def verdict_in(fault: ArmFault, call: Call) -> ValidationRefused | None:
    """The refusal that `fault` carries; None where it is no verdict."""
    if fault.code.lower() not in _VERDICTS:
        return None
    inner = [(code, text) for code, text in fault.details if code.lower() not in _WRAPPERS]
    code, message = inner[0] if inner else (fault.code, fault.message)
    return ValidationRefused(
        printable(message), operation=call.operation, target=call.target, code=printable(code, 100)
    )

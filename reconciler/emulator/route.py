"""What a route is, and how one is written down: method and path, the right it takes, its api-versions.

Rule of this module: literal segments compare without case, as ARM's do; what is in braces is handed over
untouched.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer

Handler = Callable[[Turn], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation."""

    method: str
    pattern: tuple[str, ...]
    handler: Handler
    action: str
    kind: str
    since: str
    """First api-version; empty for operations of ARM itself, which take any well-formed version."""
    old: bool = False

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The values of the braces, or None if the path is another one."""
        if len(segments) != len(self.pattern):
            return None
        args: dict[str, str] = {}
        for wanted, found in zip(self.pattern, segments, strict=True):
            if wanted.startswith("{"):
                args[wanted[1:-1]] = found
            elif wanted.lower() != found.lower():
                return None
        return args


SUB = "/subscriptions/{subscription}"
GROUP = f"{SUB}/resourceGroups/{{group}}"
PROVIDER = "providers/Microsoft.CognitiveServices"
ACCOUNT = f"{GROUP}/{PROVIDER}/accounts/{{account}}"
DEPLOYMENT = f"{ACCOUNT}/deployments/{{deployment}}"
LOCATION = f"{SUB}/{PROVIDER}/locations/{{location}}"
POLICY = f"{ACCOUNT}/raiPolicies/{{policy}}"
DELETED = f"{LOCATION}/resourceGroups/{{group}}/deletedAccounts/{{account}}"


def route(
    line: str, handler: Handler, action: str, kind: str = "", since: str = "", *, old: bool = False
) -> Route:
    method, path = line.split(" ", 1)
    return Route(
        method=method,
        pattern=tuple(part for part in path.split("/") if part),
        handler=handler,
        action=action,
        kind=kind,
        since=since,
        old=old,
    )

"""What a route is, and how one is written down: method and path, and its first api-version.

Rule of this module: literal segments compare without case, as ARM's do; what is in braces is handed over
untouched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator.turn import Turn
from reconciler.emulator.wire import Answer

_NAMESPACE = re.compile(r"/providers/[^/]+$", re.IGNORECASE)
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

    def scope(self, path: str) -> str:
        """Where the right is needed: at the resource, for a list or an action at what it is of (reported)."""
        if self.pattern[-1].startswith("{"):
            return path
        return _NAMESPACE.sub("", path.rstrip("/").rpartition("/")[0]) or path


SUB = "/subscriptions/{subscription}"
GROUP = f"{SUB}/resourceGroups/{{group}}"
PROVIDER = "providers/Microsoft.CognitiveServices"
ACCOUNT = f"{GROUP}/{PROVIDER}/accounts/{{account}}"
DEPLOYMENT = f"{ACCOUNT}/deployments/{{deployment}}"
LOCATION = f"{SUB}/{PROVIDER}/locations/{{location}}"
POLICY = f"{ACCOUNT}/raiPolicies/{{policy}}"
DELETED = f"{LOCATION}/resourceGroups/{{group}}/deletedAccounts/{{account}}"

_VERBS = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "PATCH": "write",
    "POST": "action",
    "DELETE": "delete",
}
"""The last word of the right that a method takes."""


def route(line: str, handler: Handler, since: str = "", *, kind: str = "", right: str | None = None) -> Route:
    """An operation by its method and path; its right and its type follow from the path unless given.

    POST {ACCOUNT}/listKeys takes Microsoft.CognitiveServices/accounts/listKeys/action.
    """
    method, path = line.split(" ", 1)
    namespace, *names = path.rpartition("/providers/")[2].split("/")
    types = "/".join(names[::2])
    if not namespace:
        types = types.lower()  # so a right of a group is printed (reported, 2026)
    taken = f"{namespace or 'Microsoft.Resources'}/{types}/{_VERBS[method]}" if right is None else right
    pattern = tuple(part for part in path.split("/") if part)
    return Route(
        method=method, pattern=pattern, handler=handler, action=taken, kind=kind or types, since=since
    )

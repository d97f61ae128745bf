"""Questions to ARM in the right api-version and to the last page.

Rule of this module: the two ways in which one question becomes several requests are here, and nothing that
knows what is asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from reconciler.arm import addresses, wire
from reconciler.arm.api_version import NOT_REGISTERED, Versions
from reconciler.arm.exchange import Answer
from reconciler.arm.origin import Origin
from reconciler.arm.paging import Pages
from reconciler.arm.sender import Call
from reconciler.arm.session import Refused, Session, Understanding
from reconciler.arm.strict_json import Unreadable

T = TypeVar("T")


class Asker:
    """Asks about a resource type by path; the calls it is given have no address yet."""

    def __init__(self, session: Session, home: Origin, versions: Versions) -> None:
        self._session = session
        self._home = home
        self._versions = versions

    def version_of(self, resource_type: str) -> str:
        """The api-version that is spoken about a type, as far as is settled by now."""
        return self._versions.of(resource_type)

    async def read(self, resource_type: str, path: str, call: Call, understand: Understanding[T]) -> T:
        """GET; raises Refused for ARM's own errors."""
        return await self._versioned(
            resource_type, path, call, lambda made: self._session.read(made, understand)
        )

    async def write(self, resource_type: str, path: str, call: Call, understand: Understanding[T]) -> T:
        """PUT or DELETE, sent once; raises Refused for ARM's own errors."""
        return await self._versioned(
            resource_type, path, call, lambda made: self._session.write(made, understand)
        )

    async def at(self, path: str, api_version: str, call: Call, understand: Understanding[T]) -> T:
        """Ask what writes nothing of another provider, in that provider's api-version; may be asked again."""
        return await self._session.read(
            replace(call, url=addresses.url(self._home, path, api_version)), understand
        )

    async def look(self, url: str, call: Call) -> Answer | None:
        """GET an address that ARM gave, once; None where no answer came."""
        return await self._session.look(replace(call, url=url))

    async def every(
        self,
        resource_type: str,
        path: str,
        call: Call,
        values: Callable[[Mapping[str, object]], tuple[T, ...]],
    ) -> list[T]:
        """The values of every item on every page, or an error; raises ArmError."""
        pages = Pages(call, self._home)

        def understand(_: Answer, body: object) -> tuple[list[T], str | None]:
            items, link = wire.page(resource(body))
            return [value for item in items for value in values(item)], link

        try:
            found, link = await self.read(resource_type, path, call, understand)
            while (following := pages.following(link)) is not None:
                more, link = await self._session.read(replace(call, url=following), understand)
                found += more
        except Refused as refused:
            raise refused.error from refused
        return found

    async def _versioned(
        self, resource_type: str, path: str, call: Call, ask: Callable[[Call], Awaitable[T]]
    ) -> T:
        """Ask in the settled api-version; settle on another one where ARM does not know it.

        The refusal is the gateway's, before the provider saw anything: a write may be sent again.
        """
        used = self._versions.of(resource_type)
        try:
            return await ask(replace(call, url=addresses.url(self._home, path, used)))
        except Refused as refused:
            unknown = refused.fault.code.lower() == NOT_REGISTERED.lower()
            if not (unknown and self._versions.settle(resource_type, used, refused.fault.message)):
                raise
        settled = self._versions.of(resource_type)
        return await ask(replace(call, url=addresses.url(self._home, path, settled)))


def resource(body: object) -> Mapping[str, object]:
    """A body that must be an object; raises Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable("it is empty" if body is None else "it is JSON, but not an object")
    return body

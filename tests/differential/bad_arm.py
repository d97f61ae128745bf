"""A server on this machine that is ARM for one deployment, and as bad as a row of the fault matrix wants it.

Plain threads and bytes: two clients that know nothing of each other are to meet exactly the same answers.
A second listener under another host name, `localhost`, is the foreign place that no token may reach.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

ID = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.CognitiveServices/accounts/alpha/deployments/chat"
)
OPERATION = ID.partition("/resourceGroups")[0] + "/providers/Microsoft.CognitiveServices/operations/one"
SEEN: Mapping[str, Any] = {
    "sku": {"name": "GlobalStandard", "capacity": 10},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-x", "version": "1"}},
}
"""What is there before a delete begins."""

Calling = Literal["read", "list", "write", "delete"]


class Asked(NamedTuple):
    """One request; `abroad` where it came to the foreign place, `nth` counts those of its kind from 1."""

    method: str
    target: str
    token: str
    abroad: bool
    nth: int = 0

    @property
    def kind(self) -> str:
        """What the request was for, in one word or two."""
        if self.abroad:
            return f"{self.method} abroad"
        return "poll" if "/operations/" in self.target else self.method


class Answer(NamedTuple):
    """`status` 0 closes the connection instead, after whatever the request did."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = {}


LOST = Answer(status=0)


@dataclass
class World:
    """The deployment, whether it is there, and everything that was asked."""

    there: bool = False
    state: str = "Succeeded"
    body: Mapping[str, Any] = field(default_factory=lambda: SEEN)
    home: str = ""
    foreign: str = ""
    asked: list[Asked] = field(default_factory=list)
    over: bool = False

    def resource(self) -> dict[str, Any]:
        properties = {**self.body["properties"], "provisioningState": self.state}
        return {**self.body, "id": ID, "name": ID.rpartition("/")[2], "properties": properties}

    def put(self, body: Mapping[str, Any]) -> Answer:
        created, self.there, self.body = not self.there, True, body
        return Answer(201 if created else 200, self.resource())

    def delete(self) -> Answer:
        was, self.there = self.there, False
        return Answer(200 if was else 204)

    def read(self) -> Answer:
        return Answer(body=self.resource()) if self.there else absent()

    def slow(self, *, at: str = "") -> Answer:
        """A write that was begun, and the address where its end will be seen."""
        url = f"{at or self.home}{OPERATION}?api-version=2025-06-01"
        return Answer(201, self.resource(), {"Azure-AsyncOperation": url})

    @property
    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(one.kind for one in self.asked).items()))

    @property
    def leaked(self) -> bool:
        """Whether a token arrived where none may."""
        return any(one.abroad and one.token for one in self.asked)


Bad = Callable[[World, Asked], Answer | None]
"""The bad part of a row; None leaves the request to the ordinary server."""


def absent() -> Answer:
    return refusal(404, "NotFound", f"Specified resource '{ID}' cannot be found.")


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": {"code": code, "message": message}}, named)


def operation(word: str) -> Answer:
    return Answer(body={"id": OPERATION, "name": "one", "status": word})


@contextmanager
def bad_arm(bad: Bad, *, there: bool) -> Iterator[World]:
    """Serve a row; `World.home` is the endpoint to give to a client."""
    world, lock = World(there=there), threading.Lock()

    def answered(asked: Asked, body: bytes) -> Answer:
        with lock:
            if world.over:
                return LOST
            nth = sum(1 for one in world.asked if one.kind == asked.kind) + 1
            world.asked.append(asked._replace(nth=nth))
            if asked.method == "PUT" and not asked.abroad:
                usual = world.put(json.loads(body))
            elif asked.method == "DELETE":
                usual = world.delete()
            else:
                usual = _looked(world, asked)
            return bad(world, world.asked[-1]) or usual

    with ExitStack() as stack:
        world.home = f"http://127.0.0.1:{stack.enter_context(_listening(answered, abroad=False))}"
        world.foreign = f"http://localhost:{stack.enter_context(_listening(answered, abroad=True))}"
        yield world
        world.over = True


def _looked(world: World, asked: Asked) -> Answer:
    if asked.kind == "poll":
        return operation("Succeeded")
    if asked.target.partition("?")[0].endswith("/deployments"):
        return Answer(body={"value": [world.resource()] if world.there else []})
    return world.read()


@contextmanager
def _listening(answered: Callable[[Asked, bytes], Answer], *, abroad: bool) -> Iterator[int]:
    """The port of one of the two places."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(answered(Asked(self.command, self.path, token, abroad), content))

        do_PUT = do_DELETE = do_GET  # noqa: N815 -- http.server's names

        def _send(self, answer: Answer) -> None:
            if answer.status == 0:
                return
            content = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            usual = {"Content-Type": "application/json", "Content-Length": str(len(content))}
            for name, value in {**usual, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()

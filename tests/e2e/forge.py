"""As much of GitHub's REST interface as the Action uses, on loopback: comments, issues, pages, refusals.

It spells its own paths and limits, and keeps what it was told: a test looks at what a person would see.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "contoso/ai-platform"
TOKEN = "canary-token-of-the-job"
BOT = "github-actions[bot]"
LONGEST = 65_536

_ROUTE = re.compile(
    rf"/repos/{re.escape(REPOSITORY)}/issues(?:/(?P<kind>comments/)?(?P<number>\d+)(?P<tail>/comments)?)?"
)


@dataclass
class Git:
    """Branches, commits, trees and pull requests; `files` are those of each tree."""

    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)

    def commit(self, message: str, tree: str, parents: tuple[str, ...] = (), sha: str = "") -> str:
        """A commit, by its hash."""
        sha = sha or f"{len(self.commits) + 1:040x}"
        self.commits[sha] = {"sha": sha, "message": message, "tree": {"sha": tree}, "parents": list(parents)}
        return sha

    def answer(self, method: str, path: str, query: str, body: dict[str, Any]) -> tuple[int, object] | None:
        """One exchange; None for what is not about git."""
        _, kind, *rest = path.split("/")
        name = "/".join(rest)
        match kind, method:
            case "git", "GET" if rest[0] == "ref":
                sha = self.branches.get(name.removeprefix("ref/heads/"))
                return (200, {"object": {"sha": sha}}) if sha else (404, {"message": "Not Found"})
            case "git", "GET" if rest[0] == "commits":
                found = self.commits.get(rest[1])
                return (200, found) if found else (404, {"message": "Not Found"})
            case "git", "POST" if rest[0] == "trees":
                sha = f"{len(self.files) + 1:040x}"
                new = {one["path"]: one["content"] for one in body["tree"]}
                self.files[sha] = {**self.files.get(body["base_tree"], {}), **new}
                return 201, {"sha": sha}
            case "git", "POST" if rest[0] == "commits":
                return 201, self.commits[self.commit(body["message"], body["tree"], tuple(body["parents"]))]
            case "git", "POST" if rest[0] == "refs":
                self.branches[body["ref"].removeprefix("refs/heads/")] = body["sha"]
                return 201, {}
            case "git", "PATCH":
                assert body["force"] is True
                self.branches[name.removeprefix("refs/heads/")] = body["sha"]
                return 200, {}
            case "git", "DELETE":
                del self.branches[name.removeprefix("refs/heads/")]
                return 204, None
            case "pulls", "GET":
                asked = parse_qs(query)
                head = asked["head"][0].partition(":")[2]
                chosen = [one for one in self.pulls if one["head"] == head and one["state"] == "open"]
                return 200, _page(chosen, query)
            case "pulls", "POST":
                number = 100 + len(self.pulls)
                self.pulls.append({**body, "number": number, "state": "open", "user": {"login": BOT}})
                return 201, self.pulls[-1]
            case "pulls", "PATCH":
                found = next(one for one in self.pulls if one["number"] == int(rest[0]))
                found.update(body)
                return 200, found
        return None


@dataclass
class Forge:
    """What is on the forge. `refuses` is a status that every write is answered with."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    writes: list[tuple[str, str]] = field(default_factory=list)
    refuses: int = 0
    git: Git = field(default_factory=Git)
    unknown_labels: bool = False

    def write_comment(self, body: str, *, author: str, on: int = 7) -> dict[str, Any]:
        """Somebody comments."""
        made = {"id": 1000 + len(self.comments), "body": body, "user": {"login": author}, "on": on}
        self.comments.append(made)
        return made

    def open_issue(self, body: str, *, author: str, labels: tuple[str, ...]) -> dict[str, Any]:
        """Somebody opens an issue."""
        made = {
            "number": 1 + len(self.issues),
            "title": "",
            "body": body,
            "user": {"login": author},
            "labels": [{"name": label} for label in labels],
            "state": "open",
        }
        self.issues.append(made)
        return made

    def opened(self) -> list[dict[str, Any]]:
        return [issue for issue in self.issues if issue["state"] == "open"]

    def answer(self, method: str, address: str, body: dict[str, Any]) -> tuple[int, object]:
        """One exchange."""
        where = urlsplit(address)
        route = _ROUTE.fullmatch(where.path)
        if route is None and not self.refuses:
            found = self.git.answer(
                method, where.path.removeprefix(f"/repos/{REPOSITORY}"), where.query, body
            )
            if found is not None:
                return found
        if route is None:
            return 404, {"message": "Not Found"}
        if method != "GET":
            self.writes.append((method, where.path))
            if self.refuses:
                return self.refuses, {"message": "Resource not accessible by integration"}
        if len(body.get("body", "")) > LONGEST:
            return 422, {"message": "body is too long"}
        number = int(route["number"] or 0)
        match method, route["kind"] or "", route["tail"] or "":
            case "GET", "", "/comments":
                return 200, _page([one for one in self.comments if one["on"] == number], where.query)
            case "POST", "", "/comments":
                return 201, self.write_comment(body["body"], author=BOT, on=number)
            case "PATCH", "comments/", "":
                return self._change(self.comments, "id", number, body)
            case "GET", "", "" if not number:
                asked = parse_qs(where.query)
                return 200, _page(self._labelled(asked["labels"][0], asked["state"][0]), where.query)
            case "POST", "", "" if not number:
                labels = () if self.unknown_labels else tuple(body["labels"])
                return 201, self.open_issue(body["body"], author=BOT, labels=labels) | {
                    "title": body["title"]
                }
            case "PATCH", "", "":
                return self._change(self.issues, "number", number, body)
            case _:
                return 404, {"message": "Not Found"}

    def _labelled(self, label: str, state: str) -> list[dict[str, Any]]:
        chosen = [one for one in self.issues if {"name": label} in one["labels"] and one["state"] == state]
        return list(reversed(chosen))

    def _change(
        self, things: list[dict[str, Any]], key: str, number: int, body: dict[str, Any]
    ) -> tuple[int, object]:
        for one in things:
            if one[key] == number:
                one.update(body)
                return 200, one
        return 404, {"message": "Not Found"}


def _page(things: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    asked = parse_qs(query)
    size, number = int(asked["per_page"][0]), int(asked["page"][0])
    return things[(number - 1) * size : number * size]


@contextmanager
def forge() -> Iterator[Forge]:
    """A forge that answers until the end of the block."""
    there = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, answer = 401, {"message": "Bad credentials"}
            else:
                status, found = there.answer(self.command, self.path, json.loads(content or b"{}"))
                answer = found  # type: ignore[assignment]
            text = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 -- http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

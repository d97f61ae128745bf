"""The little of GitHub's REST interface that the Action needs: a comment, an issue, a pull request a season.

Rule of this module: the token goes to the interface's own address and follows no redirect, and only what
we wrote ourselves is ever written over: a text is ours when its author is and its first line is our marker,
a branch where its newest commit has our title.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from reconciler.errors import ReconcilerError

TIMEOUT = 30.0
"""Seconds for one request."""

_LARGEST = 32 * 1024**2
"""Bytes of an answer that are read."""

_PAGE = 100
_MOST_PAGES = 50
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class GitHubRefused(ReconcilerError):  # noqa: N818 -- the house names errors after what happened
    """GitHub did not do what was asked; `status` is 0 where there was no answer."""

    def __init__(self, what: str, status: int, why: str) -> None:
        self.status = status
        super().__init__(f"GitHub did not {what}: {f'{status} ' if status else ''}{why[:300]}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: it would carry the token elsewhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A comment or an issue of ours; `path` is below the repository."""

    path: str
    number: int


class Repository:
    """Comments and issues of one repository, as `author` writes them."""

    def __init__(self, *, api: str, name: str, token: str, author: str) -> None:
        try:
            where = urlsplit(api)
        except ValueError as problem:
            raise GitHubRefused("get the token", 0, f"{api!r} is not an address: {problem}") from problem
        if where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise GitHubRefused("get the token", 0, f"{api} is not an https address")
        self._api = f"{api.rstrip('/')}/repos/{quote(name)}"
        self._token = token
        self._author = author
        self._opener = urllib.request.build_opener(_NoRedirect())
        self.owner = name.partition("/")[0]

    def comment(self, number: int, marker: str, body: str) -> str:
        """Put the one comment with this marker on a pull request; "updated" or "created"."""
        comments = f"/issues/{number}/comments"
        for found in self.ours(comments, "", marker, key="id", at="/issues/comments"):
            self.send("update the comment", "PATCH", found.path, {"body": body})
            return "updated"
        self.send("take the comment", "POST", comments, {"body": body})
        return "created"

    def open_issue(self, marker: str, *, title: str, label: str, body: str) -> int:
        """Have exactly one open issue with this marker say `body`; its number."""
        found = self._issues(marker, label)
        for surplus in found[1:]:
            self._close(surplus)
        if found:
            self.send("update the issue", "PATCH", found[0].path, {"title": title, "body": body})
            return found[0].number
        issue = {"title": title, "body": body, "labels": [label]}
        made = self.send("open the issue", "POST", "/issues", issue)
        number = number_of(made, "number")
        if number is None:
            raise GitHubRefused("open the issue", 200, "its answer names no issue")
        labels = made.get("labels") if isinstance(made, dict) else None
        if label not in [item.get("name") for item in labels or () if isinstance(item, dict)]:
            # Without its label no later run would find it, and each would open another.
            raise GitHubRefused(f"label issue {number}", 200, f"create the label {label} first")
        return number

    def close_issues(self, marker: str, *, label: str, words: str) -> list[int]:
        """Close what is open with this marker, saying why; the numbers."""
        found = self._issues(marker, label)
        for issue in found:
            self.send("take the comment", "POST", f"{issue.path}/comments", {"body": words})
            self._close(issue)
        return [issue.number for issue in found]

    def ours(
        self, path: str, chosen: str, marker: str, *, key: str = "number", at: str = ""
    ) -> Iterator[Written]:
        """What a list has of ours with this marker, and no pull request among issues; each has its own `key`.

        Where it is (below `at`) is worked out, not taken from the answer: the token goes nowhere else.
        """
        for item in self._listed(path, chosen, marker):
            number = None if "pull_request" in item else number_of(item, key)
            if number is not None:
                yield Written(path=f"{at or path}/{number}", number=number)

    def _close(self, issue: Written) -> None:
        self.send("close the issue", "PATCH", issue.path, {"state": "closed", "state_reason": "completed"})

    def _issues(self, marker: str, label: str) -> list[Written]:
        """Ours that are open, the oldest first."""
        chosen = f"state=open&labels={quote(label, safe='')}"
        return sorted(self.ours("/issues", chosen, marker), key=lambda item: item.number)

    def _listed(self, path: str, chosen: str, marker: str) -> Iterator[dict[str, Any]]:
        """What a list has of our author with our marker."""
        for page in range(1, _MOST_PAGES + 1):
            listed = self.send("list", "GET", f"{path}?{chosen}&per_page={_PAGE}&page={page}")
            if not isinstance(listed, list):
                raise GitHubRefused("list what is there", 200, "its answer is not a list")
            for item in listed:
                first = _text(item, "body").split("\n", 1)[0].strip()
                if first == marker and _text(item, "user", "login") == self._author:
                    yield item
            if len(listed) < _PAGE:
                return

    def send(self, what: str, method: str, path: str, body: object = None) -> Any:
        """One request below this repository; `path` begins with a slash. GitHubRefused where it failed."""
        url, content = f"{self._api}{path}", None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "reconciler",
        }
        try:
            request = urllib.request.Request(url, data=content, headers=headers, method=method)  # noqa: S310 -- see __init__
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                content = answer.read(_LARGEST)
                return json.loads(content) if content else None
        except urllib.error.HTTPError as problem:
            raise GitHubRefused(what, problem.code, _said(problem)) from problem
        except (OSError, ValueError, RecursionError, http.client.HTTPException) as problem:
            raise GitHubRefused(what, 0, str(problem)) from problem


def _said(problem: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(problem.read(_LARGEST)).get("message", problem.reason))
    except (OSError, ValueError, AttributeError, RecursionError, http.client.HTTPException):
        return str(problem.reason)


def _text(item: object, *keys: str) -> str:
    """A text of an answer, or of a member of it; empty where there is none."""
    for key in keys:
        item = item.get(key) if isinstance(item, dict) else None
    return item if isinstance(item, str) else ""


def number_of(item: object, key: str) -> int | None:
    """A number of an answer; text and what is not positive are none."""
    found = item.get(key) if isinstance(item, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


# -- one pull request a season ---------------------------------------------------------------------------

TITLE: Final = "Replace models that retire"
_CHANGED: Final = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)


def branch_of(target: str) -> str:
    """The branch that holds a target's edits, of letters that a branch may have."""
    return f"reconciler/upgrade-{re.sub(r'[^A-Za-z0-9_-]+', '-', target).strip('-') or 'default'}"


def edited(diff: Path | None, root: Path) -> dict[str, str]:
    """The files that a diff names, as they are now, by their path below `root`."""
    if diff is None:
        return {}
    found = {}
    for name in _CHANGED.findall(diff.read_text("utf-8")):
        path = Path(name).resolve()
        found[path.relative_to(root.resolve()).as_posix()] = path.read_bytes().decode("utf-8")
    return found


class SeasonPullRequest:
    """The pull request of one target. `base` is the branch it goes to, `commit` the one that was edited."""

    def __init__(self, repository: Repository, *, target: str, marker: str, base: str, commit: str) -> None:
        self._repository = repository
        self._branch = branch_of(target)
        self._marker = marker
        self._base = base
        self._commit = commit

    def publish(self, files: Mapping[str, str], body: str) -> str:
        """Have the branch hold exactly these edits, and one open pull request say why; what was done."""
        send = self._repository.send
        head = self._head()
        commit = send("read the commit", "GET", f"/git/commits/{self._commit}")
        tree = [
            {"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in files.items()
        ]
        made = send("take the files", "POST", "/git/trees", {"base_tree": _sha(commit, "tree"), "tree": tree})
        message = {"message": f"{TITLE}\n", "tree": _sha(made), "parents": [self._commit]}
        new = _sha(send("take the commit", "POST", "/git/commits", message))
        if head is None:
            send("make the branch", "POST", "/git/refs", {"ref": f"refs/heads/{self._branch}", "sha": new})
        else:
            where = f"/git/refs/heads/{self._branch}"
            send("move the branch", "PATCH", where, {"sha": new, "force": True})
        for item in self._open():
            send("update the pull request", "PATCH", item.path, {"title": TITLE, "body": body})
            return f"pull request {item.number} updated"
        wanted = {"title": TITLE, "head": self._branch, "base": self._base, "body": body}
        answer = send("open the pull request", "POST", "/pulls", wanted)
        number = answer.get("number") if isinstance(answer, dict) else None
        return f"pull request {number} opened"

    def close(self, words: str) -> str:
        """Close what is open and delete the branch, for nothing is left to do."""
        send = self._repository.send
        closed = []
        for item in self._open():
            send("take the comment", "POST", f"/issues/{item.number}/comments", {"body": words})
            send("close the pull request", "PATCH", item.path, {"state": "closed"})
            closed.append(item.number)
        if self._head() is not None:
            send("delete the branch", "DELETE", f"/git/refs/heads/{self._branch}")
        return ", ".join(f"pull request {number} closed" for number in closed) or "nothing to do"

    def _head(self) -> str | None:
        """The branch's commit; None without a branch. GitHubRefused where it is somebody else's."""
        try:
            found = self._repository.send("read the branch", "GET", f"/git/ref/heads/{self._branch}")
        except GitHubRefused as problem:
            if problem.status == 404:
                return None
            raise
        head = _sha(found, "object")
        commit = self._repository.send("read the commit", "GET", f"/git/commits/{head}")
        message = commit.get("message") if isinstance(commit, dict) else None
        if not isinstance(message, str) or message.partition("\n")[0] != TITLE:
            why = f"its newest commit is not ours. Rename {self._branch}, or merge it"
            raise GitHubRefused(f"move the branch {self._branch}", 0, why)
        return head

    def _open(self) -> Iterator[Written]:
        chosen = f"state=open&head={self._repository.owner}:{self._branch}&base={self._base}"
        yield from self._repository.ours("/pulls", chosen, self._marker)


def _sha(answer: Any, within: str = "") -> str:
    """The hash in an answer, or in a member of it."""
    found = answer.get(within) if within and isinstance(answer, dict) else answer
    sha = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(sha, str) or not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        raise GitHubRefused("say what it made", 200, "its answer has no hash")
    return sha

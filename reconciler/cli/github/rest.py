"""The little of GitHub's REST interface that the Action needs: one comment, one issue.

Rule of this module: the token goes to the interface's own address and follows no redirect, and only what
we wrote ourselves is ever written over: a text is ours when its author is and its first line is our marker.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from reconciler.errors import ReconcilerError

TIMEOUT = 30.0
"""Seconds for one request."""

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
    """A comment or an issue of ours."""

    url: str
    number: int


class Repository:
    """Comments and issues of one repository, as `author` writes them."""

    def __init__(self, *, api: str, name: str, token: str, author: str) -> None:
        where = urlsplit(api)
        if where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise GitHubRefused("get the token", 0, f"{api} is no https address")
        self._api = f"{api.rstrip('/')}/repos/{quote(name)}"
        self._token = token
        self._author = author
        self._opener = urllib.request.build_opener(_NoRedirect())

    def comment(self, number: int, marker: str, body: str) -> str:
        """Put the one comment with this marker on a pull request; "updated" or "created"."""
        comments = f"{self._api}/issues/{number}/comments"
        for found in self._ours(comments, "", marker):
            self._send("update the comment", "PATCH", found.url, {"body": body})
            return "updated"
        self._send("take the comment", "POST", comments, {"body": body})
        return "created"

    def open_issue(self, marker: str, *, title: str, label: str, body: str) -> int:
        """Have exactly one open issue with this marker say `body`; its number."""
        found = self._issues(marker, label)
        for surplus in found[1:]:
            self._close(surplus)
        if found:
            self._send("update the issue", "PATCH", found[0].url, {"title": title, "body": body})
            return found[0].number
        issue = {"title": title, "body": body, "labels": [label]}
        made = self._send("open the issue", "POST", f"{self._api}/issues", issue)
        labels = [one.get("name") for one in made.get("labels", [])]
        if label not in labels:
            # Without its label no later run would find it, and each would open another.
            raise GitHubRefused(f"label issue {made.get('number')}", 200, f"create the label {label} first")
        return int(made["number"])

    def close_issues(self, marker: str, *, label: str, words: str) -> list[int]:
        """Close what is open with this marker, saying why; the numbers."""
        found = self._issues(marker, label)
        for issue in found:
            self._send("take the comment", "POST", f"{issue.url}/comments", {"body": words})
            self._close(issue)
        return [issue.number for issue in found]

    def _close(self, issue: Written) -> None:
        self._send("close the issue", "PATCH", issue.url, {"state": "closed", "state_reason": "completed"})

    def _issues(self, marker: str, label: str) -> list[Written]:
        """Ours that are open, the oldest first."""
        chosen = f"state=open&labels={quote(label, safe='')}"
        return sorted(self._ours(f"{self._api}/issues", chosen, marker), key=lambda one: one.number)

    def _ours(self, url: str, chosen: str, marker: str) -> Iterator[Written]:
        for page in range(1, _MOST_PAGES + 1):
            listed = self._send("list", "GET", f"{url}?{chosen}&per_page={_PAGE}&page={page}")
            for one in listed:
                first = (one.get("body") or "").split("\n", 1)[0].strip()
                author = (one.get("user") or {}).get("login")
                if first == marker and author == self._author and "pull_request" not in one:
                    # The address is ours, not the answer's: the token goes nowhere else.
                    kind, number = (
                        ("issues", one["number"]) if "number" in one else ("issues/comments", one["id"])
                    )
                    yield Written(url=f"{self._api}/{kind}/{int(number)}", number=int(number))
            if len(listed) < _PAGE:
                return

    def _send(self, what: str, method: str, url: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "reconciler",
        }
        request = urllib.request.Request(url, data=content, headers=headers, method=method)  # noqa: S310 -- see __init__
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise GitHubRefused(what, problem.code, _said(problem)) from problem
        except (OSError, ValueError, http.client.HTTPException) as problem:
            raise GitHubRefused(what, 0, str(problem)) from problem


def _said(problem: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(problem).get("message", problem.reason))
    except (OSError, ValueError, AttributeError):
        return str(problem.reason)

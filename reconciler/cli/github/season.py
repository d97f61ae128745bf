"""One pull request a season: the edits that `upgrade` made in the checked-out tree, on a branch of our own.

Rule of this module: a branch or a pull request is written over only if what stands there is ours: the branch
ends in a commit with our title, the pull request has our marker and our author.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from reconciler.cli.github.rest import GitHubRefused, Repository, Written

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
